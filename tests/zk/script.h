/*
 * tests/zk/script.h: draws random requests as a client would send them, good
 * ones and bad ones. The same seed draws the same requests as long as the
 * answers are the same.
 */
#ifndef KLAMM_TESTS_ZK_SCRIPT_H
#define KLAMM_TESTS_ZK_SCRIPT_H

#include "base/buffer.h"
#include "base/prng.h"

enum { SCRIPT_PATH_SIZE = 128, SCRIPT_KNOWN_PATHS = 16 };

struct script {
	struct prng prng;
	char root[SCRIPT_PATH_SIZE];
	char known[SCRIPT_KNOWN_PATHS][SCRIPT_PATH_SIZE]; /* names that creations were answered with */
	size_t known_count;
	bool in_multi;
	bool is_echoed;                                   /* what is drawn comes back in the answer */
	int64_t zxid;                                     /* the last one seen */
};

void script_init(struct script *script, uint64_t seed, uint64_t number);
/* The creation of the script's root; into `frame` goes the body after the header. */
int32_t script_root(struct script *script, struct buffer *frame);
/*
 * The next request: its opcode, and its body. Authentication overtakes what is
 * still in progress on the real server, so that it must not follow such.
 */
int32_t script_draw(struct script *script, struct buffer *frame, bool may_authenticate);
/* A creation was answered with this path. */
void script_learn(struct script *script, struct slice path);

#endif
