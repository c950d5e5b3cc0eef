/*
 * check_progress.c - one line on a terminal that tells how far tlswrap check is.
 *
 * SPDX-License-Identifier: ISC
 */
#include "check_tool.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define BAR 20
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

size_t
check_columns(int fd)
{
	struct winsize size;

	return isatty(fd) && ioctl(fd, TIOCGWINSZ, &size) != -1 ? size.ws_col : 0;
}

/* Cut at the last column but one: a line that goes on in the next cannot be drawn again. */
static void
draw(const struct check *check)
{
	static const char full[BAR + 1] = "====================";
	static const char none[BAR + 1] = "                    ";
	const size_t count = check->targets.count, done = check->finished;
	const size_t columns = check_columns(STDERR_FILENO);
	const int part = count > 0 ? (int)(done * BAR / count) : 0;
	char text[160];

	(void)snprintf(text, sizeof(text), "[%.*s%.*s] %zu of %zu, %zu critical, %zu warning%s",
	    part, full, BAR - part, none, done, count, check->totals[CHECK_CRITICAL],
	    check->totals[CHECK_WARNING], check->totals[CHECK_WARNING] == 1 ? "" : "s");
	fprintf(stderr, "\r%.*s\033[K", columns > 1 ? (int)columns - 1 : 79, text);
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
