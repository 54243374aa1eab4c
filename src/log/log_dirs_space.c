/* What is left of the dirs' file systems, less a reserve (F20). */
#include "log/log_dirs_private.h"

enum { RESERVE_MAX = 64 << 20, RESERVE_PART = 20 };

int64_t
log_space_reserve(int64_t total)
{
	return MIN(total / RESERVE_PART, RESERVE_MAX);
}

void
log_space_prepare(struct log_dir *dir, struct log_space_job *job)
{
	*job = (struct log_space_job){ .dir = dir };
}

void
log_space_run(struct log_space_job *job)
{
	job->error = disk_space(job->dir->disk, job->dir->path, &job->space);
}

enum error
log_space_done(struct log_dirs *dirs, struct log_space_job *job)
{
	if (job->error != ERROR_NONE)
		log_dirs_set_offline(dirs, job->dir, job->error);
	else
		log_room_set(&job->dir->room,
		    job->space.free - log_space_reserve(job->space.total));
	return job->error;
}
