/*
 * trust_report.h - what tlswrap trust was asked, and how it answers.
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef TOOL_TRUST_REPORT_H
#define TOOL_TRUST_REPORT_H

#include "trust_anchors.h"

struct trust_request {
	struct tlsw__trust *trust;  /* owned */
	struct tlsw__trust_log log; /* of the search for the system's store */
	bool loaded;		    /* a CA was named: the system's do not count */
	bool list, json;
	const char *find;
	time_t now;
	tls_certificate *cert; /* owned; NULL: none was asked about */
	const char *cert_file;
};

/* What keeps an anchor from vouching for a server. */
#define REMARKS_OF_NO_USE                                                     \
	(REMARK_EXPIRED | REMARK_NOT_YET | REMARK_DISTRUSTED | REMARK_NO_CA | \
	    REMARK_INTERMEDIATE | REMARK_WEAK)

/** How many certificates --find is content with; all without it. */
size_t trust_count_wanted(const struct trust_request *r, const struct anchors *all);
bool trust_is_wanted(const struct trust_request *r, const struct anchor *a);

/** How many have none of these remarks. */
size_t trust_count_without(const struct anchors *all, unsigned remarks);

/** The one that was asked about; NULL: it is not among them. */
const struct anchor *trust_find_asked(const struct trust_request *r, const struct anchors *all);

/** A certificate's subject, or a text that says that it has none. */
const char *trust_subject(const tls_certificate *cert);

/** Answer for people, or as JSON. An exit status. */
int trust_print(const struct trust_request *r, const struct anchors *all);
int trust_print_json(const struct trust_request *r, const struct anchors *all);

#endif
