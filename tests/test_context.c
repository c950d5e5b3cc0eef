/*
 * test_context.c - settings: each is taken whole or refused whole, none is
 * weakened by accident, and no environment weakens any.
 *
 * SPDX-License-Identifier: ISC
 */
#include "support/scene.h"

#include <limits.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "context.h"
#include "support/trust_support.h"

static struct pki *ca, *stranger, *leaf, *wrong, *untrusted;
static struct scene scene;
static tls_context *ctx;
static const char *ca_file;

static void
set_up(void)
{
	scratch_make();
	ca = pki_ca("Test CA");
	stranger = pki_ca("Stranger CA");
	leaf = pki_leaf(ca, "www.lab.test");
	wrong = pki_make(.cn = "www.lab.test", .issuer = ca, .san = PKI_NAMES(PKI_DNS("evil.test")));
	untrusted = pki_leaf(stranger, "www.lab.test");
	ca_file = scratch_write("ca.pem", pki_pem(ca), SIZE_MAX);
	ctx = scene_trusting(ca);
}

static void
tear_down(void)
{
	tls_context_free(ctx);
	pki_free(untrusted);
	pki_free(wrong);
	pki_free(leaf);
	pki_free(stranger);
	pki_free(ca);
	scratch_remove();
	tls_error_clear();
}

/* The decision about a certificate, without a connection. */
static int
verify(tls_context *c, const struct pki *cert)
{
	struct pki_octets der = pki_der(cert);
	tls_certificate *x = tls_certificate_load_mem(der.at, der.len);
	int rv;

	ck_assert_works(x != NULL);
	rv = tls_context_verify(c, x, "www.lab.test");
	tls_certificate_free(x);
	return rv;
}

/* It freezes the context, so it comes last. */
static void
assert_still_strict(tls_context *c)
{
	ck_assert_works(verify(c, leaf) == 0);
	ck_assert_refused(verify(c, wrong), TLSW_ERR_HOSTNAME_MISMATCH);
	ck_assert_refused(verify(c, untrusted), TLSW_ERR_CERTIFICATE);
}

/* --------------------------------------------------------------- every setter */

static int set_verify_mode(tls_context *c) { return tls_context_set_verify_mode(c, TLSW_CERT_REQUIRED); }
static int set_check_hostname(tls_context *c) { return tls_context_set_check_hostname(c, true); }
static int set_cn(tls_context *c) { return tls_context_set_hostname_checks_common_name(c, true); }
static int set_flags(tls_context *c) { return tls_context_set_verify_flags(c, TLSW_VERIFY_STRICT); }
static int set_depth(tls_context *c) { return tls_context_set_verify_depth(c, 3); }
static int set_time(tls_context *c) { return tls_context_set_verify_time(c, 0); }
static int load_system(tls_context *c) { return tls_context_load_default_certs(c); }
static int load_file(tls_context *c) { return tls_context_load_ca_file(c, ca_file); }
static int load_dir(tls_context *c) { return tls_context_load_ca_dir(c, scratch_path("certs")); }
static int load_mem(tls_context *c) { return tls_context_load_ca_mem(c, pki_pem(ca), strlen(pki_pem(ca))); }
static int load_crl(tls_context *c) { return tls_context_load_crl_file(c, scratch_path("crl.pem")); }
static int load_cert(tls_context *c) { return tls_context_load_cert_chain(c, scratch_path("client.pem"), NULL, NULL, NULL); }

static int
load_cert_mem(tls_context *c)
{
	const char *certs = pki_pem(leaf), *key = pki_key_pem(leaf);

	return tls_context_load_cert_chain_mem(c, certs, strlen(certs), key, strlen(key), NULL, NULL);
}
static int set_refresh(tls_context *c) { return tls_context_set_refresh(c, false); }
static int set_min(tls_context *c) { return tls_context_set_min_version(c, TLSW_TLS_1_3); }
static int set_max(tls_context *c) { return tls_context_set_max_version(c, TLSW_TLS_1_3); }
static int set_ciphers(tls_context *c) { return tls_context_set_ciphers(c, "HIGH", NULL); }
static int set_groups(tls_context *c) { return tls_context_set_groups(c, "X25519"); }
static int set_alpn(tls_context *c) { const char *p = "h2"; return tls_context_set_alpn(c, &p, 1, true); }
static int set_timeout(tls_context *c) { return tls_context_set_handshake_timeout(c, 1000); }
static int set_cache(tls_context *c) { return tls_context_set_session_cache(c, 0); }
static int set_chains(tls_context *c) { return tls_context_set_chain_memory(c, 0); }
static int set_level(tls_context *c) { return tls_context_set_security_level(c, 2); }
static int set_sigalgs(tls_context *c) { return tls_context_set_signature_algorithms(c, "ECDSA+SHA256"); }
static int set_profile(tls_context *c) { return tls_context_set_profile(c, TLSW_PROFILE_MODERN); }
static int set_keylog(tls_context *c) { return tls_context_set_keylog_file(c, scratch_path("keys")); }

static int
set_pins(tls_context *c)
{
	return tls_context_set_pins(c, "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
}

static int
add_exception(tls_context *c)
{
	return tls_context_add_exception(c, "other.lab.test",
	    "cert-sha256:00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff");
}

static int
allow(const tls_socket *s, const tls_certificate *chain, unsigned long reasons, void *arg)
{
	(void)s, (void)chain, (void)reasons, (void)arg;
	return 0;
}
static int set_ocsp(tls_context *c) { return tls_context_set_ocsp(c, TLSW_OCSP_OFF); }
static int set_hook(tls_context *c) { return tls_context_set_verify_hook(c, allow, NULL); }

/* Each setter under its name; the test below misses those that are not here. */
static const struct {
	const char *name;
	int (*call)(tls_context *);
} setters[] = {
    {"tls_context_set_verify_mode", set_verify_mode},
    {"tls_context_set_check_hostname", set_check_hostname},
    {"tls_context_set_hostname_checks_common_name", set_cn},
    {"tls_context_set_verify_flags", set_flags},
    {"tls_context_set_verify_depth", set_depth},
    {"tls_context_set_verify_time", set_time},
    {"tls_context_load_default_certs", load_system},
    {"tls_context_load_ca_file", load_file},
    {"tls_context_load_ca_dir", load_dir},
    {"tls_context_load_ca_mem", load_mem},
    {"tls_context_load_crl_file", load_crl},
    {"tls_context_set_refresh", set_refresh},
    {"tls_context_set_min_version", set_min},
    {"tls_context_set_max_version", set_max},
    {"tls_context_set_ciphers", set_ciphers},
    {"tls_context_set_groups", set_groups},
    {"tls_context_set_alpn", set_alpn},
    {"tls_context_set_handshake_timeout", set_timeout},
    {"tls_context_set_session_cache", set_cache},
    {"tls_context_set_chain_memory", set_chains},
    {"tls_context_set_security_level", set_level},
    {"tls_context_set_signature_algorithms", set_sigalgs},
    {"tls_context_set_profile", set_profile},
    {"tls_context_set_keylog_file", set_keylog},
    {"tls_context_set_pins", set_pins},
    {"tls_context_add_exception", add_exception},
    {"tls_context_set_verify_hook", set_hook},
    {"tls_context_set_ocsp", set_ocsp},
    {"tls_context_load_cert_chain", load_cert},
    {"tls_context_load_cert_chain_mem", load_cert_mem},
};
#define SETTERS (int)(sizeof(setters) / sizeof(setters[0]))

static bool
is_listed(const char *name, size_t len)
{
	int i;

	for (i = 0; i < SETTERS; i++)
		if (strlen(setters[i].name) == len && memcmp(setters[i].name, name, len) == 0)
			return true;
	return false;
}

START_TEST(the_version_is_that_of_the_package)
{
	ck_assert_str_eq(tlswrap_version(), PACKAGE_VERSION);
}
END_TEST

START_TEST(every_setter_is_among_those_tested_here)
{
	char *names = support_read_file("../lib/libtlswrap.sym", NULL), *at = names;
	size_t len;
	int found = 0;

	for (; *at != '\0'; at += len + (at[len] == '\n')) {
		len = strcspn(at, "\n");
		if (strncmp(at, "tls_context_set_", 16) != 0 && strncmp(at, "tls_context_load_", 17) != 0 &&
		    strncmp(at, "tls_context_add_", 16) != 0)
			continue;
		ck_assert_msg(is_listed(at, len), "%.*s has no row", (int)len, at);
		found++;
	}
	ck_assert_int_eq(found, SETTERS);
	free(names);
}
END_TEST

static void
write_sources(void)
{
	X509_CRL *crl = pki_crl(&(struct pki_crl_spec){.issuer = ca});
	char *pem = pki_crl_pem(crl), both[8192];

	(void)snprintf(both, sizeof(both), "%s%s", pki_pem(leaf), pki_key_pem(leaf));
	(void)scratch_write("client.pem", both, SIZE_MAX);
	(void)scratch_write("crl.pem", pem, SIZE_MAX);
	(void)scratch_rehash("certs", pki_x509(ca), 0, pki_pem(ca));
	(void)setenv("SSL_CERT_FILE", ca_file, 1);
	free(pem);
	X509_CRL_free(crl);
}

START_TEST(a_setter_works_on_a_fresh_context_and_refuses_null)
{
	write_sources();
	ck_assert_msg(setters[_i].call(ctx) >= 0, "%s: %s", setters[_i].name, tls_last_error()->message);
	tls_error_clear();
	ck_assert_msg(setters[_i].call(NULL) == -1, "%s", setters[_i].name);
	support_assert_error(TLSW_ERR_USAGE, setters[_i].name, __FILE__, __LINE__);
}
END_TEST

/* wall: N03 */
START_TEST(a_context_in_use_cannot_be_changed)
{
	const int setter = _i / 3;
	int pair[2];

	write_sources();
	if (_i % 3 == 0)
		(void)verify(ctx, leaf);
	if (_i % 3 == 1)
		ck_assert_ptr_nonnull(tls_context_native(ctx));
	if (_i % 3 == 2) { /* also by a wrap that fails */
		ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
		ck_assert_refused_null(tls_wrap(ctx, pair[0], ""), TLSW_ERR_HOSTNAME);
		(void)close(pair[0]);
		(void)close(pair[1]);
	}
	tls_error_clear();
	ck_assert_msg(setters[setter].call(ctx) == -1, "%s", setters[setter].name);
	support_assert_error(TLSW_ERR_USAGE, setters[setter].name, __FILE__, __LINE__);
	assert_still_strict(ctx);
}
END_TEST

START_TEST(getters_of_nothing_give_nothing)
{
	ck_assert_int_eq(tls_context_get_verify_mode(NULL), TLSW_CERT_NONE);
	ck_assert(!tls_context_get_check_hostname(NULL));
	ck_assert_uint_eq(tls_context_get_verify_flags(NULL), 0);
	ck_assert_refused_null(tls_context_native(NULL), TLSW_ERR_USAGE);
	tls_context_free(NULL);
}
END_TEST

/* wall: A02 */
START_TEST(a_new_context_is_the_strictest)
{
	ck_assert_int_eq(tls_context_get_verify_mode(ctx), TLSW_CERT_REQUIRED);
	ck_assert(tls_context_get_check_hostname(ctx));
	ck_assert_uint_eq(tls_context_get_verify_flags(ctx), 0);
	assert_still_strict(ctx);
}
END_TEST

/* wall: A05 */
START_TEST(any_value_but_zero_turns_the_name_check_on)
{
	int (*const takes_a_bool)(tls_context *, bool) = tls_context_set_check_hostname;
	static const int values[] = {1, 2, -1, 256, 65536, INT_MIN, INT_MAX};

	ck_assert_works(tls_context_set_check_hostname(ctx, false) == 0);
	ck_assert_works(tls_context_set_verify_mode(ctx, TLSW_CERT_NONE) == 0);
	ck_assert(!tls_context_get_check_hostname(ctx));
	ck_assert_works(takes_a_bool(ctx, values[_i]) == 0);
	ck_assert(tls_context_get_check_hostname(ctx));
	ck_assert_int_eq(tls_context_get_verify_mode(ctx), TLSW_CERT_REQUIRED);
	assert_still_strict(ctx);
}
END_TEST

/* ------------------------------------------------------------- refused values */

/* All that can be seen of the settings, as a text to compare. */
static void
describe(const tls_context *c, char *out, size_t size)
{
	const STACK_OF(SSL_CIPHER) *ciphers = SSL_CTX_get_ciphers(c->ssl_ctx);
	struct tlsw__snapshot *trust = tlsw__trust_snapshot(c->trust);
	size_t n;
	int i;

	ck_assert_works(trust != NULL);
	n = (size_t)snprintf(out, size, "%d %d %d %lx %d %lld %d %d|%ld %ld %lx %d|%zu %d %d|%zu %zu %d %s %s %p %p|",
	    c->policy.require_chain, c->policy.check_hostname, c->policy.check_common_name,
	    c->policy.chain.flags, c->policy.chain.depth, (long long)c->policy.chain.when,
	    c->policy.chain.security_level, c->handshake_timeout_ms,
	    (long)SSL_CTX_get_min_proto_version(c->ssl_ctx),
	    (long)SSL_CTX_get_max_proto_version(c->ssl_ctx),
	    (unsigned long)SSL_CTX_get_options(c->ssl_ctx), SSL_CTX_get_security_level(c->ssl_ctx),
	    tlsw__snapshot_anchors(trust), c->alpn_required, (int)c->alpn_len, c->policy.pins.count,
	    c->policy.exceptions.count, (int)c->profile + 16 * (int)c->policy.ocsp, c->groups == NULL ? "" : c->groups,
	    c->sigalgs == NULL ? "" : c->sigalgs, (void *)c->sessions, (void *)c->chains);
	tlsw__snapshot_free(trust);
	for (i = 0; i < sk_SSL_CIPHER_num(ciphers) && n < size; i++)
		n += (size_t)snprintf(out + n, size - n, "%s:",
		    SSL_CIPHER_get_name(sk_SSL_CIPHER_value(ciphers, i)));
	ck_assert_uint_lt(n, size);
}

enum what { MODE, FLAGS, DEPTH, MIN, MAX, TIMEOUT, LEVEL, PROFILE, OCSP, SESSIONS, CHAINS };

/* wall: A03 */
static const struct {
	enum what what;
	long value;
} bad_numbers[] = {
    {MODE, -1}, {MODE, 2}, {MODE, 3}, {MODE, 99}, {MODE, INT_MAX}, {MODE, INT_MIN},
    {MODE, TLSW_CERT_NONE}, /* while check_hostname is on */
    {FLAGS, 0x20}, {FLAGS, 0x40000000}, {FLAGS, LONG_MIN}, {FLAGS, -1},
    {DEPTH, -1}, {DEPTH, INT_MIN},
    {MIN, 0}, {MIN, -1}, {MIN, 1}, {MIN, 0x0300}, {MIN, 0x0301}, {MIN, 0x0302}, {MIN, 0x0305},
    {MIN, 0xfefd}, {MIN, INT_MAX},
    {MAX, 0}, {MAX, -1}, {MAX, 1}, {MAX, 0x0300}, {MAX, 0x0301}, {MAX, 0x0302}, {MAX, 0x0305},
    {MAX, 0xfefd}, {MAX, INT_MAX},
    {TIMEOUT, 0}, {TIMEOUT, -2}, {TIMEOUT, INT_MIN}, {LEVEL, -1}, {LEVEL, 6}, {LEVEL, INT_MAX},
    {LEVEL, INT_MIN}, {PROFILE, -1}, {PROFILE, 3}, {PROFILE, INT_MAX}, {OCSP, -1}, {OCSP, 3}, {OCSP, INT_MAX}, {SESSIONS, 100001}, {SESSIONS, -1},
    {CHAINS, 100001}, {CHAINS, -1}, {CHAINS, LONG_MAX},
};
#define BAD_NUMBERS (int)(sizeof(bad_numbers) / sizeof(bad_numbers[0]))

static int
set_number(enum what what, long value)
{
	switch (what) {
	case MODE:
		return tls_context_set_verify_mode(ctx, (enum tlsw_verify_mode)value);
	case FLAGS:
		return tls_context_set_verify_flags(ctx, (unsigned long)value);
	case DEPTH:
		return tls_context_set_verify_depth(ctx, (int)value);
	case MIN:
		return tls_context_set_min_version(ctx, (enum tlsw_version)value);
	case MAX:
		return tls_context_set_max_version(ctx, (enum tlsw_version)value);
	case TIMEOUT:
		return tls_context_set_handshake_timeout(ctx, (int)value);
	case LEVEL:
		return tls_context_set_security_level(ctx, (int)value);
	case PROFILE:
		return tls_context_set_profile(ctx, (enum tlsw_profile)value);
	case OCSP:
		return tls_context_set_ocsp(ctx, (enum tlsw_ocsp)value);
	case SESSIONS:
		return tls_context_set_session_cache(ctx, (size_t)value);
	case CHAINS:
		break;
	}
	return tls_context_set_chain_memory(ctx, (size_t)value);
}

START_TEST(a_number_out_of_range_changes_nothing)
{
	char before[8192], after[8192];

	describe(ctx, before, sizeof(before));
	ck_assert_refused(set_number(bad_numbers[_i].what, bad_numbers[_i].value), TLSW_ERR_USAGE);
	describe(ctx, after, sizeof(after));
	ck_assert_str_eq(before, after);
	assert_still_strict(ctx);
}
END_TEST

START_TEST(an_unknown_mode_is_refused_with_the_name_check_off_as_well)
{
	ck_assert_works(tls_context_set_check_hostname(ctx, false) == 0);
	ck_assert_refused(tls_context_set_verify_mode(ctx, (enum tlsw_verify_mode)2), TLSW_ERR_USAGE);
	ck_assert_refused(tls_context_set_verify_mode(ctx, (enum tlsw_verify_mode)-1), TLSW_ERR_USAGE);
	ck_assert_int_eq(tls_context_get_verify_mode(ctx), TLSW_CERT_REQUIRED);
	ck_assert_refused(verify(ctx, untrusted), TLSW_ERR_CERTIFICATE);
}
END_TEST

START_TEST(the_minimum_never_passes_the_maximum)
{
	char before[8192], after[8192];

	ck_assert_works(_i == 0 ? tls_context_set_max_version(ctx, TLSW_TLS_1_2) == 0
				: tls_context_set_min_version(ctx, TLSW_TLS_1_3) == 0);
	describe(ctx, before, sizeof(before));
	if (_i == 0)
		ck_assert_refused(tls_context_set_min_version(ctx, TLSW_TLS_1_3), TLSW_ERR_USAGE);
	else
		ck_assert_refused(tls_context_set_max_version(ctx, TLSW_TLS_1_2), TLSW_ERR_USAGE);
	describe(ctx, after, sizeof(after));
	ck_assert_str_eq(before, after);
	ck_assert_works(tls_context_set_min_version(ctx, _i == 0 ? TLSW_TLS_1_2 : TLSW_TLS_1_3) == 0);
	ck_assert_works(tls_context_set_max_version(ctx, _i == 0 ? TLSW_TLS_1_2 : TLSW_TLS_1_3) == 0);
}
END_TEST

#define A24 "AAAAAAAAAAAAAAAAAAAAAAAA" /* 18 octets of 0 in base64 */

/* wall: A15 */
static const struct {
	enum { TLS12, TLS13, GROUPS, SIGALGS, PINS, EXCEPTION } of;
	const char *list;
} bad_lists[] = {
    {TLS12, "NOSUCH"}, {TLS12, ""}, {TLS12, ":"}, {TLS12, "ECDHE-RSA-AES128-GCM-SHA256:NOSUCH"},
    {TLS12, "NOSUCH:ECDHE-RSA-AES128-GCM-SHA256"}, {TLS12, "HIGH:!NOSUCH"}, {TLS12, "HIGH:-NOSUCH"},
    {TLS12, "HIGH:!RC5"}, {TLS12, "HIGH:!aNUL"}, {TLS12, "HIGH:!RC4-SHA+NOSUCH"}, {TLS12, "RC4"},
    {TLS12, "HIGH:RC4"}, {TLS12, "HIGH+NOSUCH:ECDHE"}, {TLS12, "!ALL"}, {TLS12, "HIGH:!ALL"},
    {TLS12, "ECDHE:DEFAULT"}, {TLS12, "DEFAULTS"}, {TLS12, "HIGH+DEFAULT"}, {TLS12, "!DEFAULT"},
    {TLS12, "SUITEB128"}, {TLS12, "SUITEB128:NOSUCH"}, {TLS12, "ECDHE!RC4"}, {TLS12, "HIGH:!"},
    {TLS12, "HIGH:+"}, {TLS12, "HIGH\n"}, {TLS12, "TLS_AES_128_GCM_SHA256"},
    {TLS12, "@STRENGTH"}, {TLS12, "HIGH:@NOSUCH"},
    {TLS12, "@SECLEVEL=0"}, {TLS12, "HIGH:@SECLEVEL=0"}, {TLS12, "HIGH:@SECLEVEL=2"},
    {TLS12, "DEFAULT@SECLEVEL=0"}, {TLS12, "ALL@SECLEVEL=0"}, {TLS12, "HIGH,@SECLEVEL=1"},
    {TLS12, "HIGH @SECLEVEL=1"}, {TLS12, "HIGH;@SECLEVEL=1"}, {TLS12, "ECDHE+AESGCM@SECLEVEL=0"},
    {TLS12, "HIGH:!aNULL@SECLEVEL=0"}, {TLS12, "HIGH:@STRENGTH@SECLEVEL=0"},
    {TLS12, "HIGH:@SECLEVEL=0:@STRENGTH"}, {TLS12, "PROFILE=SYSTEM"},
    {TLS13, "NOSUCH"}, {TLS13, ""}, {TLS13, ":"}, {TLS13, "TLS_AES_128_GCM_SHA256:NOSUCH"},
    {TLS13, "NOSUCH:TLS_AES_128_GCM_SHA256"}, {TLS13, "TLS_AES_128_GCM_SHA256:"},
    {TLS13, "TLS_AES_128_GCM_SHA256,TLS_AES_256_GCM_SHA384"}, {TLS13, "ECDHE-RSA-AES128-GCM-SHA256"},
    {TLS13, "HIGH"},
    {GROUPS, "xyz"}, {GROUPS, ""}, {GROUPS, ":"}, {GROUPS, "X25519:xyz"}, {GROUPS, "xyz:X25519"},
    {GROUPS, "X25519:"}, {GROUPS, "P-256:P-256"}, {GROUPS, "X25519,P-256"},
    {SIGALGS, ""}, {SIGALGS, "xyz"}, {SIGALGS, "ECDSA+SHA256:xyz"}, {SIGALGS, "xyz:ECDSA+SHA256"},
    {SIGALGS, "ECDSA"}, {SIGALGS, "ECDSA+"}, {SIGALGS, "ECDSA+SHA256:"}, {SIGALGS, ":"},
    {PINS, "sha256//" A24 "AAA="}, /* 20 octets, as of SHA-1 */
    {PINS, "sha256//" A24 "AAAAAAAAAAAAAAAAAA=="}, /* 31 */
    {PINS, "sha256//" A24 "AAAAAAAAAAAAAAAAAAAA"}, /* 33 */
    {PINS, "sha256//" A24 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=="}, /* 64, as of SHA-512 */
    {PINS, ""}, {PINS, ";"}, {PINS, "sha256//"}, {PINS, "sha256//AAAA"},
    {PINS, "sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="},
    {PINS, "sha1//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="},
    {PINS, "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=="},
    {PINS, "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"},
    {PINS, "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA!AAAAAA="},
    {PINS, "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= "},
    {PINS, "sha256//    AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="},
    {PINS, "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=;xyz"},
    {PINS, "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=;;"},
    {EXCEPTION, ""}, {EXCEPTION, "cert-sha256:"}, {EXCEPTION, "sha256:00"}, {EXCEPTION, "cert-sha256:0"},
    {EXCEPTION, "cert-sha256:00112233445566778899aabbccddeeff00112233445566778899aabbccddee"},
    {EXCEPTION, "cert-sha256:00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff0"},
    {EXCEPTION, "cert-sha256:00112233445566778899aabbccddeeff00112233445566778899aabbccddeefg"},
    {EXCEPTION, "cert-sha256::00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"},
    {EXCEPTION, "cert-sha256:0:0112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"},
};
#define BAD_LISTS (int)(sizeof(bad_lists) / sizeof(bad_lists[0]))

static int
set_list(const char *list, int of)
{
	if (of == GROUPS)
		return tls_context_set_groups(ctx, list);
	if (of == SIGALGS)
		return tls_context_set_signature_algorithms(ctx, list);
	if (of == PINS)
		return tls_context_set_pins(ctx, list);
	if (of == EXCEPTION)
		return tls_context_add_exception(ctx, "www.lab.test", list);
	return of == TLS12 ? tls_context_set_ciphers(ctx, list, "TLS_AES_128_GCM_SHA256")
			   : tls_context_set_ciphers(ctx, "HIGH", list);
}

START_TEST(a_list_that_is_not_understood_whole_changes_nothing)
{
	const char *list = bad_lists[_i].list;
	char before[8192], after[8192];

	describe(ctx, before, sizeof(before));
	tls_error_clear();
	ck_assert_msg(set_list(list, (int)bad_lists[_i].of) == -1, "\"%s\" was taken", list);
	support_assert_error(TLSW_ERR_USAGE, list, __FILE__, __LINE__);
	describe(ctx, after, sizeof(after));
	ck_assert_str_eq(before, after);
	assert_still_strict(ctx);
}
END_TEST

/* What programs write, of lists that mean something; the suite in none stays out. */
static const struct {
	const char *list, *none;
} good_lists[] = {
    {"HIGH", "NULL"}, {"DEFAULT", "NULL"}, {"DEFAULT:!kRSA", "-NONE-"}, {"HIGH:!aNULL:!MD5", "ADH"},
    {"HIGH:!aNULL:!MD5:!RC4", "ADH"}, {"HIGH !aNULL;!MD5,!RC4", "ADH"}, {"ECDHE+AESGCM:!aECDSA", "ECDSA"},
    {"HIGH:!aNULL:!eNULL:!EXPORT:!DES:!3DES:!RC4:!MD5:!PSK:!SRP:!DSS:!CAMELLIA", "CAMELLIA"},
    {"ALL:!ADH:!LOW:!EXP:!MD5:!SSLv2:@STRENGTH", "ADH"}, {"HIGH:!SSLv2:!EXP:!KRB5:!IDEA:!SEED:!RC2", "RC4"},
    {"HIGH:-RC4:+3DES", "RC4"}, {"ECDHE-RSA-AES128-GCM-SHA256", "ECDSA"},
    {"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:AES128-SHA:HIGH:!aNULL:!eNULL:!EXPORT:"
     "!DES:!RC4:!MD5:!PSK:!aECDH:!EDH-DSS-DES-CBC3-SHA:!EDH-RSA-DES-CBC3-SHA:!KRB5-DES-CBC3-SHA", "PSK"},
};
#define GOOD_LISTS (int)(sizeof(good_lists) / sizeof(good_lists[0]))

START_TEST(what_programs_write_is_taken)
{
	char seen[8192];

	ck_assert_works(tls_context_set_ciphers(ctx, good_lists[_i].list, NULL) == 0);
	describe(ctx, seen, sizeof(seen));
	ck_assert_msg(strstr(seen, good_lists[_i].none) == NULL, "%s: %s", good_lists[_i].list, seen);
	ck_assert_int_eq(SSL_CTX_get_security_level(ctx->ssl_ctx), 2);
	assert_still_strict(ctx);
}
END_TEST

START_TEST(suites_and_groups_are_taken)
{
	static const char *const suites[] = {"TLS_AES_128_GCM_SHA256", "TLS_CHACHA20_POLY1305_SHA256",
	    "TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256"};
	static const char *const groups[] = {"X25519", "P-256:P-384", "prime256v1"};

	ck_assert_works(tls_context_set_ciphers(ctx, NULL, suites[_i]) == 0);
	ck_assert_works(tls_context_set_ciphers(ctx, NULL, NULL) == 0); /* keeps both */
	ck_assert_works(tls_context_set_groups(ctx, groups[_i]) == 0);
	ck_assert_str_eq(SSL_CIPHER_get_name(sk_SSL_CIPHER_value(SSL_CTX_get_ciphers(ctx->ssl_ctx), 0)),
	    _i == 2 ? "TLS_AES_256_GCM_SHA384" : suites[_i]);
	assert_still_strict(ctx);
}
END_TEST

/* wall: K13 */
START_TEST(alpn_names_are_checked_when_they_are_set)
{
	char longest[257], before[8192], after[8192];
	const char *rows[][2] = {{"", NULL}, {NULL, NULL}, {longest, NULL}, {"h2", ""}, {"h2", NULL}};
	const char *good[2] = {"imap", longest};

	memset(longest, 'a', 256);
	longest[256] = '\0';
	describe(ctx, before, sizeof(before));
	ck_assert_refused(tls_context_set_alpn(ctx, rows[_i], rows[_i][1] == NULL && _i < 3 ? 1 : 2, true),
	    TLSW_ERR_USAGE);
	ck_assert_refused(tls_context_set_alpn(ctx, NULL, 0, true), TLSW_ERR_USAGE);
	ck_assert_refused(tls_context_set_alpn(ctx, NULL, 1, false), TLSW_ERR_USAGE);
	describe(ctx, after, sizeof(after));
	ck_assert_str_eq(before, after);
	longest[255] = '\0';
	ck_assert_works(tls_context_set_alpn(ctx, good, 2, true) == 0);
	ck_assert_uint_eq(ctx->alpn_len, 5 + 256);
	ck_assert_works(tls_context_set_alpn(ctx, NULL, 0, false) == 0);
	ck_assert_uint_eq(ctx->alpn_len, 0);
}
END_TEST

static int
sources_that_are_none(int i)
{
	(void)mkdir(scratch_path("empty"), 0755);
	(void)scratch_write("nothing.pem", "", 0);
	(void)scratch_write("garbage.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
	    SIZE_MAX);
	switch (i) {
	case 0: return tls_context_load_ca_file(ctx, "/nonexistent/ca.pem");
	case 1: return tls_context_load_ca_file(ctx, scratch_path("empty"));
	case 2: return tls_context_load_ca_file(ctx, scratch_path("nothing.pem"));
	case 3: return tls_context_load_ca_file(ctx, scratch_path("garbage.pem"));
	case 4: return tls_context_load_ca_file(ctx, "");
	case 5: return tls_context_load_ca_file(ctx, "/dev/null");
	case 6: return tls_context_load_ca_dir(ctx, "/nonexistent");
	case 7: return tls_context_load_ca_dir(ctx, scratch_path("empty"));
	case 8: return tls_context_load_ca_dir(ctx, ca_file);
	case 9: return tls_context_load_ca_mem(ctx, "", 0);
	case 10: return tls_context_load_ca_mem(ctx, "rubbish", 7);
	case 11: return tls_context_load_crl_file(ctx, "/nonexistent/crl.pem");
	case 12: return tls_context_load_crl_file(ctx, ca_file);
	default: return tls_context_load_crl_file(ctx, scratch_path("nothing.pem"));
	}
}

START_TEST(a_source_of_trust_that_is_none_changes_nothing)
{
	char before[8192], after[8192];

	describe(ctx, before, sizeof(before));
	ck_assert_refused(sources_that_are_none(_i), TLSW_ERR_TRUST_STORE);
	describe(ctx, after, sizeof(after));
	ck_assert_str_eq(before, after);
	assert_still_strict(ctx);
}
END_TEST

START_TEST(a_source_of_trust_without_a_name_is_a_mistake)
{
	ck_assert_refused(tls_context_load_ca_file(ctx, NULL), TLSW_ERR_USAGE);
	ck_assert_refused(tls_context_load_ca_dir(ctx, NULL), TLSW_ERR_USAGE);
	ck_assert_refused(tls_context_load_ca_mem(ctx, NULL, 10), TLSW_ERR_USAGE);
	ck_assert_refused(tls_context_load_crl_file(ctx, NULL), TLSW_ERR_USAGE);
	ck_assert_refused(tls_context_set_groups(ctx, NULL), TLSW_ERR_USAGE);
	ck_assert_refused(tls_context_set_signature_algorithms(ctx, NULL), TLSW_ERR_USAGE);
	ck_assert_refused(tls_context_set_pins(ctx, NULL), TLSW_ERR_USAGE);
	ck_assert_refused(tls_context_add_exception(ctx, NULL, "cert-sha256:00"), TLSW_ERR_HOSTNAME);
	ck_assert_refused(tls_context_add_exception(ctx, "www.lab.test", NULL), TLSW_ERR_USAGE);
	ck_assert_refused(tls_context_add_exception(ctx, "a..b", "cert-sha256:00"), TLSW_ERR_HOSTNAME);
	assert_still_strict(ctx);
}
END_TEST

/* What is no file would block, or raise SIGPIPE. */
START_TEST(a_key_log_is_a_file)
{
	const char *pipe_path = scratch_path("fifo");
	struct stat st;

	ck_assert_int_eq(mkfifo(pipe_path, 0600), 0);
	ck_assert_refused(tls_context_set_keylog_file(ctx, pipe_path), TLSW_ERR_SYSTEM);
	ck_assert_refused(tls_context_set_keylog_file(ctx, scratch_path("no/such/folder")), TLSW_ERR_SYSTEM);
	ck_assert_refused(tls_context_set_keylog_file(ctx, ""), TLSW_ERR_SYSTEM);
	ck_assert_refused(tls_context_set_keylog_file(ctx, "/"), TLSW_ERR_SYSTEM);
	(void)setenv("SSLKEYLOGFILE", pipe_path, 1);
	ck_assert_refused(tls_context_set_keylog_file(ctx, NULL), TLSW_ERR_SYSTEM);
	(void)setenv("SSLKEYLOGFILE", "", 1);
	ck_assert_works(tls_context_set_keylog_file(ctx, NULL) == 0);
	ck_assert_int_eq(ctx->keylog_fd, -1);
	ck_assert_works(set_keylog(ctx) == 0);
	ck_assert_int_eq(stat(scratch_path("keys"), &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0600);
	ck_assert_works(tls_context_set_keylog_file(ctx, "/dev/null") == 0);
}
END_TEST

/* ---------------------------------------------------------- what settings do */

START_TEST(versions_decide_who_can_be_talked_to)
{
	/* minimum and maximum of the context, the server's only version, whether it works */
	static const struct { int min, max, server; bool works; } rows[] = {
	    {TLSW_TLS_1_2, TLSW_TLS_1_3, TLS1_2_VERSION, true}, {TLSW_TLS_1_2, TLSW_TLS_1_3, TLS1_3_VERSION, true},
	    {TLSW_TLS_1_3, TLSW_TLS_1_3, TLS1_2_VERSION, false}, {TLSW_TLS_1_3, TLSW_TLS_1_3, TLS1_3_VERSION, true},
	    {TLSW_TLS_1_2, TLSW_TLS_1_2, TLS1_2_VERSION, true}, {TLSW_TLS_1_2, TLSW_TLS_1_2, TLS1_3_VERSION, false},
	    {TLSW_TLS_1_2, TLSW_TLS_1_3, TLS1_1_VERSION, false}, {TLSW_TLS_1_2, TLSW_TLS_1_3, TLS1_VERSION, false}};
	struct peer_options server = scene_server(leaf);
	tls_socket *s;

	server.min_version = server.max_version = rows[_i].server;
	server.ciphers = "ALL:@SECLEVEL=0";
	ck_assert_works(tls_context_set_max_version(ctx, (enum tlsw_version)rows[_i].max) == 0);
	ck_assert_works(tls_context_set_min_version(ctx, (enum tlsw_version)rows[_i].min) == 0);
	scene_serve(&scene, server);
	s = tls_wrap(ctx, scene.fd, "www.lab.test");
	ck_assert_int_eq(s != NULL, rows[_i].works);
	if (s == NULL)
		ck_assert(tls_last_error()->code == TLSW_ERR_ALERT || tls_last_error()->code == TLSW_ERR_PROTOCOL);
	else
		ck_assert_int_eq(tls_socket_close(s), 0);
	scene_end(&scene);
	if (!rows[_i].works)
		scene_assert_server_got_nothing(&scene);
}
END_TEST

START_TEST(depth_counts_intermediates)
{
	struct pki *one = pki_intermediate(ca, "One"), *two = pki_intermediate(one, "Two");
	struct pki *below = pki_leaf(two, "www.lab.test");
	char *chain = pki_chain_pem(PKI_LIST(below, two, one));
	tls_certificate *x = tls_certificate_load_mem(chain, strlen(chain));

	ck_assert_works(x != NULL);
	ck_assert_works(tls_context_set_verify_depth(ctx, _i) == 0);
	if (_i < 2)
		ck_assert_refused(tls_context_verify(ctx, x, "www.lab.test"), TLSW_ERR_CERTIFICATE);
	else
		ck_assert_works(tls_context_verify(ctx, x, "www.lab.test") == 0);
	tls_certificate_free(x);
	free(chain);
	pki_free(below);
	pki_free(two);
	pki_free(one);
}
END_TEST

#define DAY 86400L

START_TEST(the_time_of_verification_can_be_set)
{
	const time_t now = time(NULL);
	static const struct { long offset; unsigned long reason; } rows[] = {
	    {-1000 * DAY, TLSW_REASON_NOT_YET_VALID}, {-10, 0}, {0, 0}, {10, 0}, {4000 * DAY, TLSW_REASON_EXPIRED}};

	ck_assert_works(tls_context_set_verify_time(ctx, now + rows[_i].offset) == 0);
	if (rows[_i].reason == 0) {
		ck_assert_works(verify(ctx, leaf) == 0);
		return;
	}
	ck_assert_refused(verify(ctx, leaf), TLSW_ERR_CERTIFICATE);
	ck_assert_uint_eq(tls_last_error()->reasons, rows[_i].reason);
}
END_TEST

/* A client certificate must not reach a server that speaks another protocol. */
/* wall: K15, I12 */
START_TEST(alpn_is_decided_before_anything_leaves)
{
	static const char *const offer[] = {"imap"};
	static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
	struct peer_options server = scene_server(leaf);

	server.min_version = server.max_version = versions[_i % 2];
	server.client_cert = PEER_REQUEST_CLIENT_CERT;
	server.alpn = "h2";
	server.alpn_mode = _i < 2 ? PEER_ALPN_IGNORE : PEER_ALPN_FORCE;
	ck_assert_works(tls_context_set_alpn(ctx, offer, 1, true) == 0);
	scene_serve(&scene, server);
	ck_assert_refused_null(tls_wrap(ctx, scene.fd, "www.lab.test"), TLSW_ERR_PROTOCOL);
	if (_i < 2) /* OpenSSL itself may refuse the other */
		ck_assert_ptr_nonnull(strstr(tls_last_error()->message, "ALPN"));
	scene_assert_open_and_shut(&scene);
	scene_end(&scene);
	scene_assert_server_got_nothing(&scene);
	ck_assert_int_ge(scene.report.alert, 0);
}
END_TEST

START_TEST(a_context_may_be_freed_before_its_sockets)
{
	char echo[4];
	tls_socket *s;

	scene_serve(&scene, scene_server(leaf));
	s = tls_wrap(ctx, scene.fd, "www.lab.test");
	ck_assert_works(s != NULL);
	tls_context_free(ctx);
	ctx = NULL;
	ck_assert_int_eq(tls_socket_write(s, "ping", 4), 4);
	ck_assert_int_eq(tls_socket_read(s, echo, 4), 4);
	ck_assert_int_eq(tls_socket_close(s), 0);
	scene_end(&scene);
}
END_TEST

/* ------------------------------------------------------ the shared default context */

/* wall: A02, N01 */
START_TEST(the_default_context_is_made_once_and_tried_again_after_a_failure)
{
	const char *path = scratch_path("later.pem");
	tls_context *first;
	tls_socket *s;
	int i;

	(void)setenv("SSL_CERT_FILE", path, 1);
	(void)unsetenv("SSL_CERT_DIR");
	for (i = 0; i < 2; i++) {
		scene_serve(&scene, scene_server(leaf));
		ck_assert_refused_null(tls_wrap(NULL, scene.fd, "www.lab.test"), TLSW_ERR_TRUST_STORE);
		ck_assert_ptr_nonnull(strstr(tls_last_error()->message, "later.pem"));
		scene_assert_open_and_shut(&scene);
		scene_end(&scene);
		ck_assert_uint_eq(scene.report.raw_in, 0);
	}
	(void)scratch_write("later.pem", pki_pem(ca), SIZE_MAX);
	for (i = 0; i < 2; i++) {
		scene_serve(&scene, scene_server(leaf));
		s = tls_wrap(NULL, scene.fd, "www.lab.test");
		ck_assert_works(s != NULL);
		ck_assert_int_eq(tls_socket_close(s), 0);
		scene_end(&scene);
		(void)setenv("SSL_CERT_FILE", "/nonexistent", 1); /* it is made, it is kept */
	}
	first = tlsw__context_use(NULL);
	ck_assert_ptr_eq(first, tlsw__context_use(NULL));
	tls_context_free(first);
	tls_context_free(first);
	assert_still_strict(NULL);
}
END_TEST

static void *
use_default(void *result)
{
	*(tls_context **)result = tlsw__context_use(NULL);
	return NULL;
}

START_TEST(threads_share_one_default_context)
{
	tls_context *seen[8] = {NULL};
	pthread_t threads[8];
	int i;

	(void)setenv("SSL_CERT_FILE", ca_file, 1);
	for (i = 0; i < 8; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, use_default, &seen[i]), 0);
	for (i = 0; i < 8; i++) {
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
		ck_assert_ptr_nonnull(seen[i]);
		ck_assert_ptr_eq(seen[i], seen[0]);
		tls_context_free(seen[i]);
	}
}
END_TEST

/* wall: H08: what a program loads is all that it trusts, until it asks for the system's store as well */
START_TEST(a_bundle_of_ones_own_is_all_that_is_trusted)
{
	tls_context *c = tls_context_new();
	tls_socket *s;

	ck_assert_works(c != NULL);
	(void)setenv("SSL_CERT_FILE", ca_file, 1); /* the system's store */
	ck_assert_works(tls_context_load_ca_mem(c, pki_pem(stranger), strlen(pki_pem(stranger))) == 1);
	if (_i == 1)
		ck_assert_works(tls_context_load_default_certs(c) == 0);
	scene_serve(&scene, scene_server(leaf));
	if (_i == 0) {
		ck_assert_refused_null(tls_wrap(c, scene.fd, "www.lab.test"), TLSW_ERR_CERTIFICATE);
		ck_assert_uint_eq(tls_last_error()->reasons, TLSW_REASON_UNKNOWN_CA);
	} else {
		s = tls_wrap(c, scene.fd, "www.lab.test");
		ck_assert_works(s != NULL);
		ck_assert_int_eq(tls_socket_close(s), 0);
	}
	scene_end(&scene);
	tls_context_free(c);
}
END_TEST

/* wall: N01 */
START_TEST(an_environment_that_names_no_store_is_an_error)
{
	static const struct { const char *file, *dir; } rows[] = {{"/dev/null", NULL}, {"/nonexistent", NULL},
	    {"/etc/passwd", NULL}, {"/", NULL}, {NULL, "/nonexistent"}, {NULL, "/dev/null"}, {NULL, "empty"}};
	const char *dir = rows[_i].dir;

	(void)mkdir(scratch_path("empty"), 0755);
	(void)unsetenv("SSL_CERT_FILE");
	(void)unsetenv("SSL_CERT_DIR");
	if (rows[_i].file != NULL)
		(void)setenv("SSL_CERT_FILE", rows[_i].file, 1);
	if (dir != NULL)
		(void)setenv("SSL_CERT_DIR", strcmp(dir, "empty") == 0 ? scratch_path("empty") : dir, 1);
	ck_assert_refused_null(tls_create_default_context(), TLSW_ERR_TRUST_STORE);
	scene_serve(&scene, scene_server(leaf));
	ck_assert_refused_null(tls_wrap(NULL, scene.fd, "www.lab.test"), TLSW_ERR_TRUST_STORE);
	scene_end(&scene);
	ck_assert_uint_eq(scene.report.raw_in, 0);
}
END_TEST

/* ---------------------------------------------------------------- threads, N03 */

struct wrapper {
	tls_context *ctx;
	struct peer *peer;
	int accepted;
};

static void *
wrap_often(void *arg)
{
	struct wrapper *w = arg;
	int i, fd;

	for (i = 0; i < 8; i++) {
		tls_socket *s;

		fd = peer_connect(w->peer);
		s = tls_wrap(w->ctx, fd, "www.lab.test");
		w->accepted += s != NULL;
		(void)tls_socket_close(s);
		(void)close(fd);
	}
	return NULL;
}

/* wall: N03 */
START_TEST(loading_while_others_wrap_is_refused)
{
	struct peer_options server = scene_server(leaf);
	struct wrapper work[4];
	pthread_t threads[4];
	int i;

	server.connections = 64;
	scene_serve(&scene, server);
	(void)verify(ctx, leaf);
	for (i = 0; i < 4; i++) {
		work[i] = (struct wrapper){.ctx = ctx, .peer = &scene.peer};
		ck_assert_int_eq(pthread_create(&threads[i], NULL, wrap_often, &work[i]), 0);
	}
	for (i = 0; i < 200; i++) {
		ck_assert_refused(tls_context_load_ca_mem(ctx, pki_pem(stranger), strlen(pki_pem(stranger))),
		    TLSW_ERR_USAGE);
		ck_assert_refused(load_file(ctx), TLSW_ERR_USAGE);
	}
	for (i = 0; i < 4; i++) {
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
		ck_assert_int_eq(work[i].accepted, 8);
	}
	(void)close(scene.fd);
	peer_stop(&scene.peer);
	ck_assert_refused(verify(ctx, untrusted), TLSW_ERR_CERTIFICATE);
}
END_TEST

/* ------------------------------------------------------------------- openssl.cnf */

#define CONF(lines)                                                                              \
	"openssl_conf = init\n[init]\nssl_conf = ssl\n[ssl]\nsystem_default = tls\n[tls]\n" lines "\n"

static const char lax[] = CONF("MinProtocol = TLSv1\nCipherString = ALL:eNULL:aNULL@SECLEVEL=0\n"
    "Options = UnsafeLegacyRenegotiation,UnsafeLegacyServerConnect,-MiddleboxCompat,Compression\n"
    "SignatureAlgorithms = RSA+SHA1:ECDSA+SHA1:RSA+SHA256:ECDSA+SHA256:RSA-PSS+SHA256:ECDSA+SHA384\n"
    "VerifyMode = \nCiphersuites = TLS_AES_128_GCM_SHA256\nMaxProtocol = TLSv1.3");
static const char none[] = CONF("MinProtocol = None\nVerifyMode = Request\nCipherString = @SECLEVEL=0");
static const char tls13[] = CONF("MinProtocol = TLSv1.3");
static const char only13[] = CONF("Protocol = -ALL,TLSv1.3");
static const char level3[] = CONF("CipherString = DEFAULT@SECLEVEL=3");
static const char sha384[] = CONF("SignatureAlgorithms = ECDSA+SHA384");
static const char broken[] = "openssl_conf = [\n=\n\1\2[ssl\n";
static const char no_providers[] =
    "openssl_conf = init\n[init]\nproviders = p\n[p]\nnosuch = n\n[n]\nactivate = 1\n";
static const char fips[] =
    "openssl_conf = init\n[init]\nalg_section = a\n[a]\ndefault_properties = fips=yes\n";

enum cert { GOOD, WRONG, UNTRUSTED, RSA1024, RSA2048, SHA1_SIGNED };

/* wall: N02 */
static const struct {
	const char *label, *conf;
	enum cert cert;
	int version;              /* of the server; 0: both */
	const char *ciphers, *sigalgs;
	bool accepted;
} hostile[] = {
    {"lax: a good server", lax, GOOD, 0, NULL, NULL, true},
    {"lax: wrong host", lax, WRONG, 0, NULL, NULL, false},
    {"lax: unknown CA", lax, UNTRUSTED, 0, NULL, NULL, false},
    {"lax: TLS 1.0", lax, GOOD, TLS1_VERSION, "ALL:@SECLEVEL=0", NULL, false},
    {"lax: TLS 1.1", lax, GOOD, TLS1_1_VERSION, "ALL:@SECLEVEL=0", NULL, false},
    {"lax: no encryption", lax, GOOD, TLS1_2_VERSION, "eNULL:@SECLEVEL=0", NULL, false},
    {"lax: no authentication", lax, GOOD, TLS1_2_VERSION, "aNULL:@SECLEVEL=0", NULL, false},
    {"lax: CBC", lax, GOOD, TLS1_2_VERSION, "ECDHE-ECDSA-AES128-SHA", NULL, false},
    {"lax: static RSA", lax, RSA2048, TLS1_2_VERSION, "AES128-GCM-SHA256", NULL, false},
    {"lax: a short key", lax, RSA1024, TLS1_2_VERSION, "DEFAULT:@SECLEVEL=0", NULL, false},
    {"lax: signed with SHA-1", lax, SHA1_SIGNED, 0, NULL, NULL, false},
    {"lax: signs the exchange with SHA-1", lax, GOOD, TLS1_2_VERSION, "DEFAULT:@SECLEVEL=0", "ECDSA+SHA1",
	false},
    {"nothing required: wrong host", none, WRONG, 0, NULL, NULL, false},
    {"nothing required: unknown CA", none, UNTRUSTED, 0, NULL, NULL, false},
    {"nothing required: TLS 1.0", none, GOOD, TLS1_VERSION, "ALL:@SECLEVEL=0", NULL, false},
    {"TLS 1.3 required: TLS 1.2", tls13, GOOD, TLS1_2_VERSION, NULL, NULL, false},
    {"TLS 1.3 required: TLS 1.3", tls13, GOOD, TLS1_3_VERSION, NULL, NULL, true},
    {"only TLS 1.3: TLS 1.2", only13, GOOD, TLS1_2_VERSION, NULL, NULL, false},
    {"only TLS 1.3: TLS 1.3", only13, GOOD, TLS1_3_VERSION, NULL, NULL, true},
    {"level 3: RSA-2048", level3, RSA2048, 0, NULL, NULL, false},
    {"level 3: P-256", level3, GOOD, 0, NULL, NULL, true},
    {"level 3: wrong host", level3, WRONG, 0, NULL, NULL, false},
    {"SHA-384 required: SHA-256", sha384, GOOD, 0, NULL, "ECDSA+SHA256", false},
    {"broken: a good server", broken, GOOD, 0, NULL, NULL, true},
    {"broken: wrong host", broken, WRONG, 0, NULL, NULL, false},
    {"a provider that is not there: wrong host", no_providers, WRONG, 0, NULL, NULL, false},
    {"FIPS without its module: a good server", fips, GOOD, 0, NULL, NULL, false},
    {"FIPS without its module: wrong host", fips, WRONG, 0, NULL, NULL, false},
};
#define HOSTILE (int)(sizeof(hostile) / sizeof(hostile[0]))

static struct pki *
certificate(enum cert kind)
{
	switch (kind) {
	case WRONG:
		return pki_leaf(ca, "evil.test");
	case UNTRUSTED:
		return pki_leaf(stranger, "www.lab.test");
	case RSA1024:
		return pki_make(.issuer = ca, .san = PKI_NAMES(PKI_DNS("www.lab.test")), .key_type = "RSA-1024");
	case RSA2048:
		return pki_make(.issuer = ca, .san = PKI_NAMES(PKI_DNS("www.lab.test")), .key_type = "RSA-2048");
	case SHA1_SIGNED:
		return pki_make(.issuer = ca, .san = PKI_NAMES(PKI_DNS("www.lab.test")), .digest = "SHA1");
	case GOOD:
		break;
	}
	return pki_leaf(ca, "www.lab.test");
}

/* Once as it is, once by a client that asks for TLS 1.2 and its own ciphers, which lowers nothing. */
START_TEST(openssl_cnf_may_tighten_and_never_weaken)
{
	const char *conf = scratch_write("openssl.cnf", hostile[_i].conf, SIZE_MAX);
	struct pki *cert = certificate(hostile[_i].cert);
	struct peer_options server = scene_server(cert);
	struct scene_client client = {.ca_file = ca_file, .host = "www.lab.test"};
	struct scene_outcome outcome;
	char setting[PATH_MAX + 16];
	int asks;

	(void)snprintf(setting, sizeof(setting), "OPENSSL_CONF=%s", conf);
	client.env = (const char *const[]){setting, NULL};
	server.min_version = server.max_version = hostile[_i].version;
	server.ciphers = hostile[_i].ciphers;
	server.sigalgs = hostile[_i].sigalgs;
	for (asks = 0; asks < 2; asks++) {
		client.min_version = asks == 0 ? 0 : TLSW_TLS_1_2;
		client.ciphers = asks == 0 ? NULL : "ECDHE+AESGCM";
		server.connections = 2; /* the client makes its own */
		scene_serve(&scene, server);
		client.port = scene.peer.port;
		outcome = scene_run(&client);
		(void)close(scene.fd);
		peer_stop(&scene.peer);
		ck_assert_msg((outcome.code == TLSW_OK) == hostile[_i].accepted, "%s: %s: %s",
		    hostile[_i].label, tls_error_name((enum tlsw_error)outcome.code), outcome.text);
		ck_assert_msg(outcome.code >= 0 && outcome.text[0] != '\0', "%s: %d", hostile[_i].label,
		    outcome.code);
	}
	pki_free(cert);
}
END_TEST

/* ------------------------------------------------------------------------ suite */

static void
add_settings(Suite *suite)
{
	TCase *t = tcase_create("settings");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, the_version_is_that_of_the_package);
	tcase_add_test(t, every_setter_is_among_those_tested_here);
	tcase_add_loop_test(t, a_setter_works_on_a_fresh_context_and_refuses_null, 0, SETTERS);
	tcase_add_loop_test(t, a_context_in_use_cannot_be_changed, 0, 3 * SETTERS);
	tcase_add_test(t, getters_of_nothing_give_nothing);
	tcase_add_test(t, a_new_context_is_the_strictest);
	tcase_add_loop_test(t, any_value_but_zero_turns_the_name_check_on, 0, 7);
	tcase_add_loop_test(t, a_number_out_of_range_changes_nothing, 0, BAD_NUMBERS);
	tcase_add_test(t, an_unknown_mode_is_refused_with_the_name_check_off_as_well);
	tcase_add_loop_test(t, the_minimum_never_passes_the_maximum, 0, 2);
	tcase_add_loop_test(t, a_list_that_is_not_understood_whole_changes_nothing, 0, BAD_LISTS);
	tcase_add_loop_test(t, what_programs_write_is_taken, 0, GOOD_LISTS);
	tcase_add_loop_test(t, suites_and_groups_are_taken, 0, 3);
	tcase_add_loop_test(t, alpn_names_are_checked_when_they_are_set, 0, 5);
	tcase_add_loop_test(t, a_source_of_trust_that_is_none_changes_nothing, 0, 14);
	tcase_add_test(t, a_source_of_trust_without_a_name_is_a_mistake);
	tcase_add_test(t, a_key_log_is_a_file);
	suite_add_tcase(suite, t);
}

static void
add_effects(Suite *suite)
{
	TCase *t = tcase_create("effects");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_set_timeout(t, 30);
	tcase_add_loop_test(t, versions_decide_who_can_be_talked_to, 0, 8);
	tcase_add_loop_test(t, depth_counts_intermediates, 0, 4);
	tcase_add_loop_test(t, the_time_of_verification_can_be_set, 0, 5);
	tcase_add_loop_test(t, alpn_is_decided_before_anything_leaves, 0, 4);
	tcase_add_test(t, a_context_may_be_freed_before_its_sockets);
	tcase_add_test(t, loading_while_others_wrap_is_refused);
	suite_add_tcase(suite, t);
}

int
main(int argc, char **argv)
{
	Suite *suite;
	TCase *t;
	int status;

	if (scene_was_client(argc, argv, &status))
		return status;
	suite = suite_create("context");
	t = tcase_create("environment");
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_set_timeout(t, 30);
	tcase_add_test(t, the_default_context_is_made_once_and_tried_again_after_a_failure);
	tcase_add_test(t, threads_share_one_default_context);
	tcase_add_loop_test(t, a_bundle_of_ones_own_is_all_that_is_trusted, 0, 2);
	tcase_add_loop_test(t, an_environment_that_names_no_store_is_an_error, 0, 7);
	tcase_add_loop_test(t, openssl_cnf_may_tighten_and_never_weaken, 0, HOSTILE);
	add_settings(suite);
	add_effects(suite);
	suite_add_tcase(suite, t);
	return support_run(suite);
}
