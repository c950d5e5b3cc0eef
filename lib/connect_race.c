/* SPDX-License-Identifier: ISC */
#include "connect_race.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "error.h"

#define HEAD_START_MS 250 /* RFC 8305 section 8, Connection Attempt Delay */

/* ------------------------------------------------------------------- the order */

static bool
is_used(const struct tlsw__race *race, const struct addrinfo *address)
{
	size_t i;

	for (i = 0; i < race->count; i++)
		if (race->attempts[i].address == address)
			return true;
	return false;
}

/* The next address of the list that has this family, or any for AF_UNSPEC. */
static const struct addrinfo *
next_unused(const struct tlsw__race *race, const struct addrinfo *list, int not_family)
{
	for (; list != NULL; list = list->ai_next)
		if (list->ai_family != not_family && !is_used(race, list))
			return list;
	return NULL;
}

/* The system's order, but families alternate (RFC 8305 section 4). */
static void
put_in_order(struct tlsw__race *race, const struct addrinfo *list)
{
	const struct addrinfo *a;
	int last = AF_UNSPEC;

	while (race->count < TLSW__RACE_MAX) {
		a = next_unused(race, list, last);
		if (a == NULL)
			a = next_unused(race, list, AF_UNSPEC);
		if (a == NULL)
			return;
		race->attempts[race->count++] = (struct tlsw__race_attempt){.address = a, .fd = -1};
		last = a->ai_family;
	}
}

void
tlsw__race_line_up(
    struct tlsw__race *race, const struct addrinfo *addresses, size_t at_once, int timeout_ms)
{
	memset(race, 0, sizeof(*race));
	race->winner = -1;
	race->at_once = at_once;
	race->next = tlsw__deadline_in(0);
	put_in_order(race, addresses);
	race->share_ms = -1;
	if (timeout_ms >= 0 && race->count > 0)
		race->share_ms = timeout_ms / (int)race->count;
	if (race->share_ms >= 0 && race->share_ms < HEAD_START_MS)
		race->share_ms = HEAD_START_MS;
}

/* ------------------------------------------------------------------ the attempts */

static void
fail(struct tlsw__race *race, struct tlsw__race_attempt *attempt, int os_errno)
{
	if (attempt->fd != -1)
		(void)close(attempt->fd);
	attempt->fd = -1;
	attempt->os_errno = os_errno;
	race->next = tlsw__deadline_in(0); /* nobody waits for one that is out */
}

/* A port of loopback that nobody listens on can be given to us, and we then meet ourselves. */
static bool
is_self(int fd)
{
	struct sockaddr_storage us, them;
	socklen_t us_len = sizeof(us), them_len = sizeof(them);

	memset(&us, 0, sizeof(us));
	memset(&them, 0, sizeof(them));
	return getsockname(fd, (struct sockaddr *)&us, &us_len) == 0 &&
	       getpeername(fd, (struct sockaddr *)&them, &them_len) == 0 && us_len == them_len &&
	       memcmp(&us, &them, us_len) == 0;
}

static void
win(struct tlsw__race *race, struct tlsw__race_attempt *attempt)
{
	if (is_self(attempt->fd)) {
		fail(race, attempt, ECONNREFUSED);
		return;
	}
	race->winner = attempt->fd;
	attempt->fd = -1;
}

static size_t
under_way(const struct tlsw__race *race)
{
	size_t i, n = 0;

	for (i = 0; i < race->started; i++)
		n += race->attempts[i].fd != -1;
	return n;
}

static void
begin(struct tlsw__race *race)
{
	struct tlsw__race_attempt *attempt = &race->attempts[race->started++];
	const struct addrinfo *a = attempt->address;
	const bool full = under_way(race) + 1 >= race->at_once;

	race->next = tlsw__deadline_in(full ? race->share_ms : HEAD_START_MS);
	attempt->fd = tlsw__compat_socket(a->ai_family, SOCK_STREAM, IPPROTO_TCP);
	if (attempt->fd == -1)
		fail(race, attempt, errno);
	else if (connect(attempt->fd, a->ai_addr, a->ai_addrlen) == 0)
		win(race, attempt);
	else if (errno != EINPROGRESS && errno != EINTR)
		fail(race, attempt, errno);
}

/* The oldest has not answered in its share of the time. */
static void
make_room(struct tlsw__race *race)
{
	size_t i = 0;

	if (under_way(race) < race->at_once)
		return;
	while (race->attempts[i].fd == -1)
		i++;
	fail(race, &race->attempts[i], ETIMEDOUT);
}

enum tlsw__race_state
tlsw__race_go_on(struct tlsw__race *race)
{
	while (race->winner == -1) {
		const size_t running = under_way(race);

		if (race->started == race->count)
			return running > 0 ? TLSW__RACE_RUNNING : TLSW__RACE_LOST;
		if (running > 0 && tlsw__deadline_left(race->next) != 0)
			return TLSW__RACE_RUNNING;
		make_room(race);
		begin(race);
	}
	return TLSW__RACE_WON;
}

tlsw__deadline
tlsw__race_due(const struct tlsw__race *race)
{
	return race->started < race->count ? race->next : TLSW__NEVER;
}

size_t
tlsw__race_fds(const struct tlsw__race *race, struct pollfd *fds)
{
	size_t i, n = 0;

	for (i = 0; i < race->started; i++)
		if (race->attempts[i].fd != -1)
			fds[n++] = (struct pollfd){.fd = race->attempts[i].fd, .events = POLLOUT};
	return n;
}

static void
look(struct tlsw__race *race, struct tlsw__race_attempt *attempt)
{
	int os_errno = 0;
	socklen_t len = sizeof(os_errno);

	if (getsockopt(attempt->fd, SOL_SOCKET, SO_ERROR, &os_errno, &len) != 0)
		os_errno = errno;
	if (os_errno == 0)
		win(race, attempt);
	else
		fail(race, attempt, os_errno);
}

void
tlsw__race_look(struct tlsw__race *race, int fd)
{
	size_t i;

	for (i = 0; i < race->started && race->winner == -1; i++)
		if (race->attempts[i].fd == fd) {
			look(race, &race->attempts[i]);
			return;
		}
}

void
tlsw__race_end(struct tlsw__race *race)
{
	size_t i;

	for (i = 0; i < race->started; i++) {
		if (race->attempts[i].fd != -1)
			(void)close(race->attempts[i].fd);
		race->attempts[i].fd = -1;
	}
}

/* ------------------------------------------------------------------- the report */

/* "[2001:db8::1]: Connection refused" for each address, in the order of the attempts. */
void
tlsw__race_explain(const struct tlsw__race *race)
{
	char address[INET6_ADDRSTRLEN + IF_NAMESIZE + 1], text[128];
	const struct tlsw__race_attempt *a;
	const char *why;

	for (a = race->attempts; a < race->attempts + race->count; a++) {
		const bool v6 = a->address->ai_family == AF_INET6;

		if (getnameinfo(a->address->ai_addr, a->address->ai_addrlen, address,
			sizeof(address), NULL, 0, NI_NUMERICHOST) != 0)
			(void)snprintf(address, sizeof(address), "?");
		if (a->os_errno != 0)
			why = tlsw__compat_strerror(a->os_errno, text, sizeof(text));
		else
			why = a < race->attempts + race->started ? "no answer" : "not tried";
		tlsw__error_detail("%s%s%s: %s", v6 ? "[" : "", address, v6 ? "]" : "", why);
	}
}

/* The errno that tells most: that a family is not there at all says little when another answered.
 */
static int
most_telling(const struct tlsw__race *race)
{
	size_t i;

	for (i = 0; i < race->count; i++) {
		const int e = race->attempts[i].os_errno;

		if (e != 0 && e != ENETUNREACH && e != EAFNOSUPPORT && e != EADDRNOTAVAIL)
			return e;
	}
	return race->attempts[0].os_errno;
}

int
tlsw__race_lost(const struct tlsw__race *race, const char *host, const char *port)
{
	(void)tlsw__error_set_errno(
	    TLSW_ERR_SYSTEM, most_telling(race), "cannot connect to %s port %s", host, port);
	tlsw__race_explain(race);
	return -1;
}

int
tlsw__race_timed_out(const struct tlsw__race *race, const char *host, const char *port)
{
	(void)tlsw__error_set(TLSW_ERR_TIMEOUT, "timed out connecting to %s port %s", host, port);
	tlsw__race_explain(race);
	return -1;
}
