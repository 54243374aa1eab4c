/* Which dirs have failed, noted where a restart finds it (F21). */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "log/log_dirs_private.h"

void
log_dirs_note_failure(struct log_dirs *dirs, const struct log_dir *dir)
{
	if (failure_note_has(&dirs->failed, dir->path))
		return;
	failure_note_add(&dirs->failed, dir->path);
	dirs->notes_due = true;
}

void
log_dirs_read_notes(struct log_dirs *dirs)
{
	for (int i = 0; i < dirs->count; i++) {
		struct log_dir *dir = &dirs->dirs[i];
		char path[LOG_PATH_SIZE];

		if (dir->state != ERROR_NONE)
			continue;
		enum error error = log_dir_path(dir, path, FAILURE_NOTE_FILE);
		if (error == ERROR_NONE)
			error = failure_note_read(&dir->noted, dir->disk, path);
		if (error != ERROR_NONE)
			(void)log_dir_fail(dir, error, "%s: %s", path, error_text(error));
		else
			failure_note_merge(&dirs->failed, &dir->noted);
	}
	for (int i = 0; i < dirs->count; i++)
		dirs->dirs[i].sync_first = failure_note_has(&dirs->failed, dirs->dirs[i].path);
}

void
log_dirs_recovered(struct log_dirs *dirs, struct log_dir *dir)
{
	bool waiting = false;

	if (!dir->sync_first || dir->loading > 0 || dir->state != ERROR_NONE)
		return;
	dir->sync_first = false;
	failure_note_remove(&dirs->failed, dir->path);
	for (int i = 0; i < dirs->count; i++)
		waiting |= dirs->dirs[i].sync_first;
	if (!waiting)
		dirs->failed.all = false;
	dirs->notes_due = true;
}

bool
log_dirs_notes_are_due(const struct log_dirs *dirs)
{
	return dirs->notes_due;
}

/* The dirs that are to hold the note: those that work, else any, as well as they can. */
void
log_notes_prepare(struct log_dirs *dirs, struct log_notes_job *job)
{
	bool any_online = log_dirs_online_count(dirs) > 0;

	*job = (struct log_notes_job){ .disk = dirs->options.disk };
	buffer_init(&job->text);
	failure_note_format(&dirs->failed, &job->text);
	job->dirs = memory_array((size_t)dirs->count, sizeof(job->dirs[0]));
	job->errors = memory_array((size_t)dirs->count, sizeof(job->errors[0]));
	for (int i = 0; i < dirs->count; i++) {
		if (dirs->dirs[i].state == ERROR_NONE || !any_online)
			job->dirs[job->count++] = &dirs->dirs[i];
	}
	dirs->notes_due = false;
}

void
log_notes_run(struct log_notes_job *job)
{
	char path[LOG_PATH_SIZE];

	for (int i = 0; i < job->count; i++) {
		enum error error = log_dir_path(job->dirs[i], path, FAILURE_NOTE_FILE);

		if (error == ERROR_NONE)
			error = failure_note_write(job->disk, path, buffer_slice(&job->text));
		job->errors[i] = error;
	}
}

enum error
log_notes_done(struct log_dirs *dirs, struct log_notes_job *job)
{
	enum error best = job->count > 0 ? job->errors[0] : ERROR_NONE;

	for (int i = 0; i < job->count; i++) {
		enum error error = job->errors[i];

		if (error == ERROR_NONE)
			best = ERROR_NONE; /* one that says it is enough */
		else if (error == ERROR_NO_SPACE || error == ERROR_TOO_MANY_FILES)
			dirs->notes_due = true;
		else if (job->dirs[i]->state == ERROR_NONE)
			log_dirs_set_offline(dirs, job->dirs[i], error);
	}
	/* As long as nobody has it a restart would trust what the page cache shows. */
	dirs->notes_due |= best != ERROR_NONE;
	buffer_fini(&job->text);
	free(job->dirs);
	free(job->errors);
	job->count = 0;
	return best;
}

enum error
log_dirs_write_notes(struct log_dirs *dirs)
{
	struct log_notes_job job;
	enum error error = ERROR_NONE;

	/* A holder that fails takes another turn, a full disk does not. */
	for (int i = 0; i < dirs->count && dirs->notes_due; i++) {
		log_notes_prepare(dirs, &job);
		log_notes_run(&job);
		error = log_notes_done(dirs, &job);
	}
	return error;
}
