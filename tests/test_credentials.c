/*
 * test_credentials.c - client certificates: loaded from whatever people keep
 * them in, shown to a server that was accepted, and to nobody else.
 *
 * SPDX-License-Identifier: ISC
 */
#include "support/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>

#include "support/peer.h"
#include "support/pki.h"
#include "support/terminal.h"
#include "support/trust_support.h"

#define PASSWORD "correct horse"

static struct pki *ca, *server, *client_ca, *client_sub, *ec, *rsa, *stranger;
static struct peer_options options;
static struct peer peer;
static struct peer_report report;
static tls_context *ctx;
static int asked; /* how often for a password */

/* Says hello when TLS is there, then takes what comes. */
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

#define CLIENT_EKU PKI_OIDS("1.3.6.1.5.5.7.3.2")

/* Made once, for they are only read: RSA keys take their time. */
static void
make_pki(void)
{
	ca = pki_ca("Server CA");
	server = pki_leaf(ca, "www.lab.test");
	client_ca = pki_ca("Client CA");
	client_sub = pki_intermediate(client_ca, "Client issuer");
	ec = pki_make(.cn = "client ec", .issuer = client_sub, .eku = CLIENT_EKU);
	rsa = pki_make(.cn = "client rsa", .issuer = client_sub, .eku = CLIENT_EKU,
	    .key_type = "RSA-2048");
	stranger = pki_make(.cn = "stranger", .issuer = client_ca, .eku = CLIENT_EKU);
}

static void
free_pki(void)
{
	pki_free(stranger);
	pki_free(rsa);
	pki_free(ec);
	pki_free(client_sub);
	pki_free(client_ca);
	pki_free(server);
	pki_free(ca);
}

static void
setup(void)
{
	scratch_make();
	ctx = trusting(ca);
	asked = 0;
	options = (struct peer_options){.cert = pki_x509(server), .key = pki_key(server),
	    .script = hello, .client_cert = PEER_REQUIRE_CLIENT_CERT, .client_ca = pki_x509(client_ca)};
}

static void
teardown(void)
{
	tls_context_free(ctx);
	scratch_remove();
	tls_error_clear();
}

static int
right(char *buf, int size, void *arg)
{
	ck_assert_int_ge(size, 512);
	ck_assert_ptr_eq(arg, &asked);
	asked++;
	memcpy(buf, PASSWORD, strlen(PASSWORD));
	return (int)strlen(PASSWORD);
}
static int
wrong(char *buf, int size, void *arg)
{
	(void)size, (void)arg;
	asked++;
	memcpy(buf, "wrong", 5);
	return 5;
}
static int
none(char *buf, int size, void *arg)
{
	(void)buf, (void)size, (void)arg;
	asked++;
	return -1;
}
static int
too_long(char *buf, int size, void *arg)
{
	(void)arg;
	asked++;
	memset(buf, 'x', (size_t)size);
	return size + 1;
}

/* ------------------------------------------------------------- forms of credentials */

/* What a BIO in memory holds, written into a file of the scratch folder. Frees the BIO. */
static const char *
to_file(const char *name, BIO *bio)
{
	char *data;
	long len = BIO_get_mem_data(bio, &data);
	const char *path = scratch_write(name, data, (size_t)len);

	BIO_free(bio);
	return path;
}

static const char *
texts(const char *name, const char *const *list)
{
	BIO *bio = BIO_new(BIO_s_mem());

	for (; *list != NULL; list++)
		ck_assert_int_gt(BIO_puts(bio, *list), 0);
	return to_file(name, bio);
}
#define TEXTS(name, ...) texts(name, (const char *const[]){__VA_ARGS__, NULL})

static const char *
chain_of(struct pki *leaf)
{
	return TEXTS("chain.pem", pki_pem(leaf), pki_pem(client_sub));
}

static const char *
sealed_key(struct pki *leaf, const char *name)
{
	BIO *bio = BIO_new(BIO_s_mem());

	ck_assert_int_eq(PEM_write_bio_PKCS8PrivateKey(bio, pki_key(leaf), EVP_aes_256_cbc(), PASSWORD,
	                     (int)strlen(PASSWORD), NULL, NULL), 1);
	return to_file(name, bio);
}

/* The form before PKCS#8: "Proc-Type: 4,ENCRYPTED" where it is encrypted. */
static const char *
old_key(struct pki *leaf, bool sealed)
{
	BIO *bio = BIO_new(BIO_s_mem());

	ck_assert_int_eq(PEM_write_bio_PrivateKey_traditional(bio, pki_key(leaf),
	                     sealed ? EVP_aes_128_cbc() : NULL, (const unsigned char *)PASSWORD,
	                     sealed ? (int)strlen(PASSWORD) : 0, NULL, NULL), 1);
	return to_file("old.pem", bio);
}

static const char *
der_key(struct pki *leaf, bool sealed)
{
	BIO *bio = BIO_new(BIO_s_mem());

	if (sealed)
		ck_assert_int_eq(i2d_PKCS8PrivateKey_bio(bio, pki_key(leaf), EVP_aes_256_cbc(), PASSWORD,
		                     (int)strlen(PASSWORD), NULL, NULL), 1);
	else
		ck_assert_int_eq(i2d_PrivateKey_bio(bio, pki_key(leaf)), 1);
	return to_file("key.der", bio);
}

static const char *
pkcs12(struct pki *leaf, const char *password)
{
	STACK_OF(X509) *others = pki_stack(PKI_LIST(client_ca, stranger, client_sub));
	BIO *bio = BIO_new(BIO_s_mem());
	PKCS12 *p12 = PKCS12_create(password, "friend", pki_key(leaf), pki_x509(leaf), others, 0, 0, 0, 0, 0);

	ck_assert_ptr_nonnull(p12);
	ck_assert_int_eq(i2d_PKCS12_bio(bio, p12), 1);
	PKCS12_free(p12);
	sk_X509_pop_free(others, X509_free);
	return to_file("client.p12", bio);
}

static int
load(const char *certs, const char *key, tlsw_password_fn fn)
{
	return tls_context_load_cert_chain(ctx, certs, key, fn, &asked);
}

static int one_file(void) { return load(TEXTS("all.pem", pki_pem(ec), pki_pem(client_sub), pki_key_pem(ec)), NULL, NULL); }
static int key_first(void) { return load(TEXTS("all.pem", "some text\n", pki_key_pem(ec), pki_pem(ec), pki_pem(client_sub)), NULL, NULL); }
static int two_files(void) { return load(chain_of(ec), TEXTS("key.pem", pki_key_pem(ec)), NULL); }
static int two_files_rsa(void) { return load(chain_of(rsa), TEXTS("key.pem", pki_key_pem(rsa)), NULL); }
static int sealed_pkcs8(void) { return load(chain_of(ec), sealed_key(ec, "key.pem"), right); }
static int old_form(void) { return load(chain_of(ec), old_key(ec, false), NULL); }
static int old_form_rsa(void) { return load(chain_of(rsa), old_key(rsa, false), NULL); }
static int sealed_old_form(void) { return load(chain_of(rsa), old_key(rsa, true), right); }
static int key_in_der(void) { return load(chain_of(ec), der_key(ec, false), NULL); }
static int sealed_key_in_der(void) { return load(chain_of(ec), der_key(ec, true), right); }
static int sealed_p12(void) { return load(pkcs12(ec, PASSWORD), NULL, right); }
static int p12_without_password(void) { return load(pkcs12(ec, NULL), NULL, NULL); }
static int p12_with_empty_password(void) { return load(pkcs12(rsa, ""), NULL, NULL); }
static int key_in_p12(void) { return load(chain_of(ec), pkcs12(ec, PASSWORD), right); }
static int certs_in_p12(void) { return load(pkcs12(ec, NULL), TEXTS("key.pem", pki_key_pem(ec)), NULL); }
static int needless_password(void) { return load(chain_of(ec), TEXTS("key.pem", pki_key_pem(ec)), right); }

static int
two_passwords(void) /* the file with both, and the key apart */
{
	const char *sealed = sealed_key(ec, "sealed.pem");

	return load(pkcs12(ec, PASSWORD), sealed, right);
}

static int
file_uri(void)
{
	char certs[300], key[300];

	(void)snprintf(certs, sizeof(certs), "file:%s", chain_of(ec));
	(void)snprintf(key, sizeof(key), "file://%s", sealed_key(ec, "key.pem"));
	return load(certs, key, right);
}

static int
memory(void)
{
	char *pem = pki_chain_pem(PKI_LIST(ec, client_sub));
	int rv = tls_context_load_cert_chain_mem(ctx, pem, strlen(pem), pki_key_pem(ec),
	    strlen(pki_key_pem(ec)), NULL, NULL);

	free(pem);
	return rv;
}

static int
one_memory(void)
{
	size_t len;
	char *data;
	FILE *f = fopen(pkcs12(rsa, PASSWORD), "rb");
	int rv;

	ck_assert_ptr_nonnull(f);
	data = malloc(100000);
	len = fread(data, 1, 100000, f);
	(void)fclose(f);
	rv = tls_context_load_cert_chain_mem(ctx, data, len, NULL, 0, right, &asked);
	free(data);
	return rv;
}

static const struct {
	const char *label;
	int (*load)(void);
	struct pki **who;
	int asked;
} forms[] = {
    {"PEM, one file", one_file, &ec, 0},
    {"PEM, the key first", key_first, &ec, 0},
    {"PEM, two files", two_files, &ec, 0},
    {"PEM, two files, RSA", two_files_rsa, &rsa, 0},
    {"PKCS#8, encrypted", sealed_pkcs8, &ec, 1},
    {"the form before PKCS#8, EC", old_form, &ec, 0},
    {"the form before PKCS#8, RSA", old_form_rsa, &rsa, 0},
    {"the form before PKCS#8, encrypted", sealed_old_form, &rsa, 1},
    {"key in DER", key_in_der, &ec, 0},
    {"key in DER, encrypted", sealed_key_in_der, &ec, 1},
    {"PKCS#12", sealed_p12, &ec, 1},
    {"PKCS#12 without password", p12_without_password, &ec, 0},
    {"PKCS#12 with the empty password", p12_with_empty_password, &rsa, 0},
    {"key in PKCS#12", key_in_p12, &ec, 1},
    {"certificates in PKCS#12", certs_in_p12, &ec, 0},
    {"a password that nobody needs", needless_password, &ec, 0},
    {"two passwords", two_passwords, &ec, 2},
    {"file: URIs", file_uri, &ec, 1},
    {"memory", memory, &ec, 0},
    {"memory, PKCS#12", one_memory, &rsa, 1},
};
#define FORMS ((int)(sizeof(forms) / sizeof(forms[0])))

/* ------------------------------------------------------------------- with a server */

static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

static void
only_version(int i)
{
	options.min_version = options.max_version = versions[i];
}

/* One connection that must work; report says what the server saw. */
static void
visit(tls_context *c)
{
	char buf[8];
	int fd;
	tls_socket *s;

	ck_assert_int_eq(peer_start(&peer, &options), 0);
	fd = peer_connect(&peer);
	s = tls_wrap(c, fd, "www.lab.test");
	ck_assert_works(s != NULL);
	ck_assert_works(tls_socket_read(s, buf, 5) == 5);
	ck_assert_int_eq(tls_socket_close(s), 0);
	(void)close(fd);
	ck_assert_int_eq(peer_wait(&peer, &report), 0);
	peer_stop(&peer);
}

static void
fingerprint(const struct pki *who, char out[65])
{
	struct pki_octets der = pki_der(who);
	tls_certificate *cert = tls_certificate_load_mem(der.at, der.len);

	ck_assert_works(cert != NULL);
	(void)snprintf(out, 65, "%s", tls_certificate_sha256(cert));
	tls_certificate_free(cert);
}

static void
assert_seen(const struct pki *who)
{
	char print[65];

	fingerprint(who, print);
	ck_assert(report.client_cert);
	ck_assert_str_eq(report.client_cert_sha256, print);
}

/* The server knows the root alone: the chain has to come along, in whatever order it was kept. */
START_TEST(every_form_is_loaded_and_shown)
{
	const int version = _i % 2;

	ck_assert_msg(forms[_i / 2].load() == 0, "%s: %s", forms[_i / 2].label, tls_last_error()->message);
	ck_assert_msg(asked == forms[_i / 2].asked, "%s: asked %d times", forms[_i / 2].label, asked);
	only_version(version);
	visit(ctx);
	assert_seen(*forms[_i / 2].who);
}
END_TEST

START_TEST(ed25519_will_do_as_well)
{
	struct pki *ed = pki_make(.cn = "client ed", .issuer = client_ca, .eku = CLIENT_EKU,
	    .key_type = "Ed25519");

	ck_assert_works(load(TEXTS("all.pem", pki_pem(ed), pki_key_pem(ed)), NULL, NULL) == 0);
	only_version(_i);
	visit(ctx);
	assert_seen(ed);
	pki_free(ed);
}
END_TEST

START_TEST(a_load_takes_the_place_of_an_earlier_one)
{
	ck_assert_works(two_files_rsa() == 0);
	ck_assert_works(two_files() == 0);
	options.sigalgs = "RSA+SHA256:RSA-PSS+SHA256:ECDSA+SHA256"; /* as a server that likes RSA better */
	only_version(_i);
	visit(ctx);
	assert_seen(ec);
}
END_TEST

START_TEST(a_load_that_failed_leaves_the_earlier_one)
{
	ck_assert_works(two_files() == 0);
	ck_assert_refused(load(chain_of(rsa), scratch_path("missing"), NULL), TLSW_ERR_CREDENTIALS);
	only_version(_i);
	visit(ctx);
	assert_seen(ec);
}
END_TEST

START_TEST(a_server_that_does_not_ask_sees_none)
{
	ck_assert_works(two_files() == 0);
	options.client_cert = PEER_NO_CLIENT_CERT;
	only_version(_i);
	visit(ctx);
	ck_assert(!report.client_cert);
}
END_TEST

START_TEST(a_server_that_only_wishes_is_content_with_none)
{
	options.client_cert = PEER_REQUEST_CLIENT_CERT;
	only_version(_i);
	visit(ctx);
	ck_assert(report.handshake && !report.client_cert);
}
END_TEST

/* "Identity before secrets": neither in the clear nor under the keys of an impostor. */
START_TEST(an_impostor_never_gets_the_certificate)
{
	struct pki *other = pki_leaf(ca, "evil.test"), *false_ca = pki_ca("False CA"),
		   *forged = pki_leaf(false_ca, "www.lab.test");
	struct pki *impostor = _i / 2 == 0 ? other : forged;
	int fd;

	ck_assert_works(two_files() == 0);
	options.cert = pki_x509(impostor);
	options.key = pki_key(impostor);
	only_version(_i % 2);
	ck_assert_int_eq(peer_start(&peer, &options), 0);
	fd = peer_connect(&peer);
	ck_assert_refused_null(tls_wrap(ctx, fd, "www.lab.test"),
	    _i / 2 == 0 ? TLSW_ERR_HOSTNAME_MISMATCH : TLSW_ERR_CERTIFICATE);
	(void)close(fd);
	ck_assert_int_eq(peer_wait(&peer, &report), 0);
	ck_assert(!report.client_cert && !report.handshake);
	peer_stop(&peer);
	pki_free(forged);
	pki_free(false_ca);
	pki_free(other);
}
END_TEST

/* Wrap, or in TLS 1.3, where the server can say so only later, the first read. */
static const struct tls_error_info *
refused_by_server(void)
{
	char buf[8];
	int fd;
	tls_socket *s;

	ck_assert_int_eq(peer_start(&peer, &options), 0);
	fd = peer_connect(&peer);
	s = tls_wrap(ctx, fd, "www.lab.test");
	if (s != NULL)
		ck_assert_refused(tls_socket_read(s, buf, 5), TLSW_ERR_ALERT);
	else
		support_assert_error(TLSW_ERR_ALERT, "tls_wrap", __FILE__, __LINE__);
	tls_socket_free(s);
	(void)close(fd);
	ck_assert_int_eq(peer_wait(&peer, &report), 0);
	peer_stop(&peer);
	return tls_last_error();
}

START_TEST(a_server_that_insists_is_explained)
{
	only_version(_i);
	ck_assert_ptr_nonnull(strstr(refused_by_server()->message, "tls_context_load_cert_chain"));
	ck_assert(!report.client_cert);
}
END_TEST

START_TEST(a_server_that_does_not_know_the_ca_is_explained)
{
	ck_assert_works(load(TEXTS("all.pem", pki_pem(ec), pki_key_pem(ec)), NULL, NULL) == 0); /* no chain */
	only_version(_i);
	ck_assert_ptr_nonnull(strstr(refused_by_server()->message, "client certificate"));
	ck_assert_int_eq(tls_last_error()->alert, 48);
}
END_TEST

/* ---------------------------------------------------------------------------- refused */

static int missing(void) { return load(scratch_path("missing"), NULL, NULL); }
static int missing_key(void) { return load(chain_of(ec), scratch_path("missing"), NULL); }
static int directory(void) { (void)mkdir(scratch_path("folder"), 0700); return load(scratch_path("folder"), NULL, NULL); }
static int empty(void) { return load(scratch_write("empty", "", 0), NULL, NULL); }
static int garbage(void) { return load(scratch_write("garbage", "\x30\x82\xff\xff garbage \0 and more", 24), NULL, NULL); }
static int garbage_key(void) { return load(chain_of(ec), scratch_write("garbage", "no key at all", 13), NULL); }
static int no_key(void) { return load(chain_of(ec), NULL, NULL); }
static int no_certificate(void) { return load(TEXTS("key.pem", pki_key_pem(ec)), NULL, NULL); }
static int certificate_as_key(void) { return load(chain_of(ec), TEXTS("ca.pem", pki_pem(client_ca)), NULL); }
static int public_key(void) { BIO *b = BIO_new(BIO_s_mem()); ck_assert_int_eq(PEM_write_bio_PUBKEY(b, pki_key(ec)), 1); return load(chain_of(ec), to_file("pub.pem", b), NULL); }
static int wrong_key(void) { return load(chain_of(ec), TEXTS("key.pem", pki_key_pem(stranger)), NULL); }
static int wrong_kind_of_key(void) { return load(chain_of(ec), TEXTS("key.pem", pki_key_pem(rsa)), NULL); }
static int leaf_last(void) { return load(TEXTS("all.pem", pki_pem(client_sub), pki_pem(ec), pki_key_pem(ec)), NULL, NULL); }
static int broken_pem(void) { return load(TEXTS("all.pem", pki_pem(ec), "-----BEGIN PRIVATE KEY-----\nAAAA!\n"), NULL, NULL); }
static int broken_key(void) { return load(TEXTS("all.pem", pki_pem(ec), "-----BEGIN PRIVATE KEY-----\nMAAA\n-----END PRIVATE KEY-----\n"), NULL, NULL); }
static int broken_cert(void) { return load(TEXTS("all.pem", "-----BEGIN CERTIFICATE-----\nMAAA\n-----END CERTIFICATE-----\n", pki_key_pem(ec)), NULL, NULL); }
static int foreign_key(void) { return load(TEXTS("all.pem", pki_pem(ec), "-----BEGIN OPENSSH PRIVATE KEY-----\nMAAA\n-----END OPENSSH PRIVATE KEY-----\n"), NULL, NULL); }
static int wrong_password(void) { return load(chain_of(ec), sealed_key(ec, "key.pem"), wrong); }
static int wrong_password_old(void) { return load(chain_of(rsa), old_key(rsa, true), wrong); }
static int wrong_password_der(void) { return load(chain_of(ec), der_key(ec, true), wrong); }
static int wrong_password_p12(void) { return load(pkcs12(ec, PASSWORD), NULL, wrong); }
static int no_password(void) { return load(chain_of(ec), sealed_key(ec, "key.pem"), none); }
static int no_password_old(void) { return load(chain_of(rsa), old_key(rsa, true), none); }
static int no_password_p12(void) { return load(pkcs12(ec, PASSWORD), NULL, none); }
static int long_password(void) { return load(chain_of(ec), sealed_key(ec, "key.pem"), too_long); }
static int no_function(void) { return load(chain_of(ec), sealed_key(ec, "key.pem"), NULL); }
static int no_function_old(void) { return load(chain_of(rsa), old_key(rsa, true), NULL); }
static int no_function_der(void) { return load(chain_of(ec), der_key(ec, true), NULL); }
static int no_function_p12(void) { return load(pkcs12(ec, PASSWORD), NULL, NULL); }
static int unknown_scheme(void) { return load("gopher://lab.test/1", NULL, NULL); }
static int missing_uri(void) { return load("file:///nowhere/at/all", NULL, NULL); }
static int large(void) { char *m = calloc(1, 2 << 20); int rv = tls_context_load_cert_chain_mem(ctx, m, 2 << 20, NULL, 0, NULL, NULL); free(m); return rv; }
static int empty_memory(void) { return tls_context_load_cert_chain_mem(ctx, "", 0, NULL, 0, NULL, NULL); }
static int empty_key(void) { return tls_context_load_cert_chain_mem(ctx, pki_pem(ec), strlen(pki_pem(ec)), "", 0, NULL, NULL); }

static int
uri_no_function(void)
{
	char key[300];

	(void)snprintf(key, sizeof(key), "file:%s", sealed_key(ec, "key.pem"));
	return load(chain_of(ec), key, NULL);
}

static int
damaged_p12(void)
{
	char *data = NULL;
	FILE *f = fopen(pkcs12(ec, PASSWORD), "rb");
	size_t len;
	int rv;

	ck_assert_ptr_nonnull(f);
	data = calloc(1, 100000);
	len = fread(data, 1, 100000, f);
	(void)fclose(f);
	data[len / 2] ^= 0x55;
	rv = tls_context_load_cert_chain_mem(ctx, data, len, NULL, 0, right, &asked);
	free(data);
	return rv;
}

static int
weak(void)
{
	struct pki *small = pki_make(.cn = "small", .key_type = "RSA-1024");
	int rv = load(TEXTS("all.pem", pki_pem(small), pki_key_pem(small)), NULL, NULL);

	pki_free(small);
	return rv;
}

static const struct {
	const char *label;
	int (*load)(void);
	const char *text; /* of the message */
	int asked;
} refusals[] = {
    {"missing", missing, "No such file", 0},
    {"key file missing", missing_key, "No such file", 0},
    {"a directory", directory, "directory", 0},
    {"empty", empty, "empty", 0},
    {"garbage", garbage, "holds no certificate", 0},
    {"garbage as key", garbage_key, "holds no private key", 0},
    {"no key", no_key, "holds no private key", 0},
    {"no certificate", no_certificate, "holds no certificate", 0},
    {"a certificate as key", certificate_as_key, "holds no private key", 0},
    {"a public key as key", public_key, "holds no private key", 0},
    {"key of another certificate", wrong_key, "CN=client ec", 0},
    {"key of another kind", wrong_kind_of_key, "CN=client ec", 0},
    {"leaf last", leaf_last, "belongs to certificate 2", 0},
    {"broken PEM", broken_pem, "damaged", 0},
    {"broken key", broken_key, "cannot be decoded", 0},
    {"broken certificate", broken_cert, "cannot be decoded", 0},
    {"key of a foreign kind", foreign_key, "cannot be decoded", 0},
    {"wrong password", wrong_password, "wrong password", 1},
    {"wrong password, old form", wrong_password_old, "wrong password", 1},
    {"wrong password, DER", wrong_password_der, "wrong password", 1},
    {"wrong password, PKCS#12", wrong_password_p12, "wrong password", 1},
    {"no password", no_password, "gave no password", 1},
    {"no password, old form", no_password_old, "gave no password", 1},
    {"no password, PKCS#12", no_password_p12, "gave no password", 1},
    {"over-long password", long_password, "gave no password", 1},
    {"no function", no_function, "no password function", 0},
    {"no function, old form", no_function_old, "no password function", 0},
    {"no function, DER", no_function_der, "no password function", 0},
    {"no function, PKCS#12", no_function_p12, "no password function", 0},
    {"no function, URI", uri_no_function, "no password function", 0},
    {"unknown scheme", unknown_scheme, "gopher", 0},
    {"nothing behind the URI", missing_uri, "nowhere", 0},
    {"damaged PKCS#12", damaged_p12, "", -1},
    {"too large", large, "1 MiB", 0},
    {"empty memory", empty_memory, "holds no certificate", 0},
    {"empty key in memory", empty_key, "holds no private key", 0},
    {"too weak", weak, "security level 2", 0},
};
#define REFUSALS ((int)(sizeof(refusals) / sizeof(refusals[0])))

START_TEST(what_cannot_be_used_is_refused_and_explained)
{
	const unsigned long before = ERR_peek_error();

	ck_assert_refused(refusals[_i].load(), TLSW_ERR_CREDENTIALS);
	ck_assert_msg(strstr(tls_last_error()->message, refusals[_i].text) != NULL, "%s: %s",
	    refusals[_i].label, tls_last_error()->message);
	if (refusals[_i].asked >= 0)
		ck_assert_msg(asked == refusals[_i].asked, "%s: asked %d times", refusals[_i].label, asked);
	ck_assert_uint_eq(ERR_peek_error(), before);
}
END_TEST

START_TEST(misuse_is_usage)
{
	ck_assert_refused(tls_context_load_cert_chain(NULL, "x", NULL, NULL, NULL), TLSW_ERR_USAGE);
	ck_assert_refused(tls_context_load_cert_chain(ctx, NULL, NULL, NULL, NULL), TLSW_ERR_USAGE);
	ck_assert_refused(tls_context_load_cert_chain_mem(NULL, "x", 1, NULL, 0, NULL, NULL), TLSW_ERR_USAGE);
	ck_assert_refused(tls_context_load_cert_chain_mem(ctx, NULL, 0, NULL, 0, NULL, NULL), TLSW_ERR_USAGE);
	ck_assert_ptr_nonnull(tls_context_native(ctx)); /* freezes */
	ck_assert_refused(two_files(), TLSW_ERR_USAGE);
	ck_assert_refused(memory(), TLSW_ERR_USAGE);
}
END_TEST

START_TEST(a_pin_in_a_uri_stays_out_of_messages)
{
	static const char *const uris[] = {"gopher:token=lab?pin-value=314159", "gopher:pin-value=314159",
	    "pkcs11:token=none-such-here;object=x?pin-value=314159"};

	ck_assert_refused(load(uris[_i], NULL, NULL), TLSW_ERR_CREDENTIALS);
	ck_assert_ptr_null(strstr(tls_last_error()->message, "314159"));
	ck_assert_ptr_null(strstr(tls_last_error()->details, "314159"));
	ck_assert_refused(load(chain_of(ec), uris[_i], NULL), TLSW_ERR_CREDENTIALS);
	ck_assert_ptr_null(strstr(tls_last_error()->message, "314159"));
}
END_TEST

/* wall: N06: OpenSSL takes a file of the name of a URI before it asks a token. */
START_TEST(a_file_of_the_name_of_a_uri_is_no_token)
{
	char *where = getcwd(NULL, 0);
	const char *folder;

	(void)TEXTS("pkcs11:token=lab", pki_pem(ec), pki_pem(client_sub), pki_key_pem(ec));
	folder = scratch_path(".");
	ck_assert_int_eq(chdir(folder), 0);
	ck_assert_refused(load("pkcs11:token=lab", NULL, NULL), TLSW_ERR_CREDENTIALS);
	ck_assert_ptr_nonnull(strstr(tls_last_error()->message, "./pkcs11:token=lab"));
	ck_assert_works(load("./pkcs11:token=lab", NULL, NULL) == 0);
	ck_assert_int_eq(chdir(where), 0);
	free(where);
}
END_TEST

/* ------------------------------------------------------------------ nobody else is asked */

static int (*const sealed[])(void) = {no_function, no_function_old, no_function_der, no_function_p12,
    uri_no_function};
#define SEALED ((int)(sizeof(sealed) / sizeof(sealed[0])))

static int (*attempt)(void);

static int
fails(void)
{
	return attempt() == -1 && tls_last_error()->code == TLSW_ERR_CREDENTIALS ? 0 : 1;
}

START_TEST(nobody_is_asked_on_the_terminal)
{
	attempt = sealed[_i];
	terminal_silent(fails);
}
END_TEST

/* ------------------------------------------------------------- nor does it come by itself */

/* In a child, for the configuration is read once: 0 if the server saw no certificate. */
static int
without_certificate(void)
{
	tls_context *c = trusting(ca), *other = trusting(ca);

	if (SSL_CTX_get_security_level(tls_context_native(other)) != 3)
		return 4; /* the configuration does not count at all */
	tls_context_free(other);
	options.client_cert = PEER_REQUEST_CLIENT_CERT;
	visit(c);
	tls_context_free(c);
	return report.handshake && !report.client_cert ? 0 : 1;
}

/* wall: N02 */
START_TEST(openssl_cnf_brings_no_certificate)
{
	char conf[1000];
	const char *all = TEXTS("all.pem", pki_pem(ec), pki_pem(client_sub), pki_key_pem(ec));
	int status = -1;
	pid_t pid;

	(void)snprintf(conf, sizeof(conf), "openssl_conf = init\n[init]\nssl_conf = ssl\n[ssl]\n"
	    "system_default = sd\n[sd]\nCipherString = DEFAULT@SECLEVEL=3\n"
	    "Certificate = %s\nPrivateKey = %s\n", all, all);
	(void)scratch_write("openssl.cnf", conf, strlen(conf));
	pid = fork();
	if (pid == 0) {
		/* OpenSSL has read its configuration in this program already: read this one now, by force */
		if (CONF_modules_load_file(scratch_path("openssl.cnf"), NULL, 0) <= 0)
			_exit(3);
		only_version(_i);
		_exit(without_certificate());
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %x", (unsigned)status);
}
END_TEST

/* A caller who took the SSL_CTX out for more than we cover keeps what he put in. */
START_TEST(a_certificate_by_way_of_the_native_context_is_the_callers)
{
	SSL_CTX *native = tls_context_native(ctx);
	STACK_OF(X509) *rest = pki_stack(PKI_LIST(client_sub));

	ck_assert_int_eq(SSL_CTX_use_cert_and_key(native, pki_x509(ec), pki_key(ec), rest, 1), 1);
	only_version(_i);
	visit(ctx);
	assert_seen(ec);
	sk_X509_pop_free(rest, X509_free);
}
END_TEST

static TCase *
group(Suite *suite, const char *name)
{
	TCase *t = tcase_create(name);

	tcase_add_unchecked_fixture(t, make_pki, free_pki);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 30);
	suite_add_tcase(suite, t);
	return t;
}

int
main(void)
{
	Suite *suite = suite_create("credentials");
	TCase *t = group(suite, "with a server");

	tcase_add_loop_test(t, every_form_is_loaded_and_shown, 0, 2 * FORMS);
	tcase_add_loop_test(t, ed25519_will_do_as_well, 0, 2);
	tcase_add_loop_test(t, a_load_takes_the_place_of_an_earlier_one, 0, 2);
	tcase_add_loop_test(t, a_load_that_failed_leaves_the_earlier_one, 0, 2);
	tcase_add_loop_test(t, a_server_that_does_not_ask_sees_none, 0, 2);
	tcase_add_loop_test(t, a_server_that_only_wishes_is_content_with_none, 0, 2);
	tcase_add_loop_test(t, an_impostor_never_gets_the_certificate, 0, 4);
	tcase_add_loop_test(t, a_server_that_insists_is_explained, 0, 2);
	tcase_add_loop_test(t, a_server_that_does_not_know_the_ca_is_explained, 0, 2);
	t = group(suite, "refused");
	tcase_add_loop_test(t, what_cannot_be_used_is_refused_and_explained, 0, REFUSALS);
	tcase_add_test(t, misuse_is_usage);
	tcase_add_loop_test(t, a_pin_in_a_uri_stays_out_of_messages, 0, 3);
	tcase_add_test(t, a_file_of_the_name_of_a_uri_is_no_token);
	t = group(suite, "nobody else");
	tcase_add_loop_test(t, nobody_is_asked_on_the_terminal, 0, SEALED);
	tcase_add_loop_test(t, openssl_cnf_brings_no_certificate, 0, 2);
	tcase_add_loop_test(t, a_certificate_by_way_of_the_native_context_is_the_callers, 0, 2);
	return support_run(suite);
}
