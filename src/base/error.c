#include "base/error.h"

#include <errno.h>

#define ERROR_TEXT(name, text) text,
static const char *const texts[] = { ERROR_TABLE(ERROR_TEXT) };
#undef ERROR_TEXT

static const struct {
	int system_error;
	enum error error;
} from_system[] = {
	{ ENOENT, ERROR_NOT_FOUND },
	{ EEXIST, ERROR_EXISTS },
	{ ENOTEMPTY, ERROR_NOT_EMPTY },
	{ ENOTDIR, ERROR_NOT_DIRECTORY },
	{ EISDIR, ERROR_IS_DIRECTORY },
	{ EACCES, ERROR_PERMISSION },
	{ EPERM, ERROR_PERMISSION },
	{ EROFS, ERROR_READ_ONLY },
	{ EBUSY, ERROR_BUSY },
	{ ENOSPC, ERROR_NO_SPACE },
	{ EDQUOT, ERROR_NO_SPACE },
	{ EIO, ERROR_IO },
	{ EMFILE, ERROR_TOO_MANY_FILES },
	{ ENFILE, ERROR_TOO_MANY_FILES },
	{ ENAMETOOLONG, ERROR_NAME_TOO_LONG },
	{ EINVAL, ERROR_INVALID_ARGUMENT },
	{ EFBIG, ERROR_TOO_LARGE },
	{ ENOMEM, ERROR_NO_MEMORY },
	{ EAGAIN, ERROR_WOULD_BLOCK },
	{ ECONNREFUSED, ERROR_CONNECTION_REFUSED },
	{ ECONNRESET, ERROR_CONNECTION_RESET },
	{ EPIPE, ERROR_CONNECTION_RESET },
	{ ECONNABORTED, ERROR_CONNECTION_RESET },
	{ ENOTCONN, ERROR_CONNECTION_CLOSED },
	{ EHOSTUNREACH, ERROR_UNREACHABLE },
	{ ENETUNREACH, ERROR_UNREACHABLE },
	{ EADDRINUSE, ERROR_ADDRESS_IN_USE },
	{ EADDRNOTAVAIL, ERROR_ADDRESS_NOT_AVAILABLE },
	{ ETIMEDOUT, ERROR_TIMED_OUT },
	{ ECANCELED, ERROR_CANCELLED },
	{ EOPNOTSUPP, ERROR_UNSUPPORTED },
	{ ENOSYS, ERROR_UNSUPPORTED },
};

const char *
error_text(enum error error)
{
	if ((size_t)error >= ARRAY_LENGTH(texts))
		return "unknown error";
	return texts[error];
}

enum error
error_from_errno(int system_error)
{
	if (system_error == 0)
		return ERROR_NONE;
	for (size_t i = 0; i < ARRAY_LENGTH(from_system); i++) {
		if (from_system[i].system_error == system_error)
			return from_system[i].error;
	}
	return ERROR_UNEXPECTED;
}
