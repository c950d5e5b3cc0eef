/*
 * policy.h - the options that bring a context's policy to the command line.
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef TOOL_POLICY_H
#define TOOL_POLICY_H

#include <getopt.h>

#include "tlswrap.h"

enum {
	OPT_PROFILE = 512, /* in the order in which they are applied */
	OPT_MIN_VERSION,
	OPT_MAX_VERSION,
	OPT_CERT,
	OPT_PIN,
	OPT_EXCEPTION,
	OPT_ALPN,
	OPT_CRL_FILE,
	OPT_KEYLOG,
	OPT_KEY, /* with OPT_CERT */
	OPT_POLICY_END
};

#define POLICY_OPTION(name, option)                                                            \
	{                                                                                      \
		name, required_argument, NULL, option                                          \
	}

/* Rows for the table of getopt_long(3). */
#define TOOL_POLICY_OPTIONS                                                                    \
	POLICY_OPTION("profile", OPT_PROFILE), POLICY_OPTION("min-version", OPT_MIN_VERSION),  \
	    POLICY_OPTION("max-version", OPT_MAX_VERSION), POLICY_OPTION("cert", OPT_CERT),    \
	    POLICY_OPTION("key", OPT_KEY), POLICY_OPTION("pin", OPT_PIN),                      \
	    POLICY_OPTION("exception", OPT_EXCEPTION), POLICY_OPTION("alpn", OPT_ALPN),        \
	    POLICY_OPTION("crl-file", OPT_CRL_FILE), POLICY_OPTION("keylog", OPT_KEYLOG)

/* Lines for the usage text. */
#define TOOL_POLICY_USAGE                                                                      \
	"  --profile NAME         default, modern (TLS 1.3 alone) or legacy-server\n"          \
	"  --min-version VERSION  at least 1.2 or 1.3\n"                                       \
	"  --max-version VERSION  at most 1.2 or 1.3\n"                                        \
	"  --alpn NAME[,NAME]     application protocols to offer\n"                            \
	"  --cert FILE            the client's certificate, with its chain; or a pkcs11: URI\n" \
	"  --key FILE             its key, if it is not in the same file\n"                    \
	"  --pin PIN[;PIN]        the server must have one of these keys as well: sha256//...\n" \
	"  --exception PRINT      accept this certificate for this host: cert-sha256:...\n"    \
	"  --crl-file FILE        use the revocation lists in FILE\n"                          \
	"  --keylog FILE          append the secrets, for Wireshark: who has them reads all\n"

/** What was asked for; zero at first. The texts are lent. */
struct tool_policy {
	const char *values[OPT_POLICY_END - OPT_PROFILE];
};

/** Take one of TOOL_POLICY_OPTIONS. EXIT_GOOD, or another status with the failure printed. */
int tool_policy_option(struct tool_policy *policy, const char *command, int option, const char *value);

/**
 * After the last option: set them, in an order of our own, so that theirs makes
 * no difference. host is whom an exception is for. Likewise.
 */
int tool_policy_apply(
    const struct tool_policy *policy, const char *command, tls_context *ctx, const char *host);

#endif
