/*
 * replace.c - a file that is there whole, or not at all.
 *
 * SPDX-License-Identifier: ISC
 */
#include "tool.h"

#include <errno.h>
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

bool
tool_replace_file(const char *path, const char *text, size_t len)
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
