/* SPDX-License-Identifier: ISC */
#include "support/support.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

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
good(void)
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

static const struct {
	const char *label;
	struct pki *(*certificate)(void);
	const struct peer_step *script;
	const char *options;
	int status;
	const char *out, *err;
	bool silent; /* the server may not have heard a word */
} connections[] = {
    {"good", good, talks, "", GOOD, "pong\n", NULL, false},
    {"good, by another name", good, talks, "--server-name www.lab.test ", GOOD, "pong\n", NULL,
	false},
    {"show", good, talks, "--show ", GOOD, "pong\n", "version                     TLSv1.3\n", false},
    {"show the policy", good, talks, "--show ", GOOD, NULL, "policy\n    verify_mode", false},
    {"show the policy of a refusal", other_host, talks, "--show ", NAME, NULL, "trust  ", true},
    {"show the name", good, talks, "--server-name www.lab.test --show ", GOOD, NULL,
	"matched name                \"www.lab.test\"\n", false},
    {"a fraction of a second", good, talks, "--timeout 9.75 ", GOOD, "pong\n", NULL, false},
    {"half close", good, drains, "", GOOD, NULL, NULL, false},
    {"wrong host", other_host, talks, "", NAME, NULL, "elsewhere.lab.test", true},
    {"wrong name", good, talks, "--server-name imap.example.org ", NAME, NULL, "imap.example.org",
	true},
    {"no name at all", good, talks, "--server-name a..b ", USAGE, NULL, "a..b", true},
    {"expired", expired, talks, "", CERTIFICATE, NULL, "expired", true},
    {"self-signed", self_signed, talks, "", CERTIFICATE, NULL, "self-signed", true},
    {"insecure", self_signed, talks, "--insecure-no-verify ", GOOD, "pong\n", "not verified",
	false},
    {"insecure, shown", other_host, talks, "--insecure-no-verify --show ", GOOD, "pong\n",
	"verified                    NO: let in because verify_mode is none", false},
    {"plaintext", good, greets, "", TLS, NULL, "220 mail.lab.test ESMTP", true},
    {"nobody answers", good, sleeps, "--timeout 0.3 ", NETWORK, NULL, "tlswrap: " HOST ": ", true},
    {"cut", good, cuts, "", TRUNCATED, "po", "close_notify", false},
    {"reset", good, resets, "", NETWORK, NULL, "reset", false},
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

START_TEST(much_goes_both_ways)
{
	const size_t size = 3 * 1000 * 1000 + 7;
	unsigned char *data = malloc(size);
	struct pki *leaf = good();
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
	struct pki *leaf = good();
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
set_up(void)
{
	struct pki *leaf, *hostile, *other = pki_ca("Other CA");

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
	    "ca.pem", "other.pem", "good.pem", "hostile.pem", "empty.pem"};
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
	tcase_add_test(t, much_goes_both_ways);
	tcase_add_test(t, the_peers_end_is_the_end_while_input_stays_open);
	tcase_add_test(t, an_ipv6_address_stands_in_brackets);
	tcase_add_test(t, nobody_listens);
	suite_add_tcase(s, t);
	return support_run(s);
}
