/*
 * libtls.c - libtls, here LibreSSL's interface over OpenSSL (LibreTLS).
 * Option: "resume", by the session file that libtls keeps.
 *
 * Its configuration only keeps the bundle's text, which every connection then
 * parses: that cost shows with the first connection (G4), so there is no
 * figure for a context alone.
 *
 * SPDX-License-Identifier: ISC
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <tls.h>

#include "side.h"

static bool resume;

const char *
peer_name(void)
{
	return "libtls";
}

bool
peer_option(const char *option)
{
	return resume = strcmp(option, "resume") == 0;
}

void *
peer_context(const char *ca_file)
{
	struct tls_config *config = tls_config_new();
	int session;

	if (config == NULL || tls_config_set_ca_file(config, ca_file) != 0)
		side_die("no configuration with %s", ca_file);
	if (resume) {
		session = memfd_create("session", MFD_CLOEXEC);
		if (session < 0 || fchmod(session, 0600) != 0 ||
		    tls_config_set_session_fd(config, session) != 0)
			side_die("no session file: %s", tls_config_error(config));
	}
	return config;
}

void *
peer_default_context(const char *bundle)
{
	return strcmp(side_text("work", ""), "first-connection") == 0 ? peer_context(bundle) : NULL;
}

void
peer_context_free(void *context)
{
	tls_config_free(context);
}

void *
peer_connect(void *context, int fd, const char *host)
{
	struct tls *tls = tls_client();

	if (tls == NULL || tls_configure(tls, context) != 0)
		side_die("no client");
	if (tls_connect_socket(tls, fd, host) != 0 || tls_handshake(tls) != 0) {
		tls_free(tls);
		return NULL;
	}
	return tls;
}

ssize_t
peer_read(void *connection, void *buf, size_t len)
{
	ssize_t n;

	do
		n = tls_read(connection, buf, len);
	while (n == TLS_WANT_POLLIN || n == TLS_WANT_POLLOUT);
	return n;
}

bool
peer_write(void *connection, const void *buf, size_t len)
{
	const char *at = buf;
	ssize_t n;

	for (; len > 0; len -= (size_t)n, at += n)
		if ((n = tls_write(connection, at, len)) <= 0)
			return false;
	return true;
}

bool
peer_resumed(void *connection)
{
	return tls_conn_session_resumed(connection) == 1;
}

void
peer_close(void *connection)
{
	tls_close(connection);
	tls_free(connection);
}
