#include "tests/zk/describe.h"

#include <stdlib.h>

#include "zk/server/jute.h"
#include "zk/server/requests_private.h"

enum { LIST_SIZE = 4096 };

struct writer {
	struct description *description;
	struct reader in;
	FILE *out;
};

void
describe_bytes(FILE *out, struct slice bytes)
{
	if (slice_is_null(bytes)) {
		fputs("null", out);
		return;
	}
	fputc('\'', out);
	for (size_t i = 0; i < bytes.size; i++) {
		if (bytes.bytes[i] > ' ' && bytes.bytes[i] < 0x7f)
			fputc(bytes.bytes[i], out);
		else
			fprintf(out, "\\%02x", bytes.bytes[i]);
	}
	fputc('\'', out);
}

static void
put_time(struct writer *w, int64_t time)
{
	if (w->description->time_count < DESCRIPTION_TIMES)
		w->description->times[w->description->time_count++] = time;
}

static void
put_stat(struct writer *w)
{
	struct znode_stat stat = jute_read_stat(&w->in);

	put_time(w, stat.ctime_ms);
	put_time(w, stat.mtime_ms);
	fprintf(w->out, " {c=%ld m=%ld p=%ld v=%d cv=%d av=%d owner=%lx length=%d children=%d}",
	    (long)stat.czxid, (long)stat.mzxid, (long)stat.pzxid, stat.version, stat.cversion,
	    stat.aversion, (unsigned long)stat.ephemeral_owner, stat.data_length,
	    stat.child_count);
}

static void
put_bytes(struct writer *w)
{
	fputc(' ', w->out);
	describe_bytes(w->out, jute_read_bytes(&w->in));
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* A list, each element written by `put_element`, sorted as text. */
static void
put_sorted(struct writer *w, void (*put_element)(struct writer *w))
{
	size_t count = jute_read_count(&w->in, 4), size;
	char *elements[LIST_SIZE];
	FILE *out = w->out;

	fprintf(out, " %zu[", count);
	for (size_t i = 0; i < count && i < LIST_SIZE; i++) {
		w->out = open_memstream(&elements[i], &size);
		put_element(w);
		fclose(w->out);
	}
	w->out = out;
	count = MIN(count, (size_t)LIST_SIZE);
	qsort(elements, count, sizeof(elements[0]), by_text);
	for (size_t i = 0; i < count; i++) {
		fputs(elements[i], out);
		free(elements[i]);
	}
	fputs(" ]", out);
}

static void
put_acl_entry(struct writer *w)
{
	fprintf(w->out, " %d", reader_int32(&w->in));
	put_bytes(w);
	put_bytes(w);
}

static void
put_identity(struct writer *w)
{
	put_bytes(w);
	put_bytes(w);
}

static void put_body(struct writer *w, int32_t opcode);

static void
put_multi(struct writer *w)
{
	for (;;) {
		int32_t opcode = reader_int32(&w->in);
		bool is_last = jute_read_bool(&w->in);
		int32_t error = reader_int32(&w->in);

		fprintf(w->out, "\n\t%d%s %d", opcode, is_last ? " last" : "", error);
		if (reader_failed(&w->in) || is_last)
			return;
		if (opcode == OPCODE_ERROR)
			fprintf(w->out, " error %d", reader_int32(&w->in));
		else
			put_body(w, opcode);
	}
}

static void
put_body(struct writer *w, int32_t opcode)
{
	switch (opcode) {
	case OPCODE_CREATE:
	case OPCODE_SYNC:
		put_bytes(w);
		break;
	case OPCODE_CREATE2:
	case OPCODE_GET_DATA:
		put_bytes(w);
		put_stat(w);
		break;
	case OPCODE_EXISTS:
	case OPCODE_SET_DATA:
	case OPCODE_SET_ACL:
		put_stat(w);
		break;
	case OPCODE_GET_ACL:
		put_sorted(w, put_acl_entry);
		put_stat(w);
		break;
	case OPCODE_GET_CHILDREN:
	case OPCODE_GET_EPHEMERALS:
		put_sorted(w, put_bytes);
		break;
	case OPCODE_GET_CHILDREN2:
		put_sorted(w, put_bytes);
		put_stat(w);
		break;
	case OPCODE_MULTI:
	case OPCODE_MULTI_READ:
		put_multi(w);
		break;
	case OPCODE_GET_ALL_CHILDREN_NUMBER:
	case OPCODE_ADD_WATCH:
		fprintf(w->out, " %d", reader_int32(&w->in));
		break;
	case OPCODE_WHO_AM_I:
		put_sorted(w, put_identity);
		break;
	default:
		break;
	}
}

void
describe_reply(struct description *description, struct slice frame, int32_t opcode)
{
	struct writer w = { .description = description };
	int32_t xid, error;
	int64_t zxid;
	size_t size;

	description->time_count = 0;
	w.out = open_memstream(&description->text, &size);
	reader_init(&w.in, frame);
	xid = reader_int32(&w.in);
	zxid = reader_int64(&w.in);
	error = reader_int32(&w.in);
	fprintf(w.out, "xid=%d zxid=%ld error=%d", xid, (long)zxid, error);
	if (xid == -1) {
		fprintf(w.out, " event %d", reader_int32(&w.in));
		fprintf(w.out, " state %d", reader_int32(&w.in));
		put_bytes(&w);
	} else if (error == 0) {
		put_body(&w, opcode);
	}
	if (reader_failed(&w.in))
		fputs(" TOO SHORT", w.out);
	else if (reader_remaining(&w.in) > 0)
		fprintf(w.out, " AND %zu BYTES MORE", reader_remaining(&w.in));
	fclose(w.out);
}
