/*
 * test_describe.c - a policy and a connection as texts for people: nothing that
 * was set is left out, nothing of the peer's gets through raw, and no secret.
 *
 * SPDX-License-Identifier: ISC
 */
#include "support/scene.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/ocsp.h>

#include "context.h"
#include "support/trust_support.h"

#define HOST "www.lab.test"
#define PIN "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define HEX "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static struct pki *ca, *sub, *leaf, *client;
static struct scene scene;
static tls_context *ctx;

static void
set_up(void)
{
	X509_CRL *crl;
	char *pem, both[8192];

	scratch_make();
	ca = pki_ca("Test CA");
	sub = pki_intermediate(ca, "Test issuer");
	leaf = pki_leaf(sub, HOST);
	client = pki_make(.cn = "the client");
	crl = pki_crl(&(struct pki_crl_spec){.issuer = ca});
	pem = pki_crl_pem(crl);
	(void)scratch_write("ca.pem", pki_pem(ca), SIZE_MAX);
	(void)scratch_write("crl.pem", pem, SIZE_MAX);
	(void)scratch_rehash("certs", pki_x509(ca), 0, pki_pem(ca));
	(void)snprintf(both, sizeof(both), "%s%s", pki_pem(client), pki_key_pem(client));
	(void)scratch_write("client.pem", both, SIZE_MAX);
	(void)setenv("SSL_CERT_FILE", scratch_path("ca.pem"), 1);
	free(pem);
	X509_CRL_free(crl);
	ctx = scene_trusting(ca);
}

static void
tear_down(void)
{
	tls_context_free(ctx);
	pki_free(client);
	pki_free(leaf);
	pki_free(sub);
	pki_free(ca);
	scratch_remove();
	tls_error_clear();
}

/* ------------------------------------------------------------------ reading it */

/* The text, which is freed by the caller; each octet of it is printable ASCII. */
static char *
text_of(const tls_context *c, const tls_socket *s)
{
	char *text = NULL, *p;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	ck_assert_ptr_nonnull(out);
	ck_assert_works((s != NULL ? tls_socket_describe(s, out) : tls_context_describe(c, out)) == 0);
	ck_assert_int_eq(fclose(out), 0);
	for (p = text; *p != '\0'; p++)
		ck_assert_msg(*p == '\n' || (*p >= 0x20 && *p < 0x7f), "octet 0x%02x in: %s",
		    (unsigned char)*p, text);
	ck_assert_uint_eq(strlen(text), len);
	return text;
}

static char *
upcase(char *text)
{
	char *p;

	for (p = text; *p != '\0'; p++)
		*p = (char)toupper((unsigned char)*p);
	return text;
}

/* What stands behind a label, up to the next one, with a line end before it; "" if it is not there. */
static const char *
behind(const char *text, const char *label)
{
	static char found[8192];
	char line[80];
	const char *at;
	size_t n = 1, len;

	(void)snprintf(line, sizeof(line), "\n    %-27s ", label);
	at = strstr(text, line);
	found[0] = '\0';
	if (at == NULL)
		return found;
	found[0] = '\n';
	do { /* further lines have no label */
		at += n == 1 ? strlen(line) : 33;
		len = strcspn(at, "\n");
		ck_assert_uint_lt(n + len + 2, sizeof(found));
		memcpy(found + n, at, len);
		n += len;
		found[n++] = '\n';
		at += len;
	} while (strncmp(at, "\n                                ", 33) == 0);
	found[n] = '\0';
	return found;
}

static void
expect(const char *text, const char *label, const char *what)
{
	ck_assert_msg(strstr(behind(text, label), what) != NULL, "%s: no \"%s\" in:\n%s", label, what,
	    text);
}

/* ---------------------------------------------------------------- every setter */

static int no_name(tls_context *c) { return tls_context_set_check_hostname(c, false); }
static int none(tls_context *c) { return no_name(c) | tls_context_set_verify_mode(c, TLSW_CERT_NONE); }
static int common_name(tls_context *c) { return tls_context_set_hostname_checks_common_name(c, true); }
static int flags(tls_context *c) { return tls_context_set_verify_flags(c, TLSW_VERIFY_STRICT | TLSW_VERIFY_CRL_CHAIN); }
static int more_flags(tls_context *c) { return tls_context_set_verify_flags(c, TLSW_VERIFY_PARTIAL_CHAIN | TLSW_VERIFY_CRL_LEAF); }
static int depth(tls_context *c) { return tls_context_set_verify_depth(c, 3); }
static int as_of(tls_context *c) { return tls_context_set_verify_time(c, 1900000000); }
static int system_cas(tls_context *c) { return tls_context_load_default_certs(c); }
static int ca_file(tls_context *c) { return tls_context_load_ca_file(c, scratch_path("ca.pem")); }
static int ca_dir(tls_context *c) { return tls_context_load_ca_dir(c, scratch_path("certs")); }
static int ca_mem(tls_context *c) { return tls_context_load_ca_mem(c, pki_pem(sub), strlen(pki_pem(sub))); }
static int crl_file(tls_context *c) { return tls_context_load_crl_file(c, scratch_path("crl.pem")); }
static int refresh(tls_context *c) { return tls_context_set_refresh(c, false); }
static int client_file(tls_context *c) { return tls_context_load_cert_chain(c, scratch_path("client.pem"), NULL, NULL, NULL); }
static int pins(tls_context *c) { return tls_context_set_pins(c, PIN); }
static int exception(tls_context *c) { return tls_context_add_exception(c, "HOME.lab.test.", "cert-sha256:" HEX); }
static int exception_v6(tls_context *c) { return tls_context_add_exception(c, "2001:db8::7", "cert-sha256:" HEX); }
static int allow(const tls_socket *s, const tls_certificate *chain, unsigned long reasons, void *arg) { (void)s, (void)chain, (void)reasons, (void)arg; return 0; }
static int hook(tls_context *c) { return tls_context_set_verify_hook(c, allow, NULL); }
static int staple(tls_context *c) { return tls_context_set_ocsp(c, TLSW_OCSP_IF_STAPLED); }
static int staples(tls_context *c) { return tls_context_set_ocsp(c, TLSW_OCSP_REQUIRED); }
static int minimum(tls_context *c) { return tls_context_set_min_version(c, TLSW_TLS_1_3); }
static int maximum(tls_context *c) { return tls_context_set_max_version(c, TLSW_TLS_1_2); }
static int ciphers(tls_context *c) { return tls_context_set_ciphers(c, "AES256-SHA256", NULL); }
static int suites(tls_context *c) { return tls_context_set_ciphers(c, NULL, "TLS_AES_128_CCM_SHA256"); }
static int groups(tls_context *c) { return tls_context_set_groups(c, "P-521:ffdhe4096"); }
static int sigalgs(tls_context *c) { return tls_context_set_signature_algorithms(c, "ECDSA+SHA384"); }
static int level(tls_context *c) { return tls_context_set_security_level(c, 3); }
static int high_level(tls_context *c) { return tls_context_set_security_level(c, 4); }
static int modern(tls_context *c) { return tls_context_set_profile(c, TLSW_PROFILE_MODERN); }
static int legacy(tls_context *c) { return tls_context_set_profile(c, TLSW_PROFILE_LEGACY_SERVER); }
static int keylog(tls_context *c) { return tls_context_set_keylog_file(c, scratch_path("keys\033.log")); }
static int alpn(tls_context *c) { return tls_context_set_alpn(c, (const char *const[]){"imap", "a\033b"}, 2, false); }
static int alpn_required(tls_context *c) { return tls_context_set_alpn(c, (const char *const[]){"h2"}, 1, true); }
static int timeout(tls_context *c) { return tls_context_set_handshake_timeout(c, 1234); }
static int no_timeout(tls_context *c) { return tls_context_set_handshake_timeout(c, -1); }
static int sessions(tls_context *c) { return tls_context_set_session_cache(c, 7); }
static int no_sessions(tls_context *c) { return tls_context_set_session_cache(c, 0); }
static int chains(tls_context *c) { return tls_context_set_chain_memory(c, 9); }
static int no_chains(tls_context *c) { return tls_context_set_chain_memory(c, 0); }

static int
client_mem(tls_context *c)
{
	const char *certs = pki_pem(client), *key = pki_key_pem(client);

	return tls_context_load_cert_chain_mem(c, certs, strlen(certs), key, strlen(key), NULL, NULL);
}

/* A setter, and what stands behind which label once it was called, and not before. */
static const struct {
	const char *setter;
	int (*call)(tls_context *);
	const char *label, *text;
} rows[] = {
    {"tls_context_set_verify_mode", none, "verify_mode", "none"},
    {"tls_context_set_check_hostname", no_name, "check_hostname", "off"},
    {"tls_context_set_hostname_checks_common_name", common_name, "hostname_checks_common_name", "on"},
    {"tls_context_set_verify_flags", flags, "verify_flags", "strict, crl_chain"},
    {"tls_context_set_verify_flags", more_flags, "verify_flags", "partial_chain, crl_leaf"},
    {"tls_context_set_verify_flags", flags, "session_cache", "not used: CRLs"},
    {"tls_context_set_verify_depth", depth, "verify_depth", "3"},
    {"tls_context_set_verify_time", as_of, "verify_time", "2030-03-17T17:46:40Z"},
    {"tls_context_load_default_certs", system_cas, "trust", "2 anchors"},
    {"tls_context_load_ca_file", ca_file, "trust", "/ca.pem\": 1"},
    {"tls_context_load_ca_dir", ca_dir, "trust", "/certs\": 1"},
    {"tls_context_load_ca_mem", ca_mem, "trust", "2 anchors"},
    {"tls_context_load_crl_file", crl_file, "trust", "/crl.pem\", 1 revocation list"},
    {"tls_context_load_crl_file", crl_file, "verify_flags", "crl_if_available"},
    {"tls_context_set_refresh", refresh, "refresh", "off"},
    {"tls_context_load_cert_chain", client_file, "client certificate", "CN=the client, until 2"},
    {"tls_context_load_cert_chain_mem", client_mem, "client certificate", "CN=the client, until 2"},
    {"tls_context_set_pins", pins, "pins", "1\n" PIN},
    {"tls_context_add_exception", exception, "exceptions", "1\n\"home.lab.test\" cert-sha256:" HEX},
    {"tls_context_add_exception", exception_v6, "exceptions", "2001:db8::7 cert-sha256:" HEX},
    {"tls_context_set_verify_hook", hook, "verify_hook", "set"},
    {"tls_context_set_verify_hook", hook, "chain_memory", "64, not used: there is a verify hook"},
    {"tls_context_set_ocsp", staple, "ocsp", "if stapled"},
    {"tls_context_set_ocsp", staples, "ocsp", "required"},
    {"tls_context_set_ocsp", staples, "chain_memory", "not used: OCSP"},
    {"tls_context_set_min_version", minimum, "min_version", "TLS 1.3"},
    {"tls_context_set_min_version", minimum, "ciphers, TLS 1.2", "none"},
    {"tls_context_set_max_version", maximum, "max_version", "TLS 1.2"},
    {"tls_context_set_max_version", maximum, "ciphers, TLS 1.3", "none"},
    {"tls_context_set_ciphers", ciphers, "ciphers, TLS 1.2", "AES256-SHA256\n"},
    {"tls_context_set_ciphers", suites, "ciphers, TLS 1.3", "TLS_AES_128_CCM_SHA256\n"},
    {"tls_context_set_groups", groups, "groups", "P-521:ffdhe4096\n"},
    {"tls_context_set_signature_algorithms", sigalgs, "signature_algorithms", "ECDSA+SHA384"},
    {"tls_context_set_security_level", level, "security_level", "3"},
    {"tls_context_set_security_level", high_level, "ciphers, TLS 1.3", /* what a level takes away is not offered */
	"\nTLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256\n"},
    {"tls_context_set_profile", modern, "profile", "modern"},
    {"tls_context_set_profile", modern, "min_version", "TLS 1.3"},
    {"tls_context_set_profile", legacy, "profile", "legacy server"},
    {"tls_context_set_profile", legacy, "ciphers, TLS 1.2", "AES128-SHA"},
    {"tls_context_set_keylog_file", keylog, "keylog_file", "/keys\\x1b.log\": who reads it reads the traffic"},
    {"tls_context_set_alpn", alpn, "alpn", "\"imap\", \"a\\x1bb\"\n"},
    {"tls_context_set_alpn", alpn_required, "alpn", "\"h2\", one is required"},
    {"tls_context_set_handshake_timeout", timeout, "handshake_timeout", "1234 ms"},
    {"tls_context_set_handshake_timeout", no_timeout, "handshake_timeout", "none"},
    {"tls_context_set_session_cache", sessions, "session_cache", "7\n"},
    {"tls_context_set_session_cache", no_sessions, "session_cache", "off"},
    {"tls_context_set_chain_memory", chains, "chain_memory", "9\n"},
    {"tls_context_set_chain_memory", no_chains, "chain_memory", "off"},
};
#define ROWS ((int)(sizeof(rows) / sizeof(rows[0])))

START_TEST(every_setter_changes_what_is_told)
{
	char *before = text_of(ctx, NULL), *after;

	ck_assert_msg(strstr(behind(before, rows[_i].label), rows[_i].text) == NULL, "%s: already in:\n%s",
	    rows[_i].setter, before);
	ck_assert_msg(rows[_i].call(ctx) >= 0, "%s: %s", rows[_i].setter, tls_last_error()->message);
	after = text_of(ctx, NULL);
	expect(after, rows[_i].label, rows[_i].text);
	free(before);
	free(after);
}
END_TEST

START_TEST(every_setter_has_a_row)
{
	char *names = support_read_file("../lib/libtlswrap.sym", NULL), *at = names;
	size_t len;
	int i, setters = 0;

	for (; *at != '\0'; at += len + (at[len] == '\n')) {
		len = strcspn(at, "\n");
		if (strncmp(at, "tls_context_set_", 16) != 0 && strncmp(at, "tls_context_load_", 17) != 0 &&
		    strncmp(at, "tls_context_add_", 16) != 0)
			continue;
		for (i = 0; i < ROWS; i++)
			if (strlen(rows[i].setter) == len && memcmp(rows[i].setter, at, len) == 0)
				break;
		ck_assert_msg(i < ROWS, "%.*s: what does it change in the description?", (int)len, at);
		setters++;
	}
	ck_assert_int_gt(setters, 25);
	free(names);
}
END_TEST

/* ------------------------------------------------------------------- a context */

START_TEST(a_new_context_is_told_in_full)
{
	static const char *const lines[][2] = {{"verify_mode", "required\n"}, {"check_hostname", "on\n"},
	    {"hostname_checks_common_name", "off\n"}, {"verify_flags", "none\n"}, {"verify_depth", "100\n"},
	    {"verify_time", "now\n"}, {"trust", "1 anchor\n"}, {"refresh", "on\n"}, {"pins", "none\n"},
	    {"exceptions", "none\n"}, {"verify_hook", "none\n"}, {"ocsp", "off\n"},
	    {"client certificate", "none\n"}, {"profile", "default\n"}, {"min_version", "TLS 1.2\n"},
	    {"max_version", "TLS 1.3\n"}, {"ciphers, TLS 1.2", "ECDHE-ECDSA-AES128-GCM-SHA256:"},
	    {"ciphers, TLS 1.3", "TLS_AES_128_GCM_SHA256:"}, {"groups", "OpenSSL's own\n"},
	    {"signature_algorithms", "OpenSSL's own\n"}, {"security_level", "2\n"}, {"alpn", "none\n"},
	    {"session_cache", "64\n"}, {"chain_memory", "64\n"}, {"handshake_timeout", "30000 ms\n"},
	    {"keylog_file", "none\n"}};
	char *text = text_of(ctx, NULL);
	size_t i, count = 0;
	const char *p;

	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		expect(text, lines[i][0], lines[i][1]);
	for (p = text; (p = strstr(p, "\n    ")) != NULL; p++)
		count += p[5] != ' ';
	ck_assert_uint_eq(count, i); /* and nothing else */
	ck_assert_ptr_null(strstr(text, "ECDHE-RSA-AES128-SHA"));
	free(text);
}
END_TEST

START_TEST(without_anchors_it_says_so)
{
	tls_context *empty = tls_context_new();
	char *text = text_of(empty, NULL);

	expect(text, "trust", "0 anchors: nothing was loaded");
	free(text);
	tls_context_free(empty);
}
END_TEST

START_TEST(describing_freezes_nothing)
{
	free(text_of(ctx, NULL));
	ck_assert_works(tls_context_set_verify_depth(ctx, 2) == 0);
	ck_assert_ptr_nonnull(tls_context_native(ctx));
	char *text = text_of(ctx, NULL); /* nor does it mind */
	expect(text, "native", "handed out");
	free(text);
}
END_TEST

START_TEST(null_is_the_shared_context)
{
	char *text = text_of(NULL, NULL);

	expect(text, "trust", "/ca.pem\": 1");
	free(text);
}
END_TEST

START_TEST(a_shared_context_that_cannot_be_made_is_an_error)
{
	ck_assert_int_eq(setenv("SSL_CERT_FILE", scratch_path("missing.pem"), 1), 0);
	ck_assert_refused(tls_context_describe(NULL, stderr), TLSW_ERR_TRUST_STORE);
}
END_TEST

/* A file that changed into nothing: what was loaded counts, and the page says why. */
START_TEST(a_source_that_spoiled_is_told)
{
	char *text;

	ck_assert_works(ca_file(ctx) == 1);
	(void)scratch_write("ca.pem", "x", SIZE_MAX);
	tlsw__trust_check_soon(ctx->trust);
	text = text_of(ctx, NULL);
	expect(text, "trust", "now unusable, what was loaded is in force: ");
	expect(text, "trust", "2 anchors");
	free(text);
}
END_TEST

/* Whatever it was given, neither a key nor a password nor what a key log holds is in the text. */
START_TEST(no_secret_of_the_client_is_told)
{
	const char *key = pki_key_pem(client);
	char *text, line[65], *at;
	BIGNUM *number = NULL;

	ck_assert_works(client_mem(ctx) == 0);
	text = text_of(ctx, NULL);
	ck_assert_ptr_null(strstr(text, "PRIVATE"));
	at = strchr(key, '\n');
	ck_assert_ptr_nonnull(at);
	(void)snprintf(line, sizeof(line), "%.64s", at + 1);
	ck_assert_ptr_null(strstr(text, line));
	ck_assert_int_eq(EVP_PKEY_get_bn_param(pki_key(client), "priv", &number), 1);
	at = BN_bn2hex(number);
	ck_assert_ptr_null(strstr(upcase(text), at));
	OPENSSL_free(at);
	BN_free(number);
	free(text);
}
END_TEST

/* ---------------------------------------------------------------- a connection */

static const struct peer_step hello[] = {PEER_HANDSHAKE, PEER_SEND("hello"), PEER_READ(0),
    PEER_CLOSE_NOTIFY, PEER_END};

static struct peer_options
server(int version)
{
	struct peer_options o = scene_server(leaf);

	o.script = hello;
	o.chain = pki_stack(PKI_LIST(sub));
	o.min_version = o.max_version = version;
	return o;
}

static tls_socket *
wrap(const char *host)
{
	tls_socket *s = tls_wrap(ctx, scene.fd, host);
	char buf[8];

	ck_assert_works(s != NULL);
	ck_assert_int_eq(tls_socket_read(s, buf, 5), 5);
	return s;
}

static void
end(tls_socket *s)
{
	ck_assert_int_eq(tls_socket_close(s), 0);
	scene_end(&scene);
	sk_X509_pop_free(scene.options.chain, X509_free);
}

static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

START_TEST(a_connection_is_told_in_full)
{
	const tls_certificate *cert;
	char *text, number[40];
	tls_socket *s;

	ck_assert_works(alpn(ctx) == 0);
	ck_assert_works(tls_context_set_groups(ctx, "P-384:P-256") == 0);
	scene_serve(&scene, server(versions[_i]));
	s = wrap(HOST);
	text = text_of(NULL, s);
	ck_assert_int_eq(strncmp(text, "connection to \"" HOST "\"\n", 29), 0);
	(void)snprintf(number, sizeof(number), "127.0.0.1 port %d", scene.peer.port);
	expect(text, "address", number);
	(void)snprintf(number, sizeof(number), "%d, the caller's", scene.fd);
	expect(text, "descriptor", number);
	expect(text, "reference names", "\"" HOST "\"\n");
	expect(text, "version", tls_socket_version(s));
	expect(text, "cipher", tls_socket_cipher(s));
	expect(text, "group", "secp384r1");
	expect(text, "signature", "\nECDSA+SHA256\n");
	expect(text, "alpn", "none");
	expect(text, "handshake", "full");
	expect(text, "session", "kept for the next connection");
	expect(text, "verified", "yes");
	expect(text, "reasons against it", "none");
	expect(text, "matched name", "\"" HOST "\"\n");
	expect(text, "ocsp", "not asked for");
	expect(text, "dane", "not used");
	expect(text, "client certificate", "not asked for");
	expect(text, "timeout", "none");
	expect(text, "  names", "DNS \"" HOST "\"");
	for (cert = tls_socket_peer_certificate(s); cert != NULL; cert = tls_certificate_issuer(cert)) {
		ck_assert_ptr_nonnull(strstr(text, tls_certificate_subject(cert)));
		ck_assert_ptr_nonnull(strstr(text, tls_certificate_sha256(cert)));
		ck_assert_ptr_nonnull(strstr(text, tls_certificate_pin(cert)));
		ck_assert_ptr_nonnull(strstr(text, tls_certificate_serial(cert)));
	}
	ck_assert_ptr_nonnull(strstr(text, "CN=Test CA"));
	free(text);
	end(s);
}
END_TEST

START_TEST(resumption_is_told)
{
	struct peer_options o = server(versions[_i]);
	tls_socket *s;
	char *text;

	o.connections = 2;
	scene_serve(&scene, o);
	ck_assert_int_eq(tls_socket_close(wrap(HOST)), 0);
	scene_hang_up(&scene);
	text = text_of(ctx, NULL);
	expect(text, "session_cache", " kept now");
	free(text);
	scene_connect(&scene);
	s = wrap(HOST);
	ck_assert(tls_socket_resumed(s));
	text = text_of(NULL, s);
	expect(text, "handshake", "resumed\n");
	expect(text, "signature", "none: resumed");
	expect(text, "verified", "yes");
	expect(text, "certificate", "0");
	free(text);
	end(s);
}
END_TEST

/* What is odd about a connection, and where that is told. */
static void
except_leaf(void)
{
	tls_certificate *cert = tls_certificate_load_mem(pki_pem(leaf), strlen(pki_pem(leaf)));
	char text[100];

	ck_assert_works(cert != NULL);
	(void)snprintf(text, sizeof(text), "cert-sha256:%s", tls_certificate_sha256(cert));
	ck_assert_works(tls_context_add_exception(ctx, "home.lab.test", text) == 0);
	tls_certificate_free(cert);
}

static const struct {
	const char *label_of_test;
	int (*call)(tls_context *); /* NULL: an exception for home.lab.test */
	const char *host, *label, *text;
} oddities[] = {
    {"none", none, "other.lab.test", "verified", "NO: let in because verify_mode is none"},
    {"none, reasons", none, "other.lab.test", "reasons against it", "other host"},
    {"none, no match", none, "other.lab.test", "matched name", "none"},
    {"none, session", none, "other.lab.test", "session", "not kept: chain and name were not verified"},
    {"no name", no_name, NULL, "verified", "NO: let in because check_hostname is off"},
    {"no name, references", no_name, NULL, "reference names", "none"},
    {"exception", NULL, "home.lab.test", "verified", "NO: let in because an exception names this"},
    {"exception, reasons", NULL, "home.lab.test", "reasons against it", "other host"},
    {"no cache", no_sessions, HOST, "session", "not kept: session_cache is off"},
    {"CRLs", crl_file, HOST, "session", "not kept: CRLs are in use"},
    {"OCSP", staple, HOST, "ocsp", "asked for, none came"},
};
#define ODDITIES ((int)(sizeof(oddities) / sizeof(oddities[0])))

START_TEST(what_is_odd_is_told)
{
	tls_socket *s;
	char *text;

	if (oddities[_i].call == NULL)
		except_leaf();
	else
		ck_assert_works(oddities[_i].call(ctx) == 0);
	scene_serve(&scene, server(0));
	s = wrap(oddities[_i].host);
	text = text_of(NULL, s);
	expect(text, oddities[_i].label, oddities[_i].text);
	free(text);
	end(s);
}
END_TEST

START_TEST(a_good_staple_is_told)
{
	const struct pki_ocsp_entry good[] = {{.cert = leaf}, {.cert = NULL}};
	size_t len;
	unsigned char *der = pki_ocsp(&(struct pki_ocsp_spec){.issuer = sub, .entries = good}, &len);
	struct peer_options o = server(versions[_i]);
	tls_socket *s;
	char *text;

	o.staple = der;
	o.staple_len = len;
	ck_assert_works(staples(ctx) == 0);
	scene_serve(&scene, o);
	s = wrap(HOST);
	text = text_of(NULL, s);
	expect(text, "ocsp", "a good answer came along");
	free(text);
	end(s);
	OPENSSL_free(der);
}
END_TEST

START_TEST(a_client_certificate_is_told)
{
	struct peer_options o = server(versions[_i % 2]);
	tls_socket *s;
	char *text;

	if (_i / 2 == 0)
		ck_assert_works(client_mem(ctx) == 0);
	o.client_cert = PEER_REQUEST_CLIENT_CERT;
	scene_serve(&scene, o);
	s = wrap(HOST);
	text = text_of(NULL, s);
	expect(text, "client certificate", _i / 2 == 0 ? "asked for: CN=the client" : "asked for, and there is none");
	free(text);
	end(s);
}
END_TEST

START_TEST(further_names_and_tlsa_records_are_told)
{
	unsigned char key[32];
	unsigned char *der = NULL;
	int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(pki_x509(leaf)), &der);
	tls_socket *s;
	char *text;

	ck_assert_int_gt(len, 0);
	ck_assert_int_eq(EVP_Digest(der, (size_t)len, key, NULL, EVP_sha256(), NULL), 1);
	OPENSSL_free(der);
	scene_serve(&scene, server(0));
	s = tls_wrap_start(ctx, scene.fd, "mx.lab.test");
	ck_assert_works(s != NULL);
	ck_assert_works(tls_socket_add_hostname(s, HOST) == 0);
	ck_assert_works(tls_socket_set_service(s, "smtp") == 0);
	ck_assert_works(tls_socket_add_tlsa(s, 3, 1, 1, "01234567890123456789012345678901", 32) == 0);
	ck_assert_works(tls_socket_add_tlsa(s, 3, 1, 1, key, 32) == 0);
	ck_assert_works(tls_socket_set_timeout(s, 4321) == 0);
	ck_assert_works(tls_socket_handshake(s) == 0);
	ck_assert_works(tls_socket_own_fd(s) == 0);
	text = text_of(NULL, s);
	expect(text, "reference names", "\"mx.lab.test\", \"" HOST "\", service \"smtp\"");
	expect(text, "dane", "record 3 1 1 met by certificate 0, of 2");
	expect(text, "session", "not kept: TLSA records are in use");
	expect(text, "timeout", "4321 ms");
	expect(text, "descriptor", ", owned");
	free(text);
	scene.fd = dup(scene.fd);
	end(s);
}
END_TEST

START_TEST(a_data_connection_is_told)
{
	struct peer_options o = server(0);
	tls_socket *control, *data;
	char *text, buf[8];
	int fd;

	o.connections = 2;
	scene_serve(&scene, o);
	control = wrap(HOST);
	fd = peer_connect(&scene.peer);
	data = tls_wrap_data(control, fd);
	ck_assert_works(data != NULL);
	ck_assert_int_eq(tls_socket_read(data, buf, 5), 5);
	text = text_of(NULL, data);
	ck_assert_int_eq(strncmp(text, "connection\n", 11), 0);
	expect(text, "handshake", "resumed from the control connection");
	expect(text, "session", "not kept: this is a data connection");
	expect(text, "reference names", HOST);
	free(text);
	ck_assert_int_eq(tls_socket_close(data), 0);
	(void)close(fd);
	ck_assert_int_eq(peer_wait(&scene.peer, &scene.report), 0);
	end(control);
}
END_TEST

START_TEST(a_local_socket_is_told)
{
	struct peer_options o = server(0);
	tls_socket *s;
	char *text;

	o.unix_pair = true;
	scene_serve(&scene, o);
	s = wrap(HOST);
	text = text_of(NULL, s);
	expect(text, "address", "a local socket");
	free(text);
	end(s);
}
END_TEST

/* Everything that the peer may choose is full of control characters. */
START_TEST(nothing_of_the_peers_gets_through_raw)
{
	struct pki *hostile = pki_make(.cn = "\033[2J\"\n    verified   yes", .issuer = sub,
	    .san = PKI_NAMES(PKI_DNS(HOST), PKI_DNS("a\033]0;x\007b\n    dane"), PKI_URI("\r\n\0x"),
	        PKI_EMAIL("\x9b\xff@x"), PKI_IP("192.0.2.1"), PKI_RAW(7, "\001\002\003")));
	struct peer_options o = server(0);
	tls_socket *s;
	char *text;

	o.cert = pki_x509(hostile);
	o.key = pki_key(hostile);
	scene_serve(&scene, o);
	s = wrap(HOST);
	text = text_of(NULL, s); /* looks at each octet */
	expect(text, "  names", "DNS \"a\\x1b]0;x\\x07b\\x0a    dane\"");
	expect(text, "  names", "IP 192.0.2.1");
	ck_assert_ptr_null(strstr(text, "\n    verified   yes"));
	free(text);
	end(s);
	pki_free(hostile);
}
END_TEST

START_TEST(many_names_are_cut)
{
	static struct pki_name names[301];
	static char texts[300][32];
	struct pki *crowded;
	struct peer_options o = server(0);
	tls_socket *s;
	char *text;
	int i;

	for (i = 0; i < 300; i++) {
		(void)snprintf(texts[i], sizeof(texts[i]), "host%d.lab.test", i);
		names[i] = pki_name(2, i == 0 ? HOST : texts[i]);
	}
	crowded = pki_make(.issuer = sub, .san = names);
	o.cert = pki_x509(crowded);
	o.key = pki_key(crowded);
	scene_serve(&scene, o);
	s = wrap(HOST);
	text = text_of(NULL, s);
	ck_assert_ptr_nonnull(strstr(text, "\"host99.lab.test\"\n"));
	ck_assert_ptr_null(strstr(text, "host100"));
	ck_assert_ptr_nonnull(strstr(text, "and 200 more\n"));
	free(text);
	end(s);
	pki_free(crowded);
}
END_TEST

START_TEST(no_secret_of_the_connection_is_told)
{
	unsigned char secret[64];
	char hex[129] = "", *text;
	tls_socket *s;
	size_t i, n;

	scene_serve(&scene, server(versions[_i]));
	s = wrap(HOST);
	text = text_of(NULL, s);
	n = SSL_SESSION_get_master_key(SSL_get_session(tls_socket_native(s)), secret, sizeof(secret));
	ck_assert_uint_gt(n, 31);
	for (i = 0; i < 8; i++)
		(void)snprintf(hex + 2 * i, 3, "%02X", secret[i]);
	ck_assert_ptr_null(strstr(upcase(text), hex));
	free(text);
	end(s);
}
END_TEST

/* ------------------------------------------------------------------- refusals */

START_TEST(nothing_to_describe_or_to_write_to_is_usage)
{
	tls_socket *s;

	ck_assert_refused(tls_context_describe(ctx, NULL), TLSW_ERR_USAGE);
	ck_assert_refused(tls_context_describe(NULL, NULL), TLSW_ERR_USAGE);
	ck_assert_refused(tls_socket_describe(NULL, stderr), TLSW_ERR_USAGE);
	scene_serve(&scene, server(0));
	s = tls_wrap_start(ctx, scene.fd, HOST);
	ck_assert_works(s != NULL);
	ck_assert_refused(tls_socket_describe(s, stderr), TLSW_ERR_USAGE);
	ck_assert_works(tls_socket_handshake(s) == 0);
	ck_assert_refused(tls_socket_describe(s, NULL), TLSW_ERR_USAGE);
	end(s);
}
END_TEST

START_TEST(a_refused_socket_repeats_its_error)
{
	tls_socket *s;

	scene_serve(&scene, server(0));
	s = tls_wrap_start(ctx, scene.fd, "evil.test");
	ck_assert_works(s != NULL);
	ck_assert_int_eq(tls_socket_handshake(s), -1);
	ck_assert_refused(tls_socket_describe(s, stderr), TLSW_ERR_HOSTNAME_MISMATCH);
	tls_socket_free(s);
	scene_end(&scene);
	sk_X509_pop_free(scene.options.chain, X509_free);
}
END_TEST

START_TEST(a_dead_socket_repeats_its_error)
{
	static const struct peer_step cut[] = {PEER_HANDSHAKE, PEER_SEND("hello"), PEER_FIN, PEER_END};
	struct peer_options o = server(0);
	tls_socket *s;
	char buf[8];

	o.script = cut;
	scene_serve(&scene, o);
	s = wrap(HOST);
	free(text_of(NULL, s));
	ck_assert_refused(tls_socket_read(s, buf, 5), TLSW_ERR_TRUNCATED);
	ck_assert_refused(tls_socket_describe(s, stderr), TLSW_ERR_TRUNCATED);
	tls_socket_free(s);
	scene_end(&scene);
	sk_X509_pop_free(scene.options.chain, X509_free);
}
END_TEST

/* A device without room, buffered and not; and a stream that is for reading. */
START_TEST(what_cannot_be_written_is_an_error)
{
	FILE *out = fopen(_i < 2 ? "/dev/full" : "/dev/null", _i < 2 ? "w" : "r");
	tls_socket *s;

	ck_assert_ptr_nonnull(out);
	if (_i == 1)
		ck_assert_int_eq(setvbuf(out, NULL, _IONBF, 0), 0);
	ck_assert_refused(tls_context_describe(ctx, out), TLSW_ERR_SYSTEM);
	ck_assert_int_ne(tls_last_error()->os_errno, 0);
	scene_serve(&scene, server(0));
	s = wrap(HOST);
	ck_assert_refused(tls_socket_describe(s, out), TLSW_ERR_SYSTEM);
	ck_assert_int_ne(tls_last_error()->os_errno, 0);
	(void)fclose(out);
	end(s); /* it is none the worse for that */
}
END_TEST

static TCase *
group(Suite *suite, const char *name)
{
	TCase *t = tcase_create(name);

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_set_timeout(t, 30);
	suite_add_tcase(suite, t);
	return t;
}

int
main(void)
{
	Suite *suite = suite_create("describe");
	TCase *t = group(suite, "setters");

	tcase_add_loop_test(t, every_setter_changes_what_is_told, 0, ROWS);
	tcase_add_test(t, every_setter_has_a_row);
	t = group(suite, "context");
	tcase_add_test(t, a_new_context_is_told_in_full);
	tcase_add_test(t, without_anchors_it_says_so);
	tcase_add_test(t, describing_freezes_nothing);
	tcase_add_test(t, null_is_the_shared_context);
	tcase_add_test(t, a_shared_context_that_cannot_be_made_is_an_error);
	tcase_add_test(t, a_source_that_spoiled_is_told);
	tcase_add_test(t, no_secret_of_the_client_is_told);
	t = group(suite, "connection");
	tcase_add_loop_test(t, a_connection_is_told_in_full, 0, 2);
	tcase_add_loop_test(t, resumption_is_told, 0, 2);
	tcase_add_loop_test(t, what_is_odd_is_told, 0, ODDITIES);
	tcase_add_loop_test(t, a_good_staple_is_told, 0, 2);
	tcase_add_loop_test(t, a_client_certificate_is_told, 0, 4);
	tcase_add_test(t, further_names_and_tlsa_records_are_told);
	tcase_add_test(t, a_data_connection_is_told);
	tcase_add_test(t, a_local_socket_is_told);
	tcase_add_test(t, nothing_of_the_peers_gets_through_raw);
	tcase_add_test(t, many_names_are_cut);
	tcase_add_loop_test(t, no_secret_of_the_connection_is_told, 0, 2);
	t = group(suite, "refusals");
	tcase_add_test(t, nothing_to_describe_or_to_write_to_is_usage);
	tcase_add_test(t, a_refused_socket_repeats_its_error);
	tcase_add_test(t, a_dead_socket_repeats_its_error);
	tcase_add_loop_test(t, what_cannot_be_written_is_an_error, 0, 3);
	return support_run(suite);
}
