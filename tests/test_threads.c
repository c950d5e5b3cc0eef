/*
 * test_threads.c - many threads on one context, each with sockets of its own:
 * the store of sessions, the memory of chains and the trust anchors are used by
 * all at once. Built for ThreadSanitizer as it stands; every server lives in
 * its client's thread. One reader and one writer on a socket: test_io.
 *
 * SPDX-License-Identifier: ISC
 */
#include "support/support.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/pki.h"
#include "support/pumped.h"
#include "support/scene.h"

#define HOST "www.lab.test"
#define THREADS 10
#define LENGTH 20000

static struct pki *ca, *leaf;
static SSL_CTX *server_ctx;
static int rounds;

static const struct tls_transport calls = {
    sizeof(struct tls_transport), faulty_read, faulty_write, faulty_close};

static void
setup(void)
{
	const char *sweep = getenv("TLSW_SWEEP");

	rounds = sweep != NULL && strcmp(sweep, "full") == 0 ? 1000 : 20;
	ca = pki_ca("Test CA");
	leaf = pki_leaf(ca, HOST);
	server_ctx = pumped_ctx(leaf);
}

static void
teardown(void)
{
	SSL_CTX_free(server_ctx);
	pki_free(leaf);
	pki_free(ca);
}

/* libcheck's assertions belong to the main thread; the others count. */
struct worker {
	pthread_t thread;
	tls_context *ctx;
	const char *host;
	bool refused; /* what is expected */
	int wrong, resumed;
	char why[256];
};

static bool
echo(tls_socket *s)
{
	unsigned char data[LENGTH], back[LENGTH];
	size_t sent = 0, got = 0;
	ssize_t n;

	for (size_t i = 0; i < LENGTH; i++)
		data[i] = (unsigned char)(i * 31 + i / 253);
	while (got < LENGTH) {
		n = sent < LENGTH ? tls_socket_write(s, data + sent, LENGTH - sent) : 0;
		sent += n > 0 ? (size_t)n : 0;
		if (n == -1)
			return false;
		n = tls_socket_read(s, back + got, LENGTH - got);
		got += n > 0 ? (size_t)n : 0;
		if (n == -1 || n == 0)
			return false;
	}
	return memcmp(data, back, LENGTH) == 0;
}

/* One connection: whether it came out as expected. */
static bool
connect_once(struct worker *w)
{
	struct pumped server;
	struct faulty wire = {.server = &server};
	tls_socket *s;
	bool fine;
	int rv = -1;

	pumped_start(&server, server_ctx, true);
	s = tls_wrap_transport(w->ctx, &calls, &wire, w->host);
	while (s != NULL && (rv = tls_socket_handshake(s)) < -1)
		;
	if (w->refused) {
		fine = s != NULL && rv == -1 &&
		       tls_last_error()->code == TLSW_ERR_HOSTNAME_MISMATCH && server.data_len == 0;
		tls_socket_free(s);
	} else {
		fine = s != NULL && rv == 0 && echo(s);
		w->resumed += fine && tls_socket_resumed(s);
		fine = tls_socket_close(s) == 0 && fine;
	}
	pumped_stop(&server);
	return fine;
}

static void *
work(void *arg)
{
	struct worker *w = arg;

	for (int i = 0; i < rounds; i++) {
		if (connect_once(w))
			continue;
		if (w->wrong++ == 0)
			(void)strncpy(w->why, tls_last_error()->message, sizeof(w->why) - 1);
	}
	return NULL;
}

static void
run(struct worker *workers, int count)
{
	int i, resumed = 0;

	for (i = 0; i < count; i++)
		ck_assert_int_eq(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
	for (i = 0; i < count; i++) {
		ck_assert_int_eq(pthread_join(workers[i].thread, NULL), 0);
		ck_assert_msg(workers[i].wrong == 0, "thread %d: %d times: %s", i, workers[i].wrong,
		    workers[i].why);
		resumed += workers[i].resumed;
	}
	printf("%d connections in %d threads, %d resumed\n", count * rounds, count, resumed);
}

START_TEST(ten_threads_share_one_context)
{
	struct worker workers[THREADS] = {0};
	tls_context *ctx = scene_trusting(ca);
	int i, resumed = 0;

	if (_i == 1)
		ck_assert_works(tls_context_set_session_cache(ctx, 0) == 0); /* whole chains */
	for (i = 0; i < THREADS; i++)
		workers[i] = (struct worker){.ctx = ctx, .host = HOST};
	run(workers, THREADS);
	tls_context_free(ctx);
	for (i = 0; i < THREADS; i++)
		resumed += workers[i].resumed;
	ck_assert(_i == 1 ? resumed == 0 : resumed > 0);
}
END_TEST

/* wall: H09 */
START_TEST(opposite_modes_do_not_meet)
{
	struct worker workers[4] = {0};
	int i;

	for (i = 0; i < 4; i++) {
		const bool strict = i % 2 == 0;

		workers[i] = (struct worker){
		    .ctx = scene_trusting(ca), .host = "other.lab.test", .refused = strict};
		if (!strict)
			ck_assert_works(
			    tls_context_set_check_hostname(workers[i].ctx, false) == 0 &&
			    tls_context_set_verify_mode(workers[i].ctx, TLSW_CERT_NONE) == 0);
	}
	run(workers, 4);
	for (i = 0; i < 4; i++)
		tls_context_free(workers[i].ctx);
}
END_TEST

/* ---------------------------------------------------------------- tickets under way */

static const struct peer_step tickets[] = {PEER_HANDSHAKE, PEER_TICKETS(10), PEER_FILL(LENGTH),
    PEER_TICKETS(10), PEER_FILL(LENGTH), PEER_TICKETS(10), PEER_DRAIN, PEER_END};

static void *
write_on(void *socket)
{
	for (int i = 0; i < 200; i++)
		if (tls_socket_write(socket, "0123456789", 10) != 10)
			return NULL;
	return socket;
}

static void *
read_all(void *socket)
{
	char buf[1000];
	size_t got = 0;
	ssize_t n;

	while (got < 2 * LENGTH && (n = tls_socket_read(socket, buf, sizeof(buf))) > 0)
		got += (size_t)n;
	return got == 2 * LENGTH ? socket : NULL;
}

/* One connection; tickets arrive while one thread reads and another writes, and when nobody reads
 * any more. */
static bool
resumes(struct scene *scene, tls_context *ctx, bool free_early)
{
	void *(*const jobs[2])(void *) = {read_all, write_on};
	pthread_t threads[2];
	tls_socket *s;
	void *done;
	bool resumed;
	int i;

	scene_connect(scene);
	s = tls_wrap(ctx, scene->fd, HOST);
	ck_assert_works(s != NULL);
	for (i = 0; i < 2; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, jobs[i], s), 0);
	if (free_early)
		tls_context_free(ctx); /* what a ticket is filed under is the socket's as well */
	for (i = 0; i < 2; i++) {
		ck_assert_int_eq(pthread_join(threads[i], &done), 0);
		ck_assert_ptr_eq(done, s);
	}
	resumed = tls_socket_resumed(s);
	ck_assert_int_eq(tls_socket_close(s), 0);
	scene_hang_up(scene);
	return resumed;
}

/* wall: H06 */
START_TEST(tickets_find_what_they_belong_to)
{
	tls_context *ctx = scene_trusting(ca);
	struct peer_options options = scene_server(leaf);
	struct scene scene;

	options.script = tickets;
	options.connections = 4;
	scene_serve(&scene, options);
	(void)close(scene.fd);
	ck_assert_int_eq(peer_wait(&scene.peer, &scene.report), 0);
	ck_assert(!resumes(&scene, ctx, false));
	ck_assert(resumes(&scene, ctx, false));
	ck_assert(resumes(&scene, ctx, true));
	peer_stop(&scene.peer);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("threads");
	TCase *t = tcase_create("threads");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, ten_threads_share_one_context, 0, 2);
	tcase_add_test(t, opposite_modes_do_not_meet);
	tcase_add_test(t, tickets_find_what_they_belong_to);
	suite_add_tcase(suite, t);
	return support_run(suite);
}
