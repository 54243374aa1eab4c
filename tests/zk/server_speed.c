/* Figures for people; nothing here is asserted. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/zk/server_test.h"

enum { SINGLE = 1000, PIPELINED = 50000, WINDOW = 500 };

static void
tell(const char *what, int count, int64_t began_ms)
{
	int64_t took_ms = MAX(server_test_now_ms() - began_ms, 1);

	printf("%-28s %8ld/s\n", what, (long)(count * 1000L / took_ms));
}

static void
put(struct client *client, bool writes)
{
	if (!writes) {
		client_put_watched(client, "/node", false);
		client_send(client, OPCODE_GET_DATA);
		return;
	}
	jute_bytes(&client->body, slice_of_text("/node"));
	jute_bytes(&client->body, slice_of_text("0123456789abcdef"));
	buffer_int32(&client->body, -1);
	client_send(client, OPCODE_SET_DATA);
}

static void
measure(struct client *client, const char *what, bool writes, int count, int window)
{
	int64_t began_ms = server_test_now_ms();

	for (int sent = 0, received = 0; received < count; received++) {
		while (sent < count && sent - received < window) {
			put(client, writes);
			sent++;
		}
		if (client_receive(client) != 0)
			abort();
	}
	tell(what, count, began_ms);
}

void
speed_measure(void)
{
	char folder[] = "/tmp/klamm-server-speed-XXXXXX";
	struct client client = { 0 };
	struct running *running;

	if (mkdtemp(folder) == NULL)
		abort();
	running = server_test_start(folder, 2000);
	if (!client_open(&client, running_port(running), 30000) ||
	    client_create(&client, "/node", slice_null(), 0) != 0)
		abort();
	measure(&client, "reads, one by one", false, SINGLE * 10, 1);
	measure(&client, "reads, 500 at a time", false, PIPELINED, WINDOW);
	measure(&client, "writes, one by one", true, SINGLE, 1);
	measure(&client, "writes, 500 at a time", true, PIPELINED, WINDOW);
	client_cut(&client);
	running_stop(running);
	server_test_remove(folder);
}
