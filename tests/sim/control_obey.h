/*
 * tests/sim/control_obey.h: channels to the brokers of control_town.h: one
 * request in flight a broker, encoded and decoded on the way, retried while the
 * broker does not answer; and what a broker does with it.
 */
#ifndef KLAMM_TESTS_SIM_CONTROL_OBEY_H
#define KLAMM_TESTS_SIM_CONTROL_OBEY_H

#include "tests/sim/control_town.h"

struct town_channel {
	bool is_open;
	int64_t epoch;
	int changed; /* how often its registration has */
	struct list messages;
};

struct town_channels {
	struct controller_channels channels;
	struct town_broker *owner;
	struct town_channel to[TOWN_BROKERS_MAX];
	struct timer timer;
};

void town_channels_init(struct town_channels *channels, struct town_broker *owner);
void town_channels_fini(struct town_channels *channels);

#endif
