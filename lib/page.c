/* SPDX-License-Identifier: ISC */
#include "page.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "explain.h"

#define QUOTED_MAX 512 /* octets */

int
tlsw__page_open(struct tlsw__page *page, FILE *out)
{
	*page = (struct tlsw__page){.out = out};
	return out != NULL ? 0 : tlsw__error_set(TLSW_ERR_USAGE, "describe: the stream is NULL");
}

static void
fail(struct tlsw__page *page)
{
	page->failed = true;
	page->os_errno = errno != 0 ? errno : EIO;
}

int
tlsw__page_close(struct tlsw__page *page)
{
	if (!page->failed && fflush(page->out) != 0)
		fail(page);
	if (page->memory)
		return tlsw__error_set_memory();
	if (page->failed)
		return tlsw__error_set_errno(
		    TLSW_ERR_SYSTEM, page->os_errno, "describe: cannot write");
	return 0;
}

static void
say(struct tlsw__page *page, const char *format, va_list args)
{
	errno = 0;
	if (!page->failed && vfprintf(page->out, format, args) < 0)
		fail(page);
}

void
tlsw__page_say(struct tlsw__page *page, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(page, format, args);
	va_end(args);
}

void
tlsw__page_label(struct tlsw__page *page, const char *label)
{
	tlsw__page_say(page, "    %-27s ", label);
}

void
tlsw__page_line(struct tlsw__page *page, const char *label, const char *format, ...)
{
	va_list args;

	tlsw__page_label(page, label);
	va_start(args, format);
	say(page, format, args);
	va_end(args);
	tlsw__page_say(page, "\n");
}

void
tlsw__page_text(struct tlsw__page *page, const char *text)
{
	page->memory = page->memory || text == NULL;
	tlsw__page_say(page, "%s", text == NULL ? "?" : text);
}

void
tlsw__page_quote(struct tlsw__page *page, const void *data, size_t len)
{
	char text[QUOTED_MAX * 4 + 4];

	tlsw__page_say(
	    page, "\"%s\"", tlsw__text_escape(text, sizeof(text), data, len, QUOTED_MAX));
}

void
tlsw__page_time(struct tlsw__page *page, time_t when)
{
	char text[TLSW__TIME_SIZE];

	tlsw__page_say(page, "%s", tlsw__explain_time(text, when));
}

void
tlsw__page_reference(struct tlsw__page *page, const struct tlsw__reference *reference)
{
	char ip[INET6_ADDRSTRLEN] = "";

	if (reference->kind == TLSW__REF_DNS) {
		tlsw__page_say(page, "\"%s\"", reference->dns);
		return;
	}
	(void)inet_ntop(
	    reference->kind == TLSW__REF_IPV4 ? AF_INET : AF_INET6, reference->ip, ip, sizeof(ip));
	tlsw__page_say(page, "%s", ip);
}
