#include "zk/node_acl.h"

#include "base/macros.h"

#define TEXT(text) { (const uint8_t *)(text), sizeof(text) - 1 }

static const struct znode_acl_entry open_to_all[] = {
	{ ZNODE_ALL, { TEXT("world"), TEXT("anyone") } },
};
static const struct znode_acl_entry creator_and_readers[] = {
	{ ZNODE_ALL, { TEXT("auth"), TEXT("") } },
	{ ZNODE_READ, { TEXT("world"), TEXT("anyone") } },
};

static bool
starts_with(struct slice path, const char *prefix)
{
	size_t size = strlen(prefix);

	return path.size >= size && memcmp(path.bytes, prefix, size) == 0;
}

/* Names that only begin alike are taken along, as Kafka does. */
static bool
holds_secrets(struct slice path)
{
	static const char *const roots[] = { "/config/users", "/config/brokers",
		"/delegation_token/tokens" };

	for (size_t i = 0; i < ARRAY_LENGTH(roots); i++)
		if (starts_with(path, roots[i]))
			return true;
	return false;
}

struct znode_acl
node_acl_of(bool set_acl, struct slice path)
{
	if (!set_acl || starts_with(path, "/consumers"))
		return (struct znode_acl){ open_to_all, ARRAY_LENGTH(open_to_all) };
	return (struct znode_acl){ creator_and_readers, holds_secrets(path) ? 1 : 2 };
}
