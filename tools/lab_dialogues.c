/*
 * lab_dialogues.c - the lab's STARTTLS servers: S01 to S36 for each line
 * protocol. In S36 it is the client's own calls that are made to fail.
 *
 * SPDX-License-Identifier: ISC
 */
#include "lab_raw.h"
#include "lab_talk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_SIZE  16
#define STEPS_MAX  12
#define MAX_ROWS   256
#define SMTP	   0x01U
#define POP3	   0x04U
#define FTP	   0x08U
#define NNTP	   0x10U

/** One kind of server; a row for each protocol that has all the texts it needs. */
struct dialogue {
	const char *name, *title, *does;
	const char *duty, *host;
	unsigned protocols;
	enum lab_must must;
	const struct lab_want *want;
	size_t wants;
	const struct pki_spec *leaf;
	enum lab_issuer issuer;
	enum lab_text greeting, caps, go; /* 0: LAB_GREETING, LAB_CAPS, LAB_GO */
	struct lab_tail tail;
	char line_end;
	enum lab_stop stop;
	bool silent;                      /* no talk at all: only these */
	const struct peer_step *before, *behind; /* the talk, until PEER_END */
};

#define STEPS(...) (const struct peer_step[]){__VA_ARGS__, PEER_END}
#define TALK	   { .what = PEER_DO_CALL, .call = lab_talk }
#define IN_TLS	   .behind = STEPS(PEER_HANDSHAKE, TALK, PEER_CLOSE_NOTIFY, PEER_DRAIN)
#define STAY	   .behind = STEPS(PEER_DRAIN)
#define TAIL(text) .tail = {(text), sizeof(text) - 1}
#define LEAF(...)  .leaf = &(const struct pki_spec){.cn = LAB_HOST, __VA_ARGS__}
#define DAY	   86400L

#define GOOD	   .must = LAB_ACCEPT, LAB_WANT({.code = TLSW_OK})
#define REFUSED(c) .must = LAB_REFUSE, LAB_WANT({.code = TLSW_ERR_##c})
#define REFUSED_OR(c, d)                                                                       \
	.must = LAB_REFUSE, LAB_WANT({.code = TLSW_ERR_##c, .or_code = TLSW_ERR_##d})
#define BAD_CERT(c, why)                                                                       \
	.must = LAB_REFUSE, LAB_WANT({.code = TLSW_ERR_##c, .reasons = (why)})
#define TOO_SLOW                                                                               \
	.must = LAB_REFUSE, .duty = "fail at one common deadline",                             \
	LAB_WANT({.client = {.timeout_ms = LAB_SHORT_MS}, .code = TLSW_ERR_TIMEOUT})

/* clang-format off */
static const struct dialogue dialogues[] = {
	{"S01", "good", "speaks correctly, upgrades and has a good certificate",
		GOOD, IN_TLS},
	{"S02", "wrong host", "upgrades, with a certificate for another host",
		BAD_CERT(HOSTNAME_MISMATCH, TLSW_REASON_HOSTNAME),
		LEAF(.san = PKI_NAMES(PKI_DNS("mail.lab.test"))), IN_TLS},
	{"S02b", "expired", "upgrades, with an expired certificate",
		BAD_CERT(CERTIFICATE, TLSW_REASON_EXPIRED),
		LEAF(.san = PKI_NAMES(PKI_DNS(LAB_HOST)), .not_before = -30 * DAY,
			.not_after = -DAY), IN_TLS},
	{"S02c", "untrusted", "upgrades, with a certificate of an unknown root",
		BAD_CERT(CERTIFICATE, TLSW_REASON_UNKNOWN_CA),
		LEAF(.san = PKI_NAMES(PKI_DNS(LAB_HOST))), .issuer = LAB_BY_STRANGER, IN_TLS},
	{"S03", "not advertised", "does not advertise the upgrade",
		.duty = "refuse, and send nothing more", REFUSED(STARTTLS), .caps = LAB_BARE,
		IN_TLS},
	{"S04", "refused", "advertises the upgrade and refuses it",
		REFUSED(STARTTLS), .go = LAB_NO, STAY},
	{"S05", "another success", "answers the upgrade with a success that is not the right one",
		REFUSED(STARTTLS), .go = LAB_OTHER, IN_TLS},
	{"S06", "continuation", "answers the upgrade with a request to go on",
		REFUSED(STARTTLS), .go = LAB_CONTINUE, STAY},
	{"S07", "wrong tag", "answers the upgrade with another tag",
		REFUSED(STARTTLS), .go = LAB_WRONG_TAG, IN_TLS},
	{"S07b", "longer tag", "answers the upgrade with a tag that only begins like the client's",
		REFUSED(STARTTLS), .go = LAB_LONGER_TAG, IN_TLS},
	{"S08", "success before the command", "sends the go-ahead before it was asked for",
		REFUSED_OR(PLAINTEXT, STARTTLS), .caps = LAB_GO_EARLY, IN_TLS},
	{"S09", "PREAUTH", "greets with PREAUTH: there can be no upgrade",
		.duty = "refuse, and send nothing", REFUSED(STARTTLS), .greeting = LAB_PREAUTH,
		IN_TLS},
	{"S09b", "PREAUTH with STARTTLS", "greets with PREAUTH, and advertises the upgrade",
		.duty = "refuse, and send nothing", REFUSED(STARTTLS),
		.greeting = LAB_PREAUTH_CAPS, IN_TLS},
	{"S10", "refusal at once", "greets with a refusal",
		REFUSED(STARTTLS), .greeting = LAB_BYE, STAY},
	{"S11", "garbage", "greets with octets without meaning",
		REFUSED(STARTTLS), .silent = true,
		.before = STEPS(PEER_SEND("\x01\x02\xfe\xff garbage\r\n"), PEER_DRAIN)},
	{"S11b", "1 MB without a line end", "greets with a megabyte in one line",
		REFUSED_OR(STARTTLS, PROTOCOL), .silent = true,
		.before = STEPS(PEER_REPEAT("xxxxxxxxxxxxxxxx", 65536), PEER_DRAIN)},
	{"S12", "TLS at once", "speaks TLS already",
		REFUSED(STARTTLS), .silent = true,
		.before = STEPS(PEER_SEND("\x15\x03\x03\x00\x02\x02\x32"), PEER_DRAIN)},
	{"S13", "a line too many", "sends a further line with the go-ahead",
		REFUSED(PLAINTEXT), .go = LAB_GO_EXTRA, IN_TLS},
	{"S14", "an octet too many", "sends a further octet with the go-ahead",
		REFUSED(PLAINTEXT), TAIL("x"), IN_TLS},
	{"S14b", "an empty line too many", "sends an empty line with the go-ahead",
		REFUSED(PLAINTEXT), TAIL("\r\n"), IN_TLS},
	{"S14c", "a NUL too many", "sends a NUL with the go-ahead",
		REFUSED(PLAINTEXT), TAIL("\0"), IN_TLS},
	{"S15", "a line 10 ms later", "sends a further line 10 ms behind the go-ahead",
		.duty = "fail, and never deliver it", REFUSED_OR(NOT_TLS, PLAINTEXT),
		.behind = STEPS(PEER_SLEEP(10), PEER_SEND("250 extra line\r\n"),
			PEER_HANDSHAKE, TALK)},
	{"S15b", "a line 100 ms later", "sends a further line 100 ms behind the go-ahead",
		.duty = "fail, and never deliver it", REFUSED_OR(NOT_TLS, PLAINTEXT),
		.behind = STEPS(PEER_SLEEP(100), PEER_SEND("250 extra line\r\n"),
			PEER_HANDSHAKE, TALK)},
	{"S16", "go-ahead in lines", "sends the go-ahead in several lines",
		GOOD, .go = LAB_GO_LINES, IN_TLS},
	{"S17", "differing codes", "sends the go-ahead in lines with differing codes",
		REFUSED(STARTTLS), .go = LAB_GO_MIXED, IN_TLS},
	{"S18", "bare LF", "ends its lines with LF alone",
		.duty = "accept or refuse, as is the client's way", .must = LAB_POLICY,
		LAB_WANT({.code = TLSW_OK}), .line_end = '\n', IN_TLS},
	{"S18b", "bare CR", "ends its lines with CR alone",
		.must = LAB_REFUSE, LAB_WANT({.client = {.timeout_ms = LAB_SHORT_MS},
			.code = TLSW_ERR_TIMEOUT, .or_code = TLSW_ERR_STARTTLS}),
		.line_end = '\r', STAY},
	{"S19", "a line of 100 000 octets", "greets with a line of 100 000 octets",
		.duty = "fail, with memory bounded", REFUSED_OR(STARTTLS, PROTOCOL),
		.greeting = LAB_LONG, .stop = LAB_STOP_AFTER_GREETING,
		.behind = STEPS(PEER_REPEAT("xxxxxxxxxx", 10000), PEER_SEND("\r\n"), PEER_DRAIN)},
	{"S19b", "a million lines", "sends capabilities without an end",
		.duty = "fail, with memory bounded", REFUSED_OR(STARTTLS, PROTOCOL),
		.caps = LAB_CAPS_OPEN, .stop = LAB_STOP_AFTER_CAPS},
	{"S20", "silent at once", "never says a word",
		TOO_SLOW, .silent = true, .before = STEPS(PEER_DRAIN)},
	{"S20b", "silent after the greeting", "greets, and says no more",
		TOO_SLOW, .stop = LAB_STOP_AFTER_GREETING, STAY},
	{"S20c", "silent at the upgrade", "says its capabilities, and no more",
		TOO_SLOW, .stop = LAB_STOP_AFTER_CAPS, STAY},
	{"S20d", "silent in the handshake", "gives the go-ahead, and says no more", TOO_SLOW, STAY},
	{"S21", "an octet every 100 ms", "greets with an octet every 100 ms",
		TOO_SLOW, .silent = true, .before = STEPS(PEER_TRICKLE(1, 100),
			PEER_REPEAT("2", 1000))},
	{"S21b", "an octet every 100 ms in the handshake",
		"goes on with an octet every 100 ms in the handshake",
		TOO_SLOW, .behind = STEPS(PEER_TRICKLE(1, 100), PEER_HANDSHAKE)},
	{"S22", "ends at once", "ends the connection before a word",
		REFUSED(TRUNCATED), .silent = true, .before = STEPS(PEER_FIN, PEER_DRAIN)},
	{"S22b", "ends after the greeting", "greets, and ends the connection",
		REFUSED_OR(TRUNCATED, SYSTEM), .stop = LAB_STOP_AFTER_GREETING},
	{"S22c", "ends at the upgrade", "says its capabilities, and ends the connection",
		REFUSED_OR(TRUNCATED, SYSTEM), .stop = LAB_STOP_AFTER_CAPS},
	{"S22d", "ends before the handshake", "gives the go-ahead, and ends the connection",
		REFUSED_OR(TRUNCATED, SYSTEM)},
	{"S22e", "resets after the greeting", "greets, and resets the connection",
		REFUSED_OR(SYSTEM, TRUNCATED),
		.stop = LAB_STOP_AFTER_GREETING, .behind = STEPS(PEER_RESET)},
	{"S22f", "resets before the handshake", "gives the go-ahead, and resets the connection",
		REFUSED(SYSTEM), .behind = STEPS(PEER_RESET)},
	{"S23", "goes on in clear text",
		"gives the go-ahead, and answers the ClientHello in clear text",
		REFUSED(NOT_TLS),
		.behind = STEPS(PEER_HELLO, PEER_SEND("500 what?\r\n"), PEER_DRAIN)},
	{"S24", "alert", "gives the go-ahead, and answers the ClientHello with an alert",
		.must = LAB_REFUSE, LAB_WANT({.code = TLSW_ERR_ALERT, .alert = 40}),
		.behind = STEPS(PEER_HELLO, LAB_RECORD(LAB_ALERT, "\x02\x28"), PEER_DRAIN)},
	{"S25", "EHLO refused", "does not know EHLO, but HELO",
		.duty = "refuse; there is no other way to TLS", .protocols = SMTP,
		REFUSED(STARTTLS), .caps = LAB_UNKNOWN, IN_TLS},
	{"S26", "untagged data", "says this and that before the go-ahead",
		.duty = "accept, and forget what was said", GOOD, .go = LAB_GO_UNTAGGED, IN_TLS},
	{"S27", "referral", "answers the upgrade with the address of another server",
		.duty = "refuse, and go nowhere", REFUSED(STARTTLS), .go = LAB_REFERRAL, STAY},
	{"S28", "forged capabilities", "advertises before TLS what it does not have inside",
		.duty = "accept, and ask again inside", GOOD, .caps = LAB_CAPS_FORGED, IN_TLS},
	{"S29", "rude greeting", "greets with a refusal full of control characters",
		.duty = "refuse, and show none of them raw", REFUSED(STARTTLS),
		.greeting = LAB_RUDE, STAY},
	{"S30", "host with a line end", "is asked for by a name with CR and LF in it",
		.duty = "refuse before a word is sent", .host = LAB_HOST "\r\nNOOP",
		REFUSED(HOSTNAME), IN_TLS},
	{"S31", "data channel", "upgrades the control channel of FTP",
		.duty = "accept; the data channel is another matter", .protocols = FTP, GOOD,
		IN_TLS},
	{"S32", "AUTH SSL only", "refuses AUTH TLS, and would take AUTH SSL",
		.duty = "refuse, unless it knows the old name too", .protocols = FTP,
		.must = LAB_POLICY, LAB_WANT({.code = TLSW_ERR_STARTTLS}),
		.go = LAB_NO_TLS_BUT_SSL, IN_TLS},
	{"S33", "483", "answers the upgrade with 483",
		.protocols = NNTP, REFUSED(STARTTLS), .go = LAB_NEEDED, STAY},
	{"S34", "scan listing", "sends a listing with the go-ahead",
		.protocols = POP3, REFUSED(PLAINTEXT), .go = LAB_GO_EXTRA, IN_TLS},
	{"S35", "octet by octet", "sends everything octet by octet",
		GOOD, .before = STEPS(PEER_TRICKLE(1, 0)), IN_TLS},
	{"S36", "calls that fail", "does nothing wrong: to be met while the client's system calls fail",
		.duty = "accept; with a call that fails, an error, and the descriptor closed once",
		GOOD, IN_TLS},
};
/* clang-format on */

/* What a row points to, for each of them. */
struct made {
	char name[NAME_SIZE];
	struct lab_talk talk;
	struct peer_step script[STEPS_MAX];
};

static struct made made[MAX_ROWS];
static struct lab_row rows[MAX_ROWS];
static size_t rows_count;

static bool
speaks(const struct lab_line_protocol *p, const struct dialogue *d)
{
	size_t number = (size_t)(p - lab_line_protocols);

	if (d->protocols != 0 && (d->protocols >> number & 1) == 0)
		return false;
	return p->text[d->greeting] != NULL && p->text[d->caps != 0 ? d->caps : LAB_CAPS] != NULL &&
	       p->text[d->go != 0 ? d->go : LAB_GO] != NULL;
}

/* A step that talks gets to know how. */
static size_t
add_steps(struct made *m, size_t at, const struct peer_step *steps)
{
	for (; steps != NULL && steps->what != PEER_DO_END; steps++) {
		m->script[at] = *steps;
		if (steps->call == lab_talk)
			m->script[at].data = &m->talk;
		at++;
	}
	return at;
}

/* The line that goes on for ever is another one in each protocol. */
static size_t
add_endless(struct made *m, size_t at, const struct dialogue *d, const struct lab_line_protocol *p)
{
	if (d->caps != LAB_CAPS_OPEN)
		return at;
	m->script[at++] = (struct peer_step){.what = PEER_DO_REPEAT, .data = p->text[LAB_MANY],
	    .len = strlen(p->text[LAB_MANY]), .n = 1000000};
	m->script[at++] = (struct peer_step){.what = PEER_DO_DRAIN};
	return at;
}

static void
write_script(struct made *m, const struct dialogue *d, const struct lab_line_protocol *p)
{
	static const struct peer_step talk[] = {TALK, PEER_END};
	size_t at;

	m->talk = (struct lab_talk){.protocol = p, .greeting = d->greeting, .tail = d->tail,
	    .caps = d->caps != 0 ? d->caps : LAB_CAPS, .go = d->go != 0 ? d->go : LAB_GO,
	    .line_end = d->line_end, .stop = d->stop};
	at = add_steps(m, 0, d->before);
	if (!d->silent)
		at = add_steps(m, at, talk);
	at = add_endless(m, at, d, p);
	at = add_steps(m, at, d->behind);
	m->script[at] = (struct peer_step)PEER_END;
}

static void
add_row(const struct dialogue *d, const struct lab_line_protocol *p)
{
	struct made *m = &made[rows_count];

	if (rows_count == MAX_ROWS)
		abort();
	(void)snprintf(m->name, sizeof(m->name), "%s-%s", d->name, p->name);
	write_script(m, d, p);
	rows[rows_count++] = (struct lab_row){.name = m->name, .title = d->title, .does = d->does,
	    .duty = d->duty, .host = d->host, .must = d->must, .want = d->want, .wants = d->wants,
	    .protocol = p->name, .leaf = d->leaf, .issuer = d->issuer,
	    .server = {.script = m->script}};
}

const struct lab_row *
lab_dialogues(size_t *count)
{
	bool already = rows_count > 0;

	for (size_t i = 0; !already && i < LAB_LINE_PROTOCOLS; i++)
		for (size_t j = 0; j < sizeof(dialogues) / sizeof(dialogues[0]); j++)
			if (speaks(&lab_line_protocols[i], &dialogues[j]))
				add_row(&dialogues[j], &lab_line_protocols[i]);
	*count = rows_count;
	return rows;
}
