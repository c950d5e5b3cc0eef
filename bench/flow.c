/*
 * flow.c - work on an open connection: bulk data, lines, single octets.
 *
 * SPDX-License-Identifier: ISC
 */
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

#include "request.h"
#include "side.h"
#include "work.h"

#define RECORD_OVERHEAD 22 /* TLS 1.3: header, type, tag; more in TLS 1.2 */

/* --- bulk (G9, G10): seconds a KiB ------------------------------------------- */

static struct link bulk;
static char buffer[BENCH_RECORD];

void
prepare_bulk(void)
{
	prepare_connections();
	bulk.fd = side_dial();
	link_open(&bulk);
	ask(&bulk, BENCH_PING, 0, 0);
	take_answer(&bulk);
}

/* Read exactly total octets, at most size at a time. */
static void
read_total(uint64_t total, size_t size)
{
	uint64_t got = 0;
	ssize_t n;

	while (got < total) {
		n = peer_read(bulk.tls, buffer, size < total - got ? size : (size_t)(total - got));
		if (n <= 0)
			side_die("connection ended early");
		got += (uint64_t)n;
	}
}

double
run_bulk_read(void)
{
	uint64_t total = (uint64_t)count * 1024;
	double spent;

	ask(&bulk, BENCH_SEND, BENCH_RECORD, total);
	spent = -side_cpu();
	read_total(total, sizeof(buffer));
	return (spent + side_cpu()) / (double)count;
}

double
run_bulk_write(void)
{
	size_t size = side_number("size", BENCH_RECORD);
	uint64_t total = (uint64_t)count * 1024, sent;
	char *data = calloc(1, size);
	double spent;

	if (data == NULL)
		side_die("no memory");
	ask(&bulk, BENCH_SINK, 0, total);
	spent = -side_cpu();
	for (sent = 0; sent < total; sent += size)
		if (!peer_write(bulk.tls, data, size))
			side_die("cannot write");
	take_answer(&bulk);
	free(data);
	return (spent + side_cpu()) / (double)count;
}

/* --- lines (G12 to G15): seconds a line ---------------------------------------- */

static const struct peer_lines *lines;

void
prepare_lines(void)
{
	const char *way = side_text("way", NULL);

	if (way != NULL && (peer_lines == NULL || (lines = peer_lines(way)) == NULL))
		side_absent(way);
	prepare_bulk();
}

/* Octet by octet, as programs do that were written for getc(). */
static void
read_lines_bytewise(void)
{
	unsigned long left = count;
	char c;

	while (left > 0) {
		if (peer_read(bulk.tls, &c, 1) != 1)
			side_die("connection ended early");
		left -= c == '\n';
	}
}

/* What one writes by hand: a buffer, and memchr() in it. */
static void
read_lines_buffered(void)
{
	unsigned long left = count;
	char *lf, *at;
	ssize_t n;

	while (left > 0) {
		n = peer_read(bulk.tls, buffer, sizeof(buffer));
		if (n <= 0)
			side_die("connection ended early");
		for (at = buffer; (lf = memchr(at, '\n', (size_t)(buffer + n - at))) != NULL;
		     at = lf + 1)
			left--;
	}
}

static double
read_lines(void (*how)(void), uint32_t record)
{
	double spent;

	ask(&bulk, BENCH_SEND, record, (uint64_t)count * BENCH_LINE);
	spent = -side_cpu();
	how();
	return (spent + side_cpu()) / (double)count;
}

static void
read_lines_their_way(void)
{
	lines->read(bulk.tls, count);
}

double
run_lines(void)
{
	return read_lines(lines == NULL ? read_lines_bytewise : read_lines_their_way,
	    BENCH_RECORD / BENCH_LINE * BENCH_LINE);
}

double
run_lines_by_hand(void)
{
	return read_lines(read_lines_buffered, BENCH_RECORD / BENCH_LINE * BENCH_LINE);
}

/* Wait, unmeasured, until so many octets are there. */
static void
await_octets(uint64_t octets)
{
	const struct timespec moment = {.tv_nsec = 100 * 1000};
	int there = 0, tries;

	for (tries = 0; tries < 20000; tries++) {
		if (ioctl(bulk.fd, FIONREAD, &there) == 0 && (uint64_t)there >= octets)
			return;
		nanosleep(&moment, NULL);
	}
	side_die("the data does not arrive");
}

/* One line a record, all of them waiting: as many reads as records for most. */
double
run_records(void)
{
	enum { BACKLOG = 400 };
	double spent = 0;
	unsigned long i;

	for (i = 0; i < count; i += BACKLOG) {
		ask(&bulk, BENCH_SEND, BENCH_LINE, BACKLOG * BENCH_LINE);
		await_octets(BACKLOG * (BENCH_LINE + RECORD_OVERHEAD));
		spent -= side_cpu();
		read_total(BACKLOG * BENCH_LINE, sizeof(buffer));
		spent += side_cpu();
	}
	return spent / (double)i;
}

static double
write_lines(void (*how)(const char *line))
{
	char line[BENCH_LINE + 1];
	double spent;

	memset(line, 'x', BENCH_LINE - 1);
	strcpy(line + BENCH_LINE - 1, "\n");
	ask(&bulk, BENCH_SINK, 0, (uint64_t)count * BENCH_LINE);
	spent = -side_cpu();
	how(line);
	spent += side_cpu();
	take_answer(&bulk);
	return spent / (double)count;
}

static void
write_lines_each(const char *line)
{
	unsigned long i;

	for (i = 0; i < count; i++)
		if (!peer_write(bulk.tls, line, BENCH_LINE))
			side_die("cannot write");
}

static void
write_lines_their_way(const char *line)
{
	lines->write(bulk.tls, line, count);
}

static void
write_lines_coalesced(const char *line)
{
	unsigned long i;
	size_t used = 0;

	for (i = 0; i < count; i++) {
		if (used + BENCH_LINE > sizeof(buffer)) {
			if (!peer_write(bulk.tls, buffer, used))
				side_die("cannot write");
			used = 0;
		}
		memcpy(buffer + used, line, BENCH_LINE);
		used += BENCH_LINE;
	}
	if (!peer_write(bulk.tls, buffer, used))
		side_die("cannot write");
}

double
run_write_lines(void)
{
	return write_lines(lines == NULL ? write_lines_each : write_lines_their_way);
}

double
run_write_lines_by_hand(void)
{
	return write_lines(write_lines_coalesced);
}
