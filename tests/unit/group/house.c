#include "tests/unit/group/house.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "log/log_read.h"
#include "wire/batch.h"

/* -------------------------------------------------------------- the world */

static int64_t
monotonic_us(struct clock *clock)
{
	return container_of(clock, struct house, clock)->now_us;
}

static int64_t
wall_ms(struct clock *clock)
{
	return container_of(clock, struct house, clock)->now_ms;
}

static void
fill(struct entropy *entropy, void *bytes, size_t size)
{
	memset(bytes, ++container_of(entropy, struct house, entropy)->random, size);
}

static void
submit(struct workers *workers, struct work *work)
{
	struct house *house = container_of(workers, struct house, workers);
	struct list *link = memory_new(sizeof(*link) + sizeof(work));

	memcpy(link + 1, &work, sizeof(work));
	list_append(&house->work, link);
}

static void
work_finished(struct loop_message *message)
{
	struct work *work = container_of(message, struct work, finished);

	work->done(work);
}

static void
run_work(struct house *house)
{
	struct list *link;

	while (!house->holds_work && (link = list_take_first(&house->work)) != NULL) {
		struct work *work;

		memcpy(&work, link + 1, sizeof(work));
		free(link);
		work->run(work);
		work->finished.run = work_finished;
		loop_post(work->loop, &work->finished);
	}
}

static void
wake(struct loop *loop)
{
	container_of(loop, struct house_loop, loop)->awake = true;
}

static void
arm(struct loop *loop, int64_t at_us)
{
	container_of(loop, struct house_loop, loop)->armed_us = at_us;
}

static const struct loop_ops loop_operations = { .wake = wake, .arm = arm };

static void
sink(struct logger *logger, enum logger_level level, const char *line)
{
	struct house *house = container_of(logger, struct house, logger);

	if (level > LOGGER_WARN)
		return;
	snprintf(house->log[house->log_count % HOUSE_LOG_LINES], sizeof(house->log[0]), "%s", line);
	house->log_count++;
}

static bool
run_loop(struct house_loop *loop, int64_t now_us)
{
	if (!loop->awake && loop->armed_us > now_us)
		return false;
	loop->awake = false;
	loop_run(&loop->loop);
	return true;
}

void
house_run(struct house *house)
{
	bool some = true;

	while (some) {
		some = run_loop(&house->control, house->now_us);
		for (int i = 0; i < HOUSE_LOOPS; i++)
			some = run_loop(&house->loops[i], house->now_us) || some;
		some = some || (!house->holds_work && !list_is_empty(&house->work));
		run_work(house);
	}
}

void
house_elapse(struct house *house, int64_t ms)
{
	int64_t until_us = house->now_us + ms * 1000;

	house_run(house);
	for (;;) {
		int64_t next_us = house->control.armed_us;

		for (int i = 0; i < HOUSE_LOOPS; i++)
			next_us = MIN(next_us, house->loops[i].armed_us);
		if (next_us > until_us)
			break;
		house->now_ms += (next_us - house->now_us) / 1000;
		house->now_us = next_us;
		house_run(house);
	}
	house->now_ms += (until_us - house->now_us) / 1000;
	house->now_us = until_us;
}

/* --------------------------------------------------------- the partitions */

static void
answered(struct loop_message *message)
{
	struct partition_operation *operation =
	    container_of(message, struct partition_operation, message);

	operation->answered(operation);
}

static void
answer(struct partition *partition, struct partition_operation *operation,
    enum partition_status status)
{
	operation->status = status;
	operation->leader_epoch = partition->leader_epoch;
	operation->message.run = answered;
	loop_post(operation->loop, &operation->message);
}

void
house_write_log(struct partition *partition, const void *batches, size_t size)
{
	struct batch_cursor cursor;
	struct batch_view view;
	size_t at = partition->log.size;

	buffer_append(&partition->log, batches, size);
	batch_cursor_init(&cursor, slice_of(partition->log.bytes + at, size));
	while (batch_cursor_next(&cursor, &view) == ERROR_NONE) {
		int64_t count = view.last_offset - view.base_offset + 1;

		batch_set_base_offset(partition->log.bytes + at + view.position,
		    partition->end_offset);
		partition->end_offset += count;
	}
}

static void
append(struct partition *partition, struct partition_append *append)
{
	enum partition_status status = partition->fails;

	partition->appends++;
	cr_assert_eq(append->origin, LOG_FROM_COORDINATOR);
	if (!partition->leads || append->required_leader_epoch != partition->leader_epoch)
		status = PARTITION_NOT_LEADER;
	append->base_offset = -1;
	if (status == PARTITION_OK) {
		append->base_offset = partition->end_offset;
		house_write_log(partition, append->bytes, append->size);
	}
	if (status == PARTITION_OK && append->required_acks == -1 && partition->holds_appends)
		list_append(&partition->waiting, &append->operation.waiting);
	else
		answer(partition, &append->operation, status);
}

void
house_acknowledge(struct partition *partition, enum partition_status status)
{
	struct list *link;

	while ((link = list_take_first(&partition->waiting)) != NULL) {
		struct partition_operation *operation =
		    container_of(link, struct partition_operation, waiting);

		answer(partition, operation, status);
	}
	house_run(partition->house);
}

static void
cancel(struct partition *partition, struct partition_operation *operation)
{
	partition->cancelled++;
	if (partition->settles != NULL && operation == &partition->settles->operation)
		partition->settles = NULL;
	else
		list_remove(&operation->waiting);
	answer(partition, operation, PARTITION_TIMED_OUT);
}

static enum error
read_at(struct disk_file *file, const struct iovec *parts, int count, int64_t offset,
    bool resident_only UNUSED, size_t *got)
{
	struct partition *partition = container_of(file, struct partition, file);
	size_t size = MIN(parts[0].iov_len, partition->log.size - (size_t)offset);

	cr_assert_eq(count, 1);
	if (partition->read_errors > 0) {
		partition->read_errors--;
		return ERROR_IO;
	}
	memcpy(parts[0].iov_base, partition->log.bytes + offset, size);
	*got = size;
	return ERROR_NONE;
}

static void
fetch(struct partition *partition, struct partition_fetch *fetch)
{
	struct batch_cursor cursor;
	struct batch_view view;
	int64_t begin = -1, end = 0;

	if (fetch->wait) { /* for the high watermark */
		cr_assert_eq(fetch->isolation, PARTITION_READ_UNCOMMITTED);
		partition->settling++;
		if (partition->settles_late) {
			cr_assert_null(partition->settles);
			partition->settles = fetch;
			return;
		}
	} else {
		cr_assert_eq(fetch->isolation, PARTITION_READ_LOG_END);
	}
	if (fetch->offset >= partition->damage_from && fetch->offset < partition->damage_end) {
		fetch->damage_end = partition->damage_end;
		answer(partition, &fetch->operation, PARTITION_CORRUPT_MESSAGE);
		return;
	}
	batch_cursor_init(&cursor, buffer_slice(&partition->log));
	while (batch_cursor_next(&cursor, &view) == ERROR_NONE) {
		int64_t view_end = (int64_t)(view.position + view.bytes.size);

		if (view.last_offset < fetch->offset && !partition->is_stuck)
			continue;
		if (begin >= 0 && view.last_offset >= partition->damage_from && view.last_offset < partition->damage_end)
			break;
		if (begin < 0)
			begin = (int64_t)view.position;
		else if (view_end - begin > fetch->max_bytes)
			break;
		end = view_end;
	}
	if (begin >= 0)
		fetch->slice = (struct log_slice){ .file = &partition->file, .position = begin,
			.size = end - begin };
	answer(partition, &fetch->operation, fetch->offset < partition->start_offset ?
	    PARTITION_OFFSET_OUT_OF_RANGE : partition->fails);
}

void
house_settle(struct partition *partition)
{
	struct partition_fetch *waits = partition->settles;

	partition->settles = NULL;
	partition->settles_late = false;
	if (waits != NULL)
		fetch(partition, waits);
	house_run(partition->house);
}

static void
list_offsets(struct partition *partition, struct partition_list_offsets *list)
{
	cr_assert_eq(list->timestamp, PARTITION_EARLIEST);
	list->found_offset = partition->start_offset;
	answer(partition, &list->operation, partition->fails);
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
	static const int16_t codes[] = {
		[PARTITION_NOT_LEADER] = KAFKA_ERROR_NOT_LEADER_OR_FOLLOWER,
		[PARTITION_NOT_ENOUGH_REPLICAS] = KAFKA_ERROR_NOT_ENOUGH_REPLICAS,
		[PARTITION_STORAGE] = KAFKA_ERROR_KAFKA_STORAGE_ERROR,
		[PARTITION_CORRUPT_MESSAGE] = KAFKA_ERROR_CORRUPT_MESSAGE,
		[PARTITION_TIMED_OUT] = KAFKA_ERROR_REQUEST_TIMED_OUT,
		[PARTITION_UNKNOWN] = KAFKA_ERROR_UNKNOWN_SERVER_ERROR,
	};

	return codes[status];
}

static int64_t
heard_us(const struct partition *partition)
{
	return partition->heard_us;
}

static const struct shard_log fake_log = { append, fetch, list_offsets, cancel, hold, release,
	index_of, status_code, heard_us };
static const struct disk_ops disk_operations = { .read_at = read_at };

/* --------------------------------------------------------------- the house */

static void
make_groups(struct house *house)
{
	house->groups = groups_new_over(
	    &(struct groups_options){ .world = &house->world, .config = &house->config }, &fake_log);
	groups_set_partition_count(house->groups, HOUSE_PARTITIONS);
}

void
house_init(struct house *house)
{
	*house = (struct house){
		.clock = { monotonic_us, wall_ms },
		.entropy = { fill },
		.workers = { submit },
		.logger = { LOGGER_DEBUG, sink },
		.config = { .groups = {
			.min_session_timeout_ms = 6000,
			.max_session_timeout_ms = 1800000,
			.max_size = INT32_MAX,
			.offset_metadata_max_bytes = 4096,
			.offsets_commit_timeout_ms = 5000,
			.offsets_retention_ms = 604800000,
			.offsets_retention_check_interval_ms = 600000,
			.silence_us = 3000000,
		} },
		.now_us = 5000000,
		.now_ms = 1700000000000,
	};
	list_init(&house->work);
	loop_init(&house->control.loop, &loop_operations, &house->clock, LOOP_CONTROL, 0);
	house->control.armed_us = INT64_MAX;
	for (int i = 0; i < HOUSE_LOOPS; i++) {
		loop_init(&house->loops[i].loop, &loop_operations, &house->clock, LOOP_DATA, i);
		house->loops[i].armed_us = INT64_MAX;
		house->world_loops[i] = &house->loops[i].loop;
	}
	house->world = (struct world){ .clock = &house->clock, .entropy = &house->entropy,
		.workers = &house->workers, .logger = &house->logger,
		.control = &house->control.loop, .loops = house->world_loops,
		.loop_count = HOUSE_LOOPS };
	for (int32_t i = 0; i < HOUSE_PARTITIONS; i++) {
		struct partition *partition = &house->partitions[i];

		partition->house = house;
		partition->index = i;
		partition->heard_us = INT64_MAX;
		partition->disk.ops = &disk_operations;
		partition->file.disk = &partition->disk;
		buffer_init(&partition->log);
		list_init(&partition->waiting);
	}
	make_groups(house);
}

static void
stopped(void *context)
{
	((struct house *)context)->is_stopped = true;
}

void
house_stop(struct house *house)
{
	house->holds_work = false;
	groups_stop(house->groups, stopped, house);
	house_run(house);
	cr_assert(house->is_stopped, "something is left running");
}

static void
stop(struct house *house)
{
	if (!house->is_stopped)
		house_stop(house);
	house->is_stopped = false;
	groups_free(house->groups);
	for (int i = 0; i < HOUSE_PARTITIONS; i++)
		cr_assert_eq(house->partitions[i].holders, 0);
}

void
house_fini(struct house *house)
{
	stop(house);
	for (int i = 0; i < HOUSE_LOOPS; i++)
		loop_fini(&house->loops[i].loop);
	loop_fini(&house->control.loop);
	for (int i = 0; i < HOUSE_PARTITIONS; i++)
		buffer_fini(&house->partitions[i].log);
}

void
house_elect(struct house *house, int32_t partition, int32_t leader_epoch)
{
	house->partitions[partition].leads = true;
	house->partitions[partition].leader_epoch = leader_epoch;
	groups_elected(house->groups, &house->partitions[partition], leader_epoch);
	house_run(house);
}

void
house_resign(struct house *house, int32_t partition, int32_t leader_epoch)
{
	house->partitions[partition].leads = false;
	groups_resigned(house->groups, partition, leader_epoch);
	house_acknowledge(&house->partitions[partition], PARTITION_NOT_LEADER);
}

void
house_open(struct house *house)
{
	for (int32_t i = 0; i < HOUSE_PARTITIONS; i++)
		house_elect(house, i, 1);
}

void
house_restart(struct house *house)
{
	stop(house);
	make_groups(house);
	house_open(house);
}

struct partition *
house_partition_of(struct house *house, const char *group)
{
	return &house->partitions[groups_partition_of(house->groups, slice_of_text(group))];
}

bool
house_logged(const struct house *house, const char *text)
{
	for (int i = 0; i < MIN(house->log_count, (int)HOUSE_LOG_LINES); i++) {
		if (strstr(house->log[i], text) != NULL)
			return true;
	}
	return false;
}
