/* Finds the engine's network hook in an OCI bundle's config.json. */
#ifndef DRYDOCK_HOOK_H
#define DRYDOCK_HOOK_H

#include <stddef.h>

/* Where a piece of the text is: [start, end). */
struct span {
    size_t start, end;
};

/* The value (without its quotes) of "path" in the first entry of hooks.* whose args name "libnetwork-setkey" and whose path
 * is /proc/<pid>/exe. Returns 1 and sets *path; 0 when there is none or the text is no JSON that this reader understands:
 * the caller then leaves the file as it is. */
int find_setkey_hook(const char *text, size_t length, struct span *path);

#endif
