/*
 * trust_anchors.c - what is trusted, certificate by certificate.
 *
 * SPDX-License-Identifier: ISC
 */
#include "trust_anchors.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/x509v3.h>

#include "cert.h"
#include "tool.h"

#define SOON (90L * 24 * 60 * 60)
#define STRONG_BITS 112 /* of security level 2 */

/* -------------------------------------------------------------------- problems */

static void add_problem(struct anchors *a, const char *format, ...) TLSW__PRINTF(2, 3);

static void
add_problem(struct anchors *a, const char *format, ...)
{
	struct anchor_source *s = &a->sources[a->source_count - 1];
	char **list = realloc(s->problems, (s->problem_count + 1) * sizeof(*list));
	char text[1024];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (list != NULL) {
		s->problems = list;
		list[s->problem_count] = strdup(text);
	}
	if (list == NULL || list[s->problem_count] == NULL)
		a->memory = true;
	else
		s->problem_count++;
}

/* The blocks that a file's parser has skipped. */
static void
add_skipped(struct anchors *a, const char *path, const struct tlsw__anchors_facts *facts)
{
	size_t i;

	for (i = 0; i < facts->malformed && i < TLSW__PROBLEMS_MAX; i++)
		add_problem(a, "%s%sskipped the block in line %u: %s", path != NULL ? path : "",
		    path != NULL ? ": " : "", facts->problems[i].line, facts->problems[i].why);
	if (facts->malformed > TLSW__PROBLEMS_MAX)
		add_problem(a, "%s%sskipped %zu more blocks", path != NULL ? path : "",
		    path != NULL ? ": " : "", facts->malformed - TLSW__PROBLEMS_MAX);
}

/* --------------------------------------------------------------------- anchors */

const char *
anchor_remark(unsigned bit)
{
	switch (bit) {
	case REMARK_EXPIRED:
		return "expired";
	case REMARK_EXPIRES_SOON:
		return "expires within 90 days";
	case REMARK_NOT_YET:
		return "not valid yet";
	case REMARK_DISTRUSTED:
		return "distrusted by its own trust settings";
	case REMARK_NO_CA:
		return "not a CA: nothing that it signed is accepted";
	case REMARK_INTERMEDIATE:
		return "not self-issued: an anchor only with TLSW_VERIFY_PARTIAL_CHAIN";
	case REMARK_WEAK:
		return "its key is too weak for security level 2";
	default:
		return "?";
	}
}

static unsigned
remarks_of(X509 *x, const tls_certificate *cert, time_t now)
{
	const time_t from = tls_certificate_not_before(cert), to = tls_certificate_not_after(cert);
	EVP_PKEY *key = X509_get0_pubkey(x);
	unsigned remarks = 0;

	if (to < now)
		remarks |= REMARK_EXPIRED;
	else if (to - now < SOON)
		remarks |= REMARK_EXPIRES_SOON;
	if (from > now)
		remarks |= REMARK_NOT_YET;
	if (X509_check_trust(x, X509_TRUST_SSL_SERVER, 0) == X509_TRUST_REJECTED)
		remarks |= REMARK_DISTRUSTED;
	if (X509_check_ca(x) == 0)
		remarks |= REMARK_NO_CA;
	if (X509_NAME_cmp(X509_get_subject_name(x), X509_get_issuer_name(x)) != 0)
		remarks |= REMARK_INTERMEDIATE;
	if (key == NULL || EVP_PKEY_get_security_bits(key) < STRONG_BITS)
		remarks |= REMARK_WEAK;
	return remarks;
}

static struct anchor *
find_same(const struct anchors *a, const tls_certificate *cert)
{
	const char *sha256 = tls_certificate_sha256(cert);
	size_t i;

	for (i = 0; sha256 != NULL && i < a->count; i++)
		if (strcmp(tls_certificate_sha256(a->list[i].cert), sha256) == 0)
			return &a->list[i];
	return NULL;
}

/* One certificate of the current source; the reference to cert is taken over. */
static void
add_anchor(struct anchors *a, X509 *x, tls_certificate *cert)
{
	struct anchor *there = find_same(a, cert), *list;
	const unsigned remarks = remarks_of(x, cert, a->now);

	a->sources[a->source_count - 1].found++;
	if (there != NULL) { /* a refusal anywhere counts */
		there->remarks |= remarks & REMARK_DISTRUSTED;
		a->sources[a->source_count - 1].repeated++;
		tls_certificate_free(cert);
		return;
	}
	list = realloc(a->list, (a->count + 1) * sizeof(*list));
	if (list == NULL) {
		tls_certificate_free(cert);
		a->memory = true;
		return;
	}
	a->list = list;
	a->list[a->count++] = (struct anchor){cert, a->source_count - 1, remarks};
}

static void
add_set(struct anchors *a, struct tlsw__anchors *set)
{
	size_t i;

	for (i = 0; i < tlsw__anchors_size(set); i++) {
		X509 *x = tlsw__anchors_get(set, i);
		tls_certificate *cert = x == NULL ? NULL : tlsw__cert_new(x, NULL);

		if (cert != NULL && tls_certificate_sha256(cert) != NULL) {
			add_anchor(a, x, cert);
		} else {
			add_problem(a, "certificate %zu cannot be decoded", i + 1);
			tls_certificate_free(cert);
		}
		X509_free(x);
	}
	a->sources[a->source_count - 1].crls += tlsw__anchors_facts(set)->crls;
}

/* --------------------------------------------------------------------- sources */

static void
add_dir_file(
    const char *path, struct tlsw__anchors *file, const struct tlsw__fault *fault, void *arg)
{
	struct anchors *a = arg;

	if (file == NULL) {
		add_problem(a, "%s: %s", path, fault->text);
		return;
	}
	add_set(a, file);
	add_skipped(a, path, tlsw__anchors_facts(file));
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
add_source(struct anchors *a, const struct tlsw__trust_source *from)
{
	struct anchor_source *s = &a->sources[a->source_count++];
	struct tlsw__fault fault;

	s->kind = from->kind;
	s->path = from->path != NULL ? from->path : "memory";
	if (from->set != NULL) {
		add_set(a, from->set);
		add_skipped(a, NULL, tlsw__anchors_facts(from->set));
	} else if (tlsw__cadir_each(from->dir, add_dir_file, a, &fault) != 0) {
		add_problem(a, "%s", fault.text);
	}
	if (s->problem_count > 0)
		qsort(s->problems, s->problem_count, sizeof(char *), by_text);
}

/* By subject, so that the order does not depend on a directory's. */
static int
by_subject(const void *a, const void *b)
{
	const struct anchor *x = a, *y = b;
	const char *one = tls_certificate_subject(x->cert), *two = tls_certificate_subject(y->cert);
	int order = strcmp(one != NULL ? one : "", two != NULL ? two : "");

	return order != 0
		   ? order
		   : strcmp(tls_certificate_sha256(x->cert), tls_certificate_sha256(y->cert));
}

bool
anchors_collect(struct anchors *a, struct tlsw__trust *trust, time_t now)
{
	struct tlsw__trust_source from;
	size_t i, sources;

	memset(a, 0, sizeof(*a));
	a->now = now;
	a->snapshot = tlsw__trust_snapshot(trust);
	sources = a->snapshot == NULL ? 0 : tlsw__snapshot_sources(a->snapshot);
	a->sources = calloc(sources + 1, sizeof(*a->sources));
	a->memory = a->snapshot == NULL || a->sources == NULL;
	for (i = 0; i < sources && !a->memory; i++) {
		tlsw__snapshot_source(a->snapshot, i, &from);
		add_source(a, &from);
	}
	if (a->memory) {
		fputs("tlswrap: trust: out of memory\n", stderr);
		anchors_clear(a);
		return false;
	}
	if (a->count > 0)
		qsort(a->list, a->count, sizeof(*a->list), by_subject);
	return true;
}

void
anchors_clear(struct anchors *a)
{
	size_t i, k;

	for (i = 0; i < a->count; i++)
		tls_certificate_free(a->list[i].cert);
	for (i = 0; a->sources != NULL && i < a->source_count; i++) {
		for (k = 0; k < a->sources[i].problem_count; k++)
			free(a->sources[i].problems[k]);
		free(a->sources[i].problems);
	}
	free(a->list);
	free(a->sources);
	tlsw__snapshot_free(a->snapshot);
	memset(a, 0, sizeof(*a));
}
