/*
 * bundle_choose.c - which of Mozilla's certificates a bundle takes.
 *
 * SPDX-License-Identifier: ISC
 */
#include "bundle.h"

#include <stdlib.h>
#include <string.h>

#include "tool.h"

static enum outcome
outcome_for(const struct certdata_object *cert, int purpose, time_t at)
{
	const time_t after = cert->distrust_after[purpose];

	switch (cert->trust->level[purpose]) {
	case CERTDATA_TRUSTED:
		return after != 0 && after < at ? NO_LONGER : TAKEN;
	case CERTDATA_DISTRUSTED:
		return DISTRUSTED;
	case CERTDATA_UNSAID:
	case CERTDATA_VERIFY:
	case CERTDATA_OTHER:
		break;
	}
	return NOT_FOR_THIS;
}

/* With "any" one purpose is enough; of several reasons against it the gravest counts. */
static enum outcome
outcome_of(const struct certdata_object *cert, const struct bundle_request *r)
{
	enum outcome best = NOT_FOR_THIS, one;
	int purpose;

	if (r->purpose != BUNDLE_ANY)
		return outcome_for(cert, r->purpose, r->at);
	for (purpose = 0; purpose < CERTDATA_PURPOSES; purpose++) {
		one = outcome_for(cert, purpose, r->at);
		if (one == TAKEN)
			return TAKEN;
		best = one > best ? one : best;
	}
	return best;
}

const char *
bundle_label(const struct certdata_object *o)
{
	return o->label != NULL ? o->label : "";
}

static bool
is_taken(const struct bundle *b, const struct certdata_object *cert)
{
	size_t i;

	for (i = 0; i < b->count; i++) {
		const struct certdata_object *other = b->list[i];

		if (other != NULL && other->value.len == cert->value.len &&
		    memcmp(other->value.at, cert->value.at, cert->value.len) == 0)
			return true;
	}
	return false;
}

static void
report_one(const struct certdata_object *o, const char *what, time_t when)
{
	fputs("tlswrap: bundle: ", stderr);
	tool_print_escaped(stderr, bundle_label(o), strlen(bundle_label(o)));
	fprintf(stderr, " (line %u): %s", o->line, what);
	if (when != 0) {
		putc(' ', stderr);
		tool_print_time(stderr, when);
	}
	putc('\n', stderr);
}

/* From when on Mozilla distrusts what it issues; 0: never. For "any" there is no such moment. */
static time_t
end_of(const struct certdata_object *cert, const struct bundle_request *r)
{
	return r->purpose == BUNDLE_ANY ? 0 : cert->distrust_after[r->purpose];
}

static void
report(const struct bundle_request *r, const struct certdata_object *cert, enum outcome outcome)
{
	const time_t end = end_of(cert, r);

	if (r->quiet)
		return;
	if (outcome == NO_LONGER)
		report_one(cert, "left out: what it issued is distrusted since", end);
	else if (outcome == DISTRUSTED)
		report_one(cert, "left out: explicitly distrusted", 0);
	else if (outcome == NOT_FOR_THIS && r->verbose)
		report_one(cert, "left out: not trusted for this purpose", 0);
	else if (outcome == REPEATED && r->verbose)
		report_one(cert, "left out: it is there already", 0);
	else if (outcome == TAKEN && end != 0)
		report_one(cert, "taken, but what it issues will be distrusted after", end);
}

/* A trust object that stands alone can only distrust: a bundle says nothing of it. */
static void
count_lone(const struct bundle_request *r, struct bundle *b, const struct certdata_object *trust)
{
	if (trust->joined)
		return;
	b->never += trust->level[CERTDATA_SERVER] == CERTDATA_DISTRUSTED;
	if (!r->quiet)
		report_one(trust, "no certificate in the file goes with this trust object", 0);
}

static int
by_label(const void *a, const void *b)
{
	const struct certdata_object *const *x = a, *const *y = b;
	int order = strcmp(bundle_label(*x), bundle_label(*y));
	size_t len = (*x)->value.len < (*y)->value.len ? (*x)->value.len : (*y)->value.len;

	if (order == 0)
		order = memcmp((*x)->value.at, (*y)->value.at, len);
	if (order == 0)
		order = ((*x)->value.len > (*y)->value.len) - ((*x)->value.len < (*y)->value.len);
	return order;
}

int
bundle_choose(const struct bundle_request *r, const struct certdata *data, struct bundle *b)
{
	size_t i;

	b->list = calloc(data->count + 1, sizeof(*b->list));
	if (b->list == NULL)
		return bundle_fail(r->file, "out of memory");
	for (i = 0; i < data->count; i++) {
		const struct certdata_object *o = &data->list[i];
		enum outcome outcome;

		if (o->is_trust) {
			count_lone(r, b, o);
			continue;
		}
		outcome = outcome_of(o, r);
		if (outcome == TAKEN && is_taken(b, o))
			outcome = REPEATED;
		report(r, o, outcome);
		b->outcomes[outcome]++;
		if (outcome == TAKEN)
			b->list[b->count++] = o;
	}
	if (b->count == 0)
		return bundle_fail(
		    r->file, "not one certificate in it is trusted for this purpose");
	qsort(b->list, b->count, sizeof(*b->list), by_label);
	return EXIT_GOOD;
}
