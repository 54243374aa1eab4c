/* base/macros.h: attributes and helpers that the language lacks. */
#ifndef KLAMM_BASE_MACROS_H
#define KLAMM_BASE_MACROS_H

#include <stddef.h>
#include <stdint.h>

/* A result that the caller may not ignore. */
#define NODISCARD __attribute__((warn_unused_result))
#define PRINTF_LIKE(format_at, first_at) __attribute__((format(printf, format_at, first_at)))
#define UNUSED __attribute__((unused))
#define NORETURN __attribute__((noreturn))

/* The struct of `type` (const, where wanted) whose `member` is at `pointer`. */
#define container_of(pointer, type, member) \
	((type *)((uintptr_t)(pointer) - offsetof(type, member)))

#define ARRAY_LENGTH(array) (sizeof(array) / sizeof((array)[0]))

#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))

#endif
