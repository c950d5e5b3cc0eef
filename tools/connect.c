/*
 * connect.c - tlswrap connect HOST[:PORT]: a verified connection as a pipe.
 *
 * Also an example of the library in an event loop: one poll(2) for standard
 * input, standard output and the socket, and no thread.
 *
 * SPDX-License-Identifier: ISC
 */
#include "config.h"

#include "tool.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static const char usage[] =
    "usage: tlswrap connect [OPTION...] HOST[:PORT]\n"
    "\n"
    "Connect to HOST (port 443 unless given), verify its certificate, then send\n"
    "standard input there and what comes back to standard output. An IPv6 address\n"
    "stands in brackets when a port follows: [2001:db8::1]:993.\n"
    "\n"
    "  --server-name NAME     the host that the certificate must be for, if not HOST\n"
    "  --ca-file FILE         trust the CA certificates in FILE, not the system's\n"
    "  --ca-dir DIR           trust those in an OpenSSL hashed directory\n"
    "  --timeout SECONDS      for connecting and handshake together (30; fractions allowed)\n"
    "  --show                 print policy and connection to standard error\n"
    "  --insecure-no-verify   talk to anybody: no protection against an active attacker\n"
    "  --help                 this text\n";

struct options {
	struct tool_trust trust;
	const char *host, *port;
	const char *server_name; /* what the certificate must be for */
	int timeout_ms;
	bool show;
};

/* Which way bytes wait: read from one side, not yet taken by the other. */
struct buffer {
	size_t at, len;
	char data[16384];
};

struct pipe {
	tls_socket *s;
	struct buffer up, down; /* standard input to the peer; the peer to standard output */
	bool input_open, shut, peer_open;
	short read_wants, write_wants; /* what the socket waits for; 0: nothing */
	int status;
	const char *name;
};

static int
take_option(struct options *o, int option)
{
	switch (option) {
	case OPT_CA_FILE:
	case OPT_CA_DIR:
		return tool_trust_option(&o->trust, option, optarg);
	case OPT_INSECURE:
		o->trust.insecure = true;
		return EXIT_GOOD;
	case OPT_SERVER_NAME:
		o->server_name = optarg;
		return EXIT_GOOD;
	case OPT_SHOW:
		o->show = true;
		return EXIT_GOOD;
	case OPT_TIMEOUT:
		if (tool_parse_seconds(optarg, &o->timeout_ms))
			return EXIT_GOOD;
		return tool_usage_error("connect", "\"%s\" is no time in seconds", optarg);
	default:
		return tool_usage_error("connect", "see above");
	}
}

/* EXIT_GOOD to go on; -1 when help was asked for and given. */
static int
parse(struct options *o, int argc, char **argv)
{
	static const struct option table[] = {TOOL_TRUST_OPTIONS,
	    {"insecure-no-verify", no_argument, NULL, OPT_INSECURE},
	    {"server-name", required_argument, NULL, OPT_SERVER_NAME},
	    {"show", no_argument, NULL, OPT_SHOW},
	    {"timeout", required_argument, NULL, OPT_TIMEOUT}, TOOL_HELP_OPTION,
	    TOOL_END_OF_OPTIONS};
	int option, status;

	while ((option = getopt_long(argc, argv, "", table, NULL)) != -1) {
		if (option == OPT_HELP) {
			fputs(usage, stdout);
			return -1;
		}
		status = take_option(o, option);
		if (status != EXIT_GOOD)
			return status;
	}
	if (argc - optind != 1)
		return tool_usage_error("connect", "one HOST[:PORT] is needed");
	if (!tool_parse_host(argv[optind], &o->host, &o->port))
		return tool_usage_error("connect", "this is no HOST[:PORT]");
	if (o->server_name == NULL)
		o->server_name = o->host;
	return tool_trust_finish(&o->trust);
}

static int
milliseconds_since(const struct timespec *start)
{
	struct timespec now;
	long long ms;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	ms = (now.tv_sec - start->tv_sec) * 1000LL + (now.tv_nsec - start->tv_nsec) / 1000000;
	return ms > INT_MAX ? INT_MAX : (int)ms;
}

/* Connect and handshake within one deadline. EXIT_GOOD, or another status. */
static int
establish(const struct options *o, tls_socket **s)
{
	struct timespec start;
	int fd, left;

	(void)clock_gettime(CLOCK_MONOTONIC, &start);
	fd = tls_create_tcp(o->host, o->port, o->timeout_ms);
	if (fd == -1)
		return tool_failed(o->host, tls_last_error());
	left = o->timeout_ms - milliseconds_since(&start);
	if (tls_context_set_handshake_timeout(o->trust.ctx, left > 0 ? left : 1) == 0)
		*s = tls_wrap(o->trust.ctx, fd, o->server_name);
	if (*s == NULL) {
		(void)close(fd);
		return tool_failed(o->host, tls_last_error());
	}
	(void)tls_socket_own_fd(*s);
	return EXIT_GOOD;
}

/* ------------------------------------------------------------- the pipe */

/* The socket's answer when it gave no bytes: what to wait for, 0 when it ended. */
static short
wants(ssize_t answer)
{
	if (answer == TLSW_WANT_READ)
		return POLLIN;
	if (answer == TLSW_WANT_WRITE)
		return POLLOUT;
	return 0;
}

static void
receive(struct pipe *p)
{
	ssize_t n;

	p->read_wants = 0;
	if (!p->peer_open || p->down.len > 0)
		return;
	n = tls_socket_read(p->s, p->down.data, sizeof(p->down.data));
	p->read_wants = wants(n);
	if (n > 0) {
		p->down.at = 0;
		p->down.len = (size_t)n;
	} else if (p->read_wants == 0) {
		p->peer_open = false;
		if (n == -1)
			p->status = tool_failed(p->name, tls_last_error());
	}
}

/* What cannot be sent is lost; what the peer sent before can still be read. */
static void
give_up_sending(struct pipe *p)
{
	p->status = tool_failed(p->name, tls_last_error());
	p->up.len = 0;
	p->input_open = false;
	p->shut = true;
}

/* Returns whether there is more to send at once. */
static bool
transmit(struct pipe *p)
{
	ssize_t n;

	p->write_wants = 0;
	if (p->up.len > 0) {
		n = tls_socket_write(p->s, p->up.data + p->up.at, p->up.len);
		if (n > 0) {
			p->up.at += (size_t)n;
			p->up.len -= (size_t)n;
			return p->up.len > 0 || !p->input_open;
		}
	} else if (!p->input_open && !p->shut) {
		n = tls_socket_shutdown(p->s);
		p->shut = n == 0;
	} else {
		return false;
	}
	p->write_wants = wants(n);
	if (n == -1)
		give_up_sending(p);
	return false;
}

static void
take_input(struct pipe *p)
{
	ssize_t n = read(STDIN_FILENO, p->up.data, sizeof(p->up.data));

	if (n == -1 && (errno == EINTR || errno == EAGAIN))
		return;
	p->up.at = 0;
	p->up.len = n > 0 ? (size_t)n : 0;
	p->input_open = n > 0;
}

static void
give_output(struct pipe *p)
{
	/* poll(2) promises room for so much: more could block, and hold the input up. */
	size_t len = p->down.len < PIPE_BUF ? p->down.len : PIPE_BUF;
	ssize_t n = write(STDOUT_FILENO, p->down.data + p->down.at, len);

	if (n == -1 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n == -1) {
		fprintf(stderr, "tlswrap: standard output: %s\n", strerror(errno));
		p->status = EXIT_LOCAL;
		p->peer_open = false;
		p->down.len = 0;
		return;
	}
	p->down.at += (size_t)n;
	p->down.len -= (size_t)n;
}

static void
wait_and_serve(struct pipe *p, bool at_once)
{
	const bool input = p->input_open && p->up.len == 0;
	const short events = (short)(p->read_wants | p->write_wants);
	struct pollfd fds[3] = {
	    {input ? STDIN_FILENO : -1, POLLIN, 0},
	    {p->down.len > 0 ? STDOUT_FILENO : -1, POLLOUT, 0},
	    {events != 0 ? tls_socket_fd(p->s) : -1, events, 0},
	};

	if (poll(fds, 3, at_once ? 0 : -1) <= 0)
		return;
	if (fds[0].revents != 0)
		take_input(p);
	if (fds[1].revents != 0)
		give_output(p);
}

/* Until the peer ends. Its end without close_notify is a failure of its own. */
static int
run_pipe(tls_socket *s, const char *name)
{
	static struct pipe p; /* static for its size; there is one */
	bool more;

	p = (struct pipe){.s = s, .input_open = true, .peer_open = true, .name = name};
	while (p.peer_open || p.down.len > 0) {
		more = transmit(&p);
		receive(&p);
		if (p.peer_open || p.down.len > 0)
			wait_and_serve(&p, more);
	}
	return p.status;
}

int
run_connect(int argc, char **argv)
{
	struct options o = {.port = "443", .timeout_ms = 30000};
	tls_socket *s = NULL;
	int status, fd;

	/* A reader of standard output that leaves is told about, and the peer gets its
	 * close_notify. */
	(void)signal(SIGPIPE, SIG_IGN);
	status = tool_trust_init(&o.trust);
	if (status == EXIT_GOOD)
		status = parse(&o, argc, argv);
	if (status == -1) {
		tool_trust_done(&o.trust);
		return tool_flush();
	}
	if (status != EXIT_GOOD)
		goto out;
	if (o.show)
		(void)tls_context_describe(o.trust.ctx, stderr);
	status = establish(&o, &s);
	if (status != EXIT_GOOD)
		goto out;
	if (o.trust.insecure && !tls_socket_verified(s))
		fprintf(stderr, "tlswrap: %s: not verified, as asked for: anybody could be there\n",
		    o.host);
	if (o.show)
		(void)tls_socket_describe(s, stderr);
	fd = tls_socket_fd(s);
	(void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	status = run_pipe(s, o.host);
out:
	(void)tls_socket_close(s);
	tool_trust_done(&o.trust);
	return status;
}
