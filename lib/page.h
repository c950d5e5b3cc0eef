/*
 * page.h - a text for people on a stream of the caller's: lines of a label and
 * what belongs to it. The first failure is kept and ends the writing.
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef TLSW_PAGE_H
#define TLSW_PAGE_H

#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#include "error.h"
#include "name.h"

struct tlsw__page {
	FILE *out;
	bool failed;  /* the stream took something not */
	int os_errno; /* why */
	bool memory;  /* a text could not be made */
};

/** Begin. 0; -1 with TLSW_ERR_USAGE set when there is no stream. */
int tlsw__page_open(struct tlsw__page *page, FILE *out);

/** All is said: 0 when the stream took it, else -1 with TLSW_ERR_SYSTEM or _MEMORY set. */
int tlsw__page_close(struct tlsw__page *page);

void tlsw__page_say(struct tlsw__page *page, const char *format, ...) TLSW__PRINTF(2, 3);

/** The beginning of a line, which tlsw__page_say() goes on with and ends. */
void tlsw__page_label(struct tlsw__page *page, const char *label);

/** A whole line. */
void tlsw__page_line(struct tlsw__page *page, const char *label, const char *format, ...)
    TLSW__PRINTF(3, 4);

/** A text that is printable already; NULL: there was no memory to make it. */
void tlsw__page_text(struct tlsw__page *page, const char *text);

/** Octets of others in quotes, escaped and cut. */
void tlsw__page_quote(struct tlsw__page *page, const void *data, size_t len);

void tlsw__page_time(struct tlsw__page *page, time_t when);
void tlsw__page_reference(struct tlsw__page *page, const struct tlsw__reference *reference);

#endif
