/*
 * clock.h - monotonic deadlines, and waiting for a descriptor until one.
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef TLSW_CLOCK_H
#define TLSW_CLOCK_H

#include <stdint.h>

/** A point in monotonic time, in milliseconds. */
typedef int64_t tlsw__deadline;

#define TLSW__NEVER INT64_MAX

/** timeout_ms from now; below 0 is TLSW__NEVER. */
tlsw__deadline tlsw__deadline_in(int timeout_ms);

/** Milliseconds left, rounded up: 0 when it has passed, -1 for TLSW__NEVER. */
int tlsw__deadline_left(tlsw__deadline deadline);

/** The earlier of two. */
tlsw__deadline tlsw__deadline_first(tlsw__deadline a, tlsw__deadline b);

/**
 * Wait until fd is ready for events (POLLIN, POLLOUT) or in error; signals do
 * not shorten the wait. Returns 1 ready, 0 deadline passed, -1 with errno.
 */
int tlsw__wait(int fd, short events, tlsw__deadline deadline);

#endif
