/*
 * dial.c - resolve and connect: every address that the host has is tried.
 *
 * SPDX-License-Identifier: ISC
 */
#include "config.h"

#include "tool.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int
tool_milliseconds_since(const struct timespec *start)
{
	struct timespec now;
	long long ms;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	ms = (now.tv_sec - start->tv_sec) * 1000LL + (now.tv_nsec - start->tv_nsec) / 1000000;
	return ms > INT_MAX ? INT_MAX : (int)ms;
}

/* 0, or an errno value. */
static int
wait_connected(int fd, int timeout_ms)
{
	struct pollfd p = {fd, POLLOUT, 0};
	struct timespec start;
	socklen_t len = sizeof(int);
	int left, rv, error = 0;

	(void)clock_gettime(CLOCK_MONOTONIC, &start);
	do {
		left = timeout_ms - tool_milliseconds_since(&start);
		rv = poll(&p, 1, left > 0 ? left : 0);
	} while (rv == -1 && errno == EINTR);
	if (rv == 0)
		return ETIMEDOUT;
	if (rv == -1 || getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == -1)
		return errno;
	return error;
}

/* A connected, blocking descriptor; -1 with errno. */
static int
dial_address(const struct addrinfo *a, int timeout_ms)
{
	int fd = socket(a->ai_family, a->ai_socktype, a->ai_protocol);
	int flags, error = 0;

	if (fd == -1)
		return -1;
	flags = fcntl(fd, F_GETFL);
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) == -1 || flags == -1 ||
	    fcntl(fd, F_SETFL, flags | O_NONBLOCK) == -1)
		error = errno;
	else if (connect(fd, a->ai_addr, a->ai_addrlen) == -1)
		error = errno == EINPROGRESS ? wait_connected(fd, timeout_ms) : errno;
	if (error == 0 && fcntl(fd, F_SETFL, flags) == 0)
		return fd;
	(void)close(fd);
	errno = error != 0 ? error : errno;
	return -1;
}

static int
count(const struct addrinfo *list)
{
	int n = 0;

	for (; list != NULL; list = list->ai_next)
		n++;
	return n;
}

/* The time is shared out, so that one silent address does not keep the others from their turn. */
static int
dial_each(const struct addrinfo *list, int timeout_ms)
{
	struct timespec start;
	int left, fd = -1;

	(void)clock_gettime(CLOCK_MONOTONIC, &start);
	errno = ETIMEDOUT;
	for (; list != NULL && fd == -1; list = list->ai_next) {
		left = timeout_ms - tool_milliseconds_since(&start);
		if (left <= 0)
			break;
		fd = dial_address(list, left / count(list));
	}
	return fd;
}

int
tool_dial(const char *host, const char *port, int timeout_ms)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
	struct addrinfo *list;
	int fd, rv;

	rv = getaddrinfo(host, port, &hints, &list);
	if (rv == EAI_NONAME ||
	    rv == EAI_FAMILY) { /* a literal of a family that is not configured */
		hints.ai_flags = 0;
		rv = getaddrinfo(host, port, &hints, &list);
	}
	if (rv != 0) {
		tool_print_failure(host, "no address", gai_strerror(rv));
		return -1;
	}
	fd = dial_each(list, timeout_ms);
	if (fd == -1)
		tool_print_failure(host, "cannot connect", strerror(errno));
	freeaddrinfo(list);
	return fd;
}
