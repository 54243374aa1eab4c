/*
 * klammd/auto_creation.h: topics that clients of this broker ask for and nobody
 * has made (AutoTopicCreationManager of Kafka 3.9). Where this broker is the
 * controller it makes them; else they are asked of the active one by
 * CreateTopics, with the numbers and configurations that this broker's own
 * server.properties give them. A name that is asked for already is not asked
 * for twice.
 */
#ifndef KLAMM_KLAMMD_AUTO_CREATION_H
#define KLAMM_KLAMMD_AUTO_CREATION_H

#include "api/api.h"
#include "base/hash_table.h"
#include "klammd/controller_link.h"

struct auto_creation {
	struct topic_creator creator;
	struct world *world;
	const struct broker_config *config;
	struct controller *controller;
	struct controller_link *link; /* NULL: closed, nothing is asked of others */
	struct hash_table out;        /* names that another broker is asked for */
};

/* All but `link` is borrowed for its life; `link` until auto_creation_close. */
void auto_creation_init(struct auto_creation *creation, struct world *world,
    const struct broker_config *config, struct controller *controller,
    struct controller_link *link);
/* Before the link is closed, which answers what is out. */
void auto_creation_close(struct auto_creation *creation);
/* Nothing is out. */
void auto_creation_fini(struct auto_creation *creation);

#endif
