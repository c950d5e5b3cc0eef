/*
 * lab_protocol.c - the lab's protocol servers: P01 to P76.
 *
 * SPDX-License-Identifier: ISC
 */
#include "lab_raw.h"

#include <openssl/evp.h>
#include <openssl/dh.h>

#define STEPS(...) .script = (const struct peer_step[]){__VA_ARGS__, PEER_END}
#define TLS12	   .max_version = TLS1_2_VERSION
#define TLS13	   .min_version = TLS1_3_VERSION

#define GOOD	   .must = LAB_ACCEPT, LAB_WANT({.code = TLSW_OK})
#define REFUSED(c) .must = LAB_REFUSE, LAB_WANT({.code = TLSW_ERR_##c})
#define ALERTED(n) .must = LAB_REFUSE, LAB_WANT({.code = TLSW_ERR_ALERT, .alert = (n)})
#define SPEAKS_FIRST                                                                           \
	.must = LAB_REFUSE, LAB_WANT({.code = TLSW_ERR_PLAINTEXT, .or_code = TLSW_ERR_NOT_TLS})
#define FAILS_LATER(c, octets)                                                                 \
	.must = LAB_FAIL,                                                                      \
	LAB_WANT({.code = TLSW_ERR_##c, .when = LAB_AFTERWARDS, .body = (octets)})

#define GARBAGE                                                                                \
	"\x9b\x4e\x02\xf1\x77\xc5\x13\xa8\x60\xd9\x3c\x85\x2a\xee\x51\x0f"                     \
	"\xb2\x68\x94\x1d\xe7\x3f\x5a\xc0\x86\x29\xd4\x7b\x11\xfe\x43\x9c"
#define HTTP_400 "HTTP/1.0 400 Bad Request\r\nContent-Length: 0\r\n\r\n"
#define CHANGE	 LAB_RECORD(LAB_CCS, "\x01")

static int set_dh_1024(SSL_CTX *ctx, void *arg);
static bool offers_post_handshake(const struct peer_report *report);

/* clang-format off */
const struct lab_row lab_protocol[] = {
	/* ------------------------------------------- ends before there is TLS */
	{"P01", "close-at-accept", "ends the connection as soon as it is there",
		REFUSED(TRUNCATED), .server = {STEPS(PEER_FIN, PEER_DRAIN)}},
	{"P02", "rst-at-accept", "resets the connection as soon as it is there",
		REFUSED(SYSTEM), .server = {STEPS(PEER_RESET)}},
	{"P03", "close-after-clienthello", "reads the ClientHello and ends the connection",
		REFUSED(TRUNCATED), .server = {STEPS(PEER_HELLO)}},
	{"P04", "rst-after-clienthello", "reads the ClientHello and resets the connection",
		REFUSED(SYSTEM), .server = {STEPS(PEER_HELLO, PEER_RESET)}},
	{"P05", "half-close-after-clienthello",
		"reads the ClientHello, ends its own direction and stays",
		REFUSED(TRUNCATED), .server = {STEPS(PEER_HELLO, PEER_FIN, PEER_DRAIN)}},
	{"P06", "close-mid-ServerHello-record",
		"ends the connection in the middle of its ServerHello",
		REFUSED(TRUNCATED), .server = {STEPS(PEER_HELLO,
			PEER_SEND("\x16\x03\x03\x00\x5a\x02\x00\x00\x56\x03\x03" GARBAGE))}},
	{"P07", "close-after-ServerHello", "ends the connection behind its ServerHello",
		REFUSED(TRUNCATED), .server = {STEPS(PEER_HELLO, LAB_SERVER_HELLO(.version = 0))}},
	{"P08", "close-after-ServerHello+partial Certificate",
		"ends the connection in the middle of its Certificate",
		REFUSED(TRUNCATED), .server = {STEPS(PEER_HELLO, LAB_SERVER_HELLO(.version = 0),
			LAB_CERTIFICATE_CUT(100))}},

	/* --------------------------------------------------------- is not TLS */
	{"P09", "plain-http", "answers the ClientHello with an HTTP error",
		REFUSED(NOT_TLS), .server = {STEPS(PEER_HELLO, PEER_SEND(HTTP_400))}},
	{"P10", "http-speaks-first", "sends an HTTP error before anything was asked",
		SPEAKS_FIRST, .server = {STEPS(PEER_SEND(HTTP_400), PEER_HELLO)}},
	{"P11", "smtp-banner", "greets with an SMTP banner",
		SPEAKS_FIRST, .server = {STEPS(
			PEER_SEND("220 mail.lab.test ESMTP ready\r\n"), PEER_HELLO)}},
	{"P12", "imap-banner", "greets with an IMAP banner",
		SPEAKS_FIRST, .server = {STEPS(
			PEER_SEND("* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n"), PEER_HELLO)}},
	{"P13", "ssh-banner", "greets with an SSH banner",
		SPEAKS_FIRST, .server = {STEPS(PEER_SEND("SSH-2.0-OpenSSH_9.2\r\n"), PEER_HELLO)}},
	{"P14", "random-garbage", "answers the ClientHello with octets without meaning",
		REFUSED(NOT_TLS), .server = {STEPS(PEER_HELLO, PEER_SEND(GARBAGE GARBAGE))}},
	{"P15", "ssl2-style-reply", "answers with an SSL 2.0 ServerHello",
		REFUSED(NOT_TLS), .server = {STEPS(PEER_HELLO,
			PEER_SEND("\x80\x2e\x04\x00\x01\x00\x02\x00\x10\x00\x03\x00\x10"
				  GARBAGE))}},
	{"P16", "record-length-0xffff", "sends a record that says to be 65 535 octets long",
		REFUSED(PROTOCOL), .server = {STEPS(PEER_HELLO,
			PEER_SEND("\x16\x03\x03\xff\xff\x02\x00\x00\x26" GARBAGE))}},
	{"P17", "handshake-length-16MB", "sends a ServerHello that says to be 16 MB long",
		REFUSED(PROTOCOL), .server = {STEPS(PEER_HELLO,
			PEER_SEND("\x16\x03\x03\x00\x24\x02\xff\xff\xff" GARBAGE))}},
	{"P18", "empty-records-flood", "sends 100 000 empty records",
		.must = LAB_REFUSE, .duty = "fail, with time and memory bounded",
		LAB_WANT({.code = TLSW_ERR_PROTOCOL}),
		.server = {STEPS(PEER_HELLO, PEER_REPEAT("\x16\x03\x03\x00\x00", 100000))}},
	{"P19", "warning-alert-flood", "sends 100 000 warnings",
		.must = LAB_REFUSE, .duty = "fail, with time and memory bounded",
		LAB_WANT({.code = TLSW_ERR_PROTOCOL}),
		.server = {STEPS(PEER_HELLO, PEER_REPEAT("\x15\x03\x03\x00\x02\x01\x70", 100000))}},
	{"P20", "never-answers", "reads the ClientHello and never answers",
		.must = LAB_REFUSE, .duty = "fail at the deadline",
		LAB_WANT({.client = {.timeout_ms = LAB_SHORT_MS}, .code = TLSW_ERR_TIMEOUT}),
		.server = {STEPS(PEER_HELLO, PEER_DRAIN)}},

	/* --------------------------------------------------------------- alerts */
	{"P21", "fatal-alert-handshake_failure", "answers with the alert handshake_failure",
		ALERTED(40), .server = {STEPS(PEER_HELLO, LAB_RECORD(LAB_ALERT, "\x02\x28"))}},
	{"P22", "fatal-alert-protocol_version", "answers with the alert protocol_version",
		ALERTED(70), .server = {STEPS(PEER_HELLO, LAB_RECORD(LAB_ALERT, "\x02\x46"))}},
	{"P23", "fatal-alert-unrecognized_name-fatal",
		"answers with the alert unrecognized_name, which is fatal",
		ALERTED(112), .server = {STEPS(PEER_HELLO, LAB_RECORD(LAB_ALERT, "\x02\x70"))}},
	{"P24", "fatal-alert-internal_error", "answers with the alert internal_error",
		ALERTED(80), .server = {STEPS(PEER_HELLO, LAB_RECORD(LAB_ALERT, "\x02\x50"))}},
	{"P25", "fatal-alert-certificate_required", "answers with the alert certificate_required",
		ALERTED(116), .server = {STEPS(PEER_HELLO, LAB_RECORD(LAB_ALERT, "\x02\x74"))}},
	{"P26", "fatal-alert-no_application_protocol",
		"answers with the alert no_application_protocol",
		ALERTED(120), .server = {STEPS(PEER_HELLO, LAB_RECORD(LAB_ALERT, "\x02\x78"))}},
	{"P27", "fatal-alert-unknown-alert-200", "answers with an alert that nobody knows",
		.must = LAB_REFUSE, .duty = "fail, and name the alert by its number",
		LAB_WANT({.code = TLSW_ERR_ALERT, .alert = 200}),
		.server = {STEPS(PEER_HELLO, LAB_RECORD(LAB_ALERT, "\x02\xc8"))}},
	{"P28", "warning-unrecognized_name-then-close",
		"warns that the name is unrecognized, and ends the connection",
		REFUSED(TRUNCATED),
		.server = {STEPS(PEER_HELLO, LAB_RECORD(LAB_ALERT, "\x01\x70"))}},
	{"P29", "close_notify-instead-of-ServerHello",
		"answers the ClientHello with close_notify, and stays",
		.must = LAB_REFUSE, .duty = "fail at once; this is no end of data",
		LAB_WANT({.code = TLSW_ERR_TRUNCATED}),
		.server = {STEPS(PEER_HELLO, LAB_RECORD(LAB_ALERT, "\x01\x00"), PEER_DRAIN)}},

	/* ------------------------------------------------ messages out of turn */
	{"P30", "application-data-before-handshake",
		"sends application data instead of a ServerHello",
		.must = LAB_REFUSE, .duty = "fail, and deliver none of it",
		LAB_WANT({.code = TLSW_ERR_PROTOCOL}),
		.server = {STEPS(PEER_HELLO, LAB_RECORD(LAB_DATA, "hello"))}},
	{"P31", "early-ChangeCipherSpec", "sends ChangeCipherSpec right behind its ServerHello",
		REFUSED(PROTOCOL), .server = {STEPS(PEER_HELLO, LAB_SERVER_HELLO(.version = 0),
			CHANGE, LAB_CERTIFICATE, LAB_HELLO_DONE)}},
	{"P32", "skip-to-Finished (SKIP-TLS)", "sends Finished right behind its ServerHello",
		REFUSED(PROTOCOL), .server = {STEPS(PEER_HELLO, LAB_SERVER_HELLO(.version = 0),
			LAB_RECORD(LAB_HANDSHAKE, "\x14\x00\x00\x0cskipskipskip"))}},
	{"P33", "skip-to-ServerHelloDone (no Certificate)",
		"sends ServerHelloDone right behind its ServerHello: no certificate",
		REFUSED(PROTOCOL), .server = {STEPS(PEER_HELLO, LAB_SERVER_HELLO(.version = 0),
			LAB_HELLO_DONE)}},

	/* ------------------------------------------------------ bad ServerHellos */
	{"P34", "ServerHello-TLS1.0", "chooses TLS 1.0",
		REFUSED(PROTOCOL), .identity = LAB_RSA, .server = {STEPS(PEER_HELLO,
			LAB_SERVER_HELLO(.version = 0x0301, .cipher = 0x002f), LAB_CERTIFICATE,
			LAB_HELLO_DONE)}},
	{"P35", "ServerHello-SSL3.0", "chooses SSL 3.0",
		REFUSED(PROTOCOL), .identity = LAB_RSA, .server = {STEPS(PEER_HELLO,
			LAB_SERVER_HELLO(.version = 0x0300, .cipher = 0x002f), LAB_CERTIFICATE,
			LAB_HELLO_DONE)}},
	{"P36", "ServerHello-unoffered-cipher (NULL)", "chooses a suite without encryption",
		REFUSED(PROTOCOL), .identity = LAB_RSA, .server = {STEPS(PEER_HELLO,
			LAB_SERVER_HELLO(.cipher = 0x003b), LAB_CERTIFICATE, LAB_HELLO_DONE)}},
	{"P37", "ServerHello-anon-cipher", "chooses a suite without a certificate",
		REFUSED(PROTOCOL), .server = {STEPS(PEER_HELLO,
			LAB_SERVER_HELLO(.cipher = 0x00a6), LAB_HELLO_DONE)}},
	{"P38", "ServerHello-RC4", "chooses RC4",
		REFUSED(PROTOCOL), .identity = LAB_RSA, .server = {STEPS(PEER_HELLO,
			LAB_SERVER_HELLO(.cipher = 0x0005), LAB_CERTIFICATE, LAB_HELLO_DONE)}},
	{"P39", "ServerHello-export", "chooses a suite with an export key",
		REFUSED(PROTOCOL), .identity = LAB_RSA, .server = {STEPS(PEER_HELLO,
			LAB_SERVER_HELLO(.cipher = 0x0003), LAB_CERTIFICATE, LAB_HELLO_DONE)}},
	{"P40", "ServerHello-unsolicited-extension",
		"answers an extension that was not sent (use_srtp)",
		REFUSED(PROTOCOL), .server = {STEPS(PEER_HELLO,
			LAB_SERVER_HELLO(.unsolicited = true), LAB_CERTIFICATE, LAB_HELLO_DONE)}},
	{"P41", "ServerHello-no-renegotiation_info (v1.2)",
		"speaks TLS 1.2 without secure renegotiation",
		REFUSED(PROTOCOL), .server = {STEPS(PEER_HELLO,
			LAB_SERVER_HELLO(.no_reneg = true), LAB_CERTIFICATE, LAB_HELLO_DONE)}},
	{"P42", "ServerHello-downgrade-sentinel (1.3 client gets 1.2 + DOWNGRD)",
		"chooses TLS 1.2 and says that somebody has taken TLS 1.3 out of the hello",
		REFUSED(PROTOCOL), .server = {STEPS(PEER_HELLO,
			LAB_SERVER_HELLO(.sentinel = true), LAB_CERTIFICATE, LAB_HELLO_DONE)}},
	{"P43", "HelloRetryRequest-twice", "asks for another ClientHello twice",
		REFUSED(PROTOCOL), .server = {STEPS(PEER_HELLO,
			LAB_SERVER_HELLO(.retry = LAB_RETRY_NEW_GROUP), PEER_HELLO,
			LAB_SERVER_HELLO(.retry = LAB_RETRY_NEW_GROUP))}},
	{"P44", "HelloRetryRequest-same-group",
		"asks for another ClientHello with the group that it already has",
		REFUSED(PROTOCOL), .server = {STEPS(PEER_HELLO,
			LAB_SERVER_HELLO(.retry = LAB_RETRY_SAME_GROUP))}},
	{"P45", "HelloRetryRequest-legit (P-384 only server)",
		"knows only P-384, and asks for it",
		GOOD, .server = {TLS13, .groups = "P-384"}},
	{"P46", "empty-certificate-list v1.2", "sends an empty list of certificates",
		REFUSED(PROTOCOL), .server = {STEPS(PEER_HELLO, LAB_SERVER_HELLO(.version = 0),
			LAB_RECORD(LAB_HANDSHAKE, "\x0b\x00\x00\x03\x00\x00\x00"),
			LAB_HELLO_DONE)}},
	{"P47", "garbage-certificate v1.2", "sends a certificate that is none",
		REFUSED(PROTOCOL), .server = {STEPS(PEER_HELLO, LAB_SERVER_HELLO(.version = 0),
			LAB_RECORD(LAB_HANDSHAKE,
				"\x0b\x00\x00\x26\x00\x00\x23\x00\x00\x20" GARBAGE),
			LAB_HELLO_DONE)}},

	/* ------------------------------------------------ good TLS, odd manners */
	{"P48", "trickle-1-byte/2ms (whole handshake)",
		"sends its handshake octet by octet, 2 ms apart",
		.duty = "accept inside the deadline", GOOD,
		.leaf = &(const struct pki_spec){.san = PKI_NAMES(PKI_DNS(LAB_HOST))},
		.issuer = LAB_BY_ROOT,
		.server = {.tickets = -1, STEPS(PEER_TRICKLE(1, 2), PEER_HANDSHAKE,
			PEER_TRICKLE(0, 0), LAB_TAKE_REQUEST, LAB_ANSWER(0), PEER_CLOSE_NOTIFY,
			PEER_DRAIN)}},
	{"P49", "no-close_notify (FIN)", "sends 1000 octets and ends without close_notify",
		.duty = "deliver them, then report a truncated stream",
		FAILS_LATER(TRUNCATED, LAB_LONG_BODY), .server = {TLS13, STEPS(PEER_HANDSHAKE,
			LAB_TAKE_REQUEST, LAB_ANSWER(LAB_LONG_BODY))}},
	{"P50", "no-close_notify (FIN) v1.2",
		"TLS 1.2: sends 1000 octets and ends without close_notify",
		.duty = "deliver them, then report a truncated stream",
		FAILS_LATER(TRUNCATED, LAB_LONG_BODY), .server = {TLS12, STEPS(PEER_HANDSHAKE,
			LAB_TAKE_REQUEST, LAB_ANSWER(LAB_LONG_BODY))}},
	{"P51", "RST-after-data", "sends 1000 octets and resets the connection",
		.duty = "report the reset; data may be lost",
		FAILS_LATER(SYSTEM, LAB_ANY_BODY), .server = {STEPS(PEER_HANDSHAKE,
			LAB_TAKE_REQUEST, LAB_ANSWER(LAB_LONG_BODY), PEER_RESET)}},
	{"P52", "close_notify-then-stays-open",
		"sends close_notify and keeps the connection open",
		.duty = "see the end at once, and leave without waiting", GOOD},
	{"P53", "5MB-then-close_notify", "sends 5 000 000 octets and close_notify",
		.duty = "deliver all of them", .must = LAB_ACCEPT,
		LAB_WANT({.code = TLSW_OK, .body = LAB_HUGE_BODY}),
		.server = {STEPS(PEER_HANDSHAKE, LAB_TAKE_REQUEST, LAB_ANSWER(LAB_HUGE_BODY),
			PEER_CLOSE_NOTIFY, PEER_DRAIN)}},
	{"P54", "closes-right-after-handshake", "resets the connection right after the handshake",
		.duty = "report an error at the first read or write; no SIGPIPE",
		.must = LAB_FAIL,
		LAB_WANT({.code = TLSW_ERR_SYSTEM, .when = LAB_ANY_TIME, .body = LAB_ANY_BODY}),
		.server = {STEPS(PEER_HANDSHAKE, PEER_RESET)}},

	/* -------------------------------------------------- client certificates */
	{"P55", "requires-client-cert v1.3", "TLS 1.3: requires a client certificate",
		.must = LAB_FAIL, .duty = "report the alert at the first read",
		LAB_WANT({.code = TLSW_ERR_ALERT, .alert = 116, .when = LAB_AFTERWARDS}),
		.server = {TLS13, .client_cert = PEER_REQUIRE_CLIENT_CERT}},
	{"P56", "requires-client-cert v1.2", "TLS 1.2: requires a client certificate",
		ALERTED(40), .server = {TLS12, .client_cert = PEER_REQUIRE_CLIENT_CERT}},
	{"P57", "requests-client-cert-optional",
		"asks for a client certificate, but can do without",
		.duty = "accept with an empty list", GOOD,
		.server = {.client_cert = PEER_REQUEST_CLIENT_CERT}},

	/* ------------------------------------------------ negotiation, tickets */
	{"P58", "ALPN-mismatch (server http/1.1, client h2)",
		"answers with a protocol that the client did not offer",
		.must = LAB_POLICY, .duty = "refuse when ALPN is required",
		LAB_WANT({.label = "ALPN required", .client = {.alpn = "h2", .alpn_required = true},
			.code = TLSW_ERR_PROTOCOL}),
		.server = {.alpn_mode = PEER_ALPN_FORCE, .alpn = "http/1.1"}},
	{"P59", "ALPN-ignored-by-server", "does not answer the client's protocols",
		.must = LAB_POLICY, .duty = "refuse when ALPN is required",
		LAB_WANT({.label = "ALPN", .client = {.alpn = "h2"}},
			{.label = "ALPN required", .client = {.alpn = "h2", .alpn_required = true},
				.code = TLSW_ERR_PROTOCOL}),
		.server = {.alpn_mode = PEER_ALPN_IGNORE}},
	{"P60", "200-session-tickets", "sends 200 session tickets",
		.duty = "accept, keeping a bounded number", GOOD,
		.server = {TLS13, .tickets = 200}},

	/* ---------------------------------------------- versions and algorithms */
	{"P61", "TLS1.0-only", "speaks TLS 1.0 and nothing newer",
		ALERTED(70), .server = {.max_version = TLS1_VERSION}},
	{"P62", "TLS1.1-only", "speaks TLS 1.1 and nothing newer",
		ALERTED(70), .server = {.max_version = TLS1_1_VERSION}},
	{"P63", "TLS1.2-only", "speaks TLS 1.2 and nothing newer", GOOD, .server = {TLS12}},
	{"P64", "NULL-cipher-only", "knows only suites without encryption",
		ALERTED(40), .identity = LAB_RSA, .server = {TLS12, .ciphers = "eNULL"}},
	{"P65", "anon-only", "knows only suites without a certificate",
		ALERTED(40), .server = {TLS12, .ciphers = "aNULL"}},
	{"P66", "CBC-SHA1-only v1.2", "knows only ECDHE-ECDSA-AES128-SHA",
		.duty = "refuse by default", ALERTED(40),
		.server = {TLS12, .ciphers = "ECDHE-ECDSA-AES128-SHA"}},
	{"P67", "static-RSA v1.2", "knows only AES128-GCM-SHA256, without forward secrecy",
		.duty = "refuse by default", ALERTED(40), .identity = LAB_RSA,
		.server = {TLS12, .ciphers = "AES128-GCM-SHA256"}},
	{"P68", "3DES-only", "knows only DES-CBC3-SHA",
		ALERTED(40), .identity = LAB_RSA,
		.server = {STEPS(PEER_HELLO, LAB_ONLY_SUITE(0x000a))}},
	{"P69", "RC4-only", "knows only RC4-SHA",
		ALERTED(40), .identity = LAB_RSA,
		.server = {STEPS(PEER_HELLO, LAB_ONLY_SUITE(0x0005))}},

	/* -------------------------------------------------- after the handshake */
	{"P70", "renegotiation-requested v1.2", "asks for a renegotiation, and then answers",
		.must = LAB_POLICY, .duty = "refuse to renegotiate and keep the data, or fail",
		LAB_WANT({.code = TLSW_OK}),
		.server = {TLS12, STEPS(PEER_HANDSHAKE, LAB_TAKE_REQUEST,
			PEER_RENEGOTIATE, LAB_ANSWER(0), PEER_CLOSE_NOTIFY, PEER_DRAIN)}},
	{"P71", "10x renegotiation v1.2", "asks for ten renegotiations, and then answers",
		.must = LAB_POLICY, .duty = "refuse to renegotiate, or fail; bounded",
		LAB_WANT({.code = TLSW_OK}),
		.server = {TLS12, STEPS(PEER_HANDSHAKE, LAB_TAKE_REQUEST,
			PEER_RENEGOTIATE, PEER_RENEGOTIATE, PEER_RENEGOTIATE, PEER_RENEGOTIATE,
			PEER_RENEGOTIATE, PEER_RENEGOTIATE, PEER_RENEGOTIATE, PEER_RENEGOTIATE,
			PEER_RENEGOTIATE, PEER_RENEGOTIATE, LAB_ANSWER(0), PEER_CLOSE_NOTIFY,
			PEER_DRAIN)}},
	{"P72", "KeyUpdate x1", "changes its key, and then answers",
		GOOD, .server = {TLS13, STEPS(PEER_HANDSHAKE, LAB_TAKE_REQUEST,
			PEER_KEY_UPDATE(1, 0), LAB_ANSWER(0), PEER_CLOSE_NOTIFY, PEER_DRAIN)}},
	{"P73", "KeyUpdate-requested x300",
		"asks for 300 changes of key, and then answers",
		.duty = "accept, with time and memory bounded", GOOD,
		.server = {TLS13, STEPS(PEER_HANDSHAKE, LAB_TAKE_REQUEST,
			PEER_KEY_UPDATE(300, 1), LAB_ANSWER(0), PEER_CLOSE_NOTIFY, PEER_DRAIN)}},
	{"P74", "post-handshake-auth request (client did not offer)",
		"asks for a client certificate after the handshake, unoffered",
		.must = LAB_FAIL, .duty = "fail with the alert unexpected_message",
		.excuse = offers_post_handshake,
		LAB_WANT({.code = TLSW_ERR_PROTOCOL, .when = LAB_ANY_TIME}),
		.server = {TLS13, .ciphersuites = "TLS_AES_128_GCM_SHA256", .tickets = -1,
			.setup = lab_keep_secrets, STEPS(PEER_HANDSHAKE,
			LAB_POST_HANDSHAKE_REQUEST, PEER_DRAIN)}},
	{"P75", "server drops TCP first (s_server's Q)",
		"answers and drops the connection while the client would go on",
		FAILS_LATER(TRUNCATED, 0), .server = {STEPS(PEER_HANDSHAKE, LAB_TAKE_REQUEST,
			LAB_ANSWER(0))}},
	{"P76", "DHE-1024 v1.2", "knows only DHE with 1024 bits",
		.must = LAB_REFUSE, .identity = LAB_RSA,
		LAB_WANT({.code = TLSW_ERR_ALERT, .alert = 40},
			{.label = "DHE offered", .client = {.ciphers = "DHE-RSA-AES128-GCM-SHA256"},
				.code = TLSW_ERR_PROTOCOL}),
		.server = {TLS12, .ciphers = "DHE-RSA-AES128-GCM-SHA256", .setup = set_dh_1024}},
};
/* clang-format on */

const size_t lab_protocol_count = sizeof(lab_protocol) / sizeof(lab_protocol[0]);

/* curl does: then the request is nothing odd. */
static bool
offers_post_handshake(const struct peer_report *report)
{
	return report->offers_post_handshake;
}

/* The group of RFC 5114 2.1: generating one would take a minute. */
static int
set_dh_1024(SSL_CTX *ctx, void *arg)
{
	EVP_PKEY_CTX *group = EVP_PKEY_CTX_new_id(EVP_PKEY_DHX, NULL);
	EVP_PKEY *params = NULL;
	int rv = 0;

	(void)arg;
	if (group != NULL && EVP_PKEY_paramgen_init(group) == 1 &&
	    EVP_PKEY_CTX_set_dhx_rfc5114(group, 1) == 1 && EVP_PKEY_paramgen(group, &params) == 1 &&
	    SSL_CTX_set_dh_auto(ctx, 0) == 1)
		rv = SSL_CTX_set0_tmp_dh_pkey(ctx, params) == 1;
	if (rv != 1)
		EVP_PKEY_free(params);
	EVP_PKEY_CTX_free(group);
	return rv;
}
