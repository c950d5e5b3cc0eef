/*
 * peer.c - the scripted peer's process: listening, accepting, reporting.
 *
 * SPDX-License-Identifier: ISC
 */
#include "support/peer_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#if defined(__linux__)
#include <sys/prctl.h>
#endif

#define GRACE_MS 3000 /* between the limit and giving up on the process */
#define FD_SCAN 1024  /* inherited descriptors are closed up to here */

/* What the child holds; parent's things are closed in it. */
struct server {
	const struct peer_options *options;
	SSL_CTX *ctx, *odd_ctx;
	int listener; /* -1 with a pair */
	int fd;	      /* of the pair */
	int reports;
};

int64_t
peer_clock(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void
peer_report_start(struct peer_report *r)
{
	int connection = r->connection;

	memset(r, 0, sizeof(*r));
	r->connection = connection;
	r->alert_level = r->alert = r->alert_sent = -1;
}

bool
peer_received(const struct peer_report *r, const char *text)
{
	return r->data_in == strlen(text) && r->data_len == strlen(text) &&
	       memcmp(r->data, text, r->data_len) == 0;
}

static int
complain(const char *what)
{
	(void)fprintf(stderr, "peer: %s: %s\n", what, strerror(errno));
	return -1;
}

/* --------------------------------------------------------- in the child */

static int
limit_of(const struct peer_options *o)
{
	return o->limit_ms > 0 ? o->limit_ms : PEER_LIMIT_MS;
}

/* Nothing stays behind a test that was killed; elsewhere the alarm sees to it. */
static void
die_with_parent(void)
{
#if defined(__linux__)
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
}

/* A descriptor of the parent kept open here would hide its close from others. */
static void
close_others(const struct server *s)
{
	for (int fd = 3; fd < FD_SCAN; fd++)
		if (fd != s->listener && fd != s->fd && fd != s->reports)
			(void)close(fd);
}

static void
serve_one(const struct server *s, int fd, int number)
{
	const struct peer_options *o = s->options;
	struct peer_report report = {.connection = number};
	SSL_CTX *ctx = s->ctx;
	int on = 1;

	if (o->odd != NULL && number % 2 == 1) {
		o = o->odd;
		ctx = s->odd_ctx;
	}
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	peer_serve(fd, o, ctx, &report);
	(void)send(s->reports, &report, sizeof(report), MSG_NOSIGNAL);
}

/* Side by side, so that a control and a data connection can live at once. */
static void
serve_apart(const struct server *s, int fd, int number)
{
	pid_t pid = fork();

	if (pid == 0) {
		die_with_parent();
		(void)close(s->listener);
		(void)alarm((unsigned)(limit_of(s->options) + GRACE_MS) / 1000 + 1);
		serve_one(s, fd, number);
		_exit(0);
	}
	if (pid < 0)
		(void)complain("fork");
	(void)close(fd);
}

static int
accept_one(const struct server *s)
{
	struct pollfd p = {.fd = s->listener, .events = POLLIN};
	int n;

	do
		n = poll(&p, 1, limit_of(s->options));
	while (n < 0 && errno == EINTR);
	return n > 0 ? accept(s->listener, NULL, NULL) : -1;
}

/* A write to a vanished client is an error, as in every server: with send(2). */
static void
run(const struct server *s)
{
	int count = s->options->connections > 1 ? s->options->connections : 1;
	int fd;

	die_with_parent();
	(void)signal(SIGALRM, SIG_DFL);
	(void)signal(SIGTERM, SIG_DFL);
	(void)signal(SIGCHLD, count > 1 ? SIG_IGN : SIG_DFL);
	(void)alarm((unsigned)count * ((unsigned)(limit_of(s->options) + GRACE_MS) / 1000 + 1));
	close_others(s);
	if (s->listener < 0) {
		serve_one(s, s->fd, 0);
		return;
	}
	for (int i = 0; i < count && (fd = accept_one(s)) >= 0; i++) {
		if (count > 1)
			serve_apart(s, fd, i);
		else
			serve_one(s, fd, i);
	}
	while (wait(NULL) > 0)
		;
}

/* -------------------------------------------------------- in the parent */

int
peer_listen(bool ipv6, int *port)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	struct sockaddr *at = ipv6 ? (struct sockaddr *)&v6 : (struct sockaddr *)&v4;
	socklen_t len = ipv6 ? sizeof(v6) : sizeof(v4);
	int fd = socket(at->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	if (bind(fd, at, len) != 0 || listen(fd, 128) != 0 || getsockname(fd, at, &len) != 0) {
		(void)close(fd);
		return -1;
	}
	*port = ntohs(ipv6 ? v6.sin6_port : v4.sin_port);
	return fd;
}

static int
open_ends(struct peer *peer, struct server *s)
{
	int reports[2], pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, reports) != 0)
		return complain("socketpair");
	peer->reports = reports[0];
	s->reports = reports[1];
	if (!s->options->unix_pair) {
		s->listener = peer_listen(peer->ipv6, &peer->port);
		return s->listener < 0 ? complain("cannot listen") : 0;
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return complain("socketpair");
	peer->fd = pair[0];
	s->fd = pair[1];
	return 0;
}

static void
close_end(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

/* Before the fork, so that a mistake in the options shows here and now. */
static int
make_contexts(struct server *s)
{
	s->ctx = peer_ssl_ctx(s->options);
	if (s->options->odd != NULL)
		s->odd_ctx = peer_ssl_ctx(s->options->odd);
	return s->ctx != NULL && (s->options->odd == NULL || s->odd_ctx != NULL) ? 0 : -1;
}

int
peer_start(struct peer *peer, const struct peer_options *options)
{
	struct server s = {.options = options, .listener = -1, .fd = -1, .reports = -1};
	int rv = -1;

	*peer = (struct peer){.pid = -1, .fd = -1, .reports = -1, .ipv6 = options->ipv6};
	peer->limit_ms = limit_of(options);
	if (make_contexts(&s) != 0 || open_ends(peer, &s) != 0)
		goto out;
	peer->pid = fork();
	if (peer->pid == 0) {
		run(&s);
		_exit(0);
	}
	rv = peer->pid > 0 ? 0 : complain("fork");
out:
	SSL_CTX_free(s.ctx);
	SSL_CTX_free(s.odd_ctx);
	close_end(&s.listener);
	close_end(&s.fd);
	close_end(&s.reports);
	if (rv != 0)
		peer_stop(peer);
	return rv;
}

int
peer_connect(struct peer *peer)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	struct sockaddr *at = peer->ipv6 ? (struct sockaddr *)&v6 : (struct sockaddr *)&v4;
	int fd = peer->fd;

	peer->fd = -1;
	if (fd >= 0 || peer->port == 0)
		return fd;
	v4.sin_port = v6.sin6_port = htons((uint16_t)peer->port);
	fd = socket(at->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, at, peer->ipv6 ? sizeof(v6) : sizeof(v4)) != 0)
		close_end(&fd);
	return fd;
}

int
peer_wait(struct peer *peer, struct peer_report *report)
{
	return peer_wait_within(peer, report, peer->limit_ms + GRACE_MS);
}

int
peer_wait_within(struct peer *peer, struct peer_report *report, int ms)
{
	struct pollfd p = {.fd = peer->reports, .events = POLLIN};
	int64_t deadline = peer_clock() + ms;
	int64_t left;
	int n;

	peer_report_start(report);
	do {
		left = deadline - peer_clock();
		n = poll(&p, 1, left > 0 ? (int)left : 0);
	} while (n < 0 && errno == EINTR);
	if (n <= 0 || recv(peer->reports, report, sizeof(*report), 0) != (ssize_t)sizeof(*report))
		return -1;
	return 0;
}

void
peer_stop(struct peer *peer)
{
	if (peer->pid > 0) {
		(void)kill(peer->pid, SIGKILL);
		while (waitpid(peer->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	peer->pid = -1;
	close_end(&peer->fd);
	close_end(&peer->reports);
}
