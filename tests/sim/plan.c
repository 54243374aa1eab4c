#include "tests/sim/plan.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/sim_memory.h"

enum { LINE_SIZE = 512 };

void
plan_fini(struct plan *plan)
{
	free(plan->plan.decisions);
	*plan = (struct plan){ 0 };
}

void
plan_add(struct plan *plan, struct sim_decision decision)
{
	if (plan->plan.count == plan->room) {
		plan->room = MAX(plan->room * 2, (size_t)64);
		plan->plan.decisions = sim_memory_resize(plan->plan.decisions,
		    plan->room * sizeof(*plan->plan.decisions));
	}
	plan->plan.decisions[plan->plan.count++] = decision;
}

void
plan_take(struct plan *plan, const struct scenario *scenario, const struct sim *sim)
{
	snprintf(plan->scenario, sizeof(plan->scenario), "%s", scenario->name);
	plan->seed = sim->seed;
	snprintf(plan->invariant, sizeof(plan->invariant), "%s",
	    sim->invariant == NULL ? "" : sim->invariant);
	snprintf(plan->failure, sizeof(plan->failure), "%s", sim->failure);
	if (sim->plan != NULL) {
		plan->plan.work_us = sim->plan->work_us;
		plan->plan.pace = sim->plan->pace;
	}
	for (size_t i = 0; i < sim->decision_count; i++)
		plan_add(plan, sim->decisions[i]);
}

void
plan_copy(struct plan *plan, const struct plan *from)
{
	*plan = *from;
	plan->plan.decisions = NULL;
	plan->plan.count = plan->room = 0;
	for (size_t i = 0; i < from->plan.count; i++)
		plan_add(plan, from->plan.decisions[i]);
}

/* ------------------------------------------------------------------ the text */

void
plan_write(const struct plan *plan, const struct scenario *scenario, FILE *file)
{
	if (plan->failure[0] != '\0')
		fprintf(file, "# %s\n", plan->failure);
	fprintf(file, "scenario %s\nseed %" PRIu64 "\n", plan->scenario, plan->seed);
	if (plan->invariant[0] != '\0')
		fprintf(file, "invariant %s\n", plan->invariant);
	fprintf(file, "work %" PRId64 "\npace %d\n", plan->plan.work_us, plan->plan.pace);
	for (size_t i = 0; i < plan->plan.count; i++) {
		const struct sim_decision *decision = &plan->plan.decisions[i];

		fprintf(file, "fault %" PRId64 " %s %" PRIu64 "\n", decision->at_us,
		    scenario->faults[decision->what], decision->seed);
	}
}

bool
plan_keep(const struct plan *plan, const struct scenario *scenario, const char *folder)
{
	char path[LINE_SIZE];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s-%" PRIu64 ".plan", folder, plan->scenario, plan->seed);
	file = fopen(path, "w");
	if (file == NULL) {
		printf("sim: %s: %s\n", path, strerror(errno));
		return false;
	}
	plan_write(plan, scenario, file);
	if (fclose(file) != 0)
		return false;
	printf("  kept: sim --replay %s\n", path);
	return true;
}

static bool
read_fault(struct plan *plan, const struct scenario *scenario, const char *text)
{
	struct sim_decision decision;
	char name[64];

	if (scenario == NULL || sscanf(text, "%" SCNd64 " %63s %" SCNu64, &decision.at_us, name,
	    &decision.seed) != 3)
		return false;
	for (decision.what = 0; decision.what < scenario->fault_count; decision.what++) {
		if (strcmp(scenario->faults[decision.what], name) == 0) {
			plan_add(plan, decision);
			return true;
		}
	}
	return false;
}

static bool
read_line(struct plan *plan, char *line, const struct scenario *(*find)(const char *name),
    const struct scenario **scenario)
{
	char *value = strchr(line, ' ');

	if (line[0] == '\0' || line[0] == '#')
		return true;
	if (value == NULL)
		return false;
	*value++ = '\0';
	if (strcmp(line, "fault") == 0)
		return read_fault(plan, *scenario, value);
	if (strcmp(line, "scenario") == 0) {
		snprintf(plan->scenario, sizeof(plan->scenario), "%s", value);
		*scenario = find(value);
		return *scenario != NULL;
	}
	if (strcmp(line, "invariant") == 0)
		snprintf(plan->invariant, sizeof(plan->invariant), "%s", value);
	else if (strcmp(line, "seed") == 0)
		return sscanf(value, "%" SCNu64, &plan->seed) == 1;
	else if (strcmp(line, "work") == 0)
		return sscanf(value, "%" SCNd64, &plan->plan.work_us) == 1;
	else if (strcmp(line, "pace") == 0)
		return sscanf(value, "%d", &plan->plan.pace) == 1;
	else
		return false;
	return true;
}

bool
plan_read(struct plan *plan, FILE *file, const struct scenario *(*find)(const char *name),
    const struct scenario **scenario)
{
	char line[LINE_SIZE];
	int number = 0;

	*scenario = NULL;
	while (fgets(line, sizeof(line), file) != NULL) {
		number++;
		line[strcspn(line, "\n")] = '\0';
		if (!read_line(plan, line, find, scenario)) {
			printf("sim: line %d of the plan cannot be read: %s\n", number, line);
			return false;
		}
	}
	if (*scenario == NULL || (*scenario)->faults == NULL)
		printf("sim: the plan names no scenario that makes plans\n");
	return *scenario != NULL && (*scenario)->faults != NULL;
}
