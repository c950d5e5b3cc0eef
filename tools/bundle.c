/*
 * bundle.c - tlswrap bundle CERTDATA: Mozilla's list of CAs as a PEM bundle.
 *
 * SPDX-License-Identifier: ISC
 */
#include "bundle.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "tool.h"

static const char usage[] =
    "usage: tlswrap bundle [OPTION...] CERTDATA\n"
    "\n"
    "Write the CA certificates in Mozilla's certdata.txt (\"-\": standard input) as a PEM\n"
    "bundle. What is left out is reported on standard error.\n"
    "\n"
    "  -o FILE          into FILE, which is replaced as a whole, not to standard output\n"
    "  --purpose WHAT   server-auth (default), email or any\n"
    "  --at TIME        as of TIME: 2026-11-20, 2026-11-20T14:10:00Z or @SECONDS; otherwise\n"
    "                   what SOURCE_DATE_EPOCH says, or now\n"
    "  --quiet          report errors only\n"
    "  --verbose        report every certificate that is left out\n"
    "  --help           this text\n";

#define CERTDATA_MAX (64UL * 1024 * 1024)

enum { OPT_PURPOSE = 1000, OPT_QUIET, OPT_VERBOSE };
/* --------------------------------------------------------------------- options */

static bool
parse_purpose(const char *text, int *purpose)
{
	if (strcmp(text, "server-auth") == 0)
		*purpose = CERTDATA_SERVER;
	else if (strcmp(text, "email") == 0)
		*purpose = CERTDATA_EMAIL;
	else if (strcmp(text, "any") == 0)
		*purpose = BUNDLE_ANY;
	else
		return false;
	return true;
}

static int
take_option(void *into, int option)
{
	struct bundle_request *r = into;

	switch (option) {
	case 'o':
		r->output = optarg;
		return EXIT_GOOD;
	case OPT_PURPOSE:
		if (!parse_purpose(optarg, &r->purpose))
			return tool_usage_error("bundle", "\"%s\" is no purpose", optarg);
		return EXIT_GOOD;
	case OPT_AT:
		if (!tool_parse_time(optarg, &r->at))
			return tool_usage_error("bundle", "\"%s\" is no time", optarg);
		return EXIT_GOOD;
	case OPT_QUIET:
		r->quiet = true;
		return EXIT_GOOD;
	case OPT_VERBOSE:
		r->verbose = true;
		return EXIT_GOOD;
	default:
		return tool_usage_error("bundle", "see above");
	}
}

/* EXIT_GOOD to go on; -1 when help was asked for and given. */
static int
parse(struct bundle_request *r, int argc, char **argv)
{
	static const struct option table[] = {{"purpose", required_argument, NULL, OPT_PURPOSE},
	    {"at", required_argument, NULL, OPT_AT}, {"quiet", no_argument, NULL, OPT_QUIET},
	    {"verbose", no_argument, NULL, OPT_VERBOSE}, TOOL_HELP_OPTION, TOOL_END_OF_OPTIONS};
	const char *epoch = getenv("SOURCE_DATE_EPOCH");
	char text[32];
	int status;

	r->at = time(NULL);
	if (epoch != NULL) {
		(void)snprintf(text, sizeof(text), "@%s", epoch);
		if (!tool_parse_time(text, &r->at))
			return tool_usage_error("bundle", "SOURCE_DATE_EPOCH is no time");
	}
	status = tool_options(argc, argv, "o:", table, usage, take_option, r);
	if (status != EXIT_GOOD)
		return status;
	if (argc - optind != 1)
		return tool_usage_error("bundle", "a CERTDATA is needed");
	r->file = argv[optind];
	return EXIT_GOOD;
}

/* --------------------------------------------------------------------- reading */

int
bundle_fail(const char *subject, const char *text)
{
	fputs("tlswrap: bundle: ", stderr);
	tool_print_escaped(stderr, subject, strlen(subject));
	fprintf(stderr, ": %s\n", text);
	return EXIT_LOCAL;
}

bool
bundle_digest(const void *data, size_t len, char hex[65])
{
	unsigned char md[EVP_MAX_MD_SIZE];
	size_t md_len = 0, i;

	if (EVP_Q_digest(NULL, "SHA256", NULL, data, len, md, &md_len) != 1)
		return false;
	for (i = 0; i < 32; i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", md[i]);
	return true;
}

static int
read_stream(const struct bundle_request *r, FILE *f, char **text, size_t *len)
{
	size_t room = 0, n;
	char *more;

	do {
		if (*len == room) {
			room = room == 0 ? 1 << 20 : room * 2;
			more = room > 2 * CERTDATA_MAX ? NULL : realloc(*text, room);
			if (more == NULL)
				return bundle_fail(
				    r->file, room > CERTDATA_MAX ? "too large" : "out of memory");
			*text = more;
		}
		n = fread(*text + *len, 1, room - *len, f);
		*len += n;
	} while (n > 0);
	return ferror(f) ? bundle_fail(r->file, strerror(errno)) : EXIT_GOOD;
}

static int
read_source(const struct bundle_request *r, char **text, size_t *len)
{
	const bool standard = strcmp(r->file, "-") == 0;
	FILE *f = standard ? stdin : fopen(r->file, "rb");
	int status;

	if (f == NULL)
		return bundle_fail(r->file, strerror(errno));
	status = read_stream(r, f, text, len);
	if (!standard)
		(void)fclose(f);
	return status;
}

/* ------------------------------------------------------------------------- run */

static int
convert(const struct bundle_request *r, const char *text, size_t len)
{
	struct certdata_error error;
	struct bundle b = {.list = NULL};
	struct certdata data;
	int status;

	if (certdata_parse(text, len, &data, &error) != 0) {
		fputs("tlswrap: bundle: ", stderr);
		tool_print_escaped(stderr, r->file, strlen(r->file));
		if (error.line != 0)
			fprintf(stderr, ": line %u", error.line);
		fprintf(stderr, ": %s\n", error.text);
		return EXIT_LOCAL;
	}
	status = bundle_digest(text, len, b.sha256) ? bundle_choose(r, &data, &b)
						    : bundle_fail(r->file, "out of memory");
	if (status == EXIT_GOOD)
		status = bundle_deliver(r, &b);
	if (status == EXIT_GOOD && !r->quiet)
		fprintf(stderr,
		    "tlswrap: bundle: %zu certificates taken; left out: %zu not for this purpose, "
		    "%zu no longer trusted, %zu distrusted\n",
		    b.count, b.outcomes[NOT_FOR_THIS], b.outcomes[NO_LONGER],
		    b.outcomes[DISTRUSTED] + b.never);
	free(b.list);
	certdata_clear(&data);
	return status;
}

int
run_bundle(int argc, char **argv)
{
	struct bundle_request r = {.file = "", .purpose = CERTDATA_SERVER};
	char *text = NULL;
	size_t len = 0;
	int status;

	status = parse(&r, argc, argv);
	if (status == EXIT_GOOD)
		status = read_source(&r, &text, &len);
	if (status == EXIT_GOOD)
		status = convert(&r, text, len);
	free(text);
	return status == -1 ? tool_flush() : status;
}
