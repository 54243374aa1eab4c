#include <string.h>

#include "klamm/log_dump_private.h"
#include "log/clean_shutdown_file.h"
#include "log/leader_epoch_file.h"
#include "log/meta_properties.h"
#include "log/offset_checkpoint.h"
#include "log/partition_metadata.h"
#include "log/producer_snapshot.h"
#include "log/whole_file.h"

enum { SMALL_FILE_BYTES_MAX = 64 * 1024 };

static void
tell_complaint(struct log_dump *dump, enum error error, struct text_complaint complaint)
{
	if (complaint.reason == NULL)
		log_dump_damage(dump, -1, "%s", error_text(error));
	else if (complaint.line > 0)
		log_dump_damage(dump, -1, "line %d: %s", complaint.line, complaint.reason);
	else
		log_dump_damage(dump, -1, "%s", complaint.reason);
}

static void
seed(struct log_dump *dump, uint64_t seed[2])
{
	entropy_fill(dump->tool->entropy, seed, 2 * sizeof(*seed));
}

static void
print_producer(struct log_dump *dump, const struct producer_entry *entry)
{
	const struct producer_batch *batch = producer_entry_last_batch(entry);
	struct output *output = dump->output;

	log_dump_begin(dump, "producer");
	output_int(output, "producerId", entry->producer_id);
	output_int(output, "epoch", entry->epoch);
	output_int(output, "lastSequence", batch != NULL ? batch->last_sequence : PRODUCER_SEQUENCE_NONE);
	output_int(output, "lastOffset", batch != NULL ? batch->last_offset : -1);
	output_int(output, "offsetDelta", batch != NULL ? batch->offset_delta : 0);
	output_int(output, "timestamp", entry->last_timestamp_ms);
	output_int(output, "coordinatorEpoch", entry->coordinator_epoch);
	output_int(output, "currentTxnFirstOffset", entry->transaction_first_offset);
	output_end(output);
}

void
log_dump_snapshot(struct log_dump *dump)
{
	struct producer_state state;
	struct buffer bytes;
	uint64_t hash_seed[2];

	seed(dump, hash_seed);
	buffer_init(&bytes);
	producer_state_init(&state, hash_seed);
	enum error error = whole_file_read(dump->tool->disk, dump->path, PRODUCER_SNAPSHOT_SIZE_MAX,
	    &bytes);
	if (error != ERROR_NONE)
		log_dump_failed(dump, error);
	else {
		/* At the beginning of time no producer has expired. */
		error = producer_snapshot_parse(&state, buffer_slice(&bytes), INT64_MIN, INT64_MAX);
		if (error != ERROR_NONE)
			log_dump_damage(dump, -1, "not a producer snapshot: %s", error_text(error));
	}
	PRODUCER_STATE_FOREACH(link, &state)
		print_producer(dump, producer_entry_of(link));
	producer_state_fini(&state);
	buffer_fini(&bytes);
}

static void
dump_offset_checkpoint(struct log_dump *dump, struct slice text)
{
	struct offset_checkpoint checkpoint;
	struct text_complaint complaint = { 0, NULL };
	uint64_t hash_seed[2];

	seed(dump, hash_seed);
	offset_checkpoint_init(&checkpoint, hash_seed);
	enum error error = offset_checkpoint_parse(&checkpoint, text, &complaint);
	if (error != ERROR_NONE)
		tell_complaint(dump, error, complaint);
	OFFSET_CHECKPOINT_FOREACH(link, &checkpoint) {
		const struct offset_checkpoint_entry *entry = offset_checkpoint_entry_of(link);
		log_dump_begin(dump, "checkpoint");
		output_bytes(dump->output, "topic", slice_of(entry->topic, entry->topic_size));
		output_int(dump->output, "partition", entry->partition);
		output_int(dump->output, "offset", entry->offset);
		output_end(dump->output);
	}
	offset_checkpoint_fini(&checkpoint);
}

static void
dump_leader_epochs(struct log_dump *dump, struct slice text)
{
	struct leader_epochs epochs;
	struct text_complaint complaint = { 0, NULL };

	leader_epochs_init(&epochs);
	enum error error = leader_epochs_parse(&epochs, text, &complaint);
	if (error != ERROR_NONE)
		tell_complaint(dump, error, complaint);
	for (size_t i = 0; i < epochs.count; i++) {
		log_dump_begin(dump, "leaderEpoch");
		output_int(dump->output, "epoch", epochs.entries[i].epoch);
		output_int(dump->output, "startOffset", epochs.entries[i].start_offset);
		output_end(dump->output);
	}
	leader_epochs_fini(&epochs);
}

static void
dump_meta_properties(struct log_dump *dump, struct slice text)
{
	struct meta_properties meta;
	struct text_complaint complaint = { 0, NULL };
	enum error error = meta_properties_parse(&meta, text, &complaint);

	if (error != ERROR_NONE) {
		tell_complaint(dump, error, complaint);
		return;
	}
	log_dump_begin(dump, "meta.properties");
	output_int(dump->output, "version", meta.version);
	output_int(dump->output, "brokerId", meta.broker_id);
	output_text(dump->output, "clusterId", meta.cluster_id);
	output_text(dump->output, "directoryId", meta.directory_id);
	output_end(dump->output);
}

static void
dump_partition_metadata(struct log_dump *dump, struct slice text)
{
	struct uuid topic_id;
	char topic_id_text[UUID_TEXT_SIZE + 1];
	struct text_complaint complaint = { 0, NULL };
	enum error error = partition_metadata_parse(text, &topic_id, &complaint);

	if (error != ERROR_NONE) {
		tell_complaint(dump, error, complaint);
		return;
	}
	uuid_text(topic_id, topic_id_text);
	log_dump_begin(dump, "partition.metadata");
	output_text(dump->output, "topicId", topic_id_text);
	output_end(dump->output);
}

static void
dump_clean_shutdown(struct log_dump *dump, struct slice text)
{
	int64_t broker_epoch;
	enum error error = clean_shutdown_parse(text, &broker_epoch);

	if (error != ERROR_NONE) {
		log_dump_damage(dump, -1, "%s", error_text(error));
		return;
	}
	log_dump_begin(dump, "cleanShutdown");
	output_int(dump->output, "brokerEpoch", broker_epoch);
	output_end(dump->output);
}

static const struct small_file {
	const char *name;
	size_t size_max;
	void (*dump)(struct log_dump *dump, struct slice text);
} small_files[] = {
	{ LEADER_EPOCH_CHECKPOINT, CHECKPOINT_SIZE_MAX, dump_leader_epochs },
	{ RECOVERY_POINT_CHECKPOINT, CHECKPOINT_SIZE_MAX, dump_offset_checkpoint },
	{ LOG_START_CHECKPOINT, CHECKPOINT_SIZE_MAX, dump_offset_checkpoint },
	{ REPLICATION_CHECKPOINT, CHECKPOINT_SIZE_MAX, dump_offset_checkpoint },
	{ CLEANER_CHECKPOINT, CHECKPOINT_SIZE_MAX, dump_offset_checkpoint },
	{ META_PROPERTIES, META_PROPERTIES_SIZE_MAX, dump_meta_properties },
	{ PARTITION_METADATA, SMALL_FILE_BYTES_MAX, dump_partition_metadata },
	{ CLEAN_SHUTDOWN_FILE, SMALL_FILE_BYTES_MAX, dump_clean_shutdown },
};

static void
dump_whole(struct log_dump *dump, const struct small_file *file)
{
	struct buffer text;

	buffer_init(&text);
	enum error error = whole_file_read(dump->tool->disk, dump->path, file->size_max, &text);
	if (error != ERROR_NONE)
		log_dump_failed(dump, error);
	else
		file->dump(dump, buffer_slice(&text));
	buffer_fini(&text);
}

bool
log_dump_small_file(struct log_dump *dump, const char *name)
{
	for (size_t i = 0; i < ARRAY_LENGTH(small_files); i++) {
		if (strcmp(name, small_files[i].name) == 0) {
			log_dump_heading(dump);
			dump_whole(dump, &small_files[i]);
			return true;
		}
	}
	return false;
}
