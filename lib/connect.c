/* SPDX-License-Identifier: ISC */
#include "connect.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "connect_race.h"
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

const char *
tlsw__host_server_name(const struct tlsw__host *host, const char *text, char *buf, size_t size)
{
	const char *percent = strchr(text, '%');

	if (host->reference.kind != TLSW__REF_IPV6 || percent == NULL)
		return text;
	(void)snprintf(buf, size, "%.*s", (int)(percent - text), text);
	return buf;
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

enum outcome { CONNECTED, ALL_FAILED, TIMED_OUT, CANNOT_WAIT };

/* Wait for the next step, at most until the deadline. Returns -1 with errno if poll() fails. */
static int
watch(struct tlsw__race *race, tlsw__deadline deadline)
{
	struct pollfd fds[TLSW__RACE_MAX];
	const nfds_t n = tlsw__race_fds(race, fds);
	const tlsw__deadline until = tlsw__deadline_first(tlsw__race_due(race), deadline);
	nfds_t i;

	if (poll(fds, n, tlsw__deadline_left(until)) == -1)
		return errno == EINTR ? 0 : -1;
	for (i = 0; i < n; i++)
		if (fds[i].revents != 0)
			tlsw__race_look(race, fds[i].fd);
	return 0;
}

static enum outcome
run(struct tlsw__race *race, tlsw__deadline deadline)
{
	enum tlsw__race_state state = TLSW__RACE_RUNNING;

	while (state == TLSW__RACE_RUNNING) {
		if (race->winner == -1 && tlsw__deadline_left(deadline) == 0)
			return TIMED_OUT;
		state = tlsw__race_go_on(race);
		if (state == TLSW__RACE_RUNNING && watch(race, deadline) != 0)
			return CANNOT_WAIT;
	}
	return state == TLSW__RACE_WON ? CONNECTED : ALL_FAILED;
}

static int
report(const struct tlsw__race *race, enum outcome outcome, const struct tlsw__host *host,
    const char *port, int os_errno)
{
	switch (outcome) {
	case ALL_FAILED:
		return tlsw__race_lost(race, host->name, port);
	case TIMED_OUT:
		return tlsw__race_timed_out(race, host->name, port);
	case CANNOT_WAIT:
	case CONNECTED: /* but it could not be made blocking */
		break;
	}
	(void)tlsw__error_set_errno(TLSW_ERR_SYSTEM, os_errno,
	    "cannot wait for a connection to %s port %s", host->name, port);
	tlsw__race_explain(race);
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
	struct tlsw__race race;
	int os_errno;

	tlsw__race_line_up(&race, addresses, TLSW__RACE_MAX, -1);
	outcome = run(&race, deadline);
	os_errno = errno;
	tlsw__race_end(&race);
	if (outcome == CONNECTED && settle(race.winner) == 0)
		return race.winner;
	if (race.winner != -1) {
		os_errno = errno;
		(void)close(race.winner);
	}
	return report(&race, outcome, host, port, os_errno);
}

/* ---------------------------------------------------------------- resolution */

int
tlsw__connect_unresolved(const struct tlsw__host *host, int gai, int os_errno)
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
int
tlsw__connect_resolve(const struct tlsw__host *host, const char *port, struct addrinfo **addresses)
{
	struct addrinfo hints = {
	    .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
	int gai;

	if (host->reference.kind != TLSW__REF_DNS)
		hints.ai_flags |= AI_NUMERICHOST; /* nobody is to be asked about a literal */
	*addresses = NULL;
	gai = getaddrinfo(host->name, port, &hints, addresses);
	return gai == 0 && *addresses == NULL ? EAI_NONAME : gai;
}

int
tlsw__connect_tcp(const struct tlsw__host *host, const char *port, tlsw__deadline deadline)
{
	struct addrinfo *addresses;
	int fd, gai;

	gai = tlsw__connect_resolve(host, port, &addresses);
	if (gai != 0)
		return tlsw__connect_unresolved(host, gai, errno);
	fd = tlsw__connect_race(addresses, host, port, deadline);
	freeaddrinfo(addresses);
	return fd;
}

/* -------------------------------------------------------------------- public */

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
	s = tls_wrap_start(ctx, fd, tlsw__host_server_name(&parsed, host, name, sizeof(name)));
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
