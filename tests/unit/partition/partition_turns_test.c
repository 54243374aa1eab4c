/*
 * Many operations from all loops at once, in every order that the simulator
 * thinks of: workers that take their time, actors that count as occupied,
 * cancellations, leaders that come and go. A lost wake-up leaves something out
 * at the end, a doubled answer is counted.
 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "base/memory.h"
#include "tests/unit/partition/yard.h"

enum { APPENDS = 300, SEEDS = 60 };

struct turns {
	struct yard yard;
	struct prng prng;
	struct yard_append appends[APPENDS];
	bool cancelled[APPENDS];
	int given;
	int32_t epoch;
	/* A consumer that reads all from the beginning on, and waits at the end. */
	struct yard_fetch fetch;
	int64_t offset;
	bool reads;
	bool fetch_cancelled;
};

static bool
chance(struct turns *it, int part)
{
	return prng_chance(&it->prng, (uint64_t)part, 100);
}

static int
any_loop(struct turns *it)
{
	return (int)prng_below(&it->prng, YARD_LOOPS);
}

static void
give_append(struct turns *it)
{
	struct yard_append *append = &it->appends[it->given++];
	struct log_sample sample = { .records = (int)prng_between(&it->prng, 1, 3),
		.value_size = (int)prng_between(&it->prng, 1, 300) };

	yard_prepare_append(&it->yard, append, &sample, (int16_t)prng_between(&it->prng, -1, 1));
	append->tally.loop = any_loop(it);
	yard_give_append(append, (int)prng_below(&it->prng, YARD_LOOPS + 1));
}

/* Once at most, and only what is out. */
static void
cancel_some_append(struct turns *it)
{
	int number = (int)prng_below(&it->prng, (uint64_t)it->given);
	struct yard_append *append = &it->appends[number];

	if (it->cancelled[number] || append->tally.answers > 0)
		return;
	it->cancelled[number] = true;
	yard_cancel(&append->tally, &append->append.operation);
}

static void
take_fetched(struct turns *it)
{
	enum partition_status status = it->fetch.fetch.operation.status;

	cr_assert(status == PARTITION_OK || status == PARTITION_NOT_LEADER ||
	    (status == PARTITION_TIMED_OUT && it->fetch_cancelled), "%d", (int)status);
	if (status == PARTITION_OK) {
		cr_assert_leq(it->offset, it->fetch.fetch.high_watermark);
		it->offset += yard_count(&it->fetch, it->offset);
		cr_assert_leq(it->offset, log_high_watermark(it->yard.log));
	}
	yard_forget_fetch(&it->fetch);
	it->reads = false;
}

static void
give_fetch(struct turns *it)
{
	yard_prepare_fetch(&it->yard, &it->fetch, it->offset);
	it->fetch.fetch.wait = true;
	it->fetch.tally.loop = any_loop(it);
	it->reads = true;
	it->fetch_cancelled = false;
	yard_give_fetch(&it->fetch, it->fetch.tally.loop);
}

static void
read_on(struct turns *it)
{
	if (!it->reads) {
		give_fetch(it);
	} else if (it->fetch.tally.answers > 0) {
		take_fetched(it);
	} else if (!it->fetch_cancelled && chance(it, 10)) {
		it->fetch_cancelled = true;
		yard_cancel(&it->fetch.tally, &it->fetch.fetch.operation);
	}
}

static void
change_leader(struct turns *it)
{
	if (chance(it, 30))
		yard_follow(&it->yard, 2, ++it->epoch);
	yard_lead(&it->yard, ++it->epoch, 1, 1);
}

static void
step(struct turns *it)
{
	struct yard *yard = &it->yard;

	if (it->given < APPENDS && chance(it, 60))
		give_append(it);
	if (it->given > 0 && chance(it, 20))
		cancel_some_append(it);
	if (chance(it, 50))
		read_on(it);
	if (chance(it, 2))
		change_leader(it);
	if (chance(it, 3))
		yard_go_cold(yard);
	sim_run(&yard->sim, yard->sim.now_us + prng_between(&it->prng, 0, 1000));
	cr_assert_not(yard->sim.failed, "%s", yard->sim.failure);
}

static void
begin(struct turns *it, uint64_t seed)
{
	struct yard *yard = &it->yard;

	prng_init(&it->prng, seed);
	yard_init_with(yard, seed);
	yard->flush_before_ack = chance(it, 50);
	yard->process.world.workers = sim_workers_port(yard->process.workers);
	yard->process.pretend_occupied = chance(it, 70) ? 300 : 0;
	yard->disk->sync_us = 3000;
	yard->disk->read_us = 500;
	yard_open(yard);
	yard_lead(yard, it->epoch, 1, 1);
}

/* Nothing happens any more: what is not answered now was forgotten. */
static void
check_appends(struct turns *it)
{
	for (int i = 0; i < it->given; i++) {
		const struct partition_append *append = &it->appends[i].append;
		enum partition_status status = append->operation.status;

		yard_forget_append(&it->appends[i]);
		cr_assert(status == PARTITION_OK || status == PARTITION_NOT_LEADER ||
		    (status == PARTITION_TIMED_OUT && it->cancelled[i]), "%d", (int)status);
		if (status == PARTITION_OK)
			cr_assert_lt(append->last_offset, log_end_offset(it->yard.log));
	}
}

static void
finish(struct turns *it)
{
	struct yard *yard = &it->yard;

	yard_run(yard);
	if (it->reads && it->fetch.tally.answers > 0)
		take_fetched(it);
	while (it->offset < log_end_offset(yard->log)) {
		cr_assert_not(it->reads, "a reader was forgotten");
		give_fetch(it);
		yard_run(yard);
		take_fetched(it);
	}
	check_appends(it);
	cr_assert_eq(log_high_watermark(yard->log), log_end_offset(yard->log));
	cr_assert_eq(yard->faults, 0);
	yard_close(yard);
	if (it->reads)
		yard_forget_fetch(&it->fetch);
	yard_fini(yard);
}

Test(partition_turns, forget_nobody_and_answer_nobody_twice)
{
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct turns *it = memory_new(sizeof(*it));

		begin(it, seed);
		while (it->given < APPENDS)
			step(it);
		finish(it);
		free(it);
	}
}
