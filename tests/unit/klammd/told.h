/*
 * tests/unit/klammd/told.h: the rooms behind control_requests.h, played by the
 * test: settings of topics are known, and replicas obey, when the test says so.
 */
#ifndef KLAMM_TESTS_UNIT_KLAMMD_TOLD_H
#define KLAMM_TESTS_UNIT_KLAMMD_TOLD_H

#include <criterion/criterion.h>

#include "klammd/control_queue.h"
#include "tests/unit/world/fake_loop.h"
#include "wire/kafka_error.h"
#include "wire/messages.h"

enum { TOLD_BROKER_EPOCH = 70, TOLD_CONTROLLER_EPOCH = 5 };

struct told {
	struct fake_loop control, data;
	struct logger logger;
	struct world world;
	struct control_requests requests;
	struct control_queue queue;
	struct arena arena;
	struct image *image; /* the newest; NULL: none came */
	int updates, wholes;
	bool gone_before_whole; /* the image before the whole one had no topic left */
	size_t topics; /* whose settings were asked for, at last */
	/* What waits; NULL: nothing. */
	void (*settings)(void *context);
	void *settings_context;
	void (*replicas)(void *context);
	void *replicas_context;
	int leaders, stops, ends, prefixes, metadata; /* that came to the replicas */
};
extern struct told told;

void told_init(void);
/* Expects that nothing is under way. */
void told_fini(void);
void told_run(void);
void told_settings_are_known(void);
void told_replicas_are_done(void);

#endif
