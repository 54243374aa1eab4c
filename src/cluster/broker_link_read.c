/* Answers as they come: small ones through a piece of input, large ones straight into their frame. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cluster/broker_link_private.h"
#include "wire/frame.h"

enum {
	ARENA_BYTES = 64 << 20, /* what one answer may need beside its frame */
	TURN_BYTES = 1 << 20,   /* then others on the loop have their turn */
};

static void
free_answer(struct counted *counted)
{
	struct broker_link_answer *answer =
	    container_of(counted, struct broker_link_answer, counted);

	arena_fini(&answer->arena);
	free(answer->frame);
	free(answer);
}

static struct broker_link_answer *
answer_new(size_t size)
{
	struct broker_link_answer *answer = memory_new(sizeof(*answer));

	counted_init(&answer->counted, free_answer);
	arena_init(&answer->arena, ARENA_BYTES);
	answer->frame = memory_resize(NULL, MAX(size, 1));
	answer->frame_size = size;
	return answer;
}

void
broker_link_forget_input(struct broker_link *it)
{
	broker_link_answer_release(it->incoming);
	it->incoming = NULL;
	it->input_size = 0;
}

static enum error
decode(const struct broker_link_request *request, struct broker_link_answer *answer,
    const void **response)
{
	const struct message_type *type = message_type_find(request->key, true);
	struct response_header header;
	struct reader in;
	enum error error;
	void *message;

	reader_init(&in, slice_of(answer->frame, answer->frame_size));
	error = response_header_decode(&in, type, request->version, &header);
	if (error != ERROR_NONE || header.correlation_id != request->correlation_id)
		return ERROR_MALFORMED;
	message = arena_new(&answer->arena, type->structure->size);
	error = message_decode(type, request->version, &in, &answer->arena, message);
	if (error == ERROR_NO_MEMORY)
		return error;
	/* Bytes too many, and it was not understood as it was meant. */
	if (error != ERROR_NONE || reader_remaining(&in) != 0)
		return ERROR_MALFORMED;
	*response = message;
	return ERROR_NONE;
}

/* The whole frame is there; the asker may drop or close the link. */
static void
take(struct broker_link *it)
{
	struct broker_link_answer *answer = it->incoming;
	struct broker_link_request *request =
	    container_of(it->sent.next, struct broker_link_request, link);
	const void *response = NULL;
	enum error error = decode(request, answer, &response);

	if (error != ERROR_NONE) {
		broker_link_drop(it, error);
		return;
	}
	it->incoming = NULL;
	list_remove(&request->link);
	if (it->state == BROKER_LINK_OPEN) {
		it->backoff_us = it->backoff_low_us;
		broker_link_arm(it);
	}
	request->answered(request, ERROR_NONE, response, answer);
	broker_link_answer_release(answer);
}

/* Takes what is whole of the input; what has begun gets its frame. */
static void
take_frames(struct broker_link *it)
{
	size_t at = 0;

	while (it->net != NULL && it->incoming == NULL) {
		size_t size = 0, come;
		enum error error = frame_size(slice_of(it->input + at, it->input_size - at),
		    it->largest_answer, &size);

		if (error == ERROR_TRUNCATED)
			break;
		if (error == ERROR_NONE && list_is_empty(&it->sent))
			error = ERROR_MALFORMED; /* nothing was asked */
		if (error != ERROR_NONE) {
			broker_link_drop(it, error);
			return;
		}
		at += FRAME_SIZE_BYTES;
		come = MIN(size, it->input_size - at);
		it->incoming = answer_new(size);
		it->incoming_size = come;
		memcpy(it->incoming->frame, it->input + at, come);
		at += come;
		if (come == size)
			take(it);
	}
	if (it->net == NULL)
		return;
	it->input_size -= at;
	memmove(it->input, it->input + at, it->input_size);
}

static enum error
read_piece(struct broker_link *it, size_t *got)
{
	enum error error;

	if (it->input == NULL)
		it->input = memory_resize(NULL, BROKER_LINK_INPUT_BYTES);
	error = net_read(it->net, it->input + it->input_size,
	    BROKER_LINK_INPUT_BYTES - it->input_size, got);
	it->input_size += *got;
	if (error == ERROR_NONE)
		take_frames(it);
	return error;
}

static enum error
read_rest(struct broker_link *it, size_t *got)
{
	struct broker_link_answer *answer = it->incoming;
	enum error error = net_read(it->net, answer->frame + it->incoming_size,
	    answer->frame_size - it->incoming_size, got);

	it->incoming_size += *got;
	if (error == ERROR_NONE && it->incoming_size == answer->frame_size)
		take(it);
	return error;
}

void
broker_link_readable(struct net_handler *handler)
{
	struct broker_link *it = container_of(handler, struct broker_link, handler);
	size_t total = 0, got;

	while (it->net != NULL && total < TURN_BYTES) {
		enum error error = it->incoming != NULL ? read_rest(it, &got) : read_piece(it, &got);

		total += got;
		if (error == ERROR_WOULD_BLOCK)
			return;
		if (error == ERROR_END_OF_STREAM)
			error = ERROR_CONNECTION_CLOSED;
		if (error != ERROR_NONE) {
			broker_link_drop(it, error);
			return;
		}
	}
}
