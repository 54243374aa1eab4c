/*
 * tests/fuzz/fuzz.h: a fuzz target is one file TARGET_fuzz.c with one function,
 *
 *	FUZZ_TARGET(TARGET)
 *	{
 *		... `bytes` and `size` are what came; assert what must hold ...
 *		return 0;
 *	}
 *
 * an X(TARGET) in the list below, a folder corpus/TARGET with inputs, and its
 * lines in Makefile.inc. Compiled with FUZZ_ALONE it is a program for
 * libFuzzer; otherwise replay.c calls it with each file of its corpus.
 */
#ifndef KLAMM_TESTS_FUZZ_FUZZ_H
#define KLAMM_TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

#define FUZZ_TARGETS(X) \
	X(batch) \
	X(compression) \
	X(config) \
	X(group_log) \
	X(log_files) \
	X(message) \
	X(message_set) \
	X(request) \
	X(tool_words) \
	X(zk_request) \
	X(znode)

#define FUZZ_DECLARE(name) int fuzz_##name(const uint8_t *bytes, size_t size);
FUZZ_TARGETS(FUZZ_DECLARE)
#undef FUZZ_DECLARE

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

#ifdef FUZZ_ALONE
#define FUZZ_TARGET(name) int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
#else
#define FUZZ_TARGET(name) int fuzz_##name(const uint8_t *bytes, size_t size)
#endif

#endif
