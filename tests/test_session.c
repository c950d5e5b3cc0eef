/*
 * test_session.c - sessions and verified chains that are kept: used again only
 * for the same host under the same trust, never instead of a decision.
 *
 * SPDX-License-Identifier: ISC
 */
#include "support/support.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cert.h"
#include "context.h"
#include "remember.h"
#include "session.h"
#include "support/peer.h"
#include "support/pki.h"
#include "verify.h"

static struct pki *ca, *leaf;
static struct peer_options options;
static struct peer peer;
static struct peer_report report;
static tls_context *ctx;

/* A server's side of one connection: a line, so that tickets are read before it; then the end. */
static const struct peer_step hello[] = {PEER_HANDSHAKE, PEER_SEND("hello"), PEER_READ(0),
    PEER_CLOSE_NOTIFY, PEER_END};

static tls_context *
trusting(const struct pki *anchor)
{
	tls_context *c = tls_context_new();

	ck_assert_works(c != NULL);
	ck_assert_works(tls_context_load_ca_mem(c, pki_pem(anchor), strlen(pki_pem(anchor))) == 1);
	return c;
}

static void
setup(void)
{
	ca = pki_ca("Test CA");
	leaf = pki_make(.issuer = ca, .san = PKI_NAMES(PKI_DNS("www.lab.test"), PKI_DNS("mail.lab.test")));
	ctx = trusting(ca);
	options = (struct peer_options){.cert = pki_x509(leaf), .key = pki_key(leaf), .script = hello};
}

static void
teardown(void)
{
	tls_context_free(ctx);
	pki_free(leaf);
	pki_free(ca);
	tls_error_clear();
}

static void
serve(int connections)
{
	options.connections = connections;
	ck_assert_int_eq(peer_start(&peer, &options), 0);
}

static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

static void
only_version(int i)
{
	options.min_version = options.max_version = versions[i];
}

enum ending { CLOSED, FREED };

/* One connection: whether it was resumed; the facts of the peer must be there in either case. */
static bool
visit(tls_context *c, const char *host, enum ending ending)
{
	int fd = peer_connect(&peer);
	tls_socket *s = tls_wrap(c, fd, host);
	char buf[8];
	bool resumed;

	ck_assert_works(s != NULL);
	ck_assert_works(tls_socket_read(s, buf, 5) == 5);
	resumed = tls_socket_resumed(s);
	if (tls_context_get_verify_mode(c) == TLSW_CERT_REQUIRED) {
		ck_assert(tls_socket_verified(s));
		ck_assert_str_eq(tls_socket_matched_name(s), host);
		ck_assert_ptr_nonnull(tls_socket_peer_certificate(s));
		ck_assert_ptr_nonnull(tls_certificate_issuer(tls_socket_peer_certificate(s)));
	}
	if (ending == CLOSED)
		ck_assert_int_eq(tls_socket_close(s), 0);
	else
		tls_socket_free(s);
	(void)close(fd);
	ck_assert_int_eq(peer_wait(&peer, &report), 0);
	ck_assert_int_eq(report.resumed, resumed);
	return resumed;
}

/* --------------------------------------------------------------------- resumption */

/* wall: H10 */
START_TEST(every_further_connection_is_resumed)
{
	const enum ending ending = _i / 2 == 0 ? CLOSED : FREED;
	int i, resumed = 0;

	only_version(_i % 2);
	serve(21);
	for (i = 0; i < 21; i++)
		resumed += visit(ctx, "www.lab.test", ending);
	ck_assert_int_eq(resumed, 20);
	peer_stop(&peer);
}
END_TEST

/* wall: H02 */
START_TEST(another_host_gets_no_session)
{
	only_version(_i);
	serve(3);
	ck_assert(!visit(ctx, "www.lab.test", CLOSED));
	ck_assert(!visit(ctx, "mail.lab.test", CLOSED));
	ck_assert(visit(ctx, "www.lab.test", CLOSED));
	peer_stop(&peer);
}
END_TEST

/* wall: H02 */
START_TEST(a_session_does_not_excuse_a_wrong_host)
{
	int fd;

	only_version(_i);
	serve(2);
	ck_assert(!visit(ctx, "www.lab.test", CLOSED));
	fd = peer_connect(&peer);
	ck_assert_refused_null(tls_wrap(ctx, fd, "evil.test"), TLSW_ERR_HOSTNAME_MISMATCH);
	(void)close(fd);
	peer_stop(&peer);
}
END_TEST

/* wall: H01, H03, H08, E15: other trust is another context, and contexts share nothing. */
START_TEST(contexts_share_no_sessions)
{
	tls_context *lax = trusting(ca), *strict = trusting(ca);

	ck_assert_works(tls_context_set_check_hostname(lax, false) == 0);
	ck_assert_works(tls_context_set_verify_mode(lax, TLSW_CERT_NONE) == 0);
	only_version(_i);
	serve(3);
	ck_assert(!visit(lax, "www.lab.test", CLOSED));
	ck_assert(!visit(strict, "www.lab.test", CLOSED));
	ck_assert(!visit(ctx, "www.lab.test", CLOSED));
	tls_context_free(lax);
	tls_context_free(strict);
	peer_stop(&peer);
}
END_TEST

/* wall: H01 */
START_TEST(an_unverified_session_is_not_kept)
{
	struct pki *stranger = pki_ca("Stranger CA");
	tls_context *lax = trusting(stranger);

	ck_assert_works(tls_context_set_check_hostname(lax, false) == 0);
	ck_assert_works(tls_context_set_verify_mode(lax, TLSW_CERT_NONE) == 0);
	only_version(_i);
	serve(2);
	ck_assert(!visit(lax, "www.lab.test", CLOSED));
	ck_assert(!visit(lax, "www.lab.test", CLOSED));
	tls_context_free(lax);
	pki_free(stranger);
	peer_stop(&peer);
}
END_TEST

/* wall: K02 */
START_TEST(a_session_without_extended_master_secret_is_not_kept)
{
	only_version(0);
	options.ssl_options = SSL_OP_NO_EXTENDED_MASTER_SECRET;
	serve(2);
	ck_assert(!visit(ctx, "www.lab.test", CLOSED));
	ck_assert(!visit(ctx, "www.lab.test", CLOSED));
	peer_stop(&peer);
}
END_TEST

START_TEST(no_cache_no_resumption)
{
	ck_assert_works(tls_context_set_session_cache(ctx, 0) == 0);
	only_version(_i);
	serve(2);
	ck_assert(!visit(ctx, "www.lab.test", CLOSED));
	ck_assert(!visit(ctx, "www.lab.test", CLOSED));
	peer_stop(&peer);
}
END_TEST

START_TEST(with_crls_nothing_is_reused)
{
	X509_CRL *crl = pki_crl(&(struct pki_crl_spec){.issuer = ca});
	char *pem = pki_crl_pem(crl), path[] = "/tmp/test_session.XXXXXX";
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	pki_write(path, pem, strlen(pem));
	ck_assert_works(tls_context_load_crl_file(ctx, path) == 0);
	serve(2);
	ck_assert(!visit(ctx, "www.lab.test", CLOSED));
	ck_assert(!visit(ctx, "www.lab.test", CLOSED));
	(void)unlink(path);
	(void)close(fd);
	free(pem);
	X509_CRL_free(crl);
	peer_stop(&peer);
}
END_TEST

/* ------------------------------------------------------------------------- the key */

struct row {
	const char *label;
	int (*change)(tls_context *);
};

static int set_none(tls_context *c) { return tls_context_set_check_hostname(c, false) | tls_context_set_verify_mode(c, TLSW_CERT_NONE); }
static int set_no_name(tls_context *c) { return tls_context_set_check_hostname(c, false); }
static int set_cn(tls_context *c) { return tls_context_set_hostname_checks_common_name(c, true); }
static int set_flags(tls_context *c) { return tls_context_set_verify_flags(c, TLSW_VERIFY_STRICT); }
static int set_partial(tls_context *c) { return tls_context_set_verify_flags(c, TLSW_VERIFY_PARTIAL_CHAIN); }
static int set_depth(tls_context *c) { return tls_context_set_verify_depth(c, 3); }
static int set_time(tls_context *c) { return tls_context_set_verify_time(c, 1900000000); }
static int set_min(tls_context *c) { return tls_context_set_min_version(c, TLSW_TLS_1_3); }
static int set_max(tls_context *c) { return tls_context_set_max_version(c, TLSW_TLS_1_2); }
static int set_ciphers(tls_context *c) { return tls_context_set_ciphers(c, "ECDHE-RSA-AES256-GCM-SHA384", NULL); }
static int set_suites(tls_context *c) { return tls_context_set_ciphers(c, NULL, "TLS_AES_256_GCM_SHA384"); }
static int set_groups(tls_context *c) { return tls_context_set_groups(c, "P-256"); }
static int set_alpn(tls_context *c) { return tls_context_set_alpn(c, (const char *const[]){"imap"}, 1, false); }
static int set_alpn_required(tls_context *c) { return tls_context_set_alpn(c, (const char *const[]){"imap"}, 1, true); }
static int set_pins(tls_context *c) { return tls_context_set_pins(c, "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="); }
static int allow(const tls_socket *s, const tls_certificate *chain, unsigned long reasons, void *arg) { (void)s; (void)chain; (void)reasons; (void)arg; return 0; }
static int set_hook(tls_context *c) { return tls_context_set_verify_hook(c, allow, NULL); }
static int set_hook_arg(tls_context *c) { return tls_context_set_verify_hook(c, NULL, c); }
static int set_sigalgs(tls_context *c) { return tls_context_set_signature_algorithms(c, "ECDSA+SHA256"); }
static int set_level(tls_context *c) { return tls_context_set_security_level(c, 3); }
static int set_profile(tls_context *c) { return tls_context_set_profile(c, TLSW_PROFILE_MODERN); }
static int set_ocsp(tls_context *c) { return tls_context_set_ocsp(c, TLSW_OCSP_IF_STAPLED); }
static int set_exception(tls_context *c) { return tls_context_add_exception(c, "www.lab.test", "cert-sha256:0000000000000000000000000000000000000000000000000000000000000000"); }

/* One client certificate, always the same within a program; wall: H04 */
static int
set_client(tls_context *c, const char *cn)
{
	static struct pki *clients[2];
	struct pki **client = &clients[strcmp(cn, "a") == 0];
	const char *key;

	if (*client == NULL)
		*client = pki_make(.cn = cn);
	key = pki_key_pem(*client);
	return tls_context_load_cert_chain_mem(c, pki_pem(*client), strlen(pki_pem(*client)), key, strlen(key), NULL, NULL);
}
static int set_client_a(tls_context *c) { return set_client(c, "a"); }
static int set_client_b(tls_context *c) { return set_client(c, "b"); }

/*
 * Every setting that decides whom to trust or how to speak changes the key. A
 * new setter of the header has a row here, or among those that change nothing.
 */
static const struct row settings[] = {
    {"verify_mode", set_none},
    {"check_hostname", set_no_name},
    {"hostname_checks_common_name", set_cn},
    {"verify_flags", set_flags},
    {"verify_flags", set_partial},
    {"verify_depth", set_depth},
    {"verify_time", set_time},
    {"min_version", set_min},
    {"max_version", set_max},
    {"ciphers", set_ciphers},
    {"ciphers", set_suites},
    {"groups", set_groups},
    {"alpn", set_alpn},
    {"alpn", set_alpn_required},
    {"pins", set_pins},
    {"verify_hook", set_hook},
    {"verify_hook", set_hook_arg},
    {"signature_algorithms", set_sigalgs},
    {"security_level", set_level},
    {"profile", set_profile},
    {"ocsp", set_ocsp},
    {"an exception", set_exception},
    {"a client certificate", set_client_a},
};
#define SETTINGS ((int)(sizeof(settings) / sizeof(settings[0])))
static const char *const indifferent[] = {"handshake_timeout", "session_cache", "chain_memory", "refresh",
    "keylog_file"};

static void
key_of(tls_context *c, const char *host, const char *service, int port, unsigned char *key)
{
	struct tlsw__reference reference;
	struct tlsw__verify_request request = {
	    .policy = &c->policy, .references = &reference, .reference_count = 1, .service = service};

	ck_assert_works(tlsw__verify_host(host, &reference) == 0);
	request.trust = tlsw__trust_snapshot(c->trust);
	ck_assert_works(request.trust != NULL);
	ck_assert(tlsw__context_key(c, &request, port, key));
	tlsw__snapshot_free(request.trust);
}

/* wall: H07, H03 */
START_TEST(every_setting_changes_the_key)
{
	unsigned char a[TLSW__KEY_SIZE], b[TLSW__KEY_SIZE];

	/* in one context: two of them differ in what they trust, even when it is the same */
	key_of(ctx, "www.lab.test", NULL, 443, a);
	key_of(ctx, "www.lab.test", NULL, 443, b);
	ck_assert_mem_eq(a, b, sizeof(a));
	ck_assert_works(settings[_i].change(ctx) == 0);
	key_of(ctx, "www.lab.test", NULL, 443, b);
	ck_assert_msg(memcmp(a, b, sizeof(a)) != 0, "%s", settings[_i].label);
}
END_TEST

/* wall: H04: A, B and none are three; and each for itself is always the same. */
START_TEST(another_client_certificate_is_another_key)
{
	unsigned char a[TLSW__KEY_SIZE], b[TLSW__KEY_SIZE], again[TLSW__KEY_SIZE];

	ck_assert_works(set_client_a(ctx) == 0);
	key_of(ctx, "www.lab.test", NULL, 443, a);
	ck_assert_works(set_client_b(ctx) == 0);
	key_of(ctx, "www.lab.test", NULL, 443, b);
	ck_assert_works(set_client_a(ctx) == 0);
	key_of(ctx, "www.lab.test", NULL, 443, again);
	ck_assert(memcmp(a, b, sizeof(a)) != 0);
	ck_assert_mem_eq(a, again, sizeof(a));
}
END_TEST

/* wall: H04: with the same one it resumes; what was resumed had it shown. */
START_TEST(a_session_with_a_client_certificate_is_resumed)
{
	ck_assert_works(set_client_a(ctx) == 0);
	options.client_cert = PEER_REQUIRE_CLIENT_CERT;
	only_version(_i);
	serve(2);
	ck_assert(!visit(ctx, "www.lab.test", CLOSED));
	ck_assert(report.client_cert);
	ck_assert(visit(ctx, "www.lab.test", CLOSED));
	peer_stop(&peer);
}
END_TEST

/* wall: H04: another certificate, or none, needs another context, and that one has no session. */
START_TEST(a_session_is_not_resumed_with_another_client_certificate)
{
	tls_context *b = trusting(ca), *none = trusting(ca);

	ck_assert_works(set_client_a(ctx) == 0);
	ck_assert_works(set_client_b(b) == 0);
	options.client_cert = PEER_REQUEST_CLIENT_CERT;
	only_version(_i);
	serve(3);
	ck_assert(!visit(ctx, "www.lab.test", CLOSED));
	ck_assert_refused(set_client_b(ctx), TLSW_ERR_USAGE);
	ck_assert(!visit(b, "www.lab.test", CLOSED));
	ck_assert(!visit(none, "www.lab.test", CLOSED));
	ck_assert(!report.client_cert);
	tls_context_free(none);
	tls_context_free(b);
	peer_stop(&peer);
}
END_TEST

START_TEST(host_service_port_and_trust_change_the_key)
{
	static const struct { const char *host, *service; int port; } rows[] = {
	    {"mail.lab.test", NULL, 443}, {"127.0.0.1", NULL, 443}, {"www.lab.test", "imap", 443},
	    {"www.lab.test", NULL, 993}, {"www.lab.test", NULL, 443}};
	unsigned char a[TLSW__KEY_SIZE], b[TLSW__KEY_SIZE];
	struct pki *more = pki_ca("One more CA");

	key_of(ctx, "www.lab.test", NULL, 443, a);
	if (_i == 4)
		ck_assert_works(tls_context_load_ca_mem(ctx, pki_pem(more), strlen(pki_pem(more))) == 1);
	key_of(ctx, rows[_i].host, rows[_i].service, rows[_i].port, b);
	ck_assert_msg(memcmp(a, b, sizeof(a)) != 0, "row %d", _i);
	pki_free(more);
}
END_TEST

START_TEST(every_setter_of_the_header_is_known_here)
{
	char *header = support_read_file("../include/tlswrap.h", NULL), *at = header;
	char name[64];
	size_t n, i, known, seen = 0;

	while ((at = strstr(at, "tls_context_set_")) != NULL) {
		at += strlen("tls_context_set_");
		n = strspn(at, "abcdefghijklmnopqrstuvwxyz_0123456789");
		ck_assert_uint_lt(n, sizeof(name));
		memcpy(name, at, n);
		name[n] = '\0';
		known = 0;
		for (i = 0; i < (size_t)SETTINGS; i++)
			known += strcmp(settings[i].label, name) == 0;
		for (i = 0; i < sizeof(indifferent) / sizeof(indifferent[0]); i++)
			known += strcmp(indifferent[i], name) == 0;
		ck_assert_msg(known > 0, "tls_context_set_%s: does it change the key?", name);
		seen++;
	}
	ck_assert_uint_gt(seen, 10);
	free(header);
}
END_TEST

/* ------------------------------------------------------------ deciding once more */

/* wall: G05, H02 */
START_TEST(dates_and_name_are_looked_at_again)
{
	static const struct { const char *host; long when; bool accepted; } rows[] = {
	    {"www.lab.test", 0, true}, {"evil.test", 0, false},
	    {"www.lab.test", 20L * 365 * 86400, false}, {"www.lab.test", -2L * 365 * 86400, false}};
	struct tlsw__verify_policy policy = ctx->policy;
	struct tlsw__reference reference;
	struct tlsw__verdict verdict = {0};
	STACK_OF(X509) *path = pki_stack(PKI_LIST(leaf, ca));
	struct tlsw__verify_request request = {.policy = &policy, .leaf = pki_x509(leaf),
	    .references = &reference, .reference_count = 1};

	if (rows[_i].when != 0)
		policy.chain.when = time(NULL) + rows[_i].when;
	ck_assert_works(tlsw__verify_host(rows[_i].host, &reference) == 0);
	ck_assert_int_eq(tlsw__verify_again(&request, path, 0, &verdict), rows[_i].accepted);
	ck_assert_int_eq(verdict.accepted, rows[_i].accepted);
	tlsw__verdict_clear(&verdict);
	sk_X509_pop_free(path, X509_free);
}
END_TEST

static SSL_SESSION *
session_numbered(int i, int version)
{
	SSL_SESSION *session = SSL_SESSION_new();
	unsigned char id[4] = {(unsigned char)i, (unsigned char)(i >> 8), 1, 1};

	ck_assert_int_eq(SSL_SESSION_set1_id(session, id, sizeof(id)), 1);
	ck_assert_int_eq(SSL_SESSION_set_protocol_version(session, version), 1);
	(void)SSL_SESSION_set_time(session, (long)time(NULL));
	(void)SSL_SESSION_set_timeout(session, 3600);
	return session;
}

/* wall: H11, M09 */
START_TEST(the_store_is_bounded_and_hands_tickets_out_once)
{
	struct tlsw__sessions *store = tlsw__sessions_new(50);
	STACK_OF(X509) *path = pki_stack(PKI_LIST(leaf));
	unsigned char key[TLSW__KEY_SIZE] = {0};
	struct tlsw__session out;
	int i, found = 0;

	for (i = 0; i < 10000; i++) {
		SSL_SESSION *session = session_numbered(i, TLS1_3_VERSION);

		key[0] = (unsigned char)(i % 100);
		tlsw__sessions_put(store, key, session, path);
		SSL_SESSION_free(session);
	}
	for (i = 0; i < 100; i++) {
		key[0] = (unsigned char)i;
		while (tlsw__sessions_take(store, key, &out)) {
			found++;
			tlsw__session_clear(&out);
		}
	}
	ck_assert_int_eq(found, 50);
	for (i = 0; i < 200; i++) { /* lab: P60 */
		SSL_SESSION *session = session_numbered(i, TLS1_3_VERSION);

		tlsw__sessions_put(store, key, session, path);
		SSL_SESSION_free(session);
	}
	for (found = 0; tlsw__sessions_take(store, key, &out); found++) {
		unsigned len;

		if (found == 0) /* the newest first */
			ck_assert_int_eq(SSL_SESSION_get_id(out.session, &len)[0], 199);
		tlsw__session_clear(&out);
	}
	ck_assert_int_eq(found, 8);
	sk_X509_pop_free(path, X509_free);
	tlsw__sessions_free(store);
}
END_TEST

START_TEST(an_old_session_is_not_offered)
{
	SSL_SESSION *session = session_numbered(1, TLS1_3_VERSION);
	const long now = (long)time(NULL);

	ck_assert(tlsw__session_usable(session));
	(void)SSL_SESSION_set_time(session, now - 3601);
	ck_assert(!tlsw__session_usable(session));
	(void)SSL_SESSION_set_timeout(session, 100L * 24 * 3600);
	(void)SSL_SESSION_set_time(session, now - 8L * 24 * 3600); /* RFC 8446 4.6.1: 7 days */
	ck_assert(!tlsw__session_usable(session));
	(void)SSL_SESSION_set_time(session, now + 100);
	ck_assert(!tlsw__session_usable(session));
	SSL_SESSION_free(session);
}
END_TEST

/* ---------------------------------------------------------------- remembered chains */

START_TEST(a_chain_is_remembered_octet_for_octet)
{
	struct pki *twin = pki_leaf(ca, "www.lab.test");
	struct tlsw__chains *chains = tlsw__chains_new(4);
	STACK_OF(X509) *path = pki_stack(PKI_LIST(leaf, ca)), *sent = pki_stack(PKI_LIST(ca)), *found;
	unsigned char key[TLSW__KEY_SIZE] = {1}, digest[TLSW__KEY_SIZE], other[TLSW__KEY_SIZE];
	const time_t now = time(NULL);
	unsigned char i;

	ck_assert(tlsw__chains_digest(key, pki_x509(leaf), sent, digest));
	tlsw__chains_put(chains, digest, path);
	found = tlsw__chains_get(chains, digest, now);
	ck_assert_ptr_nonnull(found);
	sk_X509_pop_free(found, X509_free);
	ck_assert_ptr_null(tlsw__chains_get(chains, digest, now + 20L * 365 * 86400));
	ck_assert_ptr_null(tlsw__chains_get(chains, digest, now - 20L * 365 * 86400));
	ck_assert(tlsw__chains_digest(key, pki_x509(twin), sent, other));
	ck_assert_ptr_null(tlsw__chains_get(chains, other, now));
	ck_assert(tlsw__chains_digest(key, pki_x509(leaf), NULL, other));
	ck_assert_ptr_null(tlsw__chains_get(chains, other, now));
	key[0] = 2;
	ck_assert(tlsw__chains_digest(key, pki_x509(leaf), sent, other));
	ck_assert_ptr_null(tlsw__chains_get(chains, other, now));
	for (i = 0; i < 4; i++) { /* four later ones push it out */
		memset(other, i, sizeof(other));
		tlsw__chains_put(chains, other, path);
	}
	ck_assert_ptr_null(tlsw__chains_get(chains, digest, now));
	sk_X509_pop_free(path, X509_free);
	sk_X509_pop_free(sent, X509_free);
	tlsw__chains_free(chains);
	pki_free(twin);
}
END_TEST

/* The same server again, and then one with the same names under a key that nobody certified. */
/* The issuers' dates count as well, both ends of them. */
START_TEST(a_path_is_valid_while_all_of_it_is)
{
	const time_t now = time(NULL);
	struct pki *brief = pki_make(
	    .cn = "Brief CA", .issuer = ca, .basic = PKI_CA, .not_before = -3600, .not_after = 3600);
	STACK_OF(X509) *path = pki_stack(PKI_LIST(leaf, brief, ca)), *found;
	struct tlsw__chains *chains = tlsw__chains_new(4);
	const unsigned char digest[TLSW__KEY_SIZE] = {1};

	tlsw__chains_put(chains, digest, path);
	found = tlsw__chains_get(chains, digest, now);
	ck_assert_ptr_nonnull(found);
	ck_assert(tlsw__chain_in_dates(path, now));
	ck_assert_ptr_null(tlsw__chains_get(chains, digest, now + 7200));
	ck_assert_ptr_null(tlsw__chains_get(chains, digest, now - 7200));
	ck_assert(!tlsw__chain_in_dates(path, now + 7200));
	ck_assert(!tlsw__chain_in_dates(path, now - 7200));
	tlsw__chains_free(chains);
	sk_X509_pop_free(found, X509_free);
	sk_X509_pop_free(path, X509_free);
	pki_free(brief);
}
END_TEST

START_TEST(a_remembered_chain_covers_nobody_else)
{
	struct pki *stranger = pki_ca("Test CA");
	struct pki *forged = pki_make(.issuer = stranger, .san = PKI_NAMES(PKI_DNS("www.lab.test")));
	struct peer_options odd = options;
	int i, fd, accepted = 0;

	odd.cert = pki_x509(forged);
	odd.key = pki_key(forged);
	options.odd = &odd;
	ck_assert_works(tls_context_set_session_cache(ctx, 0) == 0);
	serve(6);
	for (i = 0; i < 6; i++) {
		fd = peer_connect(&peer);
		tls_socket *s = tls_wrap(ctx, fd, "www.lab.test");

		accepted += s != NULL;
		ck_assert_int_eq(s != NULL, i % 2 == 0);
		(void)tls_socket_close(s);
		(void)close(fd);
		ck_assert_int_eq(peer_wait(&peer, &report), 0);
	}
	ck_assert_int_eq(accepted, 3);
	peer_stop(&peer);
	pki_free(forged);
	pki_free(stranger);
}
END_TEST

/* -------------------------------------------------------------- data connections */

static tls_socket *
control_connection(int *fd)
{
	tls_socket *s;
	char buf[8];

	*fd = peer_connect(&peer);
	s = tls_wrap(ctx, *fd, "www.lab.test");
	ck_assert_works(s != NULL);
	ck_assert_works(tls_socket_read(s, buf, 5) == 5);
	return s;
}

START_TEST(data_connections_resume_the_control_connection)
{
	int control_fd, fd, i;
	tls_socket *control, *data;
	char buf[8];

	only_version(_i);
	serve(5);
	control = control_connection(&control_fd);
	for (i = 0; i < 4; i++) {
		fd = peer_connect(&peer);
		data = tls_wrap_data(control, fd);
		ck_assert_works(data != NULL);
		ck_assert_msg(tls_socket_resumed(data) && tls_socket_verified(data), "connection %d", i);
		ck_assert_int_eq(tls_socket_read(data, buf, 5), 5);
		ck_assert_int_eq(tls_socket_close(data), 0);
		(void)close(fd);
	}
	ck_assert_int_eq(tls_socket_close(control), 0);
	(void)close(control_fd);
	peer_stop(&peer);
}
END_TEST

START_TEST(a_data_connection_without_resumption_shows_the_same_certificate)
{
	struct pki *other = pki_leaf(ca, "www.lab.test");
	struct peer_options odd = options;
	int control_fd, fd;
	tls_socket *control, *data;

	if (_i == 1) {
		odd.cert = pki_x509(other);
		odd.key = pki_key(other);
	}
	odd.ssl_options = SSL_OP_NO_TICKET;
	odd.tickets = -1;
	odd.ciphersuites = "TLS_CHACHA20_POLY1305_SHA256"; /* another hash: no resumption */
	options.ciphersuites = "TLS_AES_256_GCM_SHA384";
	options.odd = &odd;
	only_version(1);
	odd.min_version = odd.max_version = TLS1_3_VERSION;
	serve(2);
	control = control_connection(&control_fd);
	fd = peer_connect(&peer);
	if (_i == 0) {
		data = tls_wrap_data(control, fd);
		ck_assert_works(data != NULL);
		ck_assert(!tls_socket_resumed(data));
		tls_socket_free(data);
	} else {
		ck_assert_refused_null(tls_wrap_data(control, fd), TLSW_ERR_CERTIFICATE);
		ck_assert_ptr_nonnull(strstr(tls_last_error()->message, "control connection"));
		ck_assert_int_eq(send(fd, "x", 1, MSG_NOSIGNAL), -1);
	}
	(void)close(fd);
	tls_socket_free(control);
	(void)close(control_fd);
	peer_stop(&peer);
	pki_free(other);
}
END_TEST

START_TEST(a_data_connection_needs_an_open_control_connection)
{
	int fd, control_fd;
	tls_socket *control;

	serve(2);
	control_fd = peer_connect(&peer);
	fd = peer_connect(&peer);
	control = tls_wrap_start(ctx, control_fd, "www.lab.test");
	ck_assert_works(control != NULL);
	ck_assert_refused_null(tls_wrap_data(control, fd), TLSW_ERR_USAGE);
	ck_assert_refused_null(tls_wrap_data(NULL, fd), TLSW_ERR_USAGE);
	ck_assert_int_eq(send(fd, "x", 1, MSG_NOSIGNAL), -1);
	tls_socket_free(control);
	(void)close(fd);
	(void)close(control_fd);
	peer_stop(&peer);
}
END_TEST

static TCase *
group(Suite *suite, const char *name)
{
	TCase *t = tcase_create(name);

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 30);
	suite_add_tcase(suite, t);
	return t;
}

int
main(void)
{
	Suite *suite = suite_create("session");
	TCase *t = group(suite, "resumption");

	tcase_add_loop_test(t, every_further_connection_is_resumed, 0, 4);
	tcase_add_loop_test(t, another_host_gets_no_session, 0, 2);
	tcase_add_loop_test(t, a_session_does_not_excuse_a_wrong_host, 0, 2);
	tcase_add_loop_test(t, contexts_share_no_sessions, 0, 2);
	tcase_add_loop_test(t, an_unverified_session_is_not_kept, 0, 2);
	tcase_add_test(t, a_session_without_extended_master_secret_is_not_kept);
	tcase_add_loop_test(t, no_cache_no_resumption, 0, 2);
	tcase_add_test(t, with_crls_nothing_is_reused);
	t = group(suite, "key");
	tcase_add_loop_test(t, every_setting_changes_the_key, 0, SETTINGS);
	tcase_add_test(t, another_client_certificate_is_another_key);
	tcase_add_loop_test(t, a_session_with_a_client_certificate_is_resumed, 0, 2);
	tcase_add_loop_test(t, a_session_is_not_resumed_with_another_client_certificate, 0, 2);
	tcase_add_loop_test(t, host_service_port_and_trust_change_the_key, 0, 5);
	tcase_add_test(t, every_setter_of_the_header_is_known_here);
	t = group(suite, "deciding again");
	tcase_add_loop_test(t, dates_and_name_are_looked_at_again, 0, 4);
	tcase_add_test(t, the_store_is_bounded_and_hands_tickets_out_once);
	tcase_add_test(t, an_old_session_is_not_offered);
	t = group(suite, "remembered chains");
	tcase_add_test(t, a_chain_is_remembered_octet_for_octet);
	tcase_add_test(t, a_path_is_valid_while_all_of_it_is);
	tcase_add_test(t, a_remembered_chain_covers_nobody_else);
	t = group(suite, "data connections");
	tcase_add_loop_test(t, data_connections_resume_the_control_connection, 0, 2);
	tcase_add_loop_test(t, a_data_connection_without_resumption_shows_the_same_certificate, 0, 2);
	tcase_add_test(t, a_data_connection_needs_an_open_control_connection);
	return support_run(suite);
}
