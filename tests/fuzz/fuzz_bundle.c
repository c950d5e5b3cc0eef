/*
 * fuzz_bundle.c - hostile files of CAs, against OpenSSL's own reader.
 *
 * An input that begins with N is a distinguished name in DER; anything else
 * is a file. What OpenSSL reads in a file as a whole must be found in our
 * index; and names that it finds equal must have
 * the same hash, since otherwise an anchor would not be found.
 *
 * SPDX-License-Identifier: ISC
 */
#include "fuzz.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "anchors.h"
#include "der.h"

static int
no_password(char *buf, int size, int writing, void *arg)
{
	(void)buf, (void)size, (void)writing, (void)arg;
	return -1;
}

static int
is_found(struct tlsw__anchors *set, X509 *x)
{
	STACK_OF(X509) *found = sk_X509_new_null();
	int i, there = 0;

	fuzz_assert(found != NULL);
	fuzz_assert(tlsw__anchors_find(set, X509_get_subject_name(x), found) == 0);
	for (i = 0; i < sk_X509_num(found); i++) {
		X509 *y = sk_X509_value(found, i);

		fuzz_assert(X509_NAME_cmp(X509_get_subject_name(x), X509_get_subject_name(y)) == 0);
		there |= X509_cmp(x, y) == 0;
	}
	sk_X509_pop_free(found, X509_free);
	return there;
}

/*
 * What OpenSSL reads is there: every certificate and every revocation list.
 * There may be more, behind a BEGIN line that OpenSSL takes for data.
 */
static void
compare_with_list(struct tlsw__anchors *set, STACK_OF(X509_INFO) *list)
{
	const struct tlsw__anchors_facts *facts = tlsw__anchors_facts(set);
	size_t certificates = 0, crls = 0;
	int i;

	for (i = 0; i < sk_X509_INFO_num(list); i++) {
		const X509_INFO *info = sk_X509_INFO_value(list, i);

		if (info->x509 != NULL) {
			certificates++;
			fuzz_assert(is_found(set, info->x509));
		}
		crls += info->crl != NULL;
	}
	fuzz_assert(facts->certificates + facts->distrusted + facts->duplicates >= certificates);
	fuzz_assert(facts->crls >= crls);
}

static void
compare_with_der(struct tlsw__anchors *set, const uint8_t *data, size_t size)
{
	const uint8_t *p = data;
	X509 *x = d2i_X509(NULL, &p, (long)size);

	if (x != NULL && (size_t)(p - data) == size)
		fuzz_assert(tlsw__anchors_facts(set)->certificates == 1 && is_found(set, x));
	else
		fuzz_assert(tlsw__anchors_size(set) == 0);
	X509_free(x);
}

static void
try_file(const uint8_t *data, size_t size)
{
	struct tlsw__fault fault;
	struct tlsw__anchors *set = tlsw__anchors_load_mem(data, size, &fault);
	STACK_OF(X509_INFO) *list;
	BIO *bio;
	size_t i;

	if (set == NULL) {
		fuzz_assert(size == 0 && fault.code == TLSW_ERR_TRUST_STORE);
		return;
	}
	if (data[0] == 0x30 && size > 2 && data[1] >= 0x80) {
		compare_with_der(set, data, size);
	} else {
		bio = BIO_new_mem_buf(data, (int)size);
		fuzz_assert(bio != NULL);
		list = PEM_X509_INFO_read_bio(bio, NULL, no_password, NULL);
		if (list != NULL)
			compare_with_list(set, list);
		sk_X509_INFO_pop_free(list, X509_INFO_free);
		BIO_free(bio);
	}
	(void)tlsw__anchors_need_certificate(set, &fault);
	(void)tlsw__anchors_need_crl(set, &fault);
	for (i = 0; i < tlsw__anchors_size(set); i++)
		X509_free(tlsw__anchors_get(set, i));
	tlsw__anchors_unref(set);
}

/* --------------------------------------------------------------------- names */

/* Tag and shortest length. */
static void
put_header(uint8_t **p, unsigned tag, size_t len)
{
	*(*p)++ = (uint8_t)tag;
	if (len > 0xff) {
		*(*p)++ = 0x82;
		*(*p)++ = (uint8_t)(len >> 8);
	} else if (len > 0x7f) {
		*(*p)++ = 0x81;
	}
	*(*p)++ = (uint8_t)len;
}

/* A certificate of nothing but its subject. */
static size_t
shell_around(uint8_t *out, const uint8_t *name, size_t size)
{
	static const uint8_t front[] = {
	    0x02, 1, 1, 0x30, 0, 0x30, 0, 0x30, 0}; /* serial, signature, issuer, validity */
	static const uint8_t back[] = {0x30, 0, 0x03, 1, 0}; /* signature algorithm and value */
	const size_t tbs = sizeof(front) + size + 2;
	uint8_t *p = out;

	put_header(&p, 0x30, tbs + (tbs > 0xff ? 4 : tbs > 0x7f ? 3 : 2) + sizeof(back));
	put_header(&p, 0x30, tbs);
	memcpy(p, front, sizeof(front));
	memcpy(p + sizeof(front), name, size);
	p += sizeof(front) + size;
	*p++ = 0x30; /* key */
	*p++ = 0;
	memcpy(p, back, sizeof(back));
	return (size_t)(p + sizeof(back) - out);
}

/* The same name in UTF-8, letters turned round and spaces doubled; NULL if it has something else.
 */
static X509_NAME *
respelled(const X509_NAME *name)
{
	X509_NAME *other = X509_NAME_new();
	int i, k, n, len, set = -1;

	fuzz_assert(other != NULL);
	for (i = 0; i < X509_NAME_entry_count(name); i++) {
		X509_NAME_ENTRY *e = X509_NAME_get_entry(name, i);
		unsigned char *utf8 = NULL, *text;

		if (ASN1_STRING_type(X509_NAME_ENTRY_get_data(e)) == V_ASN1_NUMERICSTRING ||
		    (len = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(e))) < 0)
			break;
		text = malloc((size_t)len * 2 + 1);
		fuzz_assert(text != NULL);
		for (k = n = 0; k < len; k++) {
			if (utf8[k] == ' ')
				text[n++] = '\t';
			if ((utf8[k] & 0xdf) >= 'A' && (utf8[k] & 0xdf) <= 'Z')
				utf8[k] ^= 0x20;
			text[n++] = utf8[k];
		}
		k = X509_NAME_add_entry_by_OBJ(other, X509_NAME_ENTRY_get_object(e),
		    V_ASN1_UTF8STRING, text, n, -1, X509_NAME_ENTRY_set(e) == set ? -1 : 0);
		set = X509_NAME_ENTRY_set(e);
		OPENSSL_free(utf8);
		free(text);
		if (k != 1)
			break;
	}
	if (i == X509_NAME_entry_count(name))
		return other;
	X509_NAME_free(other);
	return NULL;
}

static void
try_name(const uint8_t *data, size_t size)
{
	const uint8_t *p = data;
	X509_NAME *name = d2i_X509_NAME(NULL, &p, (long)size), *other;
	uint8_t *shell = malloc(size + 64);
	struct tlsw__der_certificate c;
	size_t len;

	fuzz_assert(shell != NULL);
	len = shell_around(shell, data, size);
	if (tlsw__der_certificate(shell, len, &c) && c.subject_len == size && name != NULL &&
	    (size_t)(p - data) == size)
		fuzz_assert(c.subject_hash == tlsw__der_name_hash(name));
	if (name != NULL && (other = respelled(name)) != NULL) {
		if (X509_NAME_cmp(name, other) == 0)
			fuzz_assert(tlsw__der_name_hash(name) == tlsw__der_name_hash(other));
		X509_NAME_free(other);
	}
	X509_NAME_free(name);
	free(shell);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > 0 && data[0] == 'N')
		try_name(data + 1, size < 60000 ? size - 1 : 60000);
	else
		try_file(data, size);
	ERR_clear_error();
	return 0;
}
