/*
 * tests/bench/limit: the least that any broker has to do, as a measure beside klammd. One thread, no protocol:
 *
 *	limit PORT FILE
 *
 * A frame of Produce is received, its bytes' CRC32C is computed, they are appended to FILE, and a fixed answer is sent.
 * A frame of Fetch is answered with a fixed head and 1 MiB of FILE by sendfile, from the beginning on, again and again.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer_list.h"
#include "base/memory.h"
#include "base/reader.h"
#include "wire/crc32c.h"
#include "wire/frame.h"
#include "wire/messages.h"

enum { ROOM = 4 << 20, EVENTS = 128, FETCH_BYTES = 1 << 20, CORRELATION_AT = 4 };

struct connection {
	int fd;
	uint8_t *input;
	size_t size;
	off_t offset;
};

static struct buffer produce_answer, fetch_answer;
static int file;
static off_t file_end;
static volatile uint32_t sum;

static void
die(const char *what)
{
	perror(what);
	exit(1);
}

static void
encode(struct buffer *out, const struct message_type *type, int16_t version, const void *message)
{
	struct buffer_list list;
	struct frame frame;
	const struct buffer_part *part;

	buffer_list_init(&list);
	if (response_begin(&list, type, version, 0, &frame) != ERROR_NONE ||
	    message_encode(type, version, message, &list) != ERROR_NONE ||
	    frame_finish(&list, &frame) != ERROR_NONE)
		die("encode");
	part = buffer_list_front(&list);
	buffer_append(out, part->bytes, part->length);
	buffer_list_fini(&list);
}

static void
make_produce_answer(void)
{
	struct produce_response_partition_produce_response partition =
	    produce_response_partition_produce_response_defaults;
	struct produce_response_topic_produce_response topic =
	    produce_response_topic_produce_response_defaults;
	struct produce_response response = produce_response_defaults;

	topic.name = slice_of_text("bench");
	topic.partition_responses.items = &partition;
	topic.partition_responses.count = 1;
	response.responses.items = &topic;
	response.responses.count = 1;
	encode(&produce_answer, &produce_response_type, 8, &response);
}

/* What stands before the records; their length is the last field. */
static void
make_fetch_answer(void)
{
	struct fetch_response_partition_data partition = fetch_response_partition_data_defaults;
	struct fetch_response_fetchable_topic_response topic =
	    fetch_response_fetchable_topic_response_defaults;
	struct fetch_response response = fetch_response_defaults;

	topic.topic = slice_of_text("bench");
	topic.partitions.items = &partition;
	topic.partitions.count = 1;
	response.responses.items = &topic;
	response.responses.count = 1;
	partition.records.kind = WIRE_RECORDS_BYTES;
	partition.records.bytes = slice_of_text("");
	encode(&fetch_answer, &fetch_response_type, 11, &response);
	buffer_set_int32(&fetch_answer, 0,
	    (int32_t)(fetch_answer.size - FRAME_SIZE_BYTES + FETCH_BYTES));
	buffer_set_int32(&fetch_answer, fetch_answer.size - 4, FETCH_BYTES);
}

static void
send_all(int fd, const uint8_t *bytes, size_t size, int flags)
{
	while (size > 0) {
		ssize_t written = send(fd, bytes, size, flags);

		if (written < 0 && errno != EAGAIN)
			die("send");
		bytes += written > 0 ? written : 0;
		size -= written > 0 ? (size_t)written : 0;
	}
}

static void
answer_produce(struct connection *it, const uint8_t *frame, size_t size)
{
	sum = crc32c(0, frame, size);
	if (pwrite(file, frame, size, file_end) != (ssize_t)size)
		die("pwrite");
	file_end += (off_t)size;
	memcpy(produce_answer.bytes + FRAME_SIZE_BYTES, frame + CORRELATION_AT, 4);
	send_all(it->fd, produce_answer.bytes, produce_answer.size, 0);
}

static void
answer_fetch(struct connection *it, const uint8_t *frame)
{
	size_t left = FETCH_BYTES;

	memcpy(fetch_answer.bytes + FRAME_SIZE_BYTES, frame + CORRELATION_AT, 4);
	send_all(it->fd, fetch_answer.bytes, fetch_answer.size, MSG_MORE);
	if (it->offset + FETCH_BYTES > file_end)
		it->offset = 0;
	while (left > 0) {
		ssize_t sent = sendfile(it->fd, file, &it->offset, left < 262144 ? left : 262144);

		if (sent <= 0)
			die("sendfile");
		left -= (size_t)sent;
	}
}

static bool
receive(struct connection *it)
{
	ssize_t got = recv(it->fd, it->input + it->size, ROOM - it->size, 0);
	size_t at = 0, size;

	if (got <= 0) {
		close(it->fd);
		it->size = 0;
		return false;
	}
	it->size += (size_t)got;
	while (frame_size(slice_of(it->input + at, it->size - at), ROOM - 4, &size) == ERROR_NONE &&
	    it->size - at - FRAME_SIZE_BYTES >= size) {
		const uint8_t *frame = it->input + at + FRAME_SIZE_BYTES;

		if (frame[1] == 0)
			answer_produce(it, frame, size);
		else
			answer_fetch(it, frame);
		at += FRAME_SIZE_BYTES + size;
	}
	memmove(it->input, it->input + at, it->size - at);
	it->size -= at;
	return true;
}

static void
accept_one(int listener, int epoll)
{
	struct connection *it = memory_new(sizeof(*it));
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = it };
	int one = 1;

	it->fd = accept(listener, NULL, NULL);
	it->input = memory_new(ROOM);
	setsockopt(it->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (it->fd == -1 || epoll_ctl(epoll, EPOLL_CTL_ADD, it->fd, &event) != 0)
		die("accept");
}

int
main(int argc, char **argv)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct epoll_event event = { .events = EPOLLIN }, events[EVENTS];
	int listener = socket(AF_INET, SOCK_STREAM, 0), epoll = epoll_create1(0), one = 1;

	if (argc != 3)
		return 2;
	make_produce_answer();
	make_fetch_answer();
	address.sin_port = htons((uint16_t)strtol(argv[1], NULL, 10));
	file = open(argv[2], O_RDWR | O_CREAT, 0600);
	file_end = lseek(file, 0, SEEK_END);
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(listener, (struct sockaddr *)&address, sizeof(address)) != 0 ||
	    listen(listener, 128) != 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event) != 0)
		die("listen");
	for (;;) {
		int count = epoll_wait(epoll, events, EVENTS, -1);

		for (int i = 0; i < count; i++) {
			if (events[i].data.ptr == NULL)
				accept_one(listener, epoll);
			else
				receive(events[i].data.ptr);
		}
	}
}
