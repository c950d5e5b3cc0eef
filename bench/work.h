/*
 * work.h - what work.c and flow.c share.
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef BENCH_WORK_H
#define BENCH_WORK_H

#include "request.h"
#include "side.h"

/** How many pieces of work make a sample. */
extern unsigned long count;

struct link {
	int fd;
	void *tls;
};

/** Handshake on l->fd; close_notify and close. */
void link_open(struct link *l);
void link_close(struct link *l);

/** Send a request; take the one octet that answers it. */
void ask(struct link *l, enum bench_verb verb, uint32_t size, uint64_t total);
void take_answer(struct link *l);

/** Makes the context that link_open() uses. */
void prepare_connections(void);

/* flow.c */
void prepare_bulk(void);
double run_bulk_read(void);
double run_bulk_write(void);
void prepare_lines(void);
double run_lines(void);
double run_lines_by_hand(void);
double run_records(void);
double run_write_lines(void);
double run_write_lines_by_hand(void);

#endif
