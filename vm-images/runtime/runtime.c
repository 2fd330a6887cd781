/* The OCI runtime that the engine calls. It is crun, three times faster than runc, made to look like runc:
 *
 *   the network hook   Docker 26 joins a container to its network by an OCI hook that runs the whole dockerd binary a second time: 268 M
 *                      guest instructions of the 500 M of a `docker run`. On `create` (the engine) and `run` (BuildKit) the hook is
 *                      pointed at setkey, which does the same in a few thousand. Docker 28 has no such hook
 *   errors             the engine tells by runc's words what went wrong: 127 for a program that is not there, 126 for one that may not be
 *                      run, 125 for all else. When crun fails, crun-errors.so calls this program again: it writes runc's words if it
 *                      knows them, and otherwise has runc do what crun could not, or say why it cannot either
 *   what crun allows   and runc does not, a mount over /proc, goes to runc at once; so does a limit that crun could not live with
 *
 * Whoever made a container is asked for all that follows: another runtime does not find its state.
 *
 * Called as "runc" it serves those who look for that name in PATH. What BuildKit does with its containers is treated as above:
 * BuildKit is the one that names no folder for their state. Anything else (that is, `docker run --runtime runc`, and who asks for the
 * version) gets the real runc. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "config.h"
#include "crun-errors.h"
#include "words.h"

#ifndef SETKEY
#define SETKEY "/usr/libexec/drydock/setkey"
#endif
#ifndef ERRORS
#define ERRORS "/usr/libexec/drydock/crun-errors.so"
#endif
#ifndef CRUN
#define CRUN "/usr/bin/crun"
#endif
#ifndef RUNC
#define RUNC "/usr/sbin/runc"
#endif
#ifndef RUNC_ROOT
#define RUNC_ROOT "/run/runc" /* where no other is named */
#endif

#define LARGEST (1 << 20) /* bytes; the engine writes about 10 KB */

enum verb { OTHER, CREATE, RUN, EXEC, KILL, DELETE, STATE };
static const char *const verbs[] = { "", "create", "run", "exec", "kill", "delete", "state", 0 };

struct call {
    enum verb verb;
    int verb_at; /* its place in argv, 0 when there is none */
    const char *bundle, *root, *log, *log_format, *process;
};

static char text[LARGEST];

/* Reads the file whole into `text`. Returns its length, 0 when it cannot be read or is too large. */
static size_t read_file(const char *path) {
    FILE *file = fopen(path, "r");
    if (!file) return 0;
    size_t length = fread(text, 1, LARGEST, file);
    int whole = !ferror(file) && length < LARGEST;
    fclose(file);
    return whole ? length : 0;
}

/* The value of the option at argv[*i], as "--name value" or "--name=value"; 0 when it is another one. */
static const char *value_of(char **argv, int *i, const char *name) {
    size_t length = strlen(name);
    if (strncmp(argv[*i], name, length)) return 0;
    if (argv[*i][length] == '=') return argv[*i] + length + 1;
    return !argv[*i][length] && argv[*i + 1] ? argv[++*i] : 0;
}

static void parse(char **argv, struct call *call) {
    const char *ignored;
    const struct { const char *name, **value; } options[] = {
        { "--bundle", &call->bundle }, { "-b", &call->bundle }, { "--root", &call->root }, { "--log", &call->log },
        { "--log-format", &call->log_format }, { "--process", &call->process }, { "-p", &call->process }, { "--criu", &ignored }, { "--rootless", &ignored },
    };
    for (int i = 1; argv[i]; i++) {
        const char *value = 0;
        for (size_t o = 0; !value && o < sizeof options / sizeof *options; o++)
            if ((value = value_of(argv, &i, options[o].name))) *options[o].value = value;
        if (value || call->verb_at || argv[i][0] == '-') continue;
        call->verb_at = i;
        for (int v = 1; verbs[v]; v++)
            if (!strcmp(argv[i], verbs[v])) call->verb = v;
    }
}

/* In the bundle's config.json. The new file takes the old one's place in one step: a reader sees the one or the other. */
static void point_hook_at_setkey(const char *path, size_t length, struct span hook) {
    char next[4096];
    if (snprintf(next, sizeof next, "%s.new", path) >= (int)sizeof next) return;
    FILE *file = fopen(next, "w");
    if (!file) return;
    int written = fwrite(text, 1, hook.start, file) == hook.start && fputs(SETKEY, file) >= 0 && fwrite(text + hook.end, 1, length - hook.end, file) == length - hook.end;
    if (fclose(file) || !written || rename(next, path)) unlink(next);
}

/* Whether runc's folder has a container that one of the arguments behind the verb names. */
static int is_runcs_own(const struct call *call, char **argv) {
    char path[4096];
    for (int i = call->verb_at + 1; call->verb_at && argv[i]; i++) {
        if (argv[i][0] == '-' || strchr(argv[i], '/')) continue;
        int length = snprintf(path, sizeof path, "%s/%s/state.json", call->root ? call->root : RUNC_ROOT, argv[i]);
        if (length < (int)sizeof path && !access(path, F_OK)) return 1;
    }
    return 0;
}

static void write_json_string(FILE *file, const char *at) {
    fputc('"', file);
    for (; *at; at++) {
        if ((unsigned char)*at < 0x20) fprintf(file, "\\u%04x", *at);
        else fprintf(file, *at == '"' || *at == '\\' ? "\\%c" : "%c", *at);
    }
    fputc('"', file);
}

/* As runc does: to standard error, and to the log, whose last error the engine reads. */
static void report(const struct call *call, const char *message) {
    char stamp[32];
    time_t now = time(0);
    strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%SZ", gmtime(&now));
    fprintf(stderr, "%s\n", message);
    FILE *file = fopen(call->log, "a");
    if (!file) return;
    fputs("{\"level\":\"error\",\"msg\":", file);
    write_json_string(file, message);
    fprintf(file, ",\"time\":\"%s\"}\n", stamp);
    fclose(file);
}

/* crun has failed, and said so. Returns the exit status; 0 when it is for runc to find words. */
static int answer_for_crun(const struct call *call, const char *said) {
    static struct process process;
    static char words[16384], message[16384 + 64];
    char path[4096];
    if (call->verb == EXEC) {
        size_t length = call->process ? read_file(call->process) : 0;
        read_process(text, length, &process);
        words_of_exec(said, &process, words, sizeof words);
        snprintf(message, sizeof message, "exec failed: %s", words);
        report(call, message);
        return 255;
    }
    snprintf(path, sizeof path, "%s/config.json", call->bundle);
    size_t length = read_file(path);
    if (!length || !read_process(text, length, &process) || !words_of_process(said, &process, words, sizeof words)) return 0;
    snprintf(message, sizeof message, "runc %s failed: %s", verbs[call->verb], words);
    report(call, message);
    return 1;
}

static int become(const char *program, char **argv) {
    execv(program, argv);
    perror(program);
    return 127;
}

/* crun runs only from where a container cannot write to it (CVE-2019-5736): unless it lies on a read-only mount it makes one and starts
 * itself again from there. With one made for it, it starts once; there are five calls of it for each container. */
static int become_crun_read_only(char **argv) {
    struct { unsigned long long set, clear, propagation, user_namespace; } attributes = { .set = 1 /* MOUNT_ATTR_RDONLY */ };
    int crun = syscall(SYS_open_tree, AT_FDCWD, CRUN, 1 /* OPEN_TREE_CLONE */ | O_CLOEXEC);
    if (crun >= 0 && !syscall(SYS_mount_setattr, crun, "", AT_EMPTY_PATH, &attributes, sizeof attributes)) syscall(SYS_execveat, crun, "", argv, environ, AT_EMPTY_PATH);
    if (crun >= 0) close(crun);
    return become(CRUN, argv);
}

int main(int argc, char **argv) {
    (void)argc;
    struct call call = { .bundle = "." };
    const char *name = strrchr(argv[0], '/'), *said = getenv(CRUN_SAID);
    parse(argv, &call);
    int makes = call.verb == CREATE || call.verb == RUN;

    if (said && (makes || call.verb == EXEC)) {
        int status = answer_for_crun(&call, said);
        unsetenv(CRUN_SAID);
        unsetenv("_LIBCONTAINER_CLONED_BINARY"); /* crun's note to itself; runc has one of the same name */
        return status ? status : become(RUNC, argv);
    }

    int is_runc = !strcmp(name ? name + 1 : argv[0], "runc"), builds = call.verb > CREATE && !call.root;
    if (is_runc && !builds) return become(RUNC, argv);
    if (makes) {
        char path[4096];
        struct config config;
        size_t length = snprintf(path, sizeof path, "%s/config.json", call.bundle) < (int)sizeof path ? read_file(path) : 0;
        if (length && read_config(text, length, &config)) {
            if (config.has_hook) point_hook_at_setkey(path, length, config.hook);
            if (config.covers_proc || config.limits_runtime) return become(RUNC, argv);
        }
    } else if (is_runcs_own(&call, argv)) {
        return become(RUNC, argv);
    }
    if ((makes || call.verb == EXEC) && call.log && call.log_format && !strcmp(call.log_format, "json")) setenv("LD_PRELOAD", ERRORS, 1);
    return become_crun_read_only(argv);
}
