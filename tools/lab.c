/*
 * lab.c - tlswrap lab: servers that misbehave, to try TLS clients on.
 *
 * SPDX-License-Identifier: ISC
 */
#include "lab_tool.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_TIMEOUT_MS 10000

static const char usage[] =
    "usage: tlswrap lab list [NAME...]\n"
    "       tlswrap lab serve [--ca FILE] [--crl FILE] [--json] [NAME...]\n"
    "       tlswrap lab run [OPTION...] -- COMMAND [ARGUMENT...]\n"
    "\n"
    "Servers that misbehave, each in its own way, to try TLS clients on.\n"
    "\n"
    "  list     every server: its name, what it does, what a client must do\n"
    "  serve    serve them on ports of the loopback until interrupted\n"
    "  run      run COMMAND against each and print the score; in its arguments\n"
    "           %h is the host to ask for, %p the port, %a the address to connect to\n"
    "           (%A: an IPv6 one in brackets), %u the URL, %c the CA file, %r the\n"
    "           revocation list, %s the STARTTLS protocol, %n the server's name;\n"
    "           exit status 0 means that it has accepted\n"
    "\n"
    "  --ca FILE      write the lab's CA certificates there\n"
    "  --crl FILE     write its revocation list there\n"
    "  --only NAME    run these servers only; may be repeated\n"
    "  --timeout S    a client that takes longer hangs (10 seconds)\n"
    "  --verbose      a line for each server, and the last words of those in the wrong\n"
    "  --json         as JSON\n"
    "  --help         this text\n"
    "\n"
    "NAME is a name from the list, or a pattern of the shell: C12, 'P0?', 'S*'.\n";

enum { OPT_CA = 1024, OPT_CRL, OPT_ONLY, OPT_JSON, OPT_VERBOSE };

/* ------------------------------------------------------------------ choosing */

bool
lab_chosen(const struct lab_choice *choice, const struct lab_row *row)
{
	for (int i = 0; i < choice->count; i++)
		if (fnmatch(choice->names[i], row->name, 0) == 0)
			return true;
	return choice->count == 0;
}

int
lab_check_choice(const struct lab_choice *choice)
{
	for (int i = 0; i < choice->count; i++) {
		const struct lab_choice one = {&choice->names[i], 1};
		size_t at = 0;

		while (lab_row_at(at) != NULL && !lab_chosen(&one, lab_row_at(at)))
			at++;
		if (lab_row_at(at) == NULL)
			return tool_usage_error(
			    "lab", "the lab has no server \"%s\"", choice->names[i]);
	}
	return EXIT_GOOD;
}

int
lab_write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");
	bool good = f != NULL && fputs(text, f) >= 0;

	if (f != NULL && fclose(f) != 0)
		good = false;
	if (!good)
		(void)fprintf(stderr, "tlswrap: %s: %s\n", path, strerror(errno));
	return good ? EXIT_GOOD : EXIT_LOCAL;
}

/* ------------------------------------------------------------------- listing */

static int
list(const struct lab_options *o)
{
	const struct lab_row *row;

	for (size_t i = 0; (row = lab_row_at(i)) != NULL; i++)
		if (lab_chosen(&o->choice, row))
			(void)printf("%-10s %s: %s; the client must %s\n", row->name, row->title,
			    row->does, lab_duty(row));
	return tool_flush();
}

/* ------------------------------------------------------------------- options */

static int
take_option(void *into, int option)
{
	struct lab_options *o = into;

	switch (option) {
	case OPT_CA:
		o->ca_file = optarg;
		return EXIT_GOOD;
	case OPT_CRL:
		o->crl_file = optarg;
		return EXIT_GOOD;
	case OPT_ONLY:
		o->choice.names[o->choice.count++] = optarg;
		return EXIT_GOOD;
	case OPT_JSON:
		o->json = true;
		return EXIT_GOOD;
	case OPT_VERBOSE:
		o->verbose = true;
		return EXIT_GOOD;
	case OPT_TIMEOUT:
		if (!tool_parse_seconds(optarg, &o->timeout_ms))
			return tool_usage_error("lab", "\"%s\" is no number of seconds", optarg);
		return EXIT_GOOD;
	default:
		return tool_usage_error("lab", "see above");
	}
}

/* EXIT_GOOD to go on; -1 when help was asked for and given. */
static int
parse(struct lab_options *o, int argc, char **argv)
{
	static const struct option table[] = {{"ca", required_argument, NULL, OPT_CA},
	    {"crl", required_argument, NULL, OPT_CRL}, {"only", required_argument, NULL, OPT_ONLY},
	    {"json", no_argument, NULL, OPT_JSON}, {"verbose", no_argument, NULL, OPT_VERBOSE},
	    {"timeout", required_argument, NULL, OPT_TIMEOUT}, TOOL_HELP_OPTION,
	    TOOL_END_OF_OPTIONS};

	return tool_options(argc, argv, "+", table, usage, take_option, o);
}

/* Behind the options come names, or for run the command. */
static int
take_operands(struct lab_options *o, bool runs, int argc, char **argv)
{
	if (runs) {
		o->command = argv + optind;
		if (optind >= argc)
			return tool_usage_error("lab", "a COMMAND to run is needed, behind \"--\"");
		return lab_check_choice(&o->choice);
	}
	while (optind < argc)
		o->choice.names[o->choice.count++] = argv[optind++];
	return lab_check_choice(&o->choice);
}

int
run_lab(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(const struct lab_options *);
	} verbs[] = {{"list", list}, {"serve", lab_serve}, {"run", lab_run}};
	struct lab_options o = {.timeout_ms = DEFAULT_TIMEOUT_MS};
	int status;

	if (argc > 1 && strcmp(argv[1], "--help") == 0) {
		(void)fputs(usage, stdout);
		return tool_flush();
	}
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (argc < 2 || strcmp(argv[1], verbs[i].name) != 0)
			continue;
		o.choice.names = calloc((size_t)argc, sizeof(char *));
		if (o.choice.names == NULL)
			return EXIT_LOCAL;
		status = parse(&o, argc - 1, argv + 1);
		if (status == EXIT_GOOD)
			status = take_operands(&o, verbs[i].run == lab_run, argc - 1, argv + 1);
		if (status == EXIT_GOOD)
			status = verbs[i].run(&o);
		free(o.choice.names);
		return status == -1 ? tool_flush() : status;
	}
	return tool_usage_error("lab", "list, serve or run?");
}
