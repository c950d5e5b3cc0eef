/*
 * protocols.c - the protocols that the subcommands of tlswrap(1) know by name
 * and by port, and how TLS begins in each.
 *
 * SPDX-License-Identifier: ISC
 */
#include "tool.h"

#include <string.h>
#include <strings.h>

static const struct tool_protocol protocols[] = {
    {"tls", TOOL_DIRECT, "443"},
    {"https", TOOL_DIRECT, "443"},
    {"smtp", TLSW_SMTP, "25"},
    {"submission", TLSW_SMTP, "587"},
    {"smtps", TOOL_DIRECT, "465"},
    {"submissions", TOOL_DIRECT, "465"},
    {"lmtp", TLSW_LMTP, "24"},
    {"imap", TLSW_IMAP, "143"},
    {"imaps", TOOL_DIRECT, "993"},
    {"pop3", TLSW_POP3, "110"},
    {"pop3s", TOOL_DIRECT, "995"},
    {"sieve", TLSW_SIEVE, "4190"},
    {"ftp", TLSW_FTP, "21"},
    {"ftps", TOOL_DIRECT, "990"},
    {"nntp", TLSW_NNTP, "119"},
    {"nntps", TOOL_DIRECT, "563"},
    {"xmpp", TLSW_XMPP, "5222"},
    {"xmpps", TOOL_DIRECT, "5223"},
    {"ldap", TLSW_LDAP, "389"},
    {"ldaps", TOOL_DIRECT, "636"},
    {"postgres", TLSW_POSTGRES, "5432"},
    {"postgresql", TLSW_POSTGRES, "5432"},
    {"mysql", TLSW_MYSQL, "3306"},
};
#define COUNT (sizeof(protocols) / sizeof(protocols[0]))

const struct tool_protocol *
tool_protocol(const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < COUNT; i++)
		if (strlen(protocols[i].name) == len &&
		    strncasecmp(protocols[i].name, name, len) == 0)
			return &protocols[i];
	return NULL;
}

int
tool_protocol_of_port(const char *port)
{
	size_t i;

	for (i = 0; i < COUNT; i++)
		if (protocols[i].protocol != TOOL_DIRECT && strcmp(protocols[i].port, port) == 0)
			return protocols[i].protocol;
	return TOOL_DIRECT;
}
