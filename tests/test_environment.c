/*
 * test_environment.c - the process is not as one would wish: signals storm in,
 * descriptors and stack are short, locale, time zone and clock are odd, the
 * environment is somebody else's.
 *
 * SPDX-License-Identifier: ISC
 */
#include "support/scene.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <locale.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/time.h>
#include <unistd.h>

#include "support/trust_support.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED true
#endif
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED true
#endif
#ifndef SANITIZED
#define SANITIZED false
#endif

static struct pki *ca, *leaf, *wrong;
static struct scene scene;
static tls_context *ctx;
static const char *ca_file;

static void
set_up(void)
{
	scratch_make();
	ca = pki_ca("Test CA");
	leaf = pki_leaf(ca, "www.lab.test");
	wrong = pki_leaf(ca, "evil.test");
	ca_file = scratch_write("ca.pem", pki_pem(ca), SIZE_MAX);
	ctx = scene_trusting(ca);
}

static void
tear_down(void)
{
	tls_context_free(ctx);
	pki_free(wrong);
	pki_free(leaf);
	pki_free(ca);
	scratch_remove();
	tls_error_clear();
}

static void
serve(const struct pki *cert, const struct peer_step *script)
{
	struct peer_options server = scene_server(cert);

	server.script = script;
	scene_serve(&scene, server);
}

static void
skipped(const char *what)
{
	(void)printf("skipped: %s\n", what);
	(void)fflush(stdout);
}

/* ------------------------------------------------------------------------- signals */

static volatile sig_atomic_t alarms;

static void
count_alarm(int number)
{
	(void)number;
	alarms++;
}

/* A thousand a second, without SA_RESTART, so that every call that waits is interrupted. */
static void
storm(bool on)
{
	const struct sigaction action = {.sa_handler = count_alarm};
	const struct itimerval often = {{0, on ? 1000 : 0}, {0, on ? 1000 : 0}};

	ck_assert_int_eq(sigaction(SIGALRM, &action, NULL), 0);
	ck_assert_int_eq(setitimer(ITIMER_REAL, &often, NULL), 0);
}

#define TRANSFER (5 * 1000 * 1000)

/* The server sends the pattern slowly enough for many signals, and wants it back. */
static int
expect_pattern(struct peer_connection *c, const struct peer_step *step)
{
	unsigned char buf[16384];
	size_t got = 0, i;
	ssize_t n;

	(void)step;
	while (got < TRANSFER && (n = peer_read(c, buf, sizeof(buf))) > 0)
		for (i = 0; i < (size_t)n; i++, got++)
			if (buf[i] != peer_pattern(got))
				return peer_fail(c, "other octets");
	return got == TRANSFER ? 0 : peer_fail(c, "too few octets");
}

static const struct peer_step both_ways[] = {PEER_TRICKLE(50, 1), PEER_HANDSHAKE, PEER_TRICKLE(0, 0),
    PEER_SLEEP(20), PEER_FILL(TRANSFER), PEER_CALL(expect_pattern), PEER_CLOSE_NOTIFY, PEER_END};

static void
receive_pattern(tls_socket *s)
{
	unsigned char buf[5000];
	size_t got = 0, i;
	ssize_t n;

	while (got < TRANSFER) {
		n = tls_socket_read(s, buf, sizeof(buf));
		ck_assert_works(n > 0);
		for (i = 0; i < (size_t)n; i++, got++)
			ck_assert_msg(buf[i] == peer_pattern(got), "octet %zu", got);
	}
}

static void
send_pattern(tls_socket *s)
{
	unsigned char buf[100000];
	size_t sent = 0, i;

	while (sent < TRANSFER) {
		for (i = 0; i < sizeof(buf); i++)
			buf[i] = peer_pattern(sent + i);
		ck_assert_works(tls_socket_write(s, buf, sizeof(buf)) == (ssize_t)sizeof(buf));
		sent += sizeof(buf);
	}
}

/* wall: J14 */
START_TEST(a_storm_of_signals_changes_nothing)
{
	static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
	struct peer_options server = scene_server(leaf);
	tls_socket *s;
	char c;

	server.min_version = server.max_version = versions[_i % 2];
	server.script = both_ways;
	server.limit_ms = 25000;
	scene_serve(&scene, server);
	storm(true);
	s = tls_wrap(ctx, scene.fd, "www.lab.test");
	ck_assert_works(s != NULL);
	ck_assert_works(tls_socket_set_timeout(s, 20000) == 0);
	receive_pattern(s);
	send_pattern(s);
	ck_assert_int_eq(tls_socket_read(s, &c, 1), 0);
	ck_assert_int_eq(tls_socket_close(s), 0);
	storm(false);
	ck_assert_int_gt(alarms, 20);
	scene_end(&scene);
	ck_assert_str_eq(scene.report.error, "");
	ck_assert(scene.report.script_done);
}
END_TEST

static long
elapsed_ms(const struct timespec *since)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - since->tv_sec) * 1000 + (now.tv_nsec - since->tv_nsec) / 1000000;
}

/* Signals neither end the waiting nor prolong it. */
START_TEST(a_deadline_survives_a_storm_of_signals)
{
	static const struct peer_step mute[] = {PEER_DRAIN, PEER_END};
	static const struct peer_step silent[] = {PEER_HANDSHAKE, PEER_DRAIN, PEER_END};
	struct timespec start;
	tls_socket *s;
	char c;

	serve(leaf, _i == 0 ? mute : silent);
	ck_assert_works(tls_context_set_handshake_timeout(ctx, _i == 0 ? 300 : 10000) == 0);
	storm(true);
	(void)clock_gettime(CLOCK_MONOTONIC, &start);
	if (_i == 0) {
		ck_assert_refused_null(tls_wrap(ctx, scene.fd, "www.lab.test"), TLSW_ERR_TIMEOUT);
	} else {
		s = tls_wrap(ctx, scene.fd, "www.lab.test");
		ck_assert_works(s != NULL);
		ck_assert_works(tls_socket_set_timeout(s, 300) == 0);
		(void)clock_gettime(CLOCK_MONOTONIC, &start);
		ck_assert_refused(tls_socket_read(s, &c, 1), TLSW_ERR_TIMEOUT);
		tls_socket_free(s);
	}
	ck_assert_int_ge(elapsed_ms(&start), 290);
	ck_assert_int_lt(elapsed_ms(&start), 8000);
	storm(false);
	ck_assert_int_gt(alarms, 20);
	scene_end(&scene);
}
END_TEST

/* Where the peer may be gone when the library writes. */
enum place { AT_HELLO, AT_WRITE, AT_SHUTDOWN, AT_CLOSE, AT_UNWRAP, AT_STREAM, AT_HANDSHAKE_END, PLACES };

static void
write_to_nobody(enum place place, tls_socket *s)
{
	FILE *out = NULL;
	int i;

	if (place == AT_STREAM) {
		ck_assert_works(tls_socket_fopen(s, NULL, &out) == 0);
		for (i = 0; i < 3; i++)
			(void)(fprintf(out, "line\n") < 0 || fflush(out) != 0);
		ck_assert_int_ne(ferror(out), 0);
		(void)fclose(out);
		return;
	}
	for (i = 0; i < 3 && place == AT_WRITE; i++)
		(void)tls_socket_write(s, "hello", 5);
	for (i = 0; i < 3 && place == AT_SHUTDOWN; i++)
		(void)tls_socket_shutdown(s);
	if (place == AT_UNWRAP)
		ck_assert_int_eq(tls_socket_unwrap(s, 1000), -1);
	(void)tls_socket_close(s);
}

/* wall: J07 */
START_TEST(sigpipe_is_never_raised)
{
	static const struct peer_step reset[] = {PEER_RESET, PEER_END};
	static const struct peer_step later[] = {PEER_HANDSHAKE, PEER_RESET, PEER_END};
	static const struct peer_step hello[] = {PEER_HELLO, PEER_RESET, PEER_END};
	const enum place place = (enum place)(_i / 2);
	struct pollfd p;
	tls_socket *s;

	ck_assert(signal(SIGPIPE, SIG_DFL) != SIG_ERR); /* it would end this process */
	serve(leaf, place == AT_HELLO ? reset : place == AT_HANDSHAKE_END ? hello : later);
	if (_i % 2 == 1 && place == AT_HELLO) /* the sending side is shut already: the first write meets it */
		(void)shutdown(scene.fd, SHUT_WR);
	p = (struct pollfd){.fd = scene.fd};
	if (place == AT_HELLO)
		ck_assert_int_eq(poll(&p, 1, 10000), 1);
	s = tls_wrap(ctx, scene.fd, "www.lab.test");
	ck_assert_int_eq(s == NULL, place == AT_HELLO || place == AT_HANDSHAKE_END);
	if (s != NULL) {
		if (_i % 2 == 1)
			(void)shutdown(scene.fd, SHUT_WR);
		else
			ck_assert_int_eq(poll(&p, 1, 10000), 1);
		write_to_nobody(place, s);
	}
	scene_end(&scene);
}
END_TEST

/* ---------------------------------------------------------------------- what is short */

/* So many descriptors are left from here on. */
static int
leave_descriptors(int left, int *held, int max)
{
	struct rlimit limit;
	int count = 0, fd;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = 64;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	while (count < max && (fd = open("/dev/null", O_RDONLY)) >= 0)
		held[count++] = fd;
	while (left-- > 0 && count > 0)
		(void)close(held[--count]);
	return count;
}

/* Without descriptors nothing is loaded, nothing half loaded, and nobody accepted. */
START_TEST(descriptors_run_out_while_trust_is_loaded)
{
	int held[64], count, before_fails, i;
	tls_context *c = tls_context_new();

	(void)scratch_rehash("certs", pki_x509(ca), 0, pki_pem(ca));
	ck_assert_works(c != NULL);
	count = leave_descriptors(_i, held, 64);
	before_fails = tls_context_load_ca_dir(c, scratch_path("certs"));
	if (before_fails != 0)
		support_assert_error(TLSW_ERR_TRUST_STORE, "CA directory", __FILE__, __LINE__);
	if (_i == 0) {
		ck_assert_int_eq(before_fails, -1);
		ck_assert_int_eq(tls_last_error()->os_errno, EMFILE);
		ck_assert_refused(tls_context_load_ca_file(c, ca_file), TLSW_ERR_TRUST_STORE);
		(void)setenv("SSL_CERT_FILE", ca_file, 1);
		ck_assert_refused_null(tls_create_default_context(), TLSW_ERR_TRUST_STORE);
	}
	for (i = 0; i < count; i++)
		(void)close(held[i]);
	ck_assert_works(tls_context_load_ca_dir(c, scratch_path("certs")) == 0);
	serve(leaf, NULL);
	ck_assert_works(tls_socket_close(tls_wrap(c, scene.fd, "www.lab.test")) == 0);
	scene_end(&scene);
	tls_context_free(c);
}
END_TEST

/* A directory is read when a CA is needed: then it cannot be, and that is no reason to trust. */
START_TEST(descriptors_run_out_while_the_server_is_verified)
{
	int held[64], count, i;
	tls_context *c = tls_context_new();
	tls_socket *s;

	(void)scratch_rehash("certs", pki_x509(ca), 0, pki_pem(ca));
	ck_assert_works(c != NULL);
	ck_assert_works(tls_context_load_ca_dir(c, scratch_path("certs")) == 0);
	serve(_i == 0 ? leaf : wrong, NULL);
	count = leave_descriptors(0, held, 64);
	tls_error_clear();
	s = tls_wrap(c, scene.fd, "www.lab.test");
	for (i = 0; i < count; i++)
		(void)close(held[i]);
	ck_assert(s == NULL || _i == 0);
	if (s == NULL) {
		ck_assert_int_ne(tls_last_error()->code, TLSW_OK);
		scene_assert_open_and_shut(&scene);
	}
	(void)tls_socket_close(s);
	scene_end(&scene);
	tls_context_free(c);
}
END_TEST

/* Everything a client does, and a refusal with all its words. */
static void *
work_on_a_small_stack(void *unused)
{
	tls_socket *s = tls_wrap(ctx, scene.fd, "www.lab.test");
	char buf[8];
	int fd;

	(void)unused;
	if (s == NULL || tls_socket_write(s, "ping\n", 5) != 5 || tls_socket_read_line(s, buf, 8) != 5 ||
	    tls_socket_peer_certificate(s) == NULL || tls_socket_close(s) != 0)
		return NULL;
	fd = peer_connect(&scene.peer);
	if (tls_wrap(ctx, fd, "www.lab.test") != NULL ||
	    tls_last_error()->code != TLSW_ERR_HOSTNAME_MISMATCH || tls_last_error()->details[0] == '\0')
		return NULL;
	(void)close(fd);
	tls_error_clear();
	return ctx;
}

START_TEST(a_stack_of_64_kib_is_enough)
{
	struct peer_options server = scene_server(leaf), odd = scene_server(wrong);
	pthread_attr_t attributes;
	pthread_t thread;
	void *worked;

	if (SANITIZED) {
		skipped("small stacks: a sanitizer needs more");
		return;
	}
	server.odd = &odd;
	server.connections = 2;
	scene_serve(&scene, server);
	ck_assert_int_eq(pthread_attr_init(&attributes), 0);
	ck_assert_int_eq(pthread_attr_setstacksize(&attributes, 65536), 0);
	ck_assert_int_eq(pthread_create(&thread, &attributes, work_on_a_small_stack, NULL), 0);
	ck_assert_int_eq(pthread_join(thread, &worked), 0);
	(void)pthread_attr_destroy(&attributes);
	ck_assert_ptr_nonnull(worked);
	(void)close(scene.fd);
	peer_stop(&scene.peer);
}
END_TEST

/* --------------------------------------------------------------- locale, zone, clock */

/* A Turkish locale, made here if the system has none. */
static bool
speak_turkish(void)
{
	char command[PATH_MAX + 128];

	if (setlocale(LC_ALL, "tr_TR.UTF-8") != NULL)
		return true;
	(void)mkdir(scratch_path("locale"), 0755);
	(void)snprintf(command, sizeof(command), "localedef -i tr_TR -f UTF-8 %s/tr_TR.UTF-8 2>/dev/null",
	    scratch_path("locale"));
	if (system(command) != 0)
		return false;
	(void)setenv("LOCPATH", scratch_path("locale"), 1);
	return setlocale(LC_ALL, "tr_TR.UTF-8") != NULL;
}

static void
remove_turkish(void)
{
	char command[PATH_MAX + 32];

	(void)snprintf(command, sizeof(command), "rm -rf '%s'", scratch_path("locale"));
	ck_assert_int_eq(system(command), 0);
}

/* There the capital of i has a dot. wall: B08 */
START_TEST(names_match_the_same_in_turkish)
{
	struct pki *capital = pki_make(.issuer = ca, .san = PKI_NAMES(PKI_DNS("MAIL.LAB.TEST")));
	struct pki *dotted = pki_make(.issuer = ca, .san = PKI_NAMES(PKI_DNS("MA\xc4\xb0L.LAB.TEST")));
	tls_socket *s;

	if (speak_turkish()) {
		serve(_i == 0 ? capital : dotted, NULL);
		tls_error_clear();
		s = tls_wrap(ctx, scene.fd, "mail.lab.test");
		ck_assert_int_eq(s != NULL, _i == 0);
		ck_assert_int_eq(tls_last_error()->code, _i == 0 ? TLSW_OK : TLSW_ERR_HOSTNAME_MISMATCH);
		(void)tls_socket_close(s);
		scene_end(&scene);
	} else {
		skipped("Turkish: there is no such locale, and none could be made");
	}
	(void)setlocale(LC_ALL, "C");
	remove_turkish();
	pki_free(dotted);
	pki_free(capital);
}
END_TEST

#define DAY 86400L

static int
verify(tls_context *c, const struct pki *cert)
{
	struct pki_octets der = pki_der(cert);
	tls_certificate *x = tls_certificate_load_mem(der.at, der.len);
	int rv;

	ck_assert_works(x != NULL);
	rv = tls_context_verify(c, x, "www.lab.test");
	tls_certificate_free(x);
	return rv;
}

/* Dates are in UTC, whatever the zone makes of them. */
START_TEST(the_time_zone_moves_no_date)
{
	static const char *const zones[] = {"UTC", "ZZZ-24:59:59", "ZZZ+24:59:59", "right/UTC", "no such zone",
	    "", ":/etc/passwd", "America/St_Johns"};
	const struct pki_name *san = PKI_NAMES(PKI_DNS("www.lab.test"));
	struct pki *now = pki_make(.issuer = ca, .san = san, .not_before = -60, .not_after = 60);
	struct pki *past = pki_make(.issuer = ca, .san = san, .not_before = -DAY, .not_after = -60);
	struct pki *future = pki_make(.issuer = ca, .san = san, .not_before = 60, .not_after = DAY);
	struct pki *then = pki_make(.issuer = ca, .san = san, .not_before_text = "20200101000000Z",
	    .not_after_text = "20200229235959Z");

	(void)setenv("TZ", zones[_i], 1);
	tzset();
	ck_assert_works(verify(ctx, now) == 0);
	ck_assert_refused(verify(ctx, past), TLSW_ERR_CERTIFICATE);
	ck_assert_uint_eq(tls_last_error()->reasons, TLSW_REASON_EXPIRED);
	ck_assert_refused(verify(ctx, future), TLSW_ERR_CERTIFICATE);
	ck_assert_uint_eq(tls_last_error()->reasons, TLSW_REASON_NOT_YET_VALID);
	ck_assert_refused(verify(ctx, then), TLSW_ERR_CERTIFICATE);
	ck_assert_msg(strstr(tls_last_error()->message, "notAfter 2020-02-29T23:59:59Z") != NULL, "%s: %s",
	    zones[_i], tls_last_error()->message);
	(void)unsetenv("TZ");
	tzset();
	pki_free(then);
	pki_free(future);
	pki_free(past);
	pki_free(now);
}
END_TEST

/* wall: N09 */
START_TEST(the_clock_may_say_anything)
{
	/* a CA of all times; the leaf from 2030 to 2120 */
	static const struct { int64_t when; unsigned long reason; } rows[] = {
	    {1, TLSW_REASON_NOT_YET_VALID}, {-1, TLSW_REASON_NOT_YET_VALID},
	    {INT32_MIN, TLSW_REASON_NOT_YET_VALID}, {1893455999, TLSW_REASON_NOT_YET_VALID}, {1893456000, 0},
	    {INT32_MAX - 1, 0}, {INT32_MAX, 0}, {(int64_t)INT32_MAX + 1, 0}, {UINT32_MAX, 0},
	    {(int64_t)UINT32_MAX + 1, 0}, {4733510399, 0}, {4733510400, TLSW_REASON_EXPIRED},
	    {253402300799, TLSW_REASON_EXPIRED},
	    /* no X.509 date is like that: refused, whatever it is called */
	    {253402300800, ~0UL}, {INT64_MAX / 2, ~0UL}, {INT64_MAX, ~0UL}, {INT64_MIN, ~0UL}};
	const int64_t when = rows[_i].when;
	struct pki *root = pki_make(.cn = "Of all times", .basic = PKI_CA, .not_before_text = "500101000000Z",
	    .not_after_text = "99991231235959Z");
	struct pki *cert = pki_make(.issuer = root, .san = PKI_NAMES(PKI_DNS("www.lab.test")),
	    .not_before_text = "300101000000Z", .not_after_text = "21191231235959Z");
	tls_context *c = scene_trusting(root);

	if (when < (int64_t)INT32_MIN && sizeof(time_t) < 8)
		return;
	ck_assert_works(tls_context_set_verify_time(c, (time_t)when) == 0);
	tls_error_clear();
	if (rows[_i].reason == 0) {
		ck_assert_works(verify(c, cert) == 0);
	} else {
		ck_assert_msg(verify(c, cert) == -1, "%lld", (long long)when);
		ck_assert_int_eq(tls_last_error()->code, TLSW_ERR_CERTIFICATE);
		ck_assert_msg((tls_last_error()->reasons & rows[_i].reason) != 0, "%lld: 0x%lx: %s",
		    (long long)when, tls_last_error()->reasons, tls_last_error()->message);
	}
	tls_context_free(c);
	pki_free(cert);
	pki_free(root);
}
END_TEST

/* wall: N09 */
START_TEST(a_computer_in_another_century_refuses_politely)
{
	static const struct { const char *when, *says; } rows[] = {{"1970-01-02 00:00:00", "not valid yet"},
	    {"1999-12-31 23:59:59", "not valid yet"}, {"2038-01-19 03:14:05", "expired"},
	    {"2106-02-07 06:28:14", "expired"}, {"2150-01-01 00:00:00", "expired"}};
	struct peer_options server = scene_server(leaf);
	struct scene_client client = {.wrapper = "faketime", .wrapper_arg = rows[_i].when,
	    .ca_file = ca_file, .host = "www.lab.test",
	    .env = (const char *const[]){"FAKETIME_DONT_FAKE_MONOTONIC=1", NULL}};
	struct scene_outcome outcome;

	if (SANITIZED || system("faketime '2001-01-01 00:00:00' true >/dev/null 2>&1") != 0) {
		skipped("another century: faketime(1) is not there, or not usable");
		return;
	}
	server.connections = 2;
	scene_serve(&scene, server);
	client.port = scene.peer.port;
	outcome = scene_run(&client);
	(void)close(scene.fd);
	peer_stop(&scene.peer);
	ck_assert_msg(outcome.code == TLSW_ERR_CERTIFICATE, "%s: %s: %s", rows[_i].when,
	    tls_error_name((enum tlsw_error)outcome.code), outcome.text);
	ck_assert_msg(strstr(outcome.text, rows[_i].says) != NULL, "%s: %s", rows[_i].when, outcome.text);
}
END_TEST

/* ------------------------------------------------------------------------ other rights */

/* A copy of this program that runs with another user's rights; false where there can be none. */
static bool
make_privileged(const char *path)
{
	char command[2 * PATH_MAX + 64], self[PATH_MAX];
	struct statvfs fs;
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (geteuid() != 0 || n < 0 || statvfs("/tmp", &fs) != 0 || (fs.f_flag & ST_NOSUID) != 0)
		return false;
	self[n] = '\0';
	(void)snprintf(command, sizeof(command), "cp '%s' '%s'", self, path);
	return system(command) == 0 && chown(path, 65534, 65534) == 0 && chmod(path, 04755) == 0;
}

/* wall: N01 */
START_TEST(a_privileged_program_takes_no_trust_from_the_environment)
{
	struct peer_options server = scene_server(leaf);
	const char *program = scratch_path("privileged");
	char dir[PATH_MAX], file[PATH_MAX];
	struct scene_client client = {.host = "www.lab.test"};
	struct scene_outcome outcome;

	if (!make_privileged(program)) {
		skipped("a privileged program: only root can make one, and not everywhere");
		return;
	}
	(void)snprintf(dir, sizeof(dir), "%s", program);
	*strrchr(dir, '/') = '\0';
	ck_assert_int_eq(chmod(dir, 0755), 0);
	(void)snprintf(file, sizeof(file), "SSL_CERT_FILE=%s", ca_file);
	client.env = (const char *const[]){file, "SSL_CERT_DIR", NULL};
	server.connections = 3;
	scene_serve(&scene, server);
	client.port = scene.peer.port;
	outcome = scene_run(&client); /* with rights of its own it believes the variable */
	ck_assert_msg(outcome.code == TLSW_OK, "%s", outcome.text);
	client.program = program;
	outcome = scene_run(&client);
	ck_assert_msg(outcome.code == TLSW_ERR_CERTIFICATE || outcome.code == TLSW_ERR_TRUST_STORE,
	    "%s: %s", tls_error_name((enum tlsw_error)outcome.code), outcome.text);
	(void)close(scene.fd);
	peer_stop(&scene.peer);
}
END_TEST

int
main(int argc, char **argv)
{
	Suite *suite;
	TCase *t;
	int status;

	if (scene_was_client(argc, argv, &status))
		return status;
	suite = suite_create("environment");
	t = tcase_create("signals");
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, a_storm_of_signals_changes_nothing, 0, 2);
	tcase_add_loop_test(t, a_deadline_survives_a_storm_of_signals, 0, 2);
	tcase_add_loop_test(t, sigpipe_is_never_raised, 0, 2 * PLACES);
	suite_add_tcase(suite, t);
	t = tcase_create("shortage");
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_set_timeout(t, 30);
	tcase_add_loop_test(t, descriptors_run_out_while_trust_is_loaded, 0, 3);
	tcase_add_loop_test(t, descriptors_run_out_while_the_server_is_verified, 0, 2);
	tcase_add_test(t, a_stack_of_64_kib_is_enough);
	suite_add_tcase(suite, t);
	t = tcase_create("elsewhere");
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_set_timeout(t, 30);
	tcase_add_loop_test(t, names_match_the_same_in_turkish, 0, 2);
	tcase_add_loop_test(t, the_time_zone_moves_no_date, 0, 8);
	tcase_add_loop_test(t, the_clock_may_say_anything, 0, 17);
	tcase_add_loop_test(t, a_computer_in_another_century_refuses_politely, 0, 5);
	tcase_add_test(t, a_privileged_program_takes_no_trust_from_the_environment);
	suite_add_tcase(suite, t);
	return support_run(suite);
}
