/*
 * Connecting, on loopback alone. getaddrinfo() is ours here, so that a host has
 * the addresses that a test wants, and nobody is asked about names.
 *
 * SPDX-License-Identifier: ISC
 */
#include "support/support.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "compat.h"
#include "connect.h"
#include "connect_race.h"
#include "support/peer.h"
#include "support/pki.h"

/* --------------------------------------------------------------- the resolver */

static const char *host_addresses; /* "::1 127.0.0.1"; NULL: the system's own getaddrinfo() */
static int host_error;		   /* or this, with errno */
static char host_asked[256];
static int flags_asked;

/* An address as getaddrinfo() gives it, in front of the rest. */
static struct addrinfo *
make_address(const char *text, unsigned port, struct addrinfo *rest)
{
	struct addrinfo *a = calloc(1, sizeof(*a) + sizeof(struct sockaddr_storage));
	struct sockaddr_in *v4 = (struct sockaddr_in *)(void *)(a + 1);
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)(void *)(a + 1);
	const bool is_v6 = strchr(text, ':') != NULL;

	ck_assert_ptr_nonnull(a);
	a->ai_family = is_v6 ? AF_INET6 : AF_INET;
	a->ai_socktype = SOCK_STREAM;
	a->ai_addr = (struct sockaddr *)(void *)(a + 1);
	a->ai_addrlen = is_v6 ? sizeof(*v6) : sizeof(*v4);
	a->ai_addr->sa_family = (sa_family_t)a->ai_family;
	v4->sin_port = htons((uint16_t)port); /* the same place in both */
	ck_assert_int_eq(
	    inet_pton(a->ai_family, text, is_v6 ? (void *)&v6->sin6_addr : (void *)&v4->sin_addr),
	    1);
	a->ai_next = rest;
	return a;
}

/* "ADDRESS ADDRESS"; an address may bring its own port: "127.0.0.1/80". */
static struct addrinfo *
make_list(const char *text, unsigned port)
{
	char one[64];
	size_t len = strcspn(text, " ");
	char *slash;

	if (len == 0)
		return NULL;
	(void)snprintf(one, sizeof(one), "%.*s", (int)len, text);
	slash = strchr(one, '/');
	if (slash != NULL) {
		*slash = '\0';
		port = (unsigned)strtoul(slash + 1, NULL, 10);
	}
	return make_address(one, port, make_list(text + len + (text[len] == ' '), port));
}

int
getaddrinfo(
    const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **list)
{
	static int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
	if (node != NULL) {
		(void)snprintf(host_asked, sizeof(host_asked), "%s", node);
		flags_asked = hints->ai_flags;
	}
	if (node != NULL && host_error != 0) {
		errno = ENFILE;
		return host_error;
	}
	if (node == NULL || host_addresses == NULL)
		return real(node, service, hints, list);
	*list = make_list(host_addresses, (unsigned)strtoul(service, NULL, 10));
	return 0;
}

void
freeaddrinfo(struct addrinfo *list)
{
	static void (*real)(struct addrinfo *);

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "freeaddrinfo");
	if (list == NULL || list->ai_addr != (struct sockaddr *)(void *)(list + 1) ||
	    host_addresses == NULL) {
		real(list);
		return;
	}
	while (list != NULL) {
		struct addrinfo *next = list->ai_next;

		free(list);
		list = next;
	}
}

static int longest_wait; /* of all calls of poll() */

int
poll(struct pollfd *fds, nfds_t count, int timeout)
{
	static int (*real)(struct pollfd *, nfds_t, int);

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "poll");
	if (timeout > longest_wait)
		longest_wait = timeout;
	return real(fds, count, timeout);
}

static bool
    bind_first; /* to the address that we connect to: the kernel then lets us meet ourselves */

int
connect(int fd, const struct sockaddr *address, socklen_t len)
{
	static int (*real)(int, const struct sockaddr *, socklen_t);

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "connect");
	if (bind_first)
		ck_assert_int_eq(bind(fd, address, len), 0);
	return real(fd, address, len);
}

/* ------------------------------------------------------------------ listeners */

/* A TCP socket on a port of the kernel's choice; port 0 in *port asks for that. -1: no such family.
 */
static int
bind_to(const char *address, unsigned *port)
{
	struct addrinfo *a = make_address(address, *port, NULL);
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	int fd = socket(a->ai_family, SOCK_STREAM, 0);
	const int on = 1;

	if (fd != -1 && a->ai_family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (fd != -1 && bind(fd, a->ai_addr, a->ai_addrlen) != 0) {
		(void)close(fd);
		fd = -1;
	}
	if (fd != -1) {
		ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&ss, &len), 0);
		*port = ntohs(((struct sockaddr_in *)(void *)&ss)->sin_port);
	}
	free(a);
	return fd;
}

static int
listen_on(const char *address, unsigned *port)
{
	int fd = bind_to(address, port);

	if (fd != -1)
		ck_assert_int_eq(listen(fd, 8), 0);
	return fd;
}

/* A port that is taken and where nobody listens: refused, for as long as it is held. */
static int
refuse_on(const char *address, unsigned *port)
{
	int fd = bind_to(address, port);

	ck_assert_int_ne(fd, -1);
	return fd;
}

#define FILLERS 8

/* A listener whose queue is full: connections to it are neither accepted nor refused. */
struct black_hole {
	int listener, fillers[FILLERS];
	unsigned port;
};

static void
open_black_hole(struct black_hole *hole, const char *address)
{
	struct addrinfo *a;
	size_t i;

	hole->port = 0;
	hole->listener = bind_to(address, &hole->port);
	ck_assert_int_ne(hole->listener, -1);
	ck_assert_int_eq(listen(hole->listener, 0), 0);
	a = make_address(address, hole->port, NULL);
	for (i = 0; i < FILLERS; i++) {
		hole->fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		(void)connect(hole->fillers[i], a->ai_addr, a->ai_addrlen);
		(void)tlsw__wait(hole->fillers[i], POLLOUT, tlsw__deadline_in(i == 0 ? 200 : 10));
	}
	free(a);
}

static void
close_black_hole(struct black_hole *hole)
{
	size_t i;

	for (i = 0; i < FILLERS; i++)
		(void)close(hole->fillers[i]);
	(void)close(hole->listener);
}

/* How many descriptors are open: none may be left behind. */
static int
open_descriptors(void)
{
	int fd, n = 0;

	for (fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) != -1;
	return n;
}

static const char *
decimal(unsigned port)
{
	static char text[16];

	(void)snprintf(text, sizeof(text), "%u", port);
	return text;
}

static unsigned
peer_port(int fd)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);

	ck_assert_int_eq(getpeername(fd, (struct sockaddr *)&ss, &len), 0);
	return ntohs(((struct sockaddr_in *)(void *)&ss)->sin_port);
}

/* ------------------------------------------------------------------ successes */

START_TEST(a_literal_leads_to_its_listener)
{
	unsigned port = 0;
	int listener = listen_on("127.0.0.1", &port), fd, on = 0;
	socklen_t len = sizeof(on);

	fd = tls_create_tcp("127.0.0.1", decimal(port), 5000);
	ck_assert_works(fd != -1);
	ck_assert_uint_eq(peer_port(fd), port);
	ck_assert_int_eq(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
	ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
	ck_assert_int_eq(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, &len), 0);
	ck_assert_int_ne(on, 0);
	(void)close(fd);
	fd = tls_create_tcp("127.0.0.1", decimal(port), -1);
	ck_assert_works(fd != -1);
	(void)close(fd);
	(void)close(listener);
}
END_TEST

static const char *const v6_names[] = {"::1", "::1%1", "0:0:0:0:0:0:0:1"};

START_TEST(an_ipv6_literal_may_have_a_zone)
{
	unsigned port = 0;
	int listener = listen_on("::1", &port), fd;

	if (listener == -1)
		return; /* this machine has no IPv6 */
	fd = tls_create_tcp(v6_names[_i], decimal(port), 5000);
	ck_assert_works(fd != -1);
	(void)close(fd);
	(void)close(listener);
}
END_TEST

/* What "localhost" gives when the server is on one family only. */
static const char *const orders[] = {"127.0.0.1", "::1 127.0.0.1", "127.0.0.1 ::1"};

START_TEST(the_address_that_listens_is_found)
{
	unsigned port = 0;
	int before, fd, listener = listen_on("127.0.0.1", &port);

	before = open_descriptors();
	host_addresses = orders[_i];
	fd = tls_create_tcp("localhost", decimal(port), 5000);
	ck_assert_works(fd != -1);
	(void)close(fd);
	ck_assert_int_eq(open_descriptors(), before);
	(void)close(listener);
}
END_TEST

static const struct {
	const char *host, *asked;
} asked[] = {
    {"Mail.Example.ORG", "mail.example.org"},
    {"mail.example.org.", "mail.example.org."}, /* absolute: no search domains */
#ifdef HAVE_LIBIDN2
    {"b\xc3\xbc"
     "cher.example",
	"xn--bcher-kva.example"},
#endif
    {"127.0.0.1", "127.0.0.1"},
    {"fe80::1%eth0.1", "fe80::1%eth0.1"},
};

START_TEST(the_resolver_is_asked_for_the_checked_name)
{
	unsigned port = 0;
	int listener = listen_on("127.0.0.1", &port), fd;

	host_addresses = "127.0.0.1";
	fd = tls_create_tcp(asked[_i].host, decimal(port), 5000);
	ck_assert_works(fd != -1);
	ck_assert_str_eq(host_asked, asked[_i].asked);
	/* Literals are nobody's business but ours. */
	ck_assert_int_eq(
	    (flags_asked & AI_NUMERICHOST) != 0, strpbrk(asked[_i].host, "17") != NULL);
	(void)close(fd);
	(void)close(listener);
}
END_TEST

/* -------------------------------------------------------------------- the race */

static tlsw__deadline
now(void)
{
	return tlsw__deadline_in(0);
}

START_TEST(an_address_that_does_not_answer_costs_a_quarter_of_a_second)
{
	struct black_hole hole;
	unsigned port = 0;
	int listener = listen_on("127.0.0.1", &port), before, fd;
	tlsw__deadline start;
	char list[64];

	open_black_hole(&hole, "127.0.0.2");
	before = open_descriptors();
	(void)snprintf(list, sizeof(list), "127.0.0.2/%u 127.0.0.1/%u", hole.port, port);
	host_addresses = list;
	start = now();
	fd = tls_create_tcp("a.example", "1", 10000);
	ck_assert_works(fd != -1);
	ck_assert_uint_eq(peer_port(fd), port);
	ck_assert_int_ge((int)(now() - start), 240);
	(void)close(fd);
	ck_assert_int_eq(open_descriptors(), before);
	close_black_hole(&hole);
	(void)close(listener);
}
END_TEST

/* The first address is slow to answer, but quicker than all that come after it. */
START_TEST(a_late_answer_still_wins)
{
	struct black_hole hole;
	char list[128];
	int fd;

	open_black_hole(&hole, "127.0.0.2");
	(void)snprintf(list, sizeof(list), "127.0.0.2/%u 127.0.0.1/%u", hole.port, hole.port);
	host_addresses = list;
	/* Room in the queue, so the kernel's second attempt (after 1 s) gets through. */
	(void)close(accept(hole.listener, NULL, NULL));
	(void)close(accept(hole.listener, NULL, NULL));
	fd = tls_create_tcp("a.example", "1", 10000);
	ck_assert_works(fd != -1);
	(void)close(fd);
	close_black_hole(&hole);
}
END_TEST

START_TEST(a_refusal_starts_the_next_attempt_at_once)
{
	unsigned bad = 0, port = 0;
	int refuser = refuse_on("127.0.0.1", &bad), listener = listen_on("127.0.0.1", &port), fd;
	struct black_hole hole;
	char list[512];
	int i, n;

	open_black_hole(&hole, "127.0.0.2");
	n = snprintf(list, sizeof(list), "127.0.0.2/%u ", hole.port);
	for (i = 0; i < 8; i++)
		n += snprintf(list + n, sizeof(list) - (size_t)n, "127.0.0.1/%u ", bad);
	(void)snprintf(list + n, sizeof(list) - (size_t)n, "127.0.0.1/%u", port);
	host_addresses = list;
	fd = tls_create_tcp("a.example", "1", 2000); /* nine head starts would be 2.25 s */
	ck_assert_works(fd != -1);
	(void)close(fd);
	close_black_hole(&hole);
	(void)close(refuser);
	(void)close(listener);
}
END_TEST

/* Who drives many races has few descriptors for each: the oldest attempt makes room for the next. */
START_TEST(a_race_keeps_to_its_descriptors_and_tries_all)
{
	struct pollfd fds[TLSW__RACE_MAX];
	enum tlsw__race_state state;
	struct addrinfo *list;
	struct tlsw__race race;
	struct black_hole hole;
	unsigned port = 0;
	int listener = listen_on("127.0.0.1", &port), before;
	size_t i, n;

	open_black_hole(&hole, "127.0.0.2");
	list = make_address("127.0.0.1", port, NULL);
	for (i = 0; i < 3; i++)
		list = make_address("127.0.0.2", hole.port, list);
	before = open_descriptors();
	tlsw__race_line_up(&race, list, 2, 1200); /* 300 ms for each */
	while ((state = tlsw__race_go_on(&race)) == TLSW__RACE_RUNNING) {
		n = tlsw__race_fds(&race, fds);
		ck_assert_uint_le(n, 2);
		ck_assert_int_eq(open_descriptors(), before + (int)n);
		(void)poll(fds, n, tlsw__deadline_left(tlsw__race_due(&race)));
		for (i = 0; i < n; i++)
			if (fds[i].revents != 0)
				tlsw__race_look(&race, fds[i].fd);
	}
	tlsw__race_end(&race);
	ck_assert_int_eq(state, TLSW__RACE_WON);
	ck_assert_uint_eq(peer_port(race.winner), port);
	(void)close(race.winner);
	ck_assert_int_eq(open_descriptors(), before);
	while (list != NULL) {
		struct addrinfo *next = list->ai_next;

		free(list);
		list = next;
	}
	close_black_hole(&hole);
	(void)close(listener);
}
END_TEST

/* On loopback a client whose own port is the one it asks for is connected to itself. */
START_TEST(meeting_oneself_is_a_refusal)
{
	unsigned port = 0;
	int before, holder = refuse_on("127.0.0.1", &port);

	(void)close(holder);
	before = open_descriptors();
	bind_first = true;
	ck_assert_refused(tls_create_tcp("127.0.0.1", decimal(port), 5000), TLSW_ERR_SYSTEM);
	ck_assert_int_eq(tls_last_error()->os_errno, ECONNREFUSED);
	ck_assert_int_eq(open_descriptors(), before);
}
END_TEST

/* wall: J14 */
static void
tick(int signal_number)
{
	(void)signal_number;
}

START_TEST(silence_meets_the_deadline_whatever_signals_come)
{
	struct sigaction sa = {.sa_handler = tick}; /* no SA_RESTART */
	struct itimerval every_ms = {{0, 1000}, {0, 1000}}, off = {{0, 0}, {0, 0}};
	struct black_hole hole;
	tlsw__deadline start;
	char list[64];
	int before;

	open_black_hole(&hole, "127.0.0.1");
	before = open_descriptors();
	(void)snprintf(list, sizeof(list), "127.0.0.1/%u 127.0.0.1/%u", hole.port, hole.port);
	host_addresses = list;
	ck_assert_int_eq(sigaction(SIGALRM, &sa, NULL), 0);
	ck_assert_int_eq(setitimer(ITIMER_REAL, &every_ms, NULL), 0);
	start = now();
	longest_wait = 0;
	ck_assert_refused(tls_create_tcp("a.example", "1", 80), TLSW_ERR_TIMEOUT);
	ck_assert_int_ge((int)(now() - start), 79);
	ck_assert_int_le(longest_wait, 80);
	ck_assert_int_eq(setitimer(ITIMER_REAL, &off, NULL), 0);
	ck_assert_str_eq(tls_last_error()->message, "timed out connecting to a.example port 1");
	ck_assert_str_eq(tls_last_error()->details, "127.0.0.1: no answer\n127.0.0.1: not tried");
	ck_assert_int_eq(open_descriptors(), before);
	close_black_hole(&hole);
}
END_TEST

START_TEST(when_all_refuse_each_is_listed)
{
	unsigned port = 0;
	int refuser = refuse_on("127.0.0.1", &port), before = open_descriptors();

	host_addresses = "127.0.0.1";
	ck_assert_refused(tls_create_tcp("a.example", decimal(port), 5000), TLSW_ERR_SYSTEM);
	ck_assert_int_eq(tls_last_error()->os_errno, ECONNREFUSED);
	ck_assert_ptr_nonnull(
	    strstr(tls_last_error()->message, "cannot connect to a.example port "));
	ck_assert_str_eq(tls_last_error()->details, "127.0.0.1: Connection refused");
	ck_assert_int_eq(open_descriptors(), before);
	(void)close(refuser);
}
END_TEST

/* The order of the attempts is the order of the details. */
static const struct {
	const char *given, *tried;
} families[] = {
    {"127.0.0.1 127.0.0.2 ::1 127.0.0.3", "127.0.0.1 [::1] 127.0.0.2 127.0.0.3"},
    {"::1 ::2 ::3 127.0.0.1 127.0.0.2", "[::1] 127.0.0.1 [::2] 127.0.0.2 [::3]"},
    {"127.0.0.2 127.0.0.1", "127.0.0.2 127.0.0.1"},
};

START_TEST(families_alternate)
{
	char tried[256] = "", line[128];
	const char *at;
	unsigned port = 0;
	int refuser = refuse_on("0.0.0.0", &port);

	host_addresses = families[_i].given;
	ck_assert_int_eq(tls_create_tcp("a.example", decimal(port), 5000), -1);
	for (at = tls_last_error()->details; at != NULL && *at != '\0';
	     at = strchr(at, '\n') != NULL ? strchr(at, '\n') + 1 : NULL) {
		ck_assert_int_eq(sscanf(at, "%120[^ ]", line), 1);
		line[strlen(line) - 1] = '\0'; /* the colon */
		(void)snprintf(tried + strlen(tried), sizeof(tried) - strlen(tried), "%s%s",
		    tried[0] != '\0' ? " " : "", line);
	}
	ck_assert_str_eq(tried, families[_i].tried);
	(void)close(refuser);
}
END_TEST

/* A family that the machine lacks says less than a server that refused. */
START_TEST(the_most_telling_reason_is_reported)
{
	struct addrinfo *list;
	struct tlsw__host host;
	unsigned port = 0;
	int refuser = refuse_on("127.0.0.1", &port);

	list = make_address("127.0.0.1", port, make_address("127.0.0.1", port, NULL));
	list->ai_family = 255; /* nobody has that one: EAFNOSUPPORT */
	ck_assert_int_eq(tlsw__host_parse(&host, "a.example"), 0);
	ck_assert_refused(
	    tlsw__connect_race(list, &host, "1", tlsw__deadline_in(5000)), TLSW_ERR_SYSTEM);
	ck_assert_int_eq(tls_last_error()->os_errno, ECONNREFUSED);
	free(list->ai_next);
	free(list);
	(void)close(refuser);
}
END_TEST

START_TEST(too_many_addresses_are_cut_not_run_over)
{
	unsigned port = 0;
	int refuser = refuse_on("127.0.0.1", &port);
	static char list[1024];
	size_t i, lines = 1;
	const char *p;

	for (i = 0; i < 100; i++)
		(void)strcat(list, "127.0.0.1 ");
	host_addresses = list;
	ck_assert_refused(tls_create_tcp("a.example", decimal(port), 5000), TLSW_ERR_SYSTEM);
	for (p = tls_last_error()->details; *p != '\0'; p++)
		lines += *p == '\n';
	ck_assert_uint_eq(lines, 32);
	(void)close(refuser);
}
END_TEST

/* ------------------------------------------------------------------ resolution */

static const struct {
	int error;
	enum tlsw_error code;
	int os_errno;
} failures[] = {
    {EAI_NONAME, TLSW_ERR_RESOLVE, 0},
    {EAI_AGAIN, TLSW_ERR_RESOLVE, 0},
    {EAI_SYSTEM, TLSW_ERR_RESOLVE, ENFILE},
    {EAI_MEMORY, TLSW_ERR_MEMORY, 0},
};

START_TEST(a_resolver_that_fails_is_reported)
{
	host_error = failures[_i].error;
	ck_assert_refused(tls_create_tcp("a.example", "1", 5000), failures[_i].code);
	ck_assert_int_eq(tls_last_error()->os_errno, failures[_i].os_errno);
	if (failures[_i].code == TLSW_ERR_RESOLVE)
		ck_assert_ptr_nonnull(
		    strstr(tls_last_error()->message, "cannot resolve a.example: "));
}
END_TEST

START_TEST(a_resolver_without_addresses_is_a_failure)
{
	host_addresses = "";
	ck_assert_refused(tls_create_tcp("a.example", "1", 5000), TLSW_ERR_RESOLVE);
}
END_TEST

/* ------------------------------------------------------------------- bad input */

static const struct {
	const char *service, *port;
} ports[] = {
    {"1", "1"},
    {"993", "993"},
    {"65535", "65535"},
    {"00993", "993"},
    {"imaps", "993"},
    {"submissions", "465"},
    {"sieve", "4190"},
    {"ftps", "990"},
    {"nntps", "563"},
};

START_TEST(services_have_ports)
{
	char port[TLSW__PORT_SIZE];

	ck_assert_works(tlsw__connect_port(port, ports[_i].service) == 0);
	ck_assert_str_eq(port, ports[_i].port);
}
END_TEST

static const char *const bad_services[] = {NULL, "", "0", "65536", "4294967297",
    "18446744073709551617", "-1", "+25", " 25", "25 ", "25x", "0x19", "no such service", "imaps\n",
    "\xff"};

START_TEST(other_services_are_refused)
{
	host_addresses = "127.0.0.1";
	ck_assert_refused(tls_create_tcp("127.0.0.1", bad_services[_i], 5000), TLSW_ERR_USAGE);
	ck_assert_str_eq(host_asked, "");
}
END_TEST

/* wall: B16, I11 */
static const char *const bad_hosts[] = {NULL, "", ".", "a..b", "a b", "a\r\nb", "[::1]", "::1%",
    "::1%a b", "::1%a\n", "127.0.0.1%lo", "a%b", "%", "127.1", "0x7f000001", "a.example:993",
    "https://a.example",
    "::1%"
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    "aaaa"
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    "aaaaaaaaa"
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};

START_TEST(other_hosts_are_refused_before_anybody_is_asked)
{
	host_addresses = "127.0.0.1";
	ck_assert_refused(tls_create_tcp(bad_hosts[_i], "1", 5000), TLSW_ERR_HOSTNAME);
	ck_assert_str_eq(host_asked, "");
}
END_TEST

START_TEST(a_timeout_is_positive_or_none)
{
	ck_assert_refused(tls_create_tcp("127.0.0.1", "1", 0), TLSW_ERR_USAGE);
	ck_assert_refused(tls_create_tcp("127.0.0.1", "1", -2), TLSW_ERR_USAGE);
}
END_TEST

/* ------------------------------------------------------- connected and wrapped */

static struct pki *ca, *leaf;
static struct peer peer;
static struct peer_report report;
static tls_context *ctx;

static void
setup(void)
{
	ca = pki_ca("Test CA");
	leaf = pki_make(.issuer = ca,
	    .san = PKI_NAMES(PKI_DNS("mail.example.org"), PKI_IP("127.0.0.1"), PKI_IP("::1")));
	ctx = tls_context_new();
	ck_assert_works(ctx != NULL);
	ck_assert_works(tls_context_load_ca_mem(ctx, pki_pem(ca), strlen(pki_pem(ca))) == 1);
}

static void
teardown(void)
{
	tls_context_free(ctx);
	pki_free(leaf);
	pki_free(ca);
	tls_error_clear();
}

static void
serve(const struct peer_step *script, bool ipv6)
{
	static struct peer_options options;

	options = (struct peer_options){
	    .cert = pki_x509(leaf), .key = pki_key(leaf), .script = script, .ipv6 = ipv6};
	ck_assert_int_eq(peer_start(&peer, &options), 0);
}

static void
collect(void)
{
	ck_assert_int_eq(peer_wait(&peer, &report), 0);
	peer_stop(&peer);
}

static const struct {
	const char *host, *addresses, *sni, *matched;
} reached[] = {
    {"mail.example.org", "127.0.0.1", "mail.example.org", "mail.example.org"},
    {"MAIL.example.org.", "::1 127.0.0.1", "mail.example.org", "mail.example.org"},
    {"127.0.0.1", NULL, "", "127.0.0.1"},
};

START_TEST(a_connection_is_verified_and_owns_its_descriptor)
{
	int before, flags;
	char buf[8];
	tls_socket *s;

	serve(NULL, false);
	host_addresses = reached[_i].addresses;
	before = open_descriptors();
	s = tls_create_connection(ctx, reached[_i].host, decimal((unsigned)peer.port));
	ck_assert_works(s != NULL);
	flags = fcntl(tls_socket_fd(s), F_GETFL);
	ck_assert_int_eq(flags & O_NONBLOCK, 0);
	ck_assert_str_eq(tls_socket_matched_name(s), reached[_i].matched);
	ck_assert_int_eq(tls_socket_write(s, "ping", 4), 4);
	ck_assert_int_eq(tls_socket_read(s, buf, sizeof(buf)), 4);
	ck_assert_int_eq(tls_socket_close(s), 0);
	ck_assert_int_eq(open_descriptors(), before);
	collect();
	ck_assert_str_eq(report.sni, reached[_i].sni);
}
END_TEST

/* A zone id is for connecting only. */
START_TEST(the_zone_is_no_part_of_the_name)
{
	unsigned port = 0;
	int probe = listen_on("::1", &port);
	tls_socket *s;

	if (probe == -1)
		return; /* this machine has no IPv6 */
	(void)close(probe);
	serve(NULL, true);
	s = tls_create_connection(ctx, "::1%1", decimal((unsigned)peer.port));
	ck_assert_works(s != NULL);
	ck_assert_str_eq(tls_socket_matched_name(s), "::1");
	ck_assert_int_eq(tls_socket_close(s), 0);
	collect();
}
END_TEST

START_TEST(another_host_is_refused_and_nothing_is_left_open)
{
	int before;

	serve(NULL, false);
	host_addresses = "127.0.0.1";
	before = open_descriptors();
	ck_assert_refused_null(
	    tls_create_connection(ctx, "www.example.org", decimal((unsigned)peer.port)),
	    TLSW_ERR_HOSTNAME_MISMATCH);
	ck_assert_int_eq(open_descriptors(), before);
	collect();
	ck_assert_uint_eq(report.data_in, 0);
}
END_TEST

/* wall: I09: name, connection and handshake share the handshake timeout */
static const struct peer_step silent[] = {PEER_HELLO, PEER_SLEEP(2000), PEER_END};

START_TEST(one_deadline_covers_connection_and_handshake)
{
	struct black_hole hole;
	char list[64];
	int before;

	open_black_hole(&hole, "127.0.0.2");
	serve(silent, false);
	before = open_descriptors();
	ck_assert_works(tls_context_set_handshake_timeout(ctx, 100) == 0);
	host_addresses = "127.0.0.1";
	ck_assert_refused_null(
	    tls_create_connection(ctx, "mail.example.org", decimal((unsigned)peer.port)),
	    TLSW_ERR_TIMEOUT);
	(void)snprintf(list, sizeof(list), "127.0.0.2/%u", hole.port);
	host_addresses = list;
	longest_wait = 0;
	ck_assert_refused_null(
	    tls_create_connection(ctx, "mail.example.org", "1"), TLSW_ERR_TIMEOUT);
	ck_assert_int_le(longest_wait, 100);
	ck_assert_ptr_nonnull(strstr(tls_last_error()->details, "127.0.0.2: no answer"));
	ck_assert_int_eq(open_descriptors(), before);
	peer_stop(&peer);
	close_black_hole(&hole);
}
END_TEST

START_TEST(what_cannot_succeed_asks_nobody)
{
	tls_context *nobody = tls_context_new();

	host_addresses = "127.0.0.1";
	ck_assert_refused_null(tls_create_connection(ctx, NULL, "1"), TLSW_ERR_HOSTNAME);
	ck_assert_refused_null(tls_create_connection(ctx, "", "1"), TLSW_ERR_HOSTNAME);
	ck_assert_refused_null(tls_create_connection(ctx, "a..b", "1"), TLSW_ERR_HOSTNAME);
	ck_assert_refused_null(tls_create_connection(ctx, "a.example", NULL), TLSW_ERR_USAGE);
	ck_assert_refused_null(tls_create_connection(ctx, "a.example", "0"), TLSW_ERR_USAGE);
	ck_assert_refused_null(
	    tls_create_connection(nobody, "a.example", "1"), TLSW_ERR_TRUST_STORE);
	ck_assert_str_eq(host_asked, "");
	tls_context_free(nobody);
}
END_TEST

START_TEST(a_refused_connection_lists_its_addresses)
{
	unsigned port = 0;
	int refuser = refuse_on("127.0.0.1", &port);

	host_addresses = "127.0.0.1";
	ck_assert_refused_null(
	    tls_create_connection(ctx, "a.example", decimal(port)), TLSW_ERR_SYSTEM);
	ck_assert_str_eq(tls_last_error()->details, "127.0.0.1: Connection refused");
	(void)close(refuser);
}
END_TEST

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

int
main(void)
{
	Suite *s = suite_create("connect");
	TCase *t = tcase_create("connections");

	tcase_add_test(t, a_literal_leads_to_its_listener);
	tcase_add_loop_test(t, an_ipv6_literal_may_have_a_zone, 0, COUNT(v6_names));
	tcase_add_loop_test(t, the_address_that_listens_is_found, 0, COUNT(orders));
	tcase_add_loop_test(t, the_resolver_is_asked_for_the_checked_name, 0, COUNT(asked));
	suite_add_tcase(s, t);

	t = tcase_create("the race");
	tcase_add_test(t, an_address_that_does_not_answer_costs_a_quarter_of_a_second);
	tcase_add_test(t, a_late_answer_still_wins);
	tcase_add_test(t, a_refusal_starts_the_next_attempt_at_once);
	tcase_add_test(t, a_race_keeps_to_its_descriptors_and_tries_all);
	tcase_add_test(t, meeting_oneself_is_a_refusal);
	tcase_add_test(t, silence_meets_the_deadline_whatever_signals_come);
	tcase_add_test(t, when_all_refuse_each_is_listed);
	tcase_add_loop_test(t, families_alternate, 0, COUNT(families));
	tcase_add_test(t, the_most_telling_reason_is_reported);
	tcase_add_test(t, too_many_addresses_are_cut_not_run_over);
	suite_add_tcase(s, t);

	t = tcase_create("requests");
	tcase_add_loop_test(t, a_resolver_that_fails_is_reported, 0, COUNT(failures));
	tcase_add_test(t, a_resolver_without_addresses_is_a_failure);
	tcase_add_loop_test(t, services_have_ports, 0, COUNT(ports));
	tcase_add_loop_test(t, other_services_are_refused, 0, COUNT(bad_services));
	tcase_add_loop_test(
	    t, other_hosts_are_refused_before_anybody_is_asked, 0, COUNT(bad_hosts));
	tcase_add_test(t, a_timeout_is_positive_or_none);
	suite_add_tcase(s, t);

	t = tcase_create("wrapped");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, a_connection_is_verified_and_owns_its_descriptor, 0, COUNT(reached));
	tcase_add_test(t, the_zone_is_no_part_of_the_name);
	tcase_add_test(t, another_host_is_refused_and_nothing_is_left_open);
	tcase_add_test(t, one_deadline_covers_connection_and_handshake);
	tcase_add_test(t, what_cannot_succeed_asks_nobody);
	tcase_add_test(t, a_refused_connection_lists_its_addresses);
	suite_add_tcase(s, t);
	return support_run(s);
}
