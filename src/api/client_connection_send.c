/* Answers on their way out: in the order of their requests, gathered where they are bytes. */
#include <assert.h>
#include <stdlib.h>

#include "api/api_private.h"
#include "api/file_slice.h"
#include "api/request_times.h"
#include "base/memory.h"

enum { PARTS = 64, COPIES_BYTES = 32 * 1024, READ_AHEAD_BYTES = 1 << 20 };

/* What one net_write takes. */
struct gathered {
	struct iovec parts[PARTS];
	int count;
	size_t copied;
	uint8_t copies[COPIES_BYTES]; /* of small slices of files */
};

static struct api_request *
first_ended(struct request_connection *it)
{
	struct api_request *request;

	if (list_is_empty(&it->requests))
		return NULL;
	request = container_of(it->requests.next, struct api_request, link);
#ifdef CANARY_TWO_ANSWERS_SWAPPED
	struct list *second = request->link.next;

	if (!request->has_ended && second != &it->requests &&
	    container_of(second, struct api_request, link)->has_ended) {
		list_remove(second);
		list_prepend(&it->requests, second);
		request = container_of(second, struct api_request, link);
	}
#endif
	return request->has_ended ? request : NULL;
}

/*
 * A small slice goes with the bytes around it. It is looked at again once it is
 * read: a log that was cut meanwhile may hold something else there.
 */
static bool
copy_slice(const struct request_connection *it, struct gathered *gathered,
    const struct buffer_part *part)
{
	const struct log_slice *slice = &file_slice_of(part->owner)->slice;
	uint8_t *to = gathered->copies + gathered->copied;
	size_t got;

	if (part->length > it->net->net->copied_bytes ||
	    part->length > sizeof(gathered->copies) - gathered->copied)
		return false;
	if (!log_slice_is_intact(slice) || disk_read_resident(slice->file, to, part->length,
	    part->offset, &got) != ERROR_NONE || got < part->length || !log_slice_is_intact(slice))
		return false;
	gathered->parts[gathered->count++] = (struct iovec){ to, part->length };
	gathered->copied += part->length;
	return true;
}

static bool
gather_part(const struct request_connection *it, struct gathered *gathered,
    const struct buffer_part *part)
{
	if (gathered->count == PARTS)
		return false;
	if (part->type == BUFFER_PART_EXTERNAL)
		return copy_slice(it, gathered, part);
	gathered->parts[gathered->count++] =
	    (struct iovec){ (void *)(uintptr_t)part->bytes, part->length };
	return true;
}

/* What is there of the answers, up to the first slice of a file that does not go with bytes. */
static void
gather(const struct request_connection *it, struct gathered *gathered)
{
	gathered->count = 0;
	gathered->copied = 0;
	LIST_FOREACH(link, &it->requests) {
		struct api_request *request = container_of(link, struct api_request, link);
		const struct buffer_part *part;

		if (!request->has_ended || request->close_why != NULL)
			return;
		for (size_t i = 0; (part = buffer_list_part(&request->answer, i)) != NULL; i++)
			if (!gather_part(it, gathered, part))
				return;
	}
}

/* `size` bytes of the gathered answers have gone. */
static void
consume(struct request_connection *it, size_t size)
{
	assert(size <= it->unsent_bytes);
	it->unsent_bytes -= size;
	LIST_FOREACH(link, &it->requests) {
		struct api_request *request = container_of(link, struct api_request, link);
		size_t piece = MIN(size, buffer_list_size(&request->answer));

		if (size == 0)
			return;
		buffer_list_consume(&request->answer, piece);
		size -= piece;
	}
	assert(size == 0);
}

/* ------------------------------------------------------- slices of files */

static void
read_ahead(struct work *work)
{
	struct request_connection *it = container_of(work, struct request_connection, work);
	uint8_t *bytes = memory_new(it->read_size);
	size_t got;

	/* What cannot be read is told when it is sent. */
	if (disk_read(it->reads, bytes, it->read_size, it->read_offset, &got) != ERROR_NONE)
		got = 0;
	free(bytes);
}

static void
was_read(struct work *work)
{
	struct request_connection *it = container_of(work, struct request_connection, work);
	bool closed = it->net == NULL;

	it->working = false;
	it->loop->reading--;
	if (!closed) {
		client_connection_send(it);
		return;
	}
	if (!it->ending)
		client_connection_free(it);
}

/* The loop does not wait for a disk: a worker reads it into the page cache first. */
static void
read_first(struct request_connection *it, struct file_slice *slice, int64_t offset, size_t size)
{
	it->working = true;
	it->loop->reading++;
	it->reads = slice->slice.file;
	it->read_offset = offset;
	it->read_size = MIN(size, (size_t)READ_AHEAD_BYTES);
	it->work = (struct work){ .loop = it->loop->loop, .run = read_ahead, .done = was_read };
	workers_submit(it->loop->api->world->workers, &it->work);
}

/* ERROR_BUSY: a worker reads first. */
static enum error
send_slice(struct request_connection *it, const struct buffer_part *part)
{
	struct file_slice *slice = file_slice_of(part->owner);
	size_t size = MIN(part->length, (size_t)API_SEND_FILE_BYTES), sent = 0;
	enum error error;

	/* A follower's log was cut there: what would follow is something else. */
	if (!log_slice_is_intact(&slice->slice))
		return ERROR_CONNECTION_RESET;
	if (it->tried_offset != part->offset &&
	    !disk_is_resident(slice->slice.file, part->offset, (int64_t)size)) {
		it->tried_offset = part->offset;
		read_first(it, slice, part->offset, part->length);
		return ERROR_BUSY;
	}
	error = net_send_file(it->net, slice->slice.file, part->offset, size, &sent);
	if (error == ERROR_NONE) {
		it->tried_offset = -1;
		consume(it, sent);
		it->sent_us = clock_monotonic_us(it->loop->api->world->clock);
	}
	return error;
}

/* ---------------------------------------------------------------- in order */

static void
finish_sent(struct request_connection *it)
{
	struct api_request *request;
	bool finished = false;

	while ((request = first_ended(it)) != NULL && request->close_why == NULL &&
	    buffer_list_size(&request->answer) == 0) {
		struct list *link;

		list_remove(&request->link);
		while ((link = list_take_first(&request->slices)) != NULL)
			list_append(&it->pinned, link);
		request_times_sent(request, it->sending_us, it->sent_us);
		api_request_free(request);
		finished = true;
	}
	if (finished)
		it->sending_us = 0;
}

/* NONE when something went out. */
static enum error
send_some(struct request_connection *it)
{
	struct api_request *request = first_ended(it);
	struct gathered gathered;
	size_t written = 0;
	enum error error;

	if (it->sending_us == 0 && it->loop->loop->metrics != NULL)
		it->sending_us = clock_monotonic_us(it->loop->api->world->clock);
	gather(it, &gathered);
	if (gathered.count == 0)
		return send_slice(it, buffer_list_front(&request->answer));
	error = net_write(it->net, gathered.parts, gathered.count, &written);
	if (error == ERROR_NONE) {
		consume(it, written);
		it->sent_us = clock_monotonic_us(it->loop->api->world->clock);
	}
	return error;
}

void
client_connection_send(struct request_connection *it)
{
	struct api_request *request;
	enum error error = ERROR_NONE;

	if (it->net == NULL || it->working)
		return;
	finish_sent(it);
	while ((request = first_ended(it)) != NULL && request->close_why == NULL &&
	    error == ERROR_NONE) {
		error = send_some(it);
		if (error == ERROR_NONE)
			finish_sent(it);
	}
	if (error == ERROR_WOULD_BLOCK && !it->sending)
		it->sent_us = clock_monotonic_us(it->loop->api->world->clock);
	it->sending = error == ERROR_WOULD_BLOCK;
	if (error != ERROR_NONE && error != ERROR_WOULD_BLOCK && error != ERROR_BUSY)
		client_connection_close(it, error_text(error));
	else if (request != NULL && request->close_why != NULL)
		client_connection_close(it, request->close_why);
	else
		client_connection_go_on(it);
}

static void
send_now(struct loop_task *task)
{
	client_connection_send(container_of(task, struct request_connection, send));
}

void
client_connection_send_soon(struct request_connection *it)
{
	it->send.run = send_now;
	loop_run_at_end(it->loop->loop, &it->send);
}
