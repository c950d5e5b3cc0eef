/*
 * check.c - tlswrap check HOST...: what is wrong with many servers, and for
 * how long the others will do.
 *
 * SPDX-License-Identifier: ISC
 */
#include "config.h"

#include "check_tool.h"

#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: tlswrap check [OPTION...] [PROTO://]HOST[:PORT]... | -f FILE\n"
    "\n"
    "Connect to many servers at once, verify each, and tell what is wrong with it or when its\n"
    "certificate expires. The port is 443 unless given. With those of smtp, imap, pop3, ftp,\n"
    "nntp, sieve, xmpp, ldap, postgres and mysql TLS begins with STARTTLS; PROTO:// asks for it\n"
    "on other ports, and tls:// for TLS from the first octet.\n"
    "\n"
    "  -f, --file FILE     check those in FILE, one a line, \"#\" begins a comment; - is\n"
    "                      standard input\n"
    "  --warn-days N       warn when a certificate has fewer than N days left (14)\n"
    "  --jobs N            check so many at once at most (1000, if there are descriptors)\n"
    "  --timeout SECONDS   for each, from its name to the end of its handshake (30)\n"
    "  --ca-file FILE      trust the CA certificates in FILE, not the system's\n"
    "  --ca-dir DIR        trust those in an OpenSSL hashed directory\n"
    "  --json              print JSON in place of the table\n"
    "  --html FILE         write a page to look at as well\n"
    "  --help              this text\n"
    "\n"
    "Exit status: 0 all good, 1 a warning, 2 something critical, 3 could not check.\n";

#define JOBS 1000
#define MOST_JOBS 100000
#define MOST_DAYS 36500

enum { OPT_WARN_DAYS = 1000, OPT_JOBS, OPT_JSON, OPT_HTML };

struct request {
	struct tool_trust trust;
	struct check check;
	const char *html; /* NULL: no page */
	bool json;
};

/* Decimal digits, from least to most. */
static bool
parse_number(const char *text, long least, long most, long *number)
{
	char *end;

	if (*text == '\0' || text[strspn(text, "0123456789")] != '\0' || strlen(text) > 9)
		return false;
	*number = strtol(text, &end, 10);
	return *number >= least && *number <= most;
}

static int
take_number(struct request *r, int option)
{
	long number;

	if (option == OPT_WARN_DAYS) {
		if (!parse_number(optarg, 0, MOST_DAYS, &r->check.warn_days))
			return tool_usage_error("check", "\"%s\" is no number of days", optarg);
		return EXIT_GOOD;
	}
	if (!parse_number(optarg, 1, MOST_JOBS, &number))
		return tool_usage_error("check", "\"%s\" is no number of jobs", optarg);
	r->check.jobs = (size_t)number;
	return EXIT_GOOD;
}

static int
take_option(void *into, int option)
{
	struct request *r = into;

	switch (option) {
	case OPT_CA_FILE:
	case OPT_CA_DIR:
		return tool_trust_option(&r->trust, option, optarg);
	case OPT_TIMEOUT:
		if (tool_parse_seconds(optarg, &r->check.timeout_ms))
			return EXIT_GOOD;
		return tool_usage_error("check", "\"%s\" is no time in seconds", optarg);
	case OPT_WARN_DAYS:
	case OPT_JOBS:
		return take_number(r, option);
	case OPT_JSON:
		r->json = true;
		return EXIT_GOOD;
	case OPT_HTML:
		r->html = optarg;
		return EXIT_GOOD;
	case 'f':
		return check_targets_load(&r->check.targets, optarg);
	default:
		return tool_usage_error("check", "see above");
	}
}

static int
take_operands(struct request *r, int count, char **operands)
{
	int i, status = EXIT_GOOD;

	for (i = 0; i < count && status == EXIT_GOOD; i++)
		status = check_targets_add(&r->check.targets, operands[i]);
	if (status == EXIT_GOOD && r->check.targets.count == 0)
		status = tool_usage_error("check", "a HOST[:PORT] or a file of them is needed");
	return status;
}

/* EXIT_GOOD to go on; -1 when help was asked for and given. */
static int
parse(struct request *r, int argc, char **argv)
{
	static const struct option table[] = {TOOL_TRUST_OPTIONS,
	    {"file", required_argument, NULL, 'f'},
	    {"warn-days", required_argument, NULL, OPT_WARN_DAYS},
	    {"jobs", required_argument, NULL, OPT_JOBS},
	    {"timeout", required_argument, NULL, OPT_TIMEOUT},
	    {"json", no_argument, NULL, OPT_JSON}, {"html", required_argument, NULL, OPT_HTML},
	    TOOL_HELP_OPTION, TOOL_END_OF_OPTIONS};
	int status = tool_options(argc, argv, "f:", table, usage, take_option, r);

	if (status != EXIT_GOOD)
		return status;
	status = take_operands(r, argc - optind, argv + optind);
	return status == EXIT_GOOD ? tool_trust_finish(&r->trust) : status;
}

/*
 * Each server is asked for its certificate, however often it is in the list.
 * The deadline is each job's own, which begins before there is a socket.
 */
static int
prepare(struct request *r)
{
	r->check.ctx = r->trust.ctx;
	r->check.now = time(NULL);
	if (tls_context_set_session_cache(r->check.ctx, 0) == -1 ||
	    tls_context_set_handshake_timeout(r->check.ctx, -1) == -1)
		return tool_failed("context", tls_last_error());
	return EXIT_GOOD;
}

static int
report(const struct request *r)
{
	int status, page = CHECK_GOOD;

	if (r->html != NULL)
		page = check_write_html(&r->check, r->html);
	status = r->json ? check_print_json(&r->check) : check_print(&r->check);
	if (status != CHECK_GOOD || page != CHECK_GOOD)
		return CHECK_UNKNOWN;
	return (int)check_worst(&r->check);
}

int
run_check(int argc, char **argv)
{
	struct request r = {.check = {.jobs = JOBS, .timeout_ms = 30000, .warn_days = 14}};
	int status;

	status = tool_trust_init(&r.trust);
	if (status == EXIT_GOOD)
		status = parse(&r, argc, argv);
	if (status == EXIT_GOOD)
		status = prepare(&r);
	if (status == -1)
		status = tool_flush() == EXIT_GOOD ? CHECK_GOOD : CHECK_UNKNOWN;
	else if (status != EXIT_GOOD)
		status = CHECK_UNKNOWN;
	else
		status = check_run(&r.check) ? report(&r) : CHECK_UNKNOWN;
	check_targets_clear(&r.check.targets);
	tool_trust_done(&r.trust);
	return status;
}
