/*
 * test_dane_example.c - examples/dane/smtp against a mail server, with a signed
 * zone of our own: what RFC 7672 asks of secure, insecure, missing and bogus
 * answers. libunbound reads the zone from a file and validates it as if it had
 * come from a name server, so there is no network.
 *
 * Skipped, and says so, without libunbound or without the tools of ldns, which
 * sign the zone.
 *
 * SPDX-License-Identifier: ISC
 */
#include "support/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <openssl/sha.h>

#include "support/command.h"
#include "support/peer.h"
#include "support/pki.h"
#include "support/trust_support.h"

#define LATER 75 /* EX_TEMPFAIL */
#define HEX 65
#define NOBODY "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const struct peer_step script[] = {PEER_SEND("220 mx.example ESMTP\r\n"),
    PEER_EXPECT("EHLO "), PEER_SEND("250-mx.example\r\n250 STARTTLS\r\n"), PEER_EXPECT("STARTTLS"),
    PEER_SEND("220 go on\r\n"), PEER_HANDSHAKE, PEER_EXPECT("QUIT"), PEER_CLOSE_NOTIFY, PEER_END};

static struct pki *ca, *leaf;

/* ---------------------------------------------------------------------- a zone */

static const char *
hex_of(const unsigned char *data, size_t len, char out[HEX])
{
	unsigned char digest[32];
	size_t i;

	ck_assert_ptr_nonnull(SHA256(data, len, digest));
	for (i = 0; i < sizeof(digest); i++)
		(void)snprintf(out + 2 * i, 3, "%02x", digest[i]);
	return out;
}

static const char *
key_digest(const struct pki *cert, char out[HEX])
{
	unsigned char *der = NULL;
	int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(pki_x509(cert)), &der);

	ck_assert_int_gt(len, 0);
	(void)hex_of(der, (size_t)len, out);
	OPENSSL_free(der);
	return out;
}

/* What stands in mx.example, which is signed, and in plain.example, which is not. */
static void
write_zones(int port)
{
	char signed_zone[4096], plain_zone[1024], leaf_key[HEX], ca_cert[HEX];
	struct pki_octets der = pki_der(ca);

	(void)key_digest(leaf, leaf_key);
	(void)hex_of(der.at, der.len, ca_cert);
	(void)snprintf(signed_zone, sizeof(signed_zone),
	    "$ORIGIN mx.example.\n$TTL 3600\n"
	    "@ SOA ns hostmaster 1 3600 600 864000 3600\n@ NS ns\nns A 127.0.0.1\n"
	    "alias CNAME ee\n"
	    "ee A 127.0.0.1\n_%1$d._tcp.ee TLSA 3 1 1 %2$s\n"
	    "ta A 127.0.0.1\n_%1$d._tcp.ta TLSA 2 0 1 %3$s\n"
	    "other A 127.0.0.1\n_%1$d._tcp.other TLSA 2 0 1 %3$s\n"
	    "stranger A 127.0.0.1\n_%1$d._tcp.stranger TLSA 3 1 1 " NOBODY "\n"
	    "several A 127.0.0.1\n_%1$d._tcp.several TLSA 3 1 1 " NOBODY "\n"
	    "_%1$d._tcp.several TLSA 3 7 7 " NOBODY "\n_%1$d._tcp.several TLSA 3 1 1 %2$s\n"
	    "pkix A 127.0.0.1\n_%1$d._tcp.pkix TLSA 1 1 1 " NOBODY "\n"
	    "odd A 127.0.0.1\n_%1$d._tcp.odd TLSA 3 1 1 aa\n_%1$d._tcp.odd TLSA 9 1 1 %2$s\n"
	    "none A 127.0.0.1\n"
	    "changed A 127.0.0.1\n_%1$d._tcp.changed TLSA 3 1 1 %2$s\n"
	    "removed A 127.0.0.1\n_%1$d._tcp.removed TLSA 3 1 1 %2$s\n"
	    "moved A 127.0.0.1\n"
	    "half A 127.0.0.1\n_%1$d._tcp.half CNAME tlsa.plain.example.\n",
	    port, leaf_key, ca_cert);
	(void)scratch_write("mx", signed_zone, SIZE_MAX);
	(void)snprintf(plain_zone, sizeof(plain_zone),
	    "$ORIGIN plain.example.\n$TTL 3600\n"
	    "@ SOA ns hostmaster 1 3600 600 864000 3600\n@ NS ns\nns A 127.0.0.1\n"
	    "www A 127.0.0.1\n_%1$d._tcp.www TLSA 3 1 1 " NOBODY "\ntlsa TLSA 3 1 1 " NOBODY "\n",
	    port);
	(void)scratch_write("plain", plain_zone, SIZE_MAX);
}

/* Sign it, and then do what an attacker on the way would do. */
static void
sign_zone(void)
{
	long now = (long)time(NULL);
	char command[2000];

	ck_assert_int_lt(
	    snprintf(command, sizeof(command),
		"cd %s && key=$(ldns-keygen -r /dev/urandom -a ECDSAP256SHA256 -k mx.example) && "
		"ldns-signzone -i %ld -e %ld -o mx.example -f signed mx $key && mv $key.ds anchor "
		"&& "
		"sed -i -e '/^_[0-9]*._tcp.changed.*TLSA.3 1 1/s/3 1 1 ....../3 1 1 000000/' "
		"-e '/^_[0-9]*._tcp.removed.*TLSA.3 1 1/d' -e "
		"'/^_[0-9]*._tcp.removed.*RRSIG.TLSA/d' "
		"-e '/^moved.*\tA\t/s/127.0.0.1/127.0.0.2/' signed",
		scratch_path("."), now - 86400, now + 86400),
	    (int)sizeof(command));
	ck_assert_int_eq(system(command), 0);
}

static const char *
write_config(void)
{
	char signed_path[300], plain_path[300], text[1200];

	(void)snprintf(signed_path, sizeof(signed_path), "%s", scratch_path("signed"));
	(void)snprintf(plain_path, sizeof(plain_path), "%s", scratch_path("plain"));
	(void)snprintf(text, sizeof(text),
	    "server:\n  do-ip6: no\n"
	    "auth-zone:\n  name: \"mx.example\"\n  zonefile: \"%s\"\n"
	    "  for-upstream: yes\n  for-downstream: no\n  fallback-enabled: no\n"
	    "auth-zone:\n  name: \"plain.example\"\n  zonefile: \"%s\"\n"
	    "  for-upstream: yes\n  for-downstream: no\n  fallback-enabled: no\n",
	    signed_path, plain_path);
	return scratch_write("unbound.conf", text, SIZE_MAX);
}

/* ------------------------------------------------------------------------ tests */

static const struct {
	const char *host;
	int status;
	const char *out, *err; /* a part of each */
	const char *sni;       /* NULL: nobody was connected to */
} rows[] = {
    {"ee.mx.example", 0, "verified by TLSA records", "", "ee.mx.example"},
    {"alias.mx.example", 0, "verified by TLSA records", "", "ee.mx.example"},
    {"ta.mx.example", 0, "verified by TLSA records", "", "ta.mx.example"},
    {"several.mx.example", 0, "verified by TLSA records", "", "several.mx.example"},
    {"stranger.mx.example", 1, "", "TLSA", "stranger.mx.example"},
    {"other.mx.example", 1, "", "other.mx.example", "other.mx.example"},
    {"pkix.mx.example", 0, "no TLSA record is usable", "", "pkix.mx.example"},
    {"odd.mx.example", 0, "no TLSA record is usable", "", "odd.mx.example"},
    {"none.mx.example", 0, "no secure TLSA records", "", "none.mx.example"},
    {"www.plain.example", 0, "no secure TLSA records", "", "www.plain.example"},
    {"half.mx.example", 0, "no secure TLSA records", "", "half.mx.example"},
    {"changed.mx.example", LATER, "", "validation failure", NULL},
    {"removed.mx.example", LATER, "", "validation failure", NULL},
    {"moved.mx.example", LATER, "", "validation failure", NULL},
    {"nobody.mx.example", LATER, "", "has no address", NULL},
};

static void
visit(const struct peer *peer, const char *host, struct command_result *result)
{
	char config[300], anchor[300], port[16];
	const char *argv[] = {"examples/dane/smtp", "-c", config, "-k", anchor, host, port, NULL};
	const struct command command = {.argv = argv};

	write_zones(peer->port);
	sign_zone();
	(void)snprintf(config, sizeof(config), "%s", write_config());
	(void)snprintf(anchor, sizeof(anchor), "%s", scratch_path("anchor"));
	(void)snprintf(port, sizeof(port), "%d", peer->port);
	ck_assert_int_eq(command_run(&command, result), 0);
}

START_TEST(answers_are_used_as_rfc_7672_says)
{
	const struct peer_options options = {.cert = pki_x509(leaf),
	    .key = pki_key(leaf),
	    .chain = pki_stack(PKI_LIST(ca)),
	    .script = script};
	struct command_result r;
	struct peer_report report;
	struct peer peer;

	ck_assert_int_eq(peer_start(&peer, &options), 0);
	visit(&peer, rows[_i].host, &r);
	ck_assert_msg(r.status == rows[_i].status && strstr(r.out, rows[_i].out) != NULL &&
			  strstr(r.err, rows[_i].err) != NULL,
	    "%s: status %d, \"%s\", \"%s\"", rows[_i].host, r.status, r.out, r.err);
	if (rows[_i].sni != NULL) {
		ck_assert_int_eq(peer_wait(&peer, &report), 0);
		ck_assert_str_eq(report.sni, rows[_i].sni);
		ck_assert_int_eq(peer_received(&report, "QUIT\r\n"), rows[_i].status == 0);
		ck_assert(rows[_i].status == 0 || report.data_in == 0);
	} else
		ck_assert_int_eq(peer_wait_within(&peer, &report, 0), -1);
	peer_stop(&peer);
	command_result_free(&r);
	sk_X509_pop_free(options.chain, X509_free);
}
END_TEST

/* For DANE-EE no name matters; for DANE-TA this one is ta.mx.example's. */
static void
set_up(void)
{
	scratch_make();
	ca = pki_ca("Lab CA");
	leaf = pki_leaf(ca, "ta.mx.example");
}

static void
tear_down(void)
{
	pki_free(leaf);
	pki_free(ca);
	scratch_remove();
}

int
main(void)
{
	Suite *s = suite_create("dane example");
	TCase *t = tcase_create("RFC 7672");

	suite_add_tcase(s, t);
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_loop_test(
	    t, answers_are_used_as_rfc_7672_says, 0, (int)(sizeof(rows) / sizeof(rows[0])));
	if (access("examples/dane/smtp", X_OK) != 0 ||
	    system("command -v ldns-keygen >/dev/null && command -v ldns-signzone >/dev/null") !=
		0) {
		(void)fprintf(stderr, "SKIPPED: libunbound, or ldns-signzone, is missing\n");
		srunner_free(srunner_create(s));
		return 77;
	}
	return support_run(s);
}
