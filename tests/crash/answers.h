/*
 * crash/answers.h: asks a log everything and compares with what its files say
 * when they are read from front to back.
 */
#ifndef KLAMM_TESTS_CRASH_ANSWERS_H
#define KLAMM_TESTS_CRASH_ANSWERS_H

#include "log/log.h"
#include "truth.h"

/* NULL: all agree; else what does not, valid until the next call. */
const char *answers_check(struct log *log, const struct truth *truth);

#endif
