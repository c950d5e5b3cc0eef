/*
 * check_targets.c - what tlswrap check is asked to check.
 *
 * SPDX-License-Identifier: ISC
 */
#include "config.h"

#include "check_tool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------ one of them */

static void
clear(struct check_target *target)
{
	free(target->host);
	free(target->name);
	free(target->result.message);
	free(target->result.issuer);
}

/* What is checked is parsed here once, so that nobody is asked anything if it is no host. */
static bool
fill(struct check_target *target, const char *host, const char *port,
    const struct tool_protocol *scheme)
{
	struct tlsw__host parsed;
	char name[sizeof(parsed.name) + sizeof(target->port) + 4];
	bool v6;

	if (tlsw__host_parse(&parsed, host) != 0 || tlsw__connect_port(target->port, port) != 0)
		return false;
	target->protocol = scheme != NULL ? scheme->protocol : tool_protocol_of_port(target->port);
	v6 = parsed.reference.kind == TLSW__REF_IPV6;
	(void)snprintf(name, sizeof(name), "%s%s%s:%s", v6 ? "[" : "", parsed.name, v6 ? "]" : "",
	    target->port);
	target->host = strdup(host);
	target->name = strdup(name);
	if (target->host != NULL && target->name != NULL)
		return true;
	(void)tlsw__error_set_memory();
	return false;
}

/* Cuts text up. NULL, or what is wrong with it. */
static const char *
parse(struct check_target *target, char *text)
{
	const struct tool_protocol *scheme = NULL;
	char *slashes = strstr(text, "://");
	const char *host = NULL, *port = "443";
	size_t len;

	if (slashes != NULL) {
		scheme = tool_protocol(text, (size_t)(slashes - text));
		if (scheme == NULL)
			return "no such PROTO://";
		port = scheme->port;
		text = slashes + 3;
		len = strlen(text);
		if (len > 1 && text[len - 1] == '/') /* as it is copied from a browser */
			text[len - 1] = '\0';
	}
	if (!tool_parse_host(text, &host, &port))
		return "this is no HOST[:PORT]";
	return fill(target, host, port, scheme) ? NULL : tls_last_error()->message;
}

/* NULL, or what is wrong; in memory that lives until the next failure. */
static const char *
add(struct check_targets *targets, const char *text)
{
	struct check_target target = {.result = {.verdict = CHECK_CRITICAL}};
	struct check_target *list = NULL;
	const char *wrong = "out of memory";
	char *copy = strdup(text);

	if (copy == NULL)
		goto out;
	wrong = parse(&target, copy);
	if (wrong != NULL)
		goto out;
	wrong = "out of memory";
	/* Grown by doubling: the count is a power of two when it is full. */
	if ((targets->count & (targets->count - 1)) == 0) {
		list = realloc(
		    targets->list, (targets->count == 0 ? 1 : targets->count * 2) * sizeof(*list));
		if (list == NULL)
			goto out;
		targets->list = list;
	}
	targets->list[targets->count++] = target;
	memset(&target, 0, sizeof(target));
	wrong = NULL;
out:
	free(copy);
	clear(&target);
	return wrong;
}

int
check_targets_add(struct check_targets *targets, const char *text)
{
	const char *wrong = add(targets, text);
	char quoted[TLSW__QUOTE_SIZE];

	if (wrong == NULL)
		return EXIT_GOOD;
	return tool_usage_error("check", "\"%s\": %s",
	    tlsw__text_escape(quoted, sizeof(quoted), text, strlen(text), TLSW__QUOTE_MAX), wrong);
}

/* -------------------------------------------------------------------- a file */

/* What is left of a line without comment and white space around. */
static char *
trim(char *line)
{
	size_t len = strcspn(line, "#\r\n");

	while (len > 0 && (line[len - 1] == ' ' || line[len - 1] == '\t'))
		len--;
	line[len] = '\0';
	return line + strspn(line, " \t");
}

static const char *
add_line(struct check_targets *targets, char *line, size_t len)
{
	if (strlen(line) != len)
		return "there is a NUL octet in it";
	line = trim(line);
	return *line != '\0' ? add(targets, line) : NULL;
}

static int
load(struct check_targets *targets, FILE *file, const char *path)
{
	char *line = NULL, quoted[TLSW__QUOTE_SIZE];
	unsigned long number = 0;
	const char *wrong = NULL;
	size_t size = 0;
	ssize_t len;

	while (wrong == NULL && (len = getline(&line, &size, file)) != -1) {
		number++;
		wrong = add_line(targets, line, (size_t)len);
	}
	free(line);
	if (wrong == NULL)
		return EXIT_GOOD;
	return tool_usage_error("check", "%s, line %lu: %s",
	    tlsw__text_escape(quoted, sizeof(quoted), path, strlen(path), TLSW__QUOTE_MAX), number,
	    wrong);
}

static int
no_file(const char *path, int os_errno)
{
	fputs("tlswrap: check: ", stderr);
	tool_print_escaped(stderr, path, strlen(path));
	fprintf(stderr, ": %s\n", strerror(os_errno));
	return EXIT_LOCAL;
}

int
check_targets_load(struct check_targets *targets, const char *path)
{
	FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");
	int status;

	if (file == NULL)
		return no_file(path, errno);
	status = load(targets, file, path);
	if (status == EXIT_GOOD && ferror(file))
		status = no_file(path, errno);
	if (file != stdin)
		(void)fclose(file);
	return status;
}

void
check_targets_clear(struct check_targets *targets)
{
	size_t i;

	for (i = 0; i < targets->count; i++)
		clear(&targets->list[i]);
	free(targets->list);
	memset(targets, 0, sizeof(*targets));
}
