/*
 * starttls_scripts.h - what servers say before TLS: a good dialogue for each
 * protocol, odd ones that are fine, and refusals. Labels S01 and so on are the
 * cases that every STARTTLS client has to survive.
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef STARTTLS_SCRIPTS_H
#define STARTTLS_SCRIPTS_H

#include <stddef.h>

#include "starttls.h"

/* Octets that may hold NULs. */
struct octets {
	const char *at;
	size_t len;
};

#define O(literal)                           \
	{                                    \
		literal, sizeof(literal) - 1 \
	}

/* The server waits for exactly these octets, then says those. TAG stands for the IMAP tag. */
struct turn {
	struct octets hears, says;
};

#define TURNS 4

struct dialogue {
	const char *label;
	enum tlsw_protocol protocol;
	struct turn turns[TURNS]; /* ends at one that says nothing */
};

#define XMPP_HEADER                                                                \
	"<?xml version='1.0'?><stream:stream to='mail.example.org' version='1.0' " \
	"xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>"
#define XMPP_OPEN                                                                             \
	"<?xml version='1.0'?><stream:stream from='mail.example.org' id='a>b' version='1.0' " \
	"xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>"
#define XMPP_TLS "xmlns='urn:ietf:params:xml:ns:xmpp-tls'"
#define XMPP_FEATURES                                                                       \
	"<stream:features><starttls " XMPP_TLS "><required/></starttls>"                    \
	"<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN</mechanism>" \
	"</mechanisms></stream:features>"
#define LDAP_SEARCH                                                                            \
	"\x30\x39\x02\x01\x01\x63\x34\x04\x00\x0a\x01\x00\x0a\x01\x00\x02\x01\x00\x02\x01\x00" \
	"\x01\x01\x00\x87\x0bobjectClass\x30\x14\x04\x12supportedExtension"
#define LDAP_ENTRY                                                                       \
	"\x30\x39\x02\x01\x01\x64\x34\x04\x00\x30\x30\x30\x2e\x04\x12SupportedExtension" \
	"\x31\x18\x04\x16" LDAP_OID
#define LDAP_OID "1.3.6.1.4.1.1466.20037"
#define LDAP_FOUND "\x30\x0c\x02\x01\x01\x65\x07\x0a\x01\x00\x04\x00\x04\x00"
#define LDAP_STARTTLS "\x30\x1d\x02\x01\x02\x77\x18\x80\x16" LDAP_OID
#define LDAP_OK "\x30\x0c\x02\x01\x02\x78\x07\x0a\x01\x00\x04\x00\x04\x00"
#define PG_REQUEST "\x00\x00\x00\x08\x04\xd2\x16\x2f"
#define MYSQL_PACKET(sequence, version, low)                                             \
	"\x4a\x00\x00" sequence version "8.0.36\x00\x07\x00\x00\x00saltsalt\x00\xff" low \
	"\x2d\x02\x00\xff\xdf\x15\x00\x00\x00"                                           \
	"\x00\x00\x00\x00\x00\x00\x00saltsaltsalt\x00"                                   \
	"caching_sha2_password\x00"
#define MYSQL_GREETING(low) MYSQL_PACKET("\x00", "\x0a", low)
#define MYSQL_REQUEST                                                                          \
	"\x20\x00\x00\x01\x01\xaa\x08\x00\x00\x00\x00\x01\x2d\x00\x00\x00\x00\x00\x00\x00\x00" \
	"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"

/* One that works for each protocol; the rows of refusals below change one turn of these. */
static const struct dialogue good[] = {
    {"SMTP", TLSW_SMTP,
	{{O(""), O("220 mail.example.org ESMTP\r\n")},
	    {O("EHLO [127.0.0.1]\r\n"), O("250-mail\r\n250-SIZE 1000\r\n250 STARTTLS\r\n")},
	    {O("STARTTLS\r\n"), O("220 2.0.0 Ready to start TLS\r\n")}}},
    {"LMTP", TLSW_LMTP,
	{{O(""), O("220 mail.example.org LMTP\r\n")},
	    {O("LHLO [127.0.0.1]\r\n"), O("250-mail\r\n250-STARTTLS\r\n250 PIPELINING\r\n")},
	    {O("STARTTLS\r\n"), O("220 2.0.0 OK\r\n")}}},
    {"IMAP", TLSW_IMAP,
	{{O(""), O("* OK ready\r\n")},
	    {O("TAG CAPABILITY\r\n"),
		O("* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED\r\nTAG OK done\r\n")},
	    {O("TAG STARTTLS\r\n"), O("TAG OK begin\r\n")}}},
    {"POP3", TLSW_POP3,
	{{O(""), O("+OK ready <1.2@example.org>\r\n")},
	    {O("CAPA\r\n"), O("+OK\r\nTOP\r\nSTLS\r\nUIDL\r\n.\r\n")},
	    {O("STLS\r\n"), O("+OK begin\r\n")}}},
    {"FTP", TLSW_FTP,
	{{O(""), O("220-Welcome\r\n to the archive\r\n220 ready\r\n")},
	    {O("FEAT\r\n"), O("211-Features:\r\n AUTH TLS\r\n PBSZ\r\n PROT\r\n211 End\r\n")},
	    {O("AUTH TLS\r\n"), O("234 go\r\n")}}},
    {"NNTP", TLSW_NNTP,
	{{O(""), O("200 news.example.org ready\r\n")},
	    {O("CAPABILITIES\r\n"), O("101 list\r\nVERSION 2\r\nREADER\r\nSTARTTLS\r\n.\r\n")},
	    {O("STARTTLS\r\n"), O("382 go\r\n")}}},
    {"ManageSieve", TLSW_SIEVE,
	{{O(""), O("\"IMPLEMENTATION\" \"x\"\r\n\"STARTTLS\"\r\nOK \"ready\"\r\n")},
	    {O("STARTTLS\r\n"), O("OK \"begin\"\r\n")}}},
    {"XMPP", TLSW_XMPP,
	{{O(XMPP_HEADER), O(XMPP_OPEN XMPP_FEATURES)},
	    {O("<starttls " XMPP_TLS "/>"), O("<proceed " XMPP_TLS "/>")}}},
    {"LDAP", TLSW_LDAP,
	{{O(LDAP_SEARCH), O(LDAP_ENTRY LDAP_FOUND)}, {O(LDAP_STARTTLS), O(LDAP_OK)}}},
    {"PostgreSQL", TLSW_POSTGRES, {{O(PG_REQUEST), O("S")}}},
    {"MySQL", TLSW_MYSQL, {{O(""), O(MYSQL_GREETING("\xff"))}, {O(MYSQL_REQUEST), O("")}}},
};

#define GOOD_DIALOGUES ((int)(sizeof(good) / sizeof(good[0])))

static const struct dialogue accepted[] = {
    {"S16 SMTP multi-line answers are one reply", TLSW_SMTP,
	{{O(""), O("220-first\r\n220-second\r\n220 last\r\n")},
	    {O("EHLO [127.0.0.1]\r\n"), O("250-mail\r\n250-STARTTLS\r\n250 HELP\r\n")},
	    {O("STARTTLS\r\n"), O("220-go\r\n220-on\r\n220 now\r\n")}}},
    {"S16 FTP multi-line go-ahead", TLSW_FTP,
	{{O(""), O("220 x\r\n")}, {O("FEAT\r\n"), O("211-F\r\n AUTH TLS\r\n211 End\r\n")},
	    {O("AUTH TLS\r\n"), O("234-go\r\n 234 not yet\r\n234 now\r\n")}}},
    {"S18 a bare LF ends a line", TLSW_SMTP,
	{{O(""), O("220 x\n")}, {O("EHLO [127.0.0.1]\r\n"), O("250-mail\n250 STARTTLS\n")},
	    {O("STARTTLS\r\n"), O("220\n")}}},
    {"SMTP keywords are known in any case, with parameters", TLSW_SMTP,
	{{O(""), O("220\r\n")}, {O("EHLO [127.0.0.1]\r\n"), O("250-m\r\n250 starttls now\r\n")},
	    {O("STARTTLS\r\n"), O("220 go\r\n")}}},
    {"S26 IMAP untagged data before the answers is passed over", TLSW_IMAP,
	{{O(""), O("* OK [ALERT] ready\r\n")},
	    {O("TAG CAPABILITY\r\n"),
		O("* LIST () \"/\" INBOX\r\n* capability IMAP4rev1 StartTLS\r\n* 3 EXISTS\r\n"
		  "TAG OK done\r\n")},
	    {O("TAG STARTTLS\r\n"),
		O("* OK [ALERT] call us\r\n* OK go ahead\r\nTAG OK begin\r\n")}}},
    {"S26 IMAP untagged data that comes with the greeting", TLSW_IMAP,
	{{O(""), O("* OK ready\r\n* 3 EXISTS\r\n* OK [ALERT] x\r\n")},
	    {O("TAG CAPABILITY\r\n"), O("* CAPABILITY STARTTLS\r\nTAG OK\r\n* 4 EXISTS\r\n")},
	    {O("TAG STARTTLS\r\n"), O("TAG OK begin\r\n")}}},
    {"IMAP capabilities in the greeting", TLSW_IMAP,
	{{O(""), O("* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n")},
	    {O("TAG STARTTLS\r\n"), O("TAG OK begin\r\n")}}},
    {"IMAP capabilities in the greeting, last one", TLSW_IMAP,
	{{O(""), O("* ok [capability starttls]\r\n")}, {O("TAG STARTTLS\r\n"), O("TAG OK\r\n")}}},
    {"IMAP capabilities in the tagged answer", TLSW_IMAP,
	{{O(""), O("* OK ready\r\n")},
	    {O("TAG CAPABILITY\r\n"), O("TAG OK [CAPABILITY IMAP4rev1 STARTTLS] done\r\n")},
	    {O("TAG STARTTLS\r\n"), O("TAG OK begin\r\n")}}},
    {"POP3 without CAPA: the command goes unasked", TLSW_POP3,
	{{O(""), O("+OK\r\n")}, {O("CAPA\r\n"), O("-ERR unknown command\r\n")},
	    {O("STLS\r\n"), O("+OK\r\n")}}},
    {"FTP without FEAT: 500", TLSW_FTP,
	{{O(""), O("220 x\r\n")}, {O("FEAT\r\n"), O("500 unknown\r\n")},
	    {O("AUTH TLS\r\n"), O("234 go\r\n")}}},
    {"FTP without FEAT: 502", TLSW_FTP,
	{{O(""), O("220 x\r\n")}, {O("FEAT\r\n"), O("502 not here\r\n")},
	    {O("AUTH TLS\r\n"), O("234 go\r\n")}}},
    {"FTP mechanisms in one line", TLSW_FTP,
	{{O(""), O("220 x\r\n")},
	    {O("FEAT\r\n"), O("211-Extended\r\n LANG EN*\r\n auth SSL;TLS-C;tls;\r\n211 END\r\n")},
	    {O("AUTH TLS\r\n"), O("234 go\r\n")}}},
    {"FTP the code before every line", TLSW_FTP,
	{{O(""), O("220 x\r\n")}, {O("FEAT\r\n"), O("211-F\r\n211-AUTH TLS\r\n211 End\r\n")},
	    {O("AUTH TLS\r\n"), O("234 go\r\n")}}},
    {"NNTP 201, no posting", TLSW_NNTP,
	{{O(""), O("201 x\r\n")}, {O("CAPABILITIES\r\n"), O("101 x\r\nSTARTTLS\r\n.\r\n")},
	    {O("STARTTLS\r\n"), O("382 go\r\n")}}},
    {"NNTP without CAPABILITIES", TLSW_NNTP,
	{{O(""), O("200 x\r\n")}, {O("CAPABILITIES\r\n"), O("500 What?\r\n")},
	    {O("STARTTLS\r\n"), O("382 go\r\n")}}},
    {"NNTP a dot does not end the list, a line of one does", TLSW_NNTP,
	{{O(""), O("200 x\r\n")},
	    {O("CAPABILITIES\r\n"), O("101 x\r\n.x\r\n..\r\nSTARTTLS\r\n.\r\n")},
	    {O("STARTTLS\r\n"), O("382 go\r\n")}}},
    {"ManageSieve with literals", TLSW_SIEVE,
	{{O(""), O("\"IMPLEMENTATION\" {9}\r\na\r\nOK\r\n\"\\\r\n{8}\r\nstarttls\r\n"
		   "\"SIEVE\" {0}\r\n\r\nOK {5}\r\nhello\r\n")},
	    {O("STARTTLS\r\n"), O("ok (TAG {1}\r\nx) \"begin\"\r\n")}}},
    {"XMPP with blanks, double quotes and an end tag", TLSW_XMPP,
	{{O(XMPP_HEADER),
	     O("<stream:stream xmlns:stream = \"http://etherx.jabber.org/streams\" a='\"'>\n"
	       "<stream:features>\n<a>it's > text</a><starttls a='x' " XMPP_TLS " />\n"
	       "</stream:features>")},
	    {O("<starttls " XMPP_TLS "/>"), O(" \n<proceed " XMPP_TLS "></proceed>")}}},
    {"LDAP the search is refused: TLS first", TLSW_LDAP,
	{{O(LDAP_SEARCH), O("\x30\x0f\x02\x01\x01\x65\x0a\x0a\x01\x0d\x04\x00\x04\x03TLS")},
	    {O(LDAP_STARTTLS), O(LDAP_OK)}}},
    {"LDAP no extension is shown", TLSW_LDAP,
	{{O(LDAP_SEARCH), O("\x30\x09\x02\x01\x01\x64\x04\x04\x00\x30\x00" LDAP_FOUND)},
	    {O(LDAP_STARTTLS), O(LDAP_OK)}}},
    {"LDAP long lengths, responseName and controls", TLSW_LDAP,
	{{O(LDAP_SEARCH), O(LDAP_FOUND)},
	    {O(LDAP_STARTTLS),
		O("\x30\x84\x00\x00\x00\x2c\x02\x01\x02\x78\x81\x1f\x0a\x01\x00\x04\x00\x04\x00"
		  "\x8a\x16" LDAP_OID "\xa0\x82\x00\x03\x30\x01\x00")}}},
    {"MySQL a server that knows little", TLSW_MYSQL,
	{{O(""), O("\x17\x00\x00\x00\x0a"
		   "5.5\x00\x01\x00\x00\x00saltsalt\x00\x00\x0a\x2d\x02\x00")},
	    {O("\x20\x00\x00\x01\x00\x0a\x00\x00\x00\x00\x00\x01\x2d\x00\x00\x00\x00\x00\x00\x00"
	       "\x00"
	       "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"),
		O("")}}},
};

/* The good dialogue, but in that turn the server says this, and that must be the end. */
struct refusal {
	const char *label;
	enum tlsw_protocol protocol;
	size_t turn;
	struct octets says;
	enum tlsw_error code;
	const char *text; /* in the message */
};

#define REFUSED TLSW_ERR_STARTTLS
#define EARLY TLSW_ERR_PLAINTEXT
#define LDAP_SAYS(code) "\x30\x0e\x02\x01\x02\x78\x09\x0a\x01" code "\x04\x00\x04\x02no"

static const struct refusal refusals[] = {
    /* wall: I07; S03 does not advertise */
    {"S03", TLSW_SMTP, 1, O("250-mail\r\n250-SIZE 1000\r\n250 HELP\r\n"), REFUSED,
	"server does not offer STARTTLS (its capabilities: SIZE 1000, HELP)"},
    {"S03 the greeting line is no keyword", TLSW_SMTP, 1, O("250-STARTTLS\r\n250 HELP\r\n"),
	REFUSED, "does not offer"},
    {"S03 one line only", TLSW_SMTP, 1, O("250 STARTTLS\r\n"), REFUSED, "(its capabilities: none)"},
    {"S03 a longer word", TLSW_SMTP, 1, O("250-m\r\n250-STARTTLSX\r\n250 XSTARTTLS\r\n"), REFUSED,
	"does not offer"},
    {"S03", TLSW_LMTP, 1, O("250-m\r\n250 SIZE\r\n"), REFUSED, "does not offer"},
    {"S03", TLSW_IMAP, 1, O("* CAPABILITY IMAP4rev1\r\nTAG OK\r\n"), REFUSED,
	"does not offer STARTTLS (its capabilities: IMAP4rev1)"},
    {"S03 no list at all", TLSW_IMAP, 1, O("TAG OK\r\n"), REFUSED, "does not offer"},
    {"S03 in the greeting", TLSW_IMAP, 0, O("* OK [CAPABILITY IMAP4rev1] STARTTLS\r\n"), REFUSED,
	"does not offer"},
    {"S03", TLSW_POP3, 1, O("+OK STLS\r\nUSER\r\nSTLSX\r\n.\r\n"), REFUSED, "does not offer STLS"},
    {"S03", TLSW_FTP, 1,
	O("211-F\r\n PBSZ\r\n AUTH SSL\r\n AUTHTLS\r\n AUTH TLS-C\r\n211 AUTH TLS\r\n"), REFUSED,
	"does not offer AUTH TLS"},
    {"S03 no features", TLSW_FTP, 1, O("211 No features\r\n"), REFUSED, "does not offer"},
    {"S03", TLSW_NNTP, 1, O("101 STARTTLS\r\nREADER\r\n.\r\n"), REFUSED, "does not offer"},
    {"S03", TLSW_SIEVE, 0, O("\"SASL\" \"STARTTLS\"\r\nOK \"STARTTLS\"\r\n"), REFUSED,
	"(its capabilities: SASL)"},
    {"S03", TLSW_XMPP, 0,
	O(XMPP_OPEN "<stream:features><starttls/><a><starttls " XMPP_TLS
		    "/></a></stream:features>"),
	REFUSED, "does not offer"},
    {"S03 empty", TLSW_XMPP, 0, O(XMPP_OPEN "<stream:features/>"), REFUSED, "does not offer"},
    {"S03", TLSW_LDAP, 0,
	O("\x30\x2a\x02\x01\x01\x64\x25\x04\x00\x30\x21\x30\x1f\x04\x12supportedExtension\x31\x09"
	  "\x04\x07"
	  "1.3.6.1" LDAP_FOUND),
	REFUSED, "does not offer StartTLS (its capabilities: 1.3.6.1)"},
    {"S03", TLSW_POSTGRES, 0, O("N"), REFUSED, "does not offer TLS"},
    {"S03", TLSW_MYSQL, 0, O(MYSQL_GREETING("\xf7")), REFUSED, "does not offer TLS"},

    /* wall: I04; S04 refuses the command */
    {"S04 454", TLSW_SMTP, 2, O("454 4.7.0 TLS not available\r\n"), REFUSED,
	"server refused STARTTLS: \"454 4.7.0 TLS not available\""},
    {"S04 501", TLSW_SMTP, 2, O("501 syntax\r\n"), REFUSED, "refused STARTTLS"},
    {"S04 502", TLSW_SMTP, 2, O("502 no\r\n"), REFUSED, "refused STARTTLS"},
    {"S04 554 in many lines", TLSW_SMTP, 2, O("554-no\r\n554 never\r\n"), REFUSED,
	"refused STARTTLS: \"554 never\""},
    {"S04 454", TLSW_LMTP, 2, O("454 no\r\n"), REFUSED, "refused STARTTLS"},
    {"S04 NO", TLSW_IMAP, 2, O("TAG NO later\r\n"), REFUSED, "refused STARTTLS"},
    {"S04 BAD", TLSW_IMAP, 2, O("TAG BAD what\r\n"), REFUSED, "refused STARTTLS"},
    {"S04 BYE", TLSW_IMAP, 2, O("* BYE enough\r\n"), REFUSED, "refused STARTTLS: \"* BYE enough\""},
    {"S04 -ERR", TLSW_POP3, 2, O("-ERR no\r\n"), REFUSED, "refused STLS"},
    {"S04 431", TLSW_FTP, 2, O("431 later\r\n"), REFUSED, "refused AUTH TLS"},
    {"S32 AUTH SSL is not tried", TLSW_FTP, 2, O("504 AUTH SSL only\r\n"), REFUSED,
	"refused AUTH TLS"},
    {"S04 534", TLSW_FTP, 2, O("534 policy\r\n"), REFUSED, "refused AUTH TLS"},
    {"S33 580", TLSW_NNTP, 2, O("580 no\r\n"), REFUSED, "refused STARTTLS"},
    {"S33 483", TLSW_NNTP, 2, O("483 need TLS\r\n"), REFUSED, "refused STARTTLS"},
    {"S33 502", TLSW_NNTP, 2, O("502 already\r\n"), REFUSED, "refused STARTTLS"},
    {"S04 NO", TLSW_SIEVE, 1, O("NO \"no\"\r\n"), REFUSED, "refused STARTTLS"},
    {"S04 BYE", TLSW_SIEVE, 1, O("BYE (REFERRAL \"sieve://evil\") \"go\"\r\n"), REFUSED,
	"refused STARTTLS"},
    {"S04 failure", TLSW_XMPP, 1, O("<failure " XMPP_TLS "/></stream:stream>"), REFUSED,
	"refused STARTTLS: \"<failure "},
    {"S04 stream error", TLSW_XMPP, 1, O("<stream:error><policy-violation/></stream:error>"),
	REFUSED, "refused STARTTLS"},
    {"S04 operationsError", TLSW_LDAP, 1, O(LDAP_SAYS("\x01")), REFUSED,
	"refused StartTLS: result 1 \"no\""},
    {"S04 protocolError", TLSW_LDAP, 1, O(LDAP_SAYS("\x02")), REFUSED, "result 2"},
    {"S04 unavailable", TLSW_LDAP, 1, O(LDAP_SAYS("\x34")), REFUSED, "result 52"},
    {"S04 an error is not quoted", TLSW_POSTGRES, 0, O("Eevil\0"), REFUSED,
	"server answered SSLRequest with an error"},

    /* wall: I04; S05 a good code, but not the one */
    {"S05 250", TLSW_SMTP, 2, O("250 ok\r\n"), REFUSED,
	"is not the one that leads to TLS: \"250 ok\""},
    {"S05 221", TLSW_SMTP, 2, O("221 bye\r\n"), REFUSED, "is not the one"},
    {"S05 2200", TLSW_SMTP, 2, O("2200 ok\r\n"), REFUSED, "is no SMTP"},
    {"S05 22", TLSW_SMTP, 2, O("22 ok\r\n"), REFUSED, "is no SMTP"},
    {"S05 250", TLSW_LMTP, 2, O("250 ok\r\n"), REFUSED, "is not the one"},
    {"S05 200", TLSW_FTP, 2, O("200 ok\r\n"), REFUSED, "is not the one"},
    {"S05 281", TLSW_NNTP, 2, O("281 ok\r\n"), REFUSED, "is not the one"},
    {"S05 202", TLSW_NNTP, 0, O("202 ok\r\n"), REFUSED, "server's greeting is not the one"},
    {"S05 +OKAY", TLSW_POP3, 2, O("+OKAY\r\n"), REFUSED, "is no POP3"},
    {"S05 +ok", TLSW_POP3, 2, O("+ok\r\n"), REFUSED, "is no POP3"},
    {"S05 +O", TLSW_POP3, 2, O("+O\r\n"), REFUSED, "is no POP3"},
    {"S05 OKAY", TLSW_IMAP, 2, O("TAG OKAY\r\n"), REFUSED, "is no IMAP"},
    {"S05 OKAY", TLSW_SIEVE, 1, O("OKAY\r\n"), REFUSED, "is no ManageSieve"},
    {"S05 capabilities", TLSW_SIEVE, 1, O("\"STARTTLS\"\r\nOK\r\n"), REFUSED, "is no ManageSieve"},
    {"S05 proceed of another namespace", TLSW_XMPP, 1, O("<proceed xmlns='jabber:client'/>"),
	REFUSED, "is not the one"},
    {"S05 proceed ends otherwise", TLSW_XMPP, 1, O("<proceed " XMPP_TLS "><a/></proceed>"), REFUSED,
	"is no XMPP"},
    {"S05 text before proceed", TLSW_XMPP, 1, O("x<proceed " XMPP_TLS "/>"), REFUSED, "is no XMPP"},
    {"S05 another messageID", TLSW_LDAP, 1,
	O("\x30\x0c\x02\x01\x03\x78\x07\x0a\x01\x00\x04\x00\x04\x00"), REFUSED, "is no LDAP"},
    {"S05 another operation's OID", TLSW_LDAP, 1,
	O("\x30\x0f\x02\x01\x02\x78\x0a\x0a\x01\x00\x04\x00\x04\x00\x8a\x01"
	  "1"),
	REFUSED, "is no LDAP"},
    {"S05 a bind response", TLSW_LDAP, 1,
	O("\x30\x0c\x02\x01\x02\x61\x07\x0a\x01\x00\x04\x00\x04\x00"), REFUSED, "is no LDAP"},
    {"S05 a small s", TLSW_POSTGRES, 0, O("s"), REFUSED, "is no PostgreSQL"},

    /* wall: I04; S06 more is wanted */
    {"S06 354", TLSW_SMTP, 2, O("354 go on\r\n"), REFUSED, "is not the one"},
    {"S06 334", TLSW_FTP, 2, O("334 ADAT=\r\n"), REFUSED, "is not the one"},
    {"S06 381", TLSW_NNTP, 2, O("381 more\r\n"), REFUSED, "is not the one"},
    {"S06 + continue", TLSW_IMAP, 2, O("+ go on\r\n"), REFUSED, "is no IMAP"},
    {"S06 +", TLSW_POP3, 2, O("+ go on\r\n"), REFUSED, "is no POP3"},
    {"S06 empty line", TLSW_SMTP, 2, O("\r\n"), REFUSED, "is no SMTP: \"\""},
    {"S06 empty line", TLSW_IMAP, 2, O("\r\n"), REFUSED, "is no IMAP"},
    {"S06 empty line", TLSW_POP3, 2, O("\n"), REFUSED, "is no POP3"},
    {"S06 empty line", TLSW_SIEVE, 1, O("\r\n"), REFUSED, "is no ManageSieve"},

    /* wall: I05; S07 whose answer is it? */
    {"S07 wrong tag", TLSW_IMAP, 2, O("t000000000000 OK\r\n"), REFUSED, "is no IMAP"},
    {"S07 tag with more", TLSW_IMAP, 2, O("TAGx OK\r\n"), REFUSED, "is no IMAP"},
    {"S07 part of the tag", TLSW_IMAP, 2, O("t OK\r\n"), REFUSED, "is no IMAP"},
    {"S07 no tag", TLSW_IMAP, 2, O("OK\r\n"), REFUSED, "is no IMAP"},
    {"S07 untagged OK, then a refusal", TLSW_IMAP, 2, O("* OK begin\r\nTAG NO\r\n"), REFUSED,
	"refused STARTTLS"},
    {"S07 wrong tag in the list", TLSW_IMAP, 1, O("* CAPABILITY STARTTLS\r\na OK\r\n"), REFUSED,
	"is no IMAP"},

    /* wall: I05, I14; S08 answers before the question */
    {"S08", TLSW_IMAP, 0, O("* OK ready\r\nA1 OK begin\r\n"), EARLY,
	"server sent plaintext before it was asked for STARTTLS: \"A1 OK begin\""},
    {"S08 early tag after the list", TLSW_IMAP, 1,
	O("* CAPABILITY STARTTLS\r\nTAG OK\r\nTAG OK begin\r\n"), EARLY, "before it was asked"},
    {"S08 BYE", TLSW_IMAP, 0, O("* OK ready\r\n* BYE\r\n"), EARLY, "before it was asked"},
    {"S08", TLSW_SMTP, 0, O("220 x\r\n250 STARTTLS\r\n"), EARLY,
	"before it was asked for STARTTLS: \"250 STARTTLS\\x0d\\x0a\""},
    {"S08 part of a line", TLSW_SMTP, 0, O("220 x\r\n2"), EARLY, "before it was asked"},
    {"S08", TLSW_SMTP, 1, O("250-m\r\n250 STARTTLS\r\n220 go\r\n"), EARLY, "before it was asked"},
    {"S08", TLSW_LMTP, 1, O("250-m\r\n250 STARTTLS\r\n220 go\r\n"), EARLY, "before it was asked"},
    {"S08", TLSW_POP3, 1, O("+OK\r\nSTLS\r\n.\r\n+OK\r\n"), EARLY, "before it was asked"},
    {"S08", TLSW_FTP, 1, O("211-F\r\n AUTH TLS\r\n211 E\r\n234 go\r\n"), EARLY,
	"before it was asked"},
    {"S08", TLSW_NNTP, 1, O("101\r\nSTARTTLS\r\n.\r\n382 go\r\n"), EARLY, "before it was asked"},
    {"S08", TLSW_SIEVE, 0, O("\"STARTTLS\"\r\nOK\r\nOK\r\n"), EARLY, "before it was asked"},
    {"S08", TLSW_XMPP, 0, O(XMPP_OPEN XMPP_FEATURES "<proceed " XMPP_TLS "/>"), EARLY,
	"before it was asked"},
    {"S08", TLSW_LDAP, 0, O(LDAP_FOUND LDAP_OK), EARLY, "before it was asked"},
    {"S08", TLSW_MYSQL, 0, O(MYSQL_GREETING("\xff") "x"), EARLY, "before it was asked"},

    /* wall: I03; S09 */
    {"S09", TLSW_IMAP, 0, O("* PREAUTH hello\r\n"), REFUSED, "\"* PREAUTH hello\""},
    {"S09", TLSW_IMAP, 0, O("* PREAUTH [CAPABILITY IMAP4rev1 STARTTLS] hello\r\n"), REFUSED,
	"PREAUTH"},
    {"S09 later", TLSW_IMAP, 1, O("* PREAUTH\r\n* CAPABILITY STARTTLS\r\nTAG OK\r\n"), REFUSED,
	"PREAUTH"},
    {"S09 later", TLSW_IMAP, 2, O("* PREAUTH\r\nTAG OK\r\n"), REFUSED, "PREAUTH"},

    /* wall: I06; S10 the greeting says no */
    {"S10", TLSW_SMTP, 0, O("421 too busy\r\n"), REFUSED,
	"server refused the connection: \"421 too busy\""},
    {"S10", TLSW_SMTP, 0, O("554 no\r\n"), REFUSED, "refused the connection"},
    {"S10", TLSW_LMTP, 0, O("421 no\r\n"), REFUSED, "refused the connection"},
    {"S10", TLSW_IMAP, 0, O("* BYE no\r\n"), REFUSED, "refused the connection"},
    {"S10", TLSW_POP3, 0, O("-ERR no\r\n"), REFUSED, "refused the connection"},
    {"S10", TLSW_FTP, 0, O("421 no\r\n"), REFUSED, "refused the connection"},
    {"S10", TLSW_NNTP, 0, O("400 no\r\n"), REFUSED, "refused the connection"},
    {"S10", TLSW_SIEVE, 0, O("BYE \"no\"\r\n"), REFUSED, "refused the connection"},
    {"S10", TLSW_XMPP, 0, O(XMPP_OPEN "<stream:error><host-unknown xmlns='x'/>"), REFUSED,
	"\"<host-unknown xmlns='x'/>\""},
    {"S10", TLSW_LDAP, 0, O("\x30\x0e\x02\x01\x00\x78\x09\x0a\x01\x34\x04\x00\x04\x02no"), REFUSED,
	"result 52 \"no\""},
    {"S10", TLSW_MYSQL, 0, O("\x09\x00\x00\x00\xff\x6a\x04no way"), REFUSED,
	"refused the connection: \"no way\""},

    /* wall: I06; S11 the greeting is none */
    {"S11", TLSW_SMTP, 0, O("hello\r\n"), REFUSED, "server's greeting is no SMTP: \"hello\""},
    {"S11", TLSW_SMTP, 0, O("\r\n"), REFUSED, "greeting is no SMTP"},
    {"S11 another protocol", TLSW_SMTP, 0, O("* OK Dovecot\r\n"), REFUSED,
	"greeting is no SMTP: \"* OK Dovecot\""},
    {"S11 NUL", TLSW_SMTP, 0, O("220 a\0b\r\n"), REFUSED, "greeting is no SMTP: \"220 a\\x00b\""},
    {"S11", TLSW_LMTP, 0, O("\x01\xff\xfe\r\n"), REFUSED,
	"greeting is no LMTP: \"\\x01\\xff\\xfe\""},
    {"S11", TLSW_IMAP, 0, O("hello\r\n"), REFUSED, "greeting is no IMAP"},
    {"S11", TLSW_IMAP, 0, O("* hello\r\n"), REFUSED, "greeting is no IMAP"},
    {"S11", TLSW_IMAP, 0, O("*\r\n"), REFUSED, "greeting is no IMAP"},
    {"S11", TLSW_POP3, 0, O("220 x\r\n"), REFUSED, "greeting is no POP3"},
    {"S11", TLSW_FTP, 0, O("+OK\r\n"), REFUSED, "greeting is no FTP"},
    {"S11", TLSW_NNTP, 0, O("200-x\r\n"), REFUSED, "greeting is no NNTP"},
    {"S11", TLSW_SIEVE, 0, O("\"STARTTLS\r\nOK\r\n"), REFUSED, "greeting is no ManageSieve"},
    {"S11", TLSW_XMPP, 0, O("HTTP/1.1 400 Bad Request\r\n<html>"), REFUSED, "is no XMPP"},
    {"S11", TLSW_XMPP, 0, O("<!DOCTYPE x><stream:stream>"), REFUSED, "is no XMPP"},
    {"S11", TLSW_XMPP, 0, O("<stream:stream>"), REFUSED, "is no XMPP"},
    {"S11", TLSW_XMPP, 0, O("<stream:stream xmlns:stream=http://etherx.jabber.org/streams>"),
	REFUSED, "is no XMPP"},
    {"S11", TLSW_XMPP, 0, O(XMPP_OPEN "<stream:stream>"), REFUSED, "is no XMPP"},
    {"S11", TLSW_XMPP, 0, O(XMPP_OPEN "<stream:features></stream:stream>"), REFUSED, "is no XMPP"},
    {"S11", TLSW_XMPP, 0, O("<?xml?>"), REFUSED, "is no XMPP"},
    {"S11", TLSW_XMPP, 0, O("<>"), REFUSED, "is no XMPP"},
    {"S11", TLSW_LDAP, 0, O("HTTP"), REFUSED, "is no LDAP"},
    {"S11 indefinite length", TLSW_LDAP, 0, O("\x30\x80"), REFUSED, "is no LDAP"},
    {"S11 an element beyond its container", TLSW_LDAP, 0,
	O("\x30\x0c\x02\x01\x01\x65\x08\x0a\x01\x00\x04\x00\x04\x00"), REFUSED, "is no LDAP"},
    {"S11 more behind the operation", TLSW_LDAP, 0,
	O("\x30\x0e\x02\x01\x01\x65\x07\x0a\x01\x00\x04\x00\x04\x00\x04\x00"), REFUSED,
	"is no LDAP"},
    {"S11 negative messageID", TLSW_LDAP, 0,
	O("\x30\x0c\x02\x01\x81\x65\x07\x0a\x01\x00\x04\x00\x04\x00"), REFUSED, "is no LDAP"},
    {"S11 empty message", TLSW_LDAP, 0, O("\x30\x00"), REFUSED, "is no LDAP"},
    {"S11 no TLS either", TLSW_SMTP, 0, O("\x15\x04x\r\n"), REFUSED, "greeting is no SMTP"},
    {"S11 an empty tag", TLSW_IMAP, 0, O(" OK ready\r\n"), REFUSED, "greeting is no IMAP"},
    {"S11 declared twice", TLSW_XMPP, 0, O("<?xml version='1.0'?><?xml version='1.0'?>"), REFUSED,
	"is no XMPP"},
    {"S11 NUL", TLSW_XMPP, 1, O("<proceed " XMPP_TLS "\0/>"), REFUSED, "is no XMPP"},
    {"S11 a text beyond its container", TLSW_LDAP, 1,
	O("\x30\x0c\x02\x01\x02\x78\x07\x0a\x01\x01\x04\x00\x04\x05"), REFUSED, "is no LDAP"},
    {"S11 a negative result", TLSW_LDAP, 1,
	O("\x30\x0c\x02\x01\x02\x78\x07\x0a\x01\xff\x04\x00\x04\x00"), REFUSED, "is no LDAP"},
    {"S11 a long messageID", TLSW_LDAP, 1,
	O("\x30\x10\x02\x05\x00\x00\x00\x00\x02\x78\x07\x0a\x01\x00\x04\x00\x04\x00"), REFUSED,
	"is no LDAP"},
    {"S11 an entry with a second value", TLSW_LDAP, 0,
	O("\x30\x0b\x02\x01\x01\x64\x06\x04\x00\x30\x00\x04\x00"), REFUSED, "is no LDAP"},
    {"S11 an attribute with a third value", TLSW_LDAP, 0,
	O("\x30\x12\x02\x01\x01\x64\x0d\x04\x00\x30\x09\x30\x07\x04\x01x\x31\x00\x04\x00"), REFUSED,
	"is no LDAP"},
    {"S11", TLSW_POSTGRES, 0, O("H"), REFUSED, "is no PostgreSQL: \"H\""},
    {"S11 protocol 9", TLSW_MYSQL, 0, O(MYSQL_PACKET("\x00", "\x09", "\xff")), REFUSED,
	"is no MySQL"},
    {"S11 cut short", TLSW_MYSQL, 0,
	O("\x06\x00\x00\x00\x0a"
	  "3.2\x00x"),
	REFUSED, "is no MySQL"},
    {"S11 empty packet", TLSW_MYSQL, 0, O("\x00\x00\x00\x00"), REFUSED, "is no MySQL"},
    {"S11 another packet\'s turn", TLSW_MYSQL, 0, O(MYSQL_PACKET("\x01", "\x0a", "\xff")), REFUSED,
	"is no MySQL"},

    /* S12 a port that begins with TLS */
    {"S12", TLSW_SMTP, 0, O("\x15\x03\x01\x00\x02\x02\x46"), REFUSED, "server speaks TLS already"},
    {"S12", TLSW_SMTP, 1, O("\x16\x03\x03"), REFUSED,
	"server speaks TLS already: wrap the connection without STARTTLS"},
    {"S12", TLSW_LMTP, 0, O("\x15\x03"), REFUSED, "server speaks TLS already"},
    {"S12", TLSW_IMAP, 1, O("\x15\x03\x03"), REFUSED, "server speaks TLS already"},
    {"S12", TLSW_POP3, 0, O("\x15\x03\x03"), REFUSED, "server speaks TLS already"},
    {"S12", TLSW_FTP, 0, O("\x16\x03\x03"), REFUSED, "server speaks TLS already"},
    {"S12", TLSW_NNTP, 0, O("\x15\x03\x03"), REFUSED, "server speaks TLS already"},
    {"S12", TLSW_SIEVE, 0, O("\x15\x03\x03"), REFUSED, "server speaks TLS already"},
    {"S12", TLSW_XMPP, 0, O("\x15\x03\x01\x00\x02\x02\x46"), REFUSED, "server speaks TLS already"},
    {"S12", TLSW_LDAP, 0, O("\x15\x03\x01\x00\x02\x02\x46"), REFUSED, "server speaks TLS already"},
    {"S12", TLSW_POSTGRES, 0, O("\x15\x03\x01\x00\x02\x02\x46"), REFUSED,
	"server speaks TLS already"},
    {"S12", TLSW_MYSQL, 0, O("\x15\x03\x01\x00\x02\x02\x46"), REFUSED, "server speaks TLS already"},

    /* S17 one reply, several codes */
    {"S17", TLSW_SMTP, 0, O("220-x\r\n250 y\r\n"), REFUSED, "is no SMTP: \"250 y\""},
    {"S17", TLSW_SMTP, 1, O("250-m\r\n220-STARTTLS\r\n250 x\r\n"), REFUSED, "is no SMTP"},
    {"S17", TLSW_SMTP, 2, O("220-go\r\n454 no\r\n"), REFUSED, "is no SMTP"},
    {"S17 no code", TLSW_SMTP, 1, O("250-m\r\nSTARTTLS\r\n250 x\r\n"), REFUSED, "is no SMTP"},
    {"S17", TLSW_LMTP, 2, O("220-go\r\n250 no\r\n"), REFUSED, "is no LMTP"},
    {"S17", TLSW_FTP, 0, O("220-x\r\n250 y\r\n220 z\r\n"), REFUSED, "is no FTP"},
    {"S17", TLSW_FTP, 2, O("234-go\r\n534 no\r\n"), REFUSED, "is no FTP"},
    {"S17 no codes with hyphens", TLSW_NNTP, 2, O("382-go\r\n382 on\r\n"), REFUSED, "is no NNTP"},

    /* S18 a CR that ends nothing */
    {"S18", TLSW_SMTP, 0, O("220 x\ry\r\n"), REFUSED, "is no SMTP: \"220 x\\x0dy\""},
    {"S18", TLSW_SMTP, 2, O("220 x\r\r\n"), REFUSED, "is no SMTP"},
    {"S18", TLSW_IMAP, 2, O("* x\rTAG OK\r\n"), REFUSED, "is no IMAP"},
    {"S18", TLSW_POP3, 2, O("+OK\r+OK\r\n"), REFUSED, "is no POP3"},
    {"S18", TLSW_FTP, 2, O("234 x\ry\n"), REFUSED, "is no FTP"},
    {"S18", TLSW_NNTP, 2, O("382 x\ry\n"), REFUSED, "is no NNTP"},
    {"S18", TLSW_SIEVE, 1, O("OK\r\r\n"), REFUSED, "is no ManageSieve"},

    /* wall: I14; S25 no way back to an older dialogue, and no list that is none */
    {"S25", TLSW_SMTP, 1, O("500 what\r\n"), REFUSED, "server refused EHLO: \"500 what\""},
    {"S25", TLSW_SMTP, 1, O("502 not here\r\n"), REFUSED, "refused EHLO"},
    {"S25", TLSW_LMTP, 1, O("500 what\r\n"), REFUSED, "refused LHLO"},
    {"S25", TLSW_IMAP, 1, O("TAG BAD what\r\n"), REFUSED, "refused CAPABILITY"},
    {"S25", TLSW_FTP, 1, O("530 log in\r\n"), REFUSED, "refused FEAT"},
    {"S25", TLSW_FTP, 1, O("200 ok\r\n"), REFUSED, "is not the one"},
    {"S25", TLSW_NNTP, 1, O("480 log in\r\n"), REFUSED, "refused CAPABILITIES"},
    {"S25", TLSW_LDAP, 0, O(LDAP_OK), REFUSED, "is no LDAP"},

    /* wall: I14; S27 sent elsewhere */
    {"S27 251", TLSW_SMTP, 2, O("251 go there\r\n"), REFUSED, "is not the one"},
    {"S27 551", TLSW_SMTP, 2, O("551 go there\r\n"), REFUSED, "refused STARTTLS"},
    {"S27 251", TLSW_SMTP, 1, O("251-there\r\n251 STARTTLS\r\n"), REFUSED, "is not the one"},
    {"S27", TLSW_IMAP, 2, O("TAG NO [REFERRAL imap://evil/] x\r\n"), REFUSED, "is not the one"},
    {"S27", TLSW_IMAP, 2, O("TAG OK [REFERRAL imap://evil/] x\r\n"), REFUSED, "is not the one"},
    {"S27", TLSW_IMAP, 0, O("* OK [REFERRAL imap://evil/] x\r\n"), REFUSED, "is not the one"},
    {"S27", TLSW_SIEVE, 0, O("BYE (REFERRAL \"sieve://evil\")\r\n"), REFUSED,
	"refused the connection"},
    {"S27", TLSW_LDAP, 1,
	O("\x30\x12\x02\x01\x02\x78\x0d\x0a\x01\x0a\x04\x00\x04\x00\xa3\x04\x04\x02ld"), REFUSED,
	"result 10"},

    /* wall: I13; S29 what a terminal would obey */
    {"S29", TLSW_SMTP, 0, O("554 \x1b[2J %n \xe2\x80\xae \"\\\r\n"), REFUSED,
	"\"554 \\x1b[2J %n \\xe2\\x80\\xae \\\"\\\\\""},
    {"S29 cut", TLSW_POP3, 0,
	O("-ERR xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n"),
	REFUSED, "xxxxxxxx...\""},
    {"S29 capabilities", TLSW_SMTP, 1, O("250-m\r\n250-\x1b]0;\x07\r\n250 %s%n\r\n"), REFUSED,
	"\\x1b]0;\\x07, %s%n"},
};

#define REFUSALS ((int)(sizeof(refusals) / sizeof(refusals[0])))

#endif
