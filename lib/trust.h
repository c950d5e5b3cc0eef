/*
 * trust.h - whom a context trusts: its sources of CAs and revocation lists,
 * and the snapshot of them that one verification uses.
 *
 * Files are parsed once in the process and shared (anchors.h). At most once a
 * second a snapshot looks whether the files have changed; new contents come in
 * as a whole, and a file that has become unusable leaves what was loaded
 * before in force, with a remark in the details of later errors.
 *
 * A context is configured by one thread; then any number may take snapshots.
 * No lock is held while a file is read or a chain is built.
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef TLSW_TRUST_H
#define TLSW_TRUST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/x509_vfy.h>

#include "lookup.h"
#include "places.h"

struct tlsw__trust;
struct tlsw__snapshot;

/** No sources yet. NULL: TLSW_ERR_MEMORY. */
struct tlsw__trust *tlsw__trust_new(void);
void tlsw__trust_free(struct tlsw__trust *trust);

/*
 * Add a source. A failure is TLSW_ERR_TRUST_STORE or _MEMORY, and adds nothing.
 */

/** The system's CAs. Returns 0. */
int tlsw__trust_load_system(struct tlsw__trust *trust);

/** What was looked at, a line each: `"/etc/ssl/cert.pem" (Alpine): No such file or directory`. */
struct tlsw__trust_log {
	char text[4096];
	size_t len;
	bool memory; /* it was short */
};

/** The same, looking elsewhere. log may be NULL. */
int tlsw__trust_load_places(
    struct tlsw__trust *trust, const struct tlsw__places *places, struct tlsw__trust_log *log);

/** A bundle, one DER certificate, the same in memory. Return how many certificates, 1 or more. */
int tlsw__trust_load_file(struct tlsw__trust *trust, const char *path);
int tlsw__trust_load_mem(struct tlsw__trust *trust, const void *data, size_t len);

/** A hashed directory. Returns 0. */
int tlsw__trust_load_dir(struct tlsw__trust *trust, const char *path);

/** Revocation lists; every block of the file must be one that can be decoded. Returns how many. */
int tlsw__trust_load_crl_file(struct tlsw__trust *trust, const char *path);

/**
 * Whether changed files are noticed; on at first. Turning it off reads hashed
 * directories whole, so that no file is touched any more. Returns 0, or -1:
 * TLSW_ERR_TRUST_STORE, _MEMORY; it is then still on.
 */
int tlsw__trust_set_refresh(struct tlsw__trust *trust, bool refresh);
bool tlsw__trust_refreshes(const struct tlsw__trust *trust);

/** Let the next snapshot look at the files, however short ago the last one did. */
void tlsw__trust_check_soon(struct tlsw__trust *trust);

/** What one verification trusts: a reference. NULL: TLSW_ERR_MEMORY. */
struct tlsw__snapshot *tlsw__trust_snapshot(struct tlsw__trust *trust);
void tlsw__snapshot_free(struct tlsw__snapshot *snapshot);

/** How many certificates; with 0 no connection can succeed. A directory counts as when it was
 * opened. */
size_t tlsw__snapshot_anchors(const struct tlsw__snapshot *snapshot);

/** How many revocation lists, those in hashed directories aside. */
size_t tlsw__snapshot_crls(const struct tlsw__snapshot *snapshot);

/**
 * For X509_STORE_CTX_init(); lent, and it must not be changed. Call
 * tlsw__lookup_begin() before a verification and the next one after it.
 */
X509_STORE *tlsw__snapshot_store(struct tlsw__snapshot *snapshot);

/**
 * Whether all that the verification asked for could be read: 0, or -1 with the
 * error (TLSW_ERR_TRUST_STORE, _MEMORY); its outcome must then not count.
 */
int tlsw__trust_lookups_worked(void);

/** Differs whenever what is trusted differs. */
uint64_t tlsw__snapshot_version(const struct tlsw__snapshot *snapshot);

/** "the 144 anchors of /etc/ssl/certs/ca-certificates.crt": what somebody is not among. */
void tlsw__snapshot_describe(const struct tlsw__snapshot *snapshot, char *out, size_t size);

/** A source of a snapshot, for reports; all lent. */
struct tlsw__trust_source {
	const char *kind;	   /* "CA file", "CAs in memory", "CA directory", "CRL file" */
	const char *path;	   /* NULL: memory */
	struct tlsw__anchors *set; /* or */
	struct tlsw__cadir *dir;
	size_t anchors;		   /* certificates that are trusted; 0 for a directory not listed */
	const char *problem;	   /* why the last refresh failed, "" if it did not */
};
size_t tlsw__snapshot_sources(const struct tlsw__snapshot *snapshot);
void tlsw__snapshot_source(
    const struct tlsw__snapshot *snapshot, size_t i, struct tlsw__trust_source *source);

/** Put sources, counts and problems into the details of this thread's error. */
void tlsw__snapshot_detail(const struct tlsw__snapshot *snapshot);

#endif
