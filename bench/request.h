/*
 * request.h - what a client asks the bench server for, inside TLS.
 *
 * Both ends are forked from the same tree on the same machine, so a plain
 * structure will do.
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef BENCH_REQUEST_H
#define BENCH_REQUEST_H

#include <stdint.h>

enum bench_verb {
	BENCH_PING, /* answer one octet */
	BENCH_SEND, /* send total octets of text lines in records of size octets */
	BENCH_SINK  /* take total octets, then answer one octet */
};

struct bench_request {
	uint32_t verb;
	uint32_t size;
	uint64_t total;
};

#endif
