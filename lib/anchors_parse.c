/* From octets to an indexed set of anchors. SPDX-License-Identifier: ISC */
#include "anchors_internal.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "der.h"
#include "object.h"
#include "pem.h"

/* ------------------------------------------------------------------ contents */

static void
add_problem(struct tlsw__anchors *set, unsigned line, const char *why, bool crl)
{
	struct tlsw__anchors_facts *f = &set->facts;

	if (f->malformed < TLSW__PROBLEMS_MAX)
		f->problems[f->malformed] = (struct tlsw__problem){line, why};
	f->malformed++;
	f->malformed_crls += crl;
}

static struct anchor *
new_anchor(struct tlsw__anchors *set, struct tlsw__fault *fault)
{
	if (set->count == set->room) {
		size_t room = set->room == 0 ? 8 : set->room * 2;
		struct anchor *list = realloc(set->list, room * sizeof(*list));

		if (list == NULL) {
			(void)tlsw__fault_set_memory(fault);
			return NULL;
		}
		set->list = list;
		set->room = room;
	}
	memset(&set->list[set->count], 0, sizeof(set->list[0]));
	return &set->list[set->count++];
}

/* Whether its own settings refuse it as the CA of TLS servers. */
static bool
is_distrusted(X509 *x)
{
	return X509_check_trust(x, X509_TRUST_SSL_SERVER, 0) == X509_TRUST_REJECTED;
}

/* What the walk through the octets does not take: let OpenSSL decode it now. */
static int
add_decoded(struct tlsw__anchors *set, size_t len, bool with_settings, unsigned line,
    const char *otherwise, struct tlsw__fault *fault)
{
	const unsigned char *const der = set->arena + set->arena_len;
	struct tlsw__der_certificate c;
	struct anchor *a;
	size_t used = 0;
	X509 *x = NULL;
	int rv = tlsw__object_certificate(der, len, with_settings, &x, &used);

	if (rv < 0)
		return tlsw__fault_set_memory(fault);
	if (rv == 0) {
		add_problem(set, line, otherwise, false);
		return 0;
	}
	a = new_anchor(set, fault);
	if (a == NULL) {
		X509_free(x);
		return -1;
	}
	a->at = (uint32_t)set->arena_len;
	a->len = (uint32_t)used;
	a->cert_len = tlsw__der_certificate(der, used, &c) ? (uint32_t)c.len : a->len;
	a->with_settings = with_settings;
	a->distrusted = with_settings && is_distrusted(x);
	a->line = line;
	a->self_issued = X509_NAME_cmp(X509_get_subject_name(x), X509_get_issuer_name(x)) == 0;
	a->hash = tlsw__der_name_hash(X509_get_subject_name(x));
	atomic_init(&a->made, x);
	set->arena_len += used;
	return 0;
}

/* One certificate whose octets stand at the arena's end. */
static int
add_certificate(struct tlsw__anchors *set, size_t len, unsigned line, const char *otherwise,
    struct tlsw__fault *fault)
{
	struct tlsw__der_certificate c;
	struct anchor *a;

	if (!tlsw__der_certificate(set->arena + set->arena_len, len, &c))
		return add_decoded(set, len, false, line, otherwise, fault);
	a = new_anchor(set, fault);
	if (a == NULL)
		return -1;
	a->at = (uint32_t)set->arena_len;
	a->len = a->cert_len = (uint32_t)c.len;
	a->line = line;
	a->self_issued = c.self_issued;
	a->hash = c.subject_hash;
	set->arena_len += c.len;
	return 0;
}

static int
add_crl(struct tlsw__anchors *set, size_t len, unsigned line, const char *otherwise,
    struct tlsw__fault *fault)
{
	X509_CRL **crls, *crl = NULL;
	int rv = tlsw__object_crl(set->arena + set->arena_len, len, &crl);

	if (rv < 0)
		return tlsw__fault_set_memory(fault);
	if (rv == 0) {
		add_problem(set, line, otherwise, true);
		return 0;
	}
	crls = realloc(set->crls, (set->facts.crls + 1) * sizeof(crl));
	if (crls == NULL) {
		X509_CRL_free(crl);
		return tlsw__fault_set_memory(fault);
	}
	set->crls = crls;
	set->crls[set->facts.crls++] = crl;
	return 0;
}

/* ------------------------------------------------------------------- parsing */

static int
add_block(struct tlsw__anchors *set, const struct tlsw__pem_block *block, struct tlsw__fault *fault)
{
	const char *why = NULL;
	size_t len = 0;
	int rv;

	rv = tlsw__pem_decode(block, set->arena + set->arena_len, &len, &why);
	if (rv < 0)
		return tlsw__fault_set_memory(fault);
	if (rv == 0) {
		add_problem(set, block->line, why, block->kind == TLSW__PEM_CRL);
		return 0;
	}
	if (block->fault != NULL)
		why = block->fault;
	else
		why = block->kind == TLSW__PEM_CRL ? "it is no CRL" : "it is no certificate";
	switch (block->kind) {
	case TLSW__PEM_CERTIFICATE:
		return add_certificate(set, len, block->line, why, fault);
	case TLSW__PEM_TRUSTED:
		return add_decoded(set, len, true, block->line, why, fault);
	case TLSW__PEM_CRL:
		return add_crl(set, len, block->line, why, fault);
	case TLSW__PEM_OTHER:
		break;
	}
	return 0;
}

static int
parse_pem(struct tlsw__anchors *set, const char *text, size_t len, struct tlsw__fault *fault)
{
	struct tlsw__pem_block block;
	struct tlsw__pem pem;

	tlsw__pem_open(&pem, text, len);
	while (tlsw__pem_next(&pem, &block))
		if (block.kind != TLSW__PEM_OTHER && add_block(set, &block, fault) != 0)
			return -1;
	return 0;
}

/* A SEQUENCE with a length that no text begins with. */
static bool
looks_like_der(const char *data, size_t len)
{
	return len > 2 && data[0] == 0x30 && ((unsigned char)data[1] & 0x80) != 0;
}

/* One certificate or CRL and nothing behind it. */
static int
parse_der(struct tlsw__anchors *set, const char *data, size_t len, struct tlsw__fault *fault)
{
	memcpy(set->arena, data, len);
	if (add_decoded(set, len, false, 1, "", fault) != 0)
		return -1;
	if (set->count == 1 && set->list[0].len == len)
		return 0;
	if (set->count == 1) {
		add_problem(set, 1, "there is something behind the certificate", false);
		X509_free(atomic_load(&set->list[0].made));
		set->count = 0;
		return 0;
	}
	set->facts.malformed = 0;
	set->arena_len = 0;
	return add_crl(set, len, 1, "it is neither a certificate nor a CRL", fault);
}

/* ------------------------------------------------------------------ indexing */

static bool
same_certificate(const struct tlsw__anchors *set, const struct anchor *a, const struct anchor *b)
{
	return a->cert_len == b->cert_len &&
	       memcmp(set->arena + a->at, set->arena + b->at, a->cert_len) == 0;
}

/* The place of an anchor in the table: that of the same certificate, or a free one. */
static uint32_t *
place_of(struct tlsw__anchors *set, const struct anchor *a)
{
	size_t i = a->hash & set->mask;

	while (set->table[i] != NO_ANCHOR) {
		const struct anchor *there = &set->list[set->table[i]];

		if (there->hash == a->hash && same_certificate(set, there, a))
			break;
		i = (i + 1) & set->mask;
	}
	return &set->table[i];
}

static void
move_anchor(struct anchor *to, struct anchor *from)
{
	if (to == from)
		return;
	X509_free(atomic_load(&to->made));
	*to = *from;
	atomic_init(&from->made, NULL);
}

/* The same certificate twice: settings count more than none, a refusal more than trust. */
static void
merge(struct tlsw__anchors *set, struct anchor *kept, struct anchor *again)
{
	set->facts.duplicates++;
	if ((again->with_settings && !kept->with_settings) || again->distrusted)
		move_anchor(kept, again);
	X509_free(atomic_load(&again->made));
	atomic_init(&again->made, NULL);
}

static void
count_anchors(struct tlsw__anchors *set)
{
	struct tlsw__anchors_facts *f = &set->facts;
	size_t i;

	for (i = 0; i < set->count; i++) {
		f->distrusted += set->list[i].distrusted;
		f->certificates += !set->list[i].distrusted;
		f->intermediate += !set->list[i].distrusted && !set->list[i].self_issued;
	}
}

static int
make_index(struct tlsw__anchors *set, struct tlsw__fault *fault)
{
	size_t size = 8, i, kept = 0;

	while (size < set->count * 2)
		size *= 2;
	set->table = malloc(size * sizeof(set->table[0]));
	if (set->table == NULL)
		return tlsw__fault_set_memory(fault);
	memset(set->table, 0xff, size * sizeof(set->table[0]));
	set->mask = size - 1;
	for (i = 0; i < set->count; i++) {
		uint32_t *place = place_of(set, &set->list[i]);

		if (*place != NO_ANCHOR) {
			merge(set, &set->list[*place], &set->list[i]);
			continue;
		}
		*place = (uint32_t)kept;
		move_anchor(&set->list[kept++], &set->list[i]);
	}
	set->count = kept;
	count_anchors(set);
	return 0;
}

/* Give back what the guesses were too large. */
static void
trim(struct tlsw__anchors *set)
{
	void *p;

	if ((p = realloc(set->arena, set->arena_len + 1)) != NULL)
		set->arena = p;
	if (set->count > 0 && (p = realloc(set->list, set->count * sizeof(set->list[0]))) != NULL)
		set->list = p;
}

void
tlsw__anchors_destroy(struct tlsw__anchors *set)
{
	size_t i;

	for (i = 0; i < set->count; i++)
		X509_free(atomic_load(&set->list[i].made));
	for (i = 0; i < set->facts.crls; i++)
		X509_CRL_free(set->crls[i]);
	free(set->crls);
	free(set->table);
	free(set->list);
	free(set->arena);
	free(set);
}

struct tlsw__anchors *
tlsw__anchors_parse(const char *data, size_t len, struct tlsw__fault *fault)
{
	struct tlsw__anchors *set = calloc(1, sizeof(*set));
	int rv = -1;

	if (set == NULL || (set->arena = malloc(len + 4)) == NULL)
		(void)tlsw__fault_set_memory(fault);
	else
		rv = looks_like_der(data, len) ? parse_der(set, data, len, fault)
					       : parse_pem(set, data, len, fault);
	if (rv == 0 && make_index(set, fault) == 0) {
		trim(set);
		set->refs = 1;
		return set;
	}
	if (set != NULL)
		tlsw__anchors_destroy(set);
	return NULL;
}
