/* tests/unit/log/log_dirs_fixture.h: log dirs /a and /b on the simulated disk. */
#ifndef KLAMM_TESTS_LOG_DIRS_FIXTURE_H
#define KLAMM_TESTS_LOG_DIRS_FIXTURE_H

#include "log/log_dirs.h"
#include "tests/sim/sim_disk.h"

struct log_dirs_fixture {
	struct sim_disk *disk;
	struct sim_mount *mount;
	struct disk *port;
	struct entropy entropy;
	struct boot_id boot_id;     /* of the next start */
	struct prng prng;
	struct log_config config;
	struct log_dirs *dirs;
	int32_t broker_id;
	const char *cluster_id;
};

void log_dirs_fixture_init(struct log_dirs_fixture *fixture);
void log_dirs_fixture_fini(struct log_dirs_fixture *fixture);
/* As a broker's start; the dirs are left as they are after an error. */
enum error log_dirs_fixture_start(struct log_dirs_fixture *fixture, struct log_dir **guilty);
/* A clean stop, or a kill. */
void log_dirs_fixture_stop(struct log_dirs_fixture *fixture, bool clean);
/* NULL when it is refused. */
struct log_partition *log_dirs_fixture_create(struct log_dirs_fixture *fixture,
    const char *topic, int32_t partition);
void log_dirs_fixture_fill(struct log_dirs_fixture *fixture, struct log_partition *partition,
    int count);
void log_dirs_fixture_checkpoint(struct log_dirs_fixture *fixture, enum log_dir_checkpoint kind);
bool log_dirs_fixture_exists(struct log_dirs_fixture *fixture, const char *path);
void log_dirs_fixture_write(struct log_dirs_fixture *fixture, const char *path, const char *text);

#endif
