#include "klamm/consume_from.h"

#include <stdbool.h>
#include <string.h>

enum { MS_PER_SECOND = 1000, SECONDS_PER_DAY = 86400 };

/* `digits` of them, no more and no fewer; *text moves on. */
static bool
take_digits(const char **text, int digits, int64_t *value)
{
	*value = 0;
	for (int i = 0; i < digits; i++) {
		char digit = (*text)[i];

		if (digit < '0' || digit > '9')
			return false;
		*value = *value * 10 + (digit - '0');
	}
	*text += digits;
	return true;
}

static bool
take(const char **text, char wanted)
{
	if (**text != wanted)
		return false;
	(*text)++;
	return true;
}

/* All of the text is a number that fits. */
static bool
take_number(const char *text, int64_t *value)
{
	if (*text == '\0')
		return false;
	*value = 0;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9' ||
		    __builtin_mul_overflow(*value, 10, value) ||
		    __builtin_add_overflow(*value, *text - '0', value))
			return false;
	}
	return true;
}

/* Days since 1970-01-01 in the Gregorian calendar. */
static int64_t
days_of(int64_t year, int64_t month, int64_t day)
{
	static const int before[] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334 };
	bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	int64_t last = year - 1;
	int64_t days = year * 365 + last / 4 - last / 100 + last / 400;

	days += before[month - 1] + (is_leap && month > 2 ? 1 : 0) + day - 1;
	return days - (1970 * 365 + 1969 / 4 - 1969 / 100 + 1969 / 400);
}

static bool
is_day(int64_t year, int64_t month, int64_t day)
{
	static const int lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return year >= 1970 && month >= 1 && month <= 12 && day >= 1 &&
	    day <= lengths[month - 1] + (is_leap && month == 2 ? 1 : 0);
}

/* THH:MM[:SS[.mmm]], into ms. */
static bool
take_clock(const char **text, int64_t *ms)
{
	int64_t hours, minutes, seconds = 0, fraction = 0;

	if (!take_digits(text, 2, &hours) || !take(text, ':') || !take_digits(text, 2, &minutes))
		return false;
	if (take(text, ':')) {
		if (!take_digits(text, 2, &seconds))
			return false;
		if (take(text, '.') && !take_digits(text, 3, &fraction))
			return false;
	}
	*ms = ((hours * 60 + minutes) * 60 + seconds) * MS_PER_SECOND + fraction;
	return hours < 24 && minutes < 60 && seconds < 60;
}

static bool
parse_time(const char *text, int64_t *ms)
{
	int64_t year, month, day, clock_ms = 0;

	if (!take_digits(&text, 4, &year) || !take(&text, '-') || !take_digits(&text, 2, &month) ||
	    !take(&text, '-') || !take_digits(&text, 2, &day) || !is_day(year, month, day))
		return false;
	if ((take(&text, 'T') || take(&text, ' ')) && !take_clock(&text, &clock_ms))
		return false;
	(void)take(&text, 'Z');
	*ms = days_of(year, month, day) * SECONDS_PER_DAY * MS_PER_SECOND + clock_ms;
	return *text == '\0';
}

enum error
consume_from_parse(const char *text, struct consume_from *from)
{
	*from = (struct consume_from){ CONSUME_FROM_BEGINNING, 0 };
	if (strcmp(text, "beginning") == 0)
		return ERROR_NONE;
	if (strcmp(text, "end") == 0)
		from->type = CONSUME_FROM_END;
	else if (text[0] == '-' && take_number(text + 1, &from->value))
		from->type = CONSUME_FROM_LAST;
	else if (text[0] == '@' && take_number(text + 1, &from->value))
		from->type = CONSUME_FROM_TIME;
	else if (take_number(text, &from->value))
		from->type = CONSUME_FROM_OFFSET;
	else if (parse_time(text, &from->value))
		from->type = CONSUME_FROM_TIME;
	else
		return ERROR_INVALID_ARGUMENT;
	return ERROR_NONE;
}

enum error
consume_from_offset(const struct consume_from *from, int64_t first, int64_t end, int64_t at_time,
    int64_t *offset)
{
	switch (from->type) {
	case CONSUME_FROM_BEGINNING:
		*offset = first;
		break;
	case CONSUME_FROM_END:
		*offset = end;
		break;
	case CONSUME_FROM_LAST:
		*offset = from->value < end - first ? end - from->value : first;
		break;
	case CONSUME_FROM_TIME:
		*offset = at_time >= 0 ? at_time : end;
		break;
	case CONSUME_FROM_OFFSET:
		if (from->value > end)
			return ERROR_OUT_OF_RANGE;
		*offset = MAX(from->value, first);
		break;
	}
	return ERROR_NONE;
}
