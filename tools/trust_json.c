/*
 * trust_json.c - the answers of tlswrap trust as JSON.
 *
 * SPDX-License-Identifier: ISC
 */
#include "trust_report.h"

#include <string.h>

#include <jansson.h>

#include "error.h"
#include "tool.h"

static json_t *
time_json(time_t when)
{
	char text[32];
	struct tm tm;

	if (gmtime_r(&when, &tm) == NULL ||
	    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		return json_null();
	return json_string(text);
}

static json_t *
remarks_json(unsigned remarks)
{
	json_t *list = json_array();
	unsigned bit;

	for (bit = 1; bit <= REMARK_WEAK; bit <<= 1)
		if ((remarks & bit) != 0)
			(void)json_array_append_new(list, json_string(anchor_remark(bit)));
	return list;
}

/* A path may be no UTF-8: then it is written as messages write it. */
static json_t *
path_json(const char *path)
{
	json_t *text = json_string(path);
	char escaped[4096];

	if (text != NULL)
		return text;
	return json_string(tlsw__text_escape(escaped, sizeof(escaped), path, strlen(path), 1000));
}

static json_t *
anchor_json(const struct anchors *all, const struct anchor *a)
{
	return json_pack("{s:s, s:o, s:o, s:s, s:o, s:b, s:o}", "subject", trust_subject(a->cert),
	    "not_before", time_json(tls_certificate_not_before(a->cert)), "not_after",
	    time_json(tls_certificate_not_after(a->cert)), "sha256",
	    tls_certificate_sha256(a->cert), "source", path_json(all->sources[a->source].path),
	    "usable", (a->remarks & REMARKS_OF_NO_USE) == 0, "remarks", remarks_json(a->remarks));
}

static json_t *
source_json(const struct anchor_source *s)
{
	json_t *problems = json_array();
	size_t i;

	for (i = 0; i < s->problem_count; i++)
		(void)json_array_append_new(problems, path_json(s->problems[i]));
	return json_pack("{s:s, s:o, s:I, s:I, s:I, s:o}", "kind", s->kind, "path",
	    path_json(s->path), "certificates", (json_int_t)s->found, "repeated",
	    (json_int_t)s->repeated, "revocation_lists", (json_int_t)s->crls, "problems", problems);
}

static json_t *
log_json(const struct trust_request *r)
{
	json_t *lines = json_array();
	const char *line = r->log.text;
	size_t len;

	for (; !r->loaded && *line != '\0'; line += len) {
		len = strcspn(line, "\n");
		(void)json_array_append_new(lines, json_stringn(line, len));
		len += line[len] == '\n';
	}
	return lines;
}

/* Whether the certificate that was asked about is there and of use; null: none was. */
static json_t *
asked_json(const struct trust_request *r, const struct anchors *all)
{
	const struct anchor *known = trust_find_asked(r, all);

	if (r->cert == NULL)
		return json_null();
	return json_pack("{s:o, s:s, s:s, s:b, s:o}", "file", path_json(r->cert_file), "subject",
	    trust_subject(r->cert), "sha256", tls_certificate_sha256(r->cert), "trusted",
	    known != NULL && (known->remarks & REMARKS_OF_NO_USE) == 0, "remarks",
	    remarks_json(known != NULL ? known->remarks : 0));
}

static json_t *
whole_json(const struct trust_request *r, const struct anchors *all)
{
	json_t *sources = json_array(), *list = json_array();
	size_t i;

	for (i = 0; i < all->source_count; i++)
		(void)json_array_append_new(sources, source_json(&all->sources[i]));
	for (i = 0; i < all->count; i++)
		if (trust_is_wanted(r, &all->list[i]))
			(void)json_array_append_new(list, anchor_json(all, &all->list[i]));
	return json_pack("{s:o, s:I, s:o, s:o, s:o, s:o}", "at", time_json(all->now), "trusted",
	    (json_int_t)trust_count_without(all, REMARK_DISTRUSTED), "sources", sources,
	    "looked_for", log_json(r), "asked", asked_json(r, all), "certificates", list);
}

/* The exit status says what it says for people. */
static int
verdict(const struct trust_request *r, const struct anchors *all)
{
	const struct anchor *known = trust_find_asked(r, all);

	if (r->find != NULL)
		return trust_count_wanted(r, all) > 0 ? EXIT_GOOD : EXIT_TRUST;
	if (r->cert == NULL || (known != NULL && (known->remarks & REMARKS_OF_NO_USE) == 0))
		return EXIT_GOOD;
	return EXIT_TRUST;
}

int
trust_print_json(const struct trust_request *r, const struct anchors *all)
{
	json_t *whole = whole_json(r, all);
	int status = EXIT_LOCAL;

	if (whole == NULL)
		fputs("tlswrap: trust: out of memory\n", stderr);
	else if (json_dumpf(whole, stdout, JSON_INDENT(2)) == 0 && putchar('\n') != EOF)
		status = tool_flush();
	json_decref(whole);
	return status == EXIT_GOOD ? verdict(r, all) : status;
}
