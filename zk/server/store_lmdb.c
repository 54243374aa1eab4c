#include "zk/server/store_lmdb.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/memory.h"

enum { FIRST_MAP_BYTES = 16 << 20, FILE_MODE = 0600, FOLDER_MODE = 0700 };

struct store_lmdb {
	struct store store;
	struct logger *logger;
	char *folder;
	int lock;               /* of the folder: LMDB itself would share it */
	MDB_env *env;           /* NULL after an error that it does not survive */
	MDB_dbi records;
};

static enum error
tell(struct store_lmdb *it, const char *what, int status)
{
	enum error error = status > 0 ? error_from_errno(status) :
	    status == MDB_CORRUPTED || status == MDB_PAGE_NOTFOUND || status == MDB_INVALID ||
	    status == MDB_VERSION_MISMATCH ? ERROR_CORRUPT : ERROR_UNEXPECTED;

	log_error(it->logger, "embedded ZooKeeper: %s: %s: %s", it->folder, what,
	    mdb_strerror(status));
	return error;
}

/* LMDB calls a short write EIO, and a full disk makes it one. */
static int
true_cause(const struct store_lmdb *it, int status)
{
	enum { FEW_BLOCKS = 16 };
	struct statvfs disk;

	if (status == EIO && fstatvfs(it->lock, &disk) == 0 && disk.f_bavail < FEW_BLOCKS)
		return ENOSPC;
	return status;
}

static enum error
make_folder(struct store_lmdb *it)
{
	if (mkdir(it->folder, FOLDER_MODE) == -1 && errno != EEXIST)
		return tell(it, "cannot make the folder", errno);
	it->lock = open(it->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (it->lock == -1)
		return tell(it, "cannot open the folder", errno);
	if (flock(it->lock, LOCK_EX | LOCK_NB) == 0)
		return ERROR_NONE;
	if (errno != EWOULDBLOCK)
		return tell(it, "cannot lock the folder", errno);
	log_error(it->logger, "embedded ZooKeeper: %s: another process is using it", it->folder);
	return ERROR_BUSY;
}

/* The default database; its name-less handle needs a transaction to be had. */
static int
open_records(struct store_lmdb *it)
{
	MDB_txn *transaction;
	int status = mdb_txn_begin(it->env, NULL, 0, &transaction);

	if (status != 0)
		return status;
	status = mdb_dbi_open(transaction, NULL, 0, &it->records);
	if (status != 0) {
		mdb_txn_abort(transaction);
		return status;
	}
	return mdb_txn_commit(transaction);
}

static void
close_env(struct store_lmdb *it)
{
	if (it->env != NULL)
		mdb_env_close(it->env);
	it->env = NULL;
}

/* MDB_NOLOCK: the folder is ours alone, and no two of our transactions overlap. */
static enum error
open_env(struct store_lmdb *it)
{
	int status = mdb_env_create(&it->env);

	if (status == 0)
		status = mdb_env_set_mapsize(it->env, FIRST_MAP_BYTES);
	if (status == 0)
		status = mdb_env_open(it->env, it->folder, MDB_NOLOCK | MDB_NOTLS, FILE_MODE);
	if (status == 0)
		status = open_records(it);
	/* A new file is there only when its folder knows of it. */
	if (status == 0 && fsync(it->lock) == -1)
		status = errno;
	if (status == 0)
		return ERROR_NONE;
	close_env(it);
	return tell(it, "cannot open the database", status);
}

static enum error
lmdb_load(struct store *store, struct store_visitor *visitor)
{
	struct store_lmdb *it = container_of(store, struct store_lmdb, store);
	MDB_cursor *cursor = NULL;
	MDB_txn *transaction = NULL;
	enum error error = ERROR_NONE;
	MDB_val key, value;
	int status = mdb_txn_begin(it->env, NULL, MDB_RDONLY, &transaction);

	if (status == 0)
		status = mdb_cursor_open(transaction, it->records, &cursor);
	while (status == 0 && error == ERROR_NONE) {
		status = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
		if (status == 0)
			error = visitor->visit(visitor, slice_of(key.mv_data, key.mv_size),
			    slice_of(value.mv_data, value.mv_size));
	}
	if (cursor != NULL)
		mdb_cursor_close(cursor);
	if (transaction != NULL)
		mdb_txn_abort(transaction);
	if (status != 0 && status != MDB_NOTFOUND)
		return tell(it, "cannot be read", status);
	return error;
}

static int
put(struct store_lmdb *it, MDB_txn *transaction, const struct store_change *change)
{
	MDB_val key = { change->key.size, (void *)(uintptr_t)change->key.bytes };
	MDB_val value = { change->value.size, (void *)(uintptr_t)change->value.bytes };
	int status;

	if (!slice_is_null(change->value))
		return mdb_put(transaction, it->records, &key, &value, 0);
	status = mdb_del(transaction, it->records, &key, NULL);
	return status == MDB_NOTFOUND ? 0 : status;
}

static int
try_commit(struct store_lmdb *it, const struct store_change *changes, size_t count)
{
	MDB_txn *transaction;
	int status = mdb_txn_begin(it->env, NULL, 0, &transaction);

	if (status != 0)
		return status;
	for (size_t i = 0; i < count && status == 0; i++)
		status = put(it, transaction, &changes[i]);
	if (status == 0)
		return mdb_txn_commit(transaction);
	mdb_txn_abort(transaction);
	return status;
}

static int
grow(struct store_lmdb *it)
{
	MDB_envinfo info;
	int status = mdb_env_info(it->env, &info);

	return status != 0 ? status : mdb_env_set_mapsize(it->env, info.me_mapsize * 2);
}

static enum error
lmdb_commit(struct store *store, const struct store_change *changes, size_t count)
{
	struct store_lmdb *it = container_of(store, struct store_lmdb, store);
	int status;

	if (it->env == NULL) {
		enum error error = open_env(it);

		if (error != ERROR_NONE)
			return error;
	}
	status = try_commit(it, changes, count);
	while (status == MDB_MAP_FULL) {
		status = grow(it);
		if (status == 0)
			status = try_commit(it, changes, count);
	}
	if (status == 0)
		return ERROR_NONE;
	/* What a failed write left in memory is not to be built upon. */
	close_env(it);
	return tell(it, "cannot be written", true_cause(it, status));
}

static const struct store_ops lmdb_ops = { .load = lmdb_load, .commit = lmdb_commit };

enum error
store_lmdb_open(const char *folder, struct logger *logger, struct store **store)
{
	struct store_lmdb *it = memory_new(sizeof(*it));
	enum error error;

	it->store.ops = &lmdb_ops;
	it->logger = logger;
	it->folder = memory_text(folder, strlen(folder));
	it->lock = -1;
	error = make_folder(it);
	if (error == ERROR_NONE)
		error = open_env(it);
	if (error != ERROR_NONE)
		store_lmdb_close(&it->store);
	*store = error == ERROR_NONE ? &it->store : NULL;
	return error;
}

void
store_lmdb_close(struct store *store)
{
	struct store_lmdb *it = container_of(store, struct store_lmdb, store);

	close_env(it);
	if (it->lock != -1)
		close(it->lock);
	free(it->folder);
	free(it);
}
