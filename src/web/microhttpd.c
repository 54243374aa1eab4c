#include "web/microhttpd.h"

#include <dlfcn.h>
#include <string.h>

#include "base/macros.h"

/* The ABI of the header that this is built with. */
#define LIBRARY "libmicrohttpd.so.12"

const char *
microhttpd_load(struct microhttpd *it)
{
	const struct {
		const char *name;
		void *at;
	} functions[] = {
#define MICROHTTPD_ENTRY(name) { #name, &it->name },
		MICROHTTPD_FUNCTIONS(MICROHTTPD_ENTRY)
#undef MICROHTTPD_ENTRY
	};

	it->library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	if (it->library == NULL)
		return dlerror();
	for (size_t i = 0; i < ARRAY_LENGTH(functions); i++) {
		void *function = dlsym(it->library, functions[i].name);

		if (function == NULL) {
			microhttpd_unload(it);
			return LIBRARY " lacks a function";
		}
		/* POSIX: a function's address has the representation of an object's. */
		memcpy(functions[i].at, &function, sizeof(function));
	}
	return NULL;
}

void
microhttpd_unload(struct microhttpd *it)
{
	if (it->library != NULL)
		(void)dlclose(it->library);
	it->library = NULL;
}
