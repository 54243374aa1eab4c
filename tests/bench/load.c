/*
 * tests/bench/load: loads a broker, and says how long each request took.
 *
 *	load produce|fetch [--port N] [--topic T] [--partitions N] [--connections N] [--in-flight N]
 *	     [--requests N | --bytes N] [--records N] [--record-bytes N] [--acks N]
 *
 * produce: each connection sends the same batch again and again to its partition.
 * fetch: each reads its partition from the beginning, until it has read `bytes`.
 * Prints one line: requests, MiB, seconds, and percentiles of latency in microseconds.
 */
#include "tests/bench/load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/reader.h"

enum { IN_FLIGHT_MAX = 64, EVENTS = 128, READ_BYTES = 256 * 1024 };

struct connection {
	int fd;
	int32_t partition;
	struct buffer frame;   /* what is sent again and again */
	size_t sent;           /* of the frame at hand */
	bool sending;
	int32_t next, answered; /* correlation ids */
	int64_t began_us[IN_FLIGHT_MAX];
	uint8_t *input;
	size_t input_size, input_room;
	int64_t offset;
};

struct load {
	struct load_options options;
	bool fetch;
	struct connection *connections;
	int epoll;
	int64_t begun, done, bytes;
	uint32_t *latencies;
	size_t latency_count;
};

static int64_t
now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void
die(const char *what)
{
	fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void
open_connection(struct load *it, struct connection *connection)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)it->options.port) };
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = connection };
	int one = 1;

	inet_pton(AF_INET, it->options.host, &address.sin_addr);
	connection->fd = socket(AF_INET, SOCK_STREAM, 0);
	if (connect(connection->fd, (struct sockaddr *)&address, sizeof(address)) != 0)
		die("connect");
	setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	connection->input_room = 1 << 16;
	connection->input = memory_new(connection->input_room);
	if (epoll_ctl(it->epoll, EPOLL_CTL_ADD, connection->fd, &event) != 0)
		die("epoll_ctl");
}

static void
make_frame(struct load *it, struct connection *connection)
{
	buffer_clear(&connection->frame);
	if (it->fetch)
		load_frame_fetch(&connection->frame, &it->options, connection->partition,
		    connection->offset);
	else
		load_frame_produce(&connection->frame, &it->options, connection->partition);
}

static bool
may_begin(const struct load *it, const struct connection *connection)
{
	if (it->fetch && it->bytes >= it->options.bytes)
		return false;
	return (it->fetch || it->begun < it->options.requests) &&
	    connection->next - connection->answered < it->options.in_flight;
}

static void
want_output(struct load *it, struct connection *connection, bool wanted)
{
	struct epoll_event event = { .events = EPOLLIN | (wanted ? EPOLLOUT : 0),
		.data.ptr = connection };

	if (epoll_ctl(it->epoll, EPOLL_CTL_MOD, connection->fd, &event) != 0)
		die("epoll_ctl");
}

static void
send_more(struct load *it, struct connection *connection)
{
	for (;;) {
		if (!connection->sending) {
			if (!may_begin(it, connection))
				return;
			load_frame_set_correlation(connection->frame.bytes, connection->next);
			connection->began_us[connection->next % IN_FLIGHT_MAX] = now_us();
			connection->next++;
			it->begun++;
			connection->sending = true;
			connection->sent = 0;
		}
		ssize_t written = send(connection->fd, connection->frame.bytes + connection->sent,
		    connection->frame.size - connection->sent, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (written < 0 && errno == EAGAIN) {
			want_output(it, connection, true);
			return;
		}
		if (written < 0)
			die("send");
		connection->sent += (size_t)written;
		if (connection->sent == connection->frame.size) {
			connection->sending = false;
			want_output(it, connection, false);
		}
	}
}

static void
answered(struct load *it, struct connection *connection, struct slice frame)
{
	struct load_answer answer = load_answer_read(frame, it->fetch);

	if (answer.correlation != connection->answered) {
		fprintf(stderr, "load: answers out of order\n");
		exit(1);
	}
	it->latencies[it->latency_count++ % (1 << 20)] =
	    (uint32_t)(now_us() - connection->began_us[connection->answered % IN_FLIGHT_MAX]);
	connection->answered++;
	it->done++;
	if (!it->fetch)
		return;
	it->bytes += answer.bytes;
	connection->offset = answer.next_offset == -1 ? 0 : answer.next_offset;
	make_frame(it, connection);
}

static void
receive(struct load *it, struct connection *connection)
{
	size_t at = 0;

	if (connection->input_room - connection->input_size < READ_BYTES) {
		connection->input_room = connection->input_room * 2 + READ_BYTES;
		connection->input = memory_resize(connection->input, connection->input_room);
	}
	ssize_t got = recv(connection->fd, connection->input + connection->input_size,
	    connection->input_room - connection->input_size, MSG_DONTWAIT);
	if (got == 0 || (got < 0 && errno != EAGAIN)) {
		errno = got == 0 ? ECONNRESET : errno;
		die("recv");
	}
	connection->input_size += got > 0 ? (size_t)got : 0;
	while (connection->input_size - at >= FRAME_SIZE_BYTES) {
		size_t size;

		if (frame_size(slice_of(connection->input + at, FRAME_SIZE_BYTES), 1 << 30, &size)
		    != ERROR_NONE)
			die("size of an answer");
		if (connection->input_size - at - FRAME_SIZE_BYTES < size)
			break;
		answered(it, connection, slice_of(connection->input + at + FRAME_SIZE_BYTES, size));
		at += FRAME_SIZE_BYTES + size;
	}
	memmove(connection->input, connection->input + at, connection->input_size - at);
	connection->input_size -= at;
}

static bool
is_done(const struct load *it)
{
	return it->fetch ? it->bytes >= it->options.bytes && it->done == it->begun :
	    it->done == it->options.requests;
}

static int
compare(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

	return (left > right) - (left < right);
}

static void
report(struct load *it, int64_t took_us)
{
	size_t count = it->latency_count < (1 << 20) ? it->latency_count : 1 << 20;
	int64_t bytes = it->fetch ? it->bytes : it->done * (int64_t)it->connections[0].frame.size;

	qsort(it->latencies, count, sizeof(*it->latencies), compare);
	printf("requests %lld MiB %.1f seconds %.3f p50_us %u p99_us %u p999_us %u\n",
	    (long long)it->done, (double)bytes / (1 << 20), (double)took_us / 1e6,
	    it->latencies[count / 2], it->latencies[count - 1 - count / 100],
	    it->latencies[count - 1 - count / 1000]);
}

static void
run(struct load *it)
{
	struct epoll_event events[EVENTS];
	int64_t from_us;

	it->epoll = epoll_create1(0);
	it->connections = memory_array((size_t)it->options.connections, sizeof(*it->connections));
	it->latencies = memory_array(1 << 20, sizeof(*it->latencies));
	for (int i = 0; i < it->options.connections; i++) {
		it->connections[i].partition = i % it->options.partitions;
		make_frame(it, &it->connections[i]);
		open_connection(it, &it->connections[i]);
	}
	if (it->options.requests == 0)
		it->options.requests = it->options.bytes / (int64_t)it->connections[0].frame.size;
	from_us = now_us();
	for (int i = 0; i < it->options.connections; i++)
		send_more(it, &it->connections[i]);
	while (!is_done(it)) {
		int count = epoll_wait(it->epoll, events, EVENTS, 30000);

		if (count <= 0) {
			errno = count == 0 ? ETIMEDOUT : errno;
			die("no answer");
		}
		for (int i = 0; i < count; i++) {
			if ((events[i].events & ~(uint32_t)EPOLLOUT) != 0)
				receive(it, events[i].data.ptr);
			send_more(it, events[i].data.ptr);
		}
	}
	report(it, now_us() - from_us);
}

static const struct option long_options[] = {
	{ "host", required_argument, NULL, 'h' },
	{ "port", required_argument, NULL, 'p' },
	{ "topic", required_argument, NULL, 't' },
	{ "partitions", required_argument, NULL, 'P' },
	{ "connections", required_argument, NULL, 'c' },
	{ "in-flight", required_argument, NULL, 'f' },
	{ "requests", required_argument, NULL, 'n' },
	{ "bytes", required_argument, NULL, 'b' },
	{ "records", required_argument, NULL, 'r' },
	{ "record-bytes", required_argument, NULL, 's' },
	{ "acks", required_argument, NULL, 'a' },
	{ NULL, 0, NULL, 0 },
};

static void
take(struct load_options *options, int option)
{
	int64_t number = option != 'h' && option != 't' ? strtoll(optarg, NULL, 10) : 0;

	switch (option) {
	case 'h': options->host = optarg; break;
	case 'p': options->port = (int)number; break;
	case 't': options->topic = optarg; break;
	case 'P': options->partitions = (int)number; break;
	case 'c': options->connections = (int)number; break;
	case 'f': options->in_flight = (int)MIN(number, IN_FLIGHT_MAX - 1); break;
	case 'n': options->requests = number; break;
	case 'b': options->bytes = number; break;
	case 'r': options->batch_records = (int)number; break;
	case 's': options->record_bytes = (int)number; break;
	case 'a': options->acks = (int)number; break;
	default: exit(2);
	}
}

int
main(int argc, char **argv)
{
	static struct load it;
	int option;

	it.options = (struct load_options){ .host = "127.0.0.1", .port = 9092, .topic = "bench",
		.partitions = 1, .connections = 1, .in_flight = 1, .bytes = 1 << 30,
		.batch_records = 1, .record_bytes = 1024, .acks = 1 };
	while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1)
		take(&it.options, option);
	if (optind + 1 != argc) {
		fprintf(stderr, "usage: load produce|fetch [options]\n");
		return 2;
	}
	it.fetch = strcmp(argv[optind], "fetch") == 0;
	run(&it);
	return 0;
}
