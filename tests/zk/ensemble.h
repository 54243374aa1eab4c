/* tests/zk/ensemble.h: Debian's ZooKeeper, one server on a port and in a folder of its own. */
#ifndef KLAMM_TESTS_ZK_ENSEMBLE_H
#define KLAMM_TESTS_ZK_ENSEMBLE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct ensemble {
	pid_t process;
	uint16_t port;
	char folder[256];
};

/* A port that was free a moment ago. */
uint16_t ensemble_free_port(void);
/* The folder is made; false when it does not serve within 30 s. */
bool ensemble_start(struct ensemble *it, const char *folder);
/* The same data on the same port. */
bool ensemble_restart(struct ensemble *it);
void ensemble_kill(struct ensemble *it);
int64_t ensemble_now_ms(void);
void ensemble_sleep_ms(int64_t time_ms);

#endif
