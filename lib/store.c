/* SPDX-License-Identifier: ISC */
#include "store.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <openssl/err.h>
#include <openssl/store.h>

#include "compat.h"
#include "error.h"

#define OBJECTS_MAX 1000 /* in one store: what gives more gives nonsense */

void
tlsw__found_clear(struct tlsw__found *found)
{
	sk_X509_pop_free(found->certs, X509_free);
	EVP_PKEY_free(found->key);
	memset(found, 0, sizeof(*found));
}

/* ---------------------------------------------------------------------- names */

/* RFC 3986 section 3.1; one letter alone is no scheme but a drive of another system. */
static size_t
scheme_len(const char *name)
{
	size_t n = 0;

	while ((name[n] >= 'a' && name[n] <= 'z') || (name[n] >= 'A' && name[n] <= 'Z') ||
	       (n > 0 && ((name[n] >= '0' && name[n] <= '9') || name[n] == '+' || name[n] == '-' ||
			     name[n] == '.')))
		n++;
	return n > 1 && name[n] == ':' ? n : 0;
}

bool
tlsw__store_is_uri(const char *name)
{
	return scheme_len(name) > 0;
}

const char *
tlsw__store_quote(char out[TLSW__QUOTE_SIZE], const char *name)
{
	const char *pin = strstr(name, "pin-");
	size_t n = strlen(name);

	if (tlsw__store_is_uri(name)) {
		n = strcspn(name, "?");
		if (pin != NULL && (size_t)(pin - name) < n)
			n = (size_t)(pin - name); /* some take it before the query as well */
	}
	return tlsw__text_escape(out, TLSW__QUOTE_SIZE, name, n, TLSW__QUOTE_MAX);
}

/* ------------------------------------------------------------------- failures */

/* What failed first is nearest to the cause: "PIN incorrect", "object not found". */
static const char *
first_reason(void)
{
	const char *reason = ERR_reason_error_string(ERR_peek_error());

	return reason == NULL ? "nothing there can be used" : reason;
}

static int
refuse(const char *uri, const struct tlsw__ask *ask)
{
	char quote[TLSW__QUOTE_SIZE];
	const char *reason = first_reason();

	(void)tlsw__store_quote(quote, uri);
	if (ask->state == TLSW__NO_FUNCTION)
		return tlsw__error_set(TLSW_ERR_CREDENTIALS,
		    "\"%s\" wants a password or PIN, and no password function was given", quote);
	if (ask->state == TLSW__NO_PASSWORD)
		return tlsw__error_set(TLSW_ERR_CREDENTIALS,
		    "\"%s\" wants a password or PIN, and the password function gave none", quote);
	(void)tlsw__error_set(TLSW_ERR_CREDENTIALS, "\"%s\": %s%s", quote, reason,
	    ask->state == TLSW__PASSWORD ? " (with the password given)" : "");
	return ERR_peek_error() != 0 && tlsw__queue_tells_memory() ? tlsw__error_set_memory() : -1;
}

/* ------------------------------------------------------------- OpenSSL's stores */

/* 1 if the object was taken, 0 if it is of no use, -1: memory. */
static int
take(const OSSL_STORE_INFO *info, struct tlsw__found *found)
{
	X509 *cert;

	if (OSSL_STORE_INFO_get_type(info) == OSSL_STORE_INFO_PKEY && found->key == NULL) {
		found->key = OSSL_STORE_INFO_get1_PKEY(info);
		return found->key == NULL ? -1 : 1;
	}
	if (OSSL_STORE_INFO_get_type(info) != OSSL_STORE_INFO_CERT)
		return 0;
	if (found->certs == NULL && (found->certs = sk_X509_new_null()) == NULL)
		return -1;
	cert = OSSL_STORE_INFO_get1_CERT(info);
	if (cert != NULL && sk_X509_push(found->certs, cert) > 0)
		return 1;
	X509_free(cert);
	return -1;
}

/* Take all objects. What cannot be loaded is passed over, and matters only if nothing else is there. */
static int
read_store(OSSL_STORE_CTX *store, const char *uri, const struct tlsw__ask *ask,
    struct tlsw__found *found)
{
	OSSL_STORE_INFO *info;
	int i, taken, count = 0;

	for (i = 0; i < OBJECTS_MAX && OSSL_STORE_eof(store) != 1; i++) {
		info = OSSL_STORE_load(store);
		taken = info == NULL ? 0 : take(info, found);
		OSSL_STORE_INFO_free(info);
		if (taken < 0)
			return tlsw__error_set_memory();
		count += taken;
	}
	if (count > 0 || (ask->state == TLSW__NOT_ASKED && ERR_peek_error() == 0))
		return 0;
	return refuse(uri, ask);
}

static int
load_kind(
    const char *uri, int kind, UI_METHOD *ui, struct tlsw__ask *ask, struct tlsw__found *found)
{
	OSSL_STORE_CTX *store;
	int rv;

	tlsw__queue_clear();
	store = OSSL_STORE_open(uri, ui, ask, NULL, NULL);
	if (store == NULL)
		return refuse(uri, ask);
	if (OSSL_STORE_expect(store, kind) == 1)
		rv = read_store(store, uri, ask, found);
	else
		rv = refuse(uri, ask);
	(void)OSSL_STORE_close(store);
	return rv;
}

/* -------------------------------------------------------------------- the engine */

static int
load_engine(const char *uri, bool want_certs, bool want_key, UI_METHOD *ui, struct tlsw__ask *ask,
    struct tlsw__found *found)
{
	void *engine;
	X509 *cert;

	if (tlsw__compat_secure_mode() && getenv("PKCS11_MODULE_PATH") != NULL)
		return tlsw__error_set(TLSW_ERR_CREDENTIALS,
		    "the engine for tokens would load the module "
		    "that PKCS11_MODULE_PATH names, which a set-user-ID program must not");
	engine = tlsw__compat_engine("pkcs11");
	if (engine == NULL)
		return tlsw__error_set(TLSW_ERR_CREDENTIALS,
		    "no way to a token: OpenSSL has neither a "
		    "provider with a store for \"pkcs11:\" nor an engine \"pkcs11\"");
	if (want_certs) {
		cert = tlsw__compat_engine_cert(engine, uri, ui, ask);
		if (cert == NULL)
			return refuse(uri, ask);
		found->certs = sk_X509_new_null();
		if (found->certs == NULL || sk_X509_push(found->certs, cert) <= 0) {
			X509_free(cert);
			return tlsw__error_set_memory();
		}
	}
	if (want_key && (found->key = tlsw__compat_engine_key(engine, uri, ui, ask)) == NULL)
		return refuse(uri, ask);
	return 0;
}

/* ------------------------------------------------------------------------- both */

static bool
has_loader(const char *scheme)
{
	OSSL_STORE_LOADER *loader = OSSL_STORE_LOADER_fetch(NULL, scheme, NULL);

	OSSL_STORE_LOADER_free(loader);
	return loader != NULL;
}

static int
load(const char *uri, const char *scheme, bool want_certs, bool want_key, UI_METHOD *ui,
    struct tlsw__ask *ask, struct tlsw__found *found)
{
	const bool loader = has_loader(scheme);

	tlsw__queue_clear();
	if (!loader && strcmp(scheme, "pkcs11") == 0)
		return load_engine(uri, want_certs, want_key, ui, ask, found);
	if (!loader)
		return tlsw__error_set(TLSW_ERR_CREDENTIALS,
		    "OpenSSL has no store for \"%s:\" (if it is a file: \"./%s:...\")", scheme,
		    scheme);
	if (want_certs && load_kind(uri, OSSL_STORE_INFO_CERT, ui, ask, found) != 0)
		return -1;
	return want_key ? load_kind(uri, OSSL_STORE_INFO_PKEY, ui, ask, found) : 0;
}

int
tlsw__store_load(const char *uri, bool want_certs, bool want_key, struct tlsw__ask *ask,
    struct tlsw__found *found)
{
	char scheme[32];
	const size_t n = scheme_len(uri);
	struct stat st;
	UI_METHOD *ui;
	int rv;

	if (n == 0 || n >= sizeof(scheme))
		return tlsw__error_set(
		    TLSW_ERR_CREDENTIALS, "the scheme of a URI is missing or too long");
	/* OpenSSL looks for a file of that very name first: whoever can make one must not win. */
	if (lstat(uri, &st) == 0)
		return tlsw__error_set(TLSW_ERR_CREDENTIALS,
		    "a URI was given, and there is a file of the same name: is it \"./%.60s\"?",
		    uri);
	memcpy(scheme, uri, n);
	scheme[n] = '\0';
	ui = tlsw__ask_ui();
	if (ui == NULL)
		return tlsw__error_set_memory();
	rv = load(uri, scheme, want_certs, want_key, ui, ask, found);
	UI_destroy_method(ui);
	return rv;
}
