#include "config/number.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/macros.h"

static bool
is_digit(uint8_t byte)
{
	return byte >= '0' && byte <= '9';
}

enum error
config_number_integer(struct slice text, int64_t *value)
{
	bool negative = text.size > 0 && text.bytes[0] == '-';
	size_t at = text.size > 0 && (negative || text.bytes[0] == '+');
	int64_t sum = 0; /* kept below zero, where there is one more */
	bool overflow = false;

	if (at == text.size)
		return ERROR_MALFORMED;
	for (; at < text.size; at++) {
		if (!is_digit(text.bytes[at]))
			return ERROR_MALFORMED;
		overflow |= __builtin_mul_overflow(sum, 10, &sum);
		overflow |= __builtin_sub_overflow(sum, text.bytes[at] - '0', &sum);
	}
	if (overflow || (!negative && sum == INT64_MIN))
		return ERROR_OUT_OF_RANGE;
	*value = negative ? sum : -sum;
	return ERROR_NONE;
}

static size_t
skip_digits(struct slice text, size_t at)
{
	while (at < text.size && is_digit(text.bytes[at]))
		at++;
	return at;
}

static size_t
skip_sign(struct slice text, size_t at)
{
	return at + (at < text.size && (text.bytes[at] == '-' || text.bytes[at] == '+'));
}

/* Java also takes hexadecimal, "NaN" and a closing d or f, which nobody writes here. */
static bool
is_real(struct slice text)
{
	size_t begin = skip_sign(text, 0);
	size_t at = skip_digits(text, begin);
	size_t digits = at - begin;

	if (at < text.size && text.bytes[at] == '.') {
		size_t after = skip_digits(text, at + 1);
		digits += after - at - 1;
		at = after;
	}
	if (digits > 0 && at < text.size && (text.bytes[at] == 'e' || text.bytes[at] == 'E')) {
		size_t exponent = skip_sign(text, at + 1);
		at = skip_digits(text, exponent);
		if (at == exponent)
			return false;
	}
	return digits > 0 && at == text.size;
}

enum error
config_number_real(struct slice text, double *value)
{
	char copy[64];

	if (!is_real(text))
		return ERROR_MALFORMED;
	if (text.size >= sizeof(copy))
		return ERROR_OUT_OF_RANGE;
	memcpy(copy, text.bytes, text.size);
	copy[text.size] = '\0';
	*value = strtod(copy, NULL);
	return isfinite(*value) ? ERROR_NONE : ERROR_OUT_OF_RANGE;
}

/* The digits of "d.ddde+xx" in Java's way: plain from 1e-3 up to 1e7, else with E. */
static void
print_digits(const char *digits, size_t count, int exponent, bool negative, char *text)
{
	char plain[CONFIG_NUMBER_SIZE - 8]; /* 17 digits, at most three zeros and a point */
	size_t at = 0;
	int dot = exponent >= -3 && exponent < 7 ? exponent : 0;

	for (int i = MIN(dot, 0); i <= MAX((int)count - 1, dot + 1); i++) {
		plain[at++] = i >= 0 && (size_t)i < count ? digits[i] : '0';
		if (i == dot)
			plain[at++] = '.';
	}
	plain[at] = '\0';
	snprintf(text, CONFIG_NUMBER_SIZE, "%s%s", negative ? "-" : "", plain);
	if (dot != exponent) {
		size_t size = strlen(text);
		snprintf(text + size, CONFIG_NUMBER_SIZE - size, "E%d", exponent);
	}
}

void
config_number_print_real(double value, char text[CONFIG_NUMBER_SIZE])
{
	char shortest[CONFIG_NUMBER_SIZE];
	char digits[CONFIG_NUMBER_SIZE];
	size_t count = 0;

	assert(isfinite(value));
	if (value == 0) {
		snprintf(text, CONFIG_NUMBER_SIZE, "%s0.0", signbit(value) ? "-" : "");
		return;
	}
	for (int precision = 0; precision <= 16; precision++) {
		snprintf(shortest, sizeof(shortest), "%.*e", precision, fabs(value));
		if (strtod(shortest, NULL) == fabs(value))
			break;
	}
	const char *exponent = strchr(shortest, 'e');
	for (const char *at = shortest; at < exponent; at++) {
		if (*at != '.')
			digits[count++] = *at;
	}
	print_digits(digits, count, (int)strtol(exponent + 1, NULL, 10), value < 0, text);
}

/* How many -IV each version has, 0 where its name stands alone (MetadataVersion of 3.9). */
static const struct {
	const char *name;
	int number;
	int revisions;
} versions[] = {
	{ "0.8.0", 8, 0 }, { "0.8.1", 8, 0 }, { "0.8.2", 8, 0 }, { "0.9.0", 9, 0 },
	{ "0.10.0", 10, 2 }, { "0.10.1", 10, 3 }, { "0.10.2", 10, 1 }, { "0.11.0", 11, 3 },
	{ "1.0", 100, 1 }, { "1.1", 101, 1 }, { "2.0", 200, 2 }, { "2.1", 201, 3 },
	{ "2.2", 202, 2 }, { "2.3", 203, 2 }, { "2.4", 204, 2 }, { "2.5", 205, 1 },
	{ "2.6", 206, 1 }, { "2.7", 207, 3 }, { "2.8", 208, 2 }, { "3.0", 300, 2 },
	{ "3.1", 301, 1 }, { "3.2", 302, 1 }, { "3.3", 303, 4 }, { "3.4", 304, 1 },
	{ "3.5", 305, 3 }, { "3.6", 306, 3 }, { "3.7", 307, 5 }, { "3.8", 308, 1 },
	{ "3.9", 309, 1 }, { "4.0", 400, 2 },
};

/* What follows the name of a version: nothing, a patch level, or one of its revisions. */
static bool
is_version_end(const char *end, int revisions)
{
	char expected[16];

	if (*end == '\0' || *end == '.')
		return true;
	for (int i = 0; i < revisions; i++) {
		snprintf(expected, sizeof(expected), "-IV%d", i);
		if (strcmp(end, expected) == 0)
			return true;
	}
	return false;
}

/* Its place in the table; -1 when Kafka 3.9 does not know it. */
static int
find_version(const char *text)
{
	for (size_t i = 0; i < ARRAY_LENGTH(versions); i++) {
		size_t size = strlen(versions[i].name);
		if (strncmp(text, versions[i].name, size) == 0 &&
		    is_version_end(text + size, versions[i].revisions))
			return (int)i;
	}
	return -1;
}

int
config_number_version(const char *text)
{
	int at = find_version(text);

	return at < 0 ? 0 : versions[at].number;
}

int32_t
config_number_level(const char *text)
{
	int at = find_version(text);
	const char *revision = strstr(text, "-IV");

	if (at < 0)
		return 0;
	return versions[at].number * 100 + (revision != NULL ? revision[3] - '0' :
	    MAX(versions[at].revisions - 1, 0));
}
