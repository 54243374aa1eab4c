#include <string.h>

#include "world/coord_zookeeper_private.h"

/* The library's callback has no argument for its user; it calls us on the thread that called it. */
static _Thread_local struct zookeeper_session *speaker;

void
zookeeper_log_speaker(struct zookeeper_session *it)
{
	speaker = it;
}

/* "DATE TIME:PROCESS:ZOO_LEVEL@FUNCTION@LINE: text" */
const char *
zookeeper_log_parse(const char *line, enum logger_level *level)
{
	static const struct {
		const char *mark;
		enum logger_level level;
	} levels[] = {
		{ ":ZOO_ERROR@", LOGGER_WARN },
		{ ":ZOO_WARN@", LOGGER_WARN },
		{ ":ZOO_INFO@", LOGGER_DEBUG },
		{ ":ZOO_DEBUG@", LOGGER_DEBUG },
	};

	*level = LOGGER_WARN;
	for (size_t i = 0; i < ARRAY_LENGTH(levels); i++) {
		const char *at = strstr(line, levels[i].mark);
		const char *text = at != NULL ? strstr(at + 1, ": ") : NULL;

		if (text == NULL)
			continue;
		*level = levels[i].level;
		return text + 2;
	}
	return line;
}

/*
 * While ZooKeeper is away the library repeats itself several times a second:
 * the first complaint after a lost connection is heard, the others at debug.
 */
void
zookeeper_log_line(const char *line)
{
	enum logger_level level;
	const char *text = zookeeper_log_parse(line, &level);

	if (speaker == NULL || speaker->logger == NULL)
		return;
	if (level == LOGGER_WARN && speaker->complained)
		level = LOGGER_DEBUG;
	if (level == LOGGER_WARN)
		speaker->complained = true;
	logger_write(speaker->logger, level, "zookeeper client: %s", text);
}
