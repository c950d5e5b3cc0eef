/* SPDX-License-Identifier: ISC */
#include "pem.h"

#include <stdint.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "error.h"

#define CHUNK_MAX 254 /* octets that OpenSSL's reader takes for one line */

static const char begin_mark[] = "-----BEGIN ";
static const char end_mark[] = "-----END ";
static const char tail_mark[] = "-----";
static const char nested_fault[] = "the next block begins before its END line";
#define BEGIN_LEN (sizeof(begin_mark) - 1)
#define END_LEN (sizeof(end_mark) - 1)
#define TAIL_LEN (sizeof(tail_mark) - 1)

void
tlsw__pem_open(struct tlsw__pem *pem, const char *text, size_t len)
{
	pem->at = text;
	pem->end = text + len;
	pem->line = 1;
	pem->inside = false;
}

/* ------------------------------------------------------------------- lines */

/* The next line in [*line, *line + *len), its end included. */
static bool
next_line(struct tlsw__pem *pem, const char **line, size_t *len)
{
	const size_t left = (size_t)(pem->end - pem->at);
	const size_t room = left < CHUNK_MAX ? left : CHUNK_MAX;
	const char *nl;

	if (left == 0)
		return false;
	nl = memchr(pem->at, '\n', room);
	*line = pem->at;
	*len = nl != NULL ? (size_t)(nl - pem->at) + 1 : room;
	pem->at += *len;
	pem->line += nl != NULL;
	return true;
}

/* Without what OpenSSL strips at a line's end: everything that is no printable ASCII. */
static size_t
trimmed(const char *line, size_t len)
{
	while (len > 0 && (signed char)line[len - 1] <= ' ')
		len--;
	return len;
}

/* "-----BEGIN label-----" and "-----END label-----": the label, or false. */
static bool
marker(const char *line, size_t len, const char *mark, size_t mark_len, const char **label,
    size_t *label_len)
{
	if (len < mark_len || memcmp(line, mark, mark_len) != 0)
		return false;
	len = trimmed(line, len);
	if (len < mark_len + TAIL_LEN || memcmp(line + len - TAIL_LEN, tail_mark, TAIL_LEN) != 0)
		return false;
	*label = line + mark_len;
	*label_len = strnlen(*label, len - mark_len - TAIL_LEN);
	return true;
}

static bool
starts_with(const char *line, size_t len, const char *mark, size_t mark_len)
{
	return len >= mark_len && memcmp(line, mark, mark_len) == 0;
}

/* ------------------------------------------------------------------ blocks */

static enum tlsw__pem_kind
kind_of(const char *label, size_t len)
{
	static const struct {
		const char *label;
		enum tlsw__pem_kind kind;
	} kinds[] = {
	    {PEM_STRING_X509, TLSW__PEM_CERTIFICATE},
	    {PEM_STRING_X509_OLD, TLSW__PEM_CERTIFICATE},
	    {PEM_STRING_X509_TRUSTED, TLSW__PEM_TRUSTED},
	    {PEM_STRING_X509_CRL, TLSW__PEM_CRL},
	};
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strlen(kinds[i].label) == len && memcmp(kinds[i].label, label, len) == 0)
			return kinds[i].kind;
	return TLSW__PEM_OTHER;
}

/* An END line: of this block, or of which it cannot be one. */
static void
take_end(struct tlsw__pem_block *block, const char *label, size_t label_len, const char *other,
    size_t other_len)
{
	if (other_len == label_len && memcmp(other, label, label_len) == 0)
		return;
	if (other_len > label_len && starts_with(other, other_len, label, label_len) &&
	    starts_with(other + label_len, other_len - label_len, tail_mark, TAIL_LEN))
		block->fault = "its END line goes on, with the next BEGIN perhaps";
	else
		block->fault = "its END line names another kind of block";
}

/*
 * A BEGIN line inside a block opens the next one. OpenSSL's reader takes it
 * for data and goes on to the END line, and may come out with a certificate:
 * the first of such blocks is put before it, the text behind included.
 */
static void
take_begin(struct tlsw__pem *pem, struct tlsw__pem_block *block)
{
	block->fault = nested_fault;
	block->nested = !pem->inside;
	block->end = pem->inside ? block->body_end : pem->end;
	pem->inside = true;
}

/* From behind the BEGIN line to the END line. */
static void
find_end(struct tlsw__pem *pem, struct tlsw__pem_block *block, const char *label, size_t label_len)
{
	const char *line, *other, *before = pem->at;
	size_t len, other_len;

	block->body = pem->at;
	for (; next_line(pem, &line, &len); before = pem->at) {
		if (line[0] != '-')
			continue;
		block->body_end = line;
		block->end = pem->at;
		if (marker(line, len, end_mark, END_LEN, &other, &other_len)) {
			take_end(block, label, label_len, other, other_len);
			pem->inside = false;
			return;
		}
		if (starts_with(line, len, begin_mark, BEGIN_LEN)) {
			take_begin(pem, block);
			pem->at = before;
			pem->line -= line[len - 1] == '\n';
			return;
		}
	}
	block->body_end = block->end = pem->end;
	block->fault = "it has no END line";
}

bool
tlsw__pem_next(struct tlsw__pem *pem, struct tlsw__pem_block *block)
{
	const char *line, *label;
	size_t len, label_len;

	for (;;) {
		block->line = pem->line;
		if (!next_line(pem, &line, &len))
			return false;
		if (line[0] != '-')
			continue;
		if (marker(line, len, begin_mark, BEGIN_LEN, &label, &label_len))
			break;
		if (starts_with(line, len, end_mark, END_LEN))
			pem->inside = false;
	}
	block->kind = kind_of(label, label_len);
	block->begin = line;
	block->fault = NULL;
	block->nested = false;
	find_end(pem, block, label, label_len);
	return true;
}

/* ------------------------------------------------------------------ base64 */

#define NO 0x80 /* no digit */

/* The value of each base64 digit (RFC 4648 section 4). */
/* clang-format off */
static const unsigned char digit[256] = {
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, 62, NO, NO, NO, 63,
    52, 53, 54, 55, 56, 57, 58, 59, 60, 61, NO, NO, NO, NO, NO, NO,
    NO, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
    15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, NO, NO, NO, NO, NO,
    NO, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
    41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
};
/* clang-format on */

/* One line of whole quads; out moves on. False at anything else. */
static bool
decode_line(const unsigned char *p, size_t len, unsigned char **out)
{
	const unsigned char *const end = p + len;
	unsigned char *o = *out;
	unsigned bad = 0;

	if (len == 0 || len % 4 != 0)
		return false;
	for (; p < end; p += 4, o += 3) {
		const unsigned a = digit[p[0]], b = digit[p[1]], c = digit[p[2]], d = digit[p[3]];

		bad |= a | b | c | d;
		o[0] = (unsigned char)(a << 2 | b >> 4);
		o[1] = (unsigned char)(b << 4 | c >> 2);
		o[2] = (unsigned char)(c << 6 | d);
	}
	*out = o;
	return (bad & NO) == 0;
}

/* The last line may end in one or two '='. */
static bool
decode_last_line(const unsigned char *p, size_t len, unsigned char **out)
{
	unsigned char quad[4];
	size_t pad = 0;

	while (pad < 2 && pad < len && p[len - 1 - pad] == '=')
		pad++;
	if (len == 0 || len % 4 != 0)
		return false;
	if (len > 4 && !decode_line(p, len - 4, out))
		return false;
	memcpy(quad, p + len - 4, sizeof(quad));
	memset(quad + 4 - pad, 'A', pad);
	if (!decode_line(quad, sizeof(quad), out))
		return false;
	*out -= pad;
	return true;
}

/* Lines of whole quads and padding in the last: what every tool writes. */
static bool
decode_plain(const struct tlsw__pem_block *block, unsigned char *out, size_t *len)
{
	struct tlsw__pem in = {block->body, block->body_end, 0, false};
	unsigned char *o = out;
	const char *line;
	size_t n;

	while (next_line(&in, &line, &n)) {
		if (line[n - 1] != '\n') /* over-long */
			return false;
		n -= n > 1 && line[n - 2] == '\r' ? 2 : 1;
		if (!(in.at == in.end ? decode_last_line : decode_line)(
			(const unsigned char *)line, n, &o))
			return false;
	}
	*len = (size_t)(o - out);
	return *len > 0;
}

/*
 * Whether OpenSSL can report errors in this thread. It needs memory for that
 * once; without it a shortage would look like a malformed block.
 */
static bool
errors_are_kept(void)
{
	bool kept;

	ERR_raise(ERR_LIB_PEM, ERR_R_PASSED_NULL_PARAMETER);
	kept = ERR_peek_error() != 0;
	ERR_clear_error();
	return kept;
}

/* Its reader refuses some blocks without a word, so silence is no shortage of memory. */
static int
refused(void)
{
	return tlsw__queue_names_memory() ? -1 : 0;
}

static int
read_with_openssl(
    const struct tlsw__pem_block *block, unsigned char *out, size_t *len, const char **why)
{
	const size_t size = (size_t)(block->end - block->begin);
	BIO *bio = size > INT32_MAX ? NULL : BIO_new_mem_buf(block->begin, (int)size);
	char *name = NULL, *header = NULL;
	unsigned char *data = NULL;
	EVP_CIPHER_INFO cipher;
	long n = 0;
	int rv = 0;

	*why = "it is empty";
	if (bio == NULL || !errors_are_kept()) {
		rv = -1;
	} else if (PEM_read_bio(bio, &name, &header, &data, &n) != 1) {
		rv = refused();
		*why = "it is no well-formed base64";
	} else if (PEM_get_EVP_CIPHER_INFO(header, &cipher) != 1 || cipher.cipher != NULL) {
		rv = refused();
		*why = "it has headers, or is encrypted";
	} else if (n > 0 && (size_t)n <= tlsw__pem_room(block)) {
		memcpy(out, data, (size_t)n);
		*len = (size_t)n;
		rv = 1;
	}
	OPENSSL_free(name);
	OPENSSL_free(header);
	OPENSSL_free(data);
	BIO_free(bio);
	return rv;
}

/*
 * Anything unusual in it: OpenSSL's own reader decides. A refusal is asked for
 * twice, since a shortage of memory may look like one.
 */
static int
decode_unusual(
    const struct tlsw__pem_block *block, unsigned char *out, size_t *len, const char **why)
{
	int rv = read_with_openssl(block, out, len, why);

	return rv != 0 ? rv : read_with_openssl(block, out, len, why);
}

size_t
tlsw__pem_room(const struct tlsw__pem_block *block)
{
	return (size_t)(block->body_end - block->body) / 4 * 3 + 3;
}

int
tlsw__pem_decode(
    const struct tlsw__pem_block *block, unsigned char *out, size_t *len, const char **why)
{
	int rv = 0;

	if (block->fault == NULL && decode_plain(block, out, len))
		return 1;
	if (block->fault == NULL || block->nested)
		rv = decode_unusual(block, out, len, why);
	if (rv == 0 && block->fault != NULL)
		*why = block->fault;
	return rv;
}
