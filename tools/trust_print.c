/*
 * trust_print.c - the answers of tlswrap trust, for people.
 *
 * SPDX-License-Identifier: ISC
 */
#include "trust_report.h"

#include <string.h>

#include "tool.h"

static void
print_path(FILE *out, const char *path)
{
	putc('"', out);
	tool_print_escaped(out, path, strlen(path));
	putc('"', out);
}

static void
print_source(const struct anchor_source *s)
{
	size_t i;

	printf("  %s ", s->kind);
	print_path(stdout, s->path);
	printf(": %zu certificate%s", s->found, s->found == 1 ? "" : "s");
	if (s->repeated > 0)
		printf(", %zu of them named above as well", s->repeated);
	if (s->crls > 0)
		printf(", %zu revocation list%s", s->crls, s->crls == 1 ? "" : "s");
	putchar('\n');
	for (i = 0; i < s->problem_count; i++) {
		fputs("    ", stdout);
		tool_print_escaped(stdout, s->problems[i], strlen(s->problems[i]));
		putchar('\n');
	}
}

static void
print_remarks(const char *indent, unsigned remarks)
{
	unsigned bit;

	for (bit = 1; bit <= REMARK_WEAK; bit <<= 1)
		if ((remarks & bit) != 0)
			printf("%s%s\n", indent, anchor_remark(bit));
}

static void
print_anchor(const struct anchors *all, const struct anchor *a)
{
	printf("%s\n    expires  ", trust_subject(a->cert));
	tool_print_time(stdout, tls_certificate_not_after(a->cert));
	printf("\n    sha256   %s\n    source   ", tls_certificate_sha256(a->cert));
	tool_print_escaped(
	    stdout, all->sources[a->source].path, strlen(all->sources[a->source].path));
	putchar('\n');
	print_remarks("    remark   ", a->remarks);
}

static void
print_log(const struct trust_request *r)
{
	const char *line = r->log.text;
	size_t len;

	if (r->loaded || r->log.len == 0)
		return;
	puts("\nlooked for in this order:");
	for (; *line != '\0'; line += len) {
		len = strcspn(line, "\n");
		printf("  %.*s\n", (int)len, line);
		len += line[len] == '\n';
	}
	if (strstr(r->log.text, "(SSL_CERT_") != NULL)
		puts("The environment overrides the system's own store.");
}

static void
print_warning(const struct anchor *a, unsigned bit)
{
	printf("warning: %s", anchor_remark(bit));
	if ((bit & (REMARK_EXPIRED | REMARK_EXPIRES_SOON | REMARK_NOT_YET)) != 0) {
		fputs(" (", stdout);
		tool_print_time(stdout, bit == REMARK_NOT_YET ? tls_certificate_not_before(a->cert)
							      : tls_certificate_not_after(a->cert));
		putchar(')');
	}
	printf(": %s\n", trust_subject(a->cert));
}

/* What was counted as distrusted is said already. */
static void
print_warnings(const struct anchors *all)
{
	bool first = true;
	unsigned bit;
	size_t i;

	for (i = 0; i < all->count; i++)
		for (bit = 1; bit <= REMARK_WEAK; bit <<= 1) {
			if ((all->list[i].remarks & bit & ~REMARK_DISTRUSTED) == 0)
				continue;
			if (first)
				putchar('\n');
			first = false;
			print_warning(&all->list[i], bit);
		}
}

static void
print_summary(const struct trust_request *r, const struct anchors *all)
{
	const size_t trusted = trust_count_without(all, REMARK_DISTRUSTED);
	size_t i;

	printf("%zu CA certificate%s trusted here:\n", trusted, trusted == 1 ? " is" : "s are");
	for (i = 0; i < all->source_count; i++)
		print_source(&all->sources[i]);
	if (all->count > trusted)
		printf("%zu more %s there but distrusted by %s own settings.\n",
		    all->count - trusted, all->count - trusted == 1 ? "is" : "are",
		    all->count - trusted == 1 ? "its" : "their");
	print_log(r);
	print_warnings(all);
}

static void
print_list(const struct trust_request *r, const struct anchors *all)
{
	size_t i;

	for (i = 0; i < all->count; i++)
		if (trust_is_wanted(r, &all->list[i]))
			print_anchor(all, &all->list[i]);
}

static int
print_found(const struct trust_request *r, const struct anchors *all)
{
	size_t i;

	if (trust_count_wanted(r, all) > 0) {
		print_list(r, all);
		return tool_flush();
	}
	(void)fflush(stdout);
	fprintf(stderr, "tlswrap: trust: %zu certificates, and none has \"", all->count);
	tool_print_escaped(stderr, r->find, strlen(r->find));
	fputs("\" in its subject or as its SHA-256; they come from\n", stderr);
	for (i = 0; i < all->source_count; i++) {
		fputs("    ", stderr);
		print_path(stderr, all->sources[i].path);
		putc('\n', stderr);
	}
	return EXIT_TRUST;
}

/* ------------------------------------------------------------ one certificate */

static int
print_known(const struct trust_request *r, const struct anchors *all, const struct anchor *a)
{
	const bool good = (a->remarks & REMARKS_OF_NO_USE) == 0;

	tool_print_escaped(stdout, r->cert_file, strlen(r->cert_file));
	puts(good ? ": trusted" : ": it is there, but of no use");
	print_anchor(all, a);
	return tool_flush() == EXIT_GOOD ? (good ? EXIT_GOOD : EXIT_TRUST) : EXIT_LOCAL;
}

/* Others of the same name: a renewed CA, or a private one that was made anew. */
static void
print_namesakes(const struct trust_request *r, const struct anchors *all)
{
	size_t i;

	for (i = 0; i < all->count; i++)
		if (strcmp(trust_subject(all->list[i].cert), trust_subject(r->cert)) == 0) {
			puts("Another certificate of that name is trusted:");
			print_anchor(all, &all->list[i]);
		}
}

static int
print_unknown(const struct trust_request *r, const struct anchors *all)
{
	const char *issuer = tls_certificate_issuer_name(r->cert);
	size_t i;

	tool_print_escaped(stdout, r->cert_file, strlen(r->cert_file));
	printf(": not trusted: %s\n    sha256   %s\nIt is in none of these:\n",
	    trust_subject(r->cert), tls_certificate_sha256(r->cert));
	for (i = 0; i < all->source_count; i++)
		print_source(&all->sources[i]);
	print_log(r);
	print_namesakes(r, all);
	if (issuer != NULL && strcmp(issuer, trust_subject(r->cert)) != 0)
		printf("It is no root: \"%s\" has issued it, and that is whom to trust.\n", issuer);
	puts("\nTo trust a CA on the whole system:\n"
	     "  Debian, Alpine   put it into /usr/local/share/ca-certificates/NAME.crt,\n"
	     "                   then run update-ca-certificates\n"
	     "  Fedora, RHEL     put it into /etc/pki/ca-trust/source/anchors/,\n"
	     "                   then run update-ca-trust\n"
	     "  Arch             run trust anchor --store FILE\n"
	     "For one program: tls_context_load_ca_file(), or a bundle that SSL_CERT_FILE names.");
	return tool_flush() == EXIT_GOOD ? EXIT_TRUST : EXIT_LOCAL;
}

int
trust_print(const struct trust_request *r, const struct anchors *all)
{
	const struct anchor *known = trust_find_asked(r, all);

	if (r->find != NULL)
		return print_found(r, all);
	if (r->cert != NULL)
		return known != NULL ? print_known(r, all, known) : print_unknown(r, all);
	print_summary(r, all);
	if (r->list) {
		putchar('\n');
		print_list(r, all);
	}
	return tool_flush();
}
