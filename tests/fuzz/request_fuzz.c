/* A request as it comes from a connection, after its size: header and message. */
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/message_check.h"
#include "wire/frame.h"

/* The header that was read, written again, must be read as the same one. */
static void
check_header(const struct request_header *header)
{
	struct request_header copy;
	struct buffer_list list;
	struct frame frame;
	struct reader reader;
	const struct buffer_part *part;
	size_t announced;

	buffer_list_init(&list);
	if (request_begin(&list, header, &frame) != ERROR_NONE ||
	    frame_finish(&list, &frame) != ERROR_NONE)
		assert(!"the header cannot be written");
	part = buffer_list_front(&list);
	reader_init(&reader, slice_of(part->bytes, part->length));
	if (frame_size(slice_of(part->bytes, part->length), 1 << 20, &announced) != ERROR_NONE)
		assert(!"the frame has no size");
	assert(announced + FRAME_SIZE_BYTES == part->length);
	reader_skip(&reader, FRAME_SIZE_BYTES);
	if (request_header_decode(&reader, &copy) != ERROR_NONE)
		assert(!"the header cannot be read again");
	assert(reader_remaining(&reader) == 0);
	assert(copy.request_api_key == header->request_api_key);
	assert(copy.request_api_version == header->request_api_version);
	assert(copy.correlation_id == header->correlation_id);
	buffer_list_fini(&list);
}

FUZZ_TARGET(request)
{
	struct request_header header;
	struct reader reader;
	const struct message_type *type;

	reader_init(&reader, slice_of(bytes, size));
	if (request_header_decode(&reader, &header) != ERROR_NONE)
		return 0;
	check_header(&header);
	type = message_type_find(header.request_api_key, false);
	assert(type != NULL);
	message_check(type, header.request_api_version, &reader);
	return 0;
}
