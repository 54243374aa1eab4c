/*
 * base/logger.h: the daemon's log. One line a call; control characters and
 * what is not UTF-8 are escaped, so that no peer forges a line. Only edges
 * log, machines do not. There is no global logger: who logs was given one.
 */
#ifndef KLAMM_BASE_LOGGER_H
#define KLAMM_BASE_LOGGER_H

#include "base/macros.h"

enum logger_level { LOGGER_ERROR, LOGGER_WARN, LOGGER_INFO, LOGGER_DEBUG, LOGGER_LEVEL_COUNT };

struct logger {
	enum logger_level level;
	/* Takes a finished line without newline; called by any thread. */
	void (*sink)(struct logger *logger, enum logger_level level, const char *line);
};

/* A line longer than 2 KiB is cut, and says so. */
void logger_write(struct logger *logger, enum logger_level level, const char *format, ...)
    PRINTF_LIKE(3, 4);

#define log_error(logger, ...) logger_write(logger, LOGGER_ERROR, __VA_ARGS__)
#define log_warn(logger, ...) logger_write(logger, LOGGER_WARN, __VA_ARGS__)
#define log_info(logger, ...) logger_write(logger, LOGGER_INFO, __VA_ARGS__)
#define log_debug(logger, ...) logger_write(logger, LOGGER_DEBUG, __VA_ARGS__)

const char *logger_level_name(enum logger_level level);

#endif
