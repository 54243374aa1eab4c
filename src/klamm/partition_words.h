/* klamm/partition_words.h: operands that name partitions: TOPIC for all of a topic, TOPIC:P for one. */
#ifndef KLAMM_KLAMM_PARTITION_WORDS_H
#define KLAMM_KLAMM_PARTITION_WORDS_H

#include "klamm/cluster_view.h"
#include "klamm/command.h"

struct partition_word {
	struct slice topic; /* borrows the word */
	int32_t index;      /* -1: all of the topic's */
};

/* False: it is neither TOPIC nor TOPIC:P. */
bool partition_word_parse(const char *word, struct partition_word *name);
/*
 * COMMAND_OK when every operand is one; with `some`, that there is at least one.
 * Otherwise it has complained.
 */
enum command_status partition_words_check(struct tool *tool, const struct arguments *arguments,
    bool some);
/*
 * Which of the view's partitions the operands name: an array as long as they
 * are, to be given to free(). NULL: one is not there, and it has complained.
 */
bool *partition_words_choose(struct tool *tool, const struct arguments *arguments,
    const struct cluster_view *view);

#endif
