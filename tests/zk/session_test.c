/*
 * tests/zk/session_test: the session, the real end of the coordination port
 * and the guardian with Debian's ZooKeeper, which it starts and stops itself.
 */
#include "session_test.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../world/check.h"

const char *
servers_of(const struct ensemble *ensemble, const char *rest)
{
	static char texts[8][128];
	static unsigned next;
	char *text = texts[next++ % 8];

	snprintf(text, sizeof(texts[0]), "127.0.0.1:%u%s", ensemble->port, rest);
	return text;
}

#ifdef __SANITIZE_THREAD__
/*
 * The library is for one thread, and has a static buffer for its log's lines.
 * A daemon has one control thread; here each client has one.
 */
const char *__tsan_default_suppressions(void);

const char *
__tsan_default_suppressions(void)
{
	return "race:libzookeeper_st.so\n";
}
#endif

static int
remove_entry(const char *path, const struct stat *status, int type, struct FTW *place)
{
	(void)status;
	(void)type;
	(void)place;
	return remove(path);
}

int
main(int argc, char **argv)
{
	char folder[] = "/tmp/klamm-session-test-XXXXXX";
	struct ensemble ensemble = { 0 };

	if (argc > 1)
		return session_process_main(argc, argv);
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (mkdtemp(folder) == NULL)
		return 1;
	if (ensemble_start(&ensemble, folder)) {
		session_calls_test(&ensemble);
		session_process_test(&ensemble, folder);
		session_faults_test(&ensemble);
	} else {
		CHECK(!"ZooKeeper starts (Debian packages zookeeper and default-jre-headless)");
	}
	ensemble_kill(&ensemble);
	(void)nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	return check_summary("session_test");
}
