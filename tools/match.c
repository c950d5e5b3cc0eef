/*
 * match.c - tlswrap match CERT HOST: is this certificate for that host?
 *
 * SPDX-License-Identifier: ISC
 */
#include "tool.h"

#include <string.h>

static const char usage[] =
    "usage: tlswrap match CERT HOST\n"
    "\n"
    "Tell whether the first certificate in the file CERT (PEM or DER) is for HOST, a DNS name or\n"
    "an IP address, and by which of its names. The chain is not looked at.\n"
    "\n"
    "  --help   this text\n";

int
run_match(int argc, char **argv)
{
	static const struct option table[] = {TOOL_HELP_OPTION, TOOL_END_OF_OPTIONS};
	tls_certificate *cert;
	const char *host;
	int option, status;

	while ((option = getopt_long(argc, argv, "", table, NULL)) != -1) {
		if (option != OPT_HELP)
			return tool_usage_error("match", "see above");
		fputs(usage, stdout);
		return tool_flush();
	}
	if (argc - optind != 2)
		return tool_usage_error("match", "a CERT and a HOST are needed");
	host = argv[optind + 1];
	cert = tool_load_certificate(argv[optind], &status);
	if (cert == NULL)
		return status;
	if (tls_match_hostname(cert, host) == 0) {
		tool_print_matched(stdout, cert, host);
		status = tool_flush();
	} else {
		status = tool_failed(argv[optind], tls_last_error());
		if (status == EXIT_NAME)
			tool_print_presented(stderr, cert);
	}
	tls_certificate_free(cert);
	return status;
}
