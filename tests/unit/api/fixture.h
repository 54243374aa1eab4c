/*
 * tests/unit/api/fixture.h: one request at a time without a server: the test
 * plays the connection, the controller and the groups. What
 * a handler answers is encoded and decoded again in the request's version, so
 * that a field which the version lacks cannot be set unseen.
 */
#ifndef KLAMM_TESTS_UNIT_API_FIXTURE_H
#define KLAMM_TESTS_UNIT_API_FIXTURE_H

#include <criterion/criterion.h>

#include "../config/given.h"
#include "../world/fake_loop.h"
#include "api/fetch_session_cache.h"
#include "api/follower_waits.h"
#include "api/leader_waits.h"
#include "api/request.h"
#include "wire/messages.h"

enum fixture_end { FIXTURE_NO_END, FIXTURE_ANSWERED, FIXTURE_ANSWERED_NOTHING, FIXTURE_CLOSED };

struct fixture {
	struct given given; /* its config is the broker's */
	struct fake_loop data;
	struct fake_loop control;
	struct entropy entropy;
	struct logger logger;
	struct world world;
	struct loop *loops[1];
	struct api_services services;
	struct api_view view;
	struct fetch_session_cache *fetch_sessions; /* with 2 slots */
	struct follower_waits follower_waits;
	struct leader_waits leader_waits;
	struct lost_leaders lost_leaders;
	struct api_entry entry;
	struct request request;
	struct arena arena; /* of what the test makes, and of the decoded answer */
	int32_t group_partition; /* what groups_partition_of tells */
	enum fixture_end end;
	void *answer; /* NULL before there is one */
	int answers;
	const char *client_id; /* of requests */
	size_t arena_cap;      /* of requests */
	/* What was asked and not answered; NULL: nothing. */
	struct controller_call *controller_call;
	struct group_call *group_call;
};

extern struct fixture fixture;

/* For TestSuite: broker 1 with the listener PLAINTEXT, nobody else, no topics. */
void fixture_init(void);
void fixture_fini(void);
/* The broker's configuration is another one. */
void fixture_configure(const char *properties);

/* The image: what is added counts from fixture_publish on; a broker that is there is another one. */
void fixture_add_broker(int32_t id, const char *listener, const char *host, int32_t port,
    const char *rack);
/* A replica list ends with -1. */
void fixture_add_partition(const char *topic, int32_t index, int32_t leader,
    const int32_t *replicas, const int32_t *isr, const int32_t *offline);
void fixture_publish(int32_t controller);
/* The id that every topic of that name has. */
struct uuid fixture_topic_id(const char *topic);

/* Encodes the body, decodes it as a connection does, and calls the handler. */
void fixture_handle(void (*handler)(struct request *request), int16_t key, int16_t version,
    const void *body);
/* Runs both loops until they are quiet. */
void fixture_run(void);
/* It is so much later, on both loops. */
void fixture_pass_ms(int64_t ms);
/* The other room's turn is over: the answer is delivered. */
void fixture_controller_answers(void);
void fixture_groups_answer(void);

/* Memory until the end of the test. */
void *fixture_array(size_t count, size_t size);
struct slice fixture_text(const char *text); /* NULL: null */
#define cr_expect_slice(slice, text) \
	cr_expect(slice_equal_text((slice), (text)), "%.*s", (int)(slice).size, \
	    (const char *)(slice).bytes)

#endif
