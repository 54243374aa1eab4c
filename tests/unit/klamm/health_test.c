#include "klamm/health.h"

#include <criterion/criterion.h>

static const struct health well = { .brokers = 3, .has_controller = true, .knows_min_isr = true };

Test(health, is_good_while_things_move_and_others_lead)
{
	struct health health = well;

	health.reassigning = 5;
	health.not_preferred = 3;
	cr_expect(health_is_good(&health));
}

Test(health, is_not_good_with_any_illness)
{
	struct health health = well;

	health.has_controller = false;
	cr_expect_not(health_is_good(&health));
	health = well;
	health.missing_brokers = 1;
	cr_expect_not(health_is_good(&health));
	health = well;
	health.offline = 1;
	cr_expect_not(health_is_good(&health));
	health = well;
	health.under_min_isr = 1;
	cr_expect_not(health_is_good(&health));
	health = well;
	health.under_replicated = 1;
	cr_expect_not(health_is_good(&health));
}

Test(health, counts_a_cluster_without_anything)
{
	struct cluster_view view = { .controller_id = -1 };
	struct health health;

	health_count(&health, &view);
	cr_expect_eq(health.partitions, 0);
	cr_expect_not(health_is_good(&health));
}

Test(health, counts_what_nobody_leads_as_offline_alone)
{
	static const int32_t ids[] = { 1, 2 };
	struct view_partition partition = { .leader = -1, .replicas = { ids, 2 }, .isr = { ids, 1 },
		.min_isr = 2 };
	struct cluster_view view = { .partitions = &partition, .partition_count = 1 };
	struct health health;

	health_count(&health, &view);
	cr_expect_eq(health.offline, 1);
	cr_expect_eq(health.under_replicated, 0);
	cr_expect_eq(health.under_min_isr, 0);
	partition.leader = 1;
	health_count(&health, &view);
	cr_expect_eq(health.under_replicated, 1);
	cr_expect_eq(health.under_min_isr, 1);
}
