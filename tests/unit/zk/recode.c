#include "recode.h"

#include <stdio.h>

#include "zk/payload_acl.h"
#include "zk/payload_acl_change.h"
#include "zk/payload_broker.h"
#include "zk/payload_cluster_id.h"
#include "zk/payload_config.h"
#include "zk/payload_config_change.h"
#include "zk/payload_controller.h"
#include "zk/payload_controller_epoch.h"
#include "zk/payload_delegation_token.h"
#include "zk/payload_feature.h"
#include "zk/payload_log_dir_event.h"
#include "zk/payload_partition_state.h"
#include "zk/payload_partitions.h"
#include "zk/payload_producer_id_block.h"
#include "zk/payload_reassignment.h"
#include "zk/payload_topic.h"

typedef enum error recoder(struct slice data, struct arena *arena, struct buffer *out,
    struct payload_complaint *complaint);

#define RECODER(name) \
	static enum error name(struct slice data, struct arena *arena, struct buffer *out, \
	    struct payload_complaint *complaint) \
	{ \
		struct payload_##name value; \
		enum error error = payload_##name##_decode(data, arena, &value, complaint); \
		if (error == ERROR_NONE) \
			payload_##name##_encode(&value, out); \
		return error; \
	}

RECODER(acl)
RECODER(acl_change)
RECODER(broker)
RECODER(cluster_id)
RECODER(config)
RECODER(config_change)
RECODER(controller)
RECODER(delegation_token)
RECODER(feature)
RECODER(log_dir_event)
RECODER(partition_state)
RECODER(partitions)
RECODER(producer_id_block)
RECODER(reassignment)
RECODER(topic)

static enum error
controller_epoch(struct slice data, struct arena *arena UNUSED, struct buffer *out,
    struct payload_complaint *complaint)
{
	int32_t epoch;
	enum error error = payload_controller_epoch_decode(data, &epoch, complaint);

	if (error == ERROR_NONE)
		payload_controller_epoch_encode(epoch, out);
	return error;
}

/* A token change is the token's id. */
static enum error
plain_text(struct slice data, struct arena *arena UNUSED, struct buffer *out,
    struct payload_complaint *complaint UNUSED)
{
	buffer_append_slice(out, data);
	return ERROR_NONE;
}

static recoder *const recoders[PATHS_KINDS] = {
	[PATHS_BROKER] = broker,
	[PATHS_TOPIC] = topic,
	[PATHS_PARTITION_STATE] = partition_state,
	[PATHS_CLUSTER_ID] = cluster_id,
	[PATHS_CONTROLLER] = controller,
	[PATHS_CONTROLLER_EPOCH] = controller_epoch,
	[PATHS_CONFIG_TOPIC] = config,
	[PATHS_CONFIG_CLIENT] = config,
	[PATHS_CONFIG_USER] = config,
	[PATHS_CONFIG_USER_CLIENT] = config,
	[PATHS_CONFIG_BROKER] = config,
	[PATHS_CONFIG_IP] = config,
	[PATHS_CONFIG_CHANGE] = config_change,
	[PATHS_REASSIGNMENT] = reassignment,
	[PATHS_PREFERRED_ELECTION] = partitions,
	[PATHS_ISR_CHANGE] = partitions,
	[PATHS_LOG_DIR_EVENT] = log_dir_event,
	[PATHS_PRODUCER_ID_BLOCK] = producer_id_block,
	[PATHS_FEATURE] = feature,
	[PATHS_ACL] = acl,
	[PATHS_ACL_CHANGE] = acl_change,
	[PATHS_EXTENDED_ACL] = acl,
	[PATHS_EXTENDED_ACL_CHANGE] = acl_change,
	[PATHS_DELEGATION_TOKEN] = delegation_token,
	[PATHS_DELEGATION_TOKEN_CHANGE] = plain_text,
};

bool
recode_has_data(enum paths_kind kind)
{
	return recoders[kind] != NULL;
}

bool
recode_may_be_null(enum paths_kind kind)
{
	return recoders[kind] == NULL || recoders[kind] == config || kind == PATHS_PRODUCER_ID_BLOCK ||
	    kind == PATHS_BROKER;
}

enum error
recode(enum paths_kind kind, struct slice data, size_t cap, struct buffer *out,
    struct payload_complaint *complaint)
{
	struct arena arena;

	arena_init(&arena, cap);
	enum error error = recoders[kind](data, &arena, out, complaint);
	arena_fini(&arena);
	return error;
}

const char *
recode_text(enum paths_kind kind, const char *text)
{
	static char answer[4096];
	struct payload_complaint complaint;
	struct buffer out;

	buffer_init(&out);
	enum error error = recode(kind, slice_of_text(text), 1 << 20, &out, &complaint);
	if (error != ERROR_NONE)
		(void)snprintf(answer, sizeof(answer), "!%s", complaint.text);
	else
		(void)snprintf(answer, sizeof(answer), "%.*s", (int)out.size,
		    out.size == 0 ? "" : (const char *)out.bytes);
	buffer_fini(&out);
	return answer;
}
