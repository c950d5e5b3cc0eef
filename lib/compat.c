/* SPDX-License-Identifier: ISC */
#include "compat.h"

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
