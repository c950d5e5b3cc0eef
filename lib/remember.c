/* SPDX-License-Identifier: ISC */
#include "remember.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "cert.h"
#include "clock.h"
#include "error.h"

#define REMEMBERED_MS (10 * 60 * 1000)

struct chain {
	unsigned char digest[TLSW__KEY_SIZE];
	STACK_OF(X509) *path;
	time_t first, last; /* from when and until when all of path is valid */
	tlsw__deadline until;
};

struct tlsw__chains {
	pthread_mutex_t lock;
	size_t max, count, next; /* a ring: next is the oldest once it is full */
	struct chain chains[];
};

struct tlsw__chains *
tlsw__chains_new(size_t max)
{
	struct tlsw__chains *c = calloc(1, sizeof(*c) + max * sizeof(c->chains[0]));

	if (c == NULL || pthread_mutex_init(&c->lock, NULL) != 0) {
		free(c);
		(void)tlsw__error_set_memory();
		return NULL;
	}
	c->max = max;
	return c;
}

void
tlsw__chains_free(struct tlsw__chains *chains)
{
	size_t i;

	if (chains == NULL)
		return;
	for (i = 0; i < chains->count; i++)
		sk_X509_pop_free(chains->chains[i].path, X509_free);
	(void)pthread_mutex_destroy(&chains->lock);
	free(chains);
}

size_t
tlsw__chains_max(const struct tlsw__chains *chains)
{
	return chains->max;
}

static bool
add_certificate(EVP_MD_CTX *md, X509 *cert)
{
	unsigned char *der = NULL;
	int len = i2d_X509(cert, &der);
	bool ok = len > 0 && EVP_DigestUpdate(md, &len, sizeof(len)) == 1 &&
	    EVP_DigestUpdate(md, der, (size_t)len) == 1;

	OPENSSL_free(der);
	return ok;
}

bool
tlsw__chains_digest(const unsigned char key[TLSW__KEY_SIZE], X509 *leaf,
    STACK_OF(X509) *presented, unsigned char digest[TLSW__KEY_SIZE])
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	bool ok = md != NULL && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1 &&
	    EVP_DigestUpdate(md, key, TLSW__KEY_SIZE) == 1 && add_certificate(md, leaf);
	int i;

	for (i = 0; ok && i < sk_X509_num(presented); i++)
		if (i > 0 || sk_X509_value(presented, i) != leaf) /* OpenSSL lists it, too */
			ok = add_certificate(md, sk_X509_value(presented, i));
	ok = ok && EVP_DigestFinal_ex(md, digest, NULL) == 1;
	EVP_MD_CTX_free(md);
	return ok;
}

/* From when and until when all certificates of a path are valid; false if there is no such time. */
static bool
common_dates(const STACK_OF(X509) *path, time_t *first, time_t *last)
{
	int i;

	for (i = 0; i < sk_X509_num(path); i++) {
		const X509 *cert = sk_X509_value(path, i);
		/* X509_cmp_time() takes six times as long */
		const time_t from = tlsw__cert_seconds(X509_get0_notBefore(cert));
		const time_t to = tlsw__cert_seconds(X509_get0_notAfter(cert));

		if (from == -1 || to == -1)
			return false;
		if (i == 0 || from > *first)
			*first = from;
		if (i == 0 || to < *last)
			*last = to;
	}
	return i > 0;
}

/* As X509_verify_cert() compares them. */
static bool
within(time_t first, time_t last, time_t when)
{
	return when >= first && when < last;
}

bool
tlsw__chain_in_dates(const STACK_OF(X509) *path, time_t when)
{
	time_t first = 0, last = 0;

	return common_dates(path, &first, &last) && within(first, last, when);
}

void
tlsw__chains_put(struct tlsw__chains *chains, const unsigned char digest[TLSW__KEY_SIZE],
    STACK_OF(X509) *path)
{
	STACK_OF(X509) *mine;
	struct chain *slot;
	time_t first = 0, last = 0;

	if (chains->max == 0 || !common_dates(path, &first, &last) ||
	    (mine = X509_chain_up_ref(path)) == NULL)
		return;
	(void)pthread_mutex_lock(&chains->lock);
	slot = &chains->chains[chains->next];
	chains->next = (chains->next + 1) % chains->max;
	if (chains->count < chains->max)
		chains->count++;
	sk_X509_pop_free(slot->path, X509_free);
	memcpy(slot->digest, digest, TLSW__KEY_SIZE);
	slot->path = mine;
	slot->first = first;
	slot->last = last;
	slot->until = tlsw__deadline_in(REMEMBERED_MS);
	(void)pthread_mutex_unlock(&chains->lock);
}

STACK_OF(X509) *
tlsw__chains_get(struct tlsw__chains *chains, const unsigned char digest[TLSW__KEY_SIZE],
    time_t when)
{
	STACK_OF(X509) *path = NULL;
	size_t i;

	(void)pthread_mutex_lock(&chains->lock);
	for (i = 0; i < chains->count && path == NULL; i++) {
		const struct chain *c = &chains->chains[i];

		if (memcmp(c->digest, digest, TLSW__KEY_SIZE) == 0 &&
		    tlsw__deadline_left(c->until) > 0 && within(c->first, c->last, when))
			path = X509_chain_up_ref(c->path);
	}
	(void)pthread_mutex_unlock(&chains->lock);
	return path;
}
