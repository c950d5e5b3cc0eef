/*
 * check_progress.c - one line on a terminal that tells how far tlswrap check is.
 *
 * SPDX-License-Identifier: ISC
 */
#include "check_tool.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BAR 30
#define EVERY_MS 100

static struct {
	enum { UNKNOWN, OFF, ON } state;
	tlsw__deadline next; /* when to draw again */
	bool drawn;
} line;

static bool
has_terminal(void)
{
	const char *term = getenv("TERM");

	return isatty(STDERR_FILENO) && term != NULL && strcmp(term, "dumb") != 0;
}

static void
draw(const struct check *check)
{
	const size_t count = check->targets.count, done = check->finished;
	const size_t part = count > 0 ? done * BAR / count : 0;
	size_t i;

	fputs("\r[", stderr);
	for (i = 0; i < BAR; i++)
		putc(i < part ? '=' : i == part ? '>' : ' ', stderr);
	fprintf(stderr, "] %zu of %zu, %zu critical, %zu warning%s\033[K", done, count,
	    check->totals[CHECK_CRITICAL], check->totals[CHECK_WARNING],
	    check->totals[CHECK_WARNING] == 1 ? "" : "s");
	(void)fflush(stderr);
	line.drawn = true;
}

tlsw__deadline
check_progress(const struct check *check)
{
	if (line.state == UNKNOWN) {
		line.state = has_terminal() ? ON : OFF;
		line.next = tlsw__deadline_in(EVERY_MS);
	}
	if (line.state == OFF)
		return TLSW__NEVER;
	if (tlsw__deadline_left(line.next) == 0) {
		draw(check);
		line.next = tlsw__deadline_in(EVERY_MS);
	}
	return line.next;
}

void
check_progress_end(void)
{
	if (!line.drawn)
		return;
	fputs("\r\033[K", stderr);
	(void)fflush(stderr);
	line.drawn = false;
}
