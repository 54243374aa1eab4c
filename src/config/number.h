/*
 * config/number.h: numbers as Java reads and prints them, and the versions of
 * Kafka's protocol. No locale, no blanks.
 */
#ifndef KLAMM_CONFIG_NUMBER_H
#define KLAMM_CONFIG_NUMBER_H

#include "base/error.h"
#include "base/slice.h"

/* Decimal with an optional sign. ERROR_MALFORMED, ERROR_OUT_OF_RANGE (of 64 bits). */
NODISCARD enum error config_number_integer(struct slice text, int64_t *value);
/* Decimal with an optional exponent; no NaN, nothing infinite. ERROR_MALFORMED, ERROR_OUT_OF_RANGE. */
NODISCARD enum error config_number_real(struct slice text, double *value);

/* As Java's Double.toString: "0.5", "1.7976931348623157E308". Finite values only. */
enum { CONFIG_NUMBER_SIZE = 32 };
void config_number_print_real(double value, char text[CONFIG_NUMBER_SIZE]);

/*
 * A version of Kafka's protocol as major * 100 + minor (0.8.2 is 8, 3.9 and
 * 3.9-IV0 and 3.9.1 are 309); 0 when Kafka 3.9 knows no such version.
 */
int config_number_version(const char *text);
/*
 * The same with its revision: 30704 for 3.7-IV4, and for 3.7 alone, whose last
 * one that is; 30900 for 3.9. What is 0 there is 0 here.
 */
int32_t config_number_level(const char *text);

#endif
