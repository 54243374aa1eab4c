#include "controller/text.h"

#include <stdio.h>
#include <string.h>

enum { TEXT_MAX = 4096 };

const char *
text_format(struct arena *arena, const char *format, va_list arguments)
{
	char text[TEXT_MAX];
	int size = vsnprintf(text, sizeof(text), format, arguments);

	return arena_text(arena, text, MIN((size_t)MAX(size, 0), sizeof(text) - 1));
}

const char *
text_new(struct arena *arena, const char *format, ...)
{
	const char *text;
	va_list arguments;

	va_start(arguments, format);
	text = text_format(arena, format, arguments);
	va_end(arguments);
	return text;
}

const char *
text_copy(struct arena *arena, const char *text)
{
	return text == NULL ? NULL : arena_text(arena, text, strlen(text));
}
