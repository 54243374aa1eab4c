#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/sim/coord.h"

enum { COUNT_US = 60000 };

static struct coord_intent *
intent_of(struct coord_counter *it)
{
	struct coord_life *life = it->user.life;

	return &life->town->intents[life->process->number][it->number];
}

/* The text is one number for each process. */
static void
parse(struct coord_counter *it, struct slice data)
{
	char text[COORD_DATA_SIZE], *at = text;

	snprintf(text, sizeof(text), "%.*s", (int)data.size, (const char *)data.bytes);
	for (int i = 0; i < COORD_PROCESSES; i++)
		it->values[i] = strtoll(at, &at, 10);
}

static void
write_next(struct coord_counter *it, const char *path)
{
	char data[COORD_DATA_SIZE];
	int at = 0, own = it->user.life->process->number;

	for (int i = 0; i < COORD_PROCESSES; i++)
		at += snprintf(data + at, sizeof(data) - (size_t)at, "%" PRId64 " ",
		    it->values[i] + (i == own));
	coord_user_operation(&it->user, 0, ZNODE_OP_SET_DATA, path, data, 0, it->version);
	coord_user_write(&it->user, 1, false);
}

static void
go(struct coord_user *user)
{
	struct coord_counter *it = container_of(user, struct coord_counter, user);
	struct coord_intent *intent = intent_of(it);
	char path[COORD_PATH_SIZE];

	snprintf(path, sizeof(path), "/counter%d", it->number);
	if (intent->issued == intent->confirmed) {
		if (user->life->town->quiet)
			return;
		intent->issued++;
	}
	if (it->writes)
		write_next(it, path);
	else
		coord_user_read(user, COORD_GET_DATA, path, false);
}

static void
confirm(struct coord_counter *it)
{
	coord_oracle_confirms(it->user.life->town, it->user.life->process->number, it->number);
	coord_user_again(&it->user, COUNT_US);
}

/* An outcome that is not known is known from what is there; the version keeps it from doubling. */
static void
answered(struct coord_user *user, const struct coord_answer *answer)
{
	struct coord_counter *it = container_of(user, struct coord_counter, user);
	bool wrote = it->writes;

	it->writes = false;
	if (answer->error != ZNODE_OK) {
		coord_user_again(user, 10000);
		return;
	}
	if (wrote) {
		confirm(it);
		return;
	}
	parse(it, answer->data);
	it->version = answer->stat.version;
#ifndef CANARY_COORD_COUNTS_AGAIN
	if (it->values[user->life->process->number] >= intent_of(it)->issued) {
		confirm(it);
		return;
	}
#endif
	it->writes = true;
	coord_user_again(user, 1000);
}

void
coord_counter_init(struct coord_counter *counter, struct coord_life *life, int number)
{
	coord_user_init(&counter->user, life, go, answered);
	counter->number = number;
}
