/*
 * wire/frame.h: what stands around a message on a connection: its size and
 * the request or response header.
 */
#ifndef KLAMM_WIRE_FRAME_H
#define KLAMM_WIRE_FRAME_H

#include "wire/messages.h"

enum { FRAME_SIZE_BYTES = 4 };

/*
 * The size that the first four bytes of `received` announce, which does not
 * count them. ERROR_TRUNCATED: fewer than four are there; ERROR_MALFORMED: it
 * is negative; ERROR_TOO_LARGE: above `largest` (socket.request.max.bytes).
 */
NODISCARD enum error frame_size(struct slice received, size_t largest, size_t *size);

/*
 * Versions of the headers. A version above the known ones of a key counts as
 * flexible if the last is, so that the header of an ApiVersions request from
 * the future can be read (KIP-511). Two exceptions: ControlledShutdown v0
 * requests have no client id, ApiVersions responses never a tag section.
 */
int16_t request_header_version(const struct message_type *request, int16_t version);
int16_t response_header_version(const struct message_type *response, int16_t version);

/*
 * Reads a request header; the client id points into the frame and may be
 * null. ERROR_UNSUPPORTED for a key that messages.def lacks, then key,
 * version and correlation id are set. Otherwise as message_decode. Whether
 * the version is known is not checked here.
 */
NODISCARD enum error request_header_decode(struct reader *in, struct request_header *header);

/* Reads the response header; `type` is the response's. As message_decode. */
NODISCARD enum error response_header_decode(struct reader *in, const struct message_type *type,
    int16_t version, struct response_header *header);

/* A frame being written; what it needs to find its size when it ends. */
struct frame {
	size_t position;   /* of the size field in the list's own bytes */
	size_t list_size;  /* the list's before the frame */
};

/*
 * Append a size field to be filled later and the header; the message and
 * frame_finish follow. Meanwhile nothing may be consumed from the list. Errors
 * are those of message_encode, and only a client id over 32767 bytes can cause
 * one; then the list holds a frame without an end.
 */
NODISCARD enum error request_begin(struct buffer_list *out, const struct request_header *header,
    struct frame *frame);
NODISCARD enum error response_begin(struct buffer_list *out, const struct message_type *response,
    int16_t version, int32_t correlation_id, struct frame *frame);
/* Fills in the size. ERROR_TOO_LARGE: over 2^31-1, the list is of no use then. */
NODISCARD enum error frame_finish(struct buffer_list *out, const struct frame *frame);

#endif
