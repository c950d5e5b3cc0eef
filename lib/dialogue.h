/*
 * dialogue.h - what the driver of STARTTLS (starttls.c) and its protocols
 * (starttls_*.c) share.
 *
 * A protocol is a struct tlsw__protocol. A server's unit is what the protocol
 * answers in: a line, an XML tag, a packet. The driver collects one without
 * taking an octet too many and hands it to hear(); hear() and say() return the
 * phase that follows.
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef TLSW_DIALOGUE_H
#define TLSW_DIALOGUE_H

#include "error.h"
#include "starttls.h"

#define TLSW__LINE_MAX 1000    /* octets of a line, its end included */
#define TLSW__UNIT_MAX 8192    /* the same for IMAP, XMPP and LDAP */
#define TLSW__UNITS_MAX 100    /* units in a dialogue */
#define TLSW__OCTETS_MAX 65536 /* octets in a dialogue */
#define TLSW__SAY_MAX 2048     /* octets that we say at once */
#define TLSW__OFFERS_MAX 512   /* octets kept of the capabilities, for messages */

/** lacks(): up to the next end octet. */
#define TLSW__TO_END SSIZE_MAX

enum tlsw__phase {
	TLSW__GREETING, /* hear the greeting */
	TLSW__ASK,	/* say: what can you do? */
	TLSW__LIST,	/* hear the capabilities */
	TLSW__COMMAND,	/* say the upgrade command */
	TLSW__ANSWER,	/* hear whether it goes ahead */
	TLSW__DONE,
	TLSW__FAILED
};

struct tlsw__protocol {
	const char *name;
	enum tlsw__phase first;
	size_t unit_max;
	unsigned char end; /* the octet that can end a unit */

	/** Octets that the unit lacks: a count, TLSW__TO_END, 0 it is complete, -1 error set. */
	ssize_t (*lacks)(struct tlsw__starttls *st);
	/** Put into out what this phase says; returns the next phase, or -1 with the error set. */
	int (*say)(struct tlsw__starttls *st);
	/** A unit has come. Returns this phase to hear more, the next one, or -1 with the error
	 * set. */
	int (*hear)(struct tlsw__starttls *st);
	/** Whether this unit, which came before we spoke, can be passed over. NULL: none can. */
	bool (*unasked)(struct tlsw__starttls *st);

	const char *ask;     /* how messages, and the line protocols, call the request */
	const char *command; /* likewise the upgrade command */

	/* Line protocols only. Lists of statuses are separated by spaces. */
	int (*reply)(
	    struct tlsw__starttls *st);	  /* a line: 0 more follow, 1 the reply is over, -1 */
	const char *greeting;		  /* statuses of a good greeting */
	const char *list;		  /* status of a list of capabilities */
	const char *unknown;		  /* statuses of a server that does not know the request */
	const char *keyword;		  /* the capability: a line's first word */
	bool (*offers)(const char *line); /* or how to know it, where it is more than that */
	const char *go_ahead;		  /* status of the one good answer */
};

struct tlsw__starttls {
	const struct tlsw__protocol *protocol;
	int fd;
	enum tlsw__phase phase;
	int want;   /* the last WANT */
	char *host; /* owned */

	unsigned char out[TLSW__SAY_MAX];
	size_t out_len, out_sent;
	enum tlsw__phase then; /* the phase after out has gone */

	unsigned char unit[TLSW__UNIT_MAX + 1]; /* room for a NUL behind a line */
	size_t len;
	unsigned units;
	size_t octets;

	/* What the protocols keep of the reply that they are in. */
	char status[8];
	bool in_reply, listed, offered;
	bool in_literal; /* ManageSieve */
	size_t literal, literal_end;
	char tag[16];	     /* IMAP */
	unsigned depth;	     /* XMPP */
	unsigned long flags; /* MySQL */
	char offers[TLSW__OFFERS_MAX];
	size_t offers_len;
};

extern const struct tlsw__protocol tlsw__smtp, tlsw__lmtp, tlsw__imap, tlsw__pop3, tlsw__ftp,
    tlsw__nntp, tlsw__sieve, tlsw__xmpp, tlsw__ldap, tlsw__postgres, tlsw__mysql;

/** Put formatted text into out; -1 with TLSW_ERR_HOSTNAME if it does not fit (only a name can be
 * that long). */
int tlsw__dialogue_say(struct tlsw__starttls *st, const char *format, ...) TLSW__PRINTF(2, 3);

/** Put octets into out; there is room for any packet of ours. */
void tlsw__dialogue_say_octets(struct tlsw__starttls *st, const void *octets, size_t len);

/** Remember a capability for the message about one that is missing. */
void tlsw__dialogue_offer(struct tlsw__starttls *st, const char *text, size_t len);

/* The failures. Each sets TLSW_ERR_STARTTLS and returns -1; text is the server's. */
int tlsw__dialogue_refused(const struct tlsw__starttls *st, const void *text, size_t len);
int tlsw__dialogue_unexpected(const struct tlsw__starttls *st, const void *text, size_t len);
int tlsw__dialogue_broken(const struct tlsw__starttls *st, const void *text, size_t len);
int tlsw__dialogue_not_offered(const struct tlsw__starttls *st);

#endif
