/*
 * check_page.h - the parts of the page that tlswrap check writes.
 *
 * The page has no script and loads nothing; its policy forbids both, and its
 * style sheet is named there by hash. So there are no style attributes: what
 * has a size of its own is SVG. All text that is not from here goes through
 * page_text().
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef TOOL_CHECK_PAGE_H
#define TOOL_CHECK_PAGE_H

#include <stdio.h>

#include "check_tool.h"

/** The style sheet. */
extern const char page_style[];

/** Text as text, in elements and in attributes with double quotes. */
void page_text(FILE *out, const char *text);

/** The days that the axes of the page show: from below 0, which is now, to above. */
struct page_scale {
	long from, to;
	long column;   /* so many days are one column of the picture */
	size_t dated;  /* hosts whose certificate has a date */
	size_t beyond; /* of these so many expire after the end of the axis */
};

struct page_scale page_scale(const struct check *check);

/** Where a day stands on an axis of that width; days out of range stand at its ends. */
double page_x(const struct page_scale *scale, long days, double width);

/** When the certificates expire: all of them in one picture. */
void page_timeline(FILE *out, const struct check *check, const struct page_scale *scale);

/** One of them, as a bar for its row. */
void page_bar(FILE *out, const struct page_scale *scale, const struct check_result *result);

#endif
