/* tests/unit/wire/golden_wire.h: frames that Kafka 3.9.1 and its clients wrote. */
#ifndef KLAMM_TESTS_WIRE_GOLDEN_WIRE_H
#define KLAMM_TESTS_WIRE_GOLDEN_WIRE_H

#include "base/buffer.h"

/* One exchange of tests/golden/wire.json. */
struct golden_exchange {
	char name[120];
	int16_t key;
	int16_t version;
	struct buffer request;   /* with the size field */
	struct buffer response;  /* empty when Kafka did not answer */
};

enum { GOLDEN_EXCHANGES_MAX = 100 };

struct golden_wire {
	struct golden_exchange exchanges[GOLDEN_EXCHANGES_MAX];
	size_t count;
};

/* Reads the file; a test fails when it cannot. */
struct golden_wire *golden_wire_new(void);
void golden_wire_free(struct golden_wire *golden);

#endif
