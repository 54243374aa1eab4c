#include "world/boot_id_posix.h"

#include <stdio.h>
#include <string.h>

void
boot_id_posix_init(struct boot_id *id)
{
	FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");

	*id = (struct boot_id){ "" };
	if (file == NULL)
		return;
	if (fgets(id->text, sizeof(id->text), file) == NULL)
		id->text[0] = '\0';
	(void)fclose(file);
	id->text[strcspn(id->text, "\n")] = '\0';
	if (!boot_id_is_sound(id->text))
		id->text[0] = '\0';
}
