/*
 * peer.h - a TLS server under test control.
 *
 * It runs in a child process, plays a script, and reports what it received:
 *
 *     static const struct peer_step script[] = { PEER_HANDSHAKE, PEER_READ(5),
 *         PEER_SEND("hello"), PEER_CLOSE_NOTIFY, PEER_END };
 *     struct peer_options options = { .cert = leaf, .key = key, .script = script };
 *     struct peer peer;
 *     struct peer_report report;
 *
 *     peer_start(&peer, &options);
 *     fd = peer_connect(&peer);
 *     ... the client under test, close(fd) ...
 *     peer_wait(&peer, &report);
 *     peer_stop(&peer);
 *
 * Before PEER_HANDSHAKE the steps speak plain text, after it TLS; a script
 * without it never speaks TLS at all, which serves line dialogues and raw
 * records. Everything is bounded by limit_ms. No libcheck in here.
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef PEER_H
#define PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <openssl/ssl.h>

/** One accepted connection, for PEER_CALL. */
struct peer_connection;

enum peer_do {
	PEER_DO_END,
	PEER_DO_HANDSHAKE,
	PEER_DO_HELLO,
	PEER_DO_READ,
	PEER_DO_EXPECT,
	PEER_DO_ECHO,
	PEER_DO_DRAIN,
	PEER_DO_SEND,
	PEER_DO_SEND_RAW,
	PEER_DO_FILL,
	PEER_DO_REPEAT,
	PEER_DO_CLOSE_NOTIFY,
	PEER_DO_FIN,
	PEER_DO_CLOSE,
	PEER_DO_RESET,
	PEER_DO_SLEEP,
	PEER_DO_TRICKLE,
	PEER_DO_KEY_UPDATE,
	PEER_DO_TICKETS,
	PEER_DO_RENEGOTIATE,
	PEER_DO_REQUEST_CERT,
	PEER_DO_CALL
};

struct peer_step {
	enum peer_do what;
	const void *data; /* octets of SEND, SEND_RAW, REPEAT; text of EXPECT */
	size_t len;
	long n;           /* a count, a size or milliseconds */
	int (*call)(struct peer_connection *, const struct peer_step *);
};

/* The script's last step: FIN, then whatever the client still sends is read
 * (as TLS, if there is TLS) until it is gone. */
#define PEER_END               { .what = PEER_DO_END }
#define PEER_HANDSHAKE         { .what = PEER_DO_HANDSHAKE }
/* Take the client's next hello off the wire without answering. */
#define PEER_HELLO             { .what = PEER_DO_HELLO }
/* Read count octets, or to the end of what the client sends. */
#define PEER_READ(count)       { .what = PEER_DO_READ, .n = (count) }
/* Read one line, which must contain the text (case counts); else the script ends. */
#define PEER_EXPECT(text)      { .what = PEER_DO_EXPECT, .data = (text), .len = sizeof(text) - 1 }
/* Send back what comes until the client ends, answer its close_notify. */
#define PEER_ECHO              { .what = PEER_DO_ECHO }
/* Read and record until the client ends; sends nothing. */
#define PEER_DRAIN             { .what = PEER_DO_DRAIN }
#define PEER_SEND(text)        { .what = PEER_DO_SEND, .data = (text), .len = sizeof(text) - 1 }
#define PEER_SEND_BYTES(p, l)  { .what = PEER_DO_SEND, .data = (p), .len = (l) }
/* Beside TLS, straight to the descriptor. */
#define PEER_SEND_RAW(text)    { .what = PEER_DO_SEND_RAW, .data = (text), .len = sizeof(text) - 1 }
#define PEER_SEND_RAW_BYTES(p, l) { .what = PEER_DO_SEND_RAW, .data = (p), .len = (l) }
/* count octets of peer_pattern(). */
#define PEER_FILL(count)       { .what = PEER_DO_FILL, .n = (count) }
/* The same octets count times; stops quietly when the client is gone. */
#define PEER_REPEAT(text, count) \
	{ .what = PEER_DO_REPEAT, .data = (text), .len = sizeof(text) - 1, .n = (count) }
#define PEER_CLOSE_NOTIFY      { .what = PEER_DO_CLOSE_NOTIFY }
/* Half close of TCP, without close_notify. */
#define PEER_FIN               { .what = PEER_DO_FIN }
/* close(2) at once: a FIN, or a reset when the client sent what was not read. */
#define PEER_CLOSE             { .what = PEER_DO_CLOSE }
#define PEER_RESET             { .what = PEER_DO_RESET }
#define PEER_SLEEP(ms)         { .what = PEER_DO_SLEEP, .n = (ms) }
/* From here on what is sent goes out in pieces of size octets, ms apart. */
#define PEER_TRICKLE(size, ms) { .what = PEER_DO_TRICKLE, .len = (size), .n = (ms) }
/* count KeyUpdates, each asking the client for one as well when request is 1. */
#define PEER_KEY_UPDATE(count, request) \
	{ .what = PEER_DO_KEY_UPDATE, .len = (request), .n = (count) }
/* count further session tickets (TLS 1.3). */
#define PEER_TICKETS(count)    { .what = PEER_DO_TICKETS, .n = (count) }
/* A HelloRequest (TLS 1.2). */
#define PEER_RENEGOTIATE       { .what = PEER_DO_RENEGOTIATE }
/* Post-handshake authentication; the script ends when the client never offered it. */
#define PEER_REQUEST_CERT      { .what = PEER_DO_REQUEST_CERT }
/* A function of the test; -1 ends the script. */
#define PEER_CALL(function)    { .what = PEER_DO_CALL, .call = (function) }

enum peer_alpn {
	PEER_ALPN_IGNORE, /* no answer to the client's offer */
	PEER_ALPN_PICK,   /* choose options.alpn if offered, else no answer */
	PEER_ALPN_FORCE,  /* answer options.alpn, offered or not */
	PEER_ALPN_REFUSE  /* the alert no_application_protocol, unless options.alpn is offered */
};

enum peer_client_cert { PEER_NO_CLIENT_CERT, PEER_REQUEST_CLIENT_CERT, PEER_REQUIRE_CLIENT_CERT };

/** Everything zero is a server of TLS 1.2 and 1.3; pointers are borrowed until peer_stop(). */
struct peer_options {
	X509 *cert;               /* NULL: no certificate */
	STACK_OF(X509) *chain;    /* sent behind it, as it is; NULL: nothing */
	EVP_PKEY *key;
	int min_version;          /* TLS1_VERSION...; 0: TLS 1.2, or max_version if that is lower */
	int max_version;
	const char *ciphers;      /* TLS 1.2 and below; NULL: OpenSSL's default */
	const char *ciphersuites; /* TLS 1.3 */
	const char *groups;
	const char *sigalgs;
	uint64_t ssl_options;     /* SSL_OP_* to add */
	enum peer_alpn alpn_mode;
	const char *alpn;         /* one protocol */
	enum peer_client_cert client_cert;
	X509 *client_ca;          /* NULL: any client certificate will do */
	int tickets;              /* TLS 1.3: 0 OpenSSL's default (2), -1 none, else so many */
	const unsigned char *staple; /* OCSP answer, sent when the client asks */
	size_t staple_len;
	const char *sni;          /* not NULL: any other name gets the alert unrecognized_name */
	int (*setup)(SSL_CTX *, void *arg); /* last word on the context; 1 is success */
	void *arg;
	const struct peer_step *script; /* NULL: handshake and echo */
	const struct peer_options *odd; /* for every second connection, beginning with the second */
	int connections;          /* 0: one. Several live side by side, with common tickets */
	bool unix_pair;           /* an AF_UNIX socketpair instead of TCP; one connection */
	bool ipv6;                /* ::1 instead of 127.0.0.1 */
	int limit_ms;             /* 0: 10 s for each connection */
};

#define PEER_RAW_MAX  1024
#define PEER_DATA_MAX 4096

/** What the server received on one connection. */
struct peer_report {
	int connection;           /* 0, 1, ... in the order of accepting */
	unsigned long long raw_in, raw_out; /* octets on the wire */
	unsigned char raw[PEER_RAW_MAX]; /* the first that came in */
	size_t raw_len;
	unsigned char records[16]; /* types of the first records while the script is not in TLS */
	size_t record_count;
	unsigned long long plain_in; /* octets that steps before PEER_HANDSHAKE read */
	bool handshake;           /* complete on the server's side */
	bool resumed;
	char version[16];         /* "TLSv1.3" */
	char cipher[64];
	char group[32];
	int alert_level, alert;   /* received; -1 none. close_notify is not among them */
	int alert_sent;           /* -1 none */
	bool close_notify;        /* received */
	bool sni_sent;            /* the extension was there */
	char sni[256];
	char alpn[256];           /* offered, separated by commas */
	bool offers_post_handshake; /* the extension post_handshake_auth was there */
	bool client_cert;         /* one was sent */
	char client_cert_sha256[65];
	unsigned char data[PEER_DATA_MAX]; /* first application octets */
	size_t data_len;
	unsigned long long data_in; /* application octets in all */
	bool fin, reset;          /* how the client's side of the transport ended */
	bool timed_out;           /* limit_ms passed */
	bool script_done;         /* every step was played */
	char error[256];          /* of OpenSSL's server or of the script; "" if none */
};

/** A running server. */
struct peer {
	pid_t pid;
	int port;                 /* 0 with unix_pair */
	bool ipv6;
	int fd;                   /* the client's end of a unix_pair, until peer_connect() */
	int reports;              /* reports are read from here */
	int limit_ms;
};

/** Start a server. 0; or -1 with a line on stderr. */
int peer_start(struct peer *peer, const struct peer_options *options);

/** A connected blocking descriptor, the caller's to close; or -1 with errno. */
int peer_connect(struct peer *peer);

/** The next report: waits for the end of a connection. 0; -1 when none came within the limit. */
int peer_wait(struct peer *peer, struct peer_report *report);

/** The same within so many milliseconds: -1 also when none is there yet. */
int peer_wait_within(struct peer *peer, struct peer_report *report, int ms);

/** A listener on a free port of 127.0.0.1 or ::1, as peer_start() has; -1 with errno. */
int peer_listen(bool ipv6, int *port);

/** End the process if it still runs, and collect it. Frees what peer_start made. */
void peer_stop(struct peer *peer);

/** Whether exactly this text was received as application data. */
bool peer_received(const struct peer_report *report, const char *text);

/** Octet i of what PEER_FILL sends. */
unsigned char peer_pattern(size_t i);

/* ---------------------------------------------- without a process of its own */

/** The context of such a server; NULL with a line on stderr. Caller frees. */
SSL_CTX *peer_ssl_ctx(const struct peer_options *options);

/** Play the script on an accepted descriptor and close it. ctx NULL: made here when needed. */
void peer_serve(int fd, const struct peer_options *options, SSL_CTX *ctx,
    struct peer_report *report);

/* ------------------------------------------------------------- for PEER_CALL */

const struct peer_options *peer_connection_options(const struct peer_connection *c);
SSL *peer_connection_ssl(struct peer_connection *c); /* NULL before PEER_HANDSHAKE */

/** As peer_get and peer_put below, but inside TLS once there is TLS, as the steps do. */
ssize_t peer_read(struct peer_connection *c, void *data, size_t len);
int peer_write(struct peer_connection *c, const void *data, size_t len);

/** Whether something to read comes within so many milliseconds. */
bool peer_input_within(struct peer_connection *c, int ms);

/** Send octets as they are; 0, or -1 when the client is gone or the time is up. */
int peer_put(struct peer_connection *c, const void *data, size_t len);

/** Read octets as they come; the count, 0 at the end, -1. */
ssize_t peer_get(struct peer_connection *c, void *data, size_t len);

/** The record that PEER_HELLO took, with its header; NULL before. */
const unsigned char *peer_hello(const struct peer_connection *c, size_t *len);

/** Note an error in the report; returns -1. */
int peer_fail(struct peer_connection *c, const char *text);

#endif
