/* crash/tree.h: a folder with all that is in it. All end the process when the system fails them. */
#ifndef KLAMM_TESTS_CRASH_TREE_H
#define KLAMM_TESTS_CRASH_TREE_H

#include <stdbool.h>
#include <stdint.h>

/* Of names and contents, in order of the names. */
uint64_t tree_hash(const char *path);
/* `to` is made, and must not exist. */
void tree_copy(const char *from, const char *to);
/* Nothing happens when it does not exist. */
void tree_remove(const char *path);
/* Removes the files whose name ends so; how many. */
int tree_remove_files(const char *path, const char *suffix);
/* Is there a file of this name in one of the folders below? */
bool tree_has(const char *path, const char *name);
/* A line for each file with size and hash, for people. */
void tree_print(const char *path);

#endif
