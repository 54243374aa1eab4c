/* What log dirs keep for the protection of last replicas: entries, and the boot id (F17). */
#include <stdio.h>

#include "log/boot_id_file.h"
#include "log/log_dirs_private.h"
#include "log/whole_file.h"

void
log_shrunk_prepare(struct log_dirs *dirs, struct log_dir *dir, bool writes_boot_id,
    struct log_shrunk_job *job)
{
	dir->boot_id_due |= writes_boot_id;
	*job = (struct log_shrunk_job){ .dir = dir, .writes_boot_id = dir->boot_id_due,
		.boot_id = dirs->options.boot_id };
	dir->has_shrunk_isrs = true;
	buffer_init(&job->text);
	shrunk_isr_checkpoint_format(&dir->shrunk_isrs, &job->text);
}

void
log_shrunk_run(struct log_shrunk_job *job)
{
	struct log_dir *dir = job->dir;
	char path[LOG_PATH_SIZE];

	job->error = log_dir_path(dir, path, SHRUNK_ISR_CHECKPOINT);
	if (job->error == ERROR_NONE)
		job->error = whole_file_replace(dir->disk, path, buffer_slice(&job->text));
	if (!job->writes_boot_id || job->error != ERROR_NONE)
		return;
	job->error = log_dir_path(dir, path, BOOT_ID_FILE);
	if (job->error == ERROR_NONE)
		job->error = boot_id_file_write(dir->disk, path, &job->boot_id);
}

enum error
log_shrunk_done(struct log_dirs *dirs, struct log_shrunk_job *job)
{
	struct log_dir *dir = job->dir;

	buffer_fini(&job->text);
	dir->shrunk_isrs_unwritten = job->error != ERROR_NONE;
	if (job->error == ERROR_NONE && job->writes_boot_id) {
		dir->boot_id = job->boot_id;
		dir->boot_id_due = false;
	}
	if (job->error != ERROR_NONE && job->error != ERROR_NO_SPACE &&
	    job->error != ERROR_TOO_MANY_FILES)
		log_dirs_set_offline(dirs, dir, job->error);
	return job->error;
}

enum error
log_dir_settle_shrunk(struct log_dirs *dirs, struct log_dir *dir)
{
	struct log_shrunk_job job;

	if (dir->state != ERROR_NONE || !dir->shrunk_isrs_unwritten)
		return ERROR_NONE;
	log_shrunk_prepare(dirs, dir, false, &job);
	log_shrunk_run(&job);
	return log_shrunk_done(dirs, &job);
}
