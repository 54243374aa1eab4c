#include "wire/batch_verdict.h"

#include <assert.h>

#define VERDICT_ROW(name, code) [BATCH_VERDICT_##name] = { #name, code },
static const struct {
	const char *name;
	int16_t kafka_code;
} verdicts[] = { BATCH_VERDICT_TABLE(VERDICT_ROW) };

int16_t
batch_verdict_kafka_code(enum batch_verdict verdict)
{
	assert(verdict < BATCH_VERDICT_COUNT);
	return verdicts[verdict].kafka_code;
}

const char *
batch_verdict_name(enum batch_verdict verdict)
{
	assert(verdict < BATCH_VERDICT_COUNT);
	return verdicts[verdict].name;
}
