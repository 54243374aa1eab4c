/*
 * klamm/stop.h: an end that the user asks for (SIGINT, SIGTERM), for commands
 * that would else go on for ever. The others end as any process does.
 */
#ifndef KLAMM_KLAMM_STOP_H
#define KLAMM_KLAMM_STOP_H

#include <stdbool.h>

/* From now on the signals only set what stop_was_asked() tells; a second one ends the process. */
void stop_catch(void);
bool stop_was_asked(void);

#endif
