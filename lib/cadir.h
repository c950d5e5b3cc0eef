/*
 * cadir.h - a directory of CA files named by hash (openssl-rehash(1)).
 *
 * The directory is listed when it is opened, to count, and never again: a
 * verification opens HASH.0, HASH.1 and so on for the subject it asks for.
 * Files that were read are remembered until tlsw__cadir_current() says that
 * something has changed.
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef TLSW_CADIR_H
#define TLSW_CADIR_H

#include "anchors.h"

struct tlsw__cadir;

/** Which hash names the files. */
enum tlsw__cadir_hash {
	TLSW__CADIR_SHA1, /* OpenSSL since 1.0.0 */
	TLSW__CADIR_MD5	  /* before; Android to this day */
};

/**
 * Open a directory, list it, and see that at least one of its files holds a
 * usable certificate. A reference, or NULL with the fault.
 */
struct tlsw__cadir *tlsw__cadir_open(
    const char *path, enum tlsw__cadir_hash hash, struct tlsw__fault *fault);

/** Open one that is there beside a bundle: it is not listed and may be empty. */
struct tlsw__cadir *tlsw__cadir_open_beside(
    const char *path, enum tlsw__cadir_hash hash, struct tlsw__fault *fault);

/** The same directory with nothing remembered; not listed. NULL with the fault. */
struct tlsw__cadir *tlsw__cadir_reopen(const struct tlsw__cadir *dir, struct tlsw__fault *fault);

struct tlsw__cadir *tlsw__cadir_ref(struct tlsw__cadir *dir);
void tlsw__cadir_unref(struct tlsw__cadir *dir);

/** How many certificate files it had when it was listed; 0 if it never was. */
size_t tlsw__cadir_count(const struct tlsw__cadir *dir);

/** Read all of it now; the directory is not touched again. 0, or -1 with the fault. */
int tlsw__cadir_complete(struct tlsw__cadir *dir, struct tlsw__fault *fault);

/**
 * List it and hand out each of its files, in no order: parsed, or NULL with
 * the fault. For reports. Returns 0, or -1 with the fault of the listing.
 */
typedef void (*tlsw__cadir_visitor)(
    const char *path, struct tlsw__anchors *file, const struct tlsw__fault *fault, void *arg);
int tlsw__cadir_each(
    struct tlsw__cadir *dir, tlsw__cadir_visitor visitor, void *arg, struct tlsw__fault *fault);

/** Whether the directory and what was read from it are unchanged. */
bool tlsw__cadir_current(struct tlsw__cadir *dir);

/**
 * Put references to the certificates of a subject, or to the CRLs of an
 * issuer, on found. Returns 0, or -1 with the fault when a file that is there
 * could not be read; what could be read is on found all the same.
 */
int tlsw__cadir_find(struct tlsw__cadir *dir, const X509_NAME *subject, STACK_OF(X509) *found,
    struct tlsw__fault *fault);
int tlsw__cadir_crls(struct tlsw__cadir *dir, const X509_NAME *issuer, STACK_OF(X509_CRL) *found,
    struct tlsw__fault *fault);

#endif
