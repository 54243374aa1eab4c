/*
 * zk/kept_session.h: id and password of our session in a file that only we can
 * read, so that the next process can end this one's session before it
 * registers (F5). All disk calls are on a worker.
 *
 *     klamm-session 1
 *     session 0x1000a2b3c4d5e6f
 *     password 00112233445566778899aabbccddeeff
 *     boot 0123456789abcdef
 *
 * `boot` is drawn anew by each process: whoever finds another one knows that
 * the file is not his.
 */
#ifndef KLAMM_ZK_KEPT_SESSION_H
#define KLAMM_ZK_KEPT_SESSION_H

#include "base/error.h"
#include "world/world.h"

enum { KEPT_SESSION_TEXT_SIZE = 256 };

struct kept_session {
	struct coord_credentials credentials;
	uint64_t boot;
};

/* Writes at most KEPT_SESSION_TEXT_SIZE bytes and tells how many. */
size_t kept_session_encode(const struct kept_session *kept, char *text);
/* ERROR_MALFORMED for anything that the function above does not write. */
NODISCARD enum error kept_session_decode(struct slice text, struct kept_session *kept);

struct kept_session_file;

/* The loop of the results is world->control; `path` is copied. */
struct kept_session_file *kept_session_file_new(struct world *world, const char *path);
/* What is under way ends by itself; `done` is called no more. */
void kept_session_file_free(struct kept_session_file *file);

/*
 * One after the other, in the order of the calls. What goes wrong is told to
 * the log; a file that is missing or damaged gives a session of 0.
 */
void kept_session_read(struct kept_session_file *file,
    void (*done)(void *context, const struct coord_credentials *credentials), void *context);
/* It survives the process at once, not a power cut, after which the session is over too. */
void kept_session_write(struct kept_session_file *file,
    const struct coord_credentials *credentials, void (*done)(void *context), void *context);
/* Where it holds what this process wrote. */
void kept_session_remove(struct kept_session_file *file, void (*done)(void *context),
    void *context);

#endif
