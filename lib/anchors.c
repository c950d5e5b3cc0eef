/* SPDX-License-Identifier: ISC */
#include "anchors.h"

#include <string.h>

#include <openssl/x509_vfy.h>

#include "anchors_internal.h"
#include "der.h"
#include "error.h"
#include "object.h"

#define DECODE_AT_ONCE 4 /* certificates: the file of a private CA is judged when it is loaded */

const struct tlsw__anchors_facts *
tlsw__anchors_facts(const struct tlsw__anchors *set)
{
	return &set->facts;
}

/*
 * The object of an anchor, lent; made at the first call. NULL: it cannot be
 * decoded, or *memory is set.
 */
static X509 *
object_of(struct tlsw__anchors *set, struct anchor *a, bool *memory)
{
	X509 *x = atomic_load(&a->made), *theirs = NULL;
	struct tlsw__queue queue;
	size_t used = 0;
	int rv;

	if (x != NULL || atomic_load(&a->undecodable))
		return x;
	tlsw__queue_save(&queue);
	rv = tlsw__object_certificate(set->arena + a->at, a->len, a->with_settings, &x, &used);
	tlsw__queue_restore(&queue);
	if (rv == 1 && !atomic_compare_exchange_strong(&a->made, &theirs, x)) {
		X509_free(x); /* another thread was first */
		x = theirs;
	} else if (rv == 0 && !atomic_exchange(&a->undecodable, true)) {
		(void)atomic_fetch_add(&set->undecodable, 1);
	}
	*memory |= rv < 0;
	return x;
}

static int
unusable_block(const struct tlsw__anchors *set, const char *intro, struct tlsw__fault *fault)
{
	const struct tlsw__problem *first = &set->facts.problems[0];

	return tlsw__fault_set(fault, TLSW_ERR_TRUST_STORE,
	    "%sthe block in line %u: %s (%zu unusable)", intro, first->line, first->why,
	    set->facts.malformed);
}

/* Few certificates are decoded now, so that it is the load that reports a broken one. */
static int
need_decodable(struct tlsw__anchors *set, struct tlsw__fault *fault)
{
	bool memory = false;
	size_t i, good = 0;

	if (set->count > DECODE_AT_ONCE)
		return 0;
	for (i = 0; i < set->count; i++)
		good += object_of(set, &set->list[i], &memory) != NULL && !set->list[i].distrusted;
	if (memory)
		return tlsw__fault_set_memory(fault);
	if (good == 0)
		return tlsw__fault_set(fault, TLSW_ERR_TRUST_STORE,
		    "no usable certificate in it: the block in line %u: it is no certificate",
		    set->list[0].line);
	return 0;
}

int
tlsw__anchors_need_certificate(struct tlsw__anchors *set, struct tlsw__fault *fault)
{
	if (set->facts.certificates > 0)
		return need_decodable(set, fault);
	if (set->facts.distrusted > 0)
		return tlsw__fault_set(fault, TLSW_ERR_TRUST_STORE,
		    "its certificates refuse, in their trust settings, to vouch for TLS servers");
	if (set->facts.malformed > 0)
		return unusable_block(set, "no usable certificate in it: ", fault);
	return tlsw__fault_set(
	    fault, TLSW_ERR_TRUST_STORE, "no certificate in it (neither PEM nor DER)");
}

int
tlsw__anchors_need_crl(const struct tlsw__anchors *set, struct tlsw__fault *fault)
{
	if (set->facts.malformed > 0)
		return unusable_block(set, "", fault);
	if (set->facts.crls == 0)
		return tlsw__fault_set(
		    fault, TLSW_ERR_TRUST_STORE, "no revocation list in it (neither PEM nor DER)");
	return 0;
}

static int
push(STACK_OF(X509) *found, X509 *x)
{
	if (X509_up_ref(x) != 1)
		return -1;
	if (sk_X509_push(found, x) > 0)
		return 0;
	X509_free(x);
	return -1;
}

int
tlsw__anchors_find(struct tlsw__anchors *set, const X509_NAME *subject, STACK_OF(X509) *found)
{
	const uint64_t hash = tlsw__der_name_hash(subject);
	bool memory = false;
	size_t i;
	X509 *x;

	for (i = hash & set->mask; set->table[i] != NO_ANCHOR; i = (i + 1) & set->mask) {
		struct anchor *a = &set->list[set->table[i]];

		if (a->hash != hash || (x = object_of(set, a, &memory)) == NULL)
			continue;
		if (X509_NAME_cmp(X509_get_subject_name(x), subject) == 0 && push(found, x) != 0)
			return -1;
	}
	return memory ? -1 : 0;
}

int
tlsw__anchors_crls(struct tlsw__anchors *set, STACK_OF(X509_CRL) *found)
{
	size_t i;

	for (i = 0; i < set->facts.crls; i++) {
		if (X509_CRL_up_ref(set->crls[i]) != 1)
			return -1;
		if (sk_X509_CRL_push(found, set->crls[i]) <= 0) {
			X509_CRL_free(set->crls[i]);
			return -1;
		}
	}
	return 0;
}

size_t
tlsw__anchors_size(const struct tlsw__anchors *set)
{
	return set->count;
}

X509 *
tlsw__anchors_get(struct tlsw__anchors *set, size_t i)
{
	bool memory = false;
	X509 *x = object_of(set, &set->list[i], &memory);

	return x != NULL && X509_up_ref(x) == 1 ? x : NULL;
}

size_t
tlsw__anchors_undecodable(const struct tlsw__anchors *set)
{
	return atomic_load(&set->undecodable);
}

bool
tlsw__anchors_equal(const struct tlsw__anchors *a, const struct tlsw__anchors *b)
{
	size_t i;

	if (a->arena_len != b->arena_len || a->count != b->count ||
	    a->facts.crls != b->facts.crls || memcmp(a->arena, b->arena, a->arena_len) != 0)
		return false;
	for (i = 0; i < a->count; i++)
		if (a->list[i].len != b->list[i].len ||
		    a->list[i].with_settings != b->list[i].with_settings)
			return false;
	for (i = 0; i < a->facts.crls; i++)
		if (X509_CRL_match(a->crls[i], b->crls[i]) != 0)
			return false;
	return true;
}
