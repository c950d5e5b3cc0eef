/*
 * main.c - tlswrap(1): finds the subcommand and hands over to it.
 *
 * SPDX-License-Identifier: ISC
 */
#include "tool.h"

#include <string.h>

struct command {
	const char *name;
	const char *operands;
	const char *summary;
	int (*run)(int argc, char **argv);
};

static const struct command commands[] = {
    {"bundle", "CERTDATA", "make a PEM bundle of Mozilla's list of CAs", run_bundle},
    {"check", "HOST[:PORT]...", "verify many servers, and tell when their certificates expire",
	run_check},
    {"connect", "HOST[:PORT]", "connect, verify, and pipe standard input and output", run_connect},
    {"lab", "list|serve|run", "servers that misbehave, to try TLS clients on", run_lab},
    {"match", "CERT HOST", "tell whether a certificate is for a host", run_match},
    {"trust", "[CERT]", "tell which CA certificates are trusted here, and why not more", run_trust},
    {"verify", "CHAIN HOST", "verify a chain for a host, as a handshake would", run_verify},
};

static void
print_help(FILE *out)
{
	size_t i;

	fputs("usage: tlswrap COMMAND [OPTION...] OPERAND...\n\n", out);
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		fprintf(out, "  %-8s %-14s %s\n", commands[i].name, commands[i].operands,
		    commands[i].summary);
	fputs("\n"
	      "  --help       this text; \"tlswrap COMMAND --help\" has the options\n"
	      "  --version    the version\n"
	      "\n"
	      "Exit status: 0 good, 1 failure on this side, 2 usage, 3 network, 4 TLS,\n"
	      "5 certificate, 6 host name, 7 end without close_notify, 8 CA certificates,\n"
	      "9 the client under test is wrong somewhere; \"check\" has its own.\n",
	    out);
}

static const struct command *
find(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

int
main(int argc, char **argv)
{
	const struct command *command;

	if (argc < 2) {
		print_help(stderr);
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
		print_help(stdout);
		return tool_flush();
	}
	if (strcmp(argv[1], "--version") == 0) {
		printf("tlswrap %s\n", tlswrap_version());
		return tool_flush();
	}
	command = find(argv[1]);
	if (command == NULL)
		return tool_usage_error(NULL, "\"%s\" is no command", argv[1]);
	return command->run(argc - 1, argv + 1);
}
