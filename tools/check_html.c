/*
 * check_html.c - the results of tlswrap check as one page.
 *
 * SPDX-License-Identifier: ISC
 */
#include "check_page.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

/* --------------------------------------------------------------------- its pieces */

void
page_text(FILE *out, const char *text)
{
	for (; *text != '\0'; text++)
		switch (*text) {
		case '&':
			fputs("&amp;", out);
			break;
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		case '\'':
			fputs("&#39;", out);
			break;
		default: /* texts are printable ASCII, whoever they come from */
			if (*text >= 0x20 && *text < 0x7f)
				putc(*text, out);
			else
				fprintf(out, "\\x%02x", (unsigned char)*text);
		}
}

/* The hash by which the page's policy knows the style sheet. */
static bool
hash_style(char out[64])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int len = 0;

	if (EVP_Digest(page_style, strlen(page_style), digest, &len, EVP_sha256(), NULL) != 1 ||
	    len != 32)
		return false;
	return EVP_EncodeBlock((unsigned char *)out, digest, (int)len) == 44;
}

static void
put_head(FILE *out, const struct check *check, const char *style_hash)
{
	char summary[128], when[32];

	check_summary(check, summary, sizeof(summary));
	check_time(check->now, when);
	fprintf(out,
	    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
	    "style-src 'sha256-%s'; base-uri 'none'; form-action 'none'\">\n"
	    "<meta name=\"viewport\" content=\"width=device-width\">\n"
	    "<meta name=\"referrer\" content=\"no-referrer\">\n<title>%s</title>\n"
	    "<style>%s</style>\n</head>\n<body>\n",
	    style_hash, summary, page_style);
	fprintf(out,
	    "<h1>%zu host%s and their certificates</h1>\n<p>As of %s. A certificate with fewer "
	    "than %ld days left is a warning.</p>\n",
	    check->targets.count, check->targets.count == 1 ? "" : "s", when, check->warn_days);
}

/* What is picked here is shown below: a rule of the style sheet does it. */
static void
put_picks(FILE *out, const struct check *check)
{
	int v;

	fputs("<input class=\"pick\" type=\"radio\" name=\"pick\" id=\"p-all\" checked>\n", out);
	for (v = CHECK_CRITICAL; v >= CHECK_GOOD; v--)
		fprintf(out, "<input class=\"pick\" type=\"radio\" name=\"pick\" id=\"p-%s\">\n",
		    check_verdict_name((enum check_verdict)v));
	fprintf(
	    out, "<nav>\n<label for=\"p-all\"><b>%zu</b> in all</label>\n", check->targets.count);
	for (v = CHECK_CRITICAL; v >= CHECK_GOOD; v--) {
		const char *name = check_verdict_name((enum check_verdict)v);

		fprintf(out, "<label for=\"p-%s\" class=\"%s\"><b>%zu</b> %s</label>\n", name, name,
		    check->totals[v], name);
	}
	fputs("</nav>\n", out);
}

/* ----------------------------------------------------------------------- its rows */

static void
put_dates(FILE *out, const struct page_scale *scale, const struct check_result *r)
{
	char when[32];

	if (!r->dated) {
		fputs("<td class=\"days\"></td><td></td><td></td>", out);
		return;
	}
	check_time(r->not_after, when);
	fprintf(out, "<td class=\"days\">%ld</td><td class=\"bar\">", r->days_left);
	page_bar(out, scale, r);
	fprintf(out, "</td><td class=\"when\" title=\"%s\">%.10s</td>", when, when);
}

static void
put_row(FILE *out, const struct check *check, size_t position, const struct page_scale *scale)
{
	const struct check_target *t = &check->targets.list[position];
	const struct check_result *r = &t->result;
	const char *verdict = check_verdict_name(r->verdict);
	char text[CHECK_TEXT];

	fprintf(out, "<tr id=\"h%zu\" class=\"%s\"><td>%s</td><td class=\"host\">", position,
	    verdict, verdict);
	page_text(out, t->name);
	fputs("</td><td class=\"why\">", out);
	check_reason(r, text, sizeof(text));
	page_text(out, text);
	if (r->message != NULL && (r->verdict == CHECK_CRITICAL || r->above)) {
		fputs("<small>", out);
		page_text(out, r->message);
		fputs("</small>", out);
	}
	fputs("</td>", out);
	put_dates(out, scale, r);
	fputs("<td class=\"issuer\" title=\"", out);
	page_text(out, r->issuer != NULL ? r->issuer : "");
	fputs("\">", out);
	check_issuer(r, text, sizeof(text));
	page_text(out, text);
	fputs("</td><td class=\"version\">", out);
	page_text(out, r->version);
	fputs("</td></tr>\n", out);
}

/* The most urgent first: the worst verdict, then the fewest days left. */
static int
by_urgency(const void *a, const void *b)
{
	const struct check_target *x = *(const struct check_target *const *)a;
	const struct check_target *y = *(const struct check_target *const *)b;

	if (x->result.verdict != y->result.verdict)
		return x->result.verdict > y->result.verdict ? -1 : 1;
	if (x->result.dated != y->result.dated)
		return x->result.dated ? -1 : 1;
	if (x->result.dated && x->result.days_left != y->result.days_left)
		return x->result.days_left < y->result.days_left ? -1 : 1;
	return x < y ? -1 : x > y;
}

static bool
put_table(FILE *out, const struct check *check, const struct page_scale *scale)
{
	const struct check_target **order =
	    calloc(check->targets.count, sizeof(struct check_target *));
	size_t i;

	if (order == NULL)
		return false;
	for (i = 0; i < check->targets.count; i++)
		order[i] = &check->targets.list[i];
	qsort(order, check->targets.count, sizeof(struct check_target *), by_urgency);
	fputs("<div class=\"wide\">\n<table>\n<thead><tr><th>Verdict</th><th>Host</th><th>Why</th>"
	      "<th class=\"days\">Days</th><th></th><th>Expires</th><th>Issuer</th>"
	      "<th>Version</th></tr></thead>\n<tbody>\n",
	    out);
	for (i = 0; i < check->targets.count; i++)
		put_row(out, check, (size_t)(order[i] - check->targets.list), scale);
	fputs("</tbody>\n</table>\n</div>\n", out);
	free(order);
	return true;
}

/* ---------------------------------------------------------------------- the whole */

static bool
compose(FILE *out, const struct check *check)
{
	const struct page_scale scale = page_scale(check);
	char style_hash[64];
	bool whole;

	if (!hash_style(style_hash))
		return false;
	put_head(out, check, style_hash);
	put_picks(out, check);
	fputs("<main>\n", out);
	if (scale.dated > 0)
		page_timeline(out, check, &scale);
	whole = put_table(out, check, &scale);
	fprintf(out, "</main>\n<p>tlswrap %s</p>\n</body>\n</html>\n", tlswrap_version());
	return whole && !ferror(out);
}

int
check_write_html(const struct check *check, const char *path)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	bool done = out != NULL && compose(out, check);

	if (out != NULL && fclose(out) != 0)
		done = false;
	if (!done)
		errno = ENOMEM; /* nothing else can be short here */
	done = done && tool_replace_file(path, text, len);
	if (!done) {
		const int os_errno = errno;

		fputs("tlswrap: check: ", stderr);
		tool_print_escaped(stderr, path, strlen(path));
		fprintf(stderr, ": %s\n", strerror(os_errno));
	}
	free(text);
	return done ? CHECK_GOOD : CHECK_UNKNOWN;
}
