/* SPDX-License-Identifier: ISC */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/crypto.h>

#define READ_TRIES 5
#define SETTLED_AFTER 2 /* seconds; the coarsest file times that are in use */

/* ------------------------------------------------------------------- faults */

int
tlsw__fault_set(struct tlsw__fault *fault, enum tlsw_error code, const char *format, ...)
{
	va_list args;

	fault->code = code;
	fault->os_errno = 0;
	va_start(args, format);
	(void)vsnprintf(fault->text, sizeof(fault->text), format, args);
	va_end(args);
	return -1;
}

int
tlsw__fault_set_errno(struct tlsw__fault *fault, int os_errno)
{
	char text[128];

	if (os_errno == ENOMEM)
		return tlsw__fault_set_memory(fault);
	(void)tlsw__fault_set(
	    fault, TLSW_ERR_TRUST_STORE, "%s", tlsw__compat_strerror(os_errno, text, sizeof(text)));
	fault->os_errno = os_errno;
	return -1;
}

int
tlsw__fault_set_memory(struct tlsw__fault *fault)
{
	return tlsw__fault_set(fault, TLSW_ERR_MEMORY, "out of memory");
}

/* --------------------------------------------------------------- identities */

static bool
same_time(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

bool
tlsw__file_same(const struct tlsw__file_id *a, const struct tlsw__file_id *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
	       same_time(a->changed, b->changed) && same_time(a->modified, b->modified);
}

bool
tlsw__file_unchanged(const struct tlsw__file_id *then, const struct tlsw__file_id *now)
{
	return tlsw__file_same(then, now) && (then->settled || !now->settled);
}

static void
identify(const struct stat *st, struct tlsw__file_id *id)
{
	const time_t before = time(NULL) - SETTLED_AFTER;

	id->dev = st->st_dev;
	id->ino = st->st_ino;
	id->size = st->st_size;
	id->changed = st->TLSW__ST_CTIM;
	id->modified = st->TLSW__ST_MTIM;
	id->settled = id->changed.tv_sec < before && id->modified.tv_sec < before;
}

int
tlsw__file_identify(const char *path, struct tlsw__file_id *id, struct tlsw__fault *fault)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return tlsw__fault_set_errno(fault, errno);
	identify(&st, id);
	return 0;
}

/* ------------------------------------------------------------------ reading */

static int
check_kind(const struct stat *st, struct tlsw__fault *fault)
{
	if (S_ISDIR(st->st_mode))
		return tlsw__fault_set(fault, TLSW_ERR_TRUST_STORE, "it is a directory");
	if (!S_ISREG(st->st_mode))
		return tlsw__fault_set(fault, TLSW_ERR_TRUST_STORE, "it is no regular file");
	if (st->st_size == 0)
		return tlsw__fault_set(fault, TLSW_ERR_TRUST_STORE, "it is empty");
	if ((uintmax_t)st->st_size > TLSW__FILE_MAX)
		return tlsw__fault_set(fault, TLSW_ERR_TRUST_STORE, "it is larger than %lu MiB",
		    TLSW__FILE_MAX / (1024 * 1024));
	return 0;
}

/* Up to size octets; fewer only at the end of the file. */
static ssize_t
read_all(int fd, char *data, size_t size)
{
	size_t n = 0;
	ssize_t r;

	while (n < size) {
		r = pread(fd, data + n, size - n, (off_t)n);
		if (r == 0)
			break;
		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return -1;
		n += (size_t)r;
	}
	return (ssize_t)n;
}

/* What is not handed out may have been a key. */
static void
drop(char *data, size_t size)
{
	OPENSSL_cleanse(data, size);
	free(data);
}

/* One try: 1 read, 0 it changed meanwhile, -1 fault. */
static int
read_once(int fd, char **data, size_t *len, struct tlsw__file_id *id, struct tlsw__fault *fault)
{
	struct tlsw__file_id after;
	struct stat st;
	char *text;
	ssize_t n;
	int rv = 0;

	if (fstat(fd, &st) != 0)
		return tlsw__fault_set_errno(fault, errno);
	if (check_kind(&st, fault) != 0)
		return -1;
	identify(&st, id);
	*len = (size_t)st.st_size;
	text = malloc(*len + 1);
	if (text == NULL)
		return tlsw__fault_set_memory(fault);
	n = read_all(fd, text, *len + 1); /* one more: a file that has grown gives it */
	if (n < 0 || fstat(fd, &st) != 0) {
		rv = tlsw__fault_set_errno(fault, errno);
	} else {
		identify(&st, &after);
		rv = (size_t)n == *len && tlsw__file_same(id, &after) ? 1 : 0;
	}
	if (rv != 1) {
		drop(text, *len + 1);
		return rv;
	}
	text[*len] = '\0';
	*data = text;
	return 1;
}

int
tlsw__file_read(
    const char *path, char **data, size_t *len, struct tlsw__file_id *id, struct tlsw__fault *fault)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	int tries, done = 0;

	if (fd < 0)
		return tlsw__fault_set_errno(fault, errno);
	for (tries = 0; tries < READ_TRIES && done == 0; tries++)
		done = read_once(fd, data, len, id, fault);
	(void)close(fd);
	if (done == 0)
		(void)tlsw__fault_set(
		    fault, TLSW_ERR_TRUST_STORE, "it keeps changing while it is read");
	return done == 1 ? 0 : -1;
}
