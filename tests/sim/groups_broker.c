#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "log/log_read.h"
#include "tests/sim/groups_town.h"
#include "wire/batch.h"

enum {
	POLL_LOW_US = 10000, /* how soon a broker learns of an election */
	POLL_HIGH_US = 1500000,
};

/* What partition.h keeps to itself: a replica at one broker. */
struct partition {
	struct broker *broker;
	struct town_log *log;
	int32_t index;
	int holders;
	int64_t last_ack_us;
	struct disk disk;
	struct disk_file file;
	bool led;       /* as the coordinator was told */
	int32_t epoch;
};

struct broker {
	struct town *town;
	struct sim_process *process;
	int number;
	struct groups *groups;
	struct partition partitions[TOWN_PARTITIONS];
	struct timer poll;
};

/* An operation that is answered at its time. */
struct answer {
	struct timer timer;
	struct partition *partition;
	struct partition_operation *operation;
	enum partition_status status;
	int32_t epoch;     /* acknowledged only while this one lasts; -1: whichever */
	size_t end;        /* of what is acknowledged then */
};

static int64_t
now_us(const struct partition *partition)
{
	return clock_monotonic_us(partition->broker->process->world.clock);
}

static int64_t
delay(const struct partition *partition, int64_t high_us)
{
	return sim_delay(partition->broker->town->sim, SIM_WORKLOAD, 10, high_us);
}

static bool
leads(const struct partition *partition, int32_t epoch)
{
	return partition->log->leader == partition->broker->number &&
	    (epoch == -1 || epoch == partition->log->epoch);
}

static void
fire(struct timer *timer)
{
	struct answer *answer = container_of(timer, struct answer, timer);
	struct partition *partition = answer->partition;
	struct partition_operation *operation = answer->operation;

	if (answer->epoch != -1) {
		if (leads(partition, answer->epoch))
			partition->log->acked_size = MAX(partition->log->acked_size, answer->end);
		else
			answer->status = PARTITION_NOT_LEADER;
	}
	operation->status = answer->status;
	operation->partition = NULL;
	free(answer);
	partition->holders--;
	operation->answered(operation);
}

/* On the operation's loop. */
static struct answer *
answer_at(struct partition *partition, struct partition_operation *operation,
    enum partition_status status, int64_t at_us)
{
	struct answer *answer = memory_new(sizeof(*answer));

	answer->partition = partition;
	answer->operation = operation;
	answer->status = status;
	answer->epoch = -1;
	partition->holders++;
	timer_init(&answer->timer, fire);
	timer_start(operation->loop, &answer->timer, at_us);
	/* For partition_cancel. */
	operation->partition = (struct partition *)(void *)answer;
	return answer;
}

/* ------------------------------------------------------------- the log's part */

static bool
write_log(struct town_log *log, const uint8_t *bytes, size_t size)
{
	struct batch_cursor cursor;
	struct batch_view view;
	size_t at = log->size;

	if (size > sizeof(log->bytes) - at)
		return false;
	memcpy(log->bytes + at, bytes, size);
	log->size += size;
	batch_cursor_init(&cursor, slice_of(log->bytes + at, size));
	while (batch_cursor_next(&cursor, &view) == ERROR_NONE) {
		int64_t count = view.last_offset - view.base_offset + 1;

		batch_set_base_offset(log->bytes + at + view.position, log->end_offset);
		log->end_offset += count;
	}
	return true;
}

static void
append(struct partition *partition, struct partition_append *append)
{
	struct town *town = partition->broker->town;
	struct town_log *log = partition->log;
	int64_t soon_us = now_us(partition) + delay(partition, 2000);
	struct answer *answer;
	int64_t ack_us;

	append->base_offset = -1;
	if (!leads(partition, append->required_leader_epoch)) {
		answer_at(partition, &append->operation, PARTITION_NOT_LEADER, soon_us);
		return;
	}
	if (town->refuses_appends && append->required_acks == -1) {
		sim_mark(town->sim, "an append is refused");
		answer_at(partition, &append->operation, PARTITION_NOT_ENOUGH_REPLICAS, soon_us);
		return;
	}
	append->base_offset = log->end_offset;
	if (!write_log(log, append->bytes, append->size)) {
		answer_at(partition, &append->operation, PARTITION_STORAGE, soon_us);
		return;
	}
	if (append->required_acks != -1) {
		answer_at(partition, &append->operation, PARTITION_OK, soon_us);
		return;
	}
	ack_us = soon_us + delay(partition, town->is_slow ? 8000000 : 60000);
	ack_us = MAX(ack_us, partition->last_ack_us + 1); /* as the high watermark comes along */
	partition->last_ack_us = ack_us;
	answer = answer_at(partition, &append->operation, PARTITION_OK, ack_us);
	answer->epoch = log->epoch;
	answer->end = log->size;
}

static void
cancel(struct partition *partition, struct partition_operation *operation)
{
	struct answer *answer = (struct answer *)(void *)operation->partition;

	if (answer == NULL || answer->epoch == -1)
		return; /* it is on its way */
	sim_mark(partition->broker->town->sim, "an append takes too long");
	answer->status = PARTITION_TIMED_OUT;
	answer->epoch = -1;
	timer_start(operation->loop, &answer->timer, now_us(partition));
}

static enum error
read_at(struct disk_file *file, const struct iovec *parts, int count UNUSED, int64_t offset,
    bool resident_only UNUSED, size_t *got)
{
	struct partition *partition = container_of(file, struct partition, file);

	if (sim_chance(partition->broker->town->sim, SIM_FAULTS, 20) &&
	    !partition->broker->town->is_healed) {
		sim_mark(partition->broker->town->sim, "a log cannot be read");
		return ERROR_IO;
	}
	memcpy(parts[0].iov_base, partition->log->bytes + offset, parts[0].iov_len);
	*got = parts[0].iov_len;
	return ERROR_NONE;
}

static void
fetch(struct partition *partition, struct partition_fetch *fetch)
{
	/* Small pieces, so that loading takes its time. */
	int64_t max_bytes = 1 + (int64_t)prng_below(
	    sim_stream(partition->broker->town->sim, SIM_WORKLOAD), 20000);
	struct batch_cursor cursor;
	struct batch_view view;
	int64_t begin = -1, end = 0;

	batch_cursor_init(&cursor, slice_of(partition->log->bytes, partition->log->size));
	while (batch_cursor_next(&cursor, &view) == ERROR_NONE) {
		int64_t view_end = (int64_t)(view.position + view.bytes.size);

		if (view.last_offset < fetch->offset)
			continue;
		if (begin < 0)
			begin = (int64_t)view.position;
		else if (view_end - begin > max_bytes)
			break;
		end = view_end;
	}
	if (begin >= 0)
		fetch->slice = (struct log_slice){ .file = &partition->file, .position = begin,
			.size = end - begin };
	answer_at(partition, &fetch->operation,
	    leads(partition, -1) ? PARTITION_OK : PARTITION_NOT_LEADER,
	    now_us(partition) + delay(partition, 20000));
}

static void
list_offsets(struct partition *partition, struct partition_list_offsets *list)
{
	list->found_offset = 0;
	answer_at(partition, &list->operation, PARTITION_OK,
	    now_us(partition) + delay(partition, 20000));
}

static struct partition *
hold(struct partition *partition)
{
	partition->holders++;
	return partition;
}

static void
release(struct partition *partition)
{
	sim_check(partition->broker->town->sim, partition->holders > 0,
	    "a partition is released too often");
	partition->holders--;
}

static int32_t
index_of(const struct partition *partition)
{
	return partition->index;
}

static int16_t
status_code(enum partition_status status)
{
	switch (status) {
	case PARTITION_OK:
		return KAFKA_ERROR_NONE;
	case PARTITION_NOT_LEADER:
		return KAFKA_ERROR_NOT_LEADER_OR_FOLLOWER;
	case PARTITION_NOT_ENOUGH_REPLICAS:
		return KAFKA_ERROR_NOT_ENOUGH_REPLICAS;
	case PARTITION_TIMED_OUT:
		return KAFKA_ERROR_REQUEST_TIMED_OUT;
	default:
		return KAFKA_ERROR_KAFKA_STORAGE_ERROR;
	}
}

/* Nobody follows it. */
static int64_t
heard_us(const struct partition *partition UNUSED)
{
	return INT64_MAX;
}

static const struct shard_log town_shard_log = { append, fetch, list_offsets, cancel, hold,
	release, index_of, status_code, heard_us };
static const struct disk_ops disk_operations = { .read_at = read_at };

/* --------------------------------------------------------------- elections */

static void
learn(struct broker *broker, struct partition *partition)
{
	const struct town_log *log = partition->log;
	bool leads_now = log->leader == broker->number;

	if (log->epoch == partition->epoch)
		return;
	partition->epoch = log->epoch;
	if (leads_now) {
		sim_trace(broker->town->sim, "broker %d is told that it leads %d, epoch %d",
		    broker->number, (int)partition->index, (int)log->epoch);
		groups_elected(broker->groups, partition, log->epoch);
	} else if (partition->led) {
		sim_trace(broker->town->sim, "broker %d is told that it leads %d no longer",
		    broker->number, (int)partition->index);
		groups_resigned(broker->groups, partition->index, log->epoch);
	}
	partition->led = leads_now;
}

static void
poll(struct timer *timer)
{
	struct broker *broker = container_of(timer, struct broker, poll);
	int64_t high_us = broker->town->is_healed ? 100000 : POLL_HIGH_US;

	for (int i = 0; i < TOWN_PARTITIONS; i++)
		learn(broker, &broker->partitions[i]);
	timer_start(broker->process->world.control, timer,
	    clock_monotonic_us(broker->process->world.clock) +
	        sim_delay(broker->town->sim, SIM_FAULTS, POLL_LOW_US, high_us));
}

void
town_broker_boot(struct sim_process *process)
{
	struct town *town = ((struct town_broker *)process->scenario)->town;
	struct broker *broker = memory_new(sizeof(*broker));

	process->application = broker;
	broker->town = town;
	broker->process = process;
	broker->number = ((struct town_broker *)process->scenario)->number;
	for (int32_t i = 0; i < TOWN_PARTITIONS; i++) {
		struct partition *partition = &broker->partitions[i];

		partition->broker = broker;
		partition->log = &town->logs[i];
		partition->index = i;
		partition->disk.ops = &disk_operations;
		partition->file.disk = &partition->disk;
		partition->epoch = -1;
	}
	broker->groups = groups_new_over(&(struct groups_options){ .world = &process->world,
	    .config = &town->config }, &town_shard_log);
	groups_set_partition_count(broker->groups, TOWN_PARTITIONS);
	timer_init(&broker->poll, poll);
	poll(&broker->poll);
	town_clients_start(process, broker->groups);
}
