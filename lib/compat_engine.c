/*
 * compat_engine.c - OpenSSL's engine for PKCS#11 tokens, where OpenSSL still
 * has engines: 3.0 marks them deprecated, and 3.0 has no other way to a token
 * unless a provider for them is installed and configured.
 *
 * SPDX-License-Identifier: ISC
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "compat.h"

#include <pthread.h>
#include <stdint.h>
#include <string.h>

#if !defined(OPENSSL_NO_ENGINE)

#include <openssl/engine.h>

/*
 * There can be only one in a process, and the keys that it caches hold it: once
 * loaded it stays.
 */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static ENGINE *shared;

/* What the application has loaded itself, with a structural reference; NULL: nothing. */
static ENGINE *
find(const char *id)
{
	ENGINE *e = ENGINE_get_first();

	while (e != NULL && strcmp(ENGINE_get_id(e), id) != 0)
		e = ENGINE_get_next(e); /* gives the reference to e up */
	return e;
}

/*
 * An instance that is in no list, where an application would find it or
 * OpenSSL take it for a default.
 */
static ENGINE *
load(const char *id)
{
	ENGINE *e = ENGINE_by_id("dynamic");

	if (e != NULL && ENGINE_ctrl_cmd_string(e, "ID", id, 0) == 1 &&
	    ENGINE_ctrl_cmd_string(e, "DIR_LOAD", "2", 0) == 1 &&
	    ENGINE_ctrl_cmd_string(e, "DIR_ADD", OPENSSL_info(OPENSSL_INFO_ENGINES_DIR), 0) == 1 &&
	    ENGINE_ctrl_cmd_string(e, "LIST_ADD", "0", 0) == 1 &&
	    ENGINE_ctrl_cmd_string(e, "LOAD", NULL, 0) == 1) {
		/* it has much to say on standard error; each takes one level off */
		(void)ENGINE_ctrl_cmd_string(e, "QUIET", NULL, 1);
		return e;
	}
	(void)ENGINE_free(e);
	return NULL;
}

void *
tlsw__compat_engine(const char *id)
{
	ENGINE *e = NULL;

	(void)pthread_mutex_lock(&lock);
	if (shared == NULL && ((e = find(id)) != NULL || (e = load(id)) != NULL)) {
		if (ENGINE_init(e) == 1)
			shared = e;
		(void)ENGINE_free(e); /* what ENGINE_init() took stays */
	}
	e = shared;
	(void)pthread_mutex_unlock(&lock);
	return e;
}

/* Whom it asks where nobody is named in a call; by itself that is the terminal. */
static bool
let_ask(ENGINE *e, const UI_METHOD *ui, void *ui_data)
{
	return ENGINE_ctrl(e, ENGINE_CTRL_SET_USER_INTERFACE, 0, (void *)(uintptr_t)ui, NULL) == 1 &&
	    ENGINE_ctrl(e, ENGINE_CTRL_SET_CALLBACK_DATA, 0, ui_data, NULL) == 1;
}

X509 *
tlsw__compat_engine_cert(void *engine, const char *uri, UI_METHOD *ui, void *ui_data)
{
	struct {
		const char *uri;
		X509 *cert;
	} params = {uri, NULL};

	(void)pthread_mutex_lock(&lock);
	if (let_ask(engine, ui, ui_data) &&
	    ENGINE_ctrl_cmd(engine, "LOAD_CERT_CTRL", 0, &params, NULL, 0) != 1)
		params.cert = NULL;
	(void)let_ask(engine, UI_null(), NULL);
	(void)pthread_mutex_unlock(&lock);
	return params.cert;
}

EVP_PKEY *
tlsw__compat_engine_key(void *engine, const char *uri, UI_METHOD *ui, void *ui_data)
{
	EVP_PKEY *key;

	(void)pthread_mutex_lock(&lock);
	key = let_ask(engine, UI_null(), NULL) ? ENGINE_load_private_key(engine, uri, ui, ui_data) : NULL;
	(void)pthread_mutex_unlock(&lock);
	return key;
}

#else

void *
tlsw__compat_engine(const char *id)
{
	(void)id;
	return NULL;
}

X509 *
tlsw__compat_engine_cert(void *engine, const char *uri, UI_METHOD *ui, void *ui_data)
{
	(void)engine, (void)uri, (void)ui, (void)ui_data;
	return NULL;
}

EVP_PKEY *
tlsw__compat_engine_key(void *engine, const char *uri, UI_METHOD *ui, void *ui_data)
{
	(void)engine, (void)uri, (void)ui, (void)ui_data;
	return NULL;
}

#endif
