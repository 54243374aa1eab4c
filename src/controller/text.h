/* controller/text.h: messages for people, in an arena. Private. */
#ifndef KLAMM_CONTROLLER_TEXT_H
#define KLAMM_CONTROLLER_TEXT_H

#include <stdarg.h>

#include "base/arena.h"
#include "base/macros.h"

/* Cut after 4 KiB. */
const char *text_format(struct arena *arena, const char *format, va_list arguments)
    PRINTF_LIKE(2, 0);
const char *text_new(struct arena *arena, const char *format, ...) PRINTF_LIKE(2, 3);
/* NULL of NULL, and at the arena's cap. */
const char *text_copy(struct arena *arena, const char *text);

#endif
