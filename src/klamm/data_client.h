/*
 * klamm/data_client.h: what produce and consume have in common: librdkafka,
 * set up from the options, and its errors in Kafka's names.
 */
#ifndef KLAMM_KLAMM_DATA_CLIENT_H
#define KLAMM_KLAMM_DATA_CLIENT_H

#include <librdkafka/rdkafka.h>

#include "klamm/client_command.h"

/* The beginning of such a command's table of options, instead of CLIENT_COMMAND_OPTIONS. */
#define DATA_CLIENT_OPTIONS \
	CLIENT_COMMAND_OPTIONS, \
	[OPTION_PROPERTY] = { "property", "KEY=VALUE", "a setting of librdkafka; may be repeated" }

enum { OPTION_PROPERTY = OPTION_OWN, OPTION_DATA_OWN };

enum { DATA_CLIENT_TEXT_SIZE = 512 };

/* What happened in the background; handed to the callbacks as their opaque. */
struct data_client {
	void *run; /* its user's */
	bool lost; /* no broker can be reached, or it may not go on */
	char reason[DATA_CLIENT_TEXT_SIZE];
};

/*
 * A configuration with brokers, errors and nothing else set; --property comes
 * on top with data_client_properties, so that it wins. `client` must outlive
 * what is made of it.
 */
rd_kafka_conf_t *data_client_conf(struct data_client *client, struct tool *tool,
    const struct arguments *arguments);
enum command_status data_client_properties(rd_kafka_conf_t *conf, struct tool *tool,
    const struct arguments *arguments);
/* Sets what is known to be right. */
void data_client_set(rd_kafka_conf_t *conf, const char *name, const char *value);
/* Takes `conf`. NULL: it has complained. */
rd_kafka_t *data_client_new(rd_kafka_type_t type, rd_kafka_conf_t *conf, struct tool *tool);

/* "NAME: text", as of an answer; of librdkafka's own errors the text alone. */
void data_client_error(rd_kafka_resp_err_t error, char text[DATA_CLIENT_TEXT_SIZE]);

#endif
