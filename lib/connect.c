/* SPDX-License-Identifier: ISC */
#include "connect.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "error.h"
#include "socket.h"

/* --------------------------------------------------------------- the request */

static int
no_host(const char *text, enum tlsw__name_fault fault)
{
	char quoted[TLSW__QUOTE_SIZE];

	if (fault == TLSW__NAME_MEMORY)
		return tlsw__error_set_memory();
	if (text == NULL)
		return tlsw__error_set(TLSW_ERR_HOSTNAME, "host is missing");
	return tlsw__error_set(TLSW_ERR_HOSTNAME, "host \"%s\" is no host name: %s",
	    tlsw__text_escape(quoted, sizeof(quoted), text, strlen(text), TLSW__QUOTE_MAX),
	    tlsw__name_fault_text(fault));
}

/* "fe80::1%eth0": an IPv6 literal, then the name or number of an interface (RFC 4007 section 11).
 */
static enum tlsw__name_fault
parse_zoned(struct tlsw__host *host, const char *text, const char *percent)
{
	static const char allowed[] =
	    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_.:@";
	const char *zone = percent + 1;
	enum tlsw__name_fault fault;

	fault = tlsw__reference_parse(&host->reference, text, (size_t)(percent - text));
	if (fault != TLSW__NAME_OK)
		return fault;
	if (host->reference.kind != TLSW__REF_IPV6 || *zone == '\0' ||
	    zone[strspn(zone, allowed)] != '\0')
		return TLSW__NAME_ZONE;
	return TLSW__NAME_OK;
}

int
tlsw__host_parse(struct tlsw__host *host, const char *text)
{
	const char *percent, *name = text, *dot = "";
	enum tlsw__name_fault fault;

	memset(host, 0, sizeof(*host));
	if (text == NULL)
		return no_host(NULL, TLSW__NAME_EMPTY);
	percent = strchr(text, '%');
	if (percent != NULL)
		fault = parse_zoned(host, text, percent);
	else
		fault = tlsw__reference_from_host(&host->reference, text);
	if (fault == TLSW__NAME_OK && host->reference.kind == TLSW__REF_DNS) {
		name = host->reference.dns;
		if (text[strlen(text) - 1] == '.') /* no search domain is to be tried */
			dot = ".";
	}
	if (fault == TLSW__NAME_OK &&
	    snprintf(host->name, sizeof(host->name), "%s%s", name, dot) >= (int)sizeof(host->name))
		fault = TLSW__NAME_TOO_LONG; /* a zone can be */
	return fault == TLSW__NAME_OK ? 0 : no_host(text, fault);
}

/* Names that small systems do not know, or know from an old registry. */
static const struct {
	const char *name, *port;
} services[] = {
    {"ftp", "21"},
    {"ftps", "990"},
    {"https", "443"},
    {"imap", "143"},
    {"imaps", "993"},
    {"ldap", "389"},
    {"ldaps", "636"},
    {"mysql", "3306"},
    {"nntp", "119"},
    {"nntps", "563"},
    {"pop3", "110"},
    {"pop3s", "995"},
    {"postgresql", "5432"},
    {"sieve", "4190"},
    {"smtp", "25"},
    {"submission", "587"},
    {"submissions", "465"},
    {"xmpp-client", "5222"},
};

/* Letters, digits and hyphens (RFC 6335 section 5.1); the system's parser would take " 25" for a
 * port. */
static bool
is_service_name(const char *service)
{
	static const char allowed[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-";

	return service[0] != '-' && service[strspn(service, allowed)] == '\0';
}

static bool
port_from_system(char *port, const char *service)
{
	const struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
	struct addrinfo *list = NULL;

	if (getaddrinfo(NULL, service, &hints, &list) != 0 || list == NULL)
		return false;
	(void)snprintf(port, TLSW__PORT_SIZE, "%u",
	    (unsigned)ntohs(((const struct sockaddr_in *)(const void *)list->ai_addr)->sin_port));
	freeaddrinfo(list);
	return true;
}

static bool
port_from_table(char *port, const char *service)
{
	size_t i;

	for (i = 0; i < sizeof(services) / sizeof(services[0]); i++) {
		if (strcmp(services[i].name, service) == 0) {
			(void)snprintf(port, TLSW__PORT_SIZE, "%s", services[i].port);
			return true;
		}
	}
	return false;
}

/* 1 to 65535; the system's own parser would cut larger ones. */
static bool
port_from_number(char *port, const char *digits)
{
	unsigned long value = 0;

	for (; *digits != '\0' && value <= 65535; digits++)
		value = value * 10 + (unsigned long)(*digits - '0');
	if (value < 1 || value > 65535)
		return false;
	(void)snprintf(port, TLSW__PORT_SIZE, "%u", (unsigned)value);
	return true;
}

int
tlsw__connect_port(char *port, const char *service)
{
	char quoted[TLSW__QUOTE_SIZE];
	bool found = false;

	if (service == NULL || *service == '\0')
		return tlsw__error_set(TLSW_ERR_USAGE, "service is missing");
	if (service[strspn(service, "0123456789")] == '\0')
		found = port_from_number(port, service);
	else if (is_service_name(service))
		found = port_from_system(port, service) || port_from_table(port, service);
	if (found)
		return 0;
	return tlsw__error_set(TLSW_ERR_USAGE, "service \"%s\" is neither a port nor known by name",
	    tlsw__text_escape(quoted, sizeof(quoted), service, strlen(service), TLSW__QUOTE_MAX));
}

/* ------------------------------------------------------------------ the race */

#define ADDRESSES_MAX 32
#define HEAD_START_MS 250 /* RFC 8305 section 8, Connection Attempt Delay */

struct attempt {
	const struct addrinfo *address;
	int fd;	      /* -1 before it began and after it failed */
	int os_errno; /* why it failed */
};

struct race {
	struct attempt attempts[ADDRESSES_MAX];
	size_t count, started;
	tlsw__deadline next; /* when the next attempt begins */
	int winner;	     /* a connected descriptor, or -1 */
};

static bool
is_used(const struct race *race, const struct addrinfo *address)
{
	size_t i;

	for (i = 0; i < race->count; i++)
		if (race->attempts[i].address == address)
			return true;
	return false;
}

/* The next address of the list that has this family, or any for AF_UNSPEC. */
static const struct addrinfo *
next_unused(const struct race *race, const struct addrinfo *list, int not_family)
{
	for (; list != NULL; list = list->ai_next)
		if (list->ai_family != not_family && !is_used(race, list))
			return list;
	return NULL;
}

/* The system's order, but families alternate (RFC 8305 section 4). */
static void
line_up(struct race *race, const struct addrinfo *list)
{
	const struct addrinfo *a;
	int last = AF_UNSPEC;

	memset(race, 0, sizeof(*race));
	race->winner = -1;
	while (race->count < ADDRESSES_MAX) {
		a = next_unused(race, list, last);
		if (a == NULL)
			a = next_unused(race, list, AF_UNSPEC);
		if (a == NULL)
			return;
		race->attempts[race->count++] = (struct attempt){.address = a, .fd = -1};
		last = a->ai_family;
	}
}

static void
fail(struct race *race, struct attempt *attempt, int os_errno)
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
win(struct race *race, struct attempt *attempt)
{
	if (is_self(attempt->fd)) {
		fail(race, attempt, ECONNREFUSED);
		return;
	}
	race->winner = attempt->fd;
	attempt->fd = -1;
}

static void
begin(struct race *race)
{
	struct attempt *attempt = &race->attempts[race->started++];
	const struct addrinfo *a = attempt->address;

	race->next = tlsw__deadline_in(HEAD_START_MS);
	attempt->fd = tlsw__compat_socket(a->ai_family, SOCK_STREAM, IPPROTO_TCP);
	if (attempt->fd == -1)
		fail(race, attempt, errno);
	else if (connect(attempt->fd, a->ai_addr, a->ai_addrlen) == 0)
		win(race, attempt);
	else if (errno != EINPROGRESS && errno != EINTR)
		fail(race, attempt, errno);
}

/* poll() says that something happened to an attempt. */
static void
look(struct race *race, struct attempt *attempt)
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

/* Those under way, for poll(). */
static nfds_t
running(const struct race *race, struct pollfd *fds)
{
	nfds_t n = 0;
	size_t i;

	for (i = 0; i < race->started; i++)
		if (race->attempts[i].fd != -1)
			fds[n++] = (struct pollfd){.fd = race->attempts[i].fd, .events = POLLOUT};
	return n;
}

static struct attempt *
attempt_of(struct race *race, int fd)
{
	size_t i = 0;

	while (race->attempts[i].fd != fd)
		i++;
	return &race->attempts[i];
}

/* Wait for one of the n under way, at most until then. Returns -1 with errno if poll() fails. */
static int
watch(struct race *race, struct pollfd *fds, nfds_t n, tlsw__deadline until)
{
	nfds_t i;

	if (poll(fds, n, tlsw__deadline_left(until)) == -1)
		return errno == EINTR ? 0 : -1;
	for (i = 0; i < n && race->winner == -1; i++)
		if (fds[i].revents != 0)
			look(race, attempt_of(race, fds[i].fd));
	return 0;
}

enum outcome { CONNECTED, ALL_FAILED, TIMED_OUT, CANNOT_WAIT };

static enum outcome
run(struct race *race, tlsw__deadline deadline)
{
	struct pollfd fds[ADDRESSES_MAX];
	tlsw__deadline until;
	nfds_t n;

	while (race->winner == -1) {
		const bool more = race->started < race->count;

		if (tlsw__deadline_left(deadline) == 0)
			return TIMED_OUT;
		n = running(race, fds);
		if (more && (n == 0 || tlsw__deadline_left(race->next) == 0)) {
			begin(race);
			continue;
		}
		if (n == 0)
			return ALL_FAILED;
		until = more ? tlsw__deadline_first(race->next, deadline) : deadline;
		if (watch(race, fds, n, until) != 0)
			return CANNOT_WAIT;
	}
	return CONNECTED;
}

/* ---------------------------------------------------------------- its report */

/* "[2001:db8::1]:993: Connection refused" for each address, in the order of the attempts. */
static void
explain(const struct race *race)
{
	char address[INET6_ADDRSTRLEN + IF_NAMESIZE + 1], text[128];
	const struct attempt *a;
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
most_telling(const struct race *race)
{
	size_t i;

	for (i = 0; i < race->count; i++) {
		const int e = race->attempts[i].os_errno;

		if (e != 0 && e != ENETUNREACH && e != EAFNOSUPPORT && e != EADDRNOTAVAIL)
			return e;
	}
	return race->attempts[0].os_errno;
}

static int
report(const struct race *race, enum outcome outcome, const struct tlsw__host *host,
    const char *port, int os_errno)
{
	switch (outcome) {
	case ALL_FAILED:
		(void)tlsw__error_set_errno(TLSW_ERR_SYSTEM, most_telling(race),
		    "cannot connect to %s port %s", host->name, port);
		break;
	case TIMED_OUT:
		(void)tlsw__error_set(
		    TLSW_ERR_TIMEOUT, "timed out connecting to %s port %s", host->name, port);
		break;
	case CANNOT_WAIT:
	case CONNECTED: /* but it could not be made blocking */
		(void)tlsw__error_set_errno(TLSW_ERR_SYSTEM, os_errno,
		    "cannot wait for a connection to %s port %s", host->name, port);
		break;
	}
	explain(race);
	return -1;
}

/* A blocking descriptor for the caller; small records are not to wait for each other. */
static int
settle(int fd)
{
	const int on = 1, flags = fcntl(fd, F_GETFL);

	if (flags == -1 || fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) == -1)
		return -1;
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	tlsw__compat_no_sigpipe(fd);
	return 0;
}

int
tlsw__connect_race(const struct addrinfo *addresses, const struct tlsw__host *host,
    const char *port, tlsw__deadline deadline)
{
	enum outcome outcome;
	struct race race;
	int os_errno;
	size_t i;

	line_up(&race, addresses);
	outcome = run(&race, deadline);
	os_errno = errno;
	for (i = 0; i < race.count; i++)
		if (race.attempts[i].fd != -1)
			(void)close(race.attempts[i].fd);
	if (outcome == CONNECTED && settle(race.winner) == 0)
		return race.winner;
	if (race.winner != -1) {
		os_errno = errno;
		(void)close(race.winner);
	}
	return report(&race, outcome, host, port, os_errno);
}

/* ---------------------------------------------------------------- resolution */

static int
not_resolved(int gai, int os_errno, const struct tlsw__host *host)
{
	switch (gai) {
	case EAI_MEMORY:
		return tlsw__error_set_memory();
	case EAI_SYSTEM:
		return tlsw__error_set_errno(
		    TLSW_ERR_RESOLVE, os_errno, "cannot resolve %s", host->name);
	default:
		return tlsw__error_set(
		    TLSW_ERR_RESOLVE, "cannot resolve %s: %s", host->name, gai_strerror(gai));
	}
}

/*
 * No AI_ADDRCONFIG: it leaves addresses of loopback out on hosts that have no
 * other, and an address whose family is missing fails at once in the race.
 */
static int
resolve(const struct tlsw__host *host, const char *port, struct addrinfo **addresses)
{
	struct addrinfo hints = {
	    .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
	int gai;

	if (host->reference.kind != TLSW__REF_DNS)
		hints.ai_flags |= AI_NUMERICHOST; /* nobody is to be asked about a literal */
	*addresses = NULL;
	gai = getaddrinfo(host->name, port, &hints, addresses);
	if (gai == 0 && *addresses == NULL)
		gai = EAI_NONAME;
	return gai == 0 ? 0 : not_resolved(gai, errno, host);
}

int
tlsw__connect_tcp(const struct tlsw__host *host, const char *port, tlsw__deadline deadline)
{
	struct addrinfo *addresses;
	int fd;

	if (resolve(host, port, &addresses) != 0)
		return -1;
	fd = tlsw__connect_race(addresses, host, port, deadline);
	freeaddrinfo(addresses);
	return fd;
}

/* -------------------------------------------------------------------- public */

/* The name to be proved: what was asked for, without a zone id. */
static const char *
server_name(const struct tlsw__host *host, const char *text, char *buf, size_t size)
{
	const char *percent = strchr(text, '%');

	if (host->reference.kind != TLSW__REF_IPV6 || percent == NULL)
		return text;
	(void)snprintf(buf, size, "%.*s", (int)(percent - text), text);
	return buf;
}

/* A context without anchors connects to nobody: find out before anybody is asked. */
static bool
has_anchors(tls_context *ctx)
{
	struct tlsw__snapshot *trust = tlsw__trust_snapshot(ctx->trust);
	bool has = trust != NULL && tlsw__context_check_trust(ctx, trust) == 0;

	tlsw__snapshot_free(trust);
	return has;
}

static tls_socket *
connect_and_wrap(tls_context *ctx, const char *host, const char *service)
{
	const tlsw__deadline deadline = tlsw__deadline_in(ctx->handshake_timeout_ms);
	char port[TLSW__PORT_SIZE], name[INET6_ADDRSTRLEN];
	struct tlsw__host parsed;
	tls_socket *s;
	int fd;

	if (tlsw__host_parse(&parsed, host) != 0 || tlsw__connect_port(port, service) != 0 ||
	    !has_anchors(ctx))
		return NULL;
	fd = tlsw__connect_tcp(&parsed, port, deadline);
	if (fd == -1)
		return NULL;
	s = tls_wrap_start(ctx, fd, server_name(&parsed, host, name, sizeof(name)));
	if (s == NULL) {
		(void)close(fd);
		return NULL;
	}
	s->owns_fd = true;
	s->handshake_deadline = deadline;
	if (tlsw__socket_handshake(s, false) == 0)
		return s;
	tls_socket_free(s);
	return NULL;
}

tls_socket *
tls_create_connection(tls_context *ctx, const char *host, const char *service)
{
	struct tlsw__queue queue;
	tls_context *used;
	tls_socket *s = NULL;

	tlsw__queue_save(&queue);
	used = tlsw__context_use(ctx);
	if (used != NULL)
		s = connect_and_wrap(used, host, service);
	tls_context_free(used);
	tlsw__queue_restore(&queue);
	return s;
}

int
tls_create_tcp(const char *host, const char *service, int timeout_ms)
{
	const tlsw__deadline deadline = tlsw__deadline_in(timeout_ms);
	char port[TLSW__PORT_SIZE];
	struct tlsw__host parsed;

	if (timeout_ms == 0 || timeout_ms < -1)
		return tlsw__error_set(
		    TLSW_ERR_USAGE, "timeout_ms is %d: neither positive nor -1", timeout_ms);
	if (tlsw__host_parse(&parsed, host) != 0 || tlsw__connect_port(port, service) != 0)
		return -1;
	return tlsw__connect_tcp(&parsed, port, deadline);
}
