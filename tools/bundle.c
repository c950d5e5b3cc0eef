/*
 * bundle.c - tlswrap bundle CERTDATA: Mozilla's list of CAs as a PEM bundle.
 *
 * SPDX-License-Identifier: ISC
 */
#include "certdata.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "anchors.h"
#include "tool.h"

static const char usage[] =
    "usage: tlswrap bundle [OPTION...] CERTDATA\n"
    "\n"
    "Write the CA certificates in Mozilla's certdata.txt (\"-\": standard input) as a PEM\n"
    "bundle. What is left out is reported on standard error.\n"
    "\n"
    "  -o FILE          into FILE, which is replaced as a whole, not to standard output\n"
    "  --purpose WHAT   server-auth (default), email or any\n"
    "  --at TIME        as of TIME: 2026-11-20, 2026-11-20T14:10:00Z or @SECONDS; otherwise\n"
    "                   what SOURCE_DATE_EPOCH says, or now\n"
    "  --quiet          report errors only\n"
    "  --verbose        report every certificate that is left out\n"
    "  --help           this text\n";

#define CERTDATA_MAX (64UL * 1024 * 1024)

enum { OPT_PURPOSE = 1000, OPT_QUIET, OPT_VERBOSE };
enum { PURPOSE_ANY = CERTDATA_PURPOSES };

struct request {
	const char *file, *output; /* NULL: standard output */
	int purpose;		   /* enum certdata_purpose, or PURPOSE_ANY */
	time_t at;
	bool quiet, verbose;
};

enum outcome { TAKEN, NOT_FOR_THIS, NO_LONGER, DISTRUSTED, REPEATED, OUTCOMES };

struct bundle {
	const struct certdata_object **list; /* those that are taken, by label */
	size_t count;
	size_t outcomes[OUTCOMES];
	size_t never;	 /* trust objects that distrust without a certificate */
	char sha256[65]; /* of the source */
};

static const char *const purpose_names[] = {"server-auth", "email", "code-signing", "any"};

/* --------------------------------------------------------------------- options */

static bool
parse_purpose(const char *text, int *purpose)
{
	if (strcmp(text, "server-auth") == 0)
		*purpose = CERTDATA_SERVER;
	else if (strcmp(text, "email") == 0)
		*purpose = CERTDATA_EMAIL;
	else if (strcmp(text, "any") == 0)
		*purpose = PURPOSE_ANY;
	else
		return false;
	return true;
}

static int
take_option(struct request *r, int option)
{
	switch (option) {
	case 'o':
		r->output = optarg;
		return EXIT_GOOD;
	case OPT_PURPOSE:
		if (!parse_purpose(optarg, &r->purpose))
			return tool_usage_error("bundle", "\"%s\" is no purpose", optarg);
		return EXIT_GOOD;
	case OPT_AT:
		if (!tool_parse_time(optarg, &r->at))
			return tool_usage_error("bundle", "\"%s\" is no time", optarg);
		return EXIT_GOOD;
	case OPT_QUIET:
		r->quiet = true;
		return EXIT_GOOD;
	case OPT_VERBOSE:
		r->verbose = true;
		return EXIT_GOOD;
	default:
		return tool_usage_error("bundle", "see above");
	}
}

/* EXIT_GOOD to go on; -1 when help was asked for and given. */
static int
parse(struct request *r, int argc, char **argv)
{
	static const struct option table[] = {{"purpose", required_argument, NULL, OPT_PURPOSE},
	    {"at", required_argument, NULL, OPT_AT}, {"quiet", no_argument, NULL, OPT_QUIET},
	    {"verbose", no_argument, NULL, OPT_VERBOSE}, TOOL_HELP_OPTION, TOOL_END_OF_OPTIONS};
	const char *epoch = getenv("SOURCE_DATE_EPOCH");
	char text[32];
	int option, status;

	r->at = time(NULL);
	if (epoch != NULL) {
		(void)snprintf(text, sizeof(text), "@%s", epoch);
		if (!tool_parse_time(text, &r->at))
			return tool_usage_error("bundle", "SOURCE_DATE_EPOCH is no time");
	}
	while ((option = getopt_long(argc, argv, "o:", table, NULL)) != -1) {
		if (option == OPT_HELP) {
			fputs(usage, stdout);
			return -1;
		}
		status = take_option(r, option);
		if (status != EXIT_GOOD)
			return status;
	}
	if (argc - optind != 1)
		return tool_usage_error("bundle", "a CERTDATA is needed");
	r->file = argv[optind];
	return EXIT_GOOD;
}

/* --------------------------------------------------------------------- reading */

static int
fail(const char *subject, const char *text)
{
	fputs("tlswrap: bundle: ", stderr);
	tool_print_escaped(stderr, subject, strlen(subject));
	fprintf(stderr, ": %s\n", text);
	return EXIT_LOCAL;
}

static int
read_stream(const struct request *r, FILE *f, char **text, size_t *len)
{
	size_t room = 0, n;
	char *more;

	do {
		if (*len == room) {
			room = room == 0 ? 1 << 20 : room * 2;
			more = room > 2 * CERTDATA_MAX ? NULL : realloc(*text, room);
			if (more == NULL)
				return fail(
				    r->file, room > CERTDATA_MAX ? "too large" : "out of memory");
			*text = more;
		}
		n = fread(*text + *len, 1, room - *len, f);
		*len += n;
	} while (n > 0);
	return ferror(f) ? fail(r->file, strerror(errno)) : EXIT_GOOD;
}

static int
read_source(const struct request *r, char **text, size_t *len)
{
	const bool standard = strcmp(r->file, "-") == 0;
	FILE *f = standard ? stdin : fopen(r->file, "rb");
	int status;

	if (f == NULL)
		return fail(r->file, strerror(errno));
	status = read_stream(r, f, text, len);
	if (!standard)
		(void)fclose(f);
	return status;
}

/* ------------------------------------------------------------------- selection */

static enum outcome
outcome_for(const struct certdata_object *cert, int purpose, time_t at)
{
	const time_t after = cert->distrust_after[purpose];

	switch (cert->trust->level[purpose]) {
	case CERTDATA_TRUSTED:
		return after != 0 && after < at ? NO_LONGER : TAKEN;
	case CERTDATA_DISTRUSTED:
		return DISTRUSTED;
	case CERTDATA_UNSAID:
	case CERTDATA_VERIFY:
	case CERTDATA_OTHER:
		break;
	}
	return NOT_FOR_THIS;
}

/* With "any" one purpose is enough; of several reasons against it the gravest counts. */
static enum outcome
outcome_of(const struct certdata_object *cert, const struct request *r)
{
	enum outcome best = NOT_FOR_THIS, one;
	int purpose;

	if (r->purpose != PURPOSE_ANY)
		return outcome_for(cert, r->purpose, r->at);
	for (purpose = 0; purpose < CERTDATA_PURPOSES; purpose++) {
		one = outcome_for(cert, purpose, r->at);
		if (one == TAKEN)
			return TAKEN;
		best = one > best ? one : best;
	}
	return best;
}

static const char *
label_of(const struct certdata_object *o)
{
	return o->label != NULL ? o->label : "";
}

static bool
is_taken(const struct bundle *b, const struct certdata_object *cert)
{
	size_t i;

	for (i = 0; i < b->count; i++)
		if (b->list[i]->value.len == cert->value.len &&
		    memcmp(b->list[i]->value.at, cert->value.at, cert->value.len) == 0)
			return true;
	return false;
}

static void
report_one(const struct certdata_object *o, const char *what, time_t when)
{
	fputs("tlswrap: bundle: ", stderr);
	tool_print_escaped(stderr, label_of(o), strlen(label_of(o)));
	fprintf(stderr, " (line %u): %s", o->line, what);
	if (when != 0) {
		putc(' ', stderr);
		tool_print_time(stderr, when);
	}
	putc('\n', stderr);
}

/* From when on Mozilla distrusts what it issues; 0: never. For "any" there is no such moment. */
static time_t
end_of(const struct certdata_object *cert, const struct request *r)
{
	return r->purpose == PURPOSE_ANY ? 0 : cert->distrust_after[r->purpose];
}

static void
report(const struct request *r, const struct certdata_object *cert, enum outcome outcome)
{
	const time_t end = end_of(cert, r);

	if (r->quiet)
		return;
	if (outcome == NO_LONGER)
		report_one(cert, "left out: what it issued is distrusted since", end);
	else if (outcome == DISTRUSTED)
		report_one(cert, "left out: explicitly distrusted", 0);
	else if (outcome == NOT_FOR_THIS && r->verbose)
		report_one(cert, "left out: not trusted for this purpose", 0);
	else if (outcome == REPEATED && r->verbose)
		report_one(cert, "left out: it is there already", 0);
	else if (outcome == TAKEN && end != 0)
		report_one(cert, "taken, but what it issues will be distrusted after", end);
}

/* A trust object that stands alone can only distrust: a bundle says nothing of it. */
static void
count_lone(const struct request *r, struct bundle *b, const struct certdata_object *trust)
{
	if (trust->joined)
		return;
	b->never += trust->level[CERTDATA_SERVER] == CERTDATA_DISTRUSTED;
	if (!r->quiet)
		report_one(trust, "no certificate in the file goes with this trust object", 0);
}

static int
by_label(const void *a, const void *b)
{
	const struct certdata_object *const *x = a, *const *y = b;
	int order = strcmp(label_of(*x), label_of(*y));
	size_t len = (*x)->value.len < (*y)->value.len ? (*x)->value.len : (*y)->value.len;

	if (order == 0)
		order = memcmp((*x)->value.at, (*y)->value.at, len);
	if (order == 0)
		order = ((*x)->value.len > (*y)->value.len) - ((*x)->value.len < (*y)->value.len);
	return order;
}

static int
choose(const struct request *r, const struct certdata *data, struct bundle *b)
{
	size_t i;

	b->list = calloc(data->count + 1, sizeof(*b->list));
	if (b->list == NULL)
		return fail(r->file, "out of memory");
	for (i = 0; i < data->count; i++) {
		const struct certdata_object *o = &data->list[i];
		enum outcome outcome;

		if (o->is_trust) {
			count_lone(r, b, o);
			continue;
		}
		outcome = outcome_of(o, r);
		if (outcome == TAKEN && is_taken(b, o))
			outcome = REPEATED;
		report(r, o, outcome);
		b->outcomes[outcome]++;
		if (outcome == TAKEN)
			b->list[b->count++] = o;
	}
	if (b->count == 0)
		return fail(r->file, "not one certificate in it is trusted for this purpose");
	qsort(b->list, b->count, sizeof(*b->list), by_label);
	return EXIT_GOOD;
}

/* --------------------------------------------------------------------- writing */

static bool
digest(const void *data, size_t len, char hex[65])
{
	unsigned char md[EVP_MAX_MD_SIZE];
	size_t md_len = 0, i;

	if (EVP_Q_digest(NULL, "SHA256", NULL, data, len, md, &md_len) != 1)
		return false;
	for (i = 0; i < 32; i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", md[i]);
	return true;
}

/* Text of others in a comment: no line of it may look like a block. */
static bool
put_comment(BIO *out, const char *text)
{
	const char *p;

	if (BIO_puts(out, "# ") <= 0)
		return false;
	for (p = text; *p != '\0'; p++)
		if (BIO_printf(out, "%c", (unsigned char)*p < 0x20 || *p == 0x7f ? '?' : *p) <= 0)
			return false;
	return BIO_puts(out, "\n") > 0;
}

static bool
put_header(BIO *out, const struct request *r, const struct bundle *b)
{
	const char *slash = strrchr(r->file, '/');
	char when[32];
	struct tm tm;

	if (gmtime_r(&r->at, &tm) == NULL ||
	    strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		return false;
	return BIO_printf(out,
		   "# CA certificates that Mozilla trusts\n#\n"
		   "# purpose   %s\n# as of     %s\n# made by   tlswrap %s\n"
		   "# SHA-256   %s, of the source\n"
		   "# taken     %zu certificates\n"
		   "# left out  %zu not for this purpose, %zu no longer trusted, %zu "
		   "distrusted\n#\n",
		   purpose_names[r->purpose], when, tlswrap_version(), b->sha256, b->count,
		   b->outcomes[NOT_FOR_THIS], b->outcomes[NO_LONGER],
		   b->outcomes[DISTRUSTED]) > 0 &&
	       put_comment(out, slash != NULL ? slash + 1 : r->file);
}

static bool
put_certificate(BIO *out, const struct certdata_object *cert)
{
	char sha256[65];

	return digest(cert->value.at, cert->value.len, sha256) && BIO_puts(out, "\n") > 0 &&
	       put_comment(out, label_of(cert)) && BIO_printf(out, "# sha256 %s\n", sha256) > 0 &&
	       PEM_write_bio(out, PEM_STRING_X509, "", cert->value.at, (long)cert->value.len) > 0;
}

/* The whole bundle in memory; NULL when that is short. */
static BIO *
compose(const struct request *r, const struct bundle *b)
{
	BIO *out = BIO_new(BIO_s_mem());
	bool ok = out != NULL && put_header(out, r, b);
	size_t i;

	for (i = 0; ok && i < b->count; i++)
		ok = put_certificate(out, b->list[i]);
	if (ok)
		return out;
	BIO_free(out);
	return NULL;
}

/* What we would read of it must be what was meant to be in it. */
static bool
reads_back(const char *text, size_t len, size_t count)
{
	struct tlsw__fault fault;
	struct tlsw__anchors *set = tlsw__anchors_load_mem(text, len, &fault);
	bool good = set != NULL && tlsw__anchors_facts(set)->certificates == count &&
		    tlsw__anchors_facts(set)->malformed == 0;

	tlsw__anchors_unref(set);
	return good;
}

static bool
write_all(int fd, const char *text, size_t len)
{
	ssize_t n;

	while (len > 0) {
		n = write(fd, text, len);
		if (n < 0 && errno != EINTR)
			return false;
		text += n > 0 ? n : 0;
		len -= n > 0 ? (size_t)n : 0;
	}
	return true;
}

/* Beside the file, then in its place. */
static int
replace_file(const char *path, const char *text, size_t len)
{
	const size_t size = strlen(path) + sizeof(".XXXXXX");
	char *temporary = malloc(size);
	int fd = -1, status = EXIT_LOCAL, reason;

	if (temporary == NULL)
		return fail(path, "out of memory");
	(void)snprintf(temporary, size, "%s.XXXXXX", path);
	fd = mkstemp(temporary);
	if (fd >= 0 && write_all(fd, text, len) && fchmod(fd, 0644) == 0 && fsync(fd) == 0 &&
	    rename(temporary, path) == 0)
		status = EXIT_GOOD;
	reason = errno;
	if (fd >= 0)
		(void)close(fd);
	if (fd >= 0 && status != EXIT_GOOD)
		(void)unlink(temporary);
	free(temporary);
	return status == EXIT_GOOD ? status : fail(path, strerror(reason));
}

static int
deliver(const struct request *r, const struct bundle *b)
{
	BIO *out = compose(r, b);
	char *text = NULL;
	long len = out == NULL ? 0 : BIO_get_mem_data(out, &text);
	int status;

	if (len <= 0)
		status = fail(r->file, "out of memory");
	else if (!reads_back(text, (size_t)len, b->count))
		status = fail(r->file, "its certificates do not make a bundle that can be read");
	else if (r->output != NULL)
		status = replace_file(r->output, text, (size_t)len);
	else if (fwrite(text, 1, (size_t)len, stdout) == (size_t)len)
		status = tool_flush();
	else
		status = fail("standard output", strerror(errno));
	BIO_free(out);
	return status;
}

/* ------------------------------------------------------------------------- run */

static int
convert(const struct request *r, const char *text, size_t len)
{
	struct certdata_error error;
	struct bundle b = {.list = NULL};
	struct certdata data;
	int status;

	if (certdata_parse(text, len, &data, &error) != 0) {
		fputs("tlswrap: bundle: ", stderr);
		tool_print_escaped(stderr, r->file, strlen(r->file));
		if (error.line != 0)
			fprintf(stderr, ": line %u", error.line);
		fprintf(stderr, ": %s\n", error.text);
		return EXIT_LOCAL;
	}
	status =
	    digest(text, len, b.sha256) ? choose(r, &data, &b) : fail(r->file, "out of memory");
	if (status == EXIT_GOOD)
		status = deliver(r, &b);
	if (status == EXIT_GOOD && !r->quiet)
		fprintf(stderr,
		    "tlswrap: bundle: %zu certificates taken; left out: %zu not for this purpose, "
		    "%zu no longer trusted, %zu distrusted\n",
		    b.count, b.outcomes[NOT_FOR_THIS], b.outcomes[NO_LONGER],
		    b.outcomes[DISTRUSTED] + b.never);
	free(b.list);
	certdata_clear(&data);
	return status;
}

int
run_bundle(int argc, char **argv)
{
	struct request r = {.purpose = CERTDATA_SERVER};
	char *text = NULL;
	size_t len = 0;
	int status;

	status = parse(&r, argc, argv);
	if (status == EXIT_GOOD)
		status = read_source(&r, &text, &len);
	if (status == EXIT_GOOD)
		status = convert(&r, text, len);
	free(text);
	return status == -1 ? tool_flush() : status;
}
