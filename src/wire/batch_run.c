#include "wire/batch_run.h"

static enum error
check(const struct batch_view *view, const struct batch_run *run)
{
	struct batch_header header;
	enum error error;

	if (!batch_view_check_crc(view))
		return ERROR_CORRUPT;
	if (view->magic == BATCH_MAGIC_V2) {
		error = batch_header_read(view->bytes, &header);
		if (error != ERROR_NONE)
			return error;
		if (header.count < 0 || header.last_offset_delta < 0)
			return ERROR_MALFORMED;
	}
	if (!batch_view_check_offsets(view))
		return ERROR_OUT_OF_RANGE;
	if (run->count > 0 && view->base_offset <= run->last_offset)
		return ERROR_OUT_OF_RANGE;
	return ERROR_NONE;
}

static void
add(struct batch_run *run, const struct batch_view *view)
{
	if (run->count == 0)
		run->first_offset = view->base_offset;
	run->last_offset = view->last_offset;
	if (view->max_timestamp > run->max_timestamp) {
		run->max_timestamp = view->max_timestamp;
		run->offset_of_max_timestamp = view->last_offset;
	}
	run->size = view->position + view->bytes.size;
	run->count++;
}

enum error
batch_run_check(struct slice bytes, struct batch_run *run)
{
	struct batch_cursor cursor;
	struct batch_view view;
	enum error error;

	*run = (struct batch_run){
		.first_offset = -1,
		.last_offset = -1,
		.max_timestamp = BATCH_NO_TIMESTAMP,
		.offset_of_max_timestamp = -1,
	};
	batch_cursor_init(&cursor, bytes);
	while ((error = batch_cursor_next(&cursor, &view)) == ERROR_NONE) {
		error = check(&view, run);
		if (error != ERROR_NONE)
			return error;
		add(run, &view);
	}
	return error == ERROR_END_OF_STREAM ? ERROR_NONE : error;
}
