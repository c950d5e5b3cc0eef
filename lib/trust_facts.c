/* What a snapshot says about itself. SPDX-License-Identifier: ISC */
#include "trust_internal.h"

#include <stdio.h>
#include <string.h>

#include "error.h"

static size_t
anchors_of(const struct tlsw__source *s)
{
	if (s->kind == TLSW__SOURCE_CRL)
		return 0;
	return s->is.set != NULL ? tlsw__anchors_facts(s->is.set)->certificates
				 : tlsw__cadir_count(s->is.dir);
}

bool
tlsw__trust_refreshes(const struct tlsw__trust *trust)
{
	return trust->refresh;
}

size_t
tlsw__snapshot_anchors(const struct tlsw__snapshot *snap)
{
	size_t i, n = 0;

	for (i = 0; i < snap->sources.count; i++)
		n += anchors_of(snap->sources.list[i]);
	return n;
}

size_t
tlsw__snapshot_crls(const struct tlsw__snapshot *snap)
{
	size_t i, n = 0;

	for (i = 0; i < snap->sources.count; i++)
		if (snap->sources.list[i]->is.set != NULL)
			n += tlsw__anchors_facts(snap->sources.list[i]->is.set)->crls;
	return n;
}

X509_STORE *
tlsw__snapshot_store(struct tlsw__snapshot *snap)
{
	return snap->store;
}

int
tlsw__trust_lookups_worked(void)
{
	const struct tlsw__fault *fault = tlsw__lookup_fault();

	if (fault == NULL)
		return 0;
	if (fault->code == TLSW_ERR_MEMORY)
		return tlsw__error_set_memory();
	return tlsw__error_set(
	    TLSW_ERR_TRUST_STORE, "a file of a CA directory is unusable: %s", fault->text);
}

uint64_t
tlsw__snapshot_version(const struct tlsw__snapshot *snap)
{
	return snap->version;
}

static bool
is_named(const struct tlsw__source *s)
{
	return s->kind != TLSW__SOURCE_CRL && s->path != NULL;
}

static const char *
shown_name(const struct tlsw__source *s, char *out, size_t size)
{
	const char *name = s->path != NULL ? s->path : "memory";

	return tlsw__text_escape(out, size, name, strlen(name), TLSW__PATH_SHOWN);
}

/* " of A, B and C", " in memory", or both. */
static void
add_sources(const struct tlsw__snapshot *snap, char *out, size_t size)
{
	char name[TLSW__PATH_TEXT];
	size_t i, left = 0;
	bool memory = false, first = true;
	int n = 0;

	for (i = 0; i < snap->sources.count; i++)
		left += is_named(snap->sources.list[i]);
	for (i = 0; i < snap->sources.count && n >= 0 && (size_t)n < size; i++) {
		const struct tlsw__source *s = snap->sources.list[i];

		memory |= s->kind != TLSW__SOURCE_CRL && s->path == NULL;
		if (!is_named(s))
			continue;
		out += n;
		size -= (size_t)n;
		left--;
		n = snprintf(out, size, "%s%s",
		    first      ? " of "
		    : left > 0 ? ", "
			       : " and ",
		    shown_name(s, name, sizeof(name)));
		first = false;
	}
	if (memory && n >= 0 && (size_t)n < size)
		(void)snprintf(out + n, size - (size_t)n, "%s in memory", first ? "" : " and");
}

/* To be read behind "not among". */
void
tlsw__snapshot_describe(const struct tlsw__snapshot *snap, char *out, size_t size)
{
	const size_t anchors = tlsw__snapshot_anchors(snap);
	char sources[TLSW__PATH_TEXT * 2] = "";

	add_sources(snap, sources, sizeof(sources));
	if (sources[0] == '\0')
		(void)snprintf(out, size, "the anchors: none were loaded");
	else if (anchors > 1)
		(void)snprintf(out, size, "the %zu anchors%s", anchors, sources);
	else /* a directory tells none before it is asked */
		(void)snprintf(
		    out, size, "the anchors%s%s", sources, anchors == 1 ? " (there is one)" : "");
}

size_t
tlsw__snapshot_sources(const struct tlsw__snapshot *snap)
{
	return snap->sources.count;
}

void
tlsw__snapshot_source(
    const struct tlsw__snapshot *snap, size_t i, struct tlsw__trust_source *source)
{
	const struct tlsw__source *s = snap->sources.list[i];

	source->kind = tlsw__source_kind_name(s->kind);
	source->path = s->path;
	source->set = s->is.set;
	source->dir = s->is.dir;
	source->anchors = anchors_of(s);
	source->problem = s->problem;
}

static void
detail_problems(const struct tlsw__anchors *set)
{
	const struct tlsw__anchors_facts *f = tlsw__anchors_facts(set);
	size_t i;

	for (i = 0; i < f->malformed && i < TLSW__PROBLEMS_MAX; i++)
		tlsw__error_detail(
		    "  skipped the block in line %u: %s", f->problems[i].line, f->problems[i].why);
	if (f->malformed > TLSW__PROBLEMS_MAX)
		tlsw__error_detail("  skipped %zu more", f->malformed - TLSW__PROBLEMS_MAX);
	if (f->distrusted > 0)
		tlsw__error_detail("  distrusted by their own settings: %zu", f->distrusted);
	if (tlsw__anchors_undecodable(set) > 0)
		tlsw__error_detail("  could not be decoded: %zu", tlsw__anchors_undecodable(set));
}

static void
detail_source(const struct tlsw__source *s)
{
	char name[TLSW__PATH_TEXT];

	(void)shown_name(s, name, sizeof(name));
	if (s->kind == TLSW__SOURCE_CRL)
		tlsw__error_detail(
		    "revocation lists of \"%s\": %zu", name, tlsw__anchors_facts(s->is.set)->crls);
	else if (s->kind == TLSW__SOURCE_DIR && anchors_of(s) == 0)
		tlsw__error_detail("anchors also from the directory \"%s\"", name);
	else
		tlsw__error_detail("anchors of \"%s\": %zu", name, anchors_of(s));
	if (s->is.set != NULL)
		detail_problems(s->is.set);
	if (s->problem[0] != '\0')
		tlsw__error_detail(
		    "  now unusable, what was loaded before is still in force: %s", s->problem);
}

void
tlsw__snapshot_detail(const struct tlsw__snapshot *snap)
{
	const struct tlsw__fault *remark = tlsw__lookup_remark();
	size_t i;

	if (snap->sources.count == 0)
		tlsw__error_detail("no CA certificates were loaded");
	for (i = 0; i < snap->sources.count; i++)
		detail_source(snap->sources.list[i]);
	if (remark != NULL)
		tlsw__error_detail("a file of a CA directory could not be read: %s", remark->text);
}
