/*
 * The program `sim`: runs scenarios over ranges of seeds. See README.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"
#include "tests/sim/plan.h"

enum { DEFAULT_SEEDS = 200, TWICE_EVERY = 20, FAILURES_SHOWN = 10, MEDIAN_SEEDS = 20 };

static const struct scenario *const scenarios[] = {
	&scenario_actors,
	&scenario_broker,
	&scenario_cluster,
	&scenario_control,
	&scenario_control_crash,
	&scenario_coord,
	&scenario_disk,
	&scenario_groups,
	&scenario_log,
};

struct options {
	const char *scenario; /* NULL: all */
	uint64_t first_seed, last_seed; /* last 0: as many as the scenario wants */
	uint64_t until_event;
	bool trace, twice;
	bool until_failed; /* the first failure is enough */
	const char *keep;   /* folder for plans of what has failed; NULL: none */
	const char *replay; /* a plan; NULL: seeds */
	bool shrink;
	struct plan plan;   /* that is replayed */
};

/* What a median is taken of. */
enum measure { SIMULATED_US, ANSWERED, CRASHES, FAULT_KINDS, MEASURES };

/* What is told of all seeds of one scenario. */
struct totals {
	int64_t *measures[MEASURES]; /* of each seed */
	size_t room;
	uint64_t seeds, events, failed;
	int64_t simulated_us;
	bool marked[SIM_MARKS_MAX];
	uint64_t digest; /* of the hashes of all seeds */
};

/* For the handler of an assertion that fails in the middle of a run. */
static struct {
	const struct scenario *scenario;
	const struct options *options;
	struct sim *sim;
} under_way;

static void
usage(void)
{
	fprintf(stderr,
	    "usage: sim [--scenario NAME] [--seeds A..B | --seed N] [--until EVENT] [--trace] "
	    "[--twice] [--until-failed] [--keep FOLDER] [--shrink]\n"
	    "       sim --replay PLAN [--until EVENT] [--trace] [--keep FOLDER] [--shrink]\n"
	    "       sim --list\nscenarios:");
	for (size_t i = 0; i < ARRAY_LENGTH(scenarios); i++)
		fprintf(stderr, " %s", scenarios[i]->name);
	fprintf(stderr, "\n");
	exit(2);
}

static void
list_scenarios(void)
{
	for (size_t i = 0; i < ARRAY_LENGTH(scenarios); i++)
		puts(scenarios[i]->name);
	exit(0);
}

static uint64_t
parse_number(const char *text, char **end)
{
	uint64_t number;

	errno = 0;
	number = strtoull(text, end, 10);
	if (*end == text || errno != 0 || *text == '-')
		usage();
	return number;
}

static uint64_t
whole_number(const char *text)
{
	char *end;
	uint64_t number = parse_number(text, &end);

	if (*end != '\0')
		usage();
	return number;
}

static void
parse_seeds(const char *text, struct options *options)
{
	char *end;

	options->first_seed = parse_number(text, &end);
	if (strncmp(end, "..", 2) != 0)
		usage();
	options->last_seed = whole_number(end + 2);
	if (options->last_seed < options->first_seed)
		usage();
}

/* False: it is none that stands alone. */
static bool
parse_flag(const char *name, struct options *options)
{
	if (strcmp(name, "--list") == 0)
		list_scenarios();
	if (strcmp(name, "--trace") == 0)
		options->trace = true;
	else if (strcmp(name, "--twice") == 0)
		options->twice = true;
	else if (strcmp(name, "--until-failed") == 0)
		options->until_failed = true;
	else if (strcmp(name, "--shrink") == 0)
		options->shrink = true;
	else
		return false;
	return true;
}

static void
parse_options(int count, char **arguments, struct options *options)
{
	for (int i = 1; i < count; i++) {
		const char *name = arguments[i];
		const char *value = i + 1 < count ? arguments[i + 1] : NULL;

		if (parse_flag(name, options))
			continue;
		if (value == NULL)
			usage();
		i++;
		if (strcmp(name, "--scenario") == 0)
			options->scenario = value;
		else if (strcmp(name, "--seeds") == 0)
			parse_seeds(value, options);
		else if (strcmp(name, "--seed") == 0)
			options->first_seed = options->last_seed = whole_number(value);
		else if (strcmp(name, "--until") == 0)
			options->until_event = whole_number(value);
		else if (strcmp(name, "--keep") == 0)
			options->keep = value;
		else if (strcmp(name, "--replay") == 0)
			options->replay = value;
		else
			usage();
	}
}

static void
say_failure(const struct scenario *scenario, const struct sim *sim, const char *why)
{
	printf("FAILED %s: seed %" PRIu64 ", event %" PRIu64 ", hash %016" PRIx64 ": %s\n"
	       "  replay: sim --scenario %s --seed %" PRIu64 " --until %" PRIu64 " --trace\n",
	    scenario->name, sim->seed, sim->event_count, sim->hash, why, scenario->name, sim->seed,
	    sim->event_count + 1);
	fflush(stdout);
}

/* What it needs to happen again, and what it does not need. */
static void
keep(const struct scenario *scenario, const struct options *options, const struct sim *sim,
    const char *why)
{
	struct plan plan = { 0 };
	int runs = 0;

	if (scenario->faults == NULL || (options->keep == NULL && !options->shrink))
		return;
	plan_take(&plan, scenario, sim);
	snprintf(plan.failure, sizeof(plan.failure), "%s", why);
	if (sim->invariant == NULL)
		snprintf(plan.invariant, sizeof(plan.invariant), "%s", why);
	if (options->shrink) {
		runs = plan_shrink(&plan, scenario);
		printf("  %s: %d runs\n", runs > 0 ? "shrunk" : "its plan does not fail so", runs);
	}
	if (options->keep == NULL)
		plan_write(&plan, scenario, stdout);
	else
		(void)plan_keep(&plan, scenario, options->keep);
	plan_fini(&plan);
}

static const int deadly[] = { SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL };
static struct sigaction before[ARRAY_LENGTH(deadly)];

/*
 * An assertion of the product has failed, or worse: the seed is all that is
 * needed. Then it happens again to whoever was there before (a sanitizer).
 */
static void
ended(int number, siginfo_t *why, void *context UNUSED)
{
	for (size_t i = 0; i < ARRAY_LENGTH(deadly); i++)
		sigaction(deadly[i], &before[i], NULL);
	if (under_way.sim != NULL) {
		const char *text = number == SIGABRT ? "an assertion failed" : strsignal(number);

		say_failure(under_way.scenario, under_way.sim, text);
		keep(under_way.scenario, under_way.options, under_way.sim, text);
	}
	printf("sim: 0 passed, 1 failed\n");
	fflush(stdout);
	if (why->si_code <= 0)
		raise(number); /* it was sent, and no instruction is there to do it again */
}

static void
watch_for_the_end(void)
{
	const struct sigaction action = { .sa_sigaction = ended, .sa_flags = SA_SIGINFO };

	for (size_t i = 0; i < ARRAY_LENGTH(deadly); i++)
		sigaction(deadly[i], &action, &before[i]);
}

static void
run_once(const struct scenario *scenario, const struct options *options, uint64_t seed,
    struct sim *sim)
{
	sim_init(sim, seed);
	sim->marks = scenario->marks;
	sim->mark_count = scenario->mark_count;
	sim->until_event = options->until_event;
	sim->trace = options->trace ? stdout : NULL;
	sim->plan = options->replay != NULL ? &options->plan.plan : NULL;
	under_way.scenario = scenario;
	under_way.options = options;
	under_way.sim = sim;
	scenario->run(sim);
	under_way.sim = NULL;
	sim_fini(sim);
}

static int64_t
fault_kinds(const struct sim *sim)
{
	uint64_t kinds = 0;

	for (size_t i = 0; i < sim->decision_count; i++)
		kinds |= UINT64_C(1) << sim->decisions[i].what;
	return __builtin_popcountll(kinds);
}

static void
measure(struct totals *totals, const struct sim *sim)
{
	const int64_t values[MEASURES] = { sim->now_us, (int64_t)sim->answered,
		(int64_t)sim->crashes, fault_kinds(sim) };

	if (totals->seeds == totals->room)
		totals->room = MAX(totals->room * 2, (size_t)64);
	for (int i = 0; i < MEASURES; i++) {
		totals->measures[i] = memory_resize(totals->measures[i],
		    totals->room * sizeof(*totals->measures[i]));
		totals->measures[i][totals->seeds] = values[i];
	}
}

static void
run_seed(const struct scenario *scenario, const struct options *options, uint64_t seed,
    struct totals *totals)
{
	struct sim sim, again;

	run_once(scenario, options, seed, &sim);
	measure(totals, &sim);
	totals->seeds++;
	totals->events += sim.event_count;
	totals->simulated_us += sim.now_us;
	totals->digest = (totals->digest ^ sim.hash) * 0x9e3779b97f4a7c15;
	for (int i = 0; i < scenario->mark_count; i++)
		totals->marked[i] |= sim.marked[i];
	if (options->twice || seed % TWICE_EVERY == 0) {
		run_once(scenario, options, seed, &again);
		if (again.hash != sim.hash && !sim.failed) {
			sim.failed = true;
			snprintf(sim.failure, sizeof(sim.failure),
			    "the second run differs: %" PRIu64 " events, hash %016" PRIx64,
			    again.event_count, again.hash);
		}
	}
	if (options->first_seed == options->last_seed)
		printf("seed %" PRIu64 ": %" PRIu64 " events, %" PRId64
		       " simulated ms, hash %016" PRIx64 "\n",
		    seed, sim.event_count, sim.now_us / 1000, sim.hash);
	if (!sim.failed)
		return;
	if (++totals->failed <= FAILURES_SHOWN) {
		say_failure(scenario, &sim, sim.failure);
		keep(scenario, options, &sim, sim.failure);
	}
}

static int64_t
cpu_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* One seed need not see everything, a whole run must. */
static uint64_t
missing_marks(const struct scenario *scenario, const struct totals *totals)
{
	uint64_t missing = 0;
	bool many = totals->seeds >= MAX(scenario->mark_seeds, (uint64_t)2);

	for (int i = 0; i < scenario->mark_count; i++) {
		if (totals->marked[i])
			continue;
		printf("%s %s: mark \"%s\" was not hit\n", many ? "FAILED" : "note",
		    scenario->name, scenario->marks[i]);
		missing++;
	}
	if (missing == 0 && scenario->mark_count > 0 && totals->seeds > 1)
		printf("%s: all %d marks hit\n", scenario->name, scenario->mark_count);
	return many ? missing : 0;
}

static int
compare(const void *a, const void *b)
{
	int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

	return (left > right) - (left < right);
}

/* Seeds in which little happens find little: 1 when the median one falls short. */
static uint64_t
check_median(const struct scenario *scenario, struct totals *totals, enum measure which,
    const char *unit, int64_t wanted)
{
	int64_t *values = totals->measures[which], median;

	qsort(values, totals->seeds, sizeof(*values), compare);
	median = values[totals->seeds / 2];
	if (wanted > 0)
		printf("%s: median seed %" PRId64 " %s (at least %" PRId64 ")\n", scenario->name,
		    median, unit, wanted);
	if (median >= wanted || totals->seeds < MEDIAN_SEEDS)
		return 0;
	printf("FAILED %s: the median seed has too few %s\n", scenario->name, unit);
	return 1;
}

static uint64_t
check_medians(const struct scenario *scenario, struct totals *totals)
{
	return check_median(scenario, totals, SIMULATED_US, "simulated us",
	    scenario->median_simulated_us) +
	    check_median(scenario, totals, ANSWERED, "answered requests",
	    (int64_t)scenario->median_answered) +
	    check_median(scenario, totals, CRASHES, "crashes", (int64_t)scenario->median_crashes) +
	    check_median(scenario, totals, FAULT_KINDS, "kinds of faults",
	    (int64_t)scenario->median_fault_kinds);
}

static void
run_scenario(const struct scenario *scenario, const struct options *options, uint64_t *passed,
    uint64_t *failed)
{
	struct totals totals = { 0 };
	int64_t started_us = cpu_us(), spent_us;
	uint64_t missing, last = options->last_seed;

	if (last == 0)
		last = scenario->default_seeds != 0 ? scenario->default_seeds : DEFAULT_SEEDS;
	for (uint64_t seed = options->first_seed;; seed++) {
		run_seed(scenario, options, seed, &totals);
		if (seed == last || (options->until_failed && totals.failed > 0))
			break;
	}
	spent_us = MAX((int64_t)1, cpu_us() - started_us);
	missing = options->until_event == UINT64_MAX ? missing_marks(scenario, &totals) : 0;
	printf("%s: %" PRIu64 " seeds, %" PRIu64 " failed, %" PRId64 " seeds/s, %" PRIu64
	       " events (%" PRId64 "/s), %" PRId64 " simulated s, digest %016" PRIx64 "\n",
	    scenario->name, totals.seeds, totals.failed,
	    (int64_t)totals.seeds * 1000000 / spent_us, totals.events,
	    (int64_t)(totals.events / 1000) * 1000000 / spent_us * 1000,
	    totals.simulated_us / 1000000, totals.digest);
	if (options->until_event == UINT64_MAX)
		missing += check_medians(scenario, &totals);
	for (int i = 0; i < MEASURES; i++)
		free(totals.measures[i]);
	*passed += totals.seeds - totals.failed;
	*failed += totals.failed + missing;
	fflush(stdout);
}

static const struct scenario *
find_scenario(const char *name)
{
	for (size_t i = 0; i < ARRAY_LENGTH(scenarios); i++) {
		if (strcmp(scenarios[i]->name, name) == 0)
			return scenarios[i];
	}
	return NULL;
}

static void
read_plan(struct options *options)
{
	const struct scenario *scenario;
	FILE *file = fopen(options->replay, "r");

	if (file == NULL)
		printf("sim: %s: %s\n", options->replay, strerror(errno));
	if (file == NULL || !plan_read(&options->plan, file, find_scenario, &scenario))
		exit(2);
	fclose(file);
	options->scenario = scenario->name;
	options->first_seed = options->last_seed = options->plan.seed;
}

int
main(int count, char **arguments)
{
	struct options options = { .first_seed = 1, .until_event = UINT64_MAX };
	uint64_t passed = 0, failed = 0;
	bool found = false;

	parse_options(count, arguments, &options);
	if (options.replay != NULL)
		read_plan(&options);
	watch_for_the_end();
	for (size_t i = 0; i < ARRAY_LENGTH(scenarios); i++) {
		if (options.scenario != NULL && strcmp(options.scenario, scenarios[i]->name) != 0)
			continue;
		found = true;
		run_scenario(scenarios[i], &options, &passed, &failed);
	}
	if (!found)
		usage();
	printf("sim: %" PRIu64 " passed, %" PRIu64 " failed\n", passed, failed);
	plan_fini(&options.plan);
	return failed == 0 ? 0 : 1;
}
