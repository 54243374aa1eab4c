#include "partition/disk_hang.h"

#include "base/macros.h"

static void
measure(struct disk_hang *it, uint64_t begun, uint64_t ended, int64_t passed_us)
{
	if (begun == ended || ended != it->ended)
		it->stalled_us = 0;
	else if (it->was_wanted)
		it->stalled_us += passed_us;
	it->was_wanted = begun != ended;
	it->ended = ended;
}

static bool
recovers(struct disk_hang *it, int64_t limit_us, int64_t passed_us)
{
	if (it->stalled_us >= limit_us / DISK_HANG_QUICK)
		it->quick_us = 0;
	else
		it->quick_us += passed_us;
	return it->quick_us >= limit_us;
}

bool
disk_hang_look(struct disk_hang *it, uint64_t begun, uint64_t ended, int64_t limit_us,
    int64_t now_us)
{
	int64_t passed_us = it->looked_us == 0 ? 0 :
	    MIN(now_us - it->looked_us, (int64_t)DISK_HANG_LOOK_US);
	bool hung = it->hangs;

	it->looked_us = now_us;
	measure(it, begun, ended, passed_us);
	if (limit_us <= 0)
		it->hangs = false;
	else if (hung)
		it->hangs = !recovers(it, limit_us, passed_us);
	else
		it->hangs = it->stalled_us >= limit_us;
	if (it->hangs && !hung) {
		it->since_us = now_us;
		it->quick_us = 0;
	}
	return it->hangs != hung;
}
