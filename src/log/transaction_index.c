#include "log/transaction_index.h"

#include <assert.h>

#include "base/reader.h"

static int16_t
decode(const uint8_t *bytes, struct aborted_transaction *transaction)
{
	struct reader reader;

	reader_init(&reader, slice_of(bytes, TRANSACTION_INDEX_ENTRY_SIZE));
	int16_t version = reader_int16(&reader);
	transaction->producer_id = reader_int64(&reader);
	transaction->first_offset = reader_int64(&reader);
	transaction->last_offset = reader_int64(&reader);
	transaction->last_stable_offset = reader_int64(&reader);
	return version;
}

enum error
aborted_transaction_decode(const uint8_t bytes[TRANSACTION_INDEX_ENTRY_SIZE],
    struct aborted_transaction *transaction)
{
	int16_t version = decode(bytes, transaction);

	return version == TRANSACTION_INDEX_VERSION ? ERROR_NONE : ERROR_UNSUPPORTED;
}

void
aborted_transaction_encode(const struct aborted_transaction *transaction,
    uint8_t bytes[TRANSACTION_INDEX_ENTRY_SIZE])
{
	store_int16(bytes, TRANSACTION_INDEX_VERSION);
	store_int64(bytes + 2, transaction->producer_id);
	store_int64(bytes + 10, transaction->first_offset);
	store_int64(bytes + 18, transaction->last_offset);
	store_int64(bytes + 26, transaction->last_stable_offset);
}

static enum error
read_entry(struct transaction_index *index, uint32_t at, bool resident_only,
    struct aborted_transaction *transaction)
{
	uint8_t bytes[TRANSACTION_INDEX_ENTRY_SIZE];
	enum error error = index_file_read(&index->file, at, resident_only, bytes);

	return error != ERROR_NONE ? error : aborted_transaction_decode(bytes, transaction);
}

static bool
is_possible(const struct aborted_transaction *transaction)
{
	return transaction->first_offset >= 0 && transaction->last_offset >= transaction->first_offset &&
	    transaction->last_stable_offset >= 0;
}

static enum error
find_last(struct transaction_index *index)
{
	struct aborted_transaction last;

	index->last_offset = -1;
	if (index->file.count == 0)
		return ERROR_NONE;
	enum error error = read_entry(index, index->file.count - 1, false, &last);
	if (error == ERROR_UNSUPPORTED || (error == ERROR_NONE && !is_possible(&last)))
		return ERROR_CORRUPT;
	if (error == ERROR_NONE)
		index->last_offset = last.last_offset;
	return error;
}

static enum error
create(struct transaction_index *index, const struct index_place *place, const char *path)
{
	enum error error = disk_unlink(place->disk, path);

	if (error != ERROR_NONE && error != ERROR_NOT_FOUND)
		return error;
	index_file_init(&index->file, place, path, TRANSACTION_INDEX_ENTRY_SIZE, true);
	return ERROR_NONE;
}

enum error
transaction_index_open(struct transaction_index *index, const struct index_place *place,
    const char *path, enum index_file_mode mode)
{
	index->last_offset = -1;
	if (mode == INDEX_FILE_CREATE)
		return create(index, place, path);
	enum error error = index_file_open(&index->file, place, path, TRANSACTION_INDEX_ENTRY_SIZE,
	    mode);
	if (error == ERROR_NOT_FOUND) {
		index_file_init(&index->file, place, path, TRANSACTION_INDEX_ENTRY_SIZE,
		    mode == INDEX_FILE_ACTIVE);
		return ERROR_NONE;
	}
	if (error != ERROR_NONE)
		return error;
	error = find_last(index);
	if (error != ERROR_NONE)
		transaction_index_close(index);
	return error;
}

void
transaction_index_close(struct transaction_index *index)
{
	index_file_close(&index->file);
}

enum error
transaction_index_append(struct transaction_index *index,
    const struct aborted_transaction *transaction)
{
	uint8_t bytes[TRANSACTION_INDEX_ENTRY_SIZE];

	assert(is_possible(transaction));
	/* The log is the truth: entries not below its end are damage, and go. */
	enum error error = transaction_index_truncate_to(index, transaction->last_offset);
	if (error != ERROR_NONE)
		return error;
	aborted_transaction_encode(transaction, bytes);
	error = index_file_append(&index->file, bytes);
	if (error == ERROR_NONE)
		index->last_offset = transaction->last_offset;
	return error;
}

static bool
marker_is_below(const uint8_t *bytes, int64_t offset)
{
	struct aborted_transaction transaction;

	decode(bytes, &transaction); /* the version is for whoever uses the entry */
	return transaction.last_offset < offset;
}

enum error
transaction_index_collect(struct transaction_index *index, int64_t fetch_offset,
    int64_t upper_bound, bool resident_only,
    void (*add)(void *context, const struct aborted_transaction *transaction), void *context,
    bool *complete)
{
	struct aborted_transaction transaction;
	uint32_t at = 0;

	*complete = false;
	if (index->last_offset < fetch_offset)
		return ERROR_NONE;
	enum error error = index_file_partition(&index->file, marker_is_below, fetch_offset,
	    resident_only, &at);
	for (; error == ERROR_NONE && at < index->file.count; at++) {
		error = read_entry(index, at, resident_only, &transaction);
		if (error != ERROR_NONE)
			break;
		if (transaction.first_offset < upper_bound)
			add(context, &transaction);
		if (transaction.last_stable_offset >= upper_bound) {
			*complete = true;
			break;
		}
	}
	return error;
}

enum error
transaction_index_entry(struct transaction_index *index, uint32_t at,
    struct aborted_transaction *transaction)
{
	return read_entry(index, at, false, transaction);
}

enum error
transaction_index_truncate_to(struct transaction_index *index, int64_t offset)
{
	uint32_t point;

	if (offset > index->last_offset)
		return ERROR_NONE;
	enum error error = index_file_partition(&index->file, marker_is_below, offset, false, &point);
	if (error == ERROR_NONE)
		error = index_file_cut(&index->file, point);
	return error != ERROR_NONE ? error : find_last(index);
}

enum error
transaction_index_clear(struct transaction_index *index)
{
	enum error error = index_file_cut(&index->file, 0);

	return error != ERROR_NONE ? error : find_last(index);
}

enum error
transaction_index_check(struct transaction_index *index, int64_t base_offset)
{
	struct aborted_transaction transaction;
	int64_t before = base_offset - 1;

	for (uint32_t at = 0; at < index->file.count; at++) {
		enum error error = read_entry(index, at, false, &transaction);
		if (error == ERROR_UNSUPPORTED)
			return ERROR_CORRUPT;
		if (error != ERROR_NONE)
			return error;
		if (!is_possible(&transaction) || transaction.last_offset <= before)
			return ERROR_CORRUPT;
		before = transaction.last_offset;
	}
	return ERROR_NONE;
}
