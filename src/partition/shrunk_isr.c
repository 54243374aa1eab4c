#include "partition/shrunk_isr.h"

#include <assert.h>

#include "base/macros.h"

enum { UNKNOWN_EPOCH = INT32_MIN }; /* of what may not be what is wanted */

static const struct shrunk_isr_mark none = { -1, SHRUNK_ISR_NONE };

static bool
is_same(struct shrunk_isr_mark a, struct shrunk_isr_mark b)
{
	return a.leader_epoch == b.leader_epoch && a.end_offset == b.end_offset;
}

void
shrunk_isr_init(struct shrunk_isr *it, const struct shrunk_isr_mark *noted)
{
	struct shrunk_isr_mark mark = noted != NULL ? *noted : none;

	*it = (struct shrunk_isr){ .wanted = mark, .noted = mark, .out = none };
}

void
shrunk_isr_moved(struct shrunk_isr *it)
{
	if (it->noted.end_offset != SHRUNK_ISR_NONE)
		it->noted.leader_epoch = UNKNOWN_EPOCH;
}

void
shrunk_isr_want(struct shrunk_isr *it, int32_t leader_epoch, int64_t end_offset)
{
	it->wanted = (struct shrunk_isr_mark){ leader_epoch, end_offset };
}

void
shrunk_isr_drop(struct shrunk_isr *it)
{
	it->wanted = none;
}

bool
shrunk_isr_is_settled(const struct shrunk_isr *it)
{
	return !it->is_out && is_same(it->noted, it->wanted);
}

bool
shrunk_isr_is_clear(const struct shrunk_isr *it)
{
	return !it->is_out && it->noted.end_offset == SHRUNK_ISR_NONE;
}

static int64_t
least(int64_t limit, struct shrunk_isr_mark mark)
{
	return mark.end_offset == SHRUNK_ISR_NONE ? limit : MIN(limit, mark.end_offset);
}

int64_t
shrunk_isr_limit(const struct shrunk_isr *it)
{
	int64_t limit = least(least(INT64_MAX, it->wanted), it->noted);

	return it->is_out ? least(limit, it->out) : limit;
}

enum shrunk_isr_step
shrunk_isr_next(const struct shrunk_isr *it, int64_t flushed_offset)
{
	if (it->is_out || is_same(it->noted, it->wanted))
		return SHRUNK_ISR_REST;
#ifdef CANARY_SHRUNK_ISR_WITHOUT_SYNC
	return SHRUNK_ISR_WRITE;
#endif
	/* One that no log reaches waits for none. */
	return shrunk_isr_is_wanted(it) && it->wanted.end_offset != INT64_MAX &&
	    flushed_offset < it->wanted.end_offset ?
	    SHRUNK_ISR_SYNC : SHRUNK_ISR_WRITE;
}

void
shrunk_isr_begin(struct shrunk_isr *it)
{
	assert(!it->is_out);
	it->is_out = true;
	it->out = it->wanted;
}

void
shrunk_isr_done(struct shrunk_isr *it, bool written)
{
	assert(it->is_out);
	it->is_out = false;
	/* Else either may be there: the lower limit holds, and it is written again. */
	if (written)
		it->noted = it->out;
	else if (it->out.end_offset != SHRUNK_ISR_NONE && (it->noted.end_offset == SHRUNK_ISR_NONE ||
	    it->out.end_offset < it->noted.end_offset))
		it->noted = (struct shrunk_isr_mark){ UNKNOWN_EPOCH, it->out.end_offset };
	else
		it->noted.leader_epoch = UNKNOWN_EPOCH;
	it->out = none;
}
