/*
 * trust.c - tlswrap trust: what is trusted here, from where, and why not more.
 *
 * SPDX-License-Identifier: ISC
 */
#include "trust_report.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "tool.h"

static const char usage[] =
    "usage: tlswrap trust [OPTION...] [CERT]\n"
    "\n"
    "Tell which CA certificates are trusted here, and from where. With CERT, a file: whether\n"
    "its first certificate is one of them, and if not, why.\n"
    "\n"
    "  --ca-file FILE   those of FILE, not the system's\n"
    "  --ca-dir DIR     those of an OpenSSL hashed directory\n"
    "  --list           each certificate: subject, expiry, SHA-256\n"
    "  --find WHAT      only those whose subject has the text WHAT in it, or with that SHA-256\n"
    "  --json           all that as JSON\n"
    "  --at TIME        as of TIME: 2026-11-20, 2026-11-20T14:10:00Z or @SECONDS\n"
    "  --help           this text\n";

enum { OPT_LIST = 1000, OPT_FIND, OPT_JSON };

/* --------------------------------------------------------------------- options */

static int
load(struct trust_request *r, int option, const char *path)
{
	int rv = option == OPT_CA_FILE ? tlsw__trust_load_file(r->trust, path)
				       : tlsw__trust_load_dir(r->trust, path);

	r->loaded = true;
	return rv == -1 ? tool_failed("trust", tls_last_error()) : EXIT_GOOD;
}

static int
take_option(void *into, int option)
{
	struct trust_request *r = into;

	switch (option) {
	case OPT_CA_FILE:
	case OPT_CA_DIR:
		return load(r, option, optarg);
	case OPT_LIST:
		r->list = true;
		return EXIT_GOOD;
	case OPT_JSON:
		r->json = true;
		return EXIT_GOOD;
	case OPT_FIND:
		r->find = optarg;
		return EXIT_GOOD;
	case OPT_AT:
		if (!tool_parse_time(optarg, &r->now))
			return tool_usage_error("trust", "\"%s\" is no time", optarg);
		return EXIT_GOOD;
	default:
		return tool_usage_error("trust", "see above");
	}
}

/* The system's store, unless another was named. */
static int
finish(struct trust_request *r, int operands, char **operand)
{
	struct tlsw__places places;
	int status = EXIT_GOOD;

	if (operands > 1)
		return tool_usage_error("trust", "one CERT at most");
	if (operands == 1) {
		r->cert_file = operand[0];
		r->cert = tool_load_certificate(operand[0], &status);
		if (r->cert == NULL)
			return status;
	}
	if (r->loaded)
		return EXIT_GOOD;
	tlsw__places_of_system(&places);
	if (tlsw__trust_load_places(r->trust, &places, &r->log) != 0)
		return tool_failed("trust", tls_last_error());
	return EXIT_GOOD;
}

/* EXIT_GOOD to go on; -1 when help was asked for and given. */
static int
parse(struct trust_request *r, int argc, char **argv)
{
	static const struct option table[] = {TOOL_TRUST_OPTIONS,
	    {"list", no_argument, NULL, OPT_LIST}, {"json", no_argument, NULL, OPT_JSON},
	    {"find", required_argument, NULL, OPT_FIND}, {"at", required_argument, NULL, OPT_AT},
	    TOOL_HELP_OPTION, TOOL_END_OF_OPTIONS};
	int status = tool_options(argc, argv, "", table, usage, take_option, r);

	if (status != EXIT_GOOD)
		return status;
	return finish(r, argc - optind, argv + optind);
}

/* --------------------------------------------------------------------- finding */

/* The digits of a fingerprint without colons, in lower case; "" if it is none. */
static void
fingerprint(const char *text, char digits[65])
{
	size_t n = 0;

	for (; *text != '\0'; text++) {
		if (*text == ':')
			continue;
		if (!isxdigit((unsigned char)*text) || n == 64) {
			n = 0;
			break;
		}
		digits[n++] = (char)tolower((unsigned char)*text);
	}
	digits[n == 64 ? n : 0] = '\0';
}

/* Subjects are ASCII; other octets stand in them as \\XX. */
static void
as_in_subject(const char *what, char *out, size_t size)
{
	size_t n = 0;

	for (; *what != '\0' && n + 4 < size; what++)
		if ((unsigned char)*what < 0x80)
			out[n++] = *what;
		else
			n += (size_t)snprintf(out + n, size - n, "\\%02X", (unsigned char)*what);
	out[n] = '\0';
}

static bool
has_text(const char *in, const char *what)
{
	size_t len = strlen(what);

	for (; in != NULL && *in != '\0'; in++)
		if (strncasecmp(in, what, len) == 0)
			return true;
	return false;
}

bool
trust_is_wanted(const struct trust_request *r, const struct anchor *a)
{
	char digits[65], text[1024];

	if (r->find == NULL)
		return true;
	fingerprint(r->find, digits);
	if (digits[0] != '\0')
		return strcasecmp(digits, tls_certificate_sha256(a->cert)) == 0;
	as_in_subject(r->find, text, sizeof(text));
	return has_text(tls_certificate_subject(a->cert), text);
}

size_t
trust_count_wanted(const struct trust_request *r, const struct anchors *all)
{
	size_t i, n = 0;

	for (i = 0; i < all->count; i++)
		n += trust_is_wanted(r, &all->list[i]);
	return n;
}

const char *
trust_subject(const tls_certificate *cert)
{
	const char *subject = tls_certificate_subject(cert);

	return subject == NULL || *subject == '\0' ? "(no subject)" : subject;
}

size_t
trust_count_without(const struct anchors *all, unsigned remarks)
{
	size_t i, n = 0;

	for (i = 0; i < all->count; i++)
		n += (all->list[i].remarks & remarks) == 0;
	return n;
}

const struct anchor *
trust_find_asked(const struct trust_request *r, const struct anchors *all)
{
	size_t i;

	for (i = 0; r->cert != NULL && i < all->count; i++)
		if (strcmp(tls_certificate_sha256(all->list[i].cert),
			tls_certificate_sha256(r->cert)) == 0)
			return &all->list[i];
	return NULL;
}

/* ------------------------------------------------------------------------- run */

int
run_trust(int argc, char **argv)
{
	struct trust_request r = {.now = time(NULL)};
	struct anchors all;
	int status;

	r.trust = tlsw__trust_new();
	if (r.trust == NULL)
		return tool_failed("trust", tls_last_error());
	status = parse(&r, argc, argv);
	if (status == EXIT_GOOD && !anchors_collect(&all, r.trust, r.now)) {
		status = EXIT_LOCAL;
	} else if (status == EXIT_GOOD) {
		status = r.json ? trust_print_json(&r, &all) : trust_print(&r, &all);
		anchors_clear(&all);
	}
	tls_certificate_free(r.cert);
	tlsw__trust_free(r.trust);
	return status == -1 ? tool_flush() : status;
}
