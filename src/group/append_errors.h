/*
 * group/append_errors.h: what a failed append to __consumer_offsets means to
 * clients of the coordinator (protocol.md 11).
 */
#ifndef KLAMM_GROUP_APPEND_ERRORS_H
#define KLAMM_GROUP_APPEND_ERRORS_H

#include <stdint.h>

/* For who commits offsets. */
int16_t append_error_of_commit(int16_t error);
/* For members that wait for a group's record. */
int16_t append_error_of_group(int16_t error);

#endif
