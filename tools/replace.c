/*
 * replace.c - a file that is there whole, or not at all.
 *
 * SPDX-License-Identifier: ISC
 */
#include "tool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool
write_all(int fd, const char *text, size_t len)
{
	ssize_t n;

	while (len > 0) {
		n = write(fd, text, len);
		if (n < 0 && errno != EINTR)
			return false;
		text += n > 0 ? n : 0;
		len -= n > 0 ? (size_t)n : 0;
	}
	return true;
}

/* A device or a pipe, to which a path may also lead: it is written to, and stays what it is. */
static bool
is_no_file(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && !S_ISREG(status.st_mode);
}

static bool
write_to(const char *path, const char *text, size_t len)
{
	const int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	const bool done = fd >= 0 && write_all(fd, text, len);
	const int os_errno = errno;

	if (fd >= 0)
		(void)close(fd);
	errno = os_errno;
	return done;
}

static bool
replace(const char *path, const char *text, size_t len)
{
	const size_t size = strlen(path) + sizeof(".XXXXXX");
	char *temporary = malloc(size);
	int fd, os_errno;
	bool done;

	if (temporary == NULL)
		return false;
	(void)snprintf(temporary, size, "%s.XXXXXX", path); /* beside the file, then in its place */
	fd = mkstemp(temporary);
	done = fd >= 0 && write_all(fd, text, len) && fchmod(fd, 0644) == 0 && fsync(fd) == 0 &&
	       rename(temporary, path) == 0;
	os_errno = errno;
	if (fd >= 0)
		(void)close(fd);
	if (fd >= 0 && !done)
		(void)unlink(temporary);
	free(temporary);
	errno = os_errno;
	return done;
}

bool
tool_replace_file(const char *path, const char *text, size_t len)
{
	return is_no_file(path) ? write_to(path, text, len) : replace(path, text, len);
}
