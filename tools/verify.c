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
take_option(void *into, int option)
{
	struct tool_trust *trust = into;
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
	int status = tool_options(argc, argv, "", table, usage, take_option, trust);

	if (status != EXIT_GOOD)
		return status;
	if (argc - optind != 2)
		return tool_usage_error("verify", "a CHAIN and a HOST are needed");
	return tool_trust_finish(trust);
}

/* The path that was found, good or not: the hook sees it and has no opinion. */
static int
keep_path(const tls_socket *s, const tls_certificate *chain, unsigned long reasons, void *arg)
{
	tls_certificate **path = arg;

	(void)s;
	(void)reasons;
	tls_certificate_free(*path);
	*path = tls_certificate_ref(chain);
	return 0;
}

static int
print_good(const char *file, const tls_certificate *path, const char *host)
{
	printf("%s: good\n", file);
	tool_print_matched(stdout, path, host);
	puts("path:");
	tool_print_chain(stdout, "  ", path);
	return tool_flush();
}

static int
print_refused(const char *file, const tls_certificate *path)
{
	const struct tls_error_info *error = tls_last_error();
	int status = tool_failed(file, error);

	if (error->reasons != 0) {
		fputs("    reasons: ", stderr);
		tool_print_reasons(stderr, error->reasons);
		fputs("\n    best path:\n", stderr);
		tool_print_chain(stderr, "      ", path);
		tool_print_presented(stderr, path);
	}
	return status;
}

static int
verify(tls_context *ctx, const tls_certificate *cert, const char *file, const char *host)
{
	tls_certificate *path = NULL;
	int status;

	if (tls_context_set_verify_hook(ctx, keep_path, &path) == -1)
		return tool_failed("context", tls_last_error());
	if (tls_context_verify(ctx, cert, host) == 0)
		status = print_good(file, path, host);
	else
		status = print_refused(file, path);
	tls_certificate_free(path);
	return status;
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
