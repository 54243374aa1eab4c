/* web/route.h: what an HTTP request asks for, or why it is refused. Pure. */
#ifndef KLAMM_WEB_ROUTE_H
#define KLAMM_WEB_ROUTE_H

enum web_route {
	WEB_ROUTE_METRICS,
	WEB_ROUTE_LIVE,
	WEB_ROUTE_READY,
	WEB_ROUTE_NOT_FOUND,  /* 404 */
	WEB_ROUTE_BAD_METHOD, /* 405: GET and HEAD alone */
	WEB_ROUTE_BAD_HOST,   /* 400: longer than any host is */
};

/* `path` without its query, as it came; `host`: of the header, NULL: there was none. */
enum web_route web_route_of(const char *method, const char *path, const char *host);

#endif
