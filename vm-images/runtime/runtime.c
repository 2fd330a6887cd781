/* The OCI runtime that the engine calls: crun, with one change to the bundle first.
 *
 * Docker 26 joins a container to its network by an OCI hook that runs the whole dockerd binary a second time: 268 M guest
 * instructions of the 500 M of a `docker run`. On `create` (the engine) and `run` (BuildKit) this program points the hook at
 * setkey, which does the same in a few thousand. Whatever it does not understand it leaves alone, and crun goes on with it.
 *
 * Called as "runc" it serves those who look for that name in PATH. What BuildKit does with its containers goes to crun: it is
 * the one that names no folder for their state. Anything else (that is, `docker run --runtime runc`, and who asks for the
 * version) gets the real runc.
 * To be removed with the hook: Docker 28 has none. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hook.h"

#ifndef SETKEY
#define SETKEY "/usr/libexec/drydock/setkey"
#endif
#ifndef CRUN
#define CRUN "/usr/bin/crun"
#endif
#ifndef RUNC
#define RUNC "/usr/sbin/runc"
#endif

#define LARGEST (1 << 20) /* bytes; the engine writes about 10 KB */

/* Reads the file whole. Returns its length, 0 when it cannot be read or is too large. */
static size_t read_file(const char *path, char *text) {
    FILE *file = fopen(path, "r");
    if (!file) return 0;
    size_t length = fread(text, 1, LARGEST, file);
    int whole = !ferror(file) && length < LARGEST;
    fclose(file);
    return whole ? length : 0;
}

/* The new file takes the old one's place in one step: a reader sees the one or the other. */
static void rewrite(const char *bundle) {
    static char text[LARGEST];
    char path[4096], next[4096];
    struct span hook;
    if (snprintf(path, sizeof path, "%s/config.json", bundle) >= (int)sizeof path) return;
    if (snprintf(next, sizeof next, "%s/config.json.new", bundle) >= (int)sizeof next) return;
    size_t length = read_file(path, text);
    if (!length || !find_setkey_hook(text, length, &hook)) return;
    FILE *file = fopen(next, "w");
    if (!file) return;
    int written = fwrite(text, 1, hook.start, file) == hook.start && fputs(SETKEY, file) >= 0 && fwrite(text + hook.end, 1, length - hook.end, file) == length - hook.end;
    if (fclose(file) || !written || rename(next, path)) unlink(next);
}

static int is_one_of(const char *word, const char *const *words) {
    while (*words && strcmp(word, *words)) words++;
    return *words != NULL;
}

int main(int argc, char **argv) {
    static const char *const creating[] = {"create", "run", NULL};
    /* a container must be ended by the program that began it: another one does not find its state */
    static const char *const building[] = {"run", "exec", "kill", "delete", "state", NULL};
    const char *bundle = ".", *name = strrchr(argv[0], '/');
    int creates = 0, builds = 0, has_root = 0;
    for (int i = 1; i < argc; i++) {
        creates |= is_one_of(argv[i], creating);
        builds |= is_one_of(argv[i], building);
        has_root |= !strcmp(argv[i], "--root") || !strncmp(argv[i], "--root=", 7);
        if ((!strcmp(argv[i], "--bundle") || !strcmp(argv[i], "-b")) && i + 1 < argc) bundle = argv[++i];
        else if (!strncmp(argv[i], "--bundle=", 9)) bundle = argv[i] + 9;
    }
    if (creates) rewrite(bundle);
    int as_runc = !strcmp(name ? name + 1 : argv[0], "runc");
    const char *next = as_runc && (has_root || !builds) ? RUNC : CRUN;
    execv(next, argv);
    perror(next);
    return 127;
}
