/*
 * The dialogues before TLS, played with a scripted server at the other end of
 * a socket pair. Steps never block, so one thread plays both sides and every
 * run is the same. What the server received is compared to the last octet.
 *
 * SPDX-License-Identifier: ISC
 */
#include "support/support.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "starttls.h"
#include "starttls_scripts.h"

static size_t
turns_of(const struct dialogue *d)
{
	size_t n = 0;

	while (n < TURNS && (d->turns[n].says.len > 0 || d->turns[n].hears.len > 0))
		n++;
	return n;
}

/* ---------------------------------------------------------------- the player */

struct play {
	struct tlsw__starttls *st;
	int client, server;
	char tag[32];
	char heard[4096]; /* what the server received in this turn */
	size_t heard_len;
};

static void
open_play(struct play *p, enum tlsw_protocol protocol)
{
	int fd[2];

	memset(p, 0, sizeof(*p));
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	p->client = fd[0];
	p->server = fd[1];
	p->st = tlsw__starttls_new(p->client, protocol, "mail.example.org");
	ck_assert_works(p->st != NULL);
}

static void
close_play(struct play *p)
{
	tlsw__starttls_free(p->st);
	if (p->client != -1)
		(void)close(p->client);
	if (p->server != -1)
		(void)close(p->server);
}

/* Read what the client sent and put TAG where it put its tag. */
static void
listen_to(struct play *p)
{
	char *space;
	ssize_t n;

	n = recv(p->server, p->heard, sizeof(p->heard) - 1, MSG_DONTWAIT);
	p->heard_len = n > 0 ? (size_t)n : 0;
	p->heard[p->heard_len] = '\0';
	space = strchr(p->heard, ' ');
	if (p->heard[0] != 't' || space == NULL)
		return;
	ck_assert_uint_eq((size_t)(space - p->heard), 13);
	ck_assert_msg(memcmp(p->tag, p->heard, 13) != 0, "the tag was used twice");
	memcpy(p->tag, p->heard, 13);
	memcpy(p->heard, "TAG", 3);
	memmove(p->heard + 3, space, p->heard_len - 13 + 1);
	p->heard_len -= 10;
}

static void
assert_heard(struct play *p, const char *label, struct octets expected)
{
	listen_to(p);
	if (p->heard_len != expected.len || memcmp(p->heard, expected.at, expected.len) != 0)
		ck_abort_msg(
		    "%s: the server received \"%s\", not \"%s\"", label, p->heard, expected.at);
}

/* Octets to send, with the client's last tag in place of TAG. The caller frees them. */
static struct octets
with_tag(const struct play *p, struct octets says)
{
	char *out = malloc(says.len * 5 + 1);
	size_t i, n = 0;

	ck_assert_ptr_nonnull(out);
	for (i = 0; i < says.len; i++) {
		if (says.len - i >= 3 && memcmp(says.at + i, "TAG", 3) == 0 && p->tag[0] != '\0') {
			memcpy(out + n, p->tag, 13);
			n += 13;
			i += 2;
		} else {
			out[n++] = says.at[i];
		}
	}
	return (struct octets){out, n};
}

static void
send_octets(const struct play *p, const char *at, size_t len)
{
	while (len > 0) {
		ssize_t n = send(p->server, at, len, MSG_NOSIGNAL);

		if (n <= 0)
			return;
		at += n;
		len -= (size_t)n;
	}
}

/* Say it in pieces: the first cut octets, then the rest; 0 all at once; -1 each octet alone. */
static int
say(struct play *p, struct octets says, int cut)
{
	struct octets all = with_tag(p, says);
	int rv = TLSW_WANT_READ;
	size_t i, first = cut < 0 ? 1 : (size_t)cut;

	if (first == 0 || first > all.len)
		first = all.len;
	for (i = 0; i < all.len && rv == TLSW_WANT_READ;) {
		send_octets(p, all.at + i, first);
		i += first;
		first = cut < 0 ? 1 : all.len - i;
		rv = tlsw__starttls_step(p->st);
	}
	free((void *)(uintptr_t)all.at);
	return rv;
}

/* Play turns until they end or the client does; cut applies to all the server's octets. */
static int
play(struct play *p, const char *label, const struct turn *turns, size_t count, int cut)
{
	int rv = tlsw__starttls_step(p->st);
	size_t i, before = 0;

	for (i = 0; i < count; i++) {
		const size_t len = turns[i].says.len;
		int here = cut < 0 ? -1 : 0;

		if (cut > 0 && (size_t)cut > before && (size_t)cut < before + len)
			here = cut - (int)before;
		before += len;
		assert_heard(p, label, turns[i].hears);
		if (len == 0)
			break;
		ck_assert_msg(rv == TLSW_WANT_READ, "%s: step gave %d in turn %zu: %s", label, rv,
		    i, tls_last_error()->message);
		ck_assert_int_eq(tlsw__starttls_events(p->st), POLLIN);
		rv = say(p, turns[i].says, here);
	}
	return rv;
}

static int
play_all(struct play *p, const struct dialogue *d, int cut)
{
	return play(p, d->label, d->turns, turns_of(d), cut);
}

static void
assert_done(struct play *p, const char *label, int rv)
{
	ck_assert_msg(rv == 0, "%s: %d: %s", label, rv, tls_last_error()->message);
	assert_heard(p, label, (struct octets)O(""));
	ck_assert_int_eq(tlsw__starttls_step(p->st), 0);
}

static void
assert_failed(struct play *p, const char *label, int rv, enum tlsw_error code, const char *text)
{
	const struct tls_error_info *e = tls_last_error();

	ck_assert_msg(rv == -1, "%s: went on (%d)", label, rv);
	ck_assert_msg(e->code == code, "%s: %s, not %s: %s", label, tls_error_name(e->code),
	    tls_error_name(code), e->message);
	ck_assert_msg(
	    strstr(e->message, text) != NULL, "%s: no \"%s\" in \"%s\"", label, text, e->message);
	assert_heard(p, label, (struct octets)O(""));
	ck_assert_refused(tlsw__starttls_step(p->st), TLSW_ERR_CLOSED);
	assert_heard(p, label, (struct octets)O(""));
}

/* ----------------------------------------------------------------- successes */

/* lab: S01; wall: I02 */
START_TEST(a_good_dialogue_leads_to_tls)
{
	struct play p;

	open_play(&p, good[_i].protocol);
	assert_done(&p, good[_i].label, play_all(&p, &good[_i], 0));
	close_play(&p);
}
END_TEST

/* lab: S35 */
START_TEST(it_does_not_matter_how_the_answers_are_cut)
{
	const struct dialogue *d = &good[_i];
	size_t i, len = 0;
	struct play p;
	int cut;

	for (i = 0; i < turns_of(d); i++)
		len += d->turns[i].says.len;
	for (cut = -1; cut < (int)len; cut++) {
		open_play(&p, d->protocol);
		assert_done(&p, d->label, play_all(&p, d, cut));
		close_play(&p);
	}
}
END_TEST

static void
set_nonblocking(int fd)
{
	ck_assert_int_eq(fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK), 0);
}

START_TEST(the_descriptors_flags_do_not_matter_and_stay)
{
	struct play p;
	int flags;

	open_play(&p, good[_i].protocol);
	set_nonblocking(p.client);
	flags = fcntl(p.client, F_GETFL);
	assert_done(&p, good[_i].label, play_all(&p, &good[_i], 0));
	ck_assert_int_eq(fcntl(p.client, F_GETFL), flags);
	close_play(&p);
}
END_TEST

START_TEST(what_servers_may_say_is_accepted)
{
	const struct dialogue *d = &accepted[_i];
	struct play p;
	int cut;

	for (cut = -1; cut < 40; cut++) {
		open_play(&p, d->protocol);
		assert_done(&p, d->label, play_all(&p, d, cut));
		close_play(&p);
	}
}
END_TEST

/* ------------------------------------------------------------------ refusals */

static const struct dialogue *
good_one(enum tlsw_protocol protocol)
{
	ck_assert_int_eq((int)good[protocol].protocol, (int)protocol);
	return &good[protocol];
}

/* The good turns before turn, then says, all in pieces as play() does it. */
static int
play_instead(struct play *p, const char *label, const struct dialogue *d, size_t turn,
    struct octets says, int cut)
{
	struct turn turns[TURNS];

	memcpy(turns, d->turns, sizeof(turns));
	turns[turn].says = says;
	return play(p, label, turns, turn + 1, cut);
}

START_TEST(everything_else_is_refused_and_nothing_more_is_sent)
{
	const struct refusal *r = &refusals[_i];
	const struct dialogue *d = good_one(r->protocol);
	char label[128];
	struct play p;

	(void)snprintf(label, sizeof(label), "%s %s", d->label, r->label);
	open_play(&p, r->protocol);
	assert_failed(&p, label, play_instead(&p, label, d, r->turn, r->says, 0), r->code, r->text);
	close_play(&p);
}
END_TEST

/* wall: I04: the same refusals however they arrive; those that are early only count in one piece */
START_TEST(refusals_do_not_depend_on_how_they_are_cut)
{
	const struct refusal *r = &refusals[_i];
	const struct dialogue *d = good_one(r->protocol);
	struct play p;
	int rv;

	if (r->code == EARLY)
		return;
	open_play(&p, r->protocol);
	rv = play_instead(&p, d->label, d, r->turn, r->says, -1);
	ck_assert_msg(rv == -1, "%s %s: went on (%d)", d->label, r->label, rv);
	ck_assert_msg(tls_last_error()->code == r->code, "%s %s: %s", d->label, r->label,
	    tls_last_error()->message);
	listen_to(&p);
	ck_assert_uint_eq(p.heard_len, 0);
	close_play(&p);
}
END_TEST

/* What the greeting says in its further lines is no capability. */
static const struct dialogue boasts[] = {
    {"SMTP", TLSW_SMTP,
	{{O(""), O("220-x\r\n220-STARTTLS\r\n220 STARTTLS\r\n")},
	    {O("EHLO [127.0.0.1]\r\n"), O("250-x\r\n250 HELP\r\n")}}},
    {"FTP", TLSW_FTP,
	{{O(""), O("220-x\r\n AUTH TLS\r\n220 x\r\n")},
	    {O("FEAT\r\n"), O("211-x\r\n PBSZ\r\n211 x\r\n")}}},
};

START_TEST(a_greeting_offers_nothing)
{
	const struct dialogue *d = &boasts[_i];
	struct play p;

	open_play(&p, d->protocol);
	assert_failed(&p, d->label, play_all(&p, d, 0), TLSW_ERR_STARTTLS, "does not offer");
	close_play(&p);
}
END_TEST

/* --------------------------------------------------- injection at the switch */

static const struct octets extra[] = {
    O("\n"),
    O("\r\n"),
    O("\0"),
    O("x"),
    O("\x16\x03\x03"), /* S14 */
    O("250 injected\r\n"),
    O("* 1 EXISTS\r\n"),
    O("+OK 2 messages\r\n1 120\r\n.\r\n"), /* S13, S34 */
    O("<stream:features/>"),
    O("\x52\x00\x00\x00\x08\x00\x00\x00\x00"),
};

#define EXTRA (sizeof(extra) / sizeof(extra[0]))

/* wall: I01; lab: S13, S14, S34 */
START_TEST(octets_behind_the_go_ahead_are_an_injection)
{
	const struct dialogue *d = &good[_i];
	const size_t last = turns_of(d) - 1;
	char all[256], left[64];
	struct play p;
	size_t i;

	if (d->protocol == TLSW_MYSQL) /* has no go-ahead; see its S08 row */
		return;
	for (i = 0; i < EXTRA; i++) {
		struct octets says = d->turns[last].says;

		memcpy(all, says.at, says.len);
		memcpy(all + says.len, extra[i].at, extra[i].len);
		says = (struct octets){all, says.len + extra[i].len};
		open_play(&p, d->protocol);
		assert_failed(&p, d->label, play_instead(&p, d->label, d, last, says, 0),
		    TLSW_ERR_PLAINTEXT, "behind its answer to");
		/* They were looked at, and are still where they were. */
		ck_assert_int_eq(recv(p.client, left, sizeof(left), 0), (ssize_t)extra[i].len);
		ck_assert_int_eq(memcmp(left, extra[i].at, extra[i].len), 0);
		close_play(&p);
	}
}
END_TEST

/* The first octet of TLS is the next one that the descriptor gives. */
START_TEST(octets_after_the_end_of_the_dialogue_stay_in_the_kernel)
{
	char left[8];
	struct play p;

	open_play(&p, good[_i].protocol);
	assert_done(&p, good[_i].label, play_all(&p, &good[_i], 0));
	send_octets(&p, "\x16\x03\x03", 3);
	ck_assert_int_eq(tlsw__starttls_step(p.st), 0);
	ck_assert_int_eq(recv(p.client, left, sizeof(left), 0), 3);
	close_play(&p);
}
END_TEST

/* ------------------------------------------------------------ bounds and time */

/* What each protocol takes in one unit, and how to make one of n octets for the first turn. */
static size_t
make_long(enum tlsw_protocol protocol, char *out, size_t n)
{
	static const char *const starts[] = {
	    "220 ", "220 ", "* OK ", "+OK ", "220 ", "200 ", "OK \"", "<stream:stream x='"};
	const char *start = starts[protocol];

	memset(out, 'x', n);
	memcpy(out, start, strlen(start));
	if (protocol == TLSW_XMPP)
		memcpy(out + n - 2, "'>", 2);
	else
		memcpy(out + n - 2, "\r\n", 2);
	return n;
}

static size_t
unit_max(enum tlsw_protocol protocol)
{
	return protocol == TLSW_IMAP || protocol >= TLSW_XMPP ? 8192 : 1000;
}

/* Plays a first unit of n octets; true if it was too long. */
static bool
is_too_long(enum tlsw_protocol protocol, size_t n, int cut)
{
	static char line[9000];
	struct play p;
	bool too_long;

	open_play(&p, protocol);
	(void)tlsw__starttls_step(p.st);
	listen_to(&p);
	tls_error_clear();
	(void)say(&p, (struct octets){line, make_long(protocol, line, n)}, cut);
	too_long = tls_last_error()->code == TLSW_ERR_PROTOCOL;
	ck_assert(!too_long || strstr(tls_last_error()->message, "too long") != NULL);
	close_play(&p);
	return too_long;
}

/* wall: I10; lab: S19 */
START_TEST(lines_have_a_longest_length)
{
	const enum tlsw_protocol protocol = (enum tlsw_protocol)_i;

	ck_assert(!is_too_long(protocol, unit_max(protocol), 0));
	ck_assert(is_too_long(protocol, unit_max(protocol) + 1, 0));
	ck_assert(!is_too_long(protocol, unit_max(protocol), -1));
	ck_assert(is_too_long(protocol, unit_max(protocol) + 1, -1));
}
END_TEST

static const struct refusal unbounded[] = {
    {"a packet of 4 GiB", TLSW_LDAP, 0, O("\x30\x84\xff\xff\xff\xff"), TLSW_ERR_PROTOCOL,
	"too long"},
    {"a packet of 8193 octets", TLSW_LDAP, 0, O("\x30\x82\x1f\xfd"), TLSW_ERR_PROTOCOL, "too long"},
    {"a packet of 16 MiB", TLSW_MYSQL, 0, O("\xff\xff\xff\x00"), TLSW_ERR_PROTOCOL, "too long"},
    {"a packet of 1001 octets", TLSW_MYSQL, 0, O("\xe5\x03\x00\x00"), TLSW_ERR_PROTOCOL,
	"too long"},
    {"a literal of 1000 octets", TLSW_SIEVE, 0, O("\"A\" {1000}\r\n"), TLSW_ERR_PROTOCOL,
	"too long"},
    {"a literal of 2^64 octets", TLSW_SIEVE, 0, O("{18446744073709551616}\r\n"), TLSW_ERR_PROTOCOL,
	"too long"},
};

/* wall: I10 */
START_TEST(announced_lengths_have_a_bound)
{
	const struct refusal *r = &unbounded[_i];
	struct play p;

	open_play(&p, r->protocol);
	assert_failed(&p, r->label,
	    play_instead(&p, r->label, good_one(r->protocol), r->turn, r->says, 0), r->code,
	    r->text);
	close_play(&p);
}
END_TEST

/* A line that the reply may repeat for ever, by turn 1. */
static const struct octets repeats[] = {
    [TLSW_SMTP] = O("250-X\r\n"),
    [TLSW_LMTP] = O("250-X\r\n"),
    [TLSW_IMAP] = O("* 1 EXISTS\r\n"),
    [TLSW_POP3] = O("+OK\r\n"),
    [TLSW_FTP] = O("211-X\r\n"),
    [TLSW_NNTP] = O("101 x\r\n"),
    [TLSW_SIEVE] = O("\"X\"\r\n"),
    [TLSW_XMPP] = O("<a>"),
    [TLSW_LDAP] = O("\x30\x07\x02\x01\x01\x73\x02\x04\x00"),
};

/* Sends a unit count times and steps after each; what the last step said. */
static int
repeat(struct play *p, struct octets unit, size_t count)
{
	int rv = TLSW_WANT_READ;

	for (; count > 0 && rv == TLSW_WANT_READ; count--) {
		send_octets(p, unit.at, unit.len);
		rv = tlsw__starttls_step(p->st);
	}
	return rv;
}

/* wall: I10; lab: S19 */
START_TEST(replies_have_a_largest_number_of_lines)
{
	const struct dialogue *d = &good[_i];
	const struct octets opening =
	    _i == TLSW_XMPP ? (struct octets)O(XMPP_OPEN "<stream:features>") : repeats[_i];
	const size_t turn = _i >= TLSW_SIEVE ? 0 : 1;
	struct play p;

	open_play(&p, d->protocol);
	ck_assert_int_eq(play_instead(&p, d->label, d, turn, opening, 0), TLSW_WANT_READ);
	ck_assert_int_eq(repeat(&p, repeats[_i], 90), TLSW_WANT_READ);
	assert_failed(
	    &p, d->label, repeat(&p, repeats[_i], 10), TLSW_ERR_PROTOCOL, "too many lines");
	close_play(&p);
}
END_TEST

/* wall: I10: 9 long lines of IMAP are more than 64 KiB */
START_TEST(dialogues_have_a_largest_size)
{
	static char line[8192];
	struct play p;

	open_play(&p, TLSW_IMAP);
	memset(line, 'x', sizeof(line));
	memcpy(line, "* ", 2);
	memcpy(line + sizeof(line) - 2, "\r\n", 2);
	ck_assert_int_eq(
	    play_instead(&p, "IMAP", &good[TLSW_IMAP], 1, (struct octets)O("* x\r\n"), 0),
	    TLSW_WANT_READ);
	ck_assert_int_eq(repeat(&p, (struct octets){line, sizeof(line)}, 7), TLSW_WANT_READ);
	assert_failed(&p, "IMAP", repeat(&p, (struct octets){line, sizeof(line)}, 1),
	    TLSW_ERR_PROTOCOL, "too many octets");
	close_play(&p);
}
END_TEST

/* A child that sends unit for as long as anybody listens, pausing between. */
static pid_t
start_talker(struct play *p, struct octets unit, int pause_ms)
{
	pid_t child = fork();

	ck_assert_int_ne(child, -1);
	if (child == 0) {
		struct pollfd gone = {.fd = p->server, .events = 0};

		(void)close(p->client);
		while (poll(&gone, 1, pause_ms) == 0 &&
		       send(p->server, unit.at, unit.len, MSG_NOSIGNAL) > 0)
			;
		_exit(0);
	}
	(void)close(p->server);
	p->server = -1;
	return child;
}

/* A child that takes what is asked, answers once and waits for the end. */
static pid_t
start_answerer(struct play *p, struct octets answer)
{
	pid_t child = fork();

	ck_assert_int_ne(child, -1);
	if (child == 0) {
		char question[64];

		(void)close(p->client);
		if (recv(p->server, question, sizeof(question), 0) > 0 &&
		    send(p->server, answer.at, answer.len, MSG_NOSIGNAL) > 0)
			while (recv(p->server, question, sizeof(question), 0) > 0)
				;
		_exit(0);
	}
	(void)close(p->server);
	p->server = -1;
	return child;
}

static void
end_talker(struct play *p, pid_t child)
{
	int status;

	(void)close(p->client);
	p->client = -1;
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
}

static long
resident_kb(void)
{
	struct rusage usage;

	ck_assert_int_eq(getrusage(RUSAGE_SELF, &usage), 0);
	return usage.ru_maxrss;
}

/* wall: I10; lab: S11, S19: endless lines, endless replies; the memory stays what it is */
START_TEST(endless_answers_cost_no_memory)
{
	static char flood[65536];
	struct play p;
	pid_t child;
	long before;
	size_t i;

	open_play(&p, _i == 0 ? TLSW_SMTP : TLSW_FTP);
	for (i = 0; i + 5 <= sizeof(flood); i += 5)
		memcpy(flood + i, _i == 0 ? "220 x" : "220-\n", 5);
	child = start_talker(&p, (struct octets){flood, i}, 0);
	before = resident_kb();
	ck_assert_refused(tlsw__starttls_run(p.st, tlsw__deadline_in(5000)), TLSW_ERR_PROTOCOL);
	ck_assert_int_lt(resident_kb() - before, 4096); /* a flood that is read is far more */
	end_talker(&p, child);
	close_play(&p);
}
END_TEST

/* wall: I09; lab: S20: silent in each phase */
START_TEST(a_silent_server_meets_the_deadline)
{
	const struct dialogue *d = &good[_i];
	size_t turn;
	struct play p;

	for (turn = 0; turn < turns_of(d) && d->turns[turn].says.len > 0; turn++) {
		open_play(&p, d->protocol);
		if (turn > 0)
			ck_assert_int_eq(play(&p, d->label, d->turns, turn, 0), TLSW_WANT_READ);
		ck_assert_refused(tlsw__starttls_run(p.st, tlsw__deadline_in(5)), TLSW_ERR_TIMEOUT);
		ck_assert_ptr_nonnull(
		    strstr(tls_last_error()->message, "timed out waiting for the server's"));
		close_play(&p);
	}
}
END_TEST

/* wall: I09; lab: S21 */
START_TEST(a_trickling_server_meets_the_deadline)
{
	tlsw__deadline deadline;
	struct play p;
	pid_t child;

	open_play(&p, TLSW_SMTP);
	child = start_talker(&p, (struct octets)O("2"), 2);
	deadline = tlsw__deadline_in(60);
	ck_assert_refused(tlsw__starttls_run(p.st, deadline), TLSW_ERR_TIMEOUT);
	ck_assert_int_eq(tlsw__deadline_left(deadline), 0);
	end_talker(&p, child);
	close_play(&p);
}
END_TEST

/* The other side of run(): everything works under a deadline as well. */
START_TEST(run_plays_a_whole_dialogue)
{
	struct play p;
	pid_t child;

	open_play(&p, TLSW_POSTGRES);
	child = start_answerer(&p, (struct octets)O("S"));
	ck_assert_works(tlsw__starttls_run(p.st, tlsw__deadline_in(5000)) == 0);
	end_talker(&p, child);
	close_play(&p);
}
END_TEST

/* ------------------------------------------------------------------- the end */

/* lab: S22: an end in each phase, before an answer and in the middle of it */
START_TEST(the_end_of_the_stream_is_an_error)
{
	const struct dialogue *d = &good[_i];
	size_t turn, part;
	struct play p;
	int rv;

	for (turn = 0; turn < turns_of(d); turn++) {
		for (part = 0; part < 2 && part < d->turns[turn].says.len; part++) {
			open_play(&p, d->protocol);
			rv = play_instead(&p, d->label, d, turn,
			    (struct octets){d->turns[turn].says.at, part}, 0);
			if (d->protocol == TLSW_POSTGRES && part == 1) {
				close_play(&p); /* one octet is all */
				continue;
			}
			ck_assert_int_eq(rv, TLSW_WANT_READ);
			(void)shutdown(p.server, SHUT_WR);
			rv = tlsw__starttls_step(p.st);
			assert_failed(&p, d->label, rv, TLSW_ERR_TRUNCATED,
			    part == 0 ? "closed the connection before its"
				      : "in the middle of its");
			close_play(&p);
		}
	}
}
END_TEST

/* A listener on loopback, port chosen by the kernel, and its address; -1 without that family. */
static int
listen_on(int family, struct sockaddr_storage *ss, socklen_t *len)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)ss;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)ss;
	int fd = socket(family, SOCK_STREAM, 0);

	memset(ss, 0, sizeof(*ss));
	ss->ss_family = (sa_family_t)family;
	*len = family == AF_INET ? sizeof(*v4) : sizeof(*v6);
	if (family == AF_INET)
		v4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	else
		v6->sin6_addr = in6addr_loopback;
	if (fd != -1 && bind(fd, (struct sockaddr *)ss, *len) != 0) {
		(void)close(fd);
		return -1;
	}
	if (fd != -1) {
		ck_assert_int_eq(listen(fd, 1), 0);
		ck_assert_int_eq(getsockname(fd, (struct sockaddr *)ss, len), 0);
	}
	return fd;
}

/* Two ends of a TCP connection; -1 where this machine lacks the family. */
static void
connect_pair(int family, bool mapped, int fd[2])
{
	struct sockaddr_storage ss;
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
	socklen_t len;
	int listener = listen_on(mapped ? AF_INET : family, &ss, &len);

	fd[0] = listener == -1 ? -1 : socket(family, SOCK_STREAM, 0);
	if (fd[0] != -1 && mapped) {
		v6.sin6_port = ((struct sockaddr_in *)&ss)->sin_port;
		ck_assert_int_eq(inet_pton(AF_INET6, "::ffff:127.0.0.1", &v6.sin6_addr), 1);
		memcpy(&ss, &v6, sizeof(v6));
		len = sizeof(v6);
	}
	if (fd[0] != -1) {
		ck_assert_int_eq(connect(fd[0], (struct sockaddr *)&ss, len), 0);
		fd[1] = accept(listener, NULL, NULL);
		ck_assert_int_ne(fd[1], -1);
	}
	if (listener != -1)
		(void)close(listener);
}

static void
wait_readable(int fd)
{
	ck_assert_int_eq(tlsw__wait(fd, POLLIN, tlsw__deadline_in(5000)), 1);
}

/* lab: S22 */
START_TEST(a_reset_is_an_error)
{
	struct linger at_once = {.l_onoff = 1, .l_linger = 0};
	struct tlsw__starttls *st;
	int fd[2];

	connect_pair(AF_INET, false, fd);
	st = tlsw__starttls_new(fd[0], TLSW_SMTP, NULL);
	ck_assert_int_eq(tlsw__starttls_step(st), TLSW_WANT_READ);
	ck_assert_int_eq(setsockopt(fd[1], SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)), 0);
	(void)close(fd[1]);
	wait_readable(fd[0]);
	ck_assert_refused(tlsw__starttls_step(st), TLSW_ERR_SYSTEM);
	ck_assert_int_eq(tls_last_error()->os_errno, ECONNRESET);
	tlsw__starttls_free(st);
	(void)close(fd[0]);
}
END_TEST

/* A server that has gone must not raise SIGPIPE when we speak to it. */
START_TEST(speaking_to_nobody_is_an_error_without_a_signal)
{
	struct play p;

	open_play(&p, TLSW_LDAP);
	ck_assert_ptr_ne(signal(SIGPIPE, SIG_DFL), SIG_ERR);
	(void)close(p.server);
	p.server = -1;
	ck_assert_refused(tlsw__starttls_step(p.st), TLSW_ERR_SYSTEM);
	ck_assert_int_eq(tls_last_error()->os_errno, EPIPE);
	close_play(&p);
}
END_TEST

static const struct {
	int family;
	bool mapped;
	const char *ehlo;
} addresses[] = {
    {AF_INET, false, "EHLO [127.0.0.1]\r\n"},
    {AF_INET6, false, "EHLO [IPv6:::1]\r\n"},
    {AF_INET6, true, "EHLO [127.0.0.1]\r\n"},
};

START_TEST(ehlo_names_our_address)
{
	char heard[64] = "";
	struct tlsw__starttls *st;
	int fd[2];

	connect_pair(addresses[_i].family, addresses[_i].mapped, fd);
	if (fd[0] == -1)
		return; /* this machine has no IPv6 */
	st = tlsw__starttls_new(fd[0], TLSW_SMTP, NULL);
	ck_assert_int_eq(send(fd[1], "220 x\r\n", 7, 0), 7);
	wait_readable(fd[0]);
	ck_assert_int_eq(tlsw__starttls_step(st), TLSW_WANT_READ);
	wait_readable(fd[1]);
	ck_assert_int_gt(recv(fd[1], heard, sizeof(heard) - 1, 0), 0);
	ck_assert_str_eq(heard, addresses[_i].ehlo);
	tlsw__starttls_free(st);
	(void)close(fd[0]);
	(void)close(fd[1]);
}
END_TEST

/* The receiver is slow: we wait to write, and no octet is lost or sent twice. */
START_TEST(a_full_socket_makes_us_wait_to_write)
{
	static char filler[1 << 16], all[1 << 22];
	size_t filled = 0, got = 0;
	struct play p;
	ssize_t n;

	open_play(&p, TLSW_LDAP);
	while ((n = send(p.client, filler, sizeof(filler), MSG_DONTWAIT)) > 0)
		filled += (size_t)n;
	while ((n = send(p.client, filler, 1, MSG_DONTWAIT)) > 0)
		filled += (size_t)n;
	ck_assert_int_eq(tlsw__starttls_step(p.st), TLSW_WANT_WRITE);
	ck_assert_int_eq(tlsw__starttls_events(p.st), POLLOUT);
	ck_assert_refused(tlsw__starttls_run(p.st, tlsw__deadline_in(5)), TLSW_ERR_TIMEOUT);
	while (got < filled && (n = recv(p.server, all, filled - got, 0)) > 0)
		got += (size_t)n;
	ck_assert_int_eq(tlsw__starttls_step(p.st), TLSW_WANT_READ);
	assert_heard(&p, "LDAP", (struct octets)O(LDAP_SEARCH));
	close_play(&p);
}
END_TEST

/* -------------------------------------------------------------------- faults */

/* What recv() and send() do from the fault_at-th call on, counted together. */
enum { NO_FAULT, INTERRUPTED, NOT_YET, RESET, SHORT };
static int fault;
static int fault_at, calls;

static bool
fails_now(int *as)
{
	if (fault == NO_FAULT || calls++ < fault_at)
		return false;
	if (fault != RESET && calls > fault_at + 1)
		return false; /* once only */
	*as = fault == INTERRUPTED ? EINTR : fault == NOT_YET ? EAGAIN : ECONNRESET;
	return true;
}

ssize_t
recv(int fd, void *buf, size_t len, int flags)
{
	static ssize_t (*real)(int, void *, size_t, int);
	int as = 0;

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "recv");
	if (fails_now(&as)) {
		if (fault == SHORT)
			return real(fd, buf, len > 1 ? 1 : len, flags);
		errno = as;
		return -1;
	}
	return real(fd, buf, len, flags);
}

ssize_t
send(int fd, const void *buf, size_t len, int flags)
{
	static ssize_t (*real)(int, const void *, size_t, int);
	int as = 0;

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "send");
	if (fails_now(&as)) {
		if (fault == SHORT)
			return real(fd, buf, len > 1 ? 1 : len, flags);
		errno = as;
		return -1;
	}
	return real(fd, buf, len, flags);
}

/* One step of the client with the fault armed for it alone. */
static int
faulty_step(struct play *p, int kind)
{
	int rv;

	fault = kind;
	rv = tlsw__starttls_step(p->st);
	while ((fault == NOT_YET || fault == SHORT) &&
	       (rv == TLSW_WANT_READ || rv == TLSW_WANT_WRITE) && calls == fault_at + 1)
		rv = tlsw__starttls_step(p->st);
	fault = NO_FAULT;
	return rv;
}

/* The good dialogue with the fault at call number at; true when that call was made. */
static bool
meets_fault(const struct dialogue *d, int kind, int at, int *rv)
{
	const size_t count = turns_of(d);
	struct play p;
	size_t i;

	fault_at = at;
	calls = 0;
	open_play(&p, d->protocol);
	*rv = faulty_step(&p, kind);
	for (i = 0; i < count && *rv != -1 && d->turns[i].says.len > 0; i++) {
		struct octets all;

		listen_to(&p);
		all = with_tag(&p, d->turns[i].says);
		send_octets(&p, all.at, all.len);
		free((void *)(uintptr_t)all.at);
		*rv = faulty_step(&p, kind);
	}
	close_play(&p);
	return calls > at;
}

/* lab: S36 */
START_TEST(interrupted_and_short_calls_change_nothing)
{
	static const int kinds[] = {INTERRUPTED, NOT_YET, SHORT};
	const struct dialogue *d = &good[_i];
	size_t k;
	int at, rv;

	for (k = 0; k < 3; k++) {
		for (at = 0; meets_fault(d, kinds[k], at, &rv); at++)
			ck_assert_msg(rv == 0, "%s: fault %d at call %d: %d: %s", d->label,
			    kinds[k], at, rv, tls_last_error()->message);
		ck_assert_int_gt(at, 2);
	}
}
END_TEST

/* lab: S36: a connection that dies fails the dialogue, wherever; only the last look is not needed
 */
START_TEST(failing_calls_fail_the_dialogue)
{
	const struct dialogue *d = &good[_i];
	int at, rv, passed = 0;

	for (at = 0; meets_fault(d, RESET, at, &rv); at++) {
		if (rv == 0) {
			passed++;
			continue;
		}
		ck_assert_int_eq(rv, -1);
		ck_assert_int_eq(tls_last_error()->code, TLSW_ERR_SYSTEM);
		ck_assert_int_eq(tls_last_error()->os_errno, ECONNRESET);
	}
	ck_assert_int_gt(at, 2);
	ck_assert_int_le(passed, 1);
}
END_TEST

/* ---------------------------------------------------------------- bad requests */

/* wall: I11; lab: S30 */
static const char *const bad_names[] = {
    "a b", "a\r\nMAIL FROM:<x>", "a\tb", "a\x7f", "", "a'/>", "a\"", "<a", "a>", "a&amp;"};

START_TEST(names_that_could_become_commands_are_refused)
{
	int protocol;

	for (protocol = TLSW_SMTP; protocol <= TLSW_MYSQL; protocol++)
		ck_assert_refused_null(
		    tlsw__starttls_new(0, (enum tlsw_protocol)protocol, bad_names[_i]),
		    TLSW_ERR_HOSTNAME);
}
END_TEST

START_TEST(xmpp_needs_a_name_of_a_reasonable_length)
{
	static char name[4096];
	struct tlsw__starttls *st;
	int fd[2];

	ck_assert_refused_null(tlsw__starttls_new(0, TLSW_XMPP, NULL), TLSW_ERR_HOSTNAME);
	memset(name, 'a', sizeof(name) - 1);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	st = tlsw__starttls_new(fd[0], TLSW_XMPP, name);
	ck_assert_refused(tlsw__starttls_step(st), TLSW_ERR_HOSTNAME);
	ck_assert_int_eq(recv(fd[1], name, 1, MSG_DONTWAIT), -1);
	tlsw__starttls_free(st);
	(void)close(fd[0]);
	(void)close(fd[1]);
}
END_TEST

START_TEST(unknown_protocols_are_refused)
{
	ck_assert_refused_null(
	    tlsw__starttls_new(0, (enum tlsw_protocol)(TLSW_MYSQL + 1), "a"), TLSW_ERR_USAGE);
	ck_assert_refused_null(
	    tlsw__starttls_new(0, (enum tlsw_protocol) - 1, "a"), TLSW_ERR_USAGE);
	tlsw__starttls_free(NULL);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("starttls");
	TCase *t = tcase_create("successes");

	tcase_add_loop_test(t, a_good_dialogue_leads_to_tls, 0, GOOD_DIALOGUES);
	tcase_add_loop_test(t, it_does_not_matter_how_the_answers_are_cut, 0, GOOD_DIALOGUES);
	tcase_add_loop_test(t, the_descriptors_flags_do_not_matter_and_stay, 0, GOOD_DIALOGUES);
	tcase_add_loop_test(
	    t, what_servers_may_say_is_accepted, 0, (int)(sizeof(accepted) / sizeof(accepted[0])));
	tcase_add_loop_test(t, ehlo_names_our_address, 0, 3);
	tcase_add_test(t, run_plays_a_whole_dialogue);
	suite_add_tcase(s, t);

	t = tcase_create("refusals");
	tcase_add_loop_test(t, everything_else_is_refused_and_nothing_more_is_sent, 0, REFUSALS);
	tcase_add_loop_test(t, refusals_do_not_depend_on_how_they_are_cut, 0, REFUSALS);
	tcase_add_loop_test(t, a_greeting_offers_nothing, 0, 2);
	tcase_add_loop_test(t, octets_behind_the_go_ahead_are_an_injection, 0, GOOD_DIALOGUES);
	tcase_add_loop_test(t, octets_after_the_end_of_the_dialogue_stay_in_the_kernel, 0, GOOD_DIALOGUES);
	tcase_add_loop_test(t, names_that_could_become_commands_are_refused, 0,
	    (int)(sizeof(bad_names) / sizeof(bad_names[0])));
	tcase_add_test(t, xmpp_needs_a_name_of_a_reasonable_length);
	tcase_add_test(t, unknown_protocols_are_refused);
	suite_add_tcase(s, t);

	t = tcase_create("bounds");
	tcase_add_loop_test(t, lines_have_a_longest_length, 0, TLSW_XMPP + 1);
	tcase_add_loop_test(
	    t, announced_lengths_have_a_bound, 0, (int)(sizeof(unbounded) / sizeof(unbounded[0])));
	tcase_add_loop_test(t, replies_have_a_largest_number_of_lines, 0, TLSW_LDAP + 1);
	tcase_add_test(t, dialogues_have_a_largest_size);
	tcase_add_loop_test(t, endless_answers_cost_no_memory, 0, 2);
	tcase_add_loop_test(t, a_silent_server_meets_the_deadline, 0, GOOD_DIALOGUES);
	tcase_add_test(t, a_trickling_server_meets_the_deadline);
	suite_add_tcase(s, t);

	t = tcase_create("ends and faults");
	tcase_add_loop_test(t, the_end_of_the_stream_is_an_error, 0, GOOD_DIALOGUES);
	tcase_add_test(t, a_reset_is_an_error);
	tcase_add_test(t, speaking_to_nobody_is_an_error_without_a_signal);
	tcase_add_test(t, a_full_socket_makes_us_wait_to_write);
	tcase_add_loop_test(t, interrupted_and_short_calls_change_nothing, 0, GOOD_DIALOGUES);
	tcase_add_loop_test(t, failing_calls_fail_the_dialogue, 0, GOOD_DIALOGUES);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	return support_run(suite());
}
