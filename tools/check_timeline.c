/*
 * check_timeline.c - when certificates expire, as pictures in SVG.
 *
 * SPDX-License-Identifier: ISC
 */
#include "check_page.h"

#define DAY (24L * 60 * 60)
#define EARLIEST (-60) /* days: what expired earlier stands at the left end */
#define LATEST 400     /* what expires later stands at the right end */
#define LEAST 30

#define WIDTH 1000.0
#define MARGIN 8.0
#define PLOT (WIDTH - 2 * MARGIN)
#define TOP 22.0
#define LEAST_HEIGHT 60.0
#define MOST_HEIGHT 150.0
#define LABELS 24.0 /* below the axis */

#define COLUMNS_MAX 120
#define BINS (COLUMNS_MAX + 2) /* the ends may need one more each */
#define CELL 12.0	       /* the height of a host, */
#define MERGE 2.5	       /* and from where on there are too many to tell them apart */

struct picture {
	FILE *out;
	const struct check *check;
	const struct page_scale *scale;
	double base; /* where the axis is */
	size_t bins;
	size_t of[BINS][CHECK_VERDICTS]; /* hosts in each bin */
	double cell;			 /* the height of a host */
};

/* -------------------------------------------------------------------- the scale */

struct page_scale
page_scale(const struct check *check)
{
	struct page_scale s = {.from = 0, .to = check->warn_days * 2};
	size_t i;

	if (s.to < LEAST)
		s.to = LEAST;
	for (i = 0; i < check->targets.count; i++) {
		const struct check_result *r = &check->targets.list[i].result;

		if (!r->dated)
			continue;
		s.dated++;
		s.beyond += r->days_left > LATEST;
		if (r->days_left < s.from)
			s.from = r->days_left;
		if (r->days_left > s.to)
			s.to = r->days_left;
	}
	if (s.from < EARLIEST)
		s.from = EARLIEST;
	if (s.to > LATEST)
		s.to = LATEST;
	s.from -= (s.to - s.from) / 40 + 1;
	s.to += (s.to - s.from) / 40 + 1;
	s.column = (s.to - s.from + COLUMNS_MAX - 1) / COLUMNS_MAX;
	s.from = -((-s.from + s.column - 1) / s.column * s.column); /* one begins today */
	return s;
}

double
page_x(const struct page_scale *scale, long days, double width)
{
	if (days < scale->from)
		days = scale->from;
	if (days > scale->to)
		days = scale->to;
	return (double)(days - scale->from) * width / (double)(scale->to - scale->from);
}

static double
plot_x(const struct picture *p, long days)
{
	return MARGIN + page_x(p->scale, days, PLOT);
}

/* ---------------------------------------------------------------- where things go */

static size_t
bin_of(const struct picture *p, long days)
{
	if (days < p->scale->from)
		days = p->scale->from;
	if (days > p->scale->to)
		days = p->scale->to;
	return (size_t)((days - p->scale->from) / p->scale->column);
}

/* Hosts in the fullest bin. */
static size_t
most_in_a_bin(const struct picture *p)
{
	size_t i, n, most = 1;

	for (i = 0; i < p->bins; i++) {
		n = p->of[i][CHECK_GOOD] + p->of[i][CHECK_WARNING] + p->of[i][CHECK_CRITICAL];
		if (n > most)
			most = n;
	}
	return most;
}

static void
lay_out(struct picture *p)
{
	const long range = p->scale->to - p->scale->from;
	double height;
	size_t i, most;

	p->bins = (size_t)(range / p->scale->column) + 1;
	for (i = 0; i < p->check->targets.count; i++) {
		const struct check_result *r = &p->check->targets.list[i].result;

		if (r->dated)
			p->of[bin_of(p, r->days_left)][r->verdict]++;
	}
	most = most_in_a_bin(p);
	height = CELL * (double)(most + 1);
	if (height < LEAST_HEIGHT)
		height = LEAST_HEIGHT;
	if (height > MOST_HEIGHT)
		height = MOST_HEIGHT;
	p->base = TOP + height;
	p->cell = height / (double)most < CELL ? height / (double)most : CELL;
}

/* ------------------------------------------------------------------ the background */

static void
put_zone(const struct picture *p, const char *name, double from, double to)
{
	fprintf(p->out,
	    "<rect class=\"%s\" x=\"%.1f\" y=\"%.0f\" width=\"%.1f\" height=\"%.0f\"/>\n", name,
	    from, TOP, to - from, p->base - TOP);
}

static void
put_tick(const struct picture *p, long days, const char *label)
{
	const double x = plot_x(p, days);

	fprintf(p->out, "<line class=\"tick\" x1=\"%.1f\" y1=\"%.0f\" x2=\"%.1f\" y2=\"%.0f\"/>", x,
	    TOP, x, p->base + 4);
	if (x < WIDTH - 40) /* there is room for it */
		fprintf(
		    p->out, "<text x=\"%.1f\" y=\"%.0f\">%s</text>", x + 3, p->base + 16, label);
	putc('\n', p->out);
}

/* How many months there are from one label to the next: they are not to touch. */
static int
months_apart(const struct page_scale *scale)
{
	const double month = PLOT * 30 / (double)(scale->to - scale->from);

	return month >= 50 ? 1 : month >= 25 ? 2 : 3;
}

/* The first of each month, in UTC. */
static void
put_months(const struct picture *p)
{
	const int apart = months_apart(p->scale);
	const time_t now = p->check->now;
	char label[32];
	struct tm tm;
	time_t at;
	long days;

	if (gmtime_r(&now, &tm) == NULL)
		return;
	tm.tm_mon -= 3; /* before EARLIEST */
	tm.tm_mday = 1;
	tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
	for (;;) {
		tm.tm_mon++;
		at = timegm(&tm);
		days = (long)((at - now) / DAY);
		if (at == (time_t)-1 || days > p->scale->to)
			return;
		if (days >= p->scale->from && tm.tm_mon % apart == 0 &&
		    strftime(label, sizeof(label), tm.tm_mon == 0 ? "%b %Y" : "%b", &tm) > 0)
			put_tick(p, days, label);
	}
}

static void
put_weeks(const struct picture *p)
{
	char label[32];
	struct tm tm;
	time_t at;
	long days;

	for (days = p->scale->from - p->scale->from % 7; days < p->scale->to; days += 7) {
		at = p->check->now + days * DAY;
		if (gmtime_r(&at, &tm) != NULL && strftime(label, sizeof(label), "%e %b", &tm) > 0)
			put_tick(p, days, label);
	}
}

static void
put_background(const struct picture *p)
{
	const double now = plot_x(p, 0), warn = plot_x(p, p->check->warn_days);

	put_zone(p, "pastzone", MARGIN, now);
	put_zone(p, "warnzone", now, warn);
	if (p->scale->to - p->scale->from <= 100)
		put_weeks(p);
	else
		put_months(p);
	fprintf(p->out, "<line class=\"axis\" x1=\"%.1f\" y1=\"%.0f\" x2=\"%.1f\" y2=\"%.0f\"/>\n",
	    MARGIN, p->base, WIDTH - MARGIN, p->base);
	fprintf(p->out,
	    "<line class=\"today\" x1=\"%.1f\" y1=\"%.0f\" x2=\"%.1f\" y2=\"%.0f\"/>"
	    "<text class=\"now\" x=\"%.1f\" y=\"%.0f\">today</text>\n",
	    now, TOP - 6, now, p->base, now + 4, TOP - 8);
}

/* ---------------------------------------------------------------------- the hosts */

/* So many hosts of a bin, on top of those that are there. The element stays open. */
static void
put_rect(const struct picture *p, size_t bin, size_t from, size_t count, enum check_verdict verdict)
{
	const double width =
	    PLOT * (double)p->scale->column / (double)(p->scale->to - p->scale->from);
	const double gap = p->cell < MERGE ? 0 : 1;

	fprintf(p->out,
	    "<rect class=\"fill-%s\" x=\"%.1f\" y=\"%.2f\" width=\"%.1f\" height=\"%.2f\">",
	    check_verdict_name(verdict), MARGIN + width * (double)bin + 0.5,
	    p->base - p->cell * (double)(from + count) + gap / 2, width - 1,
	    p->cell * (double)count - gap);
}

static void
put_merged(const struct picture *p)
{
	size_t i, at, n;
	int v;

	for (i = 0; i < p->bins; i++)
		for (at = 0, v = CHECK_CRITICAL; v >= CHECK_GOOD; v--) {
			n = p->of[i][v];
			if (n == 0)
				continue;
			put_rect(p, i, at, n, (enum check_verdict)v);
			fprintf(p->out, "<title>%zu %s</title></rect>\n", n,
			    check_verdict_name((enum check_verdict)v));
			at += n;
		}
}

/* Each host is a way to its row; the critical ones are at the bottom. */
static void
put_each(const struct picture *p)
{
	size_t at[BINS] = {0}, i, bin;
	int v;

	for (v = CHECK_CRITICAL; v >= CHECK_GOOD; v--)
		for (i = 0; i < p->check->targets.count; i++) {
			const struct check_target *t = &p->check->targets.list[i];

			if (!t->result.dated || (int)t->result.verdict != v)
				continue;
			bin = bin_of(p, t->result.days_left);
			fprintf(p->out, "<a href=\"#h%zu\">", i);
			put_rect(p, bin, at[bin]++, 1, t->result.verdict);
			fputs("<title>", p->out);
			page_text(p->out, t->name);
			fprintf(p->out, ", %ld days</title></rect></a>\n", t->result.days_left);
		}
}

static void
put_caption(const struct picture *p)
{
	const size_t undated = p->check->targets.count - p->scale->dated;

	fputs("<figcaption>When the certificates expire", p->out);
	if (p->scale->column > 1)
		fprintf(p->out, ", %ld days a column", p->scale->column);
	if (p->scale->beyond > 0)
		fprintf(p->out, "; %zu later than this, at the right end", p->scale->beyond);
	if (undated > 0)
		fprintf(p->out, "; %zu host%s showed none", undated, undated == 1 ? "" : "s");
	fputs(".</figcaption>\n", p->out);
}

void
page_timeline(FILE *out, const struct check *check, const struct page_scale *scale)
{
	struct picture p = {.out = out, .check = check, .scale = scale};

	lay_out(&p);
	fprintf(out,
	    "<figure>\n<svg viewBox=\"0 0 %.0f %.0f\" role=\"img\" "
	    "aria-label=\"When the certificates expire\">\n",
	    WIDTH, p.base + LABELS);
	put_background(&p);
	if (p.cell < MERGE)
		put_merged(&p);
	else
		put_each(&p);
	fputs("</svg>\n", out);
	put_caption(&p);
	fputs("</figure>\n", out);
}

void
page_bar(FILE *out, const struct page_scale *scale, const struct check_result *r)
{
	const double width = 140, now = page_x(scale, 0, width);
	const double end = page_x(scale, r->days_left, width);
	const double from = end < now ? end : now, len = end < now ? now - end : end - now;

	fprintf(out,
	    "<svg width=\"%.0f\" height=\"9\" aria-hidden=\"true\">"
	    "<rect class=\"track\" y=\"2\" width=\"%.0f\" height=\"5\" rx=\"2\"/>"
	    "<rect class=\"fill-%s\" x=\"%.1f\" y=\"2\" width=\"%.1f\" height=\"5\"/>"
	    "<line class=\"today\" x1=\"%.1f\" y1=\"0\" x2=\"%.1f\" y2=\"9\"/></svg>",
	    width, width, check_verdict_name(r->verdict), from, len < 1.5 ? 1.5 : len, now, now);
}
