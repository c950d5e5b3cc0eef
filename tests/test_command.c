/* SPDX-License-Identifier: ISC */
#include "support/support.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/pem.h>

#include "starttls_player.h"
#include "support/command.h"
#include "support/peer.h"
#include "support/pki.h"

/*
 * The command tlswrap as a whole: what it prints, and above all its exit
 * statuses, which scripts rely on.
 */

#define HOST "127.0.0.1"
#define DAY (24L * 60 * 60)

enum { GOOD, LOCAL, USAGE, NETWORK, TLS, CERTIFICATE, NAME, TRUNCATED, TRUST };

#define PIN "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define HEX "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static char dir[32];
static char ca_file[64];

static struct pki *ca;

static const char *
in_dir(const char *name, char *path, size_t size)
{
	(void)snprintf(path, size, "%s/%s", dir, name);
	return path;
}

static void
write_chain(const char *name, const struct pki *const *list)
{
	char path[64];
	char *pem = pki_chain_pem(list);

	pki_write(in_dir(name, path, sizeof(path)), pem, strlen(pem));
	free(pem);
}

/* argv: words of the line, "@" standing for the directory of the files. */
static void
run(struct command_result *result, const char *line, const char *const *env, const void *input,
    size_t input_len)
{
	static char words[1024];
	const char *argv[32] = {"tools/tlswrap"};
	struct command command = {.argv = argv, .env = env, .input = input, .input_len = input_len};
	size_t n = 1, used = 0;
	const char *p = line;

	while (*p != '\0' && n < 31) {
		argv[n++] = words + used;
		for (; *p != '\0' && *p != ' '; p++)
			if (*p == '@' && (p == line || p[-1] == ' ') && p[1] == '/')
				used +=
				    (size_t)snprintf(words + used, sizeof(words) - used, "%s", dir);
			else
				words[used++] = *p;
		words[used++] = '\0';
		p += *p == ' ';
	}
	ck_assert_int_eq(command_run(&command, result), 0);
}

/* ------------------------------------------------- options and operands */

static const struct {
	const char *line;
	int status;
	const char *out, *err; /* texts that must be there */
} words[] = {
    {"--help", GOOD, "usage: tlswrap COMMAND", NULL},
    {"--version", GOOD, "tlswrap ", NULL},
    {"connect --help", GOOD, "--insecure-no-verify", NULL},
    {"check --help", GOOD, "usage: tlswrap check", NULL},
    {"check", NETWORK, NULL, "tlswrap check --help"}, /* its own: there is no verdict */
    {"match --help", GOOD, "usage: tlswrap match", NULL},
    {"verify --help", GOOD, "--strict", NULL},
    {"", USAGE, NULL, "usage: tlswrap COMMAND"},
    {"disconnect", USAGE, NULL, "\"disconnect\" is no command"},
    {"connect", USAGE, NULL, "HOST[:PORT]"},
    {"connect a b", USAGE, NULL, "HOST[:PORT]"},
    {"connect --nonsense a", USAGE, NULL, "nonsense"},
    {"connect --timeout 0 a", USAGE, NULL, "no time in seconds"},
    {"connect --timeout -1 a", USAGE, NULL, "no time in seconds"},
    {"connect --timeout 1e3 a", USAGE, NULL, "no time in seconds"},
    {"connect --timeout 1.x a", USAGE, NULL, "no time in seconds"},
    {"connect --timeout nan a", USAGE, NULL, "no time in seconds"},
    {"connect a:", USAGE, NULL, "HOST[:PORT]"},
    {"connect :443", USAGE, NULL, "HOST[:PORT]"},
    {"connect a:0", USAGE, NULL, "HOST[:PORT]"},
    {"connect a:65536", USAGE, NULL, "HOST[:PORT]"},
    {"connect a:-1", USAGE, NULL, "HOST[:PORT]"},
    {"connect a:4/3", USAGE, NULL, "HOST[:PORT]"},
    {"connect [::1", USAGE, NULL, "HOST[:PORT]"},
    {"connect []:443", USAGE, NULL, "HOST[:PORT]"},
    {"connect [::1]443", USAGE, NULL, "HOST[:PORT]"},
    {"connect [::1]:", USAGE, NULL, "HOST[:PORT]"},
    {"connect [a]:443", USAGE, NULL, "HOST[:PORT]"},
    {"connect --starttls gopher a", USAGE, NULL, "\"gopher\" is no protocol with STARTTLS"},
    {"connect --profile old a", USAGE, NULL, "--profile: \"old\" is no value"},
    {"connect --min-version 1.1 a", USAGE, NULL, "--min-version: \"1.1\" is no value"},
    {"connect --max-version TLSv1.3 a", USAGE, NULL, "--max-version: \"TLSv1.3\" is no value"},
    {"connect --min-version 1.3 --max-version 1.2 a", USAGE, NULL, "--max-version: max_version: it is below"},
    {"connect --max-version 1.2 --profile modern a", USAGE, NULL, "--max-version: max_version: it is below"},
    {"connect --pin sha256//x a", USAGE, NULL, "--pin: pins: \"sha256//x\""},
    {"connect --pin " PIN " --pin " PIN " a", USAGE, NULL, "--pin is there twice"},
    {"connect --exception sha256:00 a", USAGE, NULL, "--exception: exception: \"sha256:00\""},
    {"connect --exception cert-sha256:" HEX " a..b", USAGE, NULL, "a..b"},
    {"connect --alpn h2,,imap a", USAGE, NULL, "--alpn: ALPN"},
    {"connect --key @/client.key a", USAGE, NULL, "--key without --cert"},
    {"connect --cert @/missing.pem a", LOCAL, NULL, "--cert: "},
    {"connect --cert @/client.pem a", LOCAL, NULL, "holds no private key"},
    {"connect --cert @/client.pem --key @/locked.key a", LOCAL, NULL, "no password function"},
    {"connect --crl-file @/missing.pem a", TRUST, NULL, "missing.pem"},
    {"connect --crl-file @/ca.pem a", TRUST, NULL, "ca.pem"},
    {"connect --keylog @/missing/keys a", LOCAL, NULL, "missing/keys"},
    {"connect --ca-file @/missing.pem " HOST, TRUST, NULL, "missing.pem"},
    {"connect --ca-file @/empty.pem " HOST, TRUST, NULL, "empty.pem"},
    {"connect --ca-dir @/missing " HOST, TRUST, NULL, "missing"},

    {"match @/good.pem", USAGE, NULL, "HOST"},
    {"match @/missing.pem a.example", LOCAL, NULL, "missing.pem"},
    {"match @/empty.pem a.example", CERTIFICATE, NULL, "empty.pem"},
    {"match @/good.pem www.lab.test", GOOD, "\"www.lab.test\" is matched by DNS \"*.lab.test\"",
	NULL},
    {"match @/good.pem 192.0.2.1", GOOD, "\"192.0.2.1\" is matched by IP 192.0.2.1", NULL},
    {"match @/good.pem lab.test", NAME, NULL, "DNS \"*.lab.test\"\n      IP 192.0.2.1"},
    {"match @/good.pem a..b", USAGE, NULL, "a..b"},
    {"match @/hostile.pem a.example", NAME, NULL, "\\x1b[31m"},

    {"verify @/good.pem", USAGE, NULL, "HOST"},
    {"verify --at yesterday @/good.pem www.lab.test", USAGE, NULL, "no time"},
    {"verify --at @0 @/good.pem www.lab.test", USAGE, NULL, "no time"},
    {"verify --ca-file @/ca.pem @/good.pem www.lab.test", GOOD, "path:\n  0  subject  CN=good", NULL},
    {"verify --ca-file @/ca.pem @/good.pem www.lab.test", GOOD, "  1  subject  CN=Lab CA", NULL},
    {"verify --ca-file @/ca.pem @/good.pem imap.example.org", NAME, NULL, "best path:\n      0  subject"},
    {"verify --ca-file @/ca.pem --ca-file @/other.pem @/good.pem www.lab.test", GOOD, ": good\n",
	NULL},
    {"verify --ca-file @/ca.pem @/good.pem imap.example.org", NAME, NULL, "DNS \"*.lab.test\""},
    {"verify --ca-file @/other.pem @/good.pem www.lab.test", CERTIFICATE, NULL, "unknown CA"},
    {"verify --ca-file @/ca.pem --at 2150-01-01 @/good.pem www.lab.test", CERTIFICATE, NULL,
	"expired"},
    {"verify --ca-file @/ca.pem --at 2150-01-01T00:00:00Z @/good.pem www.lab.test", CERTIFICATE,
	NULL, "expired"},
    {"verify --ca-file @/ca.pem --at @1000000000 @/good.pem www.lab.test", CERTIFICATE, NULL,
	"not yet valid"},
    {"verify --ca-file @/other.pem --at 2150-01-01 @/good.pem imap.example.org", CERTIFICATE, NULL,
	"reasons: expired, unknown CA, other host"},
    {"verify --ca-file @/ca.pem @/good.pem a..b", USAGE, NULL, "a..b"},
};

static void
check_result(
    const struct command_result *r, const char *label, int status, const char *out, const char *err)
{
	ck_assert_msg(r->status == status, "%s: exit status %d instead of %d: %s%s", label,
	    r->status, status, r->out, r->err);
	ck_assert_msg(out == NULL || strstr(r->out, out) != NULL, "%s: no \"%s\" in: %s%s", label,
	    out, r->out, r->err);
	ck_assert_msg(err == NULL || strstr(r->err, err) != NULL, "%s: no \"%s\" in: %s%s", label,
	    err, r->out, r->err);
	ck_assert_msg(
	    strchr(r->err, '\033') == NULL, "%s: raw octets of others on the terminal", label);
}

START_TEST(words_lead_to_the_right_status)
{
	struct command_result r;

	run(&r, words[_i].line, NULL, "", 0);
	check_result(&r, words[_i].line, words[_i].status, words[_i].out, words[_i].err);
	command_result_free(&r);
}
END_TEST

START_TEST(without_ca_file_the_systems_store_counts)
{
	char path[64], variable[96];
	const char *env[] = {variable, NULL};
	struct command_result r;

	(void)snprintf(variable, sizeof(variable), "SSL_CERT_FILE=%s", ca_file);
	run(&r, "verify @/good.pem www.lab.test", env, "", 0);
	check_result(&r, "SSL_CERT_FILE", GOOD, ": good\n", NULL);
	command_result_free(&r);
	(void)snprintf(variable, sizeof(variable), "SSL_CERT_FILE=%s",
	    in_dir("missing.pem", path, sizeof(path)));
	run(&r, "verify @/good.pem www.lab.test", env, "", 0);
	check_result(&r, "SSL_CERT_FILE missing", TRUST, NULL, "missing.pem");
	command_result_free(&r);
}
END_TEST

/* ------------------------------------------------------------ connections */

static struct pki *
good_leaf(void)
{
	return pki_make(.cn = HOST, .issuer = ca,
	    .san = PKI_NAMES(PKI_IP(HOST), PKI_DNS("www.lab.test")));
}

static struct pki *
other_host(void)
{
	return pki_leaf(ca, "elsewhere.lab.test");
}

static struct pki *
expired(void)
{
	return pki_make(.cn = HOST, .issuer = ca, .san = PKI_NAMES(PKI_IP(HOST)),
	    .not_before = -9 * DAY, .not_after = -2 * DAY);
}

static struct pki *
self_signed(void)
{
	return pki_make(.cn = HOST, .san = PKI_NAMES(PKI_IP(HOST)));
}

static const struct peer_step talks[] = {
    PEER_HANDSHAKE, PEER_EXPECT("ping"), PEER_SEND("pong\n"), PEER_CLOSE_NOTIFY, PEER_END};
static const struct peer_step cuts[] = {
    PEER_HANDSHAKE, PEER_EXPECT("ping"), PEER_SEND("po"), PEER_FIN, PEER_END};
static const struct peer_step resets[] = {PEER_HANDSHAKE, PEER_EXPECT("ping"), PEER_RESET, PEER_END};
static const struct peer_step greets[] = {
    PEER_SEND("220 mail.lab.test ESMTP\r\n"), PEER_DRAIN, PEER_END};
static const struct peer_step sleeps[] = {PEER_DRAIN, PEER_END};
static const struct peer_step drains[] = {PEER_HANDSHAKE, PEER_DRAIN, PEER_CLOSE_NOTIFY, PEER_END};

static const struct peer_step cut_at_once[] = {PEER_HANDSHAKE, PEER_FIN, PEER_DRAIN, PEER_END};

static const struct {
	const char *label;
	struct pki *(*certificate)(void);
	const struct peer_step *script;
	const char *options;
	int status;
	const char *out, *err;
	bool silent; /* the server may not have heard a word */
} connections[] = {
    {"good", good_leaf, talks, "", GOOD, "pong\n", NULL, false},
    {"good, by another name", good_leaf, talks, "--server-name www.lab.test ", GOOD, "pong\n", NULL,
	false},
    {"show", good_leaf, talks, "--show ", GOOD, "pong\n", "version                     TLSv1.3\n", false},
    {"show the policy", good_leaf, talks, "--show ", GOOD, NULL, "policy\n    verify_mode", false},
    {"show the policy of a refusal", other_host, talks, "--show ", NAME, NULL, "trust  ", true},
    {"show the name", good_leaf, talks, "--server-name www.lab.test --show ", GOOD, NULL,
	"matched name                \"www.lab.test\"\n", false},
    {"a fraction of a second", good_leaf, talks, "--timeout 9.75 ", GOOD, "pong\n", NULL, false},
    {"half close", good_leaf, drains, "", GOOD, NULL, NULL, false},
    {"wrong host", other_host, talks, "", NAME, NULL, "elsewhere.lab.test", true},
    {"wrong name", good_leaf, talks, "--server-name imap.example.org ", NAME, NULL, "imap.example.org",
	true},
    {"no name at all", good_leaf, talks, "--server-name a..b ", USAGE, NULL, "a..b", true},
    {"expired", expired, talks, "", CERTIFICATE, NULL, "expired", true},
    {"self-signed", self_signed, talks, "", CERTIFICATE, NULL, "self-signed", true},
    {"insecure", self_signed, talks, "--insecure-no-verify ", GOOD, "pong\n", "not verified",
	false},
    {"insecure, shown", other_host, talks, "--insecure-no-verify --show ", GOOD, "pong\n",
	"verified                    NO: let in because verify_mode is none", false},
    {"plaintext", good_leaf, greets, "", TLS, NULL, "220 mail.lab.test ESMTP", true},
    {"nobody answers", good_leaf, sleeps, "--timeout 0.3 ", NETWORK, NULL, "tlswrap: " HOST ": ", true},
    {"cut", good_leaf, cuts, "", TRUNCATED, "po", "close_notify", false},
    {"reset", good_leaf, resets, "", NETWORK, NULL, "reset", false},
};

static void
serve_and_run(const struct peer_options *options, const char *before, const char *host,
    const void *input, size_t input_len, struct command_result *r, struct peer_report *report)
{
	struct peer peer;
	char line[256];

	ck_assert_int_eq(peer_start(&peer, options), 0);
	(void)snprintf(
	    line, sizeof(line), "connect --ca-file @/ca.pem %s%s:%d", before, host, peer.port);
	run(r, line, NULL, input, input_len);
	ck_assert_int_eq(peer_wait(&peer, report), 0);
	peer_stop(&peer);
}

START_TEST(connections_end_with_the_right_status)
{
	struct pki *leaf = connections[_i].certificate();
	const struct peer_options options = {
	    .cert = pki_x509(leaf), .key = pki_key(leaf), .script = connections[_i].script};
	struct command_result r;
	struct peer_report report;

	serve_and_run(&options, connections[_i].options, HOST, "ping\n", 5, &r, &report);
	check_result(&r, connections[_i].label, connections[_i].status, connections[_i].out,
	    connections[_i].err);
	if (connections[_i].silent)
		ck_assert_msg(
		    report.data_in == 0, "%s: the server heard \"ping\"", connections[_i].label);
	else
		ck_assert_msg(
		    peer_received(&report, "ping\n"), "%s: no \"ping\"", connections[_i].label);
	command_result_free(&r);
	pki_free(leaf);
}
END_TEST

/* --------------------------------------------------------------- the policy */

static void
write_crl(const char *name, const struct pki *revoked)
{
	X509_CRL *crl = pki_crl(&(struct pki_crl_spec){.issuer = ca,
	    .revoked = revoked == NULL ? NULL : PKI_LIST(revoked)});
	char *pem = pki_crl_pem(crl), path[64];

	pki_write(in_dir(name, path, sizeof(path)), pem, strlen(pem));
	free(pem);
	X509_CRL_free(crl);
}

static void
write_crls(const struct pki *leaf)
{
	write_crl("all.crl", leaf);
	write_crl("none.crl", NULL);
}

static void
assert_keys_logged(void)
{
	char path[64], line[200] = "";
	FILE *f = fopen(in_dir("keys", path, sizeof(path)), "r");

	ck_assert_ptr_nonnull(f);
	ck_assert_ptr_nonnull(fgets(line, sizeof(line), f));
	ck_assert_ptr_nonnull(strstr(line, "_SECRET "));
	(void)fclose(f);
}

/* What a server is, and what the client is told about it: "%p" is the pin of its key, "%f" its
 * certificate's fingerprint. */
static const struct {
	const char *label;
	struct pki *(*certificate)(void);
	struct peer_options server;
	const char *options;
	int status;
	const char *err;
} policies[] = {
    {"the pin", good_leaf, {0}, "--pin %p ", GOOD, NULL},
    {"another pin", good_leaf, {0}, "--pin " PIN " ", CERTIFICATE, "pinned"},
    {"one of two pins", good_leaf, {0}, "--pin " PIN ";%p ", GOOD, NULL},
    {"the exception", self_signed, {0}, "--exception %f ", GOOD, NULL},
    {"another exception", self_signed, {0}, "--exception cert-sha256:" HEX " ", CERTIFICATE, "self-signed"},
    {"exception and another pin", self_signed, {0}, "--exception %f --pin " PIN " ", CERTIFICATE, "pinned"},
    {"at least 1.3", good_leaf, {.max_version = TLS1_2_VERSION}, "--min-version 1.3 ", TLS, NULL},
    {"at most 1.2", good_leaf, {.min_version = TLS1_3_VERSION}, "--max-version 1.2 ", TLS, NULL},
    {"at most 1.2, shown", good_leaf, {0}, "--max-version 1.2 --show ", GOOD, "version                     TLSv1.2\n"},
    {"modern", good_leaf, {.max_version = TLS1_2_VERSION}, "--profile modern ", TLS, NULL},
    {"old server", good_leaf, {.max_version = TLS1_2_VERSION, .ciphers = "ECDHE-ECDSA-AES128-SHA"}, "", TLS, NULL},
    {"old server, legacy profile", good_leaf, {.max_version = TLS1_2_VERSION, .ciphers = "ECDHE-ECDSA-AES128-SHA"},
	"--profile legacy-server ", GOOD, NULL},
    {"legacy profile does not lower the minimum", good_leaf, {.max_version = TLS1_2_VERSION},
	"--min-version 1.3 --profile legacy-server ", TLS, NULL},
    {"ALPN", good_leaf, {.alpn_mode = PEER_ALPN_PICK, .alpn = "imap"}, "--alpn h2,imap --show ", GOOD,
	"alpn                        \"imap\"\n"},
    {"client certificate", good_leaf, {.client_cert = PEER_REQUIRE_CLIENT_CERT},
	"--cert @/client.pem --key @/client.key ", GOOD, NULL},
    {"no client certificate", good_leaf, {.client_cert = PEER_REQUIRE_CLIENT_CERT, .max_version = TLS1_2_VERSION},
	"", TLS, "certificate"},
    {"revoked", good_leaf, {0}, "--crl-file @/all.crl ", CERTIFICATE, "revoked"},
    {"not revoked", good_leaf, {0}, "--crl-file @/none.crl ", GOOD, NULL},
    {"key log", good_leaf, {0}, "--keylog @/keys ", GOOD, NULL},
    {"shown before the connection", other_host, {0}, "--alpn imap --show ", NAME,
	"alpn                        \"imap\"\n"},
};
#define POLICIES ((int)(sizeof(policies) / sizeof(policies[0])))

/* The options with pin and fingerprint of a certificate put in. */
static void
fill_in(char *out, size_t size, const char *options, const struct pki *leaf)
{
	tls_certificate *cert = tls_certificate_load_mem(pki_pem(leaf), strlen(pki_pem(leaf)));
	size_t n = 0;

	ck_assert_ptr_nonnull(cert);
	for (out[0] = '\0'; *options != '\0'; options++) {
		if (options[0] == '%' && options[1] == 'p')
			n += (size_t)snprintf(out + n, size - n, "%s", tls_certificate_pin(cert));
		else if (options[0] == '%' && options[1] == 'f')
			n += (size_t)snprintf(out + n, size - n, "cert-sha256:%s", tls_certificate_sha256(cert));
		else
			n += (size_t)snprintf(out + n, size - n, "%c", *options);
		options += *options == '%';
		ck_assert_uint_lt(n, size);
	}
	tls_certificate_free(cert);
}

START_TEST(the_policy_decides)
{
	struct pki *leaf = policies[_i].certificate();
	struct peer_options server = policies[_i].server;
	struct command_result r;
	struct peer_report report;
	char filled[256];

	write_crls(leaf);
	server.cert = pki_x509(leaf);
	server.key = pki_key(leaf);
	server.script = talks;
	fill_in(filled, sizeof(filled), policies[_i].options, leaf);
	serve_and_run(&server, filled, HOST, "ping\n", 5, &r, &report);
	check_result(&r, policies[_i].label, policies[_i].status, policies[_i].status == GOOD ? "pong\n" : NULL,
	    policies[_i].err);
	ck_assert_int_eq(peer_received(&report, "ping\n"), policies[_i].status == GOOD);
	if (strcmp(policies[_i].label, "client certificate") == 0)
		ck_assert(report.client_cert);
	if (strcmp(policies[_i].label, "key log") == 0)
		assert_keys_logged();
	command_result_free(&r);
	pki_free(leaf);
}
END_TEST

/* ----------------------------------------------------------------- STARTTLS */

static const char *const names[] = {"smtp", "lmtp", "imap", "pop3", "ftp", "nntp", "sieve", "xmpp", "ldap",
    "postgres", "mysql"}; /* in the order of enum tlsw_protocol */
static const char *const ports[] = {"25", "24", "143", "110", "21", "119", "4190", "5222", "389", "5432",
    "3306"};

static void
speak_first(int dialogue, struct pki *leaf, const char *options, struct command_result *r,
    struct peer_report *report)
{
	const struct peer_step script[] = {STARTTLS_PLAY(&good[dialogue]), PEER_HANDSHAKE,
	    PEER_EXPECT("ping"), PEER_SEND("pong\n"), PEER_CLOSE_NOTIFY, PEER_END};
	const struct peer_options server = {.cert = pki_x509(leaf), .key = pki_key(leaf), .script = script};
	char line[128];

	(void)snprintf(line, sizeof(line), "--starttls %s %s", names[good[dialogue].protocol], options);
	serve_and_run(&server, line, HOST, "ping\n", 5, r, report);
}

START_TEST(every_protocol_is_upgraded)
{
	struct pki *leaf = pki_leaf(ca, "mail.example.org");
	struct command_result r;
	struct peer_report report;

	speak_first(_i, leaf, "--server-name mail.example.org ", &r, &report);
	check_result(&r, good[_i].label, GOOD, "pong\n", NULL);
	ck_assert(report.script_done);
	command_result_free(&r);
	pki_free(leaf);
}
END_TEST

START_TEST(a_wrong_host_behind_starttls_hears_nothing)
{
	struct pki *leaf = pki_leaf(ca, "mail.example.org");
	struct command_result r;
	struct peer_report report;

	speak_first(_i, leaf, "--server-name mail.example.com ", &r, &report);
	ck_assert_int_ne(r.status, GOOD);
	ck_assert_uint_eq(report.data_in, 0);
	command_result_free(&r);
	pki_free(leaf);
}
END_TEST

static const struct peer_step no_starttls[] = {PEER_SEND("220 lab.test ESMTP\r\n"), PEER_EXPECT("EHLO"),
    PEER_SEND("250 lab.test\r\n"), PEER_DRAIN, PEER_END};
static const struct peer_step injects[] = {PEER_SEND("220 lab.test ESMTP\r\n"), PEER_EXPECT("EHLO"),
    PEER_SEND("250-lab.test\r\n250 STARTTLS\r\n"), PEER_EXPECT("STARTTLS"), PEER_SEND("220 go\r\n250 injected\r\n"),
    PEER_DRAIN, PEER_END};
static const struct peer_step slow[] = {PEER_SEND("220 lab.test ESMTP\r\n"), PEER_DRAIN, PEER_END};
static const struct peer_step cut_upgraded[] = {PEER_SEND("220 lab.test ESMTP\r\n"), PEER_EXPECT("EHLO"),
    PEER_SEND("250-lab.test\r\n250 STARTTLS\r\n"), PEER_EXPECT("STARTTLS"), PEER_SEND("220 go\r\n"), PEER_HANDSHAKE,
    PEER_EXPECT("ping"), PEER_FIN, PEER_END};
static const struct {
	const char *label;
	const struct peer_step *script;
	int status;
	const char *err;
} upgrades[] = {
    {"not offered", no_starttls, TLS, "STARTTLS"},
    {"injected", injects, TLS, "250 injected"},
    {"silent", slow, NETWORK, HOST},
    {"cut", cut_upgraded, TRUNCATED, "close_notify"},
};

START_TEST(an_upgrade_that_fails_is_told)
{
	struct pki *leaf = good_leaf();
	const struct peer_options server = {
	    .cert = pki_x509(leaf), .key = pki_key(leaf), .script = upgrades[_i].script};
	struct command_result r;
	struct peer_report report;

	serve_and_run(&server, "--starttls smtp --timeout 0.5 ", HOST, "ping\n", 5, &r, &report);
	check_result(&r, upgrades[_i].label, upgrades[_i].status, NULL, upgrades[_i].err);
	ck_assert_ptr_null(strstr(r.out, "injected"));
	command_result_free(&r);
	pki_free(leaf);
}
END_TEST

/* Nobody is there, and the message tells what was tried. */
START_TEST(every_protocol_has_its_port)
{
	struct command_result r;
	char line[128], text[32];

	(void)snprintf(line, sizeof(line), "connect --ca-file @/ca.pem --starttls %s 255.255.255.255", names[_i]);
	(void)snprintf(text, sizeof(text), " port %s: ", ports[_i]);
	run(&r, line, NULL, "", 0);
	check_result(&r, names[_i], NETWORK, NULL, text);
	command_result_free(&r);
	(void)snprintf(line, sizeof(line), "connect --ca-file @/ca.pem --starttls %s 255.255.255.255:7", names[_i]);
	run(&r, line, NULL, "", 0);
	check_result(&r, names[_i], NETWORK, NULL, " port 7: ");
	command_result_free(&r);
}
END_TEST

/* ----------------------------------------------------------------- once more */

START_TEST(the_second_connection_tells_whether_it_was_resumed)
{
	static const struct {
		int version, tickets;
		uint64_t options;
		const char *err;
	} rows[] = {{TLS1_2_VERSION, 0, 0, "connected again: resumed\n"},
	    {TLS1_3_VERSION, 0, 0, "connected again: resumed\n"},
	    {TLS1_3_VERSION, -1, SSL_OP_NO_TICKET, "connected again: not resumed, a full handshake\n"}};
	struct pki *leaf = good_leaf();
	const struct peer_options server = {.cert = pki_x509(leaf), .key = pki_key(leaf), .connections = 2,
	    .min_version = rows[_i].version, .max_version = rows[_i].version, .tickets = rows[_i].tickets,
	    .ssl_options = rows[_i].options};
	struct command_result r;
	struct peer_report report;

	serve_and_run(&server, "--reconnect --show ", HOST, "echo\n", 5, &r, &report);
	check_result(&r, "reconnect", GOOD, "echo\n", rows[_i].err);
	ck_assert_ptr_nonnull(strstr(r.err, _i < 2 ? "handshake                   resumed\n" : "handshake  "));
	ck_assert_uint_eq(r.out_len, 5);
	command_result_free(&r);
	pki_free(leaf);
}
END_TEST

/* The second server is the one that fails, and that is the status. */
START_TEST(a_second_connection_that_fails_is_a_failure)
{
	static const struct peer_step greets_and_stays[] = {
	    PEER_HANDSHAKE, PEER_REPEAT("x", 100), PEER_DRAIN, PEER_SLEEP(3000), PEER_END};
	struct pki *leaf = good_leaf(), *wrong = other_host();
	struct peer_options odd = {.cert = pki_x509(wrong), .key = pki_key(wrong), .script = talks};
	struct peer_options server = {.cert = pki_x509(leaf), .key = pki_key(leaf), .script = talks,
	    .connections = 2, .odd = &odd, .tickets = -1, .ssl_options = SSL_OP_NO_TICKET};
	struct command_result r;
	struct peer_report report;

	if (_i > 0) {
		odd.cert = pki_x509(leaf);
		odd.key = pki_key(leaf);
		odd.script = _i == 1 ? cut_at_once : greets_and_stays;
	}
	serve_and_run(&server, "--reconnect --timeout 1 ", HOST, "ping\n", 5, &r, &report);
	check_result(&r, "second", _i == 0 ? NAME : _i == 1 ? TRUNCATED : NETWORK, "pong\n", NULL);
	ck_assert_str_eq(r.out, "pong\n");
	command_result_free(&r);
	pki_free(wrong);
	pki_free(leaf);
}
END_TEST

START_TEST(much_goes_both_ways)
{
	const size_t size = 3 * 1000 * 1000 + 7;
	unsigned char *data = malloc(size);
	struct pki *leaf = good_leaf();
	const struct peer_options options = {
	    .cert = pki_x509(leaf), .key = pki_key(leaf)}; /* echoes */
	struct command_result r;
	struct peer_report report;
	size_t i;

	ck_assert_ptr_nonnull(data);
	for (i = 0; i < size; i++)
		data[i] = peer_pattern(i);
	serve_and_run(&options, "", HOST, data, size, &r, &report);
	check_result(&r, "echo", GOOD, NULL, NULL);
	ck_assert_msg(r.out_len == size && memcmp(r.out, data, size) == 0,
	    "%zu of %zu bytes came back", r.out_len, size);
	ck_assert(report.close_notify);
	command_result_free(&r);
	pki_free(leaf);
	free(data);
}
END_TEST

START_TEST(the_peers_end_is_the_end_while_input_stays_open)
{
	static const struct peer_step script[] = {
	    PEER_HANDSHAKE, PEER_SEND("bye\n"), PEER_CLOSE_NOTIFY, PEER_END};
	struct pki *leaf = good_leaf();
	const struct peer_options options = {
	    .cert = pki_x509(leaf), .key = pki_key(leaf), .script = script};
	struct command_result r;
	struct peer_report report;

	serve_and_run(&options, "", HOST, NULL, 0, &r, &report);
	check_result(&r, "open input", GOOD, "bye\n", NULL);
	ck_assert(report.close_notify);
	command_result_free(&r);
	pki_free(leaf);
}
END_TEST

START_TEST(an_ipv6_address_stands_in_brackets)
{
	struct pki *leaf = pki_make(.cn = "v6", .issuer = ca, .san = PKI_NAMES(PKI_IP("::1")));
	const struct peer_options options = {
	    .cert = pki_x509(leaf), .key = pki_key(leaf), .script = talks, .ipv6 = true};
	struct sockaddr_in6 loopback = {
	    .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	struct command_result r;
	struct peer_report report;
	int fd = socket(AF_INET6, SOCK_STREAM, 0);

	if (fd != -1 && bind(fd, (struct sockaddr *)&loopback, sizeof(loopback)) == 0) {
		serve_and_run(&options, "", "[::1]", "ping\n", 5, &r, &report);
		check_result(&r, "[::1]", GOOD, "pong\n", NULL);
		command_result_free(&r);
	}
	(void)close(fd);
	pki_free(leaf);
}
END_TEST

START_TEST(nobody_listens)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t len = sizeof(address);
	struct command_result r;
	char line[64];
	int fd = socket(AF_INET, SOCK_STREAM, 0); /* bound, so that nobody else listens there */

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	(void)snprintf(
	    line, sizeof(line), "connect --ca-file @/ca.pem " HOST ":%d", ntohs(address.sin_port));
	run(&r, line, NULL, "", 0);
	check_result(&r, "closed port", NETWORK, NULL, "tlswrap: " HOST ": ");
	command_result_free(&r);
	(void)close(fd);
}
END_TEST

/* ------------------------------------------------------------------- suite */

static void
write_locked_key(const struct pki *of)
{
	char path[64];
	FILE *f = fopen(in_dir("locked.key", path, sizeof(path)), "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(PEM_write_PrivateKey(f, pki_key(of), EVP_aes_128_cbc(), (const unsigned char *)"x", 1,
	    NULL, NULL), 1);
	(void)fclose(f);
}

static void
set_up(void)
{
	struct pki *leaf, *hostile, *other = pki_ca("Other CA"), *client = pki_make(.cn = "client");
	char path[64];

	(void)snprintf(dir, sizeof(dir), "/tmp/tlswrap-command.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ca = pki_ca("Lab CA");
	leaf = pki_make(.cn = "good", .issuer = ca,
	    .san = PKI_NAMES(PKI_DNS("*.lab.test"), PKI_IP("192.0.2.1")));
	hostile = pki_make(.cn = "x", .issuer = ca, .san = PKI_NAMES(PKI_DNS("\033[31m.example")));
	write_chain("ca.pem", PKI_LIST(ca));
	write_chain("other.pem", PKI_LIST(other));
	write_chain("good.pem", PKI_LIST(leaf));
	write_chain("hostile.pem", PKI_LIST(hostile));
	write_chain("client.pem", PKI_LIST(client));
	pki_write(in_dir("client.key", path, sizeof(path)), pki_key_pem(client), strlen(pki_key_pem(client)));
	write_locked_key(client);
	pki_free(client);
	pki_write(in_dir("empty.pem", ca_file, sizeof(ca_file)), "", 0);
	in_dir("ca.pem", ca_file, sizeof(ca_file));
	pki_free(leaf);
	pki_free(hostile);
	pki_free(other);
}

static void
tear_down(void)
{
	static const char *const files[] = {
	    "ca.pem", "other.pem", "good.pem", "hostile.pem", "empty.pem", "client.pem", "client.key",
	    "locked.key", "all.crl", "none.crl", "keys"};
	char path[64];
	size_t i;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		(void)unlink(in_dir(files[i], path, sizeof(path)));
	(void)rmdir(dir);
	pki_free(ca);
}

int
main(void)
{
	Suite *s = suite_create("command");
	TCase *t = tcase_create("words");

	if (access("tools/tlswrap", X_OK) == -1) {
		puts("SKIPPED: built without the command");
		return 77;
	}
	tcase_add_unchecked_fixture(t, set_up, tear_down);
	tcase_set_timeout(t, 30);
	tcase_add_loop_test(t, words_lead_to_the_right_status, 0, sizeof(words) / sizeof(words[0]));
	tcase_add_test(t, without_ca_file_the_systems_store_counts);
	suite_add_tcase(s, t);

	t = tcase_create("connections");
	tcase_add_unchecked_fixture(t, set_up, tear_down);
	tcase_set_timeout(t, 30);
	tcase_add_loop_test(t, connections_end_with_the_right_status, 0,
	    sizeof(connections) / sizeof(connections[0]));
	tcase_add_loop_test(t, the_policy_decides, 0, POLICIES);
	tcase_add_loop_test(t, every_protocol_is_upgraded, 0, GOOD_DIALOGUES);
	tcase_add_loop_test(t, a_wrong_host_behind_starttls_hears_nothing, 0, GOOD_DIALOGUES);
	tcase_add_loop_test(t, an_upgrade_that_fails_is_told, 0, 4);
	tcase_add_loop_test(t, every_protocol_has_its_port, 0, 11);
	tcase_add_loop_test(t, the_second_connection_tells_whether_it_was_resumed, 0, 3);
	tcase_add_loop_test(t, a_second_connection_that_fails_is_a_failure, 0, 3);
	tcase_add_test(t, much_goes_both_ways);
	tcase_add_test(t, the_peers_end_is_the_end_while_input_stays_open);
	tcase_add_test(t, an_ipv6_address_stands_in_brackets);
	tcase_add_test(t, nobody_listens);
	suite_add_tcase(s, t);
	return support_run(s);
}
