#include "verify.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answers.h"
#include "base/macros.h"
#include "base/memory.h"
#include "house.h"
#include "tree.h"
#include "workload.h"
#include "world/disk_posix.h"

struct check {
	const struct verify_options *options;
	struct disk disk;
	struct house house;
	const char *stage; /* which start it is, for people */
	int64_t added[CRASH_PARTITIONS]; /* ends of what was appended here; 0: nothing */
};

static bool PRINTF_LIKE(2, 3)
wrong(const struct check *check, const char *format, ...)
{
	va_list arguments;

	fprintf(stderr, "  %s: ", check->stage);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	return false;
}

static bool
start(struct check *check, const char *stage)
{
	check->stage = stage;
	house_init(&check->house, check->options->folder, check->options->seed + 1);
	enum error error = house_start(&check->house, &check->disk, WORKLOAD_NOW_MS + 100000);
	if (error != ERROR_NONE)
		return wrong(check, "start: %s (%s)", error_text(error), check->house.complaint);
	return true;
}

/* ------------------------------------------------------- against the model */

static bool
compare_batch(const struct check *check, const struct model_partition *model, const char *topic,
    const struct truth_batch *batch)
{
	int64_t offset = batch->header.base_offset;
	const struct model_batch *told = model_find(model, offset);

	if (told == NULL)
		return wrong(check, "%s: a batch at offset %lld that nobody wrote", topic,
		    (long long)offset);
	if (told->hash != batch->hash || told->last_offset != batch->last_offset)
		return wrong(check, "%s: another batch at offset %lld", topic, (long long)offset);
	if (told->leader_epoch != batch->header.partition_leader_epoch)
		return wrong(check, "%s: offset %lld has leader epoch %d, not %d", topic,
		    (long long)offset, batch->header.partition_leader_epoch, told->leader_epoch);
	return true;
}

static int64_t
clip(const struct log *log, int64_t offset)
{
	return MIN(MAX(offset, log_start_offset(log)), log_end_offset(log));
}

static bool
compare_offsets(const struct check *check, const struct model_partition *model, const char *topic,
    const struct log *log, const struct truth *truth)
{
	int64_t first = truth->batch_count > 0 ? truth->batches[0].header.base_offset :
	    truth->end_offset;

	if (log_start_offset(log) < model->least_start ||
	    log_start_offset(log) > model->most_start || first > log_start_offset(log))
		return wrong(check, "%s: log start is %lld, not %lld to %lld", topic,
		    (long long)log_start_offset(log), (long long)model->least_start,
		    (long long)model->most_start);
	if (truth->end_offset < model->least_end)
		return wrong(check, "%s: acknowledged up to %lld, but the log ends at %lld", topic,
		    (long long)model->least_end, (long long)truth->end_offset);
	int64_t mark = log_high_watermark(log);
	if (mark != clip(log, model->high_watermarks[0]) &&
	    mark != clip(log, model->high_watermarks[1]))
		return wrong(check, "%s: high watermark is %lld, not %lld or %lld", topic,
		    (long long)mark, (long long)model->high_watermarks[0],
		    (long long)model->high_watermarks[1]);
	return true;
}

static bool
compare_with_model(const struct check *check, int partition, const struct log *log,
    const struct truth *truth)
{
	const struct model_partition *model = &check->options->model->partitions[partition];

	for (size_t i = 0; i < truth->batch_count; i++) {
		const struct truth_batch *batch = &truth->batches[i];

		if (check->added[partition] > 0 && i + 1 == truth->batch_count)
			break; /* that one is ours */
		if (!compare_batch(check, model, crash_topics[partition], batch))
			return false;
	}
	if (check->added[partition] > 0)
		return truth->end_offset == check->added[partition] ||
		    wrong(check, "%s: log end is %lld, not %lld", crash_topics[partition],
			(long long)truth->end_offset, (long long)check->added[partition]);
	return compare_offsets(check, model, crash_topics[partition], log, truth);
}

static bool
check_partition(const struct check *check, int partition, struct log *log)
{
	struct disk disk;
	struct truth truth;
	const char *answer;

	disk_posix_init(&disk);
	bool good = truth_read(&truth, &disk, log_path(log), partition == CRASH_LATE);
	if (!good)
		wrong(check, "%s: %s", crash_topics[partition], truth.complaint);
	else if ((answer = answers_check(log, &truth)) != NULL)
		good = wrong(check, "%s: %s", crash_topics[partition], answer);
	else
		good = compare_with_model(check, partition, log, &truth);
	truth_fini(&truth);
	return good;
}

static bool
check_all(struct check *check)
{
	bool good = true;

	for (int i = 0; i < CRASH_PARTITIONS; i++) {
		const struct model_partition *model = &check->options->model->partitions[i];
		struct log_partition *partition = house_find(&check->house, i);

		if (partition == NULL && model->must_exist)
			good = wrong(check, "%s is gone", crash_topics[i]);
		else if (partition != NULL && !model->may_exist)
			good = wrong(check, "%s is there", crash_topics[i]);
		else if (partition != NULL)
			good &= check_partition(check, i, partition->log);
	}
	return good;
}

/* --------------------------------------------------------------- the stages */

static bool
start_and_check(struct check *check, const char *stage)
{
	if (!start(check, stage))
		return false;
	bool good = check_all(check);
	house_drop(&check->house);
	return good;
}

static bool
start_changes_nothing(struct check *check)
{
	uint64_t before = tree_hash(check->options->folder);

	if (check->options->verbose)
		tree_print(check->options->folder);
	if (!start(check, "second start"))
		return false;
	house_drop(&check->house);
	if (tree_hash(check->options->folder) == before)
		return true;
	if (check->options->verbose)
		tree_print(check->options->folder);
	return wrong(check, "it changed files");
}

static void
remove_indexes(const char *folder)
{
	(void)tree_remove_files(folder, ".index");
	(void)tree_remove_files(folder, ".timeindex");
	(void)tree_remove_files(folder, ".txnindex");
}

/* The last batch of producer 100, which a client sends again. */
static bool
send_again(const struct check *check, struct log *log)
{
	struct log_append append = { .status = LOG_APPEND_DUPLICATE };
	struct truth truth;
	struct disk disk;
	bool good = true;

	disk_posix_init(&disk);
	if (!truth_read(&truth, &disk, log_path(log), false))
		good = wrong(check, "%s", truth.complaint);
	for (size_t i = truth.batch_count; i-- > 0 && good;) {
		const struct truth_batch *batch = &truth.batches[i];

		if (batch->header.producer_id != 100)
			continue;
		append.bytes = truth.bytes.bytes + batch->position;
		append.size = batch_size(&batch->header);
		if (log_append_as_leader(log, &append, 1, 50, WORKLOAD_NOW_MS) != ERROR_NONE ||
		    append.status != LOG_APPEND_DUPLICATE ||
		    append.base_offset != batch->header.base_offset)
			good = wrong(check, "the batch at offset %lld, sent again: %s",
			    (long long)batch->header.base_offset,
			    log_append_status_text(append.status));
		break;
	}
	truth_fini(&truth);
	return good;
}

static bool
append_one(struct check *check, int partition, struct log *log)
{
	struct house_batch batch = {
		.records = 2,
		.value_size = 100,
		.timestamp = WORKLOAD_NOW_MS + 200000,
		.number = 1000000 + partition,
	};
	struct buffer bytes;

	buffer_init(&bytes);
	house_batch_write(&bytes, &batch);
	struct log_append append = { .bytes = bytes.bytes, .size = bytes.size };
	enum error error = log_append_as_leader(log, &append, 1, 50, WORKLOAD_NOW_MS + 200000);
	buffer_fini(&bytes);
	if (error != ERROR_NONE || append.status != LOG_APPEND_DONE)
		return wrong(check, "%s: append: %s, %s", crash_topics[partition],
		    error_text(error), log_append_status_text(append.status));
	check->added[partition] = log_end_offset(log);
	return true;
}

static bool
remove_condemned(struct check *check)
{
	struct log_condemned *condemned;

	while ((condemned = log_dirs_take_condemned(check->house.dirs, INT64_MAX)) != NULL) {
		log_condemned_run(condemned);
		enum error error = log_condemned_done(condemned);
		if (error != ERROR_NONE)
			return wrong(check, "remove: %s", error_text(error));
	}
	return true;
}

static bool
stop(struct check *check)
{
	enum error error = house_stop(&check->house, WORKLOAD_NOW_MS + 200000);

	return error == ERROR_NONE || wrong(check, "stop: %s", error_text(error));
}

/* What a broker does with it next. */
static bool
use(struct check *check)
{
	if (!start(check, "in use"))
		return false;
	bool good = remove_condemned(check);
	for (int i = 0; i < CRASH_PARTITIONS && good; i++) {
		struct log_partition *partition = house_find(&check->house, i);

		if (partition != NULL && i == CRASH_IDEMPOTENT)
			good = send_again(check, partition->log);
		if (partition != NULL && good)
			good = append_one(check, i, partition->log);
	}
	if (good)
		good = check_all(check);
	if (!good) {
		house_drop(&check->house);
		return false;
	}
	return stop(check);
}

static bool
start_clean(struct check *check, const char *stage)
{
	if (!start(check, stage))
		return false;
	bool good = check_all(check);
	for (int i = 0; i < HOUSE_DIRS; i++) {
		if (!check->house.dirs->dirs[i].was_clean)
			good = wrong(check, "a dir is not marked as cleanly stopped");
	}
	if (good)
		return stop(check);
	house_drop(&check->house);
	return false;
}

/*
 * A directory that was made, but no segment in it: the first start makes a
 * preallocated one, which the second, being a recovery, cuts.
 */
static bool
lacks_a_segment(struct check *check)
{
	for (int i = 0; i < HOUSE_DIRS; i++) {
		char path[2 * HOUSE_PATH_SIZE];
		struct disk_status status;
		int length = snprintf(path, sizeof(path), "%s/%c/%s-0", check->options->folder,
		    'a' + i, crash_topics[CRASH_LATE]);

		if (disk_status(&check->disk, path, &status) != ERROR_NONE)
			continue;
		snprintf(path + length, sizeof(path) - (size_t)length,
		    "/00000000000000000000.log");
		return disk_status(&check->disk, path, &status) == ERROR_NOT_FOUND;
	}
	return false;
}

bool
verify(const struct verify_options *options)
{
	struct check check = { .options = options };

	disk_posix_init(&check.disk);
	if (options->verbose) {
		fprintf(stderr, "  as it was left:\n");
		tree_print(options->folder);
	}
	/* The first start after a clean stop recovers nothing, the next one does. */
	bool was_idle = tree_has(options->folder, ".kafka_cleanshutdown") ||
	    lacks_a_segment(&check);
	if (!start_and_check(&check, "first start") ||
	    (was_idle && !start_and_check(&check, "start after an idle one")) ||
	    !start_changes_nothing(&check))
		return false;
	if (!options->whole)
		return true;
	remove_indexes(options->folder);
	if (!start_and_check(&check, "start without indexes") || !use(&check) ||
	    !start_clean(&check, "start after a clean stop"))
		return false;
	remove_indexes(options->folder);
	return start_clean(&check, "clean start without indexes");
}
