/*
 * base/buffer_list.h: what is to be sent, in order: runs of bytes that the
 * list owns, runs borrowed from an owner, and slices of an external object
 * (a file) that the sender reads itself. A connection writes it with writev
 * and sendfile; nothing is copied to join the parts.
 */
#ifndef KLAMM_BASE_BUFFER_LIST_H
#define KLAMM_BASE_BUFFER_LIST_H

#include "base/buffer.h"
#include "base/macros.h"

enum buffer_part_type {
	BUFFER_PART_BYTES,    /* `bytes`, `length` */
	BUFFER_PART_EXTERNAL, /* `length` bytes of `owner` from `offset` */
};

/*
 * Who a borrowed or external part belongs to. `release` is called once when
 * the part has been consumed or the list ends. NULL: nobody to tell.
 */
struct buffer_owner {
	void (*release)(struct buffer_owner *owner);
};

struct buffer_part {
	enum buffer_part_type type;
	const uint8_t *bytes;  /* BYTES only; owned ones are in `owned` */
	int64_t offset;        /* EXTERNAL; of BYTES the list's own affair */
	size_t length;
	struct buffer_owner *owner;
};

struct buffer_list {
	struct buffer_part *parts;
	size_t first;          /* parts before it are consumed */
	size_t count;
	size_t capacity;
	size_t total;          /* bytes not consumed yet */
	struct buffer owned;   /* bytes being gathered; sealed into a part on demand */
	size_t owned_sealed;   /* how much of `owned` is in parts already */
};

void buffer_list_init(struct buffer_list *list);
/* Releases every owner that is left and frees the list's own bytes. */
void buffer_list_fini(struct buffer_list *list);

/* The buffer for owned bytes: append to it with the functions of buffer.h. */
struct buffer *buffer_list_bytes(struct buffer_list *list);
/* Bytes that stay with `owner` until it is released. */
void buffer_list_borrow(struct buffer_list *list, struct slice bytes, struct buffer_owner *owner);
/* `length` bytes from `offset` of the object that `owner` is. */
void buffer_list_external(struct buffer_list *list, struct buffer_owner *owner, int64_t offset,
    size_t length);

/* Bytes in the list that were not consumed, owned ones being gathered included. */
size_t buffer_list_size(const struct buffer_list *list);
/*
 * The first part that is left, NULL when none is. Valid until the list is
 * written to.
 */
const struct buffer_part *buffer_list_front(struct buffer_list *list);
/* Part number `index` counted from the front; NULL past the end. */
const struct buffer_part *buffer_list_part(struct buffer_list *list, size_t index);
/*
 * Drops `size` bytes from the front, releasing owners of finished parts.
 * Positions in the owned bytes are void then.
 */
void buffer_list_consume(struct buffer_list *list, size_t size);

#endif
