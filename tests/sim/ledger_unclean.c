#include "tests/sim/ledger.h"

void
ledger_log_is_undecided(struct ledger_log *log)
{
	log->is_undecided = true;
	log->unclean++;
}

uint64_t
ledger_log_elected(struct ledger *ledger, struct ledger_log *log, int64_t start, int64_t floor)
{
	uint64_t lost = 0;

	/* Of what retention has taken nobody can tell any more whether it stood where it did. */
	for (int64_t offset = 0; offset < MIN(log->end, log->room); offset++) {
		if (log->values[offset] == 0 || (offset >= start && offset < floor))
			continue;
		lost += offset >= floor && ledger_is_firm(log, offset);
		ledger_forget(ledger, log, offset);
	}
	ledger->forgiven += lost;
	log->end = MIN(log->end, floor);
	log->high_watermark = MIN(log->high_watermark, floor);
	/* Retention may have taken more where that was. */
	log->start = MIN(log->start, floor);
	log->is_undecided = false;
	log->unclean++;
	return lost;
}
