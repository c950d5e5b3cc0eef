/*
 * server.h - the server that all sides talk to: OpenSSL, in a process of its own.
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef BENCH_SERVER_H
#define BENCH_SERVER_H

#include <sys/types.h>

/** A listening socket on loopback; the kernel picks the port. -1: no. */
int server_listen(unsigned short *port);

/**
 * Serve TLS on a listening socket until the parent ends, each connection in
 * a thread. chain is a PEM file: the key, the leaf, then its chain. Returns
 * the child's process id, -1 if there is none.
 */
pid_t server_start(int listener, const char *chain);

#endif
