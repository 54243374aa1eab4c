#include "klamm/data_client.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "wire/kafka_error.h"

void
data_client_error(rd_kafka_resp_err_t error, char text[DATA_CLIENT_TEXT_SIZE])
{
	static const char local[] = "Local: ";
	const char *told = rd_kafka_err2str(error);

	if (error >= RD_KAFKA_RESP_ERR_UNKNOWN)
		snprintf(text, DATA_CLIENT_TEXT_SIZE, "%s: %s", kafka_error_name((int16_t)error),
		    kafka_error_text((int16_t)error));
	else
		snprintf(text, DATA_CLIENT_TEXT_SIZE, "%s",
		    strncmp(told, local, strlen(local)) == 0 ? told + strlen(local) : told);
}

static void
note_error(rd_kafka_t *handle, int error, const char *reason, void *opaque)
{
	struct data_client *client = opaque;
	const char *detail = strstr(reason, " (after "); /* which means nothing to a user */
	int size = (int)(detail != NULL ? (size_t)(detail - reason) : strlen(reason));

	(void)handle;
	/* The reason of a single connection comes before the word that all are down. */
	if (error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || error == RD_KAFKA_RESP_ERR__FATAL)
		client->lost = true;
	if (error != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || client->reason[0] == '\0')
		snprintf(client->reason, sizeof(client->reason), "%.*s", size, reason);
}

void
data_client_set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
	char why[DATA_CLIENT_TEXT_SIZE];
	rd_kafka_conf_res_t result = rd_kafka_conf_set(conf, name, value, why, sizeof(why));

	assert(result == RD_KAFKA_CONF_OK);
}

rd_kafka_conf_t *
data_client_conf(struct data_client *client, struct tool *tool, const struct arguments *arguments)
{
	const char *list = arguments->values[OPTION_BOOTSTRAP];
	rd_kafka_conf_t *conf = rd_kafka_conf_new();

	*client = (struct data_client){ .run = NULL };
	rd_kafka_conf_set_opaque(conf, client);
	rd_kafka_conf_set_log_cb(conf, NULL); /* what the user has to know we say ourselves */
	rd_kafka_conf_set_error_cb(conf, note_error);
	data_client_set(conf, "client.id", "klamm");
	data_client_set(conf, "bootstrap.servers", list != NULL ? list : tool->bootstrap);
	return conf;
}

enum command_status
data_client_properties(rd_kafka_conf_t *conf, struct tool *tool, const struct arguments *arguments)
{
	const char *text;

	for (int at = 0; (text = arguments_next(arguments, OPTION_PROPERTY, &at)) != NULL;) {
		char why[DATA_CLIENT_TEXT_SIZE], name[128];
		const char *equals = strchr(text, '=');

		if (equals == NULL || (size_t)(equals - text) >= sizeof(name))
			return tool_wrong_use(tool, "--property takes KEY=VALUE, not '%.64s'", text);
		snprintf(name, sizeof(name), "%.*s", (int)(equals - text), text);
		if (rd_kafka_conf_set(conf, name, equals + 1, why, sizeof(why)) != RD_KAFKA_CONF_OK)
			return tool_wrong_use(tool, "--property %s: %s", text, why);
	}
	return COMMAND_OK;
}

rd_kafka_t *
data_client_new(rd_kafka_type_t type, rd_kafka_conf_t *conf, struct tool *tool)
{
	char why[DATA_CLIENT_TEXT_SIZE];
	rd_kafka_t *handle = rd_kafka_new(type, conf, why, sizeof(why));

	if (handle == NULL) {
		rd_kafka_conf_destroy(conf);
		tool_complain(tool, "%s", why);
	}
	return handle;
}
