/*
 * connect.c - tlswrap connect HOST[:PORT]: a verified connection as a pipe.
 *
 * SPDX-License-Identifier: ISC
 */
#include "config.h"

#include "policy.h"
#include "tool.h"

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
    "  --starttls PROTOCOL    begin in plain text: smtp, lmtp, imap, pop3, ftp, nntp, sieve,\n"
    "                         xmpp, ldap, postgres or mysql, whose port is then the default\n"
    "  --ca-file FILE         trust the CA certificates in FILE, not the system's\n"
    "  --ca-dir DIR           trust those in an OpenSSL hashed directory\n" TOOL_POLICY_USAGE
    "  --timeout SECONDS      for connecting and handshake together (30; fractions allowed)\n"
    "  --reconnect            then connect once more, and tell whether that was resumed\n"
    "  --show                 print policy and connection to standard error\n"
    "  --insecure-no-verify   talk to anybody: no protection against an active attacker\n"
    "  --help                 this text\n";

struct options {
	struct tool_trust trust;
	struct tool_policy policy;
	const char *host, *port;
	const char *server_name;	 /* what the certificate must be for */
	const struct tool_protocol *starttls; /* NULL: TLS from the beginning */
	int timeout_ms;
	bool show, reconnect;
};

static int
take_starttls(struct options *o, const char *name)
{
	o->starttls = tool_protocol(name, strlen(name));
	if (o->starttls != NULL && o->starttls->protocol != TOOL_DIRECT)
		return EXIT_GOOD;
	return tool_usage_error("connect", "\"%s\" is no protocol with STARTTLS", name);
}

static int
take_option(void *into, int option)
{
	struct options *o = into;

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
	case OPT_STARTTLS:
		return take_starttls(o, optarg);
	case OPT_RECONNECT:
		o->reconnect = true;
		return EXIT_GOOD;
	case OPT_TIMEOUT:
		if (tool_parse_seconds(optarg, &o->timeout_ms))
			return EXIT_GOOD;
		return tool_usage_error("connect", "\"%s\" is no time in seconds", optarg);
	default:
		if (option >= OPT_PROFILE && option < OPT_POLICY_END)
			return tool_policy_option(&o->policy, "connect", option, optarg);
		return tool_usage_error("connect", "see above");
	}
}

/* The operand, and what follows from all the options together. */
static int
finish(struct options *o, char *operand)
{
	int status;

	if (!tool_parse_host(operand, &o->host, &o->port))
		return tool_usage_error("connect", "this is no HOST[:PORT]");
	if (o->port == NULL)
		o->port = o->starttls != NULL ? o->starttls->port : "443";
	if (o->server_name == NULL)
		o->server_name = o->host;
	if (tls_context_set_handshake_timeout(o->trust.ctx, o->timeout_ms) == -1)
		return tool_failed("context", tls_last_error());
	status = tool_policy_apply(&o->policy, "connect", o->trust.ctx, o->server_name);
	return status == EXIT_GOOD ? tool_trust_finish(&o->trust) : status;
}

/* EXIT_GOOD to go on; -1 when help was asked for and given. */
static int
parse(struct options *o, int argc, char **argv)
{
	static const struct option table[] = {TOOL_TRUST_OPTIONS, TOOL_POLICY_OPTIONS,
	    {"insecure-no-verify", no_argument, NULL, OPT_INSECURE},
	    {"reconnect", no_argument, NULL, OPT_RECONNECT},
	    {"server-name", required_argument, NULL, OPT_SERVER_NAME},
	    {"show", no_argument, NULL, OPT_SHOW},
	    {"starttls", required_argument, NULL, OPT_STARTTLS},
	    {"timeout", required_argument, NULL, OPT_TIMEOUT}, TOOL_HELP_OPTION,
	    TOOL_END_OF_OPTIONS};
	int status = tool_options(argc, argv, "", table, usage, take_option, o);

	if (status != EXIT_GOOD)
		return status;
	if (argc - optind != 1)
		return tool_usage_error("connect", "one HOST[:PORT] is needed");
	return finish(o, argv[optind]);
}

/* ------------------------------------------------------------------ connecting */

static int
milliseconds_since(const struct timespec *start)
{
	struct timespec now;
	long long ms;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	ms = (now.tv_sec - start->tv_sec) * 1000LL + (now.tv_nsec - start->tv_nsec) / 1000000;
	return ms > INT_MAX ? INT_MAX : (int)ms;
}

/* Wait for what the socket needs; false: the time is up, which is said. */
static bool
wait_for(const struct options *o, const tls_socket *s, const struct timespec *start)
{
	struct pollfd p = {.fd = tls_socket_fd(s), .events = tls_socket_events(s)};
	const int left = o->timeout_ms - milliseconds_since(start);

	if (left > 0) {
		(void)poll(&p, 1, tls_socket_ready(s) ? 0 : left);
		return true;
	}
	fprintf(stderr, "tlswrap: %s: no answer in time\n", o->host);
	return false;
}

/* The dialogue, if there is one, then the handshake; as far as they go without waiting. */
static int
step(const struct options *o, tls_socket *s, bool *agreed)
{
	int rv = 0;

	if (!*agreed)
		rv = tls_socket_starttls(s, (enum tlsw_protocol)o->starttls->protocol);
	*agreed = *agreed || rv == 0;
	return rv == 0 ? tls_socket_handshake(s) : rv;
}

/* The library's deadline begins with the connection, ours with the attempt. */
static int
negotiate(const struct options *o, tls_socket *s, const struct timespec *start)
{
	bool agreed = o->starttls == NULL;
	int rv;

	while ((rv = step(o, s, &agreed)) == TLSW_WANT_READ || rv == TLSW_WANT_WRITE)
		if (!wait_for(o, s, start))
			return EXIT_NETWORK;
	return rv == 0 ? EXIT_GOOD : tool_failed(o->host, tls_last_error());
}

/* Connect and handshake within one deadline. EXIT_GOOD, or another status. */
static int
establish(const struct options *o, tls_socket **s)
{
	struct timespec start;
	int fd;

	(void)clock_gettime(CLOCK_MONOTONIC, &start);
	fd = tls_create_tcp(o->host, o->port, o->timeout_ms);
	if (fd == -1)
		return tool_failed(o->host, tls_last_error());
	(void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	*s = tls_wrap_start(o->trust.ctx, fd, o->server_name);
	if (*s == NULL) {
		(void)close(fd);
		return tool_failed(o->host, tls_last_error());
	}
	(void)tls_socket_own_fd(*s);
	return negotiate(o, *s, &start);
}

/* Say nothing, and wait for the peer's close_notify; what else it sends is for nobody. */
static int
end(const struct options *o, tls_socket *s)
{
	char unread[4096];
	struct timespec start;
	ssize_t n;

	(void)clock_gettime(CLOCK_MONOTONIC, &start);
	do {
		(void)tls_socket_shutdown(s);
		n = tls_socket_read(s, unread, sizeof(unread));
		if (n == -1)
			return tool_failed(o->host, tls_last_error());
		if (n != 0 && !wait_for(o, s, &start))
			return EXIT_NETWORK;
	} while (n != 0);
	return EXIT_GOOD;
}

/* The whole of one connection; again: the second, which is ended at once. */
static int
connect_once(const struct options *o, bool again)
{
	tls_socket *s = NULL;
	int status = establish(o, &s);

	if (status != EXIT_GOOD) {
		tls_socket_free(s);
		return status;
	}
	if (o->trust.insecure && !tls_socket_verified(s))
		fprintf(stderr, "tlswrap: %s: not verified, as asked for: anybody could be there\n",
		    o->host);
	if (again)
		fprintf(stderr, "connected again: %s\n",
		    tls_socket_resumed(s) ? "resumed" : "not resumed, a full handshake");
	if (o->show)
		(void)tls_socket_describe(s, stderr);
	status = again ? end(o, s) : tool_pipe(s, o->host);
	(void)tls_socket_close(s);
	return status;
}

int
run_connect(int argc, char **argv)
{
	struct options o = {.timeout_ms = 30000};
	int status;

	/* A reader of standard output that leaves is told about, and the peer gets its
	 * close_notify. */
	(void)signal(SIGPIPE, SIG_IGN);
	status = tool_trust_init(&o.trust);
	if (status == EXIT_GOOD)
		status = parse(&o, argc, argv);
	if (status == EXIT_GOOD) {
		if (o.show)
			(void)tls_context_describe(o.trust.ctx, stderr);
		status = connect_once(&o, false);
		if (status == EXIT_GOOD && o.reconnect)
			status = connect_once(&o, true);
	} else if (status == -1) {
		status = tool_flush();
	}
	tool_trust_done(&o.trust);
	return status;
}
