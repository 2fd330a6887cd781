/* What runc would say in place of crun. The engine looks for runc's words in an error to choose an exit status. */
#ifndef DRYDOCK_WORDS_H
#define DRYDOCK_WORDS_H

#include <stddef.h>

#include "config.h"

/* `said`: what crun wrote of its failure, with or without a line's end. Returns 0 when it is not about the process, its program or
 * its folder: runc's words then depend on more than is known here. `into` may be cut short. */
int words_of_process(const char *said, const struct process *, char *into, size_t size);

/* The same of an `exec`, where there always is an answer: crun's words in runc's frame, if need be. */
void words_of_exec(const char *said, const struct process *, char *into, size_t size);

#endif
