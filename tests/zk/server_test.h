/* tests/zk/server_test.h: what the files of tests/zk/server_test share. */
#ifndef KLAMM_TESTS_ZK_SERVER_TEST_H
#define KLAMM_TESTS_ZK_SERVER_TEST_H

#include "tests/zk/raw_client.h"
#include "tests/zk/running.h"

extern struct logger server_test_logger;

bool server_test_logged(const char *text);
/* Any port, that tick, else the defaults. */
struct zk_server_options server_test_options(int64_t tick_ms);
/* Without a folder it keeps nothing. It does start. */
struct running *server_test_start(const char *folder, int64_t tick_ms);
int64_t server_test_now_ms(void);
/* A data folder. */
void server_test_remove(const char *folder);

/* server_store_test.c */
void store_tests(void);
/* server_speed.c */
void speed_measure(void);

#endif
