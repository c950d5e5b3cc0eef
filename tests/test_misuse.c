/*
 * test_misuse.c - calls that are made too early, too late, with nothing, from
 * the wrong process or on descriptors that change under way; and what is said
 * of failures, and for how long.
 *
 * SPDX-License-Identifier: ISC
 */
#include "support/scene.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static struct pki *ca, *leaf, *wrong;
static struct scene scene;
static tls_context *ctx;
static tls_socket *s;

static void
set_up(void)
{
	ca = pki_ca("Test CA");
	leaf = pki_leaf(ca, "www.lab.test");
	wrong = pki_leaf(ca, "evil.test");
	ctx = scene_trusting(ca);
	scene.fd = -1;
	s = NULL;
}

static void
tear_down(void)
{
	tls_context_free(ctx);
	pki_free(wrong);
	pki_free(leaf);
	pki_free(ca);
	tls_error_clear();
}

/* A server that plays the script; NULL: it sends back what it gets. */
static void
serve(const struct pki *cert, const struct peer_step *script)
{
	struct peer_options server = scene_server(cert);

	server.script = script;
	scene_serve(&scene, server);
}

static void
serve_and_wrap(const struct peer_step *script)
{
	serve(leaf, script);
	s = tls_wrap(ctx, scene.fd, "www.lab.test");
	ck_assert_works(s != NULL);
}

static void
set_nonblocking(bool on)
{
	int flags = fcntl(scene.fd, F_GETFL);

	ck_assert_int_eq(fcntl(scene.fd, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK), 0);
}

static void
await(short events)
{
	struct pollfd p = {.fd = scene.fd, .events = events};

	ck_assert_int_eq(poll(&p, 1, 10000), 1);
}

/* ---------------------------------------------------------------- with nothing */

START_TEST(nothing_is_no_socket)
{
	struct tls_transport transport = {.size = sizeof(transport)};
	char buf[8];
	FILE *f;

	ck_assert_refused(tls_socket_handshake(NULL), TLSW_ERR_USAGE);
	ck_assert_refused(tls_socket_read(NULL, buf, 1), TLSW_ERR_USAGE);
	ck_assert_refused(tls_socket_write(NULL, buf, 1), TLSW_ERR_USAGE);
	ck_assert_refused(tls_socket_read_line(NULL, buf, 2), TLSW_ERR_USAGE);
	ck_assert_refused(tls_socket_shutdown(NULL), TLSW_ERR_USAGE);
	ck_assert_refused(tls_socket_unwrap(NULL, 1), TLSW_ERR_USAGE);
	ck_assert_refused(tls_socket_no_readahead(NULL), TLSW_ERR_USAGE);
	ck_assert_refused(tls_socket_fopen(NULL, &f, &f), TLSW_ERR_USAGE);
	ck_assert_refused(tls_socket_set_timeout(NULL, 1), TLSW_ERR_USAGE);
	ck_assert_refused(tls_socket_own_fd(NULL), TLSW_ERR_USAGE);
	ck_assert_refused(tls_socket_add_hostname(NULL, "a.test"), TLSW_ERR_USAGE);
	ck_assert_refused(tls_socket_set_service(NULL, "imap"), TLSW_ERR_USAGE);
	ck_assert_refused(tls_socket_starttls(NULL, TLSW_SMTP), TLSW_ERR_USAGE);
	ck_assert_refused(tls_socket_channel_binding(NULL, "tls-exporter", buf, 8), TLSW_ERR_USAGE);
	ck_assert_refused(tls_socket_describe(NULL, stderr), TLSW_ERR_USAGE);
	ck_assert_refused_null(tls_socket_native(NULL), TLSW_ERR_USAGE);
	ck_assert_refused_null(tls_wrap_data(NULL, -1), TLSW_ERR_USAGE);
	ck_assert_refused_null(tls_wrap_data_start(NULL, -1), TLSW_ERR_USAGE);
	ck_assert_refused_null(tls_wrap_transport(ctx, NULL, NULL, "a.test"), TLSW_ERR_USAGE);
	ck_assert_refused_null(tls_wrap_transport(ctx, &transport, NULL, "a.test"), TLSW_ERR_USAGE);
	ck_assert_int_eq(tls_socket_close(NULL), 0);
	tls_socket_free(NULL);
}
END_TEST

START_TEST(getters_of_nothing_give_nothing)
{
	ck_assert_uint_eq(tls_socket_pending(NULL), 0);
	ck_assert(!tls_socket_ready(NULL));
	ck_assert_int_eq(tls_socket_events(NULL), POLLIN);
	ck_assert_int_eq(tls_socket_time_left(NULL), -1);
	ck_assert_int_eq(tls_socket_fd(NULL), -1);
	ck_assert_ptr_null(tls_socket_version(NULL));
	ck_assert_ptr_null(tls_socket_cipher(NULL));
	ck_assert_ptr_null(tls_socket_alpn(NULL));
	ck_assert(!tls_socket_resumed(NULL));
	ck_assert(!tls_socket_verified(NULL));
	ck_assert_uint_eq(tls_socket_reasons(NULL), 0);
	ck_assert_ptr_null(tls_socket_matched_name(NULL));
	ck_assert_ptr_null(tls_socket_peer_certificate(NULL));
	ck_assert_int_eq(tls_socket_error(NULL)->code, TLSW_OK);
}
END_TEST

START_TEST(lengths_that_are_none_are_told)
{
	char *buf = calloc(1, 64);

	serve_and_wrap(NULL);
	ck_assert_int_eq(tls_socket_write(s, NULL, 0), 0);
	ck_assert_int_eq(tls_socket_write(s, "x", 0), 0);
	ck_assert_refused(tls_socket_write(s, NULL, 1), TLSW_ERR_USAGE);
	ck_assert_refused(tls_socket_write(s, "x", SIZE_MAX), TLSW_ERR_USAGE);
	ck_assert_refused(tls_socket_write(s, "x", (size_t)SSIZE_MAX + 1), TLSW_ERR_USAGE);
	ck_assert_refused(tls_socket_read(s, buf, 0), TLSW_ERR_USAGE);
	ck_assert_refused(tls_socket_read(s, NULL, 0), TLSW_ERR_USAGE);
	ck_assert_refused(tls_socket_read(s, NULL, 5), TLSW_ERR_USAGE);
	ck_assert_refused(tls_socket_read_line(s, buf, 0), TLSW_ERR_USAGE);
	ck_assert_refused(tls_socket_read_line(s, buf, 1), TLSW_ERR_USAGE);
	ck_assert_refused(tls_socket_read_line(s, NULL, 64), TLSW_ERR_USAGE);
	ck_assert_refused(tls_socket_unwrap(s, 0), TLSW_ERR_USAGE);
	ck_assert_refused(tls_socket_unwrap(s, -2), TLSW_ERR_USAGE);
	ck_assert_refused(tls_socket_set_timeout(s, 0), TLSW_ERR_USAGE);
	ck_assert_refused(tls_socket_set_timeout(s, -2), TLSW_ERR_USAGE);
	ck_assert_refused(tls_socket_fopen(s, NULL, NULL), TLSW_ERR_USAGE);
	ck_assert_int_eq(tls_socket_error(s)->code, TLSW_OK); /* none of it was final */
	ck_assert_int_eq(tls_socket_write(s, "line\n", 5), 5);
	ck_assert_int_eq(tls_socket_read(s, buf, SIZE_MAX), 5); /* that much room, says the caller */
	ck_assert_int_eq(tls_socket_close(s), 0);
	scene_end(&scene);
	free(buf);
}
END_TEST

/* --------------------------------------------------------------- too early, too late */

/* Everything that moves data or ends the connection, and must say the same. */
static void
assert_all_refused(enum tlsw_error code)
{
	char buf[8];
	FILE *in, *out;

	ck_assert_refused(tls_socket_read(s, buf, sizeof(buf)), code);
	ck_assert_refused(tls_socket_read_line(s, buf, sizeof(buf)), code);
	ck_assert_refused(tls_socket_write(s, "secret", 6), code);
	ck_assert_refused(tls_socket_shutdown(s), code);
	ck_assert_refused(tls_socket_unwrap(s, 100), code);
	ck_assert_refused(tls_socket_fopen(s, &in, &out), code);
	ck_assert_refused(tls_socket_describe(s, stderr), code);
	ck_assert_uint_eq(tls_socket_pending(s), 0);
	ck_assert_ptr_null(tls_socket_version(s));
	ck_assert_ptr_null(tls_socket_cipher(s));
	ck_assert_ptr_null(tls_socket_alpn(s));
	ck_assert_ptr_null(tls_socket_matched_name(s));
	ck_assert_ptr_null(tls_socket_peer_certificate(s));
	ck_assert(!tls_socket_verified(s) && !tls_socket_resumed(s));
	ck_assert_int_eq(tls_socket_fd(s), scene.fd);
}

START_TEST(nothing_moves_before_the_handshake)
{
	serve(leaf, NULL);
	s = tls_wrap_start(ctx, scene.fd, "www.lab.test");
	ck_assert_works(s != NULL);
	assert_all_refused(TLSW_ERR_USAGE);
	ck_assert(!tls_socket_ready(s));
	ck_assert_refused_null(tls_wrap_data(s, -1), TLSW_ERR_USAGE);
	ck_assert_int_eq(tls_socket_error(s)->code, TLSW_OK);
	if (_i == 0)
		ck_assert_refused(tls_socket_close(s), TLSW_ERR_USAGE); /* and frees it */
	else
		tls_socket_free(s);
	scene_end(&scene);
	ck_assert_uint_eq(scene.report.raw_in, 0);
}
END_TEST

START_TEST(it_works_after_all_those_mistakes)
{
	char buf[4];

	serve(leaf, NULL);
	s = tls_wrap_start(ctx, scene.fd, "www.lab.test");
	ck_assert_works(s != NULL);
	assert_all_refused(TLSW_ERR_USAGE);
	ck_assert_int_eq(tls_socket_handshake(s), 0);
	ck_assert_int_eq(tls_socket_write(s, "ping", 4), 4);
	ck_assert_int_eq(tls_socket_read(s, buf, 4), 4);
	ck_assert_int_eq(tls_socket_close(s), 0);
	scene_end(&scene);
}
END_TEST

/* A failure at each step of a handshake. */
static const struct peer_step at_once[] = {PEER_FIN, PEER_DRAIN, PEER_END};
static const struct peer_step plain[] = {PEER_HELLO, PEER_SEND("HTTP/1.1 200 OK\r\n\r\nsecret plaintext"),
    PEER_DRAIN, PEER_END};
static const struct peer_step alert[] = {PEER_HELLO, PEER_SEND("\025\003\003\0\002\002\050"), PEER_DRAIN,
    PEER_END};
static const struct peer_step early_data[] = {PEER_HELLO, PEER_SEND("\027\003\003\0\006secret"), PEER_DRAIN,
    PEER_END};
static const struct peer_step mute[] = {PEER_DRAIN, PEER_END};
static const struct {
	const struct peer_step *script; /* NULL: a certificate for another host */
	enum tlsw_error code;
} failures[] = {{at_once, TLSW_ERR_TRUNCATED}, {plain, TLSW_ERR_NOT_TLS}, {alert, TLSW_ERR_ALERT},
    {early_data, TLSW_ERR_PROTOCOL}, {mute, TLSW_ERR_TIMEOUT}, {NULL, TLSW_ERR_HOSTNAME_MISMATCH}};

/* wall: A20, J02 */
START_TEST(nothing_moves_after_a_failed_handshake)
{
	int i;

	ck_assert_works(tls_context_set_handshake_timeout(ctx, failures[_i].script == mute ? 100 : 10000) == 0);
	serve(wrong, failures[_i].script);
	s = tls_wrap_start(ctx, scene.fd, "www.lab.test");
	ck_assert_works(s != NULL);
	ck_assert_refused(tls_socket_handshake(s), failures[_i].code);
	scene_assert_open_and_shut(&scene);
	for (i = 0; i < 100; i++) {
		assert_all_refused(failures[_i].code);
		ck_assert_refused(tls_socket_handshake(s), failures[_i].code);
		ck_assert_int_eq(tls_socket_error(s)->code, failures[_i].code);
	}
	ck_assert(tls_socket_ready(s)); /* the next read returns at once */
	ck_assert_refused(tls_socket_close(s), failures[_i].code);
	scene_end(&scene);
	scene_assert_server_got_nothing(&scene);
}
END_TEST

START_TEST(after_a_half_close_only_reading_goes_on)
{
	static const struct peer_step script[] = {PEER_HANDSHAKE, PEER_READ(4), PEER_SEND("more\nlast\n"),
	    PEER_CLOSE_NOTIFY, PEER_END};
	char buf[8];

	serve_and_wrap(script);
	ck_assert_int_eq(tls_socket_write(s, "ping", 4), 4);
	ck_assert_int_eq(tls_socket_shutdown(s), 0);
	ck_assert_int_eq(tls_socket_shutdown(s), 0);
	ck_assert_refused(tls_socket_write(s, "late", 4), TLSW_ERR_CLOSED);
	ck_assert_refused(tls_socket_write(s, "late", 0), TLSW_ERR_CLOSED);
	ck_assert_int_eq(tls_socket_read_line(s, buf, sizeof(buf)), 5);
	ck_assert_int_eq(tls_socket_read_line(s, buf, sizeof(buf)), 5);
	ck_assert_int_eq(tls_socket_read(s, buf, sizeof(buf)), 0);
	ck_assert_refused(tls_socket_write(s, "late", 4), TLSW_ERR_CLOSED);
	ck_assert_int_eq(tls_socket_close(s), 0);
	scene_end(&scene);
	ck_assert(scene.report.close_notify && peer_received(&scene.report, "ping"));
}
END_TEST

/* --------------------------------------------------------------------- descriptors */

START_TEST(descriptor_0_is_one_like_others)
{
	int kept = dup(STDIN_FILENO), other;
	char buf[4];

	serve(leaf, NULL);
	other = scene.fd;
	ck_assert_int_eq(dup2(other, STDIN_FILENO), STDIN_FILENO);
	(void)close(other);
	scene.fd = STDIN_FILENO;
	s = tls_wrap(ctx, STDIN_FILENO, "www.lab.test");
	ck_assert_works(s != NULL);
	ck_assert_int_eq(tls_socket_fd(s), 0);
	ck_assert_int_eq(tls_socket_write(s, "ping", 4), 4);
	ck_assert_int_eq(tls_socket_read(s, buf, 4), 4);
	if (_i == 0) {
		ck_assert_works(tls_socket_own_fd(s) == 0);
		ck_assert_int_eq(tls_socket_close(s), 0);
		ck_assert_int_eq(fcntl(STDIN_FILENO, F_GETFD), -1);
	} else {
		ck_assert_int_eq(tls_socket_unwrap(s, 5000), STDIN_FILENO);
		ck_assert_int_ne(fcntl(STDIN_FILENO, F_GETFD), -1);
	}
	scene_end(&scene);
	(void)dup2(kept, STDIN_FILENO);
	(void)close(kept);
}
END_TEST

static const struct peer_step only_handshake[] = {PEER_HANDSHAKE, PEER_DRAIN, PEER_END};

/* It is the caller's mistake, but it ends in an error, not in waiting. */
START_TEST(a_descriptor_closed_under_way_is_an_error)
{
	char buf[4];

	serve_and_wrap(only_handshake);
	(void)close(scene.fd);
	ck_assert_int_eq(_i == 0 ? tls_socket_read(s, buf, 4) : tls_socket_write(s, "ping", 4), -1);
	ck_assert_int_eq(tls_last_error()->code, TLSW_ERR_SYSTEM);
	ck_assert_int_eq(tls_last_error()->os_errno, EBADF);
	tls_socket_free(s);
	peer_stop(&scene.peer);
}
END_TEST

#define MUCH (3 * 1024 * 1024)

/* Each octet tells where it stands. */
static unsigned char *
much(void)
{
	unsigned char *data = malloc(MUCH);
	size_t i;

	ck_assert_ptr_nonnull(data);
	for (i = 0; i < MUCH; i++)
		data[i] = peer_pattern(i);
	return data;
}

/* The server answers with a line that tells whether it got the pattern. */
static int
judge_pattern(struct peer_connection *c, const struct peer_step *step)
{
	unsigned char buf[4096];
	size_t got = 0, i;
	ssize_t n;

	(void)step;
	while (got < MUCH && (n = peer_read(c, buf, sizeof(buf))) > 0)
		for (i = 0; i < (size_t)n; i++, got++)
			if (buf[i] != peer_pattern(got))
				return peer_write(c, "other\n", 6);
	return got == MUCH ? peer_write(c, "right\n", 6) : peer_write(c, "short\n", 6);
}

static const struct peer_step judging[] = {PEER_HANDSHAKE, PEER_SLEEP(100), PEER_CALL(judge_pattern),
    PEER_CLOSE_NOTIFY, PEER_END};

static void
assert_judged_right(void)
{
	char line[16];

	set_nonblocking(false);
	ck_assert_int_eq(tls_socket_read_line(s, line, sizeof(line)), 6);
	ck_assert_str_eq(line, "right\n");
	ck_assert_int_eq(tls_socket_close(s), 0);
	scene_end(&scene);
}

/* So little room to send that writes have to wait. */
static void
serve_with_little_room(void)
{
	const int room = 16384;

	serve(leaf, judging);
	ck_assert_int_eq(setsockopt(scene.fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room)), 0);
	s = tls_wrap(ctx, scene.fd, "www.lab.test");
	ck_assert_works(s != NULL);
}

static atomic_bool stop;

static void *
toggle_often(void *unused)
{
	const struct timespec pause = {0, 200000};
	bool on = false;

	(void)unused;
	while (!stop) {
		on = !on;
		set_nonblocking(on);
		(void)nanosleep(&pause, NULL);
	}
	return NULL;
}

/* O_NONBLOCK is a property of what several processes may share. Not one octet twice, not one lost. */
START_TEST(a_descriptor_may_change_its_mode_while_it_is_written)
{
	unsigned char *data = much();
	pthread_t thread;
	size_t done = 0;
	ssize_t n;

	serve_with_little_room();
	stop = false;
	ck_assert_int_eq(pthread_create(&thread, NULL, toggle_often, NULL), 0);
	while (done < MUCH) {
		n = tls_socket_write(s, data + done, MUCH - done);
		if (n == TLSW_WANT_READ || n == TLSW_WANT_WRITE) {
			await(tls_socket_events(s));
			continue;
		}
		ck_assert_works(n > 0);
		done += (size_t)n;
	}
	stop = true;
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	assert_judged_right();
	free(data);
}
END_TEST

START_TEST(a_write_begun_in_one_mode_may_end_in_the_other)
{
	unsigned char *data = much();
	size_t done = 0;
	ssize_t n = 0;

	serve_with_little_room();
	set_nonblocking(true);
	while (done < MUCH && (n = tls_socket_write(s, data + done, MUCH - done)) > 0)
		done += (size_t)n;
	ck_assert_int_eq(n, TLSW_WANT_WRITE);
	set_nonblocking(false);
	ck_assert_int_eq(tls_socket_write(s, data + done, MUCH - done), (ssize_t)(MUCH - done));
	assert_judged_right();
	free(data);
}
END_TEST

START_TEST(a_handshake_begun_in_one_mode_may_end_in_the_other)
{
	static const struct peer_step slow[] = {PEER_SLEEP(300), PEER_HANDSHAKE, PEER_ECHO, PEER_END};
	char buf[4];

	serve(leaf, slow);
	set_nonblocking(_i == 0);
	s = tls_wrap_start(ctx, scene.fd, "www.lab.test");
	ck_assert_works(s != NULL);
	if (_i == 0)
		ck_assert_int_eq(tls_socket_handshake(s), TLSW_WANT_READ);
	set_nonblocking(false);
	ck_assert_works(tls_socket_handshake(s) == 0); /* waits now */
	set_nonblocking(true);
	ck_assert_int_eq(tls_socket_read(s, buf, 4), TLSW_WANT_READ);
	ck_assert_int_eq(tls_socket_write(s, "ping", 4), 4);
	set_nonblocking(false);
	ck_assert_int_eq(tls_socket_read(s, buf, 4), 4);
	ck_assert_int_eq(tls_socket_close(s), 0);
	scene_end(&scene);
}
END_TEST

/* ------------------------------------------------------------------------ processes */

/* wall: N07 */
START_TEST(a_forked_child_that_frees_says_nothing)
{
	int status;
	char buf[4];
	pid_t pid;

	serve_and_wrap(NULL);
	if (_i == 1)
		ck_assert_works(tls_socket_own_fd(s) == 0);
	pid = fork();
	if (pid == 0) {
		tls_socket_free(s);
		tls_context_free(ctx);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(tls_socket_write(s, "ping", 4), 4); /* the parent's goes on */
	ck_assert_int_eq(tls_socket_read(s, buf, 4), 4);
	ck_assert_int_eq(tls_socket_close(s), 0);
	scene_end(&scene);
	ck_assert(peer_received(&scene.report, "ping"));
}
END_TEST

/* A connection made, and talked on, in one of two processes. */
static bool
talks(void)
{
	struct peer *peer = &scene.peer;
	int fd = peer_connect(peer);
	tls_socket *mine = tls_wrap(ctx, fd, "www.lab.test");
	char buf[4];
	bool ok = mine != NULL && tls_socket_write(mine, "ping", 4) == 4 &&
		  tls_socket_read(mine, buf, 4) == 4 && memcmp(buf, "ping", 4) == 0;

	ok = tls_socket_close(mine) == 0 && ok;
	(void)close(fd);
	return ok;
}

/* wall: N07 */
START_TEST(a_context_goes_on_in_both_processes)
{
	struct peer_options server = scene_server(leaf);
	int status, i;
	pid_t pid;

	server.connections = 20;
	scene_serve(&scene, server);
	ck_assert(talks());
	pid = fork();
	for (i = 0; i < 4; i++)
		if (!talks()) {
			if (pid == 0)
				_exit(1);
			ck_abort_msg("parent: %s", tls_last_error()->message);
		}
	if (pid == 0)
		_exit(0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	(void)close(scene.fd);
	peer_stop(&scene.peer);
}
END_TEST

/* ---------------------------------------------------------------- what is said of it */

/* wall: J06 */
START_TEST(success_leaves_the_last_error_as_it_was)
{
	char line[16];
	const struct tls_error_info *e;
	tls_context *mine;
	FILE *in, *out;

	ck_assert_refused(tls_socket_handshake(NULL), TLSW_ERR_USAGE);
	e = tls_last_error();
	(void)snprintf(line, sizeof(line), "%.12s", e->message);
#define SAME()                                                                                  \
	do {                                                                                    \
		ck_assert_int_eq(tls_last_error()->code, TLSW_ERR_USAGE);                       \
		ck_assert_int_eq(strncmp(tls_last_error()->message, line, strlen(line)), 0);    \
	} while (0)
	mine = scene_trusting(ca);
	SAME();
	tls_context_free(ctx);
	ctx = mine;
	serve(leaf, NULL);
	s = tls_wrap(ctx, scene.fd, "www.lab.test");
	ck_assert_ptr_nonnull(s);
	SAME();
	ck_assert_int_eq(tls_socket_write(s, "a\nb\n", 4), 4);
	SAME();
	ck_assert_int_eq(tls_socket_read(s, line + 13, 2), 2);
	SAME();
	ck_assert_ptr_nonnull(tls_socket_peer_certificate(s));
	ck_assert_uint_le(tls_socket_pending(s), 2);
	(void)tls_socket_ready(s);
	SAME();
	ck_assert_int_eq(tls_socket_fopen(s, &in, &out), 0);
	SAME();
	ck_assert_int_eq(fclose(in) | fclose(out), 0);
	SAME();
	scene_end(&scene);
}
END_TEST

static void *
fail_elsewhere(void *code)
{
	*(enum tlsw_error *)code = tls_last_error()->code;
	(void)tls_socket_handshake(NULL);
	return NULL;
}

START_TEST(each_thread_has_its_own_last_error)
{
	enum tlsw_error there = TLSW_ERR_INTERNAL;
	pthread_t thread;

	ck_assert_refused_null(tls_wrap(ctx, -1, "www.lab.test"), TLSW_ERR_USAGE);
	serve(wrong, NULL);
	ck_assert_refused_null(tls_wrap(ctx, scene.fd, "www.lab.test"), TLSW_ERR_HOSTNAME_MISMATCH);
	ck_assert_int_eq(pthread_create(&thread, NULL, fail_elsewhere, &there), 0);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert_int_eq(there, TLSW_OK);
	ck_assert_int_eq(tls_last_error()->code, TLSW_ERR_HOSTNAME_MISMATCH);
	ck_assert_ptr_nonnull(tls_last_error()->certificate);
	scene_end(&scene);
	tls_error_clear();
	ck_assert_int_eq(tls_last_error()->code, TLSW_OK);
	ck_assert_str_eq(tls_last_error()->message, "");
	ck_assert_str_eq(tls_last_error()->details, "");
	ck_assert_ptr_null(tls_last_error()->certificate);
	ck_assert_int_eq(tls_last_error()->alert, -1);
	ck_assert_int_eq(tls_last_error()->depth, -1);
	ck_assert_uint_eq(tls_last_error()->reasons, 0);
	tls_error_clear();
}
END_TEST

/* A thread's end releases its certificate; a leak checker sees whether it does. */
static void *
be_refused(void *unused)
{
	(void)unused;
	if (tls_wrap(ctx, scene.fd, "www.lab.test") == NULL &&
	    tls_last_error()->code == TLSW_ERR_HOSTNAME_MISMATCH && tls_last_error()->certificate != NULL)
		return ctx;
	return NULL;
}

START_TEST(a_threads_end_releases_what_its_error_held)
{
	pthread_t thread;
	void *refused;

	serve(wrong, NULL);
	ck_assert_int_eq(pthread_create(&thread, NULL, be_refused, NULL), 0);
	ck_assert_int_eq(pthread_join(thread, &refused), 0);
	ck_assert_ptr_nonnull(refused);
	scene_end(&scene);
}
END_TEST

START_TEST(the_certificate_of_a_failure_outlives_socket_and_context)
{
	const tls_certificate *refused;
	tls_certificate *kept;

	serve(wrong, NULL);
	s = tls_wrap_start(ctx, scene.fd, "www.lab.test");
	ck_assert_refused(tls_socket_handshake(s), TLSW_ERR_HOSTNAME_MISMATCH);
	ck_assert_ptr_nonnull(tls_socket_error(s)->certificate);
	tls_socket_free(s);
	tls_context_free(ctx);
	ctx = NULL;
	refused = tls_last_error()->certificate;
	ck_assert_ptr_nonnull(refused);
	ck_assert_uint_ge(tls_certificate_names(refused, NULL), 1);
	kept = tls_certificate_ref(refused);
	tls_error_clear();
	ck_assert_ptr_nonnull(tls_certificate_subject(kept));
	ck_assert_uint_eq(strlen(tls_certificate_sha256(kept)), 64);
	tls_certificate_free(kept);
	scene_end(&scene);
}
END_TEST

static void *
ask_the_error(void *unused)
{
	int i;

	(void)unused;
	for (i = 0; i < 200000 && tls_socket_error(s)->code == TLSW_OK; i++)
		;
	while (tls_socket_error(s)->code == TLSW_OK)
		(void)usleep(1000);
	return tls_socket_error(s)->message[0] != '\0' ? s : NULL;
}

START_TEST(another_thread_may_ask_what_ended_a_socket)
{
	static const struct peer_step script[] = {PEER_HANDSHAKE, PEER_SLEEP(50), PEER_FIN, PEER_DRAIN, PEER_END};
	pthread_t thread;
	void *told;
	char buf[4];

	serve_and_wrap(script);
	ck_assert_int_eq(pthread_create(&thread, NULL, ask_the_error, NULL), 0);
	ck_assert_refused(tls_socket_read(s, buf, 4), TLSW_ERR_TRUNCATED);
	ck_assert_int_eq(pthread_join(thread, &told), 0);
	ck_assert_ptr_nonnull(told);
	(void)tls_socket_handshake(NULL); /* this thread's next failure is not the socket's */
	ck_assert_int_eq(tls_socket_error(s)->code, TLSW_ERR_TRUNCATED);
	ck_assert_refused(tls_socket_read(s, buf, 4), TLSW_ERR_TRUNCATED);
	tls_socket_free(s);
	scene_end(&scene);
}
END_TEST

/* ------------------------------------------------------------------------ call-backs */

static int asked;

/* All that a hook may call; none of it may wait for the lock that the handshake holds. */
static int
ask_everything(const tls_socket *socket, const tls_certificate *chain, unsigned long reasons, void *arg)
{
	(void)arg;
	asked++;
	ck_assert_ptr_nonnull(tls_certificate_subject(chain));
	ck_assert_uint_eq(reasons, 0);
	if (socket == NULL)
		return 0;
	ck_assert_int_eq(tls_socket_fd(socket), scene.fd);
	ck_assert_ptr_null(tls_socket_version(socket));
	ck_assert_ptr_null(tls_socket_cipher(socket));
	ck_assert_ptr_null(tls_socket_alpn(socket));
	ck_assert_ptr_null(tls_socket_matched_name(socket));
	ck_assert_ptr_null(tls_socket_peer_certificate(socket));
	ck_assert(!tls_socket_resumed(socket) && !tls_socket_verified(socket) && !tls_socket_ready(socket));
	ck_assert_uint_eq(tls_socket_pending(socket), 0);
	ck_assert_int_gt(tls_socket_time_left(socket), 0);
	ck_assert_int_eq(tls_socket_error(socket)->code, TLSW_OK);
	(void)tls_socket_events(socket);
	(void)tls_socket_reasons(socket);
	return 0;
}

static int
change_ones_mind(const tls_socket *socket, const tls_certificate *chain, unsigned long reasons, void *arg)
{
	(void)socket;
	(void)chain;
	(void)reasons;
	(void)arg;
	return asked++ == 0 ? 0 : -1;
}

/* wall: H02: what was said of a session is said anew, and no is no */
START_TEST(a_hook_that_changes_its_mind_stops_a_session_too)
{
	static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
	struct peer_options server = scene_server(leaf);
	char buf[4];

	server.connections = 2;
	server.min_version = server.max_version = versions[_i];
	ck_assert_works(tls_context_set_verify_hook(ctx, change_ones_mind, NULL) == 0);
	asked = 0;
	scene_serve(&scene, server);
	s = tls_wrap(ctx, scene.fd, "www.lab.test");
	ck_assert_works(s != NULL);
	ck_assert_int_eq(tls_socket_write(s, "ping", 4), 4);
	ck_assert_int_eq(tls_socket_read(s, buf, 4), 4);
	ck_assert_int_eq(tls_socket_close(s), 0);
	scene_hang_up(&scene);
	scene_connect(&scene);
	ck_assert_refused_null(tls_wrap(ctx, scene.fd, "www.lab.test"), TLSW_ERR_CERTIFICATE);
	ck_assert_int_gt(asked, 1);
	scene_assert_open_and_shut(&scene);
	scene_end(&scene);
	scene_assert_server_got_nothing(&scene);
}
END_TEST

START_TEST(a_hook_may_call_every_getter)
{
	ck_assert_works(tls_context_set_verify_hook(ctx, ask_everything, NULL) == 0);
	asked = 0;
	serve_and_wrap(NULL);
	ck_assert_int_eq(asked, 1);
	ck_assert_int_eq(tls_socket_close(s), 0);
	scene_end(&scene);
}
END_TEST

static void
add_calls(Suite *suite)
{
	TCase *t = tcase_create("calls");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_set_timeout(t, 30);
	tcase_add_test(t, nothing_is_no_socket);
	tcase_add_test(t, getters_of_nothing_give_nothing);
	tcase_add_test(t, lengths_that_are_none_are_told);
	tcase_add_loop_test(t, nothing_moves_before_the_handshake, 0, 2);
	tcase_add_test(t, it_works_after_all_those_mistakes);
	tcase_add_loop_test(t, nothing_moves_after_a_failed_handshake, 0,
	    (int)(sizeof(failures) / sizeof(failures[0])));
	tcase_add_test(t, after_a_half_close_only_reading_goes_on);
	tcase_add_loop_test(t, descriptor_0_is_one_like_others, 0, 2);
	tcase_add_loop_test(t, a_descriptor_closed_under_way_is_an_error, 0, 2);
	tcase_add_test(t, a_descriptor_may_change_its_mode_while_it_is_written);
	tcase_add_test(t, a_write_begun_in_one_mode_may_end_in_the_other);
	tcase_add_loop_test(t, a_handshake_begun_in_one_mode_may_end_in_the_other, 0, 2);
	tcase_add_test(t, a_hook_may_call_every_getter);
	tcase_add_loop_test(t, a_hook_that_changes_its_mind_stops_a_session_too, 0, 2);
	suite_add_tcase(suite, t);
}

int
main(void)
{
	Suite *suite = suite_create("misuse");
	TCase *t = tcase_create("errors");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_set_timeout(t, 30);
	tcase_add_test(t, success_leaves_the_last_error_as_it_was);
	tcase_add_test(t, each_thread_has_its_own_last_error);
	tcase_add_test(t, a_threads_end_releases_what_its_error_held);
	tcase_add_test(t, the_certificate_of_a_failure_outlives_socket_and_context);
	tcase_add_test(t, another_thread_may_ask_what_ended_a_socket);
	suite_add_tcase(suite, t);
	t = tcase_create("processes");
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_set_timeout(t, 30);
	tcase_add_loop_test(t, a_forked_child_that_frees_says_nothing, 0, 2);
	tcase_add_test(t, a_context_goes_on_in_both_processes);
	suite_add_tcase(suite, t);
	add_calls(suite);
	return support_run(suite);
}
