/*
 * certdata.h - Mozilla's certdata.txt: certificates, and what each is trusted for.
 *
 * The file is a list of PKCS #11 objects as text. A certificate object holds a
 * certificate; a trust object, joined by issuer, serial number and hash, says
 * what it may vouch for. Anything that does not read as such is an error of
 * the whole file: half a list of CAs is none.
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef TOOL_CERTDATA_H
#define TOOL_CERTDATA_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

/** What a trust object says of one purpose. */
enum certdata_trust {
	CERTDATA_UNSAID,
	CERTDATA_TRUSTED, /* a CA for this */
	CERTDATA_VERIFY,  /* no opinion: somebody else must vouch for it */
	CERTDATA_DISTRUSTED,
	CERTDATA_OTHER /* trusted in another way, as no CA */
};

enum certdata_purpose { CERTDATA_SERVER, CERTDATA_EMAIL, CERTDATA_CODE, CERTDATA_PURPOSES };

/** Octets of its own, or NULL. */
struct certdata_octets {
	unsigned char *at;
	size_t len;
};

struct certdata_object {
	unsigned line; /* of its CKA_CLASS */
	bool is_trust; /* or a certificate */
	char *label;   /* UTF-8 as it came, or "" */
	struct certdata_octets value, issuer, serial, sha1;
	/* of a certificate */
	time_t distrust_after[CERTDATA_PURPOSES]; /* 0: never */
	struct certdata_object *trust;		  /* the object that speaks of it, lent */
	/* of a trust object */
	enum certdata_trust level[CERTDATA_PURPOSES];
	bool joined; /* there is a certificate that it speaks of */
};

struct certdata {
	struct certdata_object *list;
	size_t count;
};

struct certdata_error {
	unsigned line; /* 0: of no line, memory that is */
	char text[160];
};

/** Read a whole file. 0, free it with certdata_clear(); or -1 with the error. */
int certdata_parse(
    const char *text, size_t len, struct certdata *data, struct certdata_error *error);
void certdata_clear(struct certdata *data);

/** For its parts: fill the error, return -1; join what was read, 0 or -1 with the error. */
int certdata_fail(struct certdata_error *error, unsigned line, const char *format, ...)
    __attribute__((__format__(__printf__, 3, 4)));
int certdata_join(struct certdata *data, struct certdata_error *error);

#endif
