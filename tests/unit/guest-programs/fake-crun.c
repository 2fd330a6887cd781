/* In crun's place for the unit tests. Prints its arguments, then does what FAKE_CRUN says; steps are parted by \x1e:
 *   say TEXT      an error on standard error, through stdio as crun does
 *   log TEXT      a line in the file that --log names, left in stdio's buffer
 *   limit         at most 9 open files and all signals blocked, as crun does for some containers before it makes them
 *   start ARG...  a child becomes this program, its arguments parted by \x1f, the first also the name when it has no slash; its status is kept
 *   fail TEXT     a child says this and ends
 *   end STATUS    ends; without it the status is 7, or the program's */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static void child_starts(char *words) {
    char *argv[16] = { 0 }, path[4096];
    int count = 0;
    for (char *word = strtok(words, "\x1f"); word; word = strtok(0, "\x1f")) argv[count++] = word;
    snprintf(path, sizeof path, "%s%s", strchr(argv[0], '/') ? "" : "/nowhere/bin/", argv[0]);
    execv(path, argv);
    fprintf(stderr, "fake crun: not started\n");
    exit(99);
}

int main(int argc, char **argv) {
    int result = 7, status;
    const char *path = 0;
    printf("crun");
    for (int i = 1; i < argc; i++) {
        printf(" %s", argv[i]);
        if (!strcmp(argv[i], "--log")) path = argv[i + 1];
    }
    printf(getenv("LD_PRELOAD") ? "\nwatched\n" : "\n");
    fflush(stdout);
    for (char *rest = getenv("FAKE_CRUN"), *step; (step = strsep(&rest, "\x1e"));) {
        char *words = strchr(step, ' ');
        words = words ? words + 1 : "";
        if (!strncmp(step, "say ", 4)) fprintf(stderr, "%s\n", words);
        if (!strncmp(step, "log ", 4)) fprintf(fopen(path, "a"), "%s\n", words);
        if (!strcmp(step, "limit")) {
            struct rlimit files;
            sigset_t all;
            getrlimit(RLIMIT_NOFILE, &files);
            files.rlim_cur = 9;
            setrlimit(RLIMIT_NOFILE, &files);
            sigfillset(&all);
            sigprocmask(SIG_SETMASK, &all, 0);
        }
        if (!strncmp(step, "start ", 6) || !strncmp(step, "fail ", 5)) {
            if (!fork()) {
                if (step[0] == 's') child_starts(words);
                fprintf(stderr, "%s\n", words);
                exit(1);
            }
            wait(&status);
            result = WEXITSTATUS(status);
        }
        if (!strncmp(step, "end ", 4)) return atoi(words);
    }
    return result;
}
