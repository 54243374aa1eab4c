#include "parse_page.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <stdlib.h>

#include "base/memory.h"

static bool
is_name(const char *text, size_t size, bool colons)
{
	if (size == 0 || isdigit((unsigned char)text[0]))
		return false;
	for (size_t i = 0; i < size; i++)
		if (!isalnum((unsigned char)text[i]) && text[i] != '_' && !(colons && text[i] == ':'))
			return false;
	return true;
}

/* The labels from behind the open brace on; where they end. */
static const char *
skip_labels(const char *at)
{
	while (*at != '}') {
		const char *equals = strchr(at, '=');

		cr_assert(equals != NULL && is_name(at, (size_t)(equals - at), false), "%s", at);
		cr_assert_eq(equals[1], '"');
		for (at = equals + 2; *at != '"'; at++) {
			cr_assert_neq(*at, '\0');
			if (*at == '\\')
				cr_assert(*++at == '\\' || *at == '"' || *at == 'n');
		}
		if (*++at == ',')
			at++;
		else
			cr_assert_eq(*at, '}');
	}
	return at;
}

static void
copy(char *to, size_t room, const char *from, size_t size)
{
	cr_assert_lt(size, room);
	memcpy(to, from, size);
	to[size] = '\0';
}

static void
take_sample(struct parsed_page *page, const char *line)
{
	struct parsed_sample *sample;
	size_t size = strcspn(line, "{ ");
	struct parsed_family *family;
	const char *at = line + size;
	char *end;

	page->samples = memory_resize(page->samples, (page->sample_count + 1) * sizeof(*sample));
	sample = &page->samples[page->sample_count];
	memset(sample, 0, sizeof(*sample));
	cr_assert(is_name(line, size, true), "%s", line);
	copy(sample->name, sizeof(sample->name), line, size);
	if (*at == '{') {
		const char *close = skip_labels(at + 1);

		copy(sample->labels, sizeof(sample->labels), at + 1, (size_t)(close - at - 1));
		at = close + 1;
	}
	cr_assert_eq(*at, ' ', "%s", line);
	sample->value = strtod(at + 1, &end);
	cr_assert(end != at + 1 && *end == '\0', "%s", line);
	cr_assert_null(parsed_sample_find(page, sample->name, sample->labels), "twice: %s", line);
	cr_assert_gt(page->family_count, 0);
	family = &page->families[page->family_count - 1];
	cr_assert_str_eq(family->name, sample->name, "a sample outside its family: %s", line);
	family->samples++;
	page->sample_count++;
}

static void
take_type(struct parsed_page *page, const char *rest, const char *help_of)
{
	size_t size = strcspn(rest, " ");
	struct parsed_family *family;

	page->families = memory_resize(page->families,
	    (page->family_count + 1) * sizeof(*family));
	family = &page->families[page->family_count];
	memset(family, 0, sizeof(*family));
	copy(family->name, sizeof(family->name), rest, size);
	cr_assert_str_eq(family->name, help_of, "its help stands before it");
	copy(family->type, sizeof(family->type), rest + size + 1, strlen(rest + size + 1));
	cr_assert(strcmp(family->type, "counter") == 0 || strcmp(family->type, "gauge") == 0);
	cr_assert_null(parsed_family_find(page, family->name), "twice: %s", family->name);
	page->family_count++;
}

void
parse_page(const struct buffer *buffer, struct parsed_page *page)
{
	char *text = memory_text(buffer->bytes, buffer->size), *line = text;
	char help_of[PARSED_NAME] = "";

	*page = (struct parsed_page){ 0 };
	cr_assert(buffer->size > 0 && buffer->bytes[buffer->size - 1] == '\n');
	cr_assert_eq(strlen(text), buffer->size);
	while (*line != '\0') {
		char *end = strchr(line, '\n');

		*end = '\0';
		if (strncmp(line, "# HELP ", 7) == 0)
			copy(help_of, sizeof(help_of), line + 7, strcspn(line + 7, " "));
		else if (strncmp(line, "# TYPE ", 7) == 0)
			take_type(page, line + 7, help_of);
		else
			take_sample(page, line);
		line = end + 1;
	}
	free(text);
}

void
parsed_page_fini(struct parsed_page *page)
{
	free(page->families);
	free(page->samples);
}

const struct parsed_sample *
parsed_sample_find(const struct parsed_page *page, const char *name, const char *labels)
{
	for (size_t i = 0; i < page->sample_count; i++)
		if (strcmp(page->samples[i].name, name) == 0 &&
		    strcmp(page->samples[i].labels, labels) == 0)
			return &page->samples[i];
	return NULL;
}

const struct parsed_family *
parsed_family_find(const struct parsed_page *page, const char *name)
{
	for (size_t i = 0; i < page->family_count; i++)
		if (strcmp(page->families[i].name, name) == 0)
			return &page->families[i];
	return NULL;
}

double
parsed_value(const struct parsed_page *page, const char *name, const char *labels)
{
	const struct parsed_sample *sample = parsed_sample_find(page, name, labels);

	cr_assert_not_null(sample, "no %s{%s}", name, labels);
	return sample->value;
}
