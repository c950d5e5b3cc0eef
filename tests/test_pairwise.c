/*
 * test_pairwise.c - all pairs of settings, against servers that are good, of an
 * unknown CA, expired, or named in the common name alone, asked for by the right
 * and by a wrong name, twice each by the same context: what is let in is what a
 * small model of the manual says, no more and no less.
 *
 * Four sets of rows: settings that let no wrong server in and keep no good one
 * out, so that none hides another; of these, those under which sessions and
 * chains are reused; with those that let others in; and all settings.
 *
 * wall: A18, A19
 * SPDX-License-Identifier: ISC
 */
#include "support/scene.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/ocsp.h>

#include "support/pumped.h"
#include "support/trust_support.h"

#define RIGHT "www.lab.test"
#define WRONG "evil.test"
#define DAY   86400L

/* ----------------------------------------------------------------- the settings */

/* The order of their values is that of the arrays and switches below. */
enum factor {
	CHECKS,
	COMMON_NAME,
	FLAGS,
	DEPTH,
	WHEN,
	SOURCE,
	REFRESH,
	CRL,
	PINS,
	EXCEPTION,
	HOOK,
	OCSP,
	PROFILE,
	MINIMUM,
	MAXIMUM,
	CIPHERS,
	SUITES,
	GROUPS,
	SIGALGS,
	LEVEL,
	ALPN,
	TIMEOUT,
	SESSIONS,
	CHAINS,
	KEYLOG,
	CREDENTIALS,
	ALSO,
	SERVICE, /* and what the server is like */
	STAPLE,
	SPEAKS,
	PICKS,
	ASKS,
	FACTORS
};

#define VALUES 7

enum set { REUSING, HARMLESS, LENIENT, ALL, SETS };

/* How many values there are in each set; harmless ones come first. */
static const struct {
	const char *name;
	int values[SETS];
} factors[FACTORS] = {
    [CHECKS] = {"checks", {1, 1, 3, 3}},
    [COMMON_NAME] = {"common name", {2, 2, 2, 2}},
    [FLAGS] = {"flags", {4, 5, 5, 7}},
    [DEPTH] = {"depth", {2, 2, 3, 3}},
    [WHEN] = {"time", {2, 2, 3, 3}},
    [SOURCE] = {"source", {4, 4, 5, 5}},
    [REFRESH] = {"refresh", {2, 2, 2, 2}},
    [CRL] = {"CRL", {1, 2, 2, 3}},
    [PINS] = {"pins", {2, 2, 2, 3}},
    [EXCEPTION] = {"exception", {3, 3, 4, 4}},
    [HOOK] = {"hook", {2, 2, 2, 3}},
    [OCSP] = {"OCSP", {1, 2, 2, 3}},
    [PROFILE] = {"profile", {2, 2, 2, 3}},
    [MINIMUM] = {"minimum", {2, 2, 2, 3}},
    [MAXIMUM] = {"maximum", {2, 2, 2, 3}},
    [CIPHERS] = {"ciphers", {3, 3, 3, 4}},
    [SUITES] = {"suites", {2, 2, 2, 2}},
    [GROUPS] = {"groups", {3, 3, 3, 3}},
    [SIGALGS] = {"sigalgs", {2, 2, 2, 3}},
    [LEVEL] = {"level", {3, 3, 3, 4}},
    [ALPN] = {"ALPN", {3, 3, 3, 3}},
    [TIMEOUT] = {"timeout", {2, 2, 2, 2}},
    [SESSIONS] = {"sessions", {1, 2, 2, 2}},
    [CHAINS] = {"chains", {2, 2, 2, 2}},
    [KEYLOG] = {"key log", {2, 2, 2, 2}},
    [CREDENTIALS] = {"credentials", {2, 2, 2, 2}},
    [ALSO] = {"also", {2, 2, 3, 3}},
    [SERVICE] = {"service", {2, 2, 2, 2}},
    [STAPLE] = {"staple", {2, 2, 2, 3}},
    [SPEAKS] = {"server speaks", {3, 3, 3, 3}},
    [PICKS] = {"server picks", {1, 1, 1, 3}},
    [ASKS] = {"server asks", {2, 2, 2, 3}},
};

enum checks { FULL, NO_NAME, NOTHING };
static const unsigned long flag_rows[] = {0, TLSW_VERIFY_STRICT, TLSW_VERIFY_PARTIAL_CHAIN,
    TLSW_VERIFY_STRICT | TLSW_VERIFY_PARTIAL_CHAIN, TLSW_VERIFY_CRL_IF_AVAILABLE, TLSW_VERIFY_CRL_LEAF,
    TLSW_VERIFY_CRL_CHAIN};
static const int depths[] = {100, 1, 0};
enum when { NOW, NOW_AS_SET, PAST };
enum source { MEMORY, CA_FILE, CA_DIRECTORY, SYSTEM, INTERMEDIATE };
enum crl { NO_CRL, NONE_REVOKED, REVOKED };
enum pins { NO_PINS, THE_PIN, ANOTHER_PIN };
enum exception { NO_EXCEPTION, OF_ANOTHER_HOST, OF_ANOTHER_CERTIFICATE, EXCEPTED };
enum hook { NO_HOOK, ALLOWS, REFUSES };
enum ocsp { OCSP_OFF, IF_STAPLED, OCSP_REQUIRED };
enum profile { DEFAULT, LEGACY, MODERN };
static const enum tlsw_profile profiles[] = {TLSW_PROFILE_DEFAULT, TLSW_PROFILE_LEGACY_SERVER,
    TLSW_PROFILE_MODERN};
enum minimum { MIN_UNSET, MIN_1_2, MIN_1_3 };
enum maximum { MAX_UNSET, MAX_1_3, MAX_1_2 };
enum ciphers { CIPHERS_UNSET, HIGH, OPENSSLS_DEFAULT, RSA_ALONE };
static const char *const cipher_rows[] = {NULL, "HIGH:!aNULL", "DEFAULT", "ECDHE-RSA-AES256-GCM-SHA384"};
static const char *const suite_rows[] = {NULL, "TLS_AES_256_GCM_SHA384"};
static const char *const group_rows[] = {NULL, "P-256", "X25519:P-256"};
enum sigalgs { SIGALGS_UNSET, BOTH_SIGALGS, RSA_SIGALGS };
static const char *const sigalg_rows[] = {NULL, "ECDSA+SHA256:RSA-PSS+SHA256", "RSA-PSS+SHA256"};
static const int level_rows[] = {-1, 1, 3, 4};
enum level { LEVEL_UNSET, LEVEL_1, LEVEL_3, LEVEL_4 };
enum alpn { NO_ALPN, OFFERED, REQUIRED };
enum also { NOBODY, SOMEBODY, THE_RIGHT_ONE };
enum staple { NO_STAPLE, GOOD_STAPLE, REVOKED_STAPLE };
enum speaks { BOTH, ONLY_1_2, ONLY_1_3 };
enum picks { PICKS_IT, IGNORES, FORCES_ANOTHER };
enum asks { ASKS_NOTHING, WISHES, INSISTS };

/* ------------------------------------------------------------------- the servers */

enum server { GOOD, UNTRUSTED, EXPIRED, CN_ONLY, SERVERS };
static const char *const server_names[] = {"good", "unknown CA", "expired", "common name only"};

static struct pki *ca, *sub, *stranger, *client, *certs[SERVERS];
static unsigned char *staples[SERVERS][3];
static size_t staple_lens[SERVERS][3];

static void
make_staples(enum server server, const struct pki *issuer)
{
	struct pki_ocsp_entry entries[] = {
	    {.cert = certs[server], .this_update = -200 * DAY}, {.cert = NULL}};
	struct pki_ocsp_spec spec = {.issuer = issuer, .entries = entries};

	staples[server][GOOD_STAPLE] = pki_ocsp(&spec, &staple_lens[server][GOOD_STAPLE]);
	entries[0].status = V_OCSP_CERTSTATUS_REVOKED;
	staples[server][REVOKED_STAPLE] = pki_ocsp(&spec, &staple_lens[server][REVOKED_STAPLE]);
}

/* One file with the lists of both CAs. */
static void
write_crls(const char *name, const struct pki *const *revoked)
{
	X509_CRL *lists[] = {pki_crl(&(struct pki_crl_spec){.issuer = sub, .revoked = revoked, .last_update = -200 * DAY}),
	    pki_crl(&(struct pki_crl_spec){.issuer = ca, .last_update = -200 * DAY})};
	char *pems[] = {pki_crl_pem(lists[0]), pki_crl_pem(lists[1])}, both[8192];
	int i;

	(void)snprintf(both, sizeof(both), "%s%s", pems[0], pems[1]);
	(void)scratch_write(name, both, SIZE_MAX);
	for (i = 0; i < 2; i++) {
		free(pems[i]);
		X509_CRL_free(lists[i]);
	}
}

static void
set_up(void)
{
	int i;

	scratch_make();
	ca = pki_make(.cn = "Test CA", .basic = PKI_CA, .not_before = -300 * DAY);
	sub = pki_make(.cn = "Test issuer", .basic = PKI_CA, .issuer = ca, .not_before = -300 * DAY);
	stranger = pki_make(.cn = "Stranger CA", .basic = PKI_CA, .not_before = -300 * DAY);
	client = pki_make(.cn = "client");
	certs[GOOD] = pki_leaf(sub, RIGHT);
	certs[UNTRUSTED] = pki_leaf(stranger, RIGHT);
	certs[EXPIRED] = pki_make(.cn = RIGHT, .issuer = sub, .san = PKI_NAMES(PKI_DNS(RIGHT)),
	    .not_before = -100 * DAY, .not_after = -10 * DAY);
	certs[CN_ONLY] = pki_make(.cn = RIGHT, .issuer = sub);
	for (i = 0; i < SERVERS; i++)
		make_staples((enum server)i, i == UNTRUSTED ? stranger : sub);
	write_crls("none.crl", NULL);
	write_crls("all.crl", PKI_LIST(certs[GOOD], certs[EXPIRED], certs[CN_ONLY]));
	(void)setenv("SSL_CERT_FILE", scratch_write("ca.pem", pki_pem(ca), SIZE_MAX), 1);
	(void)scratch_rehash("certs", pki_x509(ca), 0, pki_pem(ca));
}

static void
tear_down(void)
{
	int i;

	for (i = 0; i < SERVERS; i++) {
		pki_free(certs[i]);
		OPENSSL_free(staples[i][GOOD_STAPLE]);
		OPENSSL_free(staples[i][REVOKED_STAPLE]);
	}
	pki_free(client);
	pki_free(stranger);
	pki_free(sub);
	pki_free(ca);
	scratch_remove();
	tls_error_clear();
}

/* -------------------------------------------------------------- what is to be */

static bool
has(const int *v, unsigned long flag)
{
	return (flag_rows[v[FLAGS]] & flag) != 0;
}

/* Whether the setters go along with each other. */
static bool
model_settings(const int *v)
{
	const bool min_1_3 = v[MINIMUM] == MIN_1_3 || (v[MINIMUM] == MIN_UNSET && v[PROFILE] == MODERN);

	return !(min_1_3 && v[MAXIMUM] == MAX_1_2);
}

static bool
model_chain(const int *v, enum server server)
{
	const int intermediates = v[SOURCE] == INTERMEDIATE ? 0 : 1;

	if (server == UNTRUSTED || (v[SOURCE] == INTERMEDIATE && !has(v, TLSW_VERIFY_PARTIAL_CHAIN)))
		return false;
	if (depths[v[DEPTH]] < intermediates || (server == EXPIRED) != (v[WHEN] == PAST))
		return false;
	if (v[CRL] == REVOKED)
		return false;
	if (v[CRL] == NO_CRL && has(v, TLSW_VERIFY_CRL_LEAF | TLSW_VERIFY_CRL_CHAIN))
		return false;
	if (v[CRL] != NO_CRL && v[SOURCE] == INTERMEDIATE)
		return false; /* a list about the anchor is at hand, and nobody there to check its signature */
	return !(server == CN_ONLY && has(v, TLSW_VERIFY_STRICT)); /* the rules demand a subjectAltName */
}

static bool
model_name(const int *v, enum server server, bool right)
{
	if (server == CN_ONLY && v[COMMON_NAME] == 0)
		return false;
	return right || v[ALSO] == THE_RIGHT_ONE;
}

/* Whether the two can speak to each other at all; the servers' keys are ECDSA P-256. */
static bool
model_speech(const int *v)
{
	const bool may_1_2 = v[MINIMUM] != MIN_1_3 && !(v[MINIMUM] == MIN_UNSET && v[PROFILE] == MODERN);
	const bool may_1_3 = v[MAXIMUM] != MAX_1_2;
	const bool is_1_3 = may_1_3 && v[SPEAKS] != ONLY_1_2;

	if (!is_1_3 && (!may_1_2 || v[SPEAKS] == ONLY_1_3 || v[CIPHERS] == RSA_ALONE))
		return false;
	if (v[SIGALGS] == RSA_SIGALGS || v[LEVEL] == LEVEL_4)
		return false;
	if ((v[ALPN] == REQUIRED && v[PICKS] == IGNORES) || (v[ALPN] != NO_ALPN && v[PICKS] == FORCES_ANOTHER))
		return false;
	return !(v[ASKS] == INSISTS && v[CREDENTIALS] == 0);
}

static bool
model_staple(const int *v)
{
	if (v[OCSP] == OCSP_OFF)
		return true;
	return v[STAPLE] == GOOD_STAPLE || (v[STAPLE] == NO_STAPLE && v[OCSP] == IF_STAPLED);
}

static bool
model_verified(const int *v, enum server server, bool right)
{
	return model_chain(v, server) && model_name(v, server, right);
}

static bool
model_accepts(const int *v, enum server server, bool right)
{
	const bool chain = v[CHECKS] == NOTHING || model_chain(v, server);
	const bool name = v[CHECKS] != FULL || model_name(v, server, right);
	const bool excepted = v[EXCEPTION] == EXCEPTED && right;

	return ((chain && name) || excepted) && v[PINS] != ANOTHER_PIN && v[HOOK] != REFUSES &&
	    model_staple(v) && model_speech(v);
}

/* ------------------------------------------------------------------- what is */

static int
hook(const tls_socket *s, const tls_certificate *chain, unsigned long reasons, void *arg)
{
	(void)s, (void)chain, (void)reasons;
	return *(int *)arg == REFUSES ? -1 : 0;
}

static tls_context *
context_from(int source)
{
	tls_context *c = source == SYSTEM ? tls_create_default_context() : tls_context_new();
	const struct pki *anchor = source == INTERMEDIATE ? sub : ca;

	ck_assert_works(c != NULL);
	if (source == CA_FILE)
		ck_assert_works(tls_context_load_ca_file(c, scratch_path("ca.pem")) == 1);
	else if (source == CA_DIRECTORY)
		ck_assert_works(tls_context_load_ca_dir(c, scratch_path("certs")) == 0);
	else if (source != SYSTEM)
		ck_assert_works(tls_context_load_ca_mem(c, pki_pem(anchor), strlen(pki_pem(anchor))) == 1);
	return c;
}

static void
set_trust(tls_context *c, const int *v)
{
	const time_t when = v[WHEN] == NOW ? 0 : time(NULL) - (v[WHEN] == PAST ? 50 * DAY : 0);

	if (v[CHECKS] != FULL)
		ck_assert_works(tls_context_set_check_hostname(c, false) == 0);
	if (v[CHECKS] == NOTHING)
		ck_assert_works(tls_context_set_verify_mode(c, TLSW_CERT_NONE) == 0);
	ck_assert_works(tls_context_set_hostname_checks_common_name(c, v[COMMON_NAME] == 1) == 0);
	ck_assert_works(tls_context_set_verify_flags(c, flag_rows[v[FLAGS]]) == 0);
	ck_assert_works(tls_context_set_verify_depth(c, depths[v[DEPTH]]) == 0);
	ck_assert_works(tls_context_set_verify_time(c, when) == 0);
	if (v[CRL] != NO_CRL)
		ck_assert_works(tls_context_load_crl_file(c,
		    scratch_path(v[CRL] == REVOKED ? "all.crl" : "none.crl")) == 0);
	ck_assert_works(tls_context_set_refresh(c, v[REFRESH] == 0) == 0);
	ck_assert_works(tls_context_set_ocsp(c, (enum tlsw_ocsp)v[OCSP]) == 0);
	if (v[HOOK] != NO_HOOK)
		ck_assert_works(tls_context_set_verify_hook(c, hook, (void *)(uintptr_t)&v[HOOK]) == 0);
}

/* Pins and exceptions are about the certificate of this server, or about that of the client. */
static void
set_named(tls_context *c, const int *v, enum server server)
{
	const struct pki *pinned = v[PINS] == THE_PIN ? certs[server] : client;
	const struct pki *excepted = v[EXCEPTION] == OF_ANOTHER_CERTIFICATE ? client : certs[server];
	tls_certificate *pin = tls_certificate_load_mem(pki_pem(pinned), strlen(pki_pem(pinned)));
	tls_certificate *cert = tls_certificate_load_mem(pki_pem(excepted), strlen(pki_pem(excepted)));
	char text[100];

	ck_assert_works(pin != NULL && cert != NULL);
	if (v[PINS] != NO_PINS)
		ck_assert_works(tls_context_set_pins(c, tls_certificate_pin(pin)) == 0);
	(void)snprintf(text, sizeof(text), "cert-sha256:%s", tls_certificate_sha256(cert));
	if (v[EXCEPTION] != NO_EXCEPTION)
		ck_assert_works(tls_context_add_exception(c,
		    v[EXCEPTION] == OF_ANOTHER_HOST ? "other.lab.test" : RIGHT, text) == 0);
	tls_certificate_free(pin);
	tls_certificate_free(cert);
}

static void
set_speech(tls_context *c, const int *v)
{
	static const char *const protocols[] = {"imap"};

	ck_assert_works(tls_context_set_ciphers(c, cipher_rows[v[CIPHERS]], suite_rows[v[SUITES]]) == 0);
	if (group_rows[v[GROUPS]] != NULL)
		ck_assert_works(tls_context_set_groups(c, group_rows[v[GROUPS]]) == 0);
	if (sigalg_rows[v[SIGALGS]] != NULL)
		ck_assert_works(tls_context_set_signature_algorithms(c, sigalg_rows[v[SIGALGS]]) == 0);
	if (v[CREDENTIALS] == 1)
		ck_assert_works(tls_context_load_cert_chain_mem(c, pki_pem(client), strlen(pki_pem(client)),
		    pki_key_pem(client), strlen(pki_key_pem(client)), NULL, NULL) == 0);
	if (v[LEVEL] != LEVEL_UNSET)
		ck_assert_works(tls_context_set_security_level(c, level_rows[v[LEVEL]]) == 0);
	if (v[ALPN] != NO_ALPN)
		ck_assert_works(tls_context_set_alpn(c, protocols, 1, v[ALPN] == REQUIRED) == 0);
	ck_assert_works(tls_context_set_handshake_timeout(c, v[TIMEOUT] == 1 ? -1 : 30000) == 0);
	if (v[SESSIONS] == 1)
		ck_assert_works(tls_context_set_session_cache(c, 0) == 0);
	if (v[CHAINS] == 1)
		ck_assert_works(tls_context_set_chain_memory(c, 0) == 0);
	if (v[KEYLOG] == 1)
		ck_assert_works(tls_context_set_keylog_file(c, scratch_path("keys")) == 0);
}

/* The one place where settings may contradict each other. */
static bool
set_versions(tls_context *c, const int *v)
{
	return tls_context_set_profile(c, profiles[v[PROFILE]]) == 0 &&
	    (v[MINIMUM] == MIN_UNSET ||
	        tls_context_set_min_version(c, v[MINIMUM] == MIN_1_2 ? TLSW_TLS_1_2 : TLSW_TLS_1_3) == 0) &&
	    (v[MAXIMUM] == MAX_UNSET ||
	        tls_context_set_max_version(c, v[MAXIMUM] == MAX_1_2 ? TLSW_TLS_1_2 : TLSW_TLS_1_3) == 0);
}

/* Whom the server is to play. */
static struct {
	enum server server;
	int staple, picks;
} role;

static int
pick(SSL *ssl, const unsigned char **out, unsigned char *len, const unsigned char *in, unsigned in_len,
    void *arg)
{
	(void)ssl, (void)in, (void)in_len, (void)arg;
	*out = (const unsigned char *)(role.picks == PICKS_IT ? "imap" : "smtp");
	*len = 4;
	return role.picks == IGNORES ? SSL_TLSEXT_ERR_NOACK : SSL_TLSEXT_ERR_OK;
}

static int
staple(SSL *ssl, void *arg)
{
	const size_t len = staple_lens[role.server][role.staple];
	unsigned char *copy;

	(void)arg;
	if (role.staple == NO_STAPLE)
		return SSL_TLSEXT_ERR_NOACK;
	copy = OPENSSL_memdup(staples[role.server][role.staple], len);
	ck_assert_ptr_nonnull(copy);
	ck_assert_int_eq(SSL_set_tlsext_status_ocsp_resp(ssl, copy, (long)len), 1);
	return SSL_TLSEXT_ERR_OK;
}

static int
accept_any(int ok, X509_STORE_CTX *store)
{
	(void)ok, (void)store;
	return 1;
}

static SSL_CTX *
server_for(const int *v, enum server server)
{
	static const int modes[] = {SSL_VERIFY_NONE, SSL_VERIFY_PEER,
	    SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT};
	SSL_CTX *ctx = pumped_ctx(certs[server]);

	role.server = server;
	role.staple = v[STAPLE];
	role.picks = v[PICKS];
	ck_assert_int_eq(SSL_CTX_add1_chain_cert(ctx, pki_x509(server == UNTRUSTED ? stranger : sub)), 1);
	ck_assert_int_eq(SSL_CTX_set_min_proto_version(ctx, v[SPEAKS] == ONLY_1_3 ? TLS1_3_VERSION : TLS1_2_VERSION), 1);
	ck_assert_int_eq(SSL_CTX_set_max_proto_version(ctx, v[SPEAKS] == ONLY_1_2 ? TLS1_2_VERSION : TLS1_3_VERSION), 1);
	SSL_CTX_set_alpn_select_cb(ctx, pick, NULL);
	(void)SSL_CTX_set_tlsext_status_cb(ctx, staple);
	SSL_CTX_set_verify(ctx, modes[v[ASKS]], accept_any);
	return ctx;
}

/* Whether four octets come back. */
static bool
talks(tls_socket *s, struct pumped *p)
{
	char buf[4];
	ssize_t n = 0;
	int i, got = 0;

	if (tls_socket_write(s, "ping", 4) != 4)
		return false;
	for (i = 0; i < 50 && got < 4 && n != -1; i++) {
		pumped_step(p);
		n = tls_socket_read(s, buf + got, (size_t)(4 - got));
		got += n > 0 ? (int)n : 0;
	}
	return got == 4 && memcmp(buf, "ping", 4) == 0;
}

/* One connection. */
static bool
connects(tls_context *c, SSL_CTX *server, const int *v, const char *host, bool *verified)
{
	struct pumped p;
	tls_socket *s;
	bool accepted;
	int i, rv = TLSW_WANT_READ;

	pumped_start(&p, server, true);
	ck_assert_int_eq(fcntl(p.near, F_SETFL, O_NONBLOCK), 0);
	s = tls_wrap_start(c, p.near, host);
	ck_assert_works(s != NULL);
	if (v[ALSO] != NOBODY)
		ck_assert_works(tls_socket_add_hostname(s, v[ALSO] == SOMEBODY ? "other.lab.test" : RIGHT) == 0);
	if (v[SERVICE] == 1)
		ck_assert_works(tls_socket_set_service(s, "imap") == 0);
	for (i = 0; i < 50 && (rv == TLSW_WANT_READ || rv == TLSW_WANT_WRITE); i++) {
		rv = tls_socket_handshake(s);
		pumped_step(&p);
	}
	*verified = tls_socket_verified(s);
	accepted = rv == 0 && talks(s, &p);
	(void)tls_socket_close(s);
	pumped_step(&p);
	pumped_stop(&p);
	return accepted;
}

/* ----------------------------------------------------------------- comparing them */

static struct {
	int combinations, accepts, resumptions, wrong_accepts, wrong_refusals, wrong_verdicts;
} sum;

static void
complain(const char *what, const int *v, enum server server, const char *host)
{
	int i;

	printf("%s: %s server, asked for %s:", what, server_names[server], host);
	for (i = 0; i < FACTORS; i++)
		if (v[i] != 0)
			printf(" %s=%d", factors[i].name, v[i]);
	printf("\n    %s\n", tls_last_error()->message);
}

static void
compare(tls_context *c, SSL_CTX *ssl_ctx, const int *v, enum server server, bool right)
{
	const char *host = right ? RIGHT : WRONG;
	const bool wanted = model_accepts(v, server, right);
	bool verified, accepted = connects(c, ssl_ctx, v, host, &verified);

	sum.accepts += accepted;
	if (accepted && !wanted) {
		complain("WRONG ACCEPT", v, server, host);
		sum.wrong_accepts++;
	}
	if (!accepted && wanted) {
		complain("wrong refusal", v, server, host);
		sum.wrong_refusals++;
	}
	if (accepted && verified != model_verified(v, server, right)) {
		complain(verified ? "said to be verified" : "said not to be verified", v, server, host);
		sum.wrong_verdicts++;
	}
}

/* A row of settings against one server: the right name, a wrong one, and both once more. */
static void
try(const int *v, enum server server)
{
	tls_context *c = context_from(v[SOURCE]);
	const bool fits = set_versions(c, v);
	SSL_CTX *ssl_ctx;
	int visit;

	ck_assert_msg(fits == model_settings(v), "profile %d, minimum %d, maximum %d", v[PROFILE], v[MINIMUM],
	    v[MAXIMUM]);
	sum.combinations += 2;
	if (fits) {
		set_trust(c, v);
		set_named(c, v, server);
		set_speech(c, v);
		ssl_ctx = server_for(v, server);
		for (visit = 0; visit < 4; visit++)
			compare(c, ssl_ctx, v, server, visit % 2 == 0);
		sum.resumptions += (int)SSL_CTX_sess_hits(ssl_ctx);
		SSL_CTX_free(ssl_ctx);
	}
	tls_context_free(c);
}

/* ------------------------------------------------------------------- all pairs */

static bool seen[FACTORS][FACTORS][VALUES][VALUES];

/* The pairs of values that no row has had so far, which this row has. */
static int
new_pairs(const int *row, bool mark)
{
	int i, j, count = 0;

	for (i = 0; i < FACTORS; i++)
		for (j = i + 1; j < FACTORS; j++) {
			count += !seen[i][j][row[i]][row[j]];
			if (mark)
				seen[i][j][row[i]][row[j]] = true;
		}
	return count;
}

/* Of many rows by a fixed generator, the one with most new pairs; 0: there are none left. */
static int
next_row(int *best, enum set set, uint32_t *state)
{
	int row[FACTORS], most = 0, i, j, n;

	for (i = 0; i < 300; i++) {
		for (j = 0; j < FACTORS; j++) {
			*state = *state * 1664525u + 1013904223u;
			row[j] = (int)((*state >> 16) % (unsigned)factors[j].values[set]);
		}
		n = new_pairs(row, false);
		if (n > most) {
			most = n;
			memcpy(best, row, sizeof(row));
		}
	}
	if (most > 0)
		(void)new_pairs(best, true);
	return most;
}

/* The first pair that no row has had; false: there is none. */
static bool
missing_pair(enum set set, int *row)
{
	int i, j, a, b;

	for (i = 0; i < FACTORS; i++)
		for (j = i + 1; j < FACTORS; j++)
			for (a = 0; a < factors[i].values[set]; a++)
				for (b = 0; b < factors[j].values[set]; b++)
					if (!seen[i][j][a][b]) {
						row[i] = a;
						row[j] = b;
						return true;
					}
	return false;
}

static int
try_rows(enum set set, uint32_t *state)
{
	int rows = 0, row[FACTORS], server;

	memset(seen, 0, sizeof(seen));
	while (next_row(row, set, state) > 0 || missing_pair(set, row)) {
		(void)new_pairs(row, true);
		for (server = 0; server < SERVERS; server++)
			try(row, (enum server)server);
		rows++;
	}
	ck_assert(!missing_pair(set, row));
	return rows;
}

START_TEST(no_pair_of_settings_lets_a_wrong_server_in_or_keeps_a_good_one_out)
{
	uint32_t state = 1;
	int rows[SETS], set, accepts[SETS];

	for (set = 0; set < SETS; set++) {
		accepts[set] = sum.accepts;
		rows[set] = try_rows((enum set)set, &state);
		accepts[set] = sum.accepts - accepts[set];
	}
	printf("pairwise: %d combinations, wrong accepts %d, wrong refusals %d, wrong verdicts %d\n",
	    sum.combinations, sum.wrong_accepts, sum.wrong_refusals, sum.wrong_verdicts);
	printf("pairwise: %d, %d, %d and %d rows, %d connections came about, %d of them resumed\n",
	    rows[REUSING], rows[HARMLESS], rows[LENIENT], rows[ALL], sum.accepts, sum.resumptions);
	(void)fflush(stdout);
	ck_assert_int_eq(sum.wrong_accepts, 0);
	ck_assert_int_eq(sum.wrong_refusals, 0);
	ck_assert_int_eq(sum.wrong_verdicts, 0);
	ck_assert_int_ge(rows[HARMLESS], 20); /* 5 flags by 4 sources */
	ck_assert_int_ge(rows[ALL], 35);      /* 7 by 5 */
	ck_assert_int_ge(accepts[HARMLESS], 2 * rows[HARMLESS]); /* the good server, twice */
	ck_assert_int_ge(accepts[LENIENT], 4 * rows[LENIENT]);   /* more than a good one */
	ck_assert_int_ge(sum.resumptions, rows[REUSING]); /* its second time */
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("pairwise");
	TCase *t = tcase_create("settings");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, no_pair_of_settings_lets_a_wrong_server_in_or_keeps_a_good_one_out);
	suite_add_tcase(suite, t);
	return support_run(suite);
}
