/* How crun-errors.so, inside crun, speaks to runtime: it runs it anew with crun's arguments and this in the environment. */
#ifndef DRYDOCK_CRUN_ERRORS_H
#define DRYDOCK_CRUN_ERRORS_H

#define CRUN_SAID "DRYDOCK_CRUN_SAID" /* what crun wrote on standard error; empty when it said nothing */

#endif
