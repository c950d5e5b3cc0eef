/*
 * starttls_sql.c - the two databases that have an SSLRequest packet:
 * PostgreSQL, where the client speaks first and one octet is the answer, and
 * MySQL, where the server greets and TLS follows the request at once.
 *
 * SPDX-License-Identifier: ISC
 */
#include "dialogue.h"

#include <string.h>

/* --------------------------------------------------------------- PostgreSQL */

static ssize_t
postgres_lacks(struct tlsw__starttls *st)
{
	return st->len == 0 ? 1 : 0;
}

static int
postgres_say(struct tlsw__starttls *st)
{
	static const unsigned char request[] = {0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f}; /* 80877103 */

	tlsw__dialogue_say_octets(st, request, sizeof(request));
	return TLSW__ANSWER;
}

static int
postgres_hear(struct tlsw__starttls *st)
{
	switch (st->unit[0]) {
	case 'S':
		return TLSW__DONE;
	case 'N':
		return tlsw__error_set(TLSW_ERR_STARTTLS, "server does not offer TLS");
	case 'E':
		/* Its text is not shown: nobody has proved to be the server yet (CVE-2024-10977).
		 */
		return tlsw__error_set(
		    TLSW_ERR_STARTTLS, "server answered SSLRequest with an error");
	default:
		return tlsw__dialogue_broken(st, st->unit, st->len);
	}
}

const struct tlsw__protocol tlsw__postgres = {
    .name = "PostgreSQL",
    .first = TLSW__COMMAND,
    .unit_max = 1,
    .lacks = postgres_lacks,
    .say = postgres_say,
    .hear = postgres_hear,
    .command = "SSLRequest",
};

/* -------------------------------------------------------------------- MySQL */

#define PACKET_HEADER 4 /* length of the payload, 3 octets, lowest first; sequence number */

enum {
	CLIENT_LONG_PASSWORD = 0x00000001,
	CLIENT_PROTOCOL_41 = 0x00000200,
	CLIENT_SSL = 0x00000800,
	CLIENT_TRANSACTIONS = 0x00002000,
	CLIENT_SECURE_CONNECTION = 0x00008000,
	CLIENT_PLUGIN_AUTH = 0x00080000,
	CLIENT_NEEDED = CLIENT_PROTOCOL_41 | CLIENT_SSL,
	CLIENT_WANTED = CLIENT_NEEDED | CLIENT_LONG_PASSWORD | CLIENT_TRANSACTIONS |
			CLIENT_SECURE_CONNECTION | CLIENT_PLUGIN_AUTH
};

static ssize_t
mysql_lacks(struct tlsw__starttls *st)
{
	size_t payload;

	if (st->len < PACKET_HEADER)
		return (ssize_t)(PACKET_HEADER - st->len);
	payload = st->unit[0] | (size_t)st->unit[1] << 8 | (size_t)st->unit[2] << 16;
	return (ssize_t)(PACKET_HEADER + payload - st->len);
}

/* HandshakeV10: 10, version, NUL, thread 4, salt 8, 0, flags 2, charset 1, status 2, flags 2, ...
 */
static bool
mysql_flags(const unsigned char *payload, size_t len, unsigned long *flags)
{
	const unsigned char *p = len > 0 ? memchr(payload, 0, len) : NULL;

	if (len == 0 || payload[0] != 10 || p == NULL ||
	    len - (size_t)(p - payload) < 1 + 4 + 8 + 1 + 2)
		return false;
	len -= (size_t)(p - payload) + 1 + 4 + 8 + 1;
	p += 1 + 4 + 8 + 1;
	*flags = p[0] | (unsigned long)p[1] << 8;
	if (len >= 2 + 1 + 2 + 2)
		*flags |= (unsigned long)p[5] << 16 | (unsigned long)p[6] << 24;
	return true;
}

static int
mysql_hear(struct tlsw__starttls *st)
{
	const unsigned char *payload = st->unit + PACKET_HEADER;
	const size_t len = st->len - PACKET_HEADER;
	unsigned long flags;

	if (len >= 3 && payload[0] == 0xff) /* an error: its number, its text */
		return tlsw__dialogue_refused(st, payload + 3, len - 3);
	if (st->unit[3] != 0 || !mysql_flags(payload, len, &flags))
		return tlsw__dialogue_broken(st, st->unit, st->len);
	if ((flags & CLIENT_NEEDED) != CLIENT_NEEDED)
		return tlsw__error_set(TLSW_ERR_STARTTLS, "server does not offer TLS");
	st->flags = flags & CLIENT_WANTED;
	return TLSW__COMMAND;
}

/* Flags, longest packet 16 MiB, utf8mb4, 23 octets of nothing. TLS begins behind it, no answer
 * comes. */
static int
mysql_say(struct tlsw__starttls *st)
{
	unsigned char request[PACKET_HEADER + 32] = {32, 0, 0, 1};
	size_t i;

	for (i = 0; i < 4; i++)
		request[PACKET_HEADER + i] = (unsigned char)(st->flags >> (8 * i));
	request[PACKET_HEADER + 7] = 1;
	request[PACKET_HEADER + 8] = 45;
	tlsw__dialogue_say_octets(st, request, sizeof(request));
	return TLSW__DONE;
}

const struct tlsw__protocol tlsw__mysql = {
    .name = "MySQL",
    .first = TLSW__GREETING,
    .unit_max = TLSW__LINE_MAX,
    .lacks = mysql_lacks,
    .say = mysql_say,
    .hear = mysql_hear,
    .command = "SSLRequest",
};
