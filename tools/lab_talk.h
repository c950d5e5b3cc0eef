/*
 * lab_talk.h - line servers for the STARTTLS dialogues.
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef LAB_TALK_H
#define LAB_TALK_H

#include "lab.h"

/** What such a server may say; a protocol that has no such thing leaves it out. */
enum lab_text {
	LAB_GREETING,
	LAB_CAPS,         /* with the upgrade */
	LAB_BARE,         /* without */
	LAB_CAPS_FORGED,
	LAB_CAPS_OPEN,    /* their beginning, LAB_MANY going on for ever */
	LAB_GO,
	LAB_GO_EARLY,     /* capabilities, and the go-ahead right behind */
	LAB_GO_LINES,     /* in several lines */
	LAB_GO_MIXED,     /* in several lines with differing codes */
	LAB_GO_EXTRA,     /* with a line too many */
	LAB_GO_UNTAGGED,
	LAB_WRONG_TAG,
	LAB_LONGER_TAG,
	LAB_PREAUTH,
	LAB_PREAUTH_CAPS,
	LAB_NO,
	LAB_NO_TLS_BUT_SSL,
	LAB_NEEDED,
	LAB_OTHER,        /* success, but not this one */
	LAB_CONTINUE,
	LAB_BYE,
	LAB_RUDE,         /* a refusal with control characters */
	LAB_REFERRAL,
	LAB_LONG,         /* how a very long greeting begins */
	LAB_MANY,
	LAB_UNKNOWN,
	LAB_FINE,
	LAB_LEAVE,
	LAB_TEXTS
};

struct lab_line_protocol {
	const char *name;
	const char *ask[2];  /* for the capabilities */
	const char *upgrade;
	const char *quit;
	bool tagged;
	const char *special[3][2]; /* commands inside TLS with an answer of their own */
	const char *text[LAB_TEXTS];
};

enum { LAB_LINE_PROTOCOLS = 5 };
extern const struct lab_line_protocol lab_line_protocols[LAB_LINE_PROTOCOLS];

/** Octets in the same segment as the go-ahead. */
struct lab_tail {
	const char *at;
	size_t len;
};

enum lab_stop { LAB_STOP_NEVER, LAB_STOP_AFTER_GREETING, LAB_STOP_AFTER_CAPS };

/** How one server talks. */
struct lab_talk {
	const struct lab_line_protocol *protocol;
	enum lab_text greeting, caps, go;
	struct lab_tail tail;
	char line_end;      /* '\n' or '\r' instead of both; 0: both */
	enum lab_stop stop; /* go on with the script's next step there */
};

/** A step for PEER_CALL, data being a struct lab_talk. In clear text it ends with
 *  the go-ahead; inside TLS when the client leaves. */
int lab_talk(struct peer_connection *c, const struct peer_step *step);

/** The report's error when a client goes on without TLS. */
#define LAB_WENT_ON_IN_CLEAR "the client went on in clear text"

/** The rows: made on the first call, kept as long as the process. */
const struct lab_row *lab_dialogues(size_t *count);

#endif
