#include "ensemble.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CLASS_PATH "/usr/share/java/zookeeper.jar:/usr/share/java/slf4j-nop.jar"

int64_t
ensemble_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void
ensemble_sleep_ms(int64_t time_ms)
{
	struct timespec time = { .tv_sec = time_ms / 1000, .tv_nsec = time_ms % 1000 * 1000000 };

	nanosleep(&time, NULL);
}

uint16_t
ensemble_free_port(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &size) != 0)
		abort();
	close(fd);
	return ntohs(address.sin_port);
}

static bool
write_config(const struct ensemble *it)
{
	char path[300];
	FILE *file;

	snprintf(path, sizeof(path), "%s/zoo.cfg", it->folder);
	file = fopen(path, "we");
	if (file == NULL)
		return false;
	fprintf(file, "tickTime=1000\ndataDir=%s/data\nclientPort=%u\n"
	    "clientPortAddress=127.0.0.1\nmaxClientCnxns=0\n4lw.commands.whitelist=srvr\n"
	    "admin.enableServer=false\nforceSync=no\n", it->folder, it->port);
	return fclose(file) == 0;
}

/* It answers before it serves; it serves when it knows its mode. */
static bool
serves(uint16_t port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct timeval wait = { .tv_sec = 2 };
	char text[1024] = "";
	size_t size = 0;
	ssize_t got;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
	    send(fd, "srvr", 4, MSG_NOSIGNAL) == 4)
		while (size < sizeof(text) - 1 &&
		    (got = recv(fd, text + size, sizeof(text) - 1 - size, 0)) > 0)
			size += (size_t)got;
	close(fd);
	return strstr(text, "Mode:") != NULL;
}

bool
ensemble_restart(struct ensemble *it)
{
	char config[300], out[300];

	snprintf(config, sizeof(config), "%s/zoo.cfg", it->folder);
	snprintf(out, sizeof(out), "%s/out", it->folder);
	it->process = fork();
	if (it->process == 0) {
		int fd = open(out, O_WRONLY | O_CREAT | O_APPEND, 0666);

		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)dup2(fd, 1);
		(void)dup2(fd, 2);
		(void)close_range(3, ~0U, 0);
		(void)signal(SIGPIPE, SIG_DFL);
		execlp("java", "java", "-Xmx128m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC",
		    "-Dzookeeper.forceSync=no", "-cp", CLASS_PATH,
		    "org.apache.zookeeper.server.ZooKeeperServerMain", config, (char *)NULL);
		_exit(127);
	}
	for (int64_t end_ms = ensemble_now_ms() + 30000; ensemble_now_ms() < end_ms;) {
		if (serves(it->port))
			return true;
		if (waitpid(it->process, NULL, WNOHANG) == it->process)
			return false;
		ensemble_sleep_ms(50);
	}
	return false;
}

bool
ensemble_start(struct ensemble *it, const char *folder)
{
	char data[300];

	snprintf(it->folder, sizeof(it->folder), "%s", folder);
	snprintf(data, sizeof(data), "%s/data", folder);
	it->port = ensemble_free_port();
	return mkdir(data, 0777) == 0 && write_config(it) && ensemble_restart(it);
}

void
ensemble_kill(struct ensemble *it)
{
	if (it->process <= 0)
		return;
	(void)kill(it->process, SIGKILL);
	(void)waitpid(it->process, NULL, 0);
	it->process = 0;
}
