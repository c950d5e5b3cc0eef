/* SPDX-License-Identifier: ISC */
#include "lookup.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* What a store's look-up method works on. */
struct sources {
	size_t count;
	struct tlsw__lookup_source list[];
};

static _Thread_local struct tlsw__fault failed, remarked;

void
tlsw__lookup_begin(void)
{
	failed.code = TLSW_OK;
	remarked.code = TLSW_OK;
}

const struct tlsw__fault *
tlsw__lookup_fault(void)
{
	return failed.code == TLSW_OK ? NULL : &failed;
}

const struct tlsw__fault *
tlsw__lookup_remark(void)
{
	return remarked.code == TLSW_OK ? NULL : &remarked;
}

/* -------------------------------------------------------------- certificates */

/*
 * A CA file that is nobody's business or makes no sense is as good as none.
 * Being short of memory or descriptors is not: a refusal might be in it.
 */
static int
collect_from_dir(struct tlsw__cadir *dir, const X509_NAME *subject, STACK_OF(X509) *found)
{
	struct tlsw__fault fault;

	if (tlsw__cadir_find(dir, subject, found, &fault) == 0)
		return 0;
	if (fault.code == TLSW_ERR_TRUST_STORE &&
	    (fault.os_errno == 0 || fault.os_errno == EACCES)) {
		remarked = fault;
		return 0;
	}
	failed = fault;
	return -1;
}

static int
collect_certificates(const struct sources *sources, const X509_NAME *subject, STACK_OF(X509) *found)
{
	int rv = 0;
	size_t i;

	for (i = 0; i < sources->count; i++) {
		const struct tlsw__lookup_source *s = &sources->list[i];

		if (s->crls_only)
			continue;
		if (s->set != NULL && tlsw__anchors_find(s->set, subject, found) != 0)
			rv = tlsw__fault_set_memory(&failed);
		if (s->dir != NULL && collect_from_dir(s->dir, subject, found) != 0)
			rv = -1;
	}
	return rv;
}

/*
 * A certificate may come twice, once with trust settings and once without, or
 * with others. One object of each is handed out: a refusal counts more than
 * trust, and settings more than none.
 */
static int
weight(X509 *x)
{
	if (X509_trusted(x) != 1)
		return 0;
	return X509_check_trust(x, X509_TRUST_SSL_SERVER, 0) == X509_TRUST_REJECTED ? 2 : 1;
}

static bool
same(X509 *x, X509 *y)
{
	const int order = X509_cmp(x, y);

	if (order == -2) /* the fingerprint could not be taken */
		(void)tlsw__fault_set_memory(&failed);
	return order == 0;
}

static bool
outweighed(STACK_OF(X509) *found, int i)
{
	X509 *x = sk_X509_value(found, i);
	int k;

	for (k = 0; k < sk_X509_num(found); k++) {
		X509 *other = sk_X509_value(found, k);

		if (k != i && same(other, x) &&
		    (weight(other) > weight(x) || (weight(other) == weight(x) && k < i)))
			return true;
	}
	return false;
}

/* Into the store's cache, and the first of them, a reference. */
static X509 *
add_certificates(X509_STORE *store, STACK_OF(X509) *found)
{
	X509 *first = NULL;
	int i;

	for (i = 0; i < sk_X509_num(found); i++) {
		X509 *x = sk_X509_value(found, i);

		if (outweighed(found, i))
			continue;
		if (X509_STORE_add_cert(store, x) != 1 || (first == NULL && X509_up_ref(x) != 1)) {
			(void)tlsw__fault_set_memory(&failed);
			X509_free(first);
			return NULL;
		}
		first = first == NULL ? x : first;
	}
	return first;
}

static X509 *
find_certificates(X509_STORE *store, const struct sources *sources, const X509_NAME *subject)
{
	STACK_OF(X509) *found = sk_X509_new_null();
	X509 *x = NULL;

	if (found == NULL)
		(void)tlsw__fault_set_memory(&failed);
	else if (collect_certificates(sources, subject, found) == 0)
		x = add_certificates(store, found);
	if (failed.code != TLSW_OK) {
		X509_free(x);
		x = NULL;
	}
	sk_X509_pop_free(found, X509_free);
	return x;
}

/* -------------------------------------------------------------------- CRLs */

/* The CRLs of sets are in the store from the start; only directories are asked. */
static X509_CRL *
find_crls(X509_STORE *store, const struct sources *sources, const X509_NAME *issuer)
{
	STACK_OF(X509_CRL) *found = sk_X509_CRL_new_null();
	X509_CRL *crl = NULL;
	bool ok = found != NULL;
	size_t i;
	int k;

	if (!ok)
		(void)tlsw__fault_set_memory(&failed);
	for (i = 0; ok && i < sources->count; i++)
		if (sources->list[i].dir != NULL &&
		    tlsw__cadir_crls(sources->list[i].dir, issuer, found, &failed) != 0)
			ok = false;
	for (k = 0; ok && k < sk_X509_CRL_num(found); k++)
		if (X509_STORE_add_crl(store, sk_X509_CRL_value(found, k)) != 1) {
			(void)tlsw__fault_set_memory(&failed);
			ok = false;
		}
	if (ok)
		crl = sk_X509_CRL_shift(found);
	sk_X509_CRL_pop_free(found, X509_CRL_free);
	return crl;
}

static int
add_all_crls(X509_STORE *store, const struct sources *sources)
{
	STACK_OF(X509_CRL) *all = sk_X509_CRL_new_null();
	int rv = all == NULL ? -1 : 0;
	size_t i;
	int k;

	for (i = 0; rv == 0 && i < sources->count; i++)
		if (sources->list[i].set != NULL)
			rv = tlsw__anchors_crls(sources->list[i].set, all);
	for (k = 0; rv == 0 && k < sk_X509_CRL_num(all); k++)
		if (X509_STORE_add_crl(store, sk_X509_CRL_value(all, k)) != 1)
			rv = -1;
	sk_X509_CRL_pop_free(all, X509_CRL_free);
	return rv;
}

/* --------------------------------------------------------------- the method */

/*
 * What OpenSSL calls when its cache knows no object of that name. It takes a
 * reference of its own to what it gets; the one given here is dropped, as
 * X509_LOOKUP_meth_new(3) asks, since the sources keep the object alive. Only
 * 0 and 1 are understood.
 */
static int
by_subject(X509_LOOKUP *lookup, X509_LOOKUP_TYPE type, const X509_NAME *name, X509_OBJECT *ret)
{
	X509_STORE *store = X509_LOOKUP_get_store(lookup);
	const struct sources *sources = X509_LOOKUP_get_method_data(lookup);
	X509 *x = NULL;
	X509_CRL *crl = NULL;
	int rv = 0;

	if (type == X509_LU_X509 && (x = find_certificates(store, sources, name)) != NULL) {
		rv = X509_OBJECT_set1_X509(ret, x) == 1;
		if (rv == 1)
			X509_free(x);
	} else if (type == X509_LU_CRL && (crl = find_crls(store, sources, name)) != NULL) {
		rv = X509_OBJECT_set1_X509_CRL(ret, crl) == 1;
		if (rv == 1)
			X509_CRL_free(crl);
	}
	X509_free(x);
	X509_CRL_free(crl);
	return rv;
}

static void
free_sources(struct sources *sources)
{
	size_t i;

	for (i = 0; sources != NULL && i < sources->count; i++) {
		tlsw__anchors_unref(sources->list[i].set);
		tlsw__cadir_unref(sources->list[i].dir);
	}
	free(sources);
}

static void
free_lookup(X509_LOOKUP *lookup)
{
	free_sources(X509_LOOKUP_get_method_data(lookup));
}

static pthread_mutex_t method_lock = PTHREAD_MUTEX_INITIALIZER;
static X509_LOOKUP_METHOD *method; /* made once, kept as long as the process */

static X509_LOOKUP_METHOD *
get_method(void)
{
	X509_LOOKUP_METHOD *m;

	(void)pthread_mutex_lock(&method_lock);
	if (method == NULL && (m = X509_LOOKUP_meth_new("indexed trust anchors")) != NULL) {
		if (X509_LOOKUP_meth_set_get_by_subject(m, by_subject) == 1 &&
		    X509_LOOKUP_meth_set_free(m, free_lookup) == 1)
			method = m;
		else
			X509_LOOKUP_meth_free(m);
	}
	m = method;
	(void)pthread_mutex_unlock(&method_lock);
	return m;
}

static struct sources *
copy_sources(const struct tlsw__lookup_source *list, size_t count)
{
	struct sources *copy = calloc(1, sizeof(*copy) + count * sizeof(copy->list[0]));
	size_t i;

	if (copy == NULL)
		return NULL;
	copy->count = count;
	for (i = 0; i < count; i++) {
		copy->list[i] = list[i];
		if (list[i].set != NULL)
			(void)tlsw__anchors_ref(list[i].set);
		if (list[i].dir != NULL)
			(void)tlsw__cadir_ref(list[i].dir);
	}
	return copy;
}

X509_STORE *
tlsw__lookup_store(const struct tlsw__lookup_source *list, size_t count)
{
	struct sources *sources = copy_sources(list, count);
	X509_STORE *store = X509_STORE_new();
	X509_LOOKUP_METHOD *m = get_method();
	X509_LOOKUP *lookup = NULL;
	bool ok = sources != NULL && store != NULL && m != NULL;

	ok = ok && add_all_crls(store, sources) == 0;
	ok = ok && (lookup = X509_STORE_add_lookup(store, m)) != NULL;
	ok = ok && X509_LOOKUP_set_method_data(lookup, sources) == 1;
	if (ok)
		return store;
	X509_STORE_free(store);
	free_sources(sources);
	return NULL;
}
