/*
 * rows.c - the goals, and the work behind each; see README for the method.
 *
 * SPDX-License-Identifier: ISC
 */
#include "rows.h"

#define NO_ANCHORS                                                      \
	{                                                               \
		{                                                       \
			"SSL_CTX_new alone", "raw", "option=no-anchors" \
		}                                                       \
	}
#define READ_AHEAD                                               \
	{                                                        \
		{                                                \
			"read_ahead", "raw", "option=read-ahead" \
		}                                                \
	}
#define RECONNECT "work=reconnect option=resume"

/* clang-format off */
const struct row bench_rows[] = {
	{.id = "G1", .work = "default context, cold process", .unit = UNIT_TIME,
	    .rounds = 11, .cold = true, .peers = true, .args = "work=context",
	    .ours = {{"", NULL, NULL, 0.10, 0}},
	    .also = NO_ANCHORS},
	{.id = "G2", .work = "second context in the process", .unit = UNIT_TIME,
	    .rounds = 11, .peers = true, .args = "work=second-context count=8",
	    .ours = {{"", NULL, NULL, 0.01, 0}},
	    .also = NO_ANCHORS},
	{.id = "G3", .work = "private memory, first context", .unit = UNIT_MEMORY,
	    .rounds = 7, .cold = true, .peers = true, .args = "work=memory",
	    .ours = {{"", NULL, NULL, 0.45, 0.30}},
	    .also = NO_ANCHORS},
	{.id = "G3", .work = "private memory, second context", .unit = UNIT_MEMORY,
	    .rounds = 7, .cold = true, .peers = true, .args = "work=second-memory",
	    .ours = {{"", NULL, NULL, 0.05, 0.03}},
	    .also = NO_ANCHORS},
	{.id = "G4", .work = "default context + first connection", .unit = UNIT_TIME,
	    .rounds = 11, .peers = true, .args = "work=first-connection count=4",
	    .ours = {{"", NULL, NULL, 0.07, 0}}},
	{.id = "G4", .work = "the same, cold process", .unit = UNIT_TIME,
	    .rounds = 11, .cold = true, .peers = true, .args = "work=cold-connection",
	    .ours = {{"", NULL, NULL, 0, 0}},
	    .also = {{"SSL_CTX_new alone", "raw", "work=context option=no-anchors"}}},

	{.id = "G5", .work = "full handshake, EC", .unit = UNIT_TIME,
	    .rounds = 31, .peers = true, .args = "work=handshake count=20 chain=ec",
	    .ours = {{"chain verified before", NULL, "option=chain-memory", 0.80, 0},
		{"chain not seen before", NULL, "option=fresh-chain", 1.00, 0}},
	    .also = READ_AHEAD},
	{.id = "G5", .work = "full handshake, RSA", .unit = UNIT_TIME,
	    .rounds = 31, .peers = true, .args = "work=handshake count=20 chain=rsa",
	    .ours = {{"chain verified before", NULL, "option=chain-memory", 0.86, 0},
		{"chain not seen before", NULL, "option=fresh-chain", 1.00, 0}},
	    .also = READ_AHEAD},
	{.id = "G6", .work = "reconnect against a full handshake, EC", .unit = UNIT_TIME,
	    .rounds = 31, .args = "work=handshake count=20 chain=ec",
	    .ours = {{"", NULL, RECONNECT, 0.32, 0}},
	    .also = {{"raw resumed", "raw", RECONNECT}, {"GnuTLS", "gnutls", RECONNECT},
		{"wolfSSL", "wolfssl", RECONNECT}}},
	{.id = "G6", .work = "reconnect against a full handshake, RSA", .unit = UNIT_TIME,
	    .rounds = 31, .args = "work=handshake count=20 chain=rsa",
	    .ours = {{"", NULL, RECONNECT, 0.36, 0}},
	    .also = {{"raw resumed", "raw", RECONNECT}, {"GnuTLS", "gnutls", RECONNECT},
		{"wolfSSL", "wolfssl", RECONNECT}}},
	{.id = "G7", .work = "read() calls in one connection", .unit = UNIT_COUNT,
	    .rounds = 5, .peers = true, .args = "work=count-reads count=40",
	    .ours = {{"", NULL, NULL, 3, 2}},
	    .also = READ_AHEAD},

	{.id = "G8", .work = "host name check, 1 name", .unit = UNIT_TIME,
	    .rounds = 15, .peers = true, .args = "work=match names=1 count=50000",
	    .ours = {{"walk and matcher", "inside", NULL, 0.20, 0},
		{"tls_match_hostname", NULL, NULL, 0.20, 0}}},
	{.id = "G8", .work = "host name check, 10 names", .unit = UNIT_TIME,
	    .rounds = 15, .peers = true, .args = "work=match names=10 count=10000",
	    .ours = {{"walk and matcher", "inside", NULL, 0.06, 0},
		{"tls_match_hostname", NULL, NULL, 0.06, 0}}},
	{.id = "G8", .work = "host name check, 100 names", .unit = UNIT_TIME,
	    .rounds = 15, .peers = true, .args = "work=match names=100 count=1000",
	    .ours = {{"walk and matcher", "inside", NULL, 0.04, 0},
		{"tls_match_hostname", NULL, NULL, 0.04, 0}}},
	{.id = "G8", .work = "host name check, 1000 names", .unit = UNIT_TIME,
	    .rounds = 15, .peers = true, .args = "work=match names=1000 count=100",
	    .ours = {{"walk and matcher", "inside", NULL, 0.03, 0},
		{"tls_match_hostname", NULL, NULL, 0.03, 0}}},
	{.id = "G8", .work = "no name of 1000 matches", .unit = UNIT_TIME,
	    .rounds = 15, .peers = true, .args = "work=match names=1000 count=100 mismatch=1",
	    .ours = {{"walk and matcher", "inside", NULL, 0, 0},
		{"tls_match_hostname", NULL, NULL, 0, 0}}},

	{.id = "G9", .work = "bulk read", .unit = UNIT_TIME_PER_KIB,
	    .rounds = 21, .peers = true, .args = "work=bulk-read count=65536",
	    .ours = {{"", NULL, NULL, 0.92, 0.85}},
	    .also = READ_AHEAD},
	{.id = "G10", .work = "bulk write, calls of 16 KiB", .unit = UNIT_TIME_PER_KIB,
	    .rounds = 15, .peers = true, .args = "work=bulk-write count=32768",
	    .ours = {{"", NULL, NULL, 1.05, 1.00}}},
	{.id = "G10", .work = "bulk write, calls of 256 KiB", .unit = UNIT_TIME_PER_KIB,
	    .rounds = 15, .peers = true, .args = "work=bulk-write count=32768 size=262144",
	    .ours = {{"", NULL, NULL, 1.05, 1.00}}},
	{.id = "G11", .work = "memory of an idle connection", .unit = UNIT_MEMORY,
	    .rounds = 3, .peers = true, .args = "work=idle count=200",
	    .ours = {{"", NULL, NULL, 0.62, 0.57}}},

	{.id = "G12", .work = "80-byte lines against byte-wise reads", .unit = UNIT_TIME,
	    .rounds = 11, .peers = true, .args = "work=lines count=20000",
	    .ours = {{"tls_socket_read_line", NULL, "way=read_line", 0.035, 0},
		{"getline on our FILE*", NULL, "way=stream", 0.045, 0}},
	    .also = {{"raw buffered by hand", "raw", "work=lines-by-hand"}}},
	{.id = "G13", .work = "80-byte lines, one a record, backlog", .unit = UNIT_TIME,
	    .rounds = 11, .peers = true, .args = "work=records count=8000",
	    .ours = {{"tls_socket_read", NULL, NULL, 0.32, 0}},
	    .also = READ_AHEAD},
	{.id = "G14", .work = "the lines of G12, one byte a read", .unit = UNIT_TIME,
	    .rounds = 11, .peers = true, .args = "work=lines count=20000",
	    .ours = {{"tls_socket_read", NULL, NULL, 0.25, 0.10}}},
	{.id = "G15", .work = "80-byte writes against SSL_write a line", .unit = UNIT_TIME,
	    .rounds = 11, .peers = true, .args = "work=write-lines count=20000",
	    .ours = {{"fputs on our FILE*", NULL, "way=stream", 0.04, 0}},
	    .also = {{"raw coalesced by hand", "raw", "work=write-lines-by-hand"}}},

	/* what must not grow */
	{.id = "S1", .work = "full handshake: the system's anchors against one", .unit = UNIT_TIME,
	    .rounds = 31, .args = "work=handshake count=20",
	    .base_side = "ours", .base_args = "option=fresh-chain",
	    .ours = {{"", NULL, "option=fresh-chain anchors=bundle", 1.05, 0}}},
	{.id = "S2", .work = "full handshake: 100 contexts against one", .unit = UNIT_TIME,
	    .rounds = 31, .args = "work=handshake count=20",
	    .base_side = "ours", .base_args = "option=fresh-chain",
	    .ours = {{"", NULL, "option=fresh-chain contexts=100", 1.05, 0}}},
	{.id = "S3", .work = "ten threads on one context, wall time a handshake", .unit = UNIT_TIME,
	    .rounds = 15, .args = "work=threads count=100",
	    .ours = {{"", NULL, "option=fresh-chain", 1.00, 0}},
	    .also = {{"GnuTLS", "gnutls", NULL}}},
};
/* clang-format on */

const size_t bench_row_count = sizeof(bench_rows) / sizeof(bench_rows[0]);
