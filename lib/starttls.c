/* SPDX-License-Identifier: ISC */
#include "starttls.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "compat.h"
#include "dialogue.h"

static const struct tlsw__protocol *const protocols[] = {
    [TLSW_SMTP] = &tlsw__smtp,
    [TLSW_LMTP] = &tlsw__lmtp,
    [TLSW_IMAP] = &tlsw__imap,
    [TLSW_POP3] = &tlsw__pop3,
    [TLSW_FTP] = &tlsw__ftp,
    [TLSW_NNTP] = &tlsw__nntp,
    [TLSW_SIEVE] = &tlsw__sieve,
    [TLSW_XMPP] = &tlsw__xmpp,
    [TLSW_LDAP] = &tlsw__ldap,
    [TLSW_POSTGRES] = &tlsw__postgres,
    [TLSW_MYSQL] = &tlsw__mysql,
};

/* ---------------------------------------------------------------- failures */

/* The text for messages: what the server is to send, or has sent, in this phase. */
static const char *
awaited(const struct tlsw__starttls *st, char *buf, size_t size)
{
	const char *what = st->phase <= TLSW__LIST ? st->protocol->ask : st->protocol->command;

	if (st->phase == TLSW__GREETING)
		return "greeting";
	(void)snprintf(buf, size, "answer to %s", what);
	return buf;
}

static int
refuse(const struct tlsw__starttls *st, const char *how, const char *name, const void *text,
    size_t len)
{
	char quoted[TLSW__QUOTE_SIZE], what[48];

	tlsw__text_escape(quoted, sizeof(quoted), text, len, TLSW__QUOTE_MAX);
	return tlsw__error_set(TLSW_ERR_STARTTLS, "server's %s is %s%s: \"%s\"",
	    awaited(st, what, sizeof(what)), how, name, quoted);
}

int
tlsw__dialogue_broken(const struct tlsw__starttls *st, const void *text, size_t len)
{
	return refuse(st, "no ", st->protocol->name, text, len);
}

int
tlsw__dialogue_unexpected(const struct tlsw__starttls *st, const void *text, size_t len)
{
	return refuse(st, "not the one that leads to TLS", "", text, len);
}

int
tlsw__dialogue_refused(const struct tlsw__starttls *st, const void *text, size_t len)
{
	char quoted[TLSW__QUOTE_SIZE];
	const char *what = "the connection";

	if (st->phase != TLSW__GREETING)
		what = st->phase == TLSW__ANSWER ? st->protocol->command : st->protocol->ask;
	tlsw__text_escape(quoted, sizeof(quoted), text, len, TLSW__QUOTE_MAX);
	return tlsw__error_set(TLSW_ERR_STARTTLS, "server refused %s: \"%s\"", what, quoted);
}

int
tlsw__dialogue_not_offered(const struct tlsw__starttls *st)
{
	char quoted[TLSW__QUOTE_SIZE], all[TLSW__OFFERS_MAX * 4 + 1];

	tlsw__text_escape(quoted, sizeof(quoted), st->offers, st->offers_len, TLSW__QUOTE_MAX);
	tlsw__text_escape(all, sizeof(all), st->offers, st->offers_len, st->offers_len);
	(void)tlsw__error_set(TLSW_ERR_STARTTLS, "server does not offer %s (its capabilities: %s)",
	    st->protocol->command, st->offers_len == 0 ? "none" : quoted);
	tlsw__error_detail("capabilities before TLS: %s", all);
	return -1;
}

static int
out_of_bounds(const struct tlsw__starttls *st, const char *bound)
{
	char what[48];

	return tlsw__error_set(
	    TLSW_ERR_PROTOCOL, "server's %s has %s", awaited(st, what, sizeof(what)), bound);
}

static int
lost(const struct tlsw__starttls *st, int os_errno)
{
	char what[48];

	return tlsw__error_set_errno(TLSW_ERR_SYSTEM, os_errno,
	    "connection lost before the server's %s", awaited(st, what, sizeof(what)));
}

static int
ended(const struct tlsw__starttls *st)
{
	char what[48];

	return tlsw__error_set(TLSW_ERR_TRUNCATED,
	    st->len == 0 ? "server closed the connection before its %s"
			 : "server closed the connection in the middle of its %s",
	    awaited(st, what, sizeof(what)));
}

int
tlsw__starttls_timed_out(const struct tlsw__starttls *st)
{
	char what[48];

	return tlsw__error_set(TLSW_ERR_TIMEOUT, "timed out waiting for the server's %s%s",
	    awaited(st, what, sizeof(what)),
	    st->phase == TLSW__GREETING ? " (a port that begins with TLS stays silent)" : "");
}

/* ------------------------------------------------------------------ hearing */

/* 0 with *count, TLSW_WANT_READ, or -1; the end of the stream is an error. */
static int
receive(struct tlsw__starttls *st, size_t len, int flags, size_t *count)
{
	ssize_t n;

	do
		n = recv(st->fd, st->unit + st->len, len, flags | MSG_DONTWAIT);
	while (n == -1 && errno == EINTR);
	if (n > 0) {
		*count = (size_t)n;
		return 0;
	}
	if (n == 0)
		return ended(st);
	if (errno == EAGAIN || errno == EWOULDBLOCK)
		return TLSW_WANT_READ;
	return lost(st, errno);
}

/* Nothing that a server says in these protocols begins like a TLS record (RFC 8446 section 5.1). */
static bool
looks_like_tls(const struct tlsw__starttls *st)
{
	return st->len > 0 && (st->unit[0] == 0x15 || st->unit[0] == 0x16) &&
	       (st->len > 1 ? st->unit[1] == 0x03 : st->protocol->unit_max == 1);
}

/*
 * Add to the unit, up to the next end octet or at most lacking octets. What is
 * behind an end octet stays in the kernel: look first, then take that many.
 */
static int
take(struct tlsw__starttls *st, ssize_t lacking)
{
	const size_t room = st->len < st->protocol->unit_max ? st->protocol->unit_max - st->len : 0;
	size_t n = (size_t)lacking;
	const unsigned char *end;
	int rv = 0;

	if (lacking == TLSW__TO_END) {
		n = room;
		if (room > 0)
			rv = receive(st, room, MSG_PEEK, &n);
		if (rv != 0)
			return rv;
		end = memchr(st->unit + st->len, st->protocol->end, n);
		if (end != NULL)
			n = (size_t)(end - (st->unit + st->len)) + 1;
	}
	if (room == 0 || n > room)
		return out_of_bounds(st, "a line or packet that is too long");
	rv = receive(st, n, 0, &n);
	if (rv != 0)
		return rv;
	st->len += n;
	st->octets += n;
	return 0;
}

/* Collect a unit: 0 it is complete, TLSW_WANT_READ, or -1. */
static int
take_unit(struct tlsw__starttls *st)
{
	ssize_t lacking;
	int rv;

	while ((lacking = st->protocol->lacks(st)) > 0) {
		rv = take(st, lacking);
		if (rv != 0)
			return rv;
		if (st->octets > TLSW__OCTETS_MAX)
			return out_of_bounds(st, "too many octets");
		if (looks_like_tls(st))
			return tlsw__error_set(TLSW_ERR_STARTTLS,
			    "server speaks TLS already: wrap the connection without %s",
			    st->protocol->command);
	}
	if (lacking == 0 && ++st->units > TLSW__UNITS_MAX)
		return out_of_bounds(st, "too many lines or packets");
	return (int)lacking;
}

/* ------------------------------------------------- speaking out of turn */

/* What waits in the kernel, up to size octets, left there. */
static size_t
waiting(const struct tlsw__starttls *st, unsigned char *buf, size_t size)
{
	ssize_t n;

	do
		n = recv(st->fd, buf, size, MSG_PEEK | MSG_DONTWAIT);
	while (n == -1 && errno == EINTR);
	return n > 0 ? (size_t)n : 0; /* an end or an error is met again by who reads next */
}

static int
injected(const struct tlsw__starttls *st, const char *when, const unsigned char *octets, size_t len)
{
	char quoted[TLSW__QUOTE_SIZE];

	tlsw__text_escape(quoted, sizeof(quoted), octets, len, TLSW__QUOTE_MAX);
	return tlsw__error_set(TLSW_ERR_PLAINTEXT, "server sent plaintext %s %s: \"%s\"", when,
	    st->protocol->command, quoted);
}

/*
 * Before we speak the line must be quiet: who answers already does not answer
 * us. A protocol may allow units that are no answers.
 */
static int
settle(struct tlsw__starttls *st)
{
	unsigned char early[TLSW__QUOTE_MAX + 1];
	size_t n;
	int rv;

	for (;;) {
		n = waiting(st, early, sizeof(early));
		if (st->len == 0 && n == 0)
			return 0;
		if (st->protocol->unasked == NULL)
			return injected(st, "before it was asked for", early, n);
		rv = take_unit(st);
		if (rv != 0)
			return rv;
		if (!st->protocol->unasked(st))
			return injected(st, "before it was asked for", st->unit, st->len);
		st->len = 0;
	}
}

/* The next octets have to be TLS, and a server never begins that: RFC 3207 section 4.2. */
static int
finish(struct tlsw__starttls *st)
{
	unsigned char late[TLSW__QUOTE_MAX + 1];
	size_t n = waiting(st, late, sizeof(late));

	return n == 0 ? 0 : injected(st, "behind its answer to", late, n);
}

/* ------------------------------------------------------------------- saying */

int
tlsw__dialogue_say(struct tlsw__starttls *st, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf((char *)st->out, sizeof(st->out), format, args);
	va_end(args);
	if (n < 0 || (size_t)n >= sizeof(st->out))
		return tlsw__error_set(TLSW_ERR_HOSTNAME, "server_hostname is too long");
	st->out_len = (size_t)n;
	return 0;
}

void
tlsw__dialogue_say_octets(struct tlsw__starttls *st, const void *octets, size_t len)
{
	if (len <= sizeof(st->out)) {
		memcpy(st->out, octets, len);
		st->out_len = len;
	}
}

void
tlsw__dialogue_offer(struct tlsw__starttls *st, const char *text, size_t len)
{
	const char *separator = st->offers_len > 0 ? ", " : "";
	const size_t room = sizeof(st->offers) - st->offers_len;

	if (strlen(separator) + len > room)
		return;
	memcpy(st->offers + st->offers_len, separator, strlen(separator));
	st->offers_len += strlen(separator);
	memcpy(st->offers + st->offers_len, text, len);
	st->offers_len += len;
}

/* Get out out: 0, TLSW_WANT_WRITE, or -1. */
static int
transmit(struct tlsw__starttls *st)
{
	ssize_t n;

	while (st->out_sent < st->out_len) {
		n = send(
		    st->fd, st->out + st->out_sent, st->out_len - st->out_sent, TLSW__SEND_FLAGS);
		if (n >= 0)
			st->out_sent += (size_t)n;
		else if (errno == EAGAIN || errno == EWOULDBLOCK)
			return TLSW_WANT_WRITE;
		else if (errno != EINTR)
			return lost(st, errno);
	}
	return 0;
}

/* ------------------------------------------------------------------ driving */

static int
enter(struct tlsw__starttls *st, enum tlsw__phase phase)
{
	st->phase = phase;
	st->len = 0;
	st->in_reply = false;
	return phase == TLSW__DONE ? finish(st) : 0;
}

static int
say(struct tlsw__starttls *st)
{
	int rv, then;

	if (st->out_len == 0) {
		rv = settle(st);
		if (rv != 0)
			return rv;
		then = st->protocol->say(st);
		if (then == -1)
			return -1;
		st->then = (enum tlsw__phase)then;
	}
	rv = transmit(st);
	if (rv != 0)
		return rv;
	st->out_len = st->out_sent = 0;
	return enter(st, st->then);
}

static int
hear(struct tlsw__starttls *st)
{
	int rv, then;

	rv = take_unit(st);
	if (rv != 0)
		return rv;
	then = st->protocol->hear(st);
	st->len = 0;
	if (then == -1)
		return -1;
	return (enum tlsw__phase)then == st->phase ? 0 : enter(st, (enum tlsw__phase)then);
}

int
tlsw__starttls_step(struct tlsw__starttls *st)
{
	int rv = 0;

	if (st->phase == TLSW__FAILED)
		return tlsw__error_set(TLSW_ERR_CLOSED, "the STARTTLS dialogue has failed already");
	while (rv == 0 && st->phase != TLSW__DONE) {
		if (st->phase == TLSW__ASK || st->phase == TLSW__COMMAND)
			rv = say(st);
		else
			rv = hear(st);
	}
	if (rv == -1)
		st->phase = TLSW__FAILED;
	st->want = rv;
	return rv;
}

short
tlsw__starttls_events(const struct tlsw__starttls *st)
{
	return st->want == TLSW_WANT_WRITE ? POLLOUT : POLLIN;
}

int
tlsw__starttls_run(struct tlsw__starttls *st, tlsw__deadline deadline)
{
	int rv;

	while ((rv = tlsw__starttls_step(st)) != 0 && rv != -1) {
		/* A server that trickles keeps poll() returning at once: the deadline counts as
		 * well. */
		if (tlsw__deadline_left(deadline) == 0)
			return tlsw__starttls_timed_out(st);
		rv = tlsw__wait(st->fd, tlsw__starttls_events(st), deadline);
		if (rv == 0)
			return tlsw__starttls_timed_out(st);
		if (rv == -1)
			return lost(st, errno);
	}
	return rv;
}

/* -------------------------------------------------------------- life cycle */

/* A name as it may stand in an XML attribute, and on any line. */
static bool
is_plain(const char *name)
{
	const unsigned char *p = (const unsigned char *)name;

	for (; *p != '\0'; p++)
		if (*p <= 0x20 || *p == 0x7f || strchr("<>&'\"", *p) != NULL)
			return false;
	return p != (const unsigned char *)name;
}

struct tlsw__starttls *
tlsw__starttls_new(int fd, enum tlsw_protocol protocol, const char *server_hostname)
{
	struct tlsw__starttls *st;

	if ((unsigned)protocol >= sizeof(protocols) / sizeof(protocols[0])) {
		(void)tlsw__error_set(
		    TLSW_ERR_USAGE, "no STARTTLS protocol has the number %d", (int)protocol);
		return NULL;
	}
	if (server_hostname == NULL ? protocol == TLSW_XMPP : !is_plain(server_hostname)) {
		(void)tlsw__error_set(TLSW_ERR_HOSTNAME, server_hostname == NULL
							     ? "XMPP needs a server_hostname"
							     : "server_hostname is no host name");
		return NULL;
	}
	st = calloc(1, sizeof(*st));
	if (st == NULL ||
	    (server_hostname != NULL && (st->host = strdup(server_hostname)) == NULL)) {
		free(st);
		(void)tlsw__error_set_memory();
		return NULL;
	}
	st->protocol = protocols[protocol];
	st->fd = fd;
	st->phase = st->protocol->first;
	return st;
}

void
tlsw__starttls_free(struct tlsw__starttls *st)
{
	if (st == NULL)
		return;
	free(st->host);
	free(st);
}
