#include "web/route.h"

#include <string.h>

#include "base/macros.h"

enum { HOST_SIZE_MAX = 255 + 6 }; /* of a name, and a port behind it */

enum web_route
web_route_of(const char *method, const char *path, const char *host)
{
	static const struct {
		const char *path;
		enum web_route route;
	} routes[] = {
		{ "/metrics", WEB_ROUTE_METRICS },
		{ "/live", WEB_ROUTE_LIVE },
		{ "/ready", WEB_ROUTE_READY },
	};

	if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
		return WEB_ROUTE_BAD_METHOD;
	if (host != NULL && strlen(host) > HOST_SIZE_MAX)
		return WEB_ROUTE_BAD_HOST;
	for (size_t i = 0; i < ARRAY_LENGTH(routes); i++)
		if (strcmp(path, routes[i].path) == 0)
			return routes[i].route;
	return WEB_ROUTE_NOT_FOUND;
}
