/* Loaded into crun by runtime (LD_PRELOAD) when crun makes a container or a process in one: crun's errors are not runc's.
 *
 *   before the process runs   what crun writes of its failure is kept, and handed to runtime when crun ends: it becomes runtime again,
 *                             which finds runc's words or has runc try. So nothing waits beside crun while all goes well
 *   when the process starts   the container's own process, still crun, cannot become the program ("no such file or directory" of a
 *                             script's interpreter). It says so as runc does, where the program would have written */
#define _GNU_SOURCE
#define _FILE_OFFSET_BITS 64 /* of limits, too */
#include <errno.h>
#include <ctype.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "crun-errors.h"

#ifndef RUNTIME
#define RUNTIME "/usr/libexec/drydock/runtime"
#endif

#define PAGE 4096
#define MOST_ARGUMENTS 64

/* Seen by crun and by the processes that it makes. */
static struct {
    int started; /* a program was to take crun's place: what happens after that is the program's */
    size_t length;
    char text[PAGE - 2 * sizeof(size_t)];
} *said;

/* 1 in the process that this was loaded in; the kernel makes it 0 in those that it forks or clones. */
static int *is_first;

static char *arguments[MOST_ARGUMENTS + 1];

/* crun's standard error. */
static ssize_t keep(void *cookie, const char *bytes, size_t length) {
    (void)cookie;
    size_t room = sizeof said->text - 1 - said->length, kept = length < room ? length : room;
    memcpy(said->text + said->length, bytes, kept);
    said->length += kept;
    if (!*is_first && write(2, bytes, length) < 0) return 0; /* nobody may be left to read what was kept */
    return length;
}

/* crun has given this process the container's limits, and blocked its signals. */
static void become_as_before(void) {
    struct rlimit limit;
    for (int which = 0; which < RLIM_NLIMITS; which++)
        if (!prlimit(getppid(), which, 0, &limit)) setrlimit(which, &limit);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, 0);
}

static void hand_over(int status, void *ignored) {
    (void)ignored;
    if (!status || !*is_first || said->started) return;
    become_as_before();
    fflush(0); /* crun's own words stay in the log, before runc's */
    unsetenv("LD_PRELOAD");
    setenv(CRUN_SAID, said->text, 1);
    execv(RUNTIME, arguments);
}

int execv(const char *program, char *const argv[]) {
    if (!said) return execve(program, argv, environ);
    said->started = 1;
    execve(program, argv, environ);
    if (errno == EINTR) return -1;
    /* runc names a program as it was called, or the file that it found in PATH */
    char text[PAGE], *reason = strerror(errno);
    int length = snprintf(text, sizeof text, "exec %s: %c%s\n", argv[0] && strchr(argv[0], '/') ? argv[0] : program, tolower((unsigned char)*reason), reason + 1);
    if (length >= (int)sizeof text) length = sizeof text - 1;
    _exit(write(2, text, length) < 0 ? 127 : 1);
}

__attribute__((constructor)) static void begin(int argc, char **argv) {
    void *shared = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    void *own = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (argc > MOST_ARGUMENTS || shared == MAP_FAILED || own == MAP_FAILED || madvise(own, PAGE, MADV_WIPEONFORK)) return;
    FILE *kept = fopencookie(0, "w", (cookie_io_functions_t){ .write = keep });
    if (!kept || on_exit(hand_over, 0)) return;
    setvbuf(kept, 0, _IONBF, 0);
    memcpy(arguments, argv, argc * sizeof *argv);
    said = shared;
    is_first = own;
    *is_first = 1;
    stderr = kept;
}
