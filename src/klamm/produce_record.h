/* klamm/produce_record.h: key and value of a line that is produced. */
#ifndef KLAMM_KLAMM_PRODUCE_RECORD_H
#define KLAMM_KLAMM_PRODUCE_RECORD_H

#include "base/slice.h"

struct produce_record {
	struct slice key; /* null: it has none */
	struct slice value;
};

/*
 * What stands before the first `key_separator` is the key; a line without one,
 * or any line when it is NULL, has none. A key or value that equals `null_text`
 * (NULL: nothing does) is null.
 */
struct produce_record produce_record_split(struct slice line, const char *key_separator,
    const char *null_text);

#endif
