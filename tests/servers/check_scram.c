/*
 * SCRAM with GNU SASL: bound to the channel with Prosody, which knows
 * tls-unique and so TLS 1.2; not bound with Dovecot, for 2.3 has no PLUS.
 *
 * SPDX-License-Identifier: ISC
 */
#include "servers/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOST "mail.example.test"

#ifdef HAVE_LIBGSASL
#include <gsasl.h>

#define TEXT_MAX 8192
#define SASL_NS "xmlns='urn:ietf:params:xml:ns:xmpp-sasl'"

enum progress { GOES_ON, LET_IN, KEPT_OUT };

/* Say what is to be said in this round; what comes is put into text, in base64. */
typedef enum progress (*rounds)(tls_socket *s, const char *mechanism, int round, char *text);

/* ------------------------------------------------------------------------- IMAP */

static enum progress
imap_round(tls_socket *s, const char *mechanism, int round, char *text)
{
	char line[TEXT_MAX];
	ssize_t n;

	if (round == 0)
		(void)snprintf(line, sizeof(line), "a1 AUTHENTICATE %s %s\r\n", mechanism, text);
	else
		(void)snprintf(line, sizeof(line), "%s\r\n", text);
	if (tls_socket_write(s, line, strlen(line)) < 0)
		return KEPT_OUT;
	do {
		n = tls_socket_read_line(s, line, sizeof(line));
	} while (n > 0 && line[0] == '*');
	line[n > 0 ? strcspn(line, "\r\n") : 0] = '\0';
	(void)snprintf(text, TEXT_MAX, "%s", line[0] == '+' ? line + 2 : "");
	if (line[0] == '+')
		return GOES_ON;
	return strncmp(line, "a1 OK", 5) == 0 ? LET_IN : KEPT_OUT;
}

/* ------------------------------------------------------------------------- XMPP */

/* Read until one of the two is there; what was read, lent, or NULL. */
static const char *
read_until(tls_socket *s, const char *one, const char *other)
{
	static char text[TEXT_MAX];
	size_t len = 0;
	ssize_t n;

	for (;;) {
		n = tls_socket_read(s, text + len, sizeof(text) - 1 - len);
		if (n <= 0)
			return NULL;
		len += (size_t)n;
		text[len] = '\0';
		if (strstr(text, one) != NULL || strstr(text, other) != NULL)
			return text;
	}
}

static enum progress
xmpp_round(tls_socket *s, const char *mechanism, int round, char *text)
{
	char element[TEXT_MAX + 200];
	const char *answer, *content;

	if (round == 0)
		(void)snprintf(element, sizeof(element),
		    "<auth " SASL_NS " mechanism='%s'>%s</auth>", mechanism, text);
	else
		(void)snprintf(
		    element, sizeof(element), "<response " SASL_NS ">%s</response>", text);
	if (tls_socket_write(s, element, strlen(element)) < 0 ||
	    (answer = read_until(s, "</", "/>")) == NULL || strstr(answer, "<failure") != NULL ||
	    (content = strchr(answer, '>')) == NULL)
		return KEPT_OUT;
	content++;
	(void)snprintf(text, TEXT_MAX, "%.*s", (int)strcspn(content, "<"), content);
	return strstr(answer, "<success") != NULL ? LET_IN : GOES_ON;
}

/* What the server offers inside TLS; NULL with a complaint. */
static const char *
xmpp_features(tls_socket *s)
{
	static const char header[] = "<?xml version='1.0'?><stream:stream to='" HOST "' "
				     "xmlns='jabber:client' version='1.0' "
				     "xmlns:stream='http://etherx.jabber.org/streams'>";
	const char *features = NULL;

	if (tls_socket_write(s, header, sizeof(header) - 1) > 0)
		features = read_until(s, "</stream:features>", "<stream:features/>");
	if (features == NULL)
		(void)complain_error("no features");
	return features;
}

/* --------------------------------------------------------------------- GNU SASL */

/* Where it ends; the server has proved that it knows the password when it is LET_IN. */
static enum progress
exchange(Gsasl_session *sasl, tls_socket *s, const char *mechanism, rounds ask)
{
	enum progress progress = GOES_ON;
	char text[TEXT_MAX] = "", *out;
	int rv = GSASL_NEEDS_MORE, round;

	for (round = 0; round < 5 && progress == GOES_ON; round++) {
		out = NULL;
		rv = gsasl_step64(sasl, text, &out);
		if (rv != GSASL_OK && rv != GSASL_NEEDS_MORE)
			return KEPT_OUT;
		(void)snprintf(text, sizeof(text), "%s", out);
		gsasl_free(out);
		progress = ask(s, mechanism, round, text);
	}
	if (progress == LET_IN && rv == GSASL_NEEDS_MORE) { /* its proof comes with the success */
		out = NULL;
		rv = gsasl_step64(sasl, text, &out);
		gsasl_free(out);
	}
	return progress == LET_IN && rv == GSASL_OK ? LET_IN : KEPT_OUT;
}

/* binding: what to bind to, len octets; NULL for none. */
static enum progress
log_in(tls_socket *s, const char *mechanism, rounds ask, const unsigned char *binding, size_t len)
{
	enum progress progress = KEPT_OUT;
	Gsasl_session *sasl;
	Gsasl *library;
	char *text = NULL;

	if (gsasl_init(&library) != GSASL_OK)
		return KEPT_OUT;
	if (gsasl_client_start(library, mechanism, &sasl) == GSASL_OK) {
		(void)gsasl_property_set(sasl, GSASL_AUTHID, USER);
		(void)gsasl_property_set(sasl, GSASL_PASSWORD, PASSWORD);
		if (binding == NULL ||
		    (gsasl_base64_to((const char *)binding, len, &text, NULL) == GSASL_OK &&
			gsasl_property_set(sasl, GSASL_CB_TLS_UNIQUE, text) == GSASL_OK))
			progress = exchange(sasl, s, mechanism, ask);
		gsasl_free(text);
		gsasl_finish(sasl);
	}
	gsasl_done(library);
	return progress;
}

/* ------------------------------------------------------------------------ cases */

static tls_socket *
start(enum tlsw_version version, const char *port, enum tlsw_protocol protocol)
{
	tls_context *ctx = new_context(version, NULL);
	tls_socket *s = reach(ctx, GOOD, port, (int)protocol, HOST);

	if (s == NULL)
		(void)complain_error("handshake");
	tls_context_free(ctx);
	return s;
}

/* *altered: in one bit, as if somebody sat between. */
static bool
bound(const void *altered)
{
	tls_socket *s = start(TLSW_TLS_1_2, "xmpp", TLSW_XMPP);
	const char *features = s == NULL ? NULL : xmpp_features(s);
	unsigned char binding[64];
	enum progress progress, expected = *(const bool *)altered ? KEPT_OUT : LET_IN;
	bool good = false;
	ssize_t len;

	if (features != NULL && strstr(features, ">SCRAM-SHA-256-PLUS<") == NULL)
		(void)complain("it does not offer SCRAM-SHA-256-PLUS");
	else if (features != NULL) {
		len = tls_socket_channel_binding(s, "tls-unique", binding, sizeof(binding));
		if (len < 0)
			good = complain_error("tls-unique");
		else {
			binding[0] ^= *(const bool *)altered;
			progress =
			    log_in(s, "SCRAM-SHA-256-PLUS", xmpp_round, binding, (size_t)len);
			good =
			    progress == expected ||
			    complain("the user is %s", progress == LET_IN ? "let in" : "kept out");
		}
	}
	tls_socket_free(s);
	return good;
}

/* tls-unique is not for TLS 1.3: neither side has it. */
static bool
not_bound_in_13(const void *unused)
{
	tls_socket *s = start(TLSW_TLS_1_3, "xmpp", TLSW_XMPP);
	const char *features = s == NULL ? NULL : xmpp_features(s);
	unsigned char binding[64];
	bool good = false;

	(void)unused;
	if (features != NULL && strstr(features, ">SCRAM-SHA-256-PLUS<") != NULL)
		(void)complain("it offers SCRAM-SHA-256-PLUS");
	else if (features != NULL)
		good =
		    tls_socket_channel_binding(s, "tls-unique", binding, sizeof(binding)) == -1 ||
		    complain("there is a tls-unique");
	tls_socket_free(s);
	return good;
}

static bool
without_binding(const void *version)
{
	tls_socket *s = start(*(const enum tlsw_version *)version, "imap", TLSW_IMAP);
	bool good = false;

	if (s != NULL && talk(s, "a0 CAPABILITY", "a0 OK"))
		good = log_in(s, "SCRAM-SHA-256", imap_round, NULL, 0) == LET_IN ||
		       complain("the user is kept out");
	tls_socket_free(s);
	return good;
}

void
check_scram(void)
{
	static const bool no = false, yes = true;
	static const enum tlsw_version versions[] = {TLSW_TLS_1_2, TLSW_TLS_1_3};

	check(bound, &no, "prosody SCRAM-SHA-256-PLUS");
	check(bound, &yes, "prosody SCRAM-SHA-256-PLUS with another binding");
	check(not_bound_in_13, NULL, "prosody TLS 1.3 without PLUS");
	check(without_binding, &versions[0], "dovecot SCRAM-SHA-256 TLS 1.2");
	check(without_binding, &versions[1], "dovecot SCRAM-SHA-256 TLS 1.3");
}

#else

void
check_scram(void)
{
	printf("SKIPPED: SCRAM, without libgsasl\n");
}

#endif
