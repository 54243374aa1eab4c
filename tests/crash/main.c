/* The program; built once more for each bug that is planted in the log room. */
#include "crash_loop.h"

#if defined(CANARY_KEEP_TORN_TAIL)
static const char name[] = "crash_loop_keep_torn_tail";
static const bool planted = true;
#elif defined(CANARY_SKIP_CRC)
static const char name[] = "crash_loop_skip_crc";
static const bool planted = true;
#elif defined(CANARY_PRODUCER_SNAPSHOT_OFF_BY_ONE)
static const char name[] = "crash_loop_snapshot_off_by_one";
static const bool planted = true;
#elif defined(CANARY_HIGH_WATERMARK_AHEAD)
static const char name[] = "crash_loop_high_watermark_ahead";
static const bool planted = true;
#else
static const char name[] = "crash_loop";
static const bool planted = false;
#endif

int
main(int argc, char **argv)
{
	return crash_loop_main(argc, argv, name, planted);
}
