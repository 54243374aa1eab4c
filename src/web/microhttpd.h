/*
 * web/microhttpd.h: the functions of libmicrohttpd that are used. The library
 * is loaded when it is wanted, and not with the process: Debian's brings GnuTLS
 * and what that needs, which costs each start 4 ms.
 */
#ifndef KLAMM_WEB_MICROHTTPD_H
#define KLAMM_WEB_MICROHTTPD_H

#include <microhttpd.h>

#define MICROHTTPD_FUNCTIONS(X) \
	X(MHD_start_daemon) \
	X(MHD_stop_daemon) \
	X(MHD_suspend_connection) \
	X(MHD_resume_connection) \
	X(MHD_lookup_connection_value) \
	X(MHD_create_response_from_buffer) \
	X(MHD_add_response_header) \
	X(MHD_queue_response) \
	X(MHD_destroy_response)

struct microhttpd {
	void *library;
#define MICROHTTPD_MEMBER(name) __typeof__(name) *name;
	MICROHTTPD_FUNCTIONS(MICROHTTPD_MEMBER)
#undef MICROHTTPD_MEMBER
};

/* NULL: well; else why it cannot be loaded (static, or the loader's until its next call). */
const char *microhttpd_load(struct microhttpd *it);
void microhttpd_unload(struct microhttpd *it);

#endif
