/*
 * test_check.c - tlswrap check: many servers at once.
 *
 * The command runs in a child of this program, with a resolver of ours, so
 * that names, slow answers and well-known ports need no network.
 *
 * SPDX-License-Identifier: ISC
 */
#include "support/support.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <pty.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include "support/peer.h"
#include "support/pki.h"
#include "tool.h"

#define V4 "127.0.0.1"
#define DAY (24L * 60 * 60)

enum { GOOD, WARNING, CRITICAL, UNKNOWN };

static char dir[40];
static struct pki *ca;

/* --------------------------------------------------------------- the resolver */

/* What a name of ours leads to: "::1 127.0.0.1/8080", or an EAI_* value, after a while. */
static struct name {
	const char *name;
	char addresses[128];
	int gai, seconds;
} names[16];
static size_t name_count;

static struct name *
define(const char *name, int gai, int seconds, const char *format, ...)
{
	struct name *n = &names[name_count++];
	va_list args;

	n->name = name;
	n->gai = gai;
	n->seconds = seconds;
	va_start(args, format);
	(void)vsnprintf(n->addresses, sizeof(n->addresses), format, args);
	va_end(args);
	return n;
}

/* An address as getaddrinfo() gives it, in front of the rest. */
static struct addrinfo *
make_address(const char *text, unsigned port, struct addrinfo *rest)
{
	struct addrinfo *a = calloc(1, sizeof(*a) + sizeof(struct sockaddr_storage));
	struct sockaddr_in *v4 = (struct sockaddr_in *)(void *)(a + 1);
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)(void *)(a + 1);
	const bool is_v6 = strchr(text, ':') != NULL;

	if (a == NULL)
		abort();
	a->ai_family = is_v6 ? AF_INET6 : AF_INET;
	a->ai_socktype = SOCK_STREAM;
	a->ai_addr = (struct sockaddr *)(void *)(a + 1);
	a->ai_addrlen = is_v6 ? sizeof(*v6) : sizeof(*v4);
	a->ai_addr->sa_family = (sa_family_t)a->ai_family;
	v4->sin_port = htons((uint16_t)port); /* the same place in both */
	if (inet_pton(a->ai_family, text, is_v6 ? (void *)&v6->sin6_addr : (void *)&v4->sin_addr) !=
	    1)
		abort();
	a->ai_next = rest;
	return a;
}

/* An address may bring its own port, in place of a well-known one. */
static struct addrinfo *
make_list(const char *text, unsigned port)
{
	size_t len = strcspn(text, " ");
	char one[64], *slash;

	if (len == 0)
		return NULL;
	(void)snprintf(one, sizeof(one), "%.*s", (int)len, text);
	slash = strchr(one, '/');
	if (slash != NULL) {
		*slash = '\0';
		port = (unsigned)strtoul(slash + 1, NULL, 10);
	}
	return make_address(one, port, make_list(text + len + (text[len] == ' '), port));
}

int
getaddrinfo(
    const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **list)
{
	int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
	size_t i;

	for (i = 0; node != NULL && i < name_count; i++)
		if (strcmp(names[i].name, node) == 0) {
			(void)sleep((unsigned)names[i].seconds);
			if (names[i].gai == 0)
				*list = make_list(
				    names[i].addresses, (unsigned)strtoul(service, NULL, 10));
			return names[i].gai;
		}
	*(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
	return real(node, service, hints, list);
}

void
freeaddrinfo(struct addrinfo *list)
{
	void (*real)(struct addrinfo *);

	if (list == NULL || list->ai_addr != (struct sockaddr *)(void *)(list + 1) ||
	    list->ai_protocol != 0) { /* ours has none */
		*(void **)&real = dlsym(RTLD_NEXT, "freeaddrinfo");
		real(list);
		return;
	}
	while (list != NULL) {
		struct addrinfo *next = list->ai_next;

		free(list);
		list = next;
	}
}

/* ---------------------------------------------------------------- the command */

struct outcome {
	int status; /* -1: it did not exit */
	char *out, *err;
	long max_rss_kb;
	int64_t ms;
};

static rlim_t descriptors; /* not 0: so many at most */
static const char *input;  /* standard input; NULL: nothing */

static int64_t
clock_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static char *
contents(FILE *f)
{
	long size;
	char *text;

	ck_assert_int_eq(fseek(f, 0, SEEK_END), 0);
	size = ftell(f);
	text = calloc(1, (size_t)size + 1);
	ck_assert(size >= 0 && text != NULL);
	rewind(f);
	ck_assert_uint_eq(fread(text, 1, (size_t)size, f), (size_t)size);
	(void)fclose(f);
	return text;
}

/* Words of a line; those that begin with "@/" are in the directory of this test. */
static int
split(char *line, char **argv, int most)
{
	static char paths[8][128];
	int argc = 0, n = 0;
	char *word;

	for (word = strtok(line, " "); word != NULL && argc < most; word = strtok(NULL, " ")) {
		if (strncmp(word, "@/", 2) == 0) {
			(void)snprintf(paths[n], sizeof(paths[n]), "%s%s", dir, word + 1);
			word = paths[n++];
		}
		argv[argc++] = word;
	}
	argv[argc] = NULL;
	return argc;
}

static void
be_command(char *line, FILE *in, FILE *out, FILE *err)
{
	const struct rlimit limit = {descriptors, descriptors};
	char *argv[40];
	int argc = split(line, argv, 39);

	if (in != NULL)
		(void)dup2(fileno(in), 0);
	if (out != NULL)
		(void)dup2(fileno(out), 1);
	if (err != NULL)
		(void)dup2(fileno(err), 2);
	if (descriptors != 0)
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	(void)alarm(60);
	optind = 1;
	exit(run_check(argc, argv));
}

static void
check_line(struct outcome *o, char *line)
{
	FILE *in = tmpfile(), *out = tmpfile(), *err = tmpfile();
	const int64_t start = clock_ms();
	struct rusage usage;
	int status;
	pid_t pid;

	ck_assert(in != NULL && out != NULL && err != NULL);
	if (input != NULL)
		(void)fputs(input, in);
	(void)fflush(NULL);
	rewind(in);
	pid = fork();
	if (pid == 0)
		be_command(line, in, out, err);
	ck_assert_int_gt(pid, 0);
	ck_assert_int_eq(wait4(pid, &status, 0, &usage), pid);
	o->ms = clock_ms() - start;
	o->status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	o->max_rss_kb = usage.ru_maxrss;
	o->out = contents(out);
	o->err = contents(err);
	(void)fclose(in);
}

static void check(struct outcome *o, const char *format, ...)
    __attribute__((__format__(__printf__, 2, 3)));

/* With the CA of this test. */
static void
check(struct outcome *o, const char *format, ...)
{
	char line[1024] = "check --ca-file @/ca.pem ";
	const size_t used = strlen(line);
	va_list args;

	va_start(args, format);
	(void)vsnprintf(line + used, sizeof(line) - used, format, args);
	va_end(args);
	check_line(o, line);
}

static void
done(struct outcome *o)
{
	free(o->out);
	free(o->err);
}

static json_t *
parsed(const struct outcome *o)
{
	json_error_t error;
	json_t *all = json_loads(o->out, 0, &error);

	ck_assert_msg(json_is_array(all), "%s: %s%s", error.text, o->out, o->err);
	return all;
}

static const char *
text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text != NULL ? text : "";
}

/* A file of this test's directory. */
static const char *
path_of(const char *name)
{
	static char path[96];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static char *
read_file(const char *name)
{
	FILE *f = fopen(path_of(name), "r");

	return f != NULL ? contents(f) : NULL;
}

/* -------------------------------------------------------------------- options */

static const struct {
	const char *line;
	int status;
	const char *out, *err;
} words[] = {
    {"check --help", GOOD, "usage: tlswrap check", NULL},
    {"check", UNKNOWN, NULL, "a HOST[:PORT] or a file of them is needed"},
    {"check --nonsense a", UNKNOWN, NULL, "nonsense"},
    {"check --warn-days -1 a", UNKNOWN, NULL, "no number of days"},
    {"check --warn-days 1.5 a", UNKNOWN, NULL, "no number of days"},
    {"check --warn-days 99999999999 a", UNKNOWN, NULL, "no number of days"},
    {"check --jobs 0 a", UNKNOWN, NULL, "no number of jobs"},
    {"check --jobs x a", UNKNOWN, NULL, "no number of jobs"},
    {"check --timeout 0 a", UNKNOWN, NULL, "no time in seconds"},
    {"check --ca-file @/missing.pem a", UNKNOWN, NULL, "missing.pem"},
    {"check -f @/missing.txt", UNKNOWN, NULL, "missing.txt: No such file"},
    {"check -f @/", UNKNOWN, NULL, "Is a directory"},
    {"check a:0", UNKNOWN, NULL, "\"a:0\": this is no HOST[:PORT]"},
    {"check a:70000", UNKNOWN, NULL, "this is no HOST[:PORT]"},
    {"check a:nosuchservice", UNKNOWN, NULL, "neither a port nor known by name"},
    {"check a..b", UNKNOWN, NULL, "is no host name"},
    {"check good.example a..b", UNKNOWN, NULL, "\"a..b\": "},
    {"check gopher://a", UNKNOWN, NULL, "no such PROTO://"},
    {"check ://a", UNKNOWN, NULL, "no such PROTO://"},
    {"check smtp://", UNKNOWN, NULL, "this is no HOST[:PORT]"},
    {"check https://a/path", UNKNOWN, NULL, "is no host name"},
};

START_TEST(words_that_cannot_be_checked_are_told_apart)
{
	struct outcome o;
	char line[256];

	(void)snprintf(line, sizeof(line), "%s", words[_i].line);
	check_line(&o, line);
	ck_assert_msg(
	    o.status == words[_i].status, "%s: status %d: %s", words[_i].line, o.status, o.err);
	ck_assert_msg(words[_i].out == NULL || strstr(o.out, words[_i].out) != NULL, "%s", o.out);
	ck_assert_msg(words[_i].err == NULL || strstr(o.err, words[_i].err) != NULL, "%s", o.err);
	done(&o);
}
END_TEST

static const struct {
	const char *text;
	const char *err;
} bad_files[] = {
    {"good.example\n\n# comment\na..b\n", "list.txt, line 4: host \"a..b\""},
    {"good.example:99999", "list.txt, line 1: this is no HOST[:PORT]"},
    {"a b\n", "list.txt, line 1: "},
    {"# nothing\n\n", "a HOST[:PORT] or a file of them is needed"},
    {"", "is needed"},
};

START_TEST(a_bad_line_is_named_and_nobody_is_asked)
{
	struct outcome o;

	pki_write(path_of("list.txt"), bad_files[_i].text, strlen(bad_files[_i].text));
	check(&o, "-f @/list.txt");
	ck_assert_int_eq(o.status, UNKNOWN);
	ck_assert_msg(strstr(o.err, bad_files[_i].err) != NULL, "%s", o.err);
	ck_assert_str_eq(o.out, "");
	done(&o);
}
END_TEST

START_TEST(a_nul_in_a_file_is_no_end_of_a_line)
{
	struct outcome o;

	pki_write(path_of("list.txt"), "good.example\0.evil\n", 19);
	check(&o, "-f @/list.txt");
	ck_assert_int_eq(o.status, UNKNOWN);
	ck_assert_msg(strstr(o.err, "line 1: there is a NUL octet") != NULL, "%s", o.err);
	done(&o);
}
END_TEST

/* --------------------------------------------------------------- one server each */

static struct pki *
leaf_until(long days)
{
	return pki_make(.cn = "leaf", .issuer = ca,
	    .san = PKI_NAMES(PKI_IP(V4), PKI_IP("::1"), PKI_DNS("localhost"), PKI_DNS("mail.test")),
	    .not_before = -90 * DAY, .not_after = days * DAY + DAY / 2);
}

static struct pki *
good(void)
{
	return leaf_until(100);
}

static struct pki *
soon(void)
{
	return leaf_until(13);
}

static struct pki *
not_so_soon(void)
{
	return leaf_until(14);
}

static struct pki *
today(void)
{
	return pki_make(.cn = "leaf", .issuer = ca, .san = PKI_NAMES(PKI_IP(V4)),
	    .not_before = -DAY, .not_after = 3600);
}

static struct pki *
expired(void)
{
	return leaf_until(-4);
}

static struct pki *
other_host(void)
{
	return pki_make(.cn = "other", .issuer = ca, .san = PKI_NAMES(PKI_DNS("other.test")),
	    .not_before = -DAY, .not_after = 50 * DAY + DAY / 2);
}

static struct pki *
unknown_ca(void)
{
	struct pki *stranger = pki_make(.cn = "Somebody, Inc", .basic = PKI_CA);
	struct pki *leaf = pki_make(.cn = "leaf", .issuer = stranger, .san = PKI_NAMES(PKI_IP(V4)),
	    .not_before = -DAY, .not_after = 40 * DAY + DAY / 2);

	pki_free(stranger);
	return leaf;
}

static struct pki *
all_wrong(void)
{
	return pki_make(.cn = "self", .san = PKI_NAMES(PKI_DNS("other.test")),
	    .not_before = -9 * DAY, .not_after = -2 * DAY - DAY / 2);
}

#define SMTP_SCRIPT                                                                  \
	PEER_SEND("220 mail.test ESMTP\r\n"), PEER_EXPECT("EHLO"),                   \
	    PEER_SEND("250-mail.test\r\n250 STARTTLS\r\n"), PEER_EXPECT("STARTTLS"), \
	    PEER_SEND("220 go\r\n"), PEER_HANDSHAKE, PEER_DRAIN, PEER_END

static const struct peer_step talks[] = {PEER_HANDSHAKE, PEER_DRAIN, PEER_END};
static const struct peer_step greets[] = {
    PEER_SEND("220 mail.test ESMTP <ready>\r\n"), PEER_DRAIN, PEER_END};
static const struct peer_step sleeps[] = {PEER_DRAIN, PEER_END};
static const struct peer_step hangs_up[] = {PEER_HELLO, PEER_CLOSE, PEER_END};
static const struct peer_step speaks_smtp[] = {SMTP_SCRIPT};
static const struct peer_step speaks_imap[] = {PEER_SEND("* OK IMAP4rev2 ready\r\n"),
    PEER_EXPECT("CAPABILITY"), PEER_SEND("* CAPABILITY IMAP4rev2 STARTTLS\r\nt1 OK\r\n"), PEER_END};
static const struct peer_step offers_none[] = {PEER_SEND("220 mail.test ESMTP\r\n"),
    PEER_EXPECT("EHLO"), PEER_SEND("250-mail.test\r\n250 SIZE\r\n"), PEER_DRAIN, PEER_END};

static const struct {
	const char *label;
	struct pki *(*certificate)(void);
	const struct peer_step *script;
	const char *options; /* before the target, "" or with a space at its end */
	const char *target;  /* with one %d for the port */
	int status;
	const char *code, *message; /* part of it */
	const char *reasons;	    /* joined with a comma */
	bool dated;
	int days;
	const char *issuer;
} kinds[] = {
    {"good", good, talks, "", V4 ":%d", GOOD, "TLSW_OK", "", "", true, 100, "CN=Lab CA"},
    {"good, as a URL", good, talks, "", "https://" V4 ":%d/", GOOD, "TLSW_OK", "", "", true, 100,
	"CN=Lab CA"},
    {"expires soon", soon, talks, "", V4 ":%d", WARNING, "TLSW_OK",
	"the certificate expires in 13 days, 20", "", true, 13, "CN=Lab CA"},
    {"just not soon", not_so_soon, talks, "", V4 ":%d", GOOD, "TLSW_OK", "", "", true, 14,
	"CN=Lab CA"},
    {"soon is what is asked for", good, talks, "--warn-days 101 ", V4 ":%d", WARNING, "TLSW_OK",
	"in 100 days", "", true, 100, "CN=Lab CA"},
    {"never too soon", today, talks, "--warn-days 0 ", V4 ":%d", GOOD, "TLSW_OK", "", "", true, 0,
	"CN=Lab CA"},
    {"expires today", today, talks, "", V4 ":%d", WARNING, "TLSW_OK", "expires within a day", "",
	true, 0, "CN=Lab CA"},
    {"expired", expired, talks, "", V4 ":%d", CRITICAL, "TLSW_ERR_CERTIFICATE", "expired",
	"expired", true, -3, "CN=Lab CA"},
    {"wrong host", other_host, talks, "", V4 ":%d", CRITICAL, "TLSW_ERR_HOSTNAME_MISMATCH",
	"other.test", "other host", true, 50, "CN=Lab CA"},
    {"unknown CA", unknown_ca, talks, "", V4 ":%d", CRITICAL, "TLSW_ERR_CERTIFICATE", "Somebody",
	"unknown CA", true, 40, "CN=Somebody\\, Inc"},
    {"all wrong", all_wrong, talks, "", V4 ":%d", CRITICAL, "TLSW_ERR_CERTIFICATE", "",
	"expired,unknown CA,self-signed,other host", true, -2, "CN=self"},
    {"silent", good, sleeps, "--timeout 0.3 ", V4 ":%d", CRITICAL, "TLSW_ERR_TIMEOUT",
	"did not end within its time", "", false, 0, ""},
    {"silent where it should greet", good, sleeps, "--timeout 0.3 ", "smtp://" V4 ":%d", CRITICAL,
	"TLSW_ERR_TIMEOUT", "greeting", "", false, 0, ""},
    {"hangs up", good, hangs_up, "", V4 ":%d", CRITICAL, "TLSW_ERR_", "", "", false, 0, ""},
    {"smtp", good, speaks_smtp, "", "smtp://" V4 ":%d", GOOD, "TLSW_OK", "", "", true, 100,
	"CN=Lab CA"},
    {"smtp, expires soon", soon, speaks_smtp, "", "SMTP://" V4 ":%d", WARNING, "TLSW_OK",
	"in 13 days", "", true, 13, "CN=Lab CA"},
    {"smtp, expired", expired, speaks_smtp, "", "submission://" V4 ":%d", CRITICAL,
	"TLSW_ERR_CERTIFICATE", "expired", "expired", true, -3, "CN=Lab CA"},
    {"no STARTTLS", good, offers_none, "", "smtp://" V4 ":%d", CRITICAL, "TLSW_ERR_STARTTLS",
	"does not offer STARTTLS", "", false, 0, ""},
    {"another protocol", good, speaks_imap, "", "smtp://" V4 ":%d", CRITICAL, "TLSW_ERR_STARTTLS",
	"no SMTP", "", false, 0, ""},
};

static void
serve(struct peer *peer, struct pki *leaf, const struct peer_step *script, int connections)
{
	static struct peer_options
	    options; /* borrowed until the peer stops, which is in the child */

	options = (struct peer_options){.cert = pki_x509(leaf),
	    .key = pki_key(leaf),
	    .script = script,
	    .connections = connections};
	ck_assert_int_eq(peer_start(peer, &options), 0);
}

static void
join(const json_t *list, char *out, size_t size)
{
	const json_t *value;
	size_t i, n = 0;

	out[0] = '\0';
	json_array_foreach(list, i, value) n +=
	    (size_t)snprintf(out + n, size - n, "%s%s", i > 0 ? "," : "", json_string_value(value));
}

static const char *const verdicts[] = {"good", "warning", "critical"};

static void
assert_kind(int i, const json_t *object)
{
	const json_t *days = json_object_get(object, "days_left");
	char reasons[256];

	join(json_object_get(object, "reasons"), reasons, sizeof(reasons));
	ck_assert_str_eq(text_of(object, "verdict"), verdicts[kinds[i].status]);
	ck_assert_msg(strncmp(text_of(object, "code"), kinds[i].code, strlen(kinds[i].code)) == 0,
	    "%s: %s", kinds[i].label, text_of(object, "code"));
	ck_assert_msg(strstr(text_of(object, "message"), kinds[i].message) != NULL, "%s: %s",
	    kinds[i].label, text_of(object, "message"));
	ck_assert_msg(strcmp(reasons, kinds[i].reasons) == 0, "%s: %s", kinds[i].label, reasons);
	ck_assert_str_eq(text_of(object, "issuer"), kinds[i].issuer);
	if (kinds[i].dated) {
		ck_assert_int_eq(json_integer_value(days), kinds[i].days);
		ck_assert_uint_eq(
		    strlen(text_of(object, "not_after")), strlen("2026-11-20T14:10:00Z"));
		ck_assert_str_eq(text_of(object, "version"), "TLSv1.3");
	} else {
		ck_assert(json_is_null(days));
		ck_assert(json_is_null(json_object_get(object, "not_after")));
		ck_assert(json_is_null(json_object_get(object, "version")));
	}
}

START_TEST(each_kind_of_server_gets_its_verdict)
{
	struct pki *leaf = kinds[_i].certificate();
	struct outcome o;
	struct peer peer;
	char target[64];
	json_t *all;

	serve(&peer, leaf, kinds[_i].script, 1);
	(void)snprintf(target, sizeof(target), kinds[_i].target, peer.port);
	check(&o, "%s--json %s", kinds[_i].options, target);
	ck_assert_msg(o.status == kinds[_i].status, "%s: status %d: %s%s", kinds[_i].label,
	    o.status, o.out, o.err);
	all = parsed(&o);
	ck_assert_uint_eq(json_array_size(all), 1);
	ck_assert_str_eq(text_of(json_array_get(all, 0), "host"), V4);
	ck_assert_int_eq(
	    json_integer_value(json_object_get(json_array_get(all, 0), "port")), peer.port);
	assert_kind(_i, json_array_get(all, 0));
	ck_assert_str_eq(o.err, "");
	json_decref(all);
	done(&o);
	peer_stop(&peer);
	pki_free(leaf);
}
END_TEST

/* A server that greets in plaintext is heard before or after our hello: both codes are right. */
START_TEST(a_server_without_tls_is_critical)
{
	struct pki *leaf = good();
	struct outcome o;
	struct peer peer;
	json_t *all;

	serve(&peer, leaf, greets, 1);
	check(&o, "--json %s:%d", V4, peer.port);
	ck_assert_int_eq(o.status, CRITICAL);
	all = parsed(&o);
	ck_assert(strcmp(text_of(json_array_get(all, 0), "code"), "TLSW_ERR_PLAINTEXT") == 0 ||
		  strcmp(text_of(json_array_get(all, 0), "code"), "TLSW_ERR_NOT_TLS") == 0);
	json_decref(all);
	done(&o);
	peer_stop(&peer);
	pki_free(leaf);
}
END_TEST

/* A port that is taken, and where nobody listens. */
static int
refuse_on(int *port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	*port = ntohs(address.sin_port);
	return fd;
}

START_TEST(those_that_cannot_be_reached_are_critical)
{
	int port, fd = refuse_on(&port);
	struct outcome o;
	json_t *all;

	define("none.test", EAI_NONAME, 0, "%s", "");
	check(&o, "--json %s:%d none.test", V4, port);
	ck_assert_int_eq(o.status, CRITICAL);
	all = parsed(&o);
	ck_assert_str_eq(text_of(json_array_get(all, 0), "code"), "TLSW_ERR_SYSTEM");
	ck_assert(strstr(text_of(json_array_get(all, 0), "message"), "refused") != NULL);
	ck_assert_str_eq(text_of(json_array_get(all, 1), "code"), "TLSW_ERR_RESOLVE");
	ck_assert_str_eq(text_of(json_array_get(all, 1), "host"), "none.test");
	json_decref(all);
	done(&o);
	check(&o, "%s:%d none.test", V4, port);
	ck_assert_msg(
	    strstr(o.out, "2 hosts: 2 critical, 0 warnings, 0 good\n") == o.out, "%s", o.out);
	ck_assert_msg(strstr(o.out, "critical  Connection refused\n") != NULL, "%s", o.out);
	ck_assert_msg(
	    strstr(o.out, "none.test:443    critical  no address\n") != NULL, "%s", o.out);
	done(&o);
	(void)close(fd);
}
END_TEST

START_TEST(an_intermediate_that_expires_sooner_is_a_warning)
{
	struct pki *middle = pki_make(.cn = "Middle CA", .issuer = ca, .basic = PKI_CA,
	    .not_before = -DAY, .not_after = 5 * DAY + DAY / 2);
	struct pki *leaf = pki_make(.cn = "leaf", .issuer = middle, .san = PKI_NAMES(PKI_IP(V4)),
	    .not_before = -DAY, .not_after = 60 * DAY + DAY / 2);
	STACK_OF(X509) *chain = pki_stack(PKI_LIST(middle));
	const struct peer_options options = {.cert = pki_x509(leaf),
	    .key = pki_key(leaf),
	    .chain = chain,
	    .script = talks,
	    .connections = 2};
	struct outcome o;
	struct peer peer;
	json_t *all;

	ck_assert_int_eq(peer_start(&peer, &options), 0);
	check(&o, "--json %s:%d", V4, peer.port);
	ck_assert_int_eq(o.status, WARNING);
	all = parsed(&o);
	ck_assert_msg(strstr(text_of(json_array_get(all, 0), "message"),
			  "the CA certificate \"CN=Middle CA\" expires in 5 days") != NULL,
	    "%s", o.out);
	ck_assert_int_eq(
	    json_integer_value(json_object_get(json_array_get(all, 0), "days_left")), 60);
	json_decref(all);
	done(&o);
	check(&o, "%s:%d", V4, peer.port);
	ck_assert_msg(strstr(o.out, "a CA above it expires") != NULL, "%s", o.out);
	done(&o);
	peer_stop(&peer);
	sk_X509_pop_free(chain, X509_free);
	pki_free(leaf);
	pki_free(middle);
}
END_TEST

/* ------------------------------------------------------------- names and addresses */

START_TEST(every_address_of_a_name_is_tried)
{
	struct pki *leaf = good();
	struct outcome o;
	struct peer peer;

	serve(&peer, leaf, talks, 2); /* on 127.0.0.1 alone */
	define("mail.test", 0, 0, "::1 ::1 127.0.0.1/%d", peer.port);
	check(&o, "localhost:%d mail.test:%d", peer.port, peer.port);
	ck_assert_msg(o.status == GOOD, "%s%s", o.out, o.err);
	done(&o);
	peer_stop(&peer);
	pki_free(leaf);
}
END_TEST

START_TEST(an_ipv6_address_stands_in_brackets)
{
	struct sockaddr_in6 loopback = {
	    .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	struct pki *leaf = good();
	const struct peer_options options = {.cert = pki_x509(leaf),
	    .key = pki_key(leaf),
	    .script = talks,
	    .ipv6 = true,
	    .connections = 2};
	int fd = socket(AF_INET6, SOCK_STREAM, 0);
	char row[64];
	struct outcome o;
	struct peer peer;

	if (fd != -1 && bind(fd, (struct sockaddr *)&loopback, sizeof(loopback)) == 0) {
		ck_assert_int_eq(peer_start(&peer, &options), 0);
		check(&o, "[::1]:%d tls://[::1]:%d", peer.port, peer.port);
		ck_assert_msg(o.status == GOOD, "%s%s", o.out, o.err);
		(void)snprintf(row, sizeof(row), "\n[::1]:%d ", peer.port);
		ck_assert_msg(strstr(o.out, row) != NULL, "%s", o.out);
		done(&o);
		peer_stop(&peer);
	}
	(void)close(fd);
	pki_free(leaf);
}
END_TEST

/* The ports of protocols that begin in plaintext; the others begin with TLS. */
static const struct {
	const char *target;
	bool starttls;
} by_port[] = {
    {"mail.test:25", true},
    {"mail.test:587", true},
    {"mail.test:smtp", true},
    {"smtp://mail.test", true},
    {"submission://mail.test", true},
    {"smtp://mail.test:465", true},
    {"mail.test:465", false},
    {"mail.test:993", false},
    {"mail.test", false},
    {"tls://mail.test:25", false},
    {"smtps://mail.test", false},
};

START_TEST(starttls_is_known_by_the_port)
{
	struct pki *leaf = good();
	struct outcome o;
	struct peer peer;

	serve(&peer, leaf, by_port[_i].starttls ? speaks_smtp : talks, 1);
	define("mail.test", 0, 0, "127.0.0.1/%d", peer.port);
	check(&o, "--timeout 5 %s", by_port[_i].target);
	ck_assert_msg(o.status == GOOD, "%s: %s%s", by_port[_i].target, o.out, o.err);
	done(&o);
	peer_stop(&peer);
	pki_free(leaf);
}
END_TEST

/* Which protocol it is shows in what is missed: each server here says nothing. */
static const struct {
	const char *target, *message;
} silent_ports[] = {
    {"mail.test:24", "greeting"},
    {"mail.test:110", "greeting"},
    {"mail.test:143", "greeting"},
    {"mail.test:21", "greeting"},
    {"mail.test:119", "greeting"},
    {"mail.test:4190", "greeting"},
    {"mail.test:3306", "greeting"},
    {"mail.test:5222", "stream"},
    {"mail.test:389", "answer to"},
    {"mail.test:5432", "SSLRequest"},
    {"xmpp://mail.test", "stream"},
    {"ldap://mail.test:3890", "answer to"},
    {"postgresql://mail.test", "SSLRequest"},
    {"mysql://mail.test", "greeting"},
    {"mail.test:443", "handshake"},
};

START_TEST(every_protocol_is_known_by_its_port)
{
	int port, listener = peer_listen(false, &port);
	struct outcome o;
	json_t *all;

	define("mail.test", 0, 0, "127.0.0.1/%d", port);
	check(&o, "--json --timeout 0.2 %s", silent_ports[_i].target);
	ck_assert_int_eq(o.status, CRITICAL);
	all = parsed(&o);
	ck_assert_str_eq(text_of(json_array_get(all, 0), "code"), "TLSW_ERR_TIMEOUT");
	ck_assert_msg(
	    strstr(text_of(json_array_get(all, 0), "message"), silent_ports[_i].message) != NULL,
	    "%s: %s", silent_ports[_i].target, text_of(json_array_get(all, 0), "message"));
	json_decref(all);
	done(&o);
	(void)close(listener);
}
END_TEST

START_TEST(files_and_standard_input_have_targets)
{
	struct pki *leaf = good();
	char text[256];
	struct outcome o;
	struct peer peer;
	json_t *all;

	serve(&peer, leaf, talks, 4);
	(void)snprintf(text, sizeof(text), "# ours\n\n  %s:%d  # first\r\n\t%s:%d", V4, peer.port,
	    "localhost", peer.port);
	pki_write(path_of("list.txt"), text, strlen(text));
	(void)snprintf(text, sizeof(text), "127.0.0.1:%d\n", peer.port);
	input = text;
	check(&o, "--json -f @/list.txt --file - tls://%s:%d", V4, peer.port);
	ck_assert_msg(o.status == GOOD, "%s%s", o.out, o.err);
	all = parsed(&o);
	ck_assert_uint_eq(json_array_size(all), 4);
	ck_assert_str_eq(text_of(json_array_get(all, 0), "host"), V4);
	ck_assert_str_eq(text_of(json_array_get(all, 1), "host"), "localhost");
	ck_assert_uint_eq(json_object_size(json_array_get(all, 0)), 10);
	json_decref(all);
	done(&o);
	peer_stop(&peer);
	pki_free(leaf);
}
END_TEST

/* ----------------------------------------------------------------------- the loop */

/* The threads for names are all held up; the loop is not, and neither is the end. */
START_TEST(a_slow_resolver_holds_nobody_up)
{
	struct pki *leaf = good();
	struct outcome o;
	struct peer peer;
	char list[1024] = "";
	json_t *all;
	size_t i;

	serve(&peer, leaf, talks, 1);
	define("slow.test", 0, 30, "127.0.0.1");
	for (i = 0; i < 40; i++) /* more than there are threads */
		(void)strcat(list, "slow.test\n");
	input = list;
	check(&o, "--json --timeout 1 %s:%d -f -", V4, peer.port);
	ck_assert_int_eq(o.status, CRITICAL);
	ck_assert_int_lt(o.ms, 8000);
	all = parsed(&o);
	ck_assert_uint_eq(json_array_size(all), 41);
	for (i = 0; i < 40; i++) {
		ck_assert_str_eq(text_of(json_array_get(all, i), "code"), "TLSW_ERR_TIMEOUT");
		ck_assert_str_eq(
		    text_of(json_array_get(all, i), "message"), "timed out resolving slow.test");
	}
	ck_assert_str_eq(text_of(json_array_get(all, 40), "verdict"), "good");
	json_decref(all);
	done(&o);
	peer_stop(&peer);
	pki_free(leaf);
}
END_TEST

START_TEST(names_are_resolved_side_by_side)
{
	struct pki *leaf = good();
	struct outcome o;
	struct peer peer;
	char list[1024] = "";
	size_t i;

	serve(&peer, leaf, talks, 8);
	define("mail.test", 0, 1, "127.0.0.1/%d", peer.port);
	for (i = 0; i < 8; i++)
		(void)strcat(list, "mail.test\n");
	input = list;
	check(&o, "--timeout 6 -f -"); /* one after the other it would be 8 s */
	ck_assert_msg(o.status == GOOD, "%s", o.out);
	done(&o);
	peer_stop(&peer);
	pki_free(leaf);
}
END_TEST

/* --------------------------------------------- servers for many, one after the other */

struct crowd {
	pid_t pid;
	int port;
};

static void
crowd_start(struct crowd *c, struct pki *leaf, const struct peer_step *script)
{
	const struct peer_options options = {
	    .cert = pki_x509(leaf), .key = pki_key(leaf), .script = script};
	int listener = peer_listen(false, &c->port), fd;
	SSL_CTX *ctx = peer_ssl_ctx(&options);
	struct peer_report report;

	ck_assert_int_ge(listener, 0);
	ck_assert_int_eq(listen(listener, 1024), 0);
	c->pid = fork();
	ck_assert_int_ge(c->pid, 0);
	if (c->pid == 0) {
		(void)alarm(100);
		while ((fd = accept(listener, NULL, NULL)) >= 0)
			peer_serve(fd, &options, ctx, &report);
		_exit(0);
	}
	SSL_CTX_free(ctx);
	(void)close(listener);
}

static void
crowd_stop(const struct crowd *c)
{
	(void)kill(c->pid, SIGKILL);
	(void)waitpid(c->pid, NULL, 0);
}

static const struct peer_step shakes_hands[] = {PEER_HANDSHAKE, PEER_END};
static const struct peer_step resets[] = {PEER_HELLO, PEER_RESET, PEER_END};
static const struct peer_step greets_and_goes[] = {PEER_SEND("220 hello\r\n"), PEER_END};

/* More targets than there may be descriptors. */
START_TEST(few_descriptors_make_it_slower_not_wrong)
{
	struct pki *leaf = good();
	struct crowd crowd;
	struct outcome o;
	char list[4096] = "", line[32];
	size_t i;

	crowd_start(&crowd, leaf, shakes_hands);
	(void)snprintf(line, sizeof(line), "localhost:%d\n", crowd.port);
	for (i = 0; i < 100; i++)
		(void)strcat(list, line);
	define("localhost", 0, 0, "::1 127.0.0.1");
	input = list;
	descriptors = 30;
	check(&o, "-f -");
	ck_assert_msg(
	    strncmp(o.out, "100 hosts: 0 critical, 0 warnings, 100 good\n", 44) == 0, "%s", o.out);
	ck_assert_int_eq(o.status, GOOD);
	done(&o);
	crowd_stop(&crowd);
	pki_free(leaf);
}
END_TEST

START_TEST(jobs_are_bounded_when_asked)
{
	struct pki *leaf = good();
	int port, listener = peer_listen(false, &port);
	char list[256] = "", line[32];
	struct outcome o;
	size_t i;

	(void)snprintf(line, sizeof(line), V4 ":%d\n", port); /* silent */
	for (i = 0; i < 4; i++)
		(void)strcat(list, line);
	input = list;
	check(&o, "--timeout 0.3 --jobs 1 -f -");
	ck_assert_int_eq(o.status, CRITICAL);
	ck_assert_int_ge(o.ms, 1200);
	done(&o);
	check(&o, "--timeout 0.3 -f -");
	ck_assert_int_lt(o.ms, 1200);
	done(&o);
	(void)close(listener);
	pki_free(leaf);
}
END_TEST

/* Thousands at once: what they are, and how each must come out. */
enum { C_GOOD, C_SOON, C_EXPIRED, C_OTHER, C_UNKNOWN, C_PLAIN, C_RESET, CROWDS };

static const struct {
	struct pki *(*certificate)(void);
	const struct peer_step *script;
	size_t count;
	const char *verdict, *code, *or_code;
} crowds[CROWDS] = {
    [C_GOOD] = {good, shakes_hands, 250, "good", "TLSW_OK", "TLSW_OK"},
    [C_SOON] = {soon, shakes_hands, 50, "warning", "TLSW_OK", "TLSW_OK"},
    [C_EXPIRED] = {expired, shakes_hands, 75, "critical", "TLSW_ERR_CERTIFICATE",
	"TLSW_ERR_CERTIFICATE"},
    [C_OTHER] = {other_host, shakes_hands, 75, "critical", "TLSW_ERR_HOSTNAME_MISMATCH",
	"TLSW_ERR_HOSTNAME_MISMATCH"},
    [C_UNKNOWN] = {unknown_ca, shakes_hands, 50, "critical", "TLSW_ERR_CERTIFICATE",
	"TLSW_ERR_CERTIFICATE"},
    [C_PLAIN] = {good, greets_and_goes, 100, "critical", "TLSW_ERR_NOT_TLS", "TLSW_ERR_PLAINTEXT"},
    [C_RESET] = {good, resets, 100, "critical", "TLSW_ERR_SYSTEM", "TLSW_ERR_SYSTEM"},
};
#define REFUSED 150
#define UNRESOLVED 100
#define SILENT 50
#define ALL 1000
#define DEADLINE_S 8
#define SLACK_MS 15000 /* for a busy machine; one round more would be twice the deadline */
#define RSS_MAX_KB (100L * 1024)

static void
write_crowd(const struct crowd *c, int refused, int silent)
{
	FILE *f = fopen(path_of("list.txt"), "w");
	size_t i, k;

	ck_assert_ptr_nonnull(f);
	for (k = 0; k < CROWDS; k++)
		for (i = 0; i < crowds[k].count; i++)
			fprintf(f, V4 ":%d\n", c[k].port);
	for (i = 0; i < REFUSED; i++)
		fprintf(f, V4 ":%d\n", refused);
	for (i = 0; i < UNRESOLVED; i++)
		fprintf(f, "none.test:%zu\n", i + 1000);
	for (i = 0; i < SILENT; i++)
		fprintf(f, V4 ":%d\n", silent);
	ck_assert_int_eq(fclose(f), 0);
}

static void
assert_crowd(const json_t *all)
{
	size_t i, k, at = 0;
	const json_t *one;

	for (k = 0; k < CROWDS; k++)
		for (i = 0; i < crowds[k].count; i++) {
			one = json_array_get(all, at++);
			ck_assert_msg(strcmp(text_of(one, "code"), crowds[k].code) == 0 ||
					  strcmp(text_of(one, "code"), crowds[k].or_code) == 0,
			    "crowd %zu: %s: %s", k, text_of(one, "code"), text_of(one, "message"));
			ck_assert_str_eq(text_of(one, "verdict"), crowds[k].verdict);
		}
	for (i = 0; i < REFUSED; i++)
		ck_assert_str_eq(text_of(json_array_get(all, at++), "code"), "TLSW_ERR_SYSTEM");
	for (i = 0; i < UNRESOLVED; i++)
		ck_assert_str_eq(text_of(json_array_get(all, at++), "code"), "TLSW_ERR_RESOLVE");
	for (i = 0; i < SILENT; i++)
		ck_assert_str_eq(text_of(json_array_get(all, at++), "code"), "TLSW_ERR_TIMEOUT");
	ck_assert_uint_eq(json_array_size(all), at);
	ck_assert_uint_eq(at, ALL);
}

START_TEST(a_thousand_hosts_take_as_long_as_the_slowest)
{
	int refused, silent, holder = refuse_on(&refused), listener = peer_listen(false, &silent);
	struct pki *leaves[CROWDS];
	struct crowd servers[CROWDS];
	struct outcome o;
	char *page;
	json_t *all;
	size_t k;

	define("none.test", EAI_NONAME, 0, "%s", "");
	for (k = 0; k < CROWDS; k++) {
		leaves[k] = crowds[k].certificate();
		crowd_start(&servers[k], leaves[k], crowds[k].script);
	}
	write_crowd(servers, refused, silent);
	check(&o, "--json --html @/page.html --timeout %d -f @/list.txt", DEADLINE_S);
	ck_assert_int_eq(o.status, CRITICAL);
	all = parsed(&o);
	assert_crowd(all);
	ck_assert_msg(o.ms >= DEADLINE_S * 1000 && o.ms < DEADLINE_S * 1000 + SLACK_MS,
	    "it took %lld ms", (long long)o.ms);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
	ck_assert_msg(o.max_rss_kb < RSS_MAX_KB, "%ld kB", o.max_rss_kb);
#endif
	printf("1000 hosts: %lld ms, %ld kB\n", (long long)o.ms, o.max_rss_kb);
	page = read_file("page.html");
	ck_assert_ptr_nonnull(page);
	ck_assert(strstr(page, "<b>1000</b> in all") != NULL);
	free(page);
	json_decref(all);
	done(&o);
	for (k = 0; k < CROWDS; k++) {
		crowd_stop(&servers[k]);
		pki_free(leaves[k]);
	}
	(void)close(holder);
	(void)close(listener);
}
END_TEST

/* ----------------------------------------------------------------------- the page */

#define HOSTILE "<script>document.title='owned'</script>\"onmouseover=alert(1) x='&amp;"

/* A server whose issuer's name is made for a page, one with a name that is; one that is good. */
static void
write_hostile_page(struct outcome *o)
{
	static const char name[] = "<img src=x onerror=alert(1)>.test";
	struct pki *bad = pki_make(.cn = HOSTILE, .basic = PKI_CA);
	struct pki *leaves[] = {pki_make(.cn = "leaf", .issuer = bad, .san = PKI_NAMES(PKI_IP(V4)),
				    .not_before = -DAY, .not_after = 70 * DAY + DAY / 2),
	    pki_make(.cn = "other", .issuer = ca, .san = PKI_NAMES(PKI_DNS(name))), good(), soon(),
	    expired()};
	struct crowd crowd[5];
	size_t i;

	for (i = 0; i < 5; i++)
		crowd_start(&crowd[i], leaves[i], shakes_hands);
	define("none.test", EAI_NONAME, 0, "%s", "");
	check(o,
	    "--html @/page.html " V4 ":%d " V4 ":%d " V4 ":%d " V4 ":%d " V4
	    ":%d localhost:%d none.test",
	    crowd[0].port, crowd[1].port, crowd[2].port, crowd[3].port, crowd[4].port,
	    crowd[2].port);
	for (i = 0; i < 5; i++) {
		crowd_stop(&crowd[i]);
		pki_free(leaves[i]);
	}
	pki_free(bad);
}

static size_t
occurrences(const char *text, const char *what)
{
	size_t n = 0;

	for (; (text = strstr(text, what)) != NULL; text++)
		n++;
	return n;
}

/* The page is also left where test_check_page.sh wants it, to be looked at by a browser. */
START_TEST(nothing_of_others_is_markup_on_the_page)
{
	const char *copy = getenv("TLSW_CHECK_PAGE");
	struct outcome o;
	char *page;

	write_hostile_page(&o);
	ck_assert_int_eq(o.status, CRITICAL);
	page = read_file("page.html");
	ck_assert_ptr_nonnull(page);
	if (copy != NULL)
		pki_write(copy, page, strlen(page));
	ck_assert_ptr_null(strstr(page, "<script"));
	ck_assert_ptr_null(strstr(page, "<img"));
	ck_assert_msg(
	    strstr(page, "&lt;script&gt;document.title=&#39;owned&#39;") != NULL, "%s", page);
	ck_assert_ptr_nonnull(strstr(page, "&lt;img src=x onerror=alert(1)&gt;.test"));
	ck_assert_ptr_null(strstr(page, "\"onmouseover"));
	ck_assert_uint_eq(occurrences(page, "<tr id="), 7);
	ck_assert_uint_eq(occurrences(page, "<tr id=\"h6\" class=\"critical\">"), 1);
	free(page);
	done(&o);
}
END_TEST

START_TEST(the_page_needs_nothing_else)
{
	static const char *const elsewhere[] = {
	    "http:", "https:", "//", "src=", "url(", "@import", "style=\"", "<link", "<iframe"};
	struct outcome o;
	char *page;
	size_t i;

	define("none.test", EAI_NONAME, 0, "%s", "");
	check(&o, "--html @/page.html none.test");
	page = read_file("page.html");
	ck_assert_ptr_nonnull(page);
	for (i = 0; i < sizeof(elsewhere) / sizeof(elsewhere[0]); i++)
		ck_assert_msg(strstr(page, elsewhere[i]) == NULL, "%s", elsewhere[i]);
	ck_assert_ptr_nonnull(strstr(page, "content=\"default-src 'none'; style-src 'sha256-"));
	free(page);
	done(&o);
}
END_TEST

START_TEST(the_page_takes_the_place_of_the_last_one_whole)
{
	struct outcome o;
	struct stat status;
	char *page;

	define("none.test", EAI_NONAME, 0, "%s", "");
	pki_write(path_of("page.html"), "old", 3);
	(void)chmod(path_of("page.html"), 0600);
	check(&o, "--html @/page.html none.test");
	ck_assert_int_eq(o.status, CRITICAL);
	ck_assert_int_eq(stat(path_of("page.html"), &status), 0);
	ck_assert_uint_eq(status.st_mode & 07777, 0644);
	page = read_file("page.html");
	ck_assert_ptr_nonnull(strstr(page, "</html>"));
	free(page);
	done(&o);
}
END_TEST

/* Root has /dev/null for a page, and the others need it afterwards. */
START_TEST(what_is_no_file_is_written_to_and_stays)
{
	static char page[65536];
	struct outcome o;
	struct stat status;
	int fd;

	ck_assert_int_eq(mkfifo(path_of("fifo"), 0600), 0);
	fd = open(path_of("fifo"), O_RDWR | O_NONBLOCK);
	ck_assert_int_ge(fd, 0);
	define("none.test", EAI_NONAME, 0, "%s", "");
	check(&o, "--html @/fifo none.test");
	ck_assert_int_eq(o.status, CRITICAL);
	ck_assert_int_eq(lstat(path_of("fifo"), &status), 0);
	ck_assert(S_ISFIFO(status.st_mode));
	ck_assert_int_gt((int)read(fd, page, sizeof(page) - 1), 0);
	ck_assert_ptr_nonnull(strstr(page, "</html>"));
	(void)unlink(path_of("fifo"));
	(void)close(fd);
	done(&o);
}
END_TEST

START_TEST(a_page_that_cannot_be_written_is_no_verdict)
{
	struct outcome o;

	define("none.test", EAI_NONAME, 0, "%s", "");
	check(&o, "--html @/missing/page.html none.test");
	ck_assert_int_eq(o.status, UNKNOWN);
	ck_assert_msg(strstr(o.err, "missing/page.html: No such file") != NULL, "%s", o.err);
	ck_assert_msg(strstr(o.out, "none.test:443") != NULL, "%s", o.out);
	done(&o);
}
END_TEST

START_TEST(a_page_that_cannot_be_put_in_its_place_leaves_nothing)
{
	struct outcome o;

	define("none.test", EAI_NONAME, 0, "%s", "");
	ck_assert_int_eq(mkdir(path_of("page.html"), 0755), 0);
	check(&o, "--html @/page.html none.test");
	ck_assert_int_eq(o.status, UNKNOWN);
	ck_assert_msg(strstr(o.err, "page.html: Is a directory") != NULL, "%s", o.err);
	done(&o);
	ck_assert_int_eq(rmdir(path_of("page.html")), 0); /* and tear_down() looks for the rest */
}
END_TEST

/* ------------------------------------------------------------------- a terminal */

/* What a terminal of so many columns gets to see; standard output and error are both it. */
static char *
on_terminal(int columns, const char *term, const char *no_color, const char *words_of)
{
	const struct winsize size = {.ws_row = 24, .ws_col = (unsigned short)columns};
	static char seen[65536];
	char line[512];
	size_t len = 0;
	ssize_t n;
	int master;
	pid_t pid;

	(void)snprintf(line, sizeof(line), "check --ca-file @/ca.pem %s", words_of);
	(void)fflush(NULL);
	pid = forkpty(&master, NULL, NULL, &size);
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		(void)setenv("TERM", term, 1);
		(void)unsetenv("NO_COLOR");
		if (no_color != NULL)
			(void)setenv("NO_COLOR", no_color, 1);
		be_command(line, NULL, NULL, NULL);
	}
	while (
	    len < sizeof(seen) - 1 && ((n = read(master, seen + len, sizeof(seen) - 1 - len)) > 0 ||
					  (n == -1 && errno == EINTR)))
		len += n > 0 ? (size_t)n : 0;
	seen[len] = '\0';
	(void)close(master);
	(void)waitpid(pid, NULL, 0);
	return seen;
}

START_TEST(a_terminal_gets_colour_and_progress)
{
	int port, listener = peer_listen(false, &port); /* silent */
	char words_of[64];
	const char *seen;

	(void)snprintf(words_of, sizeof(words_of), "--timeout 0.5 " V4 ":%d", port);
	seen = on_terminal(100, "xterm", NULL, words_of);
	ck_assert_msg(strstr(seen, "\033[1;31mcritical\033[0m") != NULL, "%s", seen);
	ck_assert_msg(strstr(seen, "] 0 of 1, 0 critical, 0 warnings\033[K") != NULL, "%s", seen);
	ck_assert_msg(strstr(seen, "\r\033[K1 host: 1 critical") != NULL, "%s", seen);
	seen = on_terminal(100, "xterm", "", words_of);
	ck_assert_ptr_nonnull(strstr(seen, "\033[1;31m"));
	seen = on_terminal(100, "xterm", "1", words_of);
	ck_assert_ptr_null(strstr(seen, "\033[1;31m"));
	ck_assert_ptr_nonnull(strstr(seen, "] 0 of 1"));
	seen = on_terminal(100, "dumb", NULL, words_of);
	ck_assert_ptr_null(strchr(seen, '\033'));
	(void)close(listener);
}
END_TEST

START_TEST(elsewhere_there_is_neither)
{
	int port, listener = peer_listen(false, &port); /* silent */
	struct outcome o;

	(void)setenv("TERM", "xterm", 1);
	check(&o, "--timeout 0.5 " V4 ":%d", port);
	ck_assert_ptr_null(strchr(o.out, '\033'));
	ck_assert_str_eq(o.err, "");
	done(&o);
	(void)close(listener);
}
END_TEST

static const struct {
	int columns;
	const char *heading; /* what it begins and ends with */
	const char *cut;
} terminals[] = {
    {200, "VERSION", "a-rather-long-name-of-a-host.example.test:12345"},
    {80, "VERSION", "a-rather-long-name-of-a-h..."},
    {70, "DAYS", "a-rather-long-name-of-a-h..."},
    {50, "DAYS", "a-rather-long-name-..."},
    {40, "REASON", "a-rather-long-nam..."},
    {30, "REASON", "a-rathe..."},
};

START_TEST(rows_fit_into_the_terminal)
{
	struct pki *leaf = unknown_ca();
	const int columns = terminals[_i].columns;
	struct crowd crowd;
	const char *seen, *line;
	char words_of[160];
	size_t lines = 0, len;

	crowd_start(&crowd, leaf, shakes_hands);
	define("a-rather-long-name-of-a-host.example.test", EAI_NONAME, 0, "%s", "");
	(void)snprintf(words_of, sizeof(words_of),
	    V4 ":%d a-rather-long-name-of-a-host.example.test:12345", crowd.port);
	seen = on_terminal(columns, "xterm", "1", words_of);
	line = strstr(seen, "HOST ");
	ck_assert_msg(line != NULL, "%s", seen);
	ck_assert_msg(strstr(seen, terminals[_i].heading) != NULL, "%s", seen);
	for (; *line != '\0'; line += len + 2, lines++) {
		len = strcspn(line, "\r");
		ck_assert_msg(len > 0 && len <= (size_t)columns, "%zu: %s", len, seen);
	}
	ck_assert_uint_eq(lines, 3);
	ck_assert_msg(strstr(seen, terminals[_i].cut) != NULL, "%s", seen);
	crowd_stop(&crowd);
	pki_free(leaf);
}
END_TEST

START_TEST(progress_fits_into_the_terminal)
{
	int port, listener = peer_listen(false, &port); /* silent */
	char words_of[64];
	const char *seen, *end;

	(void)snprintf(words_of, sizeof(words_of), "--timeout 0.3 " V4 ":%d", port);
	seen = on_terminal(30, "xterm", NULL, words_of);
	end = strstr(seen, "\033[K");
	ck_assert_msg(seen[0] == '\r' && end == seen + 30, "%s", seen);
	(void)close(listener);
}
END_TEST

START_TEST(a_failure_of_standard_output_is_no_verdict)
{
	int full = open("/dev/full", O_WRONLY), status;
	char line[] = "check --ca-file @/ca.pem none.test";
	pid_t pid;

	if (full == -1)
		return;
	define("none.test", EAI_NONAME, 0, "%s", "");
	(void)fflush(NULL);
	pid = fork();
	if (pid == 0) {
		(void)dup2(full, 1);
		be_command(line, NULL, NULL, NULL);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == UNKNOWN);
	(void)close(full);
}
END_TEST

/* -------------------------------------------------------------------------- suite */

static void
set_up(void)
{
	char *pem;

	(void)snprintf(dir, sizeof(dir), "/tmp/tlswrap-check.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ca = pki_ca("Lab CA");
	pem = pki_chain_pem(PKI_LIST(ca));
	pki_write(path_of("ca.pem"), pem, strlen(pem));
	free(pem);
	name_count = 0;
	descriptors = 0;
	input = NULL;
}

static void
tear_down(void)
{
	static const char *const files[] = {"ca.pem", "list.txt", "page.html"};
	size_t i;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		(void)unlink(path_of(files[i]));
	/* Nothing else may be left, above all no half of a page. */
	ck_assert_msg(rmdir(dir) == 0, "something is left in %s", dir);
	pki_free(ca);
}

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

static TCase *
add_case(Suite *s, const char *name)
{
	TCase *t = tcase_create(name);

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_set_timeout(t, 90);
	suite_add_tcase(s, t);
	return t;
}

int
main(void)
{
	Suite *s = suite_create("check");
	TCase *t;

	t = add_case(s, "words");
	tcase_add_loop_test(t, words_that_cannot_be_checked_are_told_apart, 0, COUNT(words));
	tcase_add_loop_test(t, a_bad_line_is_named_and_nobody_is_asked, 0, COUNT(bad_files));
	tcase_add_test(t, a_nul_in_a_file_is_no_end_of_a_line);
	tcase_add_test(t, files_and_standard_input_have_targets);

	t = add_case(s, "verdicts");
	tcase_add_loop_test(t, each_kind_of_server_gets_its_verdict, 0, COUNT(kinds));
	tcase_add_test(t, a_server_without_tls_is_critical);
	tcase_add_test(t, those_that_cannot_be_reached_are_critical);
	tcase_add_test(t, an_intermediate_that_expires_sooner_is_a_warning);

	t = add_case(s, "names and ports");
	tcase_add_test(t, every_address_of_a_name_is_tried);
	tcase_add_test(t, an_ipv6_address_stands_in_brackets);
	tcase_add_loop_test(t, starttls_is_known_by_the_port, 0, COUNT(by_port));
	tcase_add_loop_test(t, every_protocol_is_known_by_its_port, 0, COUNT(silent_ports));

	t = add_case(s, "many");
	tcase_add_test(t, a_slow_resolver_holds_nobody_up);
	tcase_add_test(t, names_are_resolved_side_by_side);
	tcase_add_test(t, few_descriptors_make_it_slower_not_wrong);
	tcase_add_test(t, jobs_are_bounded_when_asked);
	tcase_add_test(t, a_thousand_hosts_take_as_long_as_the_slowest);

	t = add_case(s, "the page");
	tcase_add_test(t, nothing_of_others_is_markup_on_the_page);
	tcase_add_test(t, the_page_needs_nothing_else);
	tcase_add_test(t, the_page_takes_the_place_of_the_last_one_whole);
	tcase_add_test(t, what_is_no_file_is_written_to_and_stays);
	tcase_add_test(t, a_page_that_cannot_be_written_is_no_verdict);
	tcase_add_test(t, a_page_that_cannot_be_put_in_its_place_leaves_nothing);

	t = add_case(s, "a terminal");
	tcase_add_test(t, a_terminal_gets_colour_and_progress);
	tcase_add_test(t, elsewhere_there_is_neither);
	tcase_add_loop_test(t, rows_fit_into_the_terminal, 0, COUNT(terminals));
	tcase_add_test(t, progress_fits_into_the_terminal);
	tcase_add_test(t, a_failure_of_standard_output_is_no_verdict);
	return support_run(s);
}
