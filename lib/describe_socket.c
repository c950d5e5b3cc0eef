/*
 * describe_socket.c - a connection as a text for people.
 *
 * What OpenSSL knows is looked up under the socket's lock, and written when it
 * is released: a stream may wait.
 *
 * SPDX-License-Identifier: ISC
 */
#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>

#include <openssl/objects.h>

#include "cert.h"
#include "page.h"
#include "socket.h"

#define NAMES_MAX 100 /* presented names that are listed */

/** What the SSL has to say. Texts are OpenSSL's own, static ones. */
struct facts {
	const char *version, *cipher, *group;
	const char *signature, *digest; /* of the server's proof; NULL: there was none */
	bool resumed, extended_master_secret;
	long staple_len;
	int dane_depth; /* -1: no record matched */
	uint8_t usage, selector, mtype;
	const char *no_session; /* why none of it is kept; NULL: it is */
};

/* In the words of tls_context_set_signature_algorithms(). */
static const char *
key_name(int nid)
{
	switch (nid) {
	case EVP_PKEY_EC:
		return "ECDSA";
	case EVP_PKEY_RSA:
		return "RSA";
	case EVP_PKEY_RSA_PSS:
		return "RSA-PSS";
	default:
		return nid == NID_undef ? NULL : OBJ_nid2sn(nid);
	}
}

static void
look_up_proof(SSL *ssl, struct facts *f)
{
	int nid = NID_undef;

	if (SSL_get_peer_signature_type_nid(ssl, &nid) == 1)
		f->signature = key_name(nid);
	nid = NID_undef;
	if (SSL_get_peer_signature_nid(ssl, &nid) == 1)
		f->digest = nid == NID_undef ? NULL : OBJ_nid2sn(nid);
}

static const char *
why_no_session(const tls_socket *s, const struct facts *f)
{
	size_t max;

	(void)tlsw__sessions_count(s->context->sessions, &max);
	if (max == 0)
		return "session_cache is off";
	if (s->control_leaf != NULL)
		return "this is a data connection";
	if (s->tlsa_count > 0)
		return "TLSA records are in use";
	if (!s->keyed || !s->verdict.verified)
		return "chain and name were not verified";
	if (tlsw__context_keeps_nothing(s->context) != NULL)
		return tlsw__context_keeps_nothing(s->context);
	return f->extended_master_secret ? NULL : "TLS 1.2 without extended master secret";
}

/* Under the lock. */
static void
look_up(tls_socket *s, struct facts *f)
{
	unsigned char *answer = NULL;
	int group = (int)SSL_get_negotiated_group(s->ssl);

	f->version = SSL_get_version(s->ssl);
	f->cipher = SSL_get_cipher_name(s->ssl);
	f->group = group == NID_undef ? NULL : SSL_group_to_name(s->ssl, group);
	f->resumed = SSL_session_reused(s->ssl) != 0;
	f->extended_master_secret =
	    SSL_version(s->ssl) >= TLS1_3_VERSION || SSL_get_extms_support(s->ssl) == 1;
	look_up_proof(s->ssl, f);
	f->staple_len = SSL_get_tlsext_status_ocsp_resp(s->ssl, &answer);
	f->dane_depth = s->tlsa_count == 0 ? -1
					   : SSL_get0_dane_tlsa(s->ssl, &f->usage, &f->selector,
						 &f->mtype, NULL, NULL);
	f->no_session = why_no_session(s, f);
}

/* ------------------------------------------------------------------- who and where */

static void
say_whom(struct tlsw__page *page, const tls_socket *s)
{
	char address[TLSW__PEER_SIZE];
	size_t i;

	tlsw__page_line(page, "address", "%s", tlsw__transport_peer(&s->transport, address));
	if (s->transport.fd >= 0)
		tlsw__page_line(page, "descriptor", "%d, %s", s->transport.fd,
		    s->owns_fd ? "owned" : "the caller's");
	tlsw__page_label(page, "reference names");
	for (i = 0; i < s->reference_count; i++) {
		tlsw__page_say(page, "%s", i > 0 ? ", " : "");
		tlsw__page_reference(page, &s->references[i]);
	}
	if (s->reference_count == 0)
		tlsw__page_say(page, "none");
	if (s->service != NULL)
		tlsw__page_say(page, ", service \"%s\"", s->service);
	tlsw__page_say(page, "\n");
}

/* -------------------------------------------------------------------------- how */

static void
say_proof(struct tlsw__page *page, const struct facts *f)
{
	if (f->signature == NULL)
		tlsw__page_line(page, "signature", "none%s", f->resumed ? ": resumed" : "");
	else
		tlsw__page_line(page, "signature", "%s%s%s", f->signature,
		    f->digest == NULL ? "" : "+", f->digest == NULL ? "" : f->digest);
}

static void
say_handshake(struct tlsw__page *page, const tls_socket *s, const struct facts *f)
{
	tlsw__page_line(page, "version", "%s", f->version);
	tlsw__page_line(page, "cipher", "%s", f->cipher);
	tlsw__page_line(page, "group", "%s", f->group == NULL ? "none" : f->group);
	say_proof(page, f);
	tlsw__page_label(page, "alpn");
	if (s->alpn == NULL)
		tlsw__page_say(page, "none");
	else
		tlsw__page_quote(page, s->alpn, strlen(s->alpn));
	tlsw__page_say(page, "\n");
	tlsw__page_line(page, "handshake", "%s",
	    !f->resumed		      ? "full"
	    : s->control_leaf != NULL ? "resumed from the control connection"
				      : "resumed");
	tlsw__page_line(page, "session", "%s%s",
	    f->no_session == NULL ? "kept for the next connection" : "not kept: ",
	    f->no_session == NULL ? "" : f->no_session);
}

/* ---------------------------------------------------------------------- the verdict */

static void
say_reasons(struct tlsw__page *page, unsigned long reasons)
{
	static const char *const names[] = {"expired", "not yet valid", "unknown CA", "self-signed",
	    "other host", "wrong purpose", "constraint violated", "weak key or signature",
	    "revoked", "CRL missing or unusable", "OCSP answer missing or bad", "no pin matches",
	    "malformed", "other"}; /* in the order of the bits */
	const char *separator = "";
	size_t i;

	tlsw__page_label(page, "reasons against it");
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if ((reasons & 1UL << i) != 0) {
			tlsw__page_say(page, "%s%s", separator, names[i]);
			separator = ", ";
		}
	tlsw__page_say(page, "%s\n", reasons == 0 ? "none" : "");
}

/* What let a peer in that was not verified. */
static const char *
leniency(const tls_socket *s)
{
	const struct tlsw__verify_policy *policy = &s->context->policy;

	if (s->reference_count > 0 &&
	    tlsw__exceptions_cover(&policy->exceptions, &s->references[0], s->verdict.leaf))
		return "an exception names this certificate";
	return policy->require_chain ? "check_hostname is off" : "verify_mode is none";
}

static void
say_verdict(struct tlsw__page *page, const tls_socket *s)
{
	if (s->verdict.verified)
		tlsw__page_line(page, "verified", "yes");
	else
		tlsw__page_line(page, "verified", "NO: let in because %s", leniency(s));
	say_reasons(page, s->verdict.reasons);
	tlsw__page_label(page, "matched name");
	if (s->verdict.matched[0] == '\0')
		tlsw__page_say(page, "none\n");
	else
		tlsw__page_say(page, "\"%s\"\n", s->verdict.matched); /* escaped when it was kept */
}

static void
say_status(struct tlsw__page *page, const tls_socket *s, const struct facts *f)
{
	if (s->context->policy.ocsp == TLSW_OCSP_OFF)
		tlsw__page_line(page, "ocsp", "not asked for");
	else if (!s->staple_passed)
		tlsw__page_line(page, "ocsp", "as on the control connection");
	else
		tlsw__page_line(page, "ocsp", "%s",
		    f->staple_len > 0 ? "a good answer came along" : "asked for, none came");
	if (s->tlsa_count == 0)
		tlsw__page_line(page, "dane", "not used");
	else if (f->dane_depth < 0)
		tlsw__page_line(page, "dane", "%zu records, none of them met", s->tlsa_count);
	else
		tlsw__page_line(page, "dane", "record %d %d %d met by certificate %d, of %zu",
		    f->usage, f->selector, f->mtype, f->dane_depth, s->tlsa_count);
}

static void
say_own(struct tlsw__page *page, const tls_socket *s)
{
	tls_certificate *leaf;

	tlsw__page_label(page, "client certificate");
	if (!s->certificate_asked) {
		tlsw__page_say(page, "not asked for\n");
		return;
	}
	if (s->context->credentials == NULL) {
		tlsw__page_say(page, "asked for, and there is none\n");
		return;
	}
	leaf = tlsw__cert_new(tlsw__credentials_leaf(s->context->credentials), NULL);
	tlsw__page_say(page, "asked for: ");
	tlsw__page_text(page, leaf == NULL ? NULL : tls_certificate_subject(leaf));
	tlsw__page_say(page, "\n");
	tls_certificate_free(leaf);
}

/* ------------------------------------------------------------------ certificates */

static void
say_name(struct tlsw__page *page, const struct tls_name *name)
{
	static const char *const kinds[] = {"DNS", "IP", "SRV", "URI", "e-mail", "common name"};
	char ip[INET6_ADDRSTRLEN];

	tlsw__page_say(page, "%s ", kinds[name->type]);
	if (name->type == TLSW_NAME_IP && (name->length == 4 || name->length == 16) &&
	    inet_ntop(name->length == 4 ? AF_INET : AF_INET6, name->value, ip, sizeof(ip)) != NULL)
		tlsw__page_say(page, "%s\n", ip);
	else {
		tlsw__page_quote(page, name->value, name->length);
		tlsw__page_say(page, "\n");
	}
}

static void
say_names(struct tlsw__page *page, const tls_certificate *leaf)
{
	const struct tls_name *names;
	size_t i, count = tls_certificate_names(leaf, &names);

	if (count == 0)
		tlsw__page_line(page, "  names", "none");
	for (i = 0; i < count && i < NAMES_MAX; i++) {
		tlsw__page_label(page, i == 0 ? "  names" : "");
		say_name(page, &names[i]);
	}
	if (count > NAMES_MAX)
		tlsw__page_line(page, "", "and %zu more", count - NAMES_MAX);
}

static void
say_text(struct tlsw__page *page, const char *label, const char *text)
{
	tlsw__page_label(page, label);
	tlsw__page_text(page, text);
	tlsw__page_say(page, "\n");
}

static void
say_certificate(struct tlsw__page *page, const tls_certificate *cert, int position)
{
	tlsw__page_line(page, "certificate", "%d", position);
	say_text(page, "  subject", tls_certificate_subject(cert));
	say_text(page, "  issuer", tls_certificate_issuer_name(cert));
	tlsw__page_label(page, "  valid");
	tlsw__page_time(page, tls_certificate_not_before(cert));
	tlsw__page_say(page, " to ");
	tlsw__page_time(page, tls_certificate_not_after(cert));
	tlsw__page_say(page, "\n");
	say_text(page, "  serial", tls_certificate_serial(cert));
	say_text(page, "  sha256", tls_certificate_sha256(cert));
	say_text(page, "  pin", tls_certificate_pin(cert));
}

static void
say_chain(struct tlsw__page *page, const tls_socket *s)
{
	const tls_certificate *leaf = tls_socket_peer_certificate(s), *cert;
	int position = 0;

	page->memory = page->memory || leaf == NULL;
	for (cert = leaf; cert != NULL; cert = tls_certificate_issuer(cert)) {
		say_certificate(page, cert, position++);
		if (cert == leaf)
			say_names(page, leaf);
	}
}

/* ---------------------------------------------------------------------- all of it */

static int
describe(const tls_socket *s, FILE *out)
{
	tls_socket *mine = (tls_socket *)(uintptr_t)s;
	struct tlsw__page page;
	struct facts facts = {.dane_depth = -1};

	if (tlsw__page_open(&page, out) != 0)
		return -1;
	(void)pthread_mutex_lock(&mine->lock);
	look_up(mine, &facts);
	(void)pthread_mutex_unlock(&mine->lock);
	tlsw__page_say(&page, "connection");
	if (s->hostname != NULL) {
		tlsw__page_say(&page, " to ");
		tlsw__page_quote(&page, s->hostname, strlen(s->hostname));
	}
	tlsw__page_say(&page, "\n");
	say_whom(&page, s);
	say_handshake(&page, s, &facts);
	say_verdict(&page, s);
	say_status(&page, s, &facts);
	say_own(&page, s);
	if (s->timeout_ms > 0)
		tlsw__page_line(&page, "timeout", "%d ms", s->timeout_ms);
	else
		tlsw__page_line(&page, "timeout", "none");
	say_chain(&page, s);
	return tlsw__page_close(&page);
}

int
tls_socket_describe(const tls_socket *s, FILE *out)
{
	struct tlsw__queue queue;
	int rv;

	if (s == NULL)
		return tlsw__error_set(TLSW_ERR_USAGE, "socket is NULL");
	if (atomic_load(&s->end_code) != TLSW_OK)
		return tlsw__socket_dead(s);
	if (atomic_load(&s->state) != TLSW__OPEN)
		return tlsw__error_set(TLSW_ERR_USAGE, "describe: the handshake is not over");
	tlsw__queue_save(&queue);
	rv = describe(s, out);
	tlsw__queue_restore(&queue);
	return rv;
}
