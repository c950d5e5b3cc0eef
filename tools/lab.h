/*
 * lab.h - the lab: servers that every TLS client must survive.
 *
 * A row says what one server does, what a client must do about it, and what
 * libtlswrap makes of it. The rows are served by tlswrap-lab(1) and played
 * against our own client by the tests. They stand on tests/support: pki.h
 * makes the certificates, peer.h plays the scripts.
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef LAB_H
#define LAB_H

#include "support/peer.h"
#include "support/pki.h"
#include "tlswrap.h"

#define LAB_HOST	"www.lab.test"
#define LAB_SHORT_MS	150 /* how long a client waits in rows that must time out */
#define LAB_SHORT_BODY	"ok\n"
#define LAB_HTTP_HEADER "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n"
#define LAB_LONG_BODY	1000
#define LAB_HUGE_BODY	5000000
#define LAB_ANY_BODY	-1L
#define LAB_HANDSHAKE_RECORD 22

/** What every client must do. */
enum lab_must {
	LAB_REFUSE, /* no exchange of data may come about */
	LAB_ACCEPT, /* the server is good, if odd */
	LAB_FAIL,   /* the connection is good, but its end must be noticed as an error */
	LAB_POLICY  /* both are defensible; how the client is configured decides */
};

/** When our client notices. */
enum lab_when { LAB_IN_HANDSHAKE, LAB_AFTERWARDS, LAB_ANY_TIME };

/** How our client is configured for one try, beside the CA file. */
struct lab_client {
	unsigned long verify_flags;
	enum tlsw_ocsp ocsp;
	const char *alpn;   /* one protocol to offer */
	bool alpn_required;
	const char *ciphers;
	bool crl;           /* the lab's revocation list is loaded */
	int timeout_ms;     /* 0: 10 s */
};

/** What our client makes of the row. */
struct lab_want {
	const char *label; /* NULL: as configured by default */
	struct lab_client client;
	enum tlsw_error code;
	enum tlsw_error or_code; /* TLSW_OK: no other */
	unsigned long reasons;   /* exactly these */
	int alert;               /* received; 0: none is asked for */
	enum lab_when when;
	long body;               /* octets of the answer that arrive; 0: LAB_SHORT_BODY, if any */
};

enum lab_identity { LAB_ECDSA, LAB_RSA, LAB_NO_CERT };
enum lab_issuer {
	LAB_BY_INTERMEDIATE, /* which is sent along */
	LAB_BY_UNSENT,       /* the same, but it is not sent */
	LAB_BY_ROOT,
	LAB_BY_STRANGER,     /* a root that nobody trusts */
	LAB_BY_ITSELF
};

struct lab;
struct lab_server;
struct lab_row;

typedef void (*lab_build)(const struct lab *, const struct lab_row *, struct lab_server *);

struct lab_row {
	const char *name;          /* "C01" */
	const char *title;
	const char *does;          /* what the server does, one sentence */
	const char *duty;          /* NULL: what must says */
	const char *host;          /* asked for; NULL: LAB_HOST */
	enum lab_must must;
	const char *protocol;      /* STARTTLS: "smtp", "imap"...; NULL: TLS from the beginning */
	bool (*excuse)(const struct peer_report *); /* true: must does not hold for this client */
	bool needs_crl;            /* a client that has no revocation list cannot know */
	const struct lab_want *want;
	size_t wants;
	const struct pki_spec *leaf; /* its certificate; the issuer is filled in */
	enum lab_issuer issuer;
	const struct pki_spec *ca;   /* by this CA below the root, which is sent along */
	long size;                   /* for build */
	lab_build build;           /* or this makes it, with the chain */
	enum lab_identity identity; /* neither: the lab's usual certificate */
	struct peer_options server; /* cert, chain and key are filled in */
};

/** What peer_start() takes, and what it borrows. */
struct lab_server {
	struct peer_options options;
	X509 *cert;
	EVP_PKEY *key;
	STACK_OF(X509) *chain;
};

/** The hierarchies; valid for ten years from now. Never NULL (pki.h aborts). */
struct lab *lab_new(void);
void lab_free(struct lab *lab);

/** What the client is to trust, and what it may know to be revoked: PEM, lent. */
const char *lab_ca_pem(const struct lab *lab);
const char *lab_crl_pem(const struct lab *lab);

/** The rows: certificates, protocol, dialogues. */
extern const struct lab_row lab_certs[];
extern const size_t lab_certs_count;
extern const struct lab_row lab_protocol[];
extern const size_t lab_protocol_count;

/** All of them, in that order; NULL behind the last. */
const struct lab_row *lab_row_at(size_t i);

/** Make a row's server; lab_server_free() it. */
void lab_server_make(const struct lab *lab, const struct lab_row *row, struct lab_server *server);
void lab_server_free(struct lab_server *server);

/** What a client must do, in words. */
const char *lab_duty(const struct lab_row *row);
const char *lab_host(const struct lab_row *row);

/* ---------------------------------------------------------- for the rows */

#define LAB_WANT(...)                                                                          \
	.want = (const struct lab_want[]){__VA_ARGS__},                                        \
	.wants = sizeof((const struct lab_want[]){__VA_ARGS__}) / sizeof(struct lab_want)

/* Steps: take a request (what comes within a moment), and answer it: with an
 * HTTP header if it was an HTTP request, and n octets, 0 for LAB_SHORT_BODY. */
#define LAB_TAKE_REQUEST { .what = PEER_DO_CALL, .call = lab_take_request }
#define LAB_ANSWER(size) { .what = PEER_DO_CALL, .call = lab_answer, .n = (size) }
int lab_take_request(struct peer_connection *c, const struct peer_step *step);
int lab_answer(struct peer_connection *c, const struct peer_step *step);

/** What a good server does: answer, close_notify, wait for the client to leave. */
extern const struct peer_step lab_good[];

/* ------------------------------------------------------- for the builders */

/** A root that was renewed: the old one has expired and has signed the new one. */
struct lab_renewal {
	struct pki *old_root, *new_root, *cross;
};

struct lab {
	struct pki *root, *intermediate;
	struct pki *ecdsa, *rsa;          /* the usual certificates */
	struct pki *stranger;             /* a root that no client trusts */
	struct lab_renewal half, whole;   /* only the new root is trusted; both are */
	struct pki *lone_leaf, *lone_ca;  /* trusted, though their issuer (stranger) is not */
	struct pki *self;                 /* self-signed, and trusted as it is */
	char *ca_pem, *crl_pem;
};

/** Take references: the leaf and what is sent behind it (PKI_LIST, or NULL). */
void lab_server_set(struct lab_server *server, const struct pki *leaf,
    const struct pki *const *chain);

/* Chains that a pki_spec alone cannot say (lab_chains.c). */
#define LAB_BUILD(name)                                                                        \
	void name(const struct lab *, const struct lab_row *, struct lab_server *)
LAB_BUILD(lab_build_self_signed_in_chain);
LAB_BUILD(lab_build_reversed);
LAB_BUILD(lab_build_garbage);
LAB_BUILD(lab_build_leaf_signs_leaf);
LAB_BUILD(lab_build_path_too_long);
LAB_BUILD(lab_build_many_names);
LAB_BUILD(lab_build_tower);
LAB_BUILD(lab_build_fat_chain);
LAB_BUILD(lab_build_half_renewed);
LAB_BUILD(lab_build_renewed);
LAB_BUILD(lab_build_cycle);
LAB_BUILD(lab_build_self_anchor);
LAB_BUILD(lab_build_leaf_anchor);
LAB_BUILD(lab_build_ca_anchor);

#define LAB_REVOKED_SERIAL "\x4c\x41\x42\x73" /* what the lab's revocation list names */

#endif
