/* SPDX-License-Identifier: ISC */
#include "pin.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "error.h"

#define PIN_PREFIX "sha256//"
#define PIN_BASE64 44 /* of 32 octets, with one '=' */
#define FINGERPRINT_PREFIX "cert-sha256:"
#define PINS_MAX 100

/* ------------------------------------------------------------------------ pins */

/* What OpenSSL decodes has to look the same when it is encoded again: it is lax about "=" and white space. */
static bool
decode_base64(const char *text, unsigned char octets[PIN_BASE64 / 4 * 3])
{
	unsigned char again[PIN_BASE64 + 1];

	return EVP_DecodeBlock(octets, (const unsigned char *)text, PIN_BASE64) == TLSW__DIGEST_SIZE + 1 &&
	    EVP_EncodeBlock(again, octets, TLSW__DIGEST_SIZE) == PIN_BASE64 &&
	    memcmp(again, text, PIN_BASE64) == 0;
}

static int
decode_pin(const char *text, size_t len, unsigned char digest[TLSW__DIGEST_SIZE])
{
	unsigned char octets[PIN_BASE64 / 4 * 3];
	const size_t prefix = sizeof(PIN_PREFIX) - 1;

	if (len != prefix + PIN_BASE64 || memcmp(text, PIN_PREFIX, prefix) != 0 ||
	    !decode_base64(text + prefix, octets))
		return tlsw__error_set(TLSW_ERR_USAGE,
		    "pins: \"%.*s\" is not sha256// and 44 characters of base64", (int)(len < 80 ? len : 80), text);
	memcpy(digest, octets, TLSW__DIGEST_SIZE);
	return 0;
}

static int
add_pin(struct tlsw__pins *pins, const char *text, size_t len)
{
	void *more;

	if (pins->count >= PINS_MAX)
		return tlsw__error_set(TLSW_ERR_USAGE, "pins: more than %d", PINS_MAX);
	more = realloc(pins->digests, (pins->count + 1) * sizeof(*pins->digests));
	if (more == NULL)
		return tlsw__error_set_memory();
	pins->digests = more;
	if (decode_pin(text, len, pins->digests[pins->count]) != 0)
		return -1;
	pins->count++;
	return 0;
}

int
tlsw__pins_set(struct tlsw__pins *pins, const char *text)
{
	struct tlsw__pins fresh = {NULL, 0};
	size_t len;

	do {
		len = strcspn(text, ";");
		if (add_pin(&fresh, text, len) != 0) {
			tlsw__pins_clear(&fresh);
			return -1;
		}
		text += len;
	} while (*text++ == ';' && *text != '\0');
	tlsw__pins_clear(pins);
	*pins = fresh;
	return 0;
}

void
tlsw__pins_clear(struct tlsw__pins *pins)
{
	free(pins->digests);
	pins->digests = NULL;
	pins->count = 0;
}

const char *
tlsw__pins_text(const struct tlsw__pins *pins, size_t i, char out[TLSW__PIN_SIZE])
{
	const size_t prefix = sizeof(PIN_PREFIX) - 1;

	memcpy(out, PIN_PREFIX, prefix);
	(void)EVP_EncodeBlock((unsigned char *)out + prefix, pins->digests[i], TLSW__DIGEST_SIZE);
	return out;
}

static bool
digest_key(X509 *leaf, unsigned char digest[TLSW__DIGEST_SIZE])
{
	unsigned char *der = NULL;
	int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(leaf), &der);
	bool ok = len > 0 && EVP_Digest(der, (size_t)len, digest, NULL, EVP_sha256(), NULL) == 1;

	OPENSSL_free(der);
	return ok;
}

bool
tlsw__pins_allow(const struct tlsw__pins *pins, X509 *leaf)
{
	unsigned char digest[TLSW__DIGEST_SIZE];
	size_t i;

	if (pins->count == 0)
		return true;
	if (!digest_key(leaf, digest))
		return false;
	for (i = 0; i < pins->count; i++)
		if (memcmp(pins->digests[i], digest, sizeof(digest)) == 0)
			return true;
	return false;
}

/* ------------------------------------------------------------------ exceptions */

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* 32 octets in hexadecimal, in any case, a colon allowed between two octets. */
static bool
decode_fingerprint(const char *text, unsigned char digest[TLSW__DIGEST_SIZE])
{
	size_t i;

	if (strncmp(text, FINGERPRINT_PREFIX, sizeof(FINGERPRINT_PREFIX) - 1) != 0)
		return false;
	text += sizeof(FINGERPRINT_PREFIX) - 1;
	for (i = 0; i < TLSW__DIGEST_SIZE; i++) {
		int high, low;

		if (i > 0 && *text == ':')
			text++;
		high = hex_value(text[0]);
		low = high < 0 ? -1 : hex_value(text[1]);
		if (low < 0)
			return false;
		digest[i] = (unsigned char)(high << 4 | low);
		text += 2;
	}
	return *text == '\0';
}

int
tlsw__exceptions_add(struct tlsw__exceptions *exceptions, const struct tlsw__reference *host,
    const char *fingerprint)
{
	struct tlsw__exception exception = {.host = *host};
	struct tlsw__exception *more;

	if (!decode_fingerprint(fingerprint, exception.digest))
		return tlsw__error_set(TLSW_ERR_USAGE,
		    "exception: \"%.100s\" is not cert-sha256: and 64 hexadecimal digits", fingerprint);
	more = realloc(exceptions->list, (exceptions->count + 1) * sizeof(*more));
	if (more == NULL)
		return tlsw__error_set_memory();
	more[exceptions->count++] = exception;
	exceptions->list = more;
	return 0;
}

void
tlsw__exceptions_clear(struct tlsw__exceptions *exceptions)
{
	free(exceptions->list);
	exceptions->list = NULL;
	exceptions->count = 0;
}

static bool
same_host(const struct tlsw__reference *a, const struct tlsw__reference *b)
{
	if (a->kind != b->kind)
		return false;
	if (a->kind == TLSW__REF_DNS)
		return a->dns_len == b->dns_len && memcmp(a->dns, b->dns, a->dns_len) == 0;
	return a->ip_len == b->ip_len && memcmp(a->ip, b->ip, a->ip_len) == 0;
}

bool
tlsw__exceptions_cover(const struct tlsw__exceptions *exceptions,
    const struct tlsw__reference *host, X509 *leaf)
{
	unsigned char digest[TLSW__DIGEST_SIZE];
	size_t i;

	if (exceptions->count == 0 || host == NULL ||
	    X509_digest(leaf, EVP_sha256(), digest, NULL) != 1)
		return false;
	for (i = 0; i < exceptions->count; i++)
		if (memcmp(exceptions->list[i].digest, digest, sizeof(digest)) == 0 &&
		    same_host(&exceptions->list[i].host, host))
			return true;
	return false;
}
