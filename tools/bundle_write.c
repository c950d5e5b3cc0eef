/*
 * bundle_write.c - a bundle, composed, read back, and put in its place.
 *
 * SPDX-License-Identifier: ISC
 */
#include "bundle.h"

#include <errno.h>
#include <string.h>

#include <openssl/pem.h>

#include "anchors.h"
#include "tool.h"

static const char *const purpose_names[] = {"server-auth", "email", "code-signing", "any"};

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
put_header(BIO *out, const struct bundle_request *r, const struct bundle *b)
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

	return bundle_digest(cert->value.at, cert->value.len, sha256) && BIO_puts(out, "\n") > 0 &&
	       put_comment(out, bundle_label(cert)) &&
	       BIO_printf(out, "# sha256 %s\n", sha256) > 0 &&
	       PEM_write_bio(out, PEM_STRING_X509, "", cert->value.at, (long)cert->value.len) > 0;
}

/* The whole bundle in memory; NULL when that is short. */
static BIO *
compose(const struct bundle_request *r, const struct bundle *b)
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

static int
replace_file(const char *path, const char *text, size_t len)
{
	return tool_replace_file(path, text, len) ? EXIT_GOOD : bundle_fail(path, strerror(errno));
}

int
bundle_deliver(const struct bundle_request *r, const struct bundle *b)
{
	BIO *out = compose(r, b);
	char *text = NULL;
	long len = out == NULL ? 0 : BIO_get_mem_data(out, &text);
	int status;

	if (len <= 0)
		status = bundle_fail(r->file, "out of memory");
	else if (!reads_back(text, (size_t)len, b->count))
		status =
		    bundle_fail(r->file, "its certificates do not make a bundle that can be read");
	else if (r->output != NULL)
		status = replace_file(r->output, text, (size_t)len);
	else if (fwrite(text, 1, (size_t)len, stdout) == (size_t)len)
		status = tool_flush();
	else
		status = bundle_fail("standard output", strerror(errno));
	BIO_free(out);
	return status;
}
