/*
 * verify.h - the verdict about a peer: chain, constraints, name, one decision.
 *
 * The same code decides in a handshake and without a connection.
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef TLSW_VERIFY_H
#define TLSW_VERIFY_H

#include <stdbool.h>

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "chain.h"
#include "error.h"
#include "name.h"
#include "pin.h"
#include "trust.h"

#define TLSW__MATCHED_SIZE 320 /* a DNS name, an address, or a service and a DNS name */

/** What has to hold. */
struct tlsw__verify_policy {
	bool require_chain;     /* TLSW_CERT_REQUIRED */
	bool check_hostname;
	bool check_common_name; /* when there is no subjectAltName identifier at all */
	struct tlsw__chain_policy chain;
	enum tlsw_ocsp ocsp;
	struct tlsw__pins pins;             /* hold whatever else is off */
	struct tlsw__exceptions exceptions;
	tlsw_verify_hook hook; /* NULL: none */
	void *hook_arg;
};

/** One question: is this leaf, with these certificates beside it, the host? */
struct tlsw__verify_request {
	const struct tlsw__verify_policy *policy;
	struct tlsw__snapshot *trust;
	X509 *leaf;
	STACK_OF(X509) *presented;                /* the rest of what the peer sent; may be NULL */
	const struct tlsw__reference *references; /* any of them may match */
	size_t reference_count;                   /* 0 only when check_hostname is off */
	const tls_socket *socket;                 /* for the hook; NULL without a connection */
	SSL *dane;                                /* whose TLSA records count; NULL: there are none */
	const char *service;                      /* SRV-ID service of the first reference; NULL: none */
};

/** What a refusal is about first of all. */
enum tlsw__blame {
	TLSW__BLAME_CHAIN,
	TLSW__BLAME_NAME,
	TLSW__BLAME_CALLER /* a pin, or the hook */
};

/** The answer. A zeroed one is a refusal. */
struct tlsw__verdict {
	bool accepted;       /* the policy is met: what opens the gate */
	bool verified;       /* chain and name passed, whether required or not */
	unsigned long reasons;
	unsigned long chain_reasons; /* those of them that the chain gave */
	long verify_error;   /* X509_V_OK only when accepted */
	int depth;
	enum tlsw__blame blame;
	X509 *leaf;          /* the certificate decided about, a reference */
	STACK_OF(X509) *path;  /* leaf first; the verified path or the best partial one */
	char matched[TLSW__MATCHED_SIZE];
	struct tlsw__error *error; /* why not, for a refusal */
};

/** What the caller asked for; -1 with TLSW_ERR_HOSTNAME set, which names it and what is wrong. */
int tlsw__verify_host(const char *hostname, struct tlsw__reference *out);

/**
 * Decide. verdict must be zeroed or cleared. Returns 0 when accepted; -1 with
 * this thread's error set, which verdict->error keeps a copy of.
 */
int tlsw__verify(const struct tlsw__verify_request *request, struct tlsw__verdict *verdict);

/**
 * Decide about a chain that was verified before with the same trust; earlier
 * are the reasons that were found in it then. Its dates, the name, the pins
 * and the hook are asked again. request->leaf is path's first. Returns whether
 * it was accepted, with the verdict filled; sets no error.
 */
bool tlsw__verify_again(const struct tlsw__verify_request *request, STACK_OF(X509) *path,
    unsigned long earlier, struct tlsw__verdict *verdict);

void tlsw__verdict_clear(struct tlsw__verdict *verdict);

#endif
