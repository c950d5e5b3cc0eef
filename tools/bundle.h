/*
 * bundle.h - what tlswrap bundle was asked, and its steps.
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef TOOL_BUNDLE_H
#define TOOL_BUNDLE_H

#include "certdata.h"

enum { BUNDLE_ANY = CERTDATA_PURPOSES };

struct bundle_request {
	const char *file, *output; /* NULL: standard output */
	int purpose;		   /* enum certdata_purpose, or BUNDLE_ANY */
	time_t at;
	bool quiet, verbose;
};

/** What becomes of a certificate; behind NOT_FOR_THIS the graver the later. */
enum outcome { TAKEN, NOT_FOR_THIS, NO_LONGER, DISTRUSTED, REPEATED, OUTCOMES };

struct bundle {
	const struct certdata_object **list; /* those that are taken, by label; free() it */
	size_t count;
	size_t outcomes[OUTCOMES];
	size_t never;	 /* trust objects that distrust without a certificate */
	char sha256[65]; /* of the source */
};

/** Print "tlswrap: bundle: SUBJECT: text"; EXIT_LOCAL. */
int bundle_fail(const char *subject, const char *text);

/** SHA-256 in hexadecimal; false: memory. */
bool bundle_digest(const void *data, size_t len, char hex[65]);

/** Take what is trusted for the purpose, and report the rest. An exit status. */
int bundle_choose(const struct bundle_request *r, const struct certdata *data, struct bundle *b);

/** Write the bundle to where it belongs, as a whole or not at all. An exit status. */
int bundle_deliver(const struct bundle_request *r, const struct bundle *b);

/** A label, "" if there is none. */
const char *bundle_label(const struct certdata_object *o);

#endif
