/*
 * Decodes what stands at a kind of path and encodes it again: for the golden
 * znodes, for the fuzzer, and for tests that read best as text in, text out.
 */
#ifndef KLAMM_TESTS_UNIT_ZK_RECODE_H
#define KLAMM_TESTS_UNIT_ZK_RECODE_H

#include "zk/paths.h"
#include "zk/payload.h"

/* Whether znodes of this kind may hold data. */
bool recode_has_data(enum paths_kind kind);
/* Whether null is as good as data there. */
bool recode_may_be_null(enum paths_kind kind);
/* Appends to `out`; of a kind that has data. The arena's cap is `cap`. */
NODISCARD enum error recode(enum paths_kind kind, struct slice data, size_t cap, struct buffer *out,
    struct payload_complaint *complaint);

/*
 * The same for tests: the text again, or "!" and the complaint. Lives until
 * the next call.
 */
const char *recode_text(enum paths_kind kind, const char *text);

#endif
