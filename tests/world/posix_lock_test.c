/* The lock of a log dir between two of us, two processes, and a foreign one. */
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "posix_test.h"

/* What another process is told that tries to lock. */
static enum error
lock_in_child(struct disk *disk, const char *path)
{
	struct disk_lock *lock;
	pid_t child = fork();
	int status = -1;

	if (child == 0)
		_exit((int)disk_lock(disk, path, &lock));
	CHECK(child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status));
	return (enum error)WEXITSTATUS(status);
}

static void
ours_test(struct disk *disk, const char *path)
{
	struct disk_lock *lock, *second;

	CHECK_ERROR(ERROR_NONE, disk_lock(disk, path, &lock));
	CHECK_ERROR(ERROR_BUSY, disk_lock(disk, path, &second));
	CHECK(second == NULL);
	CHECK_ERROR(ERROR_BUSY, lock_in_child(disk, path));
	disk_unlock(disk, lock);
	CHECK_ERROR(ERROR_NONE, lock_in_child(disk, path));
	CHECK_ERROR(ERROR_NONE, disk_lock(disk, path, &lock));
	disk_unlock(disk, lock);
}

/* Opening and closing the file elsewhere must not give the lock away. */
static void
other_opens_test(struct disk *disk, const char *path)
{
	struct disk_lock *lock;
	struct disk_file *file;

	CHECK_ERROR(ERROR_NONE, disk_lock(disk, path, &lock));
	CHECK_ERROR(ERROR_NONE, disk_open(disk, path, DISK_READ, &file));
	CHECK_ERROR(ERROR_NONE, disk_close(file));
	CHECK_ERROR(ERROR_BUSY, lock_in_child(disk, path));
	disk_unlock(disk, lock);
}

/* A process that holds a POSIX lock, as Java's does, until its input ends. */
static pid_t
start_foreign(const char *path, int *to_child, int *from_child)
{
	static const char program[] =
	    "import fcntl, sys\n"
	    "file = open(sys.argv[1], 'r+')\n"
	    "try:\n"
	    "    fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)\n"
	    "    print('locked', flush=True)\n"
	    "except OSError:\n"
	    "    print('busy', flush=True)\n"
	    "sys.stdin.read()\n";
	int in[2], out[2];
	pid_t child;

	if (pipe(in) != 0 || pipe(out) != 0)
		return -1;
	child = fork();
	if (child == 0) {
		dup2(in[0], STDIN_FILENO);
		dup2(out[1], STDOUT_FILENO);
		close(in[1]);
		close(out[0]);
		execlp("python3", "python3", "-c", program, path, (char *)NULL);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	*to_child = in[1];
	*from_child = out[0];
	return child;
}

static void
end_foreign(pid_t child, int to_child, int from_child)
{
	int status;

	close(to_child);
	CHECK(waitpid(child, &status, 0) == child && status == 0);
	close(from_child);
}

static void
foreign_test(struct disk *disk, const char *path)
{
	struct disk_lock *lock;
	char answer[16] = "";
	int to_child = -1, from_child = -1;
	pid_t child = start_foreign(path, &to_child, &from_child);

	CHECK(child > 0 && read(from_child, answer, sizeof(answer) - 1) > 0);
	CHECK(strncmp(answer, "locked", 6) == 0);
	CHECK_ERROR(ERROR_BUSY, disk_lock(disk, path, &lock));
	end_foreign(child, to_child, from_child);

	CHECK_ERROR(ERROR_NONE, disk_lock(disk, path, &lock));
	memset(answer, 0, sizeof(answer));
	child = start_foreign(path, &to_child, &from_child);
	CHECK(child > 0 && read(from_child, answer, sizeof(answer) - 1) > 0);
	CHECK(strncmp(answer, "busy", 4) == 0);
	end_foreign(child, to_child, from_child);
	disk_unlock(disk, lock);
}

void
posix_lock_test(struct disk *disk, const char *folder)
{
	struct disk_lock *lock;

	ours_test(disk, path_in(folder, ".lock"));
	other_opens_test(disk, path_in(folder, ".lock"));
	foreign_test(disk, path_in(folder, ".lock"));
	CHECK_ERROR(ERROR_NOT_FOUND, disk_lock(disk, path_in(folder, "missing/.lock"), &lock));
	CHECK_ERROR(ERROR_IS_DIRECTORY, disk_lock(disk, folder, &lock));
}
