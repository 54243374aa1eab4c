#include "tests/sim/atlas.h"

static int
count(unsigned set)
{
	return __builtin_popcount(set);
}

int
atlas_good_copies(const struct atlas_copies *copies)
{
	return count(copies->assigned & copies->in_sync & ~copies->damaged);
}

/* Nobody else has lost anything, and two are to have what is acknowledged. */
static bool
allows_one_at_a_time(const struct atlas_copies *copies, unsigned self)
{
	return (copies->damaged & ~self) == 0 &&
	    (count(copies->assigned) >= 2 || (copies->in_sync & self) == 0);
}

/* Everybody in sync is there and has lost nothing, and somebody else is in sync. */
static bool
allows_where_all_is_well(const struct atlas_copies *copies, unsigned self)
{
	return copies->is_led && copies->damaged == 0 && (copies->in_sync & ~copies->there) == 0 &&
	    (copies->in_sync & ~self) != 0;
}

bool
atlas_allows(const struct atlas_copies *copies, int broker, enum atlas_damage damage)
{
	unsigned self = 1U << broker;

	if ((copies->assigned & self) == 0)
		return true;
	/* Bad bits are found when they are read: until then it is taken for a good copy. */
	if (damage == ATLAS_BITS)
		return copies->damaged == 0 &&
		    (copies->assigned & copies->in_sync & ~self & copies->there) != 0;
	return copies->is_protected ? allows_one_at_a_time(copies, self) :
	    allows_where_all_is_well(copies, self);
}
