/*
 * ours.c - this library, by its public header.
 *
 * Options: "chain-memory" and "fresh-chain" say whether verified chains are
 * remembered; "resume" leaves the session cache on (which is the default; all
 * other work wants full handshakes).
 * Built a second time with BENCH_INSIDE, against the rooms inside: there the
 * host name check is the part that runs in a handshake, without a
 * tls_certificate around it.
 *
 * SPDX-License-Identifier: ISC
 */
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#ifdef BENCH_INSIDE
#include "cert.h"
#include "match.h"
#include "name.h"
#endif
#include "side.h"
#include "tlswrap.h"

static bool resume, fresh_chain;

_Noreturn static void
die(void)
{
	side_die("%s\n%s", tls_last_error()->message, tls_last_error()->details);
}

const char *
peer_name(void)
{
	static char name[64];

	snprintf(name, sizeof(name), "libtlswrap %s", tlswrap_version());
	return name;
}

bool
peer_option(const char *option)
{
	if (strcmp(option, "resume") == 0)
		return resume = true;
	if (strcmp(option, "fresh-chain") == 0)
		return fresh_chain = true;
	if (strcmp(option, "chain-memory") == 0)
		return true; /* it is on unless turned off */
	return false;
}

void *
peer_default_context(const char *bundle)
{
	tls_context *ctx = tls_create_default_context();

	(void)bundle; /* SSL_CERT_FILE says it */
	if (ctx == NULL)
		die();
	return ctx;
}

void *
peer_context(const char *ca_file)
{
	tls_context *ctx = tls_context_new();

	if (ctx == NULL || tls_context_load_ca_file(ctx, ca_file) < 1)
		die();
	if (!resume && tls_context_set_session_cache(ctx, 0) != 0)
		die();
	if (fresh_chain && tls_context_set_chain_memory(ctx, 0) != 0)
		die();
	return ctx;
}

void
peer_context_free(void *context)
{
	tls_context_free(context);
}

void *
peer_connect(void *context, int fd, const char *host)
{
	return tls_wrap(context, fd, host);
}

ssize_t
peer_read(void *connection, void *buf, size_t len)
{
	return tls_socket_read(connection, buf, len);
}

bool
peer_write(void *connection, const void *buf, size_t len)
{
	return tls_socket_write(connection, buf, len) == (ssize_t)len;
}

bool
peer_resumed(void *connection)
{
	return tls_socket_resumed(connection);
}

void
peer_close(void *connection)
{
	tls_socket_close(connection);
}

/* --- host names ------------------------------------------------------------- */

#ifdef BENCH_INSIDE

void *
peer_certificate(const void *der, size_t len)
{
	const unsigned char *at = der;

	return d2i_X509(NULL, &at, (long)len);
}

/* The reference is parsed once a socket, before there is any certificate. */
static const struct tlsw__reference *
reference_of(const char *host)
{
	static struct tlsw__reference reference;
	static char parsed[64];

	if (strcmp(host, parsed) != 0) {
		if (tlsw__reference_from_host(&reference, host) != TLSW__NAME_OK)
			side_die("\"%s\" is no host name", host);
		snprintf(parsed, sizeof(parsed), "%s", host);
	}
	return &reference;
}

bool
peer_match(void *certificate, const char *host)
{
	const struct tlsw__reference *reference = reference_of(host);
	struct tlsw__san san;
	struct tls_name name;

	if (tlsw__san_open(certificate, &san) != 1)
		return false;
	while (tlsw__san_next(&san, &name) == 1)
		if (tlsw__match_name(reference, name.type, name.value, name.length))
			return true;
	return false;
}

#else

void *
peer_certificate(const void *der, size_t len)
{
	tls_certificate *cert = tls_certificate_load_mem(der, len);

	if (cert == NULL)
		die();
	return cert;
}

bool
peer_match(void *certificate, const char *host)
{
	return tls_match_hostname(certificate, host) == 0;
}

#endif

/* --- lines ------------------------------------------------------------------ */

static void
read_line(void *connection, unsigned long lines)
{
	char line[1024];

	for (; lines > 0; lines--)
		if (tls_socket_read_line(connection, line, sizeof(line)) != BENCH_LINE)
			die();
}

/*
 * The streams own the socket from here on, so they are made once and left
 * to the end of the process.
 */
static void
streams(void *connection, FILE **in, FILE **out)
{
	static FILE *known_in, *known_out;

	if (known_in == NULL && tls_socket_fopen(connection, &known_in, &known_out) != 0)
		die();
	*in = known_in;
	*out = known_out;
}

static void
read_stream(void *connection, unsigned long lines)
{
	FILE *in, *out;
	char *line = NULL;
	size_t size = 0;

	streams(connection, &in, &out);
	for (; lines > 0; lines--)
		if (getline(&line, &size, in) != BENCH_LINE)
			side_die("getline: %s", tls_last_error()->message);
	free(line);
}

static void
write_stream(void *connection, const char *line, unsigned long lines)
{
	FILE *in, *out;

	streams(connection, &in, &out);
	for (; lines > 0; lines--)
		if (fputs(line, out) == EOF)
			side_die("fputs: %s", tls_last_error()->message);
	if (fflush(out) != 0)
		side_die("fflush: %s", tls_last_error()->message);
}

const struct peer_lines *
peer_lines(const char *way)
{
	static const struct peer_lines by_line = {read_line, NULL};
	static const struct peer_lines by_stream = {read_stream, write_stream};

	if (strcmp(way, "read_line") == 0)
		return &by_line;
	if (strcmp(way, "stream") == 0)
		return &by_stream;
	return NULL;
}
