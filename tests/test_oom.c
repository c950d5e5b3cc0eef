/*
 * test_oom.c - memory runs out: at each allocation in turn, ours and OpenSSL's,
 * once and for good, over making a context, loading CAs, wrapping, talking and
 * closing; against good and wrong servers; warm, and in a process whose OpenSSL
 * has done nothing yet.
 *
 * Whatever happens, a wrong server is not accepted, a failure says so, nothing
 * crashes, hangs, leaks or leaves the descriptor usable. TLSW_SWEEP=full fails
 * every allocation ("make sweep": a quarter of an hour), otherwise a sample.
 *
 * wall: A10, A11, E07
 * SPDX-License-Identifier: ISC
 */
#include "support/scene.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/memory.h"

#define HOST "www.lab.test"
#define RUN_LIMIT_S 30 /* a run that takes longer hangs */

/* What a client meets. */
enum kind { GOOD, WRONG, UNTRUSTED, EXPIRED, MAIL, WRONG_MAIL, KINDS };
static const char *const kind_names[KINDS] = {"good server", "wrong host", "unknown CA", "expired",
    "STARTTLS, good server", "STARTTLS, wrong host"};

static bool
is_good(enum kind kind)
{
	return kind == GOOD || kind == MAIL;
}

static const struct peer_step smtp[] = {PEER_SEND("220 lab.test ESMTP\r\n"), PEER_EXPECT("EHLO"),
    PEER_SEND("250-lab.test\r\n250 STARTTLS\r\n"), PEER_EXPECT("STARTTLS"),
    PEER_SEND("220 go ahead\r\n"), PEER_HANDSHAKE, PEER_ECHO, PEER_END};

static FILE *nowhere; /* where what is described goes */

/* What clients have to know of the servers. */
static struct {
	int ports[KINDS];
	char ca_file[64], ca_pem[4096];
} house;
static struct peer peers[KINDS];

/* What the sweep came to; shared, for it is made by children, which may crash. */
static struct sum {
	enum kind kind; /* at this moment */
	size_t nth, count; /* allocations of the last run */
	bool all, cold;
	unsigned long runs, faults, survived, blamed, troubles, leaks, crashes, hangs, wrong_accepts;
	unsigned long codes[TLSW_ERR_INTERNAL + 1];
} *sum;

static void
complain(const char *what)
{
	(void)printf("%s: %s, allocation %zu%s%s: %s: %s\n", what, kind_names[sum->kind], sum->nth,
	    sum->all ? " and all behind it" : "", sum->cold ? ", OpenSSL not yet used" : "",
	    tls_error_name(tls_last_error()->code), tls_last_error()->message);
	(void)fflush(stdout);
	sum->troubles++;
}

/* ---------------------------------------------------------------- the servers */

static void
open_house(void)
{
	struct pki *ca = pki_ca("Test CA"), *stranger = pki_ca("Stranger CA");
	struct pki *certs[KINDS] = {pki_leaf(ca, HOST), pki_leaf(ca, "evil.test"), pki_leaf(stranger, HOST),
	    pki_make(.issuer = ca, .san = PKI_NAMES(PKI_DNS(HOST)), .not_before = -864000, .not_after = -86400)};
	static struct peer_options options[KINDS];
	int i, fd;

	certs[MAIL] = pki_leaf(ca, HOST);
	certs[WRONG_MAIL] = pki_leaf(ca, "evil.test");
	(void)snprintf(house.ca_pem, sizeof(house.ca_pem), "%s", pki_pem(ca));
	(void)snprintf(house.ca_file, sizeof(house.ca_file), "%s", "/tmp/tlsw-oom-XXXXXX");
	fd = mkstemp(house.ca_file);
	if (fd < 0 || write(fd, house.ca_pem, strlen(house.ca_pem)) < 0 || close(fd) != 0)
		abort();
	for (i = 0; i < KINDS; i++) {
		options[i] = scene_server(certs[i]);
		options[i].connections = 1000000;
		options[i].limit_ms = 3600 * 1000;
		options[i].script = i >= MAIL ? smtp : NULL;
		if (peer_start(&peers[i], &options[i]) != 0)
			abort();
		house.ports[i] = peers[i].port;
		pki_free(certs[i]);
	}
	pki_free(stranger);
	pki_free(ca);
}

/* What a wrong server must not receive. The reports are read at once: a full pipe stops a server. */
static void
look_at_reports(void)
{
	struct peer_report report;
	int i;

	for (i = 0; i < KINDS; i++)
		while (recv(peers[i].reports, &report, sizeof(report), MSG_DONTWAIT) > 0)
			if (!is_good((enum kind)i) && (report.handshake || report.data_in > 0 || report.client_cert)) {
				(void)printf("%s: it received more than a ClientHello\n", kind_names[i]);
				sum->wrong_accepts++;
			}
}

/* A process of its own for the servers, so that OpenSSL stays unused here. Ends with the pipe. */
static pid_t
start_house(int *hold)
{
	int ready[2], end[2], i;
	struct pollfd p;
	pid_t pid;

	if (pipe(ready) != 0 || pipe(end) != 0 || (pid = fork()) < 0)
		abort();
	if (pid == 0) {
		(void)close(end[1]);
		open_house();
		if (write(ready[1], &house, sizeof(house)) != (ssize_t)sizeof(house))
			abort();
		for (p = (struct pollfd){.fd = end[0], .events = POLLIN}; poll(&p, 1, 20) == 0;)
			look_at_reports();
		look_at_reports();
		for (i = 0; i < KINDS; i++)
			peer_stop(&peers[i]);
		(void)unlink(house.ca_file);
		_exit(0);
	}
	(void)close(ready[1]);
	(void)close(end[0]);
	*hold = end[1];
	if (read(ready[0], &house, sizeof(house)) != (ssize_t)sizeof(house))
		abort();
	(void)close(ready[0]);
	return pid;
}

/* ------------------------------------------------------------------- one client */

/* OpenSSL does not always tell that memory was short; what a good server is then blamed for is counted. */
static void
note_failure(void)
{
	const enum tlsw_error code = tls_last_error()->code;

	if (code == TLSW_OK || tls_last_error()->message[0] == '\0')
		complain("no reason");
	sum->blamed += is_good(sum->kind) && code != TLSW_ERR_MEMORY && code != TLSW_ERR_INTERNAL;
	if (code <= TLSW_ERR_INTERNAL)
		sum->codes[code]++;
}

/* Whether the whole story goes well. */
static bool
talk(tls_socket *s)
{
	char echo[16];
	ssize_t n = 0, got = 0;

	(void)tls_certificate_subject(tls_socket_peer_certificate(s)); /* NULL is all that they say */
	if (tls_socket_write(s, "ping\r\npong", 10) != 10 ||
	    tls_socket_read_line(s, echo, sizeof(echo)) != 6)
		return false;
	if (memcmp(echo, "ping\r\n", 6) != 0)
		complain("other data");
	while (got < 4 && (n = tls_socket_read(s, echo + got, (size_t)(4 - got))) > 0)
		got += n;
	if (got == 4 && memcmp(echo, "pong", 4) != 0)
		complain("other data");
	return got == 4;
}

static bool
is_shut(int fd)
{
	return fcntl(fd, F_GETFD) != -1 && send(fd, "x", 1, MSG_NOSIGNAL) == -1 && errno != EBADF;
}

/* One connection; true when all went well. */
static bool
connect_once(tls_context *ctx, enum kind kind, int fd)
{
	tls_socket *s;
	bool well;

	tls_error_clear();
	s = kind >= MAIL ? tls_starttls(ctx, fd, TLSW_SMTP, HOST) : tls_wrap(ctx, fd, HOST);
	if (s == NULL) {
		note_failure();
		if (!is_shut(fd))
			complain("descriptor not shut down");
		return false;
	}
	if (!is_good(kind)) {
		complain("WRONG ACCEPT");
		sum->wrong_accepts++;
	}
	well = talk(s) && tls_context_describe(ctx, nowhere) == 0 && tls_socket_describe(s, nowhere) == 0;
	if (!well)
		note_failure();
	if (tls_socket_close(s) != 0 && well) {
		note_failure();
		well = false;
	}
	return well;
}

/* A context as programs make it. */
static tls_context *
make_context(void)
{
	static const char *const protocols[] = {"imap"};
	tls_context *ctx = tls_context_new();

	if (ctx != NULL && tls_context_load_ca_file(ctx, house.ca_file) == 1 &&
	    tls_context_load_ca_mem(ctx, house.ca_pem, strlen(house.ca_pem)) >= 0 &&
	    tls_context_set_alpn(ctx, protocols, 1, false) == 0 &&
	    tls_context_set_ciphers(ctx, "ECDHE+AESGCM:!RC4", NULL) == 0 &&
	    tls_context_set_groups(ctx, "P-256:X25519") == 0 &&
	    tls_context_set_handshake_timeout(ctx, 10000) == 0)
		return ctx;
	note_failure();
	tls_context_free(ctx);
	return NULL;
}

static void
note_end(bool well)
{
	sum->count = memory_count();
	sum->runs++;
	sum->faults += memory_failed();
	sum->survived += memory_failed() && well;
	if (!memory_failed() && well != is_good(sum->kind))
		complain("without a fault");
}

/*
 * The whole: context, CAs, two connections by the same context, so that the
 * second may resume; the nth allocation fails. Whether it came to that one.
 */
static bool
run(enum kind kind, size_t nth, bool all)
{
	struct peer peer = {.fd = -1, .port = house.ports[kind]};
	int fds[2] = {peer_connect(&peer), peer_connect(&peer)}, i;
	tls_context *ctx;
	bool well, came;

	if (fds[0] < 0 || fds[1] < 0)
		abort();
	sum->kind = kind;
	sum->nth = nth;
	sum->all = all;
	(void)alarm(RUN_LIMIT_S);
	tls_error_clear();
	memory_fail(nth, all);
	ctx = make_context();
	well = ctx != NULL;
	for (i = 0; i < 2 && ctx != NULL; i++)
		well = connect_once(ctx, kind, fds[i]) && well;
	tls_context_free(ctx);
	note_end(well);
	came = memory_failed();
	memory_fail(0, false);
	tls_error_clear();
	(void)close(fds[0]);
	(void)close(fds[1]);
	(void)alarm(0);
	return came;
}

/* ------------------------------------------------------------------------- leaks */

/* A run that takes memory each time it is repeated loses it; what is kept once is no leak. */
static bool
run_and_weigh(enum kind kind, size_t nth, bool all)
{
	long before = memory_live(), after;
	bool came = run(kind, nth, all);
	int again;

	for (again = 0; (after = memory_live()) > before && again < 20; again++) {
		before = after;
		(void)run(kind, nth, all);
	}
	if (after > before) {
		complain("leak");
		sum->leaks++;
	}
	return came;
}

/* ------------------------------------------------------------------------ the sweeps */

/* In a process of its own: a crash is counted, and told where it was. Whether it ended well. */
static bool
apart(void (*work)(size_t, size_t), size_t from, size_t step)
{
	int status = 0;
	bool hung;
	pid_t pid;

	(void)fflush(stdout);
	pid = fork();
	if (pid < 0)
		abort();
	if (pid == 0) {
		work(from, step);
		if (sum->cold)
			_exit(0); /* OpenSSL loses a little when its own start fails half way */
		exit(0);	  /* a leak checker runs here */
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return true;
	tls_error_clear();
	hung = WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM;
	complain(hung ? "HANG" : "CRASH");
	sum->crashes += !hung;
	sum->hangs += hung;
	return false;
}

/* OpenSSL has done all that it does once, and its caches are full. */
static void
warm_up(enum kind kind)
{
	int i;

	for (i = 0; i < 3; i++)
		(void)run(kind, 0, false);
}

static void
sweep_warm(size_t from, size_t step)
{
	const enum kind kind = sum->kind;
	const bool all = sum->all;

	warm_up(kind);
	while (run_and_weigh(kind, from, all))
		from += step;
}

static void
run_cold(size_t nth, size_t unused)
{
	(void)unused;
	(void)run(sum->kind, nth, sum->all);
}

/* The next fault behind one that crashed; a few crashes are enough to know. */
static void
warm(enum kind kind, bool all, size_t from, size_t step)
{
	sum->cold = false;
	for (;;) {
		sum->kind = kind;
		sum->all = all;
		if (apart(sweep_warm, from, step) || sum->crashes + sum->hangs > 20)
			return;
		from = sum->nth + step;
	}
}

static void
cold(enum kind kind, bool all, size_t from, size_t step)
{
	size_t last;

	sum->cold = true;
	sum->kind = kind;
	sum->all = all;
	(void)apart(run_cold, 0, 0);
	last = sum->count;
	for (; from <= last && sum->crashes + sum->hangs <= 20; from += step) {
		sum->kind = kind;
		sum->all = all;
		(void)apart(run_cold, from, 0);
	}
}

static void
show(void)
{
	int i;

	(void)printf("out of memory: %lu runs, %lu faults (%lu did not matter, %lu were blamed on a good "
		     "server), %lu crashes, %lu leaks, %lu hangs, %lu wrong accepts, %lu other troubles\n",
	    sum->runs, sum->faults, sum->survived, sum->blamed, sum->crashes, sum->leaks, sum->hangs,
	    sum->wrong_accepts, sum->troubles - sum->crashes - sum->hangs - sum->leaks);
	for (i = 0; i <= TLSW_ERR_INTERNAL; i++)
		if (sum->codes[i] > 0)
			(void)printf("  %-26s %lu\n", tls_error_name((enum tlsw_error)i), sum->codes[i]);
}

int
main(void)
{
	const char *sweep = getenv("TLSW_SWEEP");
	const bool full = sweep != NULL && strcmp(sweep, "full") == 0;
	int hold, i;
	pid_t pid;

	memory_hook();
	nowhere = fopen("/dev/null", "w");
	if (nowhere == NULL)
		abort();
	sum = mmap(NULL, sizeof(*sum), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (sum == MAP_FAILED)
		abort();
	pid = start_house(&hold);
	for (i = 0; i < 2 * KINDS; i++) {
		enum kind kind = (enum kind)(i / 2);

		/* other allocations for each, so that together they cover more; a cold run takes long */
		warm(kind, i % 2 == 1, full ? 1 : (size_t)(1 + i), full ? 1 : 97);
		cold(kind, i % 2 == 1, full ? (size_t)(1 + i) : (size_t)(100 + 331 * i),
		    full && kind == WRONG ? 1 : full ? 2 * KINDS : 3989);
	}
	(void)close(hold);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	show();
	(void)fclose(nowhere);
	return sum->troubles == 0 && sum->wrong_accepts == 0 ? 0 : 1;
}
