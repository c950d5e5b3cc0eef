/*
 * fuzz_certdata.c - hostile files in the form of Mozilla's certdata.txt.
 *
 * Either the file is refused with a line that is in it, or every certificate
 * can be decoded and every opinion belongs to the certificate that it names.
 *
 * SPDX-License-Identifier: ISC
 */
#include "fuzz.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "certdata.h"

static void
check_refusal(const struct certdata_error *error, const uint8_t *data, size_t size)
{
	unsigned lines = 1;
	size_t i;

	for (i = 0; i < size; i++)
		lines += data[i] == '\n';
	fuzz_assert(error->text[0] != '\0' && strlen(error->text) < sizeof(error->text));
	fuzz_assert(error->line >= 1 && error->line <= lines);
	for (i = 0; error->text[i] != '\0'; i++)
		fuzz_assert(error->text[i] >= 0x20 && error->text[i] < 0x7f);
}

static int
same(const struct certdata_octets *a, const struct certdata_octets *b)
{
	return a->len == b->len && memcmp(a->at, b->at, a->len) == 0;
}

static void
check_certificate(const struct certdata *data, const struct certdata_object *o)
{
	const unsigned char *p = o->value.at;
	X509 *x = d2i_X509(NULL, &p, (long)o->value.len);
	unsigned char sha1[EVP_MAX_MD_SIZE];
	size_t len = 0;

	fuzz_assert(x != NULL && (size_t)(p - o->value.at) == o->value.len);
	fuzz_assert(o->trust >= data->list && o->trust < data->list + data->count);
	fuzz_assert(o->trust->is_trust && o->trust->joined);
	fuzz_assert(same(&o->issuer, &o->trust->issuer) && same(&o->serial, &o->trust->serial));
	fuzz_assert(EVP_Q_digest(NULL, "SHA1", NULL, o->value.at, o->value.len, sha1, &len) == 1);
	if (o->trust->sha1.at != NULL)
		fuzz_assert(o->trust->sha1.len == len && memcmp(o->trust->sha1.at, sha1, len) == 0);
	X509_free(x);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct certdata_error error = {0, ""};
	struct certdata parsed;
	size_t i;

	if (certdata_parse((const char *)data, size, &parsed, &error) != 0) {
		fuzz_assert(parsed.list == NULL && parsed.count == 0);
		check_refusal(&error, data, size);
	} else {
		for (i = 0; i < parsed.count; i++)
			if (!parsed.list[i].is_trust)
				check_certificate(&parsed, &parsed.list[i]);
		certdata_clear(&parsed);
	}
	ERR_clear_error();
	return 0;
}
