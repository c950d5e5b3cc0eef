/*
 * work.c - the work that is measured, the same lines for every side: contexts,
 * handshakes, host names. What flows through a connection is in flow.c.
 *
 * Times are processor time of this process. Connecting and closing the TCP
 * connection is not counted: it is the caller's, and equal for all.
 *
 * SPDX-License-Identifier: ISC
 */
#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "request.h"
#include "side.h"
#include "work.h"

#define THREADS 10

static void *context;
unsigned long count;

/* --- connections ----------------------------------------------------------- */

static char *
in_dir(const char *prefix, const char *name, const char *suffix)
{
	char *path = NULL;

	if (asprintf(&path, "%s/%s%s%s", side_text("dir", "."), prefix, name, suffix) < 0)
		side_die("no memory");
	return path;
}

void
ask(struct link *l, enum bench_verb verb, uint32_t size, uint64_t total)
{
	struct bench_request request = {.verb = verb, .size = size, .total = total};

	if (!peer_write(l->tls, &request, sizeof(request)))
		side_die("cannot write");
}

void
take_answer(struct link *l)
{
	char c;

	if (peer_read(l->tls, &c, 1) != 1)
		side_die("no answer");
}

void
link_open(struct link *l)
{
	l->tls = peer_connect(context, l->fd, BENCH_HOST);
	if (l->tls == NULL)
		side_die("handshake failed");
}

void
link_close(struct link *l)
{
	peer_close(l->tls);
	close(l->fd);
}

/* Handshake, a question and its answer (so that the session tickets have been taken too), close. */
static double
one_connection(bool must_resume)
{
	struct link l = {.fd = side_dial()};
	double spent = -side_cpu();

	link_open(&l);
	ask(&l, BENCH_PING, 0, 0);
	take_answer(&l);
	if (must_resume && !peer_resumed(l.tls))
		side_die("the session was not resumed");
	peer_close(l.tls);
	spent += side_cpu();
	close(l.fd);
	return spent;
}

/* A side that takes any certificate for any host would win every race. */
static void
refuse_the_wrong_host(void)
{
	int fd = side_dial();

	if (peer_connect(context, fd, "wrong.example.org") != NULL)
		side_die("accepted a certificate for another host");
	close(fd);
}

void
prepare_connections(void)
{
	char *ca = in_dir("", side_text("anchors", side_text("chain", "ec")), ".pem");
	unsigned long others;

	count = side_number("count", 1);
	for (others = side_number("contexts", 1); others > 0; others--)
		context = peer_context(ca);
	if (context == NULL)
		side_die("no context");
	free(ca);
	refuse_the_wrong_host();
	one_connection(false);
}

/* --- contexts (G1 to G4) ---------------------------------------------------- */

static void *
default_context(void)
{
	char *bundle = in_dir("", "bundle", ".pem");
	void *made = peer_default_context(bundle);

	if (made == NULL)
		side_absent("no default context");
	free(bundle);
	return made;
}

static double
run_context(void)
{
	double spent = -side_cpu();

	context = default_context();
	return spent + side_cpu();
}

static void
prepare_second(void)
{
	context = default_context();
	count = side_number("count", 1);
}

static double
run_second(void)
{
	double spent = 0;
	unsigned long i;
	void *second;

	for (i = 0; i < count; i++) {
		spent -= side_cpu();
		second = default_context();
		spent += side_cpu();
		peer_context_free(second);
	}
	return spent / (double)count;
}

/* A process that is past its own start: only the context is new. */
static void
prepare_first_connection(void)
{
	prepare_second();
	one_connection(false);
}

static double
run_first_connection(void)
{
	double spent = 0;
	unsigned long i;

	for (i = 0; i < count; i++) {
		spent += run_context() + one_connection(false);
		peer_context_free(context);
	}
	return spent / (double)count;
}

/* The same in a process that has done nothing yet. */
static double
run_cold_connection(void)
{
	double spent = run_context();

	return spent + one_connection(false);
}

/* Octets of memory that are this process's alone. */
static double
private_octets(void)
{
	char line[256];
	long kib = 0;
	FILE *f = fopen("/proc/self/smaps_rollup", "r");

	if (f == NULL)
		side_absent("/proc/self/smaps_rollup");
	while (fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "Private_Dirty: %ld", &kib) == 1)
			break;
	fclose(f);
	return (double)kib * 1024;
}

static double
run_memory(void)
{
	double before = private_octets();

	before = private_octets(); /* the first look has its own cost */
	context = default_context();
	return private_octets() - before;
}

/* --- handshakes (G5 to G7, G11) --------------------------------------------- */

static double
run_handshakes(void)
{
	double spent = 0;
	unsigned long i;

	for (i = 0; i < count; i++)
		spent += one_connection(false);
	return spent / (double)count;
}

static void
prepare_reconnect(void)
{
	prepare_connections();
	one_connection(false);
	one_connection(true);
}

static double
run_reconnect(void)
{
	double spent = 0;
	unsigned long i;

	for (i = 0; i < count; i++)
		spent += one_connection(true);
	return spent / (double)count;
}

static double
run_count_reads(void)
{
	unsigned long before = count_reads(), i;

	for (i = 0; i < count; i++)
		one_connection(false);
	return (double)(count_reads() - before) / (double)count;
}

static void *
connect_often(void *arg)
{
	unsigned long i;

	for (i = 0; i < count / THREADS; i++)
		one_connection(false);
	return arg;
}

/* Time on the wall for one connection, when ten threads make them. */
static double
run_threads(void)
{
	struct timespec from, to;
	pthread_t threads[THREADS];
	int i;

	clock_gettime(CLOCK_MONOTONIC, &from);
	for (i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, connect_often, NULL) != 0)
			side_die("no thread");
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	clock_gettime(CLOCK_MONOTONIC, &to);
	return ((double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) * 1e-9) /
	       (double)(count / THREADS * THREADS);
}

static double
heap_octets(void)
{
	struct mallinfo2 m = mallinfo2();

	return (double)m.uordblks + (double)m.hblkhd;
}

static double
run_idle(void)
{
	struct link *links = calloc(count, sizeof(*links));
	double before = heap_octets(), grown;
	unsigned long i;

	if (links == NULL)
		side_die("no memory");
	for (i = 0; i < count; i++) {
		links[i].fd = side_dial();
		link_open(&links[i]);
		ask(&links[i], BENCH_PING, 0, 0);
		take_answer(&links[i]);
	}
	grown = heap_octets() - before;
	for (i = 0; i < count; i++)
		link_close(&links[i]);
	free(links);
	return grown / (double)count;
}

/* --- host names (G8) --------------------------------------------------------- */

static void *certificate;
static char host[64];

static void
prepare_match(void)
{
	unsigned long names = side_number("names", 1);
	char number[32], *path;
	size_t len;
	void *der;

	if (peer_certificate == NULL)
		side_absent("no host name check of its own");
	count = side_number("count", 1);
	snprintf(number, sizeof(number), "%lu", names);
	path = in_dir("names-", number, ".der");
	der = side_load(path, &len);
	certificate = peer_certificate(der, len);
	if (certificate == NULL)
		side_die("cannot read %s", path);
	free(path);
	snprintf(host, sizeof(host), "host%04lu.example.org", names - 1);
	if (!peer_match(certificate, host) || peer_match(certificate, "host9999.example.org"))
		side_die("host name check is wrong");
	if (side_number("mismatch", 0) != 0)
		strcpy(host, "host9999.example.org");
}

static double
run_match(void)
{
	bool expected = side_number("mismatch", 0) == 0;
	double spent = -side_cpu();
	unsigned long i;

	for (i = 0; i < count; i++)
		if (peer_match(certificate, host) != expected)
			side_die("host name check is wrong");
	return (spent + side_cpu()) / (double)count;
}

/* -------------------------------------------------------------------------------- */

static const struct work works[] = {
    {"context", NULL, run_context},
    {"second-context", prepare_second, run_second},
    {"memory", NULL, run_memory},
    {"second-memory", prepare_second, run_memory},
    {"first-connection", prepare_first_connection, run_first_connection},
    {"cold-connection", NULL, run_cold_connection},
    {"handshake", prepare_connections, run_handshakes},
    {"reconnect", prepare_reconnect, run_reconnect},
    {"count-reads", prepare_connections, run_count_reads},
    {"match", prepare_match, run_match},
    {"bulk-read", prepare_bulk, run_bulk_read},
    {"bulk-write", prepare_bulk, run_bulk_write},
    {"threads", prepare_connections, run_threads},
    {"idle", prepare_connections, run_idle},
    {"lines", prepare_lines, run_lines},
    {"lines-by-hand", prepare_lines, run_lines_by_hand},
    {"records", prepare_lines, run_records},
    {"write-lines", prepare_lines, run_write_lines},
    {"write-lines-by-hand", prepare_lines, run_write_lines_by_hand},
};

const struct work *
work_find(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(works) / sizeof(works[0]); i++)
		if (strcmp(works[i].name, name) == 0)
			return &works[i];
	return NULL;
}
