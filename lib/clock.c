/* SPDX-License-Identifier: ISC */
#include "clock.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <time.h>

static int64_t
now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts); /* cannot fail: POSIX 2008 has the clock */
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

tlsw__deadline
tlsw__deadline_in(int timeout_ms)
{
	return timeout_ms < 0 ? TLSW__NEVER : now_ms() + timeout_ms;
}

int
tlsw__deadline_left(tlsw__deadline deadline)
{
	int64_t left;

	if (deadline == TLSW__NEVER)
		return -1;
	left = deadline - now_ms();
	if (left <= 0)
		return 0;
	return left > INT_MAX ? INT_MAX : (int)left;
}

tlsw__deadline
tlsw__deadline_first(tlsw__deadline a, tlsw__deadline b)
{
	return a < b ? a : b;
}

int
tlsw__wait(int fd, short events, tlsw__deadline deadline)
{
	struct pollfd p = {.fd = fd, .events = events};
	int left, n;

	do {
		left = tlsw__deadline_left(deadline);
		n = poll(&p, 1, left);
	} while ((n == -1 && errno == EINTR) || (n == 0 && left != 0));
	if (n == 1 && (p.revents & POLLNVAL) != 0) {
		errno = EBADF;
		return -1;
	}
	return n;
}
