/*
 * api/file_slice.h: bytes of a log's file on their way into an answer: the
 * owner of an external part (base/buffer_list.h), and the only one there is in
 * this room, so that the sender knows what such a part is.
 *
 * sendfile leaves references to the page cache in the socket, so the slice
 * stays pinned after it was sent, until the connection's next request shows
 * that the peer has it, or the connection ends (design section 4).
 */
#ifndef KLAMM_API_FILE_SLICE_H
#define KLAMM_API_FILE_SLICE_H

#include "base/buffer_list.h"
#include "log/log_read.h"

struct request;

struct file_slice {
	struct buffer_owner owner;
	struct log_slice slice;
	struct list link; /* of its request, sent or not; then of the connection */
};

/* Takes the slice, which is not empty; for an answer of this request. */
struct file_slice *file_slice_new(struct request *request, struct log_slice *take);
void file_slice_free_all(struct list *slices);

/* Whose part it is. */
static inline struct file_slice *
file_slice_of(struct buffer_owner *owner)
{
	return container_of(owner, struct file_slice, owner);
}

#endif
