#include "zk/error_text.h"

const char *
zk_error_text(enum znode_error error)
{
	switch (error) {
	case ZNODE_OK:
		return "no error";
	case ZNODE_RUNTIME_INCONSISTENCY:
		return "another operation of the same request failed";
	case ZNODE_CONNECTION_LOSS:
		return "connection lost";
	case ZNODE_MARSHALLING:
		return "a request or answer that cannot be read, or is too large";
	case ZNODE_UNIMPLEMENTED:
		return "not served by this ZooKeeper";
	case ZNODE_OPERATION_TIMEOUT:
		return "timed out";
	case ZNODE_BAD_ARGUMENTS:
		return "bad arguments";
	case ZNODE_NO_NODE:
		return "no such node";
	case ZNODE_NO_AUTH:
		return "not permitted by the node's ACL";
	case ZNODE_BAD_VERSION:
		return "the node has another version";
	case ZNODE_NO_CHILDREN_FOR_EPHEMERALS:
		return "an ephemeral node has no children";
	case ZNODE_NODE_EXISTS:
		return "the node is there already";
	case ZNODE_NOT_EMPTY:
		return "the node has children";
	case ZNODE_SESSION_EXPIRED:
		return "session expired";
	case ZNODE_INVALID_ACL:
		return "invalid ACL";
	case ZNODE_AUTH_FAILED:
		return "authentication failed";
	case ZNODE_SESSION_MOVED:
		return "the session has moved to another server";
	case ZNODE_NO_WATCHER:
		return "no such watch";
	}
	return "an unknown error";
}
