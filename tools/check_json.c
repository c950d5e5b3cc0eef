/*
 * check_json.c - the results of tlswrap check as JSON.
 *
 * SPDX-License-Identifier: ISC
 */
#include "check_tool.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

static json_t *
text_or_null(const char *text)
{
	return text != NULL && *text != '\0' ? json_string(text) : json_null();
}

static json_t *
reasons_json(unsigned long reasons)
{
	json_t *list = json_array();
	const char *text;
	unsigned long bit;
	size_t i;

	for (i = 0; (text = tool_reason(i, &bit)) != NULL; i++)
		if ((reasons & bit) != 0)
			(void)json_array_append_new(list, json_string(text));
	return list;
}

/* NULL when memory is short. */
static json_t *
target_json(const struct check_target *t)
{
	const struct check_result *r = &t->result;
	char when[32] = "";

	if (r->dated)
		check_time(r->not_after, when);
	return json_pack("{s:s, s:i, s:s, s:s, s:o, s:s, s:o, s:o, s:o, s:o}", "host", t->host,
	    "port", (int)strtol(t->port, NULL, 10), "verdict", check_verdict_name(r->verdict),
	    "code", tls_error_name(r->code), "reasons", reasons_json(r->reasons), "message",
	    r->message != NULL ? r->message : "", "not_after", text_or_null(when), "days_left",
	    r->dated ? json_integer(r->days_left) : json_null(), "issuer", text_or_null(r->issuer),
	    "version", text_or_null(r->version));
}

int
check_print_json(const struct check *check)
{
	json_t *all = json_array();
	int status = CHECK_UNKNOWN;
	bool whole = all != NULL;
	size_t i;

	for (i = 0; whole && i < check->targets.count; i++)
		whole = json_array_append_new(all, target_json(&check->targets.list[i])) == 0;
	if (!whole)
		fputs("tlswrap: check: out of memory\n", stderr);
	else if (json_dumpf(all, stdout, JSON_INDENT(2)) == 0 && putchar('\n') != EOF &&
		 tool_flush() == EXIT_GOOD)
		status = CHECK_GOOD;
	json_decref(all);
	return status;
}
