#include "tests/zk/raw_client.h"

#include <poll.h>

bool
client_open(struct client *client, int port, int32_t timeout_ms)
{
	struct slice password;
	struct reader in;

	real_open(&client->real, port);
	client->xid = 0;
	buffer_clear(&client->body);
	buffer_int32(&client->body, 0);
	buffer_int64(&client->body, 0);
	buffer_int32(&client->body, timeout_ms);
	buffer_int64(&client->body, client->session);
	jute_bytes(&client->body, slice_of(client->password, sizeof(client->password)));
	jute_bool(&client->body, false);
	real_send(&client->real, buffer_slice(&client->body));
	buffer_clear(&client->body);
	if (!real_receive(&client->real, &client->frame))
		return false;
	reader_init(&in, buffer_slice(&client->frame));
	(void)reader_int32(&in);
	client->timeout_ms = reader_int32(&in);
	client->session = reader_int64(&in);
	password = jute_read_bytes(&in);
	if (reader_failed(&in) || password.size != sizeof(client->password))
		return false;
	memcpy(client->password, password.bytes, sizeof(client->password));
	return client->session != 0;
}

void
client_cut(struct client *client)
{
	real_close(&client->real);
	buffer_fini(&client->frame);
	buffer_fini(&client->body);
}

void
client_send(struct client *client, int32_t opcode)
{
	struct buffer frame = { 0 };

	buffer_int32(&frame, opcode == OPCODE_PING ? -2 : ++client->xid);
	buffer_int32(&frame, opcode);
	buffer_append_slice(&frame, buffer_slice(&client->body));
	real_send(&client->real, buffer_slice(&frame));
	buffer_fini(&frame);
	buffer_clear(&client->body);
}

int
client_receive(struct client *client)
{
	struct reader in;
	int32_t xid;

	if (!real_receive(&client->real, &client->frame))
		return CLIENT_ENDED;
	reader_init(&in, buffer_slice(&client->frame));
	xid = reader_int32(&in);
	(void)reader_int64(&in);
	return xid == -1 ? CLIENT_EVENT : reader_int32(&in);
}

int
client_ask(struct client *client, int32_t opcode)
{
	client_send(client, opcode);
	return client_receive(client);
}

void
client_put_create(struct client *client, const char *path, struct slice data, int32_t flags)
{
	struct buffer *body = &client->body;

	jute_bytes(body, slice_of_text(path));
	jute_bytes(body, data);
	buffer_int32(body, 1);
	buffer_int32(body, ZNODE_ALL);
	jute_bytes(body, slice_of_text("world"));
	jute_bytes(body, slice_of_text("anyone"));
	buffer_int32(body, flags);
}

void
client_put_watched(struct client *client, const char *path, bool watch)
{
	jute_bytes(&client->body, slice_of_text(path));
	jute_bool(&client->body, watch);
}

int
client_create(struct client *client, const char *path, struct slice data, int32_t flags)
{
	client_put_create(client, path, data, flags);
	return client_ask(client, OPCODE_CREATE);
}

int
client_exists(struct client *client, const char *path)
{
	client_put_watched(client, path, false);
	return client_ask(client, OPCODE_EXISTS);
}

int
client_set(struct client *client, const char *path, struct slice data)
{
	jute_bytes(&client->body, slice_of_text(path));
	jute_bytes(&client->body, data);
	buffer_int32(&client->body, -1);
	return client_ask(client, OPCODE_SET_DATA);
}

bool
client_hears(struct client *client, int within_ms)
{
	struct pollfd socket = { .fd = client->real.socket, .events = POLLIN };

	return poll(&socket, 1, within_ms) > 0;
}
