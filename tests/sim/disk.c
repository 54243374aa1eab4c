#include "tests/sim/scenario.h"
static void run(struct sim *sim) { (void)sim; }
const struct scenario scenario_disk = { .name = "disk", .run = run };
