#include "klammd/notify.h"

#include <criterion/criterion.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* A service manager's socket of that name; '@': in the abstract namespace. */
static int
manager(const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t size = strlen(name);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	memcpy(address.sun_path, name, size);
	if (name[0] == '@')
		address.sun_path[0] = '\0';
	cr_assert_eq(bind(fd, (const struct sockaddr *)&address,
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size)), 0);
	cr_assert_eq(setenv("NOTIFY_SOCKET", name, 1), 0);
	return fd;
}

static void
hears(const char *name)
{
	char text[64] = "";
	int fd = manager(name);

	notify("READY=1");
	cr_expect_eq(recv(fd, text, sizeof(text) - 1, 0), 7);
	cr_expect_str_eq(text, "READY=1");
	close(fd);
}

Test(notify, reaches_a_socket_in_a_folder)
{
	char name[64];

	snprintf(name, sizeof(name), "/tmp/klamm-notify-%ld", (long)getpid());
	hears(name);
	unlink(name);
}

Test(notify, reaches_a_socket_of_the_abstract_namespace)
{
	char name[64];

	snprintf(name, sizeof(name), "@klamm-notify-%ld", (long)getpid());
	hears(name);
}

Test(notify, without_a_manager_nothing_happens)
{
	char name[64];
	int fd;

	snprintf(name, sizeof(name), "@klamm-notify-%ld", (long)getpid());
	fd = manager(name);
	unsetenv("NOTIFY_SOCKET");
	notify("READY=1");
	setenv("NOTIFY_SOCKET", "relative", 1);
	notify("READY=1");
	setenv("NOTIFY_SOCKET", "/nowhere/at/all", 1);
	notify("READY=1");
	cr_expect_eq(recv(fd, name, sizeof(name), 0), -1);
	close(fd);
}
