/* SPDX-License-Identifier: ISC */
#include "ciphers.h"

#include <stdbool.h>
#include <string.h>

#include <openssl/ssl.h>

#include "error.h"

#define SEPARATORS ":, ;" /* openssl-ciphers(1) */
#define NAME_MAX_OCTETS 80

/* What tries a list on a context. */
typedef int apply_fn(SSL_CTX *, const char *);

/* Keywords that were widely excluded and that a build of OpenSSL may no longer know. */
static const char *const retired[] = {"3DES", "ADH", "AECDH", "ARIA", "CAMELLIA", "DES", "DSS",
    "EXP", "EXPORT", "EXPORT40", "EXPORT56", "FZA", "GOST", "GOST89MAC", "GOST94", "IDEA", "KRB5",
    "LOW", "MD5", "MEDIUM", "NULL", "PSK", "RC2", "RC4", "SEED", "SRP", "SSLv2", "SSLv3", "aDH",
    "aDSS", "aECDH", "aGOST", "aGOST01", "aKRB5", "aNULL", "eNULL", "kDH", "kDHd", "kDHr", "kECDH",
    "kECDHe", "kECDHr", "kGOST", "kKRB5", "kPSK", "kSRP"};

static int
unknown(const char *element, size_t len)
{
	return tlsw__error_set(TLSW_ERR_USAGE, "ciphers: \"%.*s\" is unknown",
	    (int)(len > NAME_MAX_OCTETS ? NAME_MAX_OCTETS : len), element);
}

/* 1: OpenSSL knows it; 0: it does not; -1: there is no memory to find out. */
static int
knows(SSL_CTX *scratch, apply_fn *apply, const char *name, size_t len)
{
	char one[NAME_MAX_OCTETS + 1];

	if (len == 0 || len >= sizeof(one))
		return 0;
	memcpy(one, name, len);
	one[len] = '\0';
	tlsw__queue_clear();
	if (apply(scratch, one) == 1)
		return 1;
	return tlsw__queue_tells_memory() ? tlsw__error_set_memory() : 0;
}

static bool
is_retired(const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < sizeof(retired) / sizeof(retired[0]); i++)
		if (strlen(retired[i]) == len && memcmp(retired[i], name, len) == 0)
			return true;
	return false;
}

/*
 * A name that this OpenSSL does not know: does it stand for nothing that could
 * be there? "RC4" or "EDH-RSA-DES-CBC3-SHA", where there is no RC4 or DES.
 */
static int
names_nothing(SSL_CTX *scratch, const char *name, size_t len)
{
	size_t n;
	int known;

	for (;; name += n + 1, len -= n + 1) {
		for (n = 0; n < len && name[n] != '-'; n++)
			;
		if (is_retired(name, n) && (known = knows(scratch, SSL_CTX_set_cipher_list, name, n)) != 1)
			return known == 0 ? 1 : -1;
		if (n == len)
			return 0;
	}
}

/* One element: "!kRSA+AES", "-RC4", "ECDHE-RSA-AES128-GCM-SHA256". */
static int
check_element(SSL_CTX *scratch, const char *element, size_t len, bool first)
{
	const bool excludes = strchr("!-+", element[0]) != NULL;
	const char *name = element + excludes, *end = element + len;
	size_t n;
	int ok;

	if (memchr(element, '@', len) != NULL) {
		if (len == 9 && memcmp(element, "@STRENGTH", 9) == 0)
			return 0;
		return tlsw__error_set(TLSW_ERR_USAGE,
		    "ciphers: \"%.*s\": @SECLEVEL and its like have no place in a cipher string",
		    (int)(len > NAME_MAX_OCTETS ? NAME_MAX_OCTETS : len), element);
	}
	if (len >= 7 && memcmp(element, "DEFAULT", 7) == 0)
		return first && len == 7 ? 0 : unknown(element, len);
	for (;; name += n + 1) {
		n = strcspn(name, "+" SEPARATORS);
		if (strcspn(name, "!") < n || strncmp(name, "DEFAULT", 7) == 0 ||
		    strncmp(name, "SUITEB", 6) == 0)
			return unknown(element, len);
		ok = knows(scratch, SSL_CTX_set_cipher_list, name, n);
		if (ok == 0 && excludes)
			ok = names_nothing(scratch, name, n);
		if (ok != 1)
			return ok == 0 ? unknown(element, len) : -1;
		if (name + n == end)
			return 0;
	}
}

static int
check_elements(SSL_CTX *scratch, const char *list)
{
	const char *at = list;
	size_t len;

	for (at += strspn(at, SEPARATORS); *at != '\0'; at += len + strspn(at + len, SEPARATORS)) {
		len = strcspn(at, SEPARATORS);
		if (check_element(scratch, at, len, at == list) != 0)
			return -1;
	}
	tlsw__queue_clear();
	if (SSL_CTX_set_cipher_list(scratch, list) == 1)
		return 0;
	if (tlsw__queue_tells_memory())
		return tlsw__error_set_memory();
	return tlsw__error_set(TLSW_ERR_USAGE, "ciphers: \"%.200s\" selects none", list);
}

int
tlsw__ciphers_check(const char *list)
{
	SSL_CTX *scratch = SSL_CTX_new(TLS_client_method());
	int rv;

	if (scratch == NULL)
		return tlsw__error_set_memory();
	rv = check_elements(scratch, list);
	SSL_CTX_free(scratch);
	return rv;
}

int
tlsw__ciphers_check_suites(const char *list)
{
	SSL_CTX *scratch = SSL_CTX_new(TLS_client_method());
	const char *at = list;
	int ok = 0;
	size_t len;

	if (scratch == NULL)
		return tlsw__error_set_memory();
	do {
		len = strcspn(at, ":");
		ok = knows(scratch, SSL_CTX_set_ciphersuites, at, len);
		if (ok == 0)
			(void)unknown(at, len);
		at += len;
	} while (ok == 1 && *at++ == ':');
	SSL_CTX_free(scratch);
	return ok == 1 ? 0 : -1;
}
