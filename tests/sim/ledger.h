/*
 * tests/sim/ledger.h: what clients of a broker may see. Each record has a value
 * of its own; the ledger knows who sent it, what was acknowledged at which
 * offset, and what was served. Whatever contradicts that fails the run:
 *
 *	an offset with two values, a record that nobody sent
 *	a record of an idempotent producer at two offsets, or out of its order
 *	an end that goes back, an acknowledged record that is not there
 *
 * What a power cut may take is decided at the restart (ledger_log_restarted).
 * Of a cluster (is_replicated) nobody dies: what was served or acknowledged to
 * all stays for ever, what the leader alone had may be replaced. Lives are
 * leader epochs there. When all lose their power, ledger_log_cut says what may go,
 * after an unclean election ledger_log_elected.
 * All memory is the scenario's; processes may call everything.
 */
#ifndef KLAMM_TESTS_SIM_LEDGER_H
#define KLAMM_TESTS_SIM_LEDGER_H

#include "base/slice.h"
#include "base/uuid.h"
#include "tests/sim/sim.h"

enum {
	LEDGER_PARTITIONS = 4, /* of a topic, at most */
	LEDGER_TOPICS = 256,   /* a name that was deleted and made again counts twice */
	LEDGER_NAME_SIZE = 32,
	LEDGER_LIVES = 128,    /* of the broker, at most */
	LEDGER_BEFORE_CUT = -2, /* a life that ended when all replicas lost their memory */
	LEDGER_NOBODYS = -3,   /* words that may be from before an unclean election: they count for nothing */
};

enum ledger_mark {
	LEDGER_SERVED = 1,
	LEDGER_ACKED = 2,      /* with acks 1 or -1 */
	LEDGER_ACKED_ALL = 4,  /* with acks -1 */
};

struct ledger_topic;

/* One partition, as it must be. */
struct ledger_log {
	struct ledger_topic *topic;
	int partition;
	uint64_t *values;    /* by offset; 0: unknown */
	uint8_t *marks;      /* enum ledger_mark */
	int64_t room;
	int64_t end;         /* of all that is known to be there */
	int64_t high_watermark; /* the highest that anybody was told */
	/*
	 * What was told by the life at hand. With klamm.flush.before.ack the high
	 * watermark comes again only when the tail is on disk.
	 */
	int told_life;
	int64_t told;
	int64_t recovery_point; /* the highest that was known to be on disk */
	int64_t start;       /* the highest log start that anybody was told */
	int64_t safe_end;    /* what the next start must find, at least; -1: not dead */
	int64_t ends[LEDGER_LIVES]; /* that each life began with; INT64_MAX: not seen */
	int cuts;            /* how often a tail was forgiven */
	/* Where all replicas have lost their memory: what was firm from there on, until it is known what is left. */
	uint64_t *lost;
	int64_t lost_room;
	int64_t cut_floor;   /* the lowest such place so far; INT64_MAX: never */
	/* Rises when an unclean election begins and when it is known what its leader has. */
	int unclean;
	bool is_undecided;   /* between the two */
	int rots;            /* how often a bit of a replica has flipped */
	/*
	 * Less is there than was known to be on the disk: it is neither cut nor
	 * served (F15). Only where no sync can be trusted.
	 */
	bool is_damaged;
};

struct ledger_topic {
	char name[LEDGER_NAME_SIZE];
	struct uuid id;      /* zero: not known yet */
	bool is_lasting;     /* made once, never deleted */
	bool is_kept;        /* nothing is ever removed from it */
	bool is_going;       /* its deletion was asked for: its records may go at any time */
	bool is_gone;        /* its deletion was acknowledged */
	int64_t gone_us;
	int partitions;
	int replicas, min_isr; /* 0: one, and the default */
	bool is_unclean;     /* unclean.leader.election.enable */
	struct ledger_log logs[LEDGER_PARTITIONS];
};

/* A record that somebody made. */
struct ledger_value {
	uint32_t writer;     /* whose order counts; 0: nobody's */
	int32_t batch_first; /* value numbers of its batch */
	int32_t batch_count;
	struct ledger_log *log; /* where it is known to be; NULL: nowhere */
	int64_t offset;
	bool may_repeat;     /* sent more than once, by a producer that is not idempotent */
	bool is_acked;
	int64_t acked_us;    /* the first time */
};

struct ledger {
	struct sim *sim;
	bool is_replicated;          /* a cluster's */
	bool waits_for_sync;         /* klamm.flush.before.ack */
	bool flushes;                /* the same, and syncs can be trusted */
	int life;                    /* of the broker, which serves; numbers from 1 */
	bool trusts_no_sync;         /* what was synced may be gone after a power cut */
	bool is_dead;                /* and does not serve any more */
	bool tail_may_go[LEDGER_LIVES]; /* at the end of that life: a page cache was lost, a sync had failed */
	struct ledger_topic *topics; /* LEDGER_TOPICS */
	int topic_count;
	struct ledger_value *values; /* by number; 0 is nobody's */
	uint64_t value_count, value_room;
	uint32_t next_writer;
	uint64_t served, acked;
	uint64_t forgiven; /* records that a power cut or a failed sync has taken */
	uint64_t repeated; /* of producers that may */
	uint64_t cuts;     /* logs that ended earlier after a restart than was known */
	uint64_t replaced; /* records that one leader had, and the next one had not */
};

void ledger_init(struct ledger *ledger, struct sim *sim);
void ledger_fini(struct ledger *ledger);

/* A topic that lasts. */
struct ledger_topic *ledger_add(struct ledger *ledger, const char *name, int partitions,
    bool is_kept);
/* NULL: not known. A lasting topic that has no id yet gets this one. */
struct ledger_topic *ledger_find(struct ledger *ledger, struct uuid id);
/* Told by Metadata: this name has this id. An unknown one is a new topic. */
struct ledger_topic *ledger_met(struct ledger *ledger, struct slice name, struct uuid id,
    int partitions);

/* `count` new values of one batch; the first one's number. */
uint64_t ledger_make(struct ledger *ledger, uint32_t writer, int count);
struct ledger_value *ledger_value(struct ledger *ledger, uint64_t number);
/* Key and value of its record; the size is drawn from the number and `size_max`. */
void ledger_write(uint64_t number, int size_max, uint8_t *bytes, size_t *size);
size_t ledger_size(uint64_t number, int size_max);
/* The number that a record says it has, 0 when its bytes are torn. */
uint64_t ledger_read(struct slice key, struct slice value);

/* The value stands at the offset, as an answer of that life says (which may come late). */
void ledger_learn(struct ledger *ledger, struct ledger_log *log, int64_t offset, uint64_t number,
    unsigned marks, int life);
/* An answer of that life that was asked for when the high watermark was known to be `floor`. */
void ledger_told_end(struct ledger *ledger, struct ledger_log *log, int life, int64_t floor,
    int64_t high_watermark, int64_t log_start);
/* The high watermark that the next answer of this life has to tell, at least. */
int64_t ledger_floor(const struct ledger *ledger, const struct ledger_log *log, int life);
/* Where a reader must get to. */
int64_t ledger_end(const struct ledger *ledger, const struct ledger_log *log);
/* The name of the log, for messages; a static buffer. */
const char *ledger_name(const struct ledger_log *log);

/* The broker is dead: ledger_died, and of each log what it knew to be on disk (-1: not seen). */
void ledger_died(struct ledger *ledger, bool tail_may_go);
void ledger_log_died(struct ledger *ledger, struct ledger_log *log, int64_t recovery_point);
/* A sync has failed, and the broker could not note that down. */
void ledger_trusts_no_sync(struct ledger *ledger);
/* It serves again: ledger_restarted, and of each log that is there where it ends. */
void ledger_restarted(struct ledger *ledger, int life);
void ledger_log_restarted(struct ledger *ledger, struct ledger_log *log, int64_t end);

/*
 * A cluster's: all replicas of the log have lost their memory, and below `floor`
 * nothing is lost. The rest counts again when it is served or acknowledged again, or when
 * ledger_log_is_left says that whoever leads has all below `end`.
 */
void ledger_log_cut(struct ledger *ledger, struct ledger_log *log, int64_t floor);
/* The end of what counted before the cut. */
int64_t ledger_log_lost_end(const struct ledger_log *log);
void ledger_log_is_left(struct ledger *ledger, struct ledger_log *log, int64_t end);

/* ledger_unclean.c: an unclean election has begun. */
void ledger_log_is_undecided(struct ledger_log *log);
/*
 * Who was elected has all that counts from its log start up to `floor`; what counts from there on is
 * lost. How many records.
 */
uint64_t ledger_log_elected(struct ledger *ledger, struct ledger_log *log, int64_t start,
    int64_t floor);
/* No leader may lack what is known to be there. */
bool ledger_is_firm(const struct ledger_log *log, int64_t offset);
/* Nothing is known to be there. */
void ledger_forget(struct ledger *ledger, struct ledger_log *log, int64_t offset);

/* Of all that is known: no record at two places, writers' orders. */
void ledger_check_orders(struct ledger *ledger);

#endif
