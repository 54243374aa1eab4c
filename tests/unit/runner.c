/*
 * Runs Criterion's tests where Criterion's own runner cannot: it puts its arena
 * at addresses that TSan refuses (Criterion issue 274), and ends its children
 * in a way that LeakSanitizer does not see. Here each test is a plain fork. The
 * functions of Criterion that a test calls back are replaced by those below;
 * `unit PATTERN` runs the tests whose suite/name contains PATTERN.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEFAULT_TIMEOUT_S 300

enum verdict { PASSING, FAILING, CRASHING };

/* The linker's names for the sections in which Criterion's macros leave pointers. */
extern struct criterion_test *__start_cr_tst[], *__stop_cr_tst[];
extern struct criterion_suite *__start_cr_sts[] __attribute__((weak));
extern struct criterion_suite *__stop_cr_sts[] __attribute__((weak));

static const struct criterion_test *current;
static bool current_failed;

static const struct criterion_suite *
suite_of(const struct criterion_test *test)
{
	for (struct criterion_suite **at = __start_cr_sts; at != __stop_cr_sts; at++)
		if (*at != NULL && strcmp((*at)->name, test->category) == 0)
			return *at;
	return NULL;
}

void
criterion_internal_test_setup(void)
{
	const struct criterion_suite *suite = suite_of(current);

	if (suite != NULL && suite->data->init != NULL)
		suite->data->init();
	if (current->data->init != NULL)
		current->data->init();
}

void
criterion_internal_test_main(void (*function)(void))
{
	function();
}

void
criterion_internal_test_teardown(void)
{
	const struct criterion_suite *suite = suite_of(current);

	if (current->data->fini != NULL)
		current->data->fini();
	if (suite != NULL && suite->data->fini != NULL)
		suite->data->fini();
}

void
criterion_send_assert(struct criterion_assert_stats *stats)
{
	if (!stats->passed)
		fprintf(stderr, "[----] %s:%u: %s\n", stats->file, stats->line, stats->message);
}

void
cri_asserts_passed_incr(void)
{
}

void
criterion_continue_test(void)
{
	__atomic_store_n(&current_failed, true, __ATOMIC_RELAXED);
}

void
criterion_abort_test(void)
{
	_exit(EXIT_FAILURE);
}

void
criterion_test_die(const char *message, ...)
{
	fprintf(stderr, "[----] %s\n", message);
	_exit(EXIT_FAILURE);
}

static _Noreturn void
run_as_child(const struct criterion_test *test)
{
	double timeout_s = test->data->timeout;

	alarm(timeout_s > 0 ? (unsigned)timeout_s + 1 : DEFAULT_TIMEOUT_S);
	current = test;
	test->test();
	if (current_failed)
		_exit(EXIT_FAILURE);
	exit(EXIT_SUCCESS); /* not _exit: leaks are looked for at the end */
}

static enum verdict
judge(const struct criterion_test *test, int status)
{
	const char *suite = test->category, *name = test->name;

	if (WIFSIGNALED(status) && WTERMSIG(status) != test->data->signal) {
		printf("[FAIL] %s::%s: ended by signal %d\n", suite, name, WTERMSIG(status));
		return CRASHING;
	}
	if (WIFEXITED(status) &&
	    (test->data->signal != 0 || WEXITSTATUS(status) != test->data->exit_code)) {
		printf("[FAIL] %s::%s: status %d, wanted %s %d\n", suite, name, WEXITSTATUS(status),
			test->data->signal != 0 ? "signal" : "status",
			test->data->signal != 0 ? test->data->signal : test->data->exit_code);
		return FAILING;
	}
	return PASSING;
}

static enum verdict
run(const struct criterion_test *test)
{
	int status = 0;
	pid_t child;

	if (test->data->kind_ != CR_TEST_NORMAL) {
		printf("[FAIL] %s::%s: only Criterion can run this kind of test\n", test->category,
			test->name);
		return FAILING;
	}
	fflush(NULL);
	child = fork();
	if (child == 0)
		run_as_child(test);
	while (child > 0 && waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			child = -1;
	if (child < 0) {
		perror("unit");
		exit(EXIT_FAILURE);
	}
	return judge(test, status);
}

static bool
is_chosen(const struct criterion_test *test, const char *pattern)
{
	return pattern == NULL || strstr(test->data->identifier_, pattern) != NULL;
}

int
main(int argc, char **argv)
{
	unsigned tested = 0, count[CRASHING + 1] = {0};

	for (struct criterion_test **at = __start_cr_tst; at != __stop_cr_tst; at++) {
		/* sanitizers pad what they find in a section */
		if (*at == NULL || !is_chosen(*at, argc > 1 ? argv[1] : NULL))
			continue;
		tested++;
		count[run(*at)]++;
	}
	printf("[====] Synthesis: Tested: %u | Passing: %u | Failing: %u | Crashing: %u\n", tested,
		count[PASSING], count[FAILING], count[CRASHING]);
	return count[FAILING] + count[CRASHING] > 0 || tested == 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
