#include "web/route.h"

#include <criterion/criterion.h>
#include <string.h>

Test(route, there_are_three_pages)
{
	cr_expect_eq(web_route_of("GET", "/metrics", "h"), WEB_ROUTE_METRICS);
	cr_expect_eq(web_route_of("GET", "/live", "h"), WEB_ROUTE_LIVE);
	cr_expect_eq(web_route_of("HEAD", "/ready", NULL), WEB_ROUTE_READY);
}

Test(route, others_are_not_found)
{
	cr_expect_eq(web_route_of("GET", "/", "h"), WEB_ROUTE_NOT_FOUND);
	cr_expect_eq(web_route_of("GET", "", "h"), WEB_ROUTE_NOT_FOUND);
	cr_expect_eq(web_route_of("GET", "/metrics/", "h"), WEB_ROUTE_NOT_FOUND);
	cr_expect_eq(web_route_of("GET", "/metricsx", "h"), WEB_ROUTE_NOT_FOUND);
	cr_expect_eq(web_route_of("GET", "/../metrics", "h"), WEB_ROUTE_NOT_FOUND);
}

Test(route, nothing_is_taken)
{
	cr_expect_eq(web_route_of("POST", "/metrics", "h"), WEB_ROUTE_BAD_METHOD);
	cr_expect_eq(web_route_of("PUT", "/nowhere", "h"), WEB_ROUTE_BAD_METHOD);
	cr_expect_eq(web_route_of("get", "/live", "h"), WEB_ROUTE_BAD_METHOD);
}

Test(route, a_host_has_a_length)
{
	char host[263];

	memset(host, 'a', sizeof(host));
	host[261] = '\0';
	cr_expect_eq(web_route_of("GET", "/live", host), WEB_ROUTE_LIVE);
	host[261] = 'a';
	host[262] = '\0';
	cr_expect_eq(web_route_of("GET", "/live", host), WEB_ROUTE_BAD_HOST);
}
