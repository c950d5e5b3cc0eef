/*
 * rows.h - what is compared: one row for each goal.
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef BENCH_ROWS_H
#define BENCH_ROWS_H

#include <stdbool.h>
#include <stddef.h>

enum unit { UNIT_TIME, UNIT_TIME_PER_KIB, UNIT_MEMORY, UNIT_COUNT };

/** One of our ways to do the work. */
struct figure {
	const char *label; /* NULL ends the list */
	const char *side;  /* NULL: "ours" */
	const char *args;  /* NULL: as the row says */
	double goal;	/* at most this ratio (or value, for UNIT_COUNT); 0: no goal, only shown */
	double stretch; /* reported when reached; 0: none */
};

/** Another way, shown for comparison. */
struct variant {
	const char *label, *side, *args;
};

struct row {
	const char *id, *work;
	enum unit unit;
	bool cold;  /* a new process for each sample */
	bool peers; /* the other libraries do it too */
	int rounds;
	const char *args;		   /* for work.c */
	const char *base_side, *base_args; /* what ratios are taken to; NULL: raw */
	struct figure ours[4];
	struct variant also[3];
};

extern const struct row bench_rows[];
extern const size_t bench_row_count;

#endif
