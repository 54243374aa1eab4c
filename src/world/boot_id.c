#include "world/boot_id.h"

#include <string.h>

bool
boot_id_is_sound(const char *text)
{
	static const char allowed[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-";
	size_t size = strlen(text);

	return size > 0 && size < BOOT_ID_SIZE && strspn(text, allowed) == size;
}

bool
boot_id_equal(const struct boot_id *id, const struct boot_id *other)
{
	return id->text[0] != '\0' && strcmp(id->text, other->text) == 0;
}
