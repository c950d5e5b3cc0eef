/*
 * gnutls.c - GnuTLS. Option: "resume".
 *
 * SPDX-License-Identifier: ISC
 */
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdlib.h>
#include <string.h>

#include "side.h"

static bool resume;
static gnutls_datum_t newest;

static void
must(int rv, const char *what)
{
	if (rv < 0)
		side_die("%s: %s", what, gnutls_strerror(rv));
}

const char *
peer_name(void)
{
	static char name[64];

	snprintf(name, sizeof(name), "GnuTLS %s", gnutls_check_version(NULL));
	return name;
}

bool
peer_option(const char *option)
{
	return resume = strcmp(option, "resume") == 0;
}

void *
peer_context(const char *ca_file)
{
	gnutls_certificate_credentials_t credentials;

	must(gnutls_certificate_allocate_credentials(&credentials), "credentials");
	must(gnutls_certificate_set_x509_trust_file(credentials, ca_file, GNUTLS_X509_FMT_PEM),
	    ca_file);
	return credentials;
}

void *
peer_default_context(const char *bundle)
{
	return peer_context(bundle);
}

void
peer_context_free(void *context)
{
	gnutls_certificate_free_credentials(context);
}

void *
peer_connect(void *context, int fd, const char *host)
{
	gnutls_session_t session;
	int rv;

	must(gnutls_init(&session, GNUTLS_CLIENT), "session");
	must(gnutls_set_default_priority(session), "priority");
	must(gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, context), "credentials");
	must(gnutls_server_name_set(session, GNUTLS_NAME_DNS, host, strlen(host)), "server name");
	gnutls_session_set_verify_cert(session, host, 0);
	gnutls_transport_set_int(session, fd);
	if (resume && newest.data != NULL)
		must(gnutls_session_set_data(session, newest.data, newest.size), "session data");
	do
		rv = gnutls_handshake(session);
	while (rv < 0 && gnutls_error_is_fatal(rv) == 0);
	if (rv < 0) {
		gnutls_deinit(session);
		return NULL;
	}
	return session;
}

ssize_t
peer_read(void *connection, void *buf, size_t len)
{
	ssize_t n;

	do
		n = gnutls_record_recv(connection, buf, len);
	while (n < 0 && gnutls_error_is_fatal((int)n) == 0);
	return n;
}

bool
peer_write(void *connection, const void *buf, size_t len)
{
	const char *at = buf;
	ssize_t n;

	for (; len > 0; len -= (size_t)n, at += n)
		if ((n = gnutls_record_send(connection, at, len)) <= 0)
			return false;
	return true;
}

bool
peer_resumed(void *connection)
{
	return gnutls_session_is_resumed(connection) != 0;
}

void
peer_close(void *connection)
{
	if (resume) {
		gnutls_free(newest.data);
		must(gnutls_session_get_data2(connection, &newest), "session data");
	}
	gnutls_bye(connection, GNUTLS_SHUT_WR);
	gnutls_deinit(connection);
}

void *
peer_certificate(const void *der, size_t len)
{
	gnutls_datum_t data = {(void *)(uintptr_t)der, (unsigned)len};
	gnutls_x509_crt_t cert;

	must(gnutls_x509_crt_init(&cert), "certificate");
	must(gnutls_x509_crt_import(cert, &data, GNUTLS_X509_FMT_DER), "certificate");
	return cert;
}

bool
peer_match(void *certificate, const char *host)
{
	return gnutls_x509_crt_check_hostname(certificate, host) != 0;
}
