/* SPDX-License-Identifier: ISC */
#include "starttls_player.h"

#include <stdbool.h>
#include <string.h>

/* What the client is to say next, octet for octet; an IMAP tag is kept, of 13 octets where TAG
 * has 3. */
static int
expect(struct peer_connection *c, struct octets wanted, char tag[16])
{
	const bool tagged = wanted.len > 3 && memcmp(wanted.at, "TAG", 3) == 0;
	const size_t len = wanted.len + (tagged ? 10 : 0), skip = tagged ? 3 : 0;
	char said[512];
	size_t got = 0;
	ssize_t n;

	if (len == 0)
		return 0;
	while (got < len && (n = peer_get(c, said + got, len - got)) > 0)
		got += (size_t)n;
	if (tagged)
		memcpy(tag, said, 13);
	if (got != len ||
	    memcmp(said + (tagged ? 13 : 0), wanted.at + skip, wanted.len - skip) != 0)
		return peer_fail(c, "the client said something else");
	return 0;
}

static int
answer(struct peer_connection *c, struct octets says, const char *tag)
{
	size_t i;

	for (i = 0; i < says.len; i++) {
		const bool tagged =
		    says.len - i > 3 && tag[0] != '\0' && memcmp(says.at + i, "TAG", 3) == 0;

		if (peer_put(c, tagged ? tag : says.at + i, tagged ? 13 : 1) != 0)
			return -1;
		if (tagged)
			i += 2;
	}
	return 0;
}

/* Plays the dialogue that the step points to. */
int
starttls_play(struct peer_connection *c, const struct peer_step *step)
{
	const struct dialogue *d = step->data;
	char tag[16] = "";
	size_t i;

	for (i = 0; i < TURNS; i++)
		if (expect(c, d->turns[i].hears, tag) != 0 || answer(c, d->turns[i].says, tag) != 0)
			return -1;
	return 0;
}
