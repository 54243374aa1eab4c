#include "zk/payload_partition_state.h"

#include "zk/payload_private.h"

#define ELIGIBLE "klamm_eligible_replicas"

enum error
payload_partition_state_decode(struct slice bytes, struct arena *arena,
    struct payload_partition_state *state, struct payload_complaint *complaint)
{
	struct payload_reader reader;

	payload_reader_open(&reader, bytes, arena, complaint);
	const json_t *root = reader.root;
	state->controller_epoch = payload_int32(&reader, root, "controller_epoch", 0, INT32_MAX);
	state->leader = payload_int32(&reader, root, "leader", -1, INT32_MAX);
	state->leader_epoch = payload_int32(&reader, root, "leader_epoch", 0, INT32_MAX);
	state->isr = payload_ids(&reader, payload_array(&reader, root, "isr"), "isr");
	state->leader_recovery = (enum payload_leader_recovery)payload_int32_or(&reader, root,
	    "leader_recovery_state", PAYLOAD_RECOVERED, PAYLOAD_RECOVERING, PAYLOAD_RECOVERED);
	state->eligible = (struct payload_int32_list){ NULL, 0 };
	if (json_object_get(root, ELIGIBLE) != NULL)
		state->eligible = payload_ids(&reader, payload_array(&reader, root, ELIGIBLE), ELIGIBLE);
	return payload_reader_close(&reader);
}

void
payload_partition_state_encode(const struct payload_partition_state *state, struct buffer *out)
{
	struct payload_writer writer = { out, false };

	payload_write_open(&writer, '{');
	payload_write_int_field(&writer, "controller_epoch", state->controller_epoch);
	payload_write_int_field(&writer, "leader", state->leader);
	payload_write_int_field(&writer, "version", 1);
	if (state->leader_recovery != PAYLOAD_RECOVERED)
		payload_write_int_field(&writer, "leader_recovery_state", state->leader_recovery);
	payload_write_int_field(&writer, "leader_epoch", state->leader_epoch);
	payload_write_key(&writer, "isr");
	payload_write_ids(&writer, state->isr);
	if (state->eligible.count > 0) {
		payload_write_key(&writer, ELIGIBLE);
		payload_write_ids(&writer, state->eligible);
	}
	payload_write_close(&writer, '}');
}
