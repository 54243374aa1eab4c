/* klamm/elect.h: leaders elected by request (ElectLeaders). */
#ifndef KLAMM_KLAMM_ELECT_H
#define KLAMM_KLAMM_ELECT_H

#include "klamm/cluster_view.h"
#include "klamm/command.h"

enum election_type { ELECTION_PREFERRED = 0, ELECTION_UNCLEAN = 1 };

/* What came of it for one partition. */
struct election {
	struct slice topic; /* borrows the answer */
	int32_t partition;
	int16_t error_code; /* ELECTION_NOT_NEEDED: it has that leader already */
	struct slice error_message;
};

struct elections {
	struct election *items; /* by topic and number */
	size_t count;
	struct answer answer;
};

/*
 * Asks the controller to elect leaders of those of the view's partitions that
 * are chosen, or, with NULL, of all that need it. On an error the client's
 * complaint says why; elections_fini is due in any case.
 */
NODISCARD enum error elections_ask(struct elections *elections, struct client *client,
    const struct cluster_view *view, const bool *chosen, enum election_type type);
void elections_fini(struct elections *elections);

#endif
