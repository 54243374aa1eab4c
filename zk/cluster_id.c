#include "zk/cluster_id.h"

bool
cluster_id_from_random(const uint8_t random[16], char text[UUID_TEXT_SIZE + 1])
{
	struct uuid uuid;

	if (!uuid_from_random(random, &uuid))
		return false;
	uuid_text(uuid, text);
	return true;
}

bool
cluster_id_is_usual(struct slice text)
{
	struct uuid uuid;

	return uuid_parse(text, &uuid) == ERROR_NONE && !uuid_is_zero(uuid);
}
