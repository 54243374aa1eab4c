/* tests/sim/broker_fetcher.h: what the files of a fetcher share. */
#ifndef KLAMM_TESTS_SIM_BROKER_FETCHER_H
#define KLAMM_TESTS_SIM_BROKER_FETCHER_H

#include "tests/sim/broker_town.h"

enum {
	PLACES = 8,
	TOPICS = PLACES,
	PATIENCE_MS = 8000,
	PARKED_US = 150000,
	/* After all faults a fetch that waits hears of new records within. */
	SOON_US = 2500000,
	QUIET_US = 8000000,
	EPOCH_VERSION = 9, /* the first that names a leader epoch */
	RACK_VERSION = 11, /* the first that names a rack, and may be served by followers */
	ID_VERSION = 13,   /* the first that names topics by their ids */
};

/* Where a fetcher is in a log. */
struct place {
	struct ledger_log *log;
	int64_t offset;
	struct client_link *leader; /* who is asked; NULL: unknown, or not connected */
	int preferred;     /* the broker that the leader has named to be read from; -1: none */
	bool is_elsewhere; /* that one is asked */
	int32_t epoch;     /* that it has; -1: unknown */
	bool is_lost;      /* out of range: asks where the log begins */
	bool was_read;     /* to its end, in the phase TOWN_READING */
	/* Of the fetch that is out. */
	bool has_jumped;   /* to an offset that it was not served up to */
	int32_t told_epoch; /* in a cluster: the leader epoch that it asks of; -1: any */
	bool is_asked;
	int64_t floor;     /* high watermark that was known then */
	int64_t end;       /* of the log, the same */
	int cuts;
};

struct town_fetcher {
	struct broker_town *town;
	int number;
	char name[24];
	struct town_links links;
	struct sim_process *process;
	struct loop *loop;
	struct timer pace;
	int16_t version;
	const char *rack;     /* NULL: none */
	struct place places[PLACES];
	int place_count, lasting_count;
	int next_place;       /* of those of passing topics */
	int last_asked;       /* whose leader was asked last */
	bool is_busy;         /* the request is out */
	bool is_fetch;
	int32_t max_wait_ms, min_bytes;
	/* Of a ListOffsets: where the log ends, not where it begins; who led then, and from where on. */
	bool wants_end;
	int32_t asked_epoch;  /* -1: nobody */
	int64_t asked_end;
	int asked_unclean;    /* ledger_log.unclean */
	bool begins_again;    /* at the beginning, for the last reading */
	struct client_request request;
};

static inline struct prng *
fetcher_prng(const struct town_fetcher *fetcher)
{
	return sim_stream(fetcher->town->sim, SIM_WORKLOAD);
}

/* Its requests name topics by their ids. */
static inline bool
fetcher_names_ids(const struct town_fetcher *fetcher)
{
	return fetcher->version >= ID_VERSION;
}

/* The request that is out, and what is known now, are of one life and one log. */
static inline bool
fetcher_is_same_log(const struct town_fetcher *fetcher, const struct place *place)
{
	return fetcher->town->is_cluster || (place->cuts == place->log->cuts &&
	    fetcher->request.life == fetcher->town->ledger.life);
}

/* NULL: it is not there. */
struct place *fetcher_place(struct town_fetcher *fetcher, const struct ledger_topic *topic,
    int partition);
/* Asks; `came` finds it not busy any more. */
void fetcher_ask(struct town_fetcher *fetcher, struct client_link *link, int16_t key,
    int16_t version, const void *body,
    void (*came)(struct client_request *request, const void *response));
/* Whose words the answer is of which it learns, for the ledger. */
int fetcher_teller(const struct town_fetcher *fetcher, const struct place *place);

/* broker_fetcher_look.c: where the log begins, or ends. */
void fetcher_list_offsets(struct town_fetcher *fetcher, struct place *place, bool wants_end);
void fetcher_ask_metadata(struct town_fetcher *fetcher);

#endif
