/*
 * line.h - what the protocols that speak in lines share (starttls_line.c,
 * starttls_imap.c, starttls_sieve.c).
 *
 * A line that has been trimmed is a string: it holds no NUL.
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef TLSW_LINE_H
#define TLSW_LINE_H

#include "dialogue.h"

/** What a row of a line protocol begins with. */
#define BY_LINE .first = TLSW__GREETING, .end = '\n', .hear = tlsw__line_hear

/* Words are separated by single spaces, and their letters count in either case, whatever the
 * locale. */

/** Octets up to the next space, or to the end. */
size_t tlsw__line_word_len(const char *text);
/** What follows the first word. */
const char *tlsw__line_behind_word(const char *text);
/** Whether the len octets of text are that word. */
bool tlsw__line_is_word(const char *text, size_t len, const char *word);
/** Whether the first word of text is that word. */
bool tlsw__line_begins_with(const char *text, const char *word);
bool tlsw__line_is_digit(char c);

/** lacks() and hear() of the line protocols, and say() of those that say the request or command
 * alone. */
ssize_t tlsw__line_lacks(struct tlsw__starttls *st);
int tlsw__line_hear(struct tlsw__starttls *st);
int tlsw__line_say(struct tlsw__starttls *st);

/** What this phase says: the request, or the upgrade command. */
const char *tlsw__line_request(const struct tlsw__starttls *st);

/** Make the line in the unit a string without its end; -1 with the error set if it cannot be one.
 */
int tlsw__line_trim(struct tlsw__starttls *st);
/** It, once trimmed. */
const char *tlsw__line_text(const struct tlsw__starttls *st);

/* For reply(): this line is none of the protocol's (-1, error set); it decides, if its first word
 * is among the known ones, separated by spaces (1). */
int tlsw__line_broken(const struct tlsw__starttls *st);
int tlsw__line_over_with(struct tlsw__starttls *st, const char *text, const char *known);

#endif
