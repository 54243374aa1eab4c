/* A client of the matrix on librdkafka; main() is in rdkafka_client.c. What does not succeed ends the process. */
#ifndef RDKAFKA_CLIENT_H
#define RDKAFKA_CLIENT_H

#include <librdkafka/rdkafka.h>
#include <stddef.h>

enum { CLIENT_WAIT_MS = 60 * 1000 };

struct settings {
	const char *address;
	char **given; /* NAME=VALUE */
	int count;
};

/* Prints `error: WHAT: TEXT` and ends with status 1. */
_Noreturn void client_fail(const char *what, const char *text);

void client_set(rd_kafka_conf_t *conf, const char *name, const char *value);

/* With the address and the settings given; takes conf. */
rd_kafka_t *client_new(rd_kafka_type_t type, rd_kafka_conf_t *conf, const struct settings *settings);

/* Makes, finds, grows, lists and deletes a topic and a group of this name. */
void client_administer(const struct settings *settings, const char *name);

#endif
