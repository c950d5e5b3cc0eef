/*
 * compat_engine.c - OpenSSL's engine for PKCS#11 tokens, where OpenSSL still
 * has engines: 3.0 marks them deprecated, and 3.0 has no other way to a token
 * unless a provider for them is installed and configured.
 *
 * SPDX-License-Identifier: ISC
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "compat.h"

#include <openssl/err.h>

#if !defined(OPENSSL_NO_ENGINE)

#include <openssl/engine.h>

/*
 * An instance that is in no list: with its own session, PIN and settings, so
 * that neither an application which uses that engine itself nor this library
 * sees anything of the other.
 */
static ENGINE *
load(const char *id)
{
	ENGINE *e = ENGINE_by_id("dynamic");

	if (e != NULL && ENGINE_ctrl_cmd_string(e, "ID", id, 0) == 1 &&
	    ENGINE_ctrl_cmd_string(e, "DIR_LOAD", "2", 0) == 1 &&
	    ENGINE_ctrl_cmd_string(e, "DIR_ADD", OPENSSL_info(OPENSSL_INFO_ENGINES_DIR), 0) == 1 &&
	    ENGINE_ctrl_cmd_string(e, "LIST_ADD", "0", 0) == 1 &&
	    ENGINE_ctrl_cmd_string(e, "LOAD", NULL, 0) == 1)
		return e;
	(void)ENGINE_free(e);
	return NULL;
}

void *
tlsw__compat_engine_open(const char *id)
{
	ENGINE *e = load(id);

	if (e != NULL && ENGINE_init(e) == 1) {
		/* it has much to say on standard error; each takes one level off */
		(void)ENGINE_ctrl_cmd_string(e, "QUIET", NULL, 1);
		(void)ENGINE_free(e); /* the reference of ENGINE_init() stays */
		return e;
	}
	(void)ENGINE_free(e);
	return NULL;
}

void
tlsw__compat_engine_close(void *engine)
{
	if (engine != NULL)
		(void)ENGINE_finish(engine);
}

X509 *
tlsw__compat_engine_cert(void *engine, const char *uri, UI_METHOD *ui, void *ui_data)
{
	struct {
		const char *uri;
		X509 *cert;
	} params = {uri, NULL};

	/* where it logs in to look for a certificate it asks whom it was told to ask, else the
	 * terminal */
	if (ENGINE_ctrl(engine, ENGINE_CTRL_SET_USER_INTERFACE, 0, ui, NULL) == 1 &&
	    ENGINE_ctrl(engine, ENGINE_CTRL_SET_CALLBACK_DATA, 0, ui_data, NULL) == 1 &&
	    ENGINE_ctrl_cmd(engine, "LOAD_CERT_CTRL", 0, &params, NULL, 0) != 1)
		params.cert = NULL;
	(void)ENGINE_ctrl(
	    engine, ENGINE_CTRL_SET_USER_INTERFACE, 0, (void *)(uintptr_t)UI_null(), NULL);
	(void)ENGINE_ctrl(engine, ENGINE_CTRL_SET_CALLBACK_DATA, 0, NULL, NULL);
	return params.cert;
}

EVP_PKEY *
tlsw__compat_engine_key(void *engine, const char *uri, UI_METHOD *ui, void *ui_data)
{
	return ENGINE_load_private_key(engine, uri, ui, ui_data);
}

#else

void *
tlsw__compat_engine_open(const char *id)
{
	(void)id;
	return NULL;
}

void
tlsw__compat_engine_close(void *engine)
{
	(void)engine;
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
