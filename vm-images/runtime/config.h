/* What is looked for in an OCI bundle's config.json, and in the process file of an `exec`. */
#ifndef DRYDOCK_CONFIG_H
#define DRYDOCK_CONFIG_H

#include "json.h"

struct config {
    /* The value of "path" (without its quotes) in the first entry of hooks.* whose args name "libnetwork-setkey" and whose path
     * is /proc/<pid>/exe: the engine's network hook. */
    int has_hook;
    struct span hook;
    /* Something is mounted on /proc or below it, other than proc itself. */
    int covers_proc;
    /* A limit that the runtime itself may break before the program starts: on the size of files, on memory, on fewer than 1000 open
     * files. crun sets it earlier than runc, and fails where runc does not. */
    int limits_runtime;
};

/* Returns 0 when the text is no JSON that this reader understands. */
int read_config(const char *text, size_t length, struct config *);

/* What a process starts. Empty: not said. */
struct process {
    char program[4096], folder[4096];
};

/* `text`: a config.json, whose "process" it is, or the process alone. Returns 0 when there is none that it understands. */
int read_process(const char *text, size_t length, struct process *);

#endif
