/*
 * check_print.c - the results of tlswrap check as a table.
 *
 * SPDX-License-Identifier: ISC
 */
#include "config.h"

#include "check_tool.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum column { HOST, VERDICT, REASON, DAYS, ISSUER, TLS, COLUMNS };

#define GAP 2

struct cell {
	char text[CHECK_TEXT];
};

struct table {
	size_t width[COLUMNS];
	size_t gap; /* spaces that are owed before the next text */
	bool colour;
};

static const char *const headings[COLUMNS] = {
    "HOST", "VERDICT", "REASON", "DAYS", "ISSUER", "VERSION"};

/* A result as the texts of its row. */
static void
fill(const struct check_target *t, struct cell row[COLUMNS])
{
	(void)snprintf(row[HOST].text, CHECK_TEXT, "%s", t->name);
	(void)snprintf(row[VERDICT].text, CHECK_TEXT, "%s", check_verdict_name(t->result.verdict));
	check_reason(&t->result, row[REASON].text, CHECK_TEXT);
	row[DAYS].text[0] = '\0';
	if (t->result.dated)
		(void)snprintf(row[DAYS].text, CHECK_TEXT, "%ld", t->result.days_left);
	check_issuer(&t->result, row[ISSUER].text, CHECK_TEXT);
	(void)snprintf(row[TLS].text, CHECK_TEXT, "%s", t->result.version);
}

/* -------------------------------------------------------------------- its width */

static void
measure(struct table *table, const struct check *check, struct cell row[COLUMNS])
{
	size_t i, len;
	int c;

	for (c = 0; c < COLUMNS; c++)
		table->width[c] = strlen(headings[c]);
	for (i = 0; i < check->targets.count; i++) {
		fill(&check->targets.list[i], row);
		for (c = 0; c < COLUMNS; c++) {
			len = strlen(row[c].text);
			if (len > table->width[c])
				table->width[c] = len;
		}
	}
}

/* Until it is narrow enough: what is cut, or left out, one after the other. */
static void
fit(struct table *table, size_t columns)
{
	static const struct {
		enum column column;
		size_t least; /* 0: it is left out */
	} steps[] = {{ISSUER, 16}, {HOST, 40}, {REASON, 20}, {HOST, 28}, {TLS, 0}, {ISSUER, 0},
	    {HOST, 20}, {REASON, 8}, {DAYS, 0}, {HOST, 8}};
	size_t total = 0, *width, i;
	int c;

	for (c = 0; c < COLUMNS; c++)
		total += table->width[c] + GAP;
	for (i = 0; i < sizeof(steps) / sizeof(steps[0]) && total > columns + GAP; i++) {
		width = &table->width[steps[i].column];
		if (steps[i].least == 0) {
			total -= *width + GAP;
			*width = 0;
		} else if (*width > steps[i].least) {
			const size_t over = total - columns - GAP, may = *width - steps[i].least;

			*width -= over < may ? over : may;
			total -= over < may ? over : may;
		}
	}
}

/* no-color.org: set and not empty. */
static bool
wants_colour(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && (no == NULL || *no == '\0') && term != NULL &&
	       strcmp(term, "dumb") != 0;
}

/* ---------------------------------------------------------------------- its rows */

static const char *
colour_of(const struct check_target *t, enum column c)
{
	static const char *const colours[CHECK_VERDICTS] = {"\033[32m", "\033[33m", "\033[1;31m"};

	return c == VERDICT || (c == REASON && t->result.verdict != CHECK_GOOD)
		   ? colours[t->result.verdict]
		   : NULL;
}

/* Spaces are written before the next text only, so that none are at the end of a line. */
static void
print_text(struct table *table, const char *text, size_t len, bool cut, const char *colour)
{
	if (len == 0)
		return;
	printf("%*s", (int)table->gap, "");
	table->gap = 0;
	if (table->colour && colour != NULL)
		fputs(colour, stdout);
	printf("%.*s%s", (int)len, text, cut ? "..." : "");
	if (table->colour && colour != NULL)
		fputs("\033[0m", stdout);
}

static void
print_cell(struct table *table, enum column c, const char *text, const char *colour)
{
	const size_t len = strlen(text), width = table->width[c];
	const bool cut = len > width;

	if (width == 0) /* left out */
		return;
	if (c == DAYS)
		table->gap += width - len;
	print_text(table, text, cut ? width - 3 : len, cut, colour);
	if (c != DAYS && !cut)
		table->gap += width - len;
	table->gap += GAP;
}

static void
end_row(struct table *table)
{
	putchar('\n');
	table->gap = 0;
}

static void
print_row(struct table *table, const struct check_target *t, struct cell row[COLUMNS])
{
	int c;

	fill(t, row);
	for (c = 0; c < COLUMNS; c++)
		print_cell(table, (enum column)c, row[c].text, colour_of(t, (enum column)c));
	end_row(table);
}

int
check_print(const struct check *check)
{
	struct cell *row = calloc(COLUMNS, sizeof(*row));
	struct table table = {.colour = wants_colour()};
	const size_t columns = check_columns(STDOUT_FILENO);
	char summary[128];
	size_t i;
	int c;

	if (row == NULL) {
		fputs("tlswrap: check: out of memory\n", stderr);
		return CHECK_UNKNOWN;
	}
	check_summary(check, summary, sizeof(summary));
	puts(summary);
	measure(&table, check, row);
	if (columns > 0)
		fit(&table, columns);
	for (c = 0; c < COLUMNS; c++)
		print_cell(&table, (enum column)c, headings[c], NULL);
	end_row(&table);
	for (i = 0; i < check->targets.count; i++)
		print_row(&table, &check->targets.list[i], row);
	free(row);
	return tool_flush() == EXIT_GOOD ? CHECK_GOOD : CHECK_UNKNOWN;
}
