/*
 * tests/unit/klamm/fake_cluster.h: a cluster that the tool's client talks to
 * without a socket: a test says what each request is answered with, and reads
 * afterwards what was asked.
 */
#ifndef KLAMM_TESTS_UNIT_KLAMM_FAKE_CLUSTER_H
#define KLAMM_TESTS_UNIT_KLAMM_FAKE_CLUSTER_H

#include "klamm/command.h"
#include "klamm/transport.h"
#include "wire/kafka_error.h"
#include "wire/messages.h"

enum { FAKE_ANSWERS_MAX = 32, FAKE_HOSTS_MAX = 8 };

/* What a host does with who comes. */
enum fake_host_manner {
	FAKE_ANSWERS,
	FAKE_REFUSES,           /* connections */
	FAKE_HANGS_UP,          /* at the first request */
	FAKE_SAYS_NOTHING,
	FAKE_ANSWERS_ANOTHER,   /* with a wrong correlation id */
	FAKE_ANSWERS_TOO_MUCH,  /* announces a frame of 2 GiB */
	FAKE_ANSWERS_NONSENSE,
};

struct fake_cluster {
	struct transport transport;
	struct clock clock;
	int64_t now_us;
	struct { const struct message_type *type; const void *response; bool used; }
	    answers[FAKE_ANSWERS_MAX];
	int answer_count;
	struct { const char *name; enum fake_host_manner manner; } hosts[FAKE_HOSTS_MAX];
	int host_count;
	/* One request's versions, where they are not all that Kafka 3.9 has. */
	int16_t limited_key, limited_first, limited_last;
	bool is_old;        /* ApiVersions 0 is its only one */
	int open_streams;
	struct buffer log;  /* a line a connect, a request with its fields, a pause */
	/* Of the last run. */
	char output[8192];
	char errors[2048];
};

void fake_cluster_init(struct fake_cluster *cluster);
/* Asserts that no stream was left open. */
void fake_cluster_fini(struct fake_cluster *cluster);
/*
 * The next request of that kind gets `response`, which is borrowed; the last
 * one given goes on answering. `type` is the response's.
 */
void fake_cluster_answer(struct fake_cluster *cluster, const struct message_type *type,
    const void *response);
/* Hosts answer unless it is said otherwise; "name:port". */
void fake_cluster_host(struct fake_cluster *cluster, const char *name, enum fake_host_manner manner);
/* One broker, number 0 at a:1, is the controller too; no topics. */
void fake_cluster_answer_metadata(struct fake_cluster *cluster);
/* Runs a command with `words` (separated by single spaces) beginning at a:1. */
enum command_status fake_cluster_run(struct fake_cluster *cluster,
    enum command_status (*run)(struct tool *tool, struct arguments *arguments),
    const struct argument_option *options, const char *words);
/* Is it a part of the log? */
bool fake_cluster_saw(const struct fake_cluster *cluster, const char *text);
/* How often. */
int fake_cluster_count(const struct fake_cluster *cluster, const char *text);

#endif
