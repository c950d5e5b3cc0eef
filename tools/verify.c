/*
 * verify.c - tlswrap verify CHAIN HOST: what a handshake would decide.
 *
 * SPDX-License-Identifier: ISC
 */
#include "tool.h"

static const char usage[] =
    "usage: tlswrap verify [OPTION...] CHAIN HOST\n"
    "\n"
    "Verify the chain in the file CHAIN (PEM or DER), leaf first, for HOST as a handshake\n"
    "would: its other certificates help to build the path and are not trusted.\n"
    "\n"
    "  --ca-file FILE   trust the CA certificates in FILE, not the system's\n"
    "  --ca-dir DIR     trust those in an OpenSSL hashed directory\n"
    "  --at TIME        as of TIME: 2026-11-20, 2026-11-20T14:10:00Z or @SECONDS\n"
    "  --strict         with the rules of RFC 5280 and the CA/Browser Forum on top\n"
    "  --help           this text\n";

static int
take_option(struct tool_trust *trust, int option)
{
	time_t when;
	int rv;

	switch (option) {
	case OPT_CA_FILE:
	case OPT_CA_DIR:
		return tool_trust_option(trust, option, optarg);
	case OPT_STRICT:
		rv = tls_context_set_verify_flags(
		    trust->ctx, tls_context_get_verify_flags(trust->ctx) | TLSW_VERIFY_STRICT);
		break;
	case OPT_AT:
		if (!tool_parse_time(optarg, &when))
			return tool_usage_error("verify", "\"%s\" is no time", optarg);
		rv = tls_context_set_verify_time(trust->ctx, when);
		break;
	default:
		return tool_usage_error("verify", "see above");
	}
	return rv == 0 ? EXIT_GOOD : tool_failed("context", tls_last_error());
}

/* EXIT_GOOD to go on; -1 when help was asked for and given. */
static int
parse(struct tool_trust *trust, int argc, char **argv)
{
	static const struct option table[] = {TOOL_TRUST_OPTIONS,
	    {"at", required_argument, NULL, OPT_AT}, {"strict", no_argument, NULL, OPT_STRICT},
	    TOOL_HELP_OPTION, TOOL_END_OF_OPTIONS};
	int option, status;

	while ((option = getopt_long(argc, argv, "", table, NULL)) != -1) {
		if (option == OPT_HELP) {
			fputs(usage, stdout);
			return -1;
		}
		status = take_option(trust, option);
		if (status != EXIT_GOOD)
			return status;
	}
	if (argc - optind != 2)
		return tool_usage_error("verify", "a CHAIN and a HOST are needed");
	return tool_trust_finish(trust);
}

static int
verify(tls_context *ctx, const tls_certificate *cert, const char *file, const char *host)
{
	const struct tls_error_info *error;

	if (tls_context_verify(ctx, cert, host) == 0) {
		printf("%s: good for \"%s\"\n", file, host);
		tool_print_matched(stdout, cert, host);
		tool_print_chain(stdout, "  ", cert);
		return tool_flush();
	}
	error = tls_last_error();
	(void)tool_failed(file, error);
	if (error->reasons != 0) {
		fputs("    reasons: ", stderr);
		tool_print_reasons(stderr, error->reasons);
		fputs("\n    presented chain:\n", stderr);
		tool_print_chain(stderr, "      ", cert);
		tool_print_presented(stderr, cert);
	}
	return tool_exit_code(error->code);
}

int
run_verify(int argc, char **argv)
{
	struct tool_trust trust;
	tls_certificate *cert = NULL;
	int status;

	status = tool_trust_init(&trust);
	if (status == EXIT_GOOD)
		status = parse(&trust, argc, argv);
	if (status == EXIT_GOOD) {
		cert = tool_load_certificate(argv[optind], &status);
		if (cert != NULL)
			status = verify(trust.ctx, cert, argv[optind], argv[optind + 1]);
	}
	tls_certificate_free(cert);
	tool_trust_done(&trust);
	return status == -1 ? tool_flush() : status;
}
