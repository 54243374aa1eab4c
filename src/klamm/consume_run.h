/* klamm/consume_run.h: the loop around librdkafka's consumer: print, commit, end. */
#ifndef KLAMM_KLAMM_CONSUME_RUN_H
#define KLAMM_KLAMM_CONSUME_RUN_H

#include "klamm/data_client.h"

/* What is read, and until when. */
struct consume_plan {
	const char *topic;
	const char *group;         /* NULL: none, and nothing is committed */
	int64_t count;             /* of records; INT64_MAX: all */
	bool exit_at_end;
	const char *format;        /* NULL: JSON */
	const char *null_text;
	/*
	 * Without a group: the partitions, each with the offset to begin at; `ends`
	 * has in the same order the offset at which each ended.
	 */
	rd_kafka_topic_partition_list_t *starts;
	const int64_t *ends;
};

/* Takes `conf`, which data_client_conf made of `data`. */
enum command_status consume_run(struct tool *tool, const struct consume_plan *plan,
    struct data_client *data, rd_kafka_conf_t *conf);

#endif
