/*
 * connect_race.h - connecting to whichever of several addresses answers first
 * (RFC 8305), for whoever waits: nothing here blocks.
 *
 *     tlsw__race_line_up(&race, addresses, TLSW__RACE_MAX, timeout_ms);
 *     while ((state = tlsw__race_go_on(&race)) == TLSW__RACE_RUNNING)
 *         ... poll() for tlsw__race_fds(), until tlsw__race_due() at most;
 *             tlsw__race_look() at each that something happened to ...
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef TLSW_CONNECT_RACE_H
#define TLSW_CONNECT_RACE_H

#include <netdb.h>
#include <poll.h>
#include <stddef.h>

#include "clock.h"

#define TLSW__RACE_MAX 32 /* addresses; more are left out */

struct tlsw__race_attempt {
	const struct addrinfo *address;
	int fd;	      /* -1 before it began and after it failed */
	int os_errno; /* why it failed */
};

struct tlsw__race {
	struct tlsw__race_attempt attempts[TLSW__RACE_MAX];
	size_t count, started;
	size_t at_once;	     /* so many descriptors at most */
	int share_ms;	     /* how long the oldest keeps its descriptor when others wait for one */
	tlsw__deadline next; /* when the next attempt begins */
	int winner;	     /* a connected, non-blocking descriptor, or -1 */
};

enum tlsw__race_state {
	TLSW__RACE_RUNNING,
	TLSW__RACE_WON, /* winner is the caller's from here on */
	TLSW__RACE_LOST /* every address has failed */
};

/**
 * The addresses, which are lent, in the order in which they are tried: the
 * list's, but families alternate. No more than at_once, which is 1 or more, are
 * tried side by side; timeout_ms, or -1, is divided among them if there are more.
 */
void tlsw__race_line_up(
    struct tlsw__race *race, const struct addrinfo *addresses, size_t at_once, int timeout_ms);

/** Begin what is due. */
enum tlsw__race_state tlsw__race_go_on(struct tlsw__race *race);

/** When tlsw__race_go_on() has something to do by itself; TLSW__NEVER if all have begun. */
tlsw__deadline tlsw__race_due(const struct tlsw__race *race);

/** Those under way, for poll(2): at most TLSW__RACE_MAX, and at most at_once. */
size_t tlsw__race_fds(const struct tlsw__race *race, struct pollfd *fds);

/** Something happened to one of them; one that is not among them any more is passed over. */
void tlsw__race_look(struct tlsw__race *race, int fd);

/** Close all that did not win. */
void tlsw__race_end(struct tlsw__race *race);

/**
 * Set the error for a race that was lost, or that ran out of time, with what
 * became of each address in its details. Returns -1.
 */
int tlsw__race_lost(const struct tlsw__race *race, const char *host, const char *port);
int tlsw__race_timed_out(const struct tlsw__race *race, const char *host, const char *port);

/** What became of each address: into the details of this thread's error. */
void tlsw__race_explain(const struct tlsw__race *race);

#endif
