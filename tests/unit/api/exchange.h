/* tests/unit/api/exchange.h: what Kafka 3.9.1 was asked and what it answered (tests/golden/wire.json). */
#ifndef KLAMM_TESTS_UNIT_API_EXCHANGE_H
#define KLAMM_TESTS_UNIT_API_EXCHANGE_H

#include "fixture.h"

/* Gives the request of the exchange of that name to the handler. */
void exchange_ask(const char *name, void (*handler)(struct request *request));
/* The handler's answer is Kafka's, byte by byte. */
void exchange_expect_answer(void);

#endif
