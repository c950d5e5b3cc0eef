/* SPDX-License-Identifier: ISC */
#include "compat.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef HAVE_SYS_AUXV_H
#include <sys/auxv.h>
#endif

bool
tlsw__compat_secure_mode(void)
{
#if defined(HAVE_GETAUXVAL) && defined(AT_SECURE)
	return getauxval(AT_SECURE) != 0;
#elif defined(HAVE_ISSETUGID)
	return issetugid() != 0;
#else
	return getuid() != geteuid() || getgid() != getegid();
#endif
}

const char *
tlsw__compat_strerror(int os_errno, char *buf, size_t size)
{
#ifdef STRERROR_R_CHAR_P
	return strerror_r(os_errno, buf, size);
#else
	if (strerror_r(os_errno, buf, size) != 0)
		(void)snprintf(buf, size, "errno %d", os_errno);
	return buf;
#endif
}

void
tlsw__compat_no_sigpipe(int fd)
{
#if !defined(MSG_NOSIGNAL) && defined(SO_NOSIGPIPE)
	int on = 1;

	(void)setsockopt(fd, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof(on));
#else
	(void)fd;
#endif
}

#if defined(HAVE_FOPENCOOKIE)

FILE *
tlsw__compat_fopen(void *cookie, ssize_t (*read)(void *, char *, size_t),
    ssize_t (*write)(void *, const char *, size_t), int (*close)(void *))
{
	const cookie_io_functions_t calls = {.read = read, .write = write, .close = close};

	return fopencookie(cookie, write != NULL ? "w" : "r", calls);
}

#else

/* funopen(3) counts in int and wants -1 for a failure: an adapter stands between. */
struct adapter {
	void *cookie;
	ssize_t (*read)(void *, char *, size_t);
	ssize_t (*write)(void *, const char *, size_t);
	int (*close)(void *);
};

static int
adapter_read(void *cookie, char *buf, int len)
{
	struct adapter *a = cookie;

	return len < 0 ? -1 : (int)a->read(a->cookie, buf, (size_t)len);
}

static int
adapter_write(void *cookie, const char *buf, int len)
{
	struct adapter *a = cookie;
	ssize_t n = len < 0 ? 0 : a->write(a->cookie, buf, (size_t)len);

	return n > 0 || len == 0 ? (int)n : -1;
}

static int
adapter_close(void *cookie)
{
	struct adapter *a = cookie;
	int rv = a->close(a->cookie);

	free(a);
	return rv;
}

FILE *
tlsw__compat_fopen(void *cookie, ssize_t (*read)(void *, char *, size_t),
    ssize_t (*write)(void *, const char *, size_t), int (*close)(void *))
{
	struct adapter *a = malloc(sizeof(*a));
	FILE *f;

	if (a == NULL)
		return NULL;
	*a = (struct adapter){cookie, read, write, close};
	f = funopen(a, read != NULL ? adapter_read : NULL, write != NULL ? adapter_write : NULL, NULL,
	    adapter_close);
	if (f == NULL)
		free(a);
	return f;
}

#endif

int
tlsw__compat_socket(int family, int type, int protocol)
{
#if defined(SOCK_CLOEXEC) && defined(SOCK_NONBLOCK)
	return socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
#else
	int fd = socket(family, type, protocol);

	if (fd != -1 &&
	    (fcntl(fd, F_SETFD, FD_CLOEXEC) == -1 || fcntl(fd, F_SETFL, O_NONBLOCK) == -1)) {
		int os_errno = errno;

		(void)close(fd);
		errno = os_errno;
		return -1;
	}
	return fd;
#endif
}
