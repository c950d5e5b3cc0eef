/*
 * places.h - where systems keep the certificates of the CAs that they trust.
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef TLSW_PLACES_H
#define TLSW_PLACES_H

#include <stddef.h>

enum tlsw__place_kind {
	TLSW__PLACE_FILE,   /* a bundle */
	TLSW__PLACE_DIR,    /* a hashed directory */
	TLSW__PLACE_DIR_MD5 /* one with the old hashes */
};

struct tlsw__place {
	enum tlsw__place_kind kind;
	const char *path;
	const char *whose; /* for messages: "Debian" */
};

/** Where to look, in this order. */
struct tlsw__places {
	const char *env_file, *env_dir;		/* SSL_CERT_FILE, SSL_CERT_DIR; NULL: not set */
	const char *openssl_file, *openssl_dir; /* as compiled into OpenSSL */
	const struct tlsw__place *known;
	size_t known_count;
};

/** This system's; the environment does not count in a set-user-ID program. */
void tlsw__places_of_system(struct tlsw__places *places);

#endif
