/*
 * name.c - see name.h. The rules are RFC 9525 6.1 to 6.4 for what a reference
 * is, RFC 1035 2.3.4 for lengths, RFC 5890 2.3.2 for what an A-label is.
 *
 * SPDX-License-Identifier: ISC
 */
#include "config.h"

#include "name.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <string.h>

#ifdef HAVE_LIBIDN2
#include <idn2.h>
#endif

/* clang-format off */
const unsigned char tlsw__name_fold[256] = {
	['-'] = '-', ['.'] = '.', ['_'] = '_',
	['0'] = '0', ['1'] = '1', ['2'] = '2', ['3'] = '3', ['4'] = '4',
	['5'] = '5', ['6'] = '6', ['7'] = '7', ['8'] = '8', ['9'] = '9',
	['a'] = 'a', ['b'] = 'b', ['c'] = 'c', ['d'] = 'd', ['e'] = 'e', ['f'] = 'f', ['g'] = 'g',
	['h'] = 'h', ['i'] = 'i', ['j'] = 'j', ['k'] = 'k', ['l'] = 'l', ['m'] = 'm', ['n'] = 'n',
	['o'] = 'o', ['p'] = 'p', ['q'] = 'q', ['r'] = 'r', ['s'] = 's', ['t'] = 't', ['u'] = 'u',
	['v'] = 'v', ['w'] = 'w', ['x'] = 'x', ['y'] = 'y', ['z'] = 'z',
	['A'] = 'a', ['B'] = 'b', ['C'] = 'c', ['D'] = 'd', ['E'] = 'e', ['F'] = 'f', ['G'] = 'g',
	['H'] = 'h', ['I'] = 'i', ['J'] = 'j', ['K'] = 'k', ['L'] = 'l', ['M'] = 'm', ['N'] = 'n',
	['O'] = 'o', ['P'] = 'p', ['Q'] = 'q', ['R'] = 'r', ['S'] = 's', ['T'] = 't', ['U'] = 'u',
	['V'] = 'v', ['W'] = 'w', ['X'] = 'x', ['Y'] = 'y', ['Z'] = 'z',
};
/* clang-format on */

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/** The whole text as an address; inet_pton wants a NUL, so none may be inside. */
static bool
parse_ip(struct tlsw__reference *ref, const char *text, size_t len)
{
	char copy[INET6_ADDRSTRLEN];

	if (!is_digit(text[len - 1]) && memchr(text, ':', len) == NULL)
		return false; /* as nearly always */
	if (len >= sizeof(copy) || memchr(text, '\0', len) != NULL)
		return false;
	memcpy(copy, text, len);
	copy[len] = '\0';
	if (inet_pton(AF_INET, copy, ref->ip) == 1) {
		ref->kind = TLSW__REF_IPV4;
		ref->ip_len = 4;
		return true;
	}
	if (inet_pton(AF_INET6, copy, ref->ip) == 1) {
		ref->kind = TLSW__REF_IPV6;
		ref->ip_len = 16;
		return true;
	}
	return false;
}

/** Text that has a colon or a bracket, and is no address as it stands. */
static enum tlsw__name_fault
address_fault(const char *text, size_t len)
{
	if (text[0] == '[')
		return TLSW__NAME_BRACKETS;
	if (memchr(text, '%', len) != NULL)
		return TLSW__NAME_ZONE;
	return TLSW__NAME_COLON;
}

static enum tlsw__name_fault
label_fault(size_t len)
{
	if (len == 0)
		return TLSW__NAME_LABEL_EMPTY;
	return len > TLSW__LABEL_MAX ? TLSW__NAME_LABEL_TOO_LONG : TLSW__NAME_OK;
}

/**
 * Whether other software might read the label as a number, and with it the
 * name as an IPv4 address: "1", "0177", "0x7f", "0x".
 */
static bool
is_numeric(const char *label)
{
	if (!is_digit(label[0]))
		return false;
	if (label[0] == '0' && label[1] == 'x')
		return label[2 + strspn(label + 2, "0123456789abcdef")] == '\0';
	return label[strspn(label, "0123456789")] == '\0';
}

/** Fold text into ref->dns and check every label of it. */
static enum tlsw__name_fault
fold_labels(struct tlsw__reference *ref, const char *text, size_t len)
{
	enum tlsw__name_fault fault;
	size_t i, label = 0;

	for (i = 0; i < len; i++) {
		unsigned char octet = (unsigned char)text[i];

		if (tlsw__name_fold[octet] == 0)
			return octet >= 0x80 ? TLSW__NAME_NOT_ASCII : TLSW__NAME_BAD_OCTET;
		ref->dns[i] = (char)tlsw__name_fold[octet];
		if (octet != '.')
			continue;
		fault = label_fault(i - label);
		if (fault != TLSW__NAME_OK)
			return fault;
		ref->parent = ref->parent == 0 ? i + 1 : ref->parent;
		label = i + 1;
	}
	fault = label_fault(len - label);
	if (fault != TLSW__NAME_OK)
		return fault;
	if (label == ref->parent)
		ref->parent = 0;
	return is_numeric(ref->dns + label) ? TLSW__NAME_NUMERIC : TLSW__NAME_OK;
}

static enum tlsw__name_fault
parse_dns(struct tlsw__reference *ref, const char *text, size_t len)
{
	enum tlsw__name_fault fault;

	if (text[len - 1] == '.')
		len--;
	if (len > TLSW__DNS_MAX)
		return TLSW__NAME_TOO_LONG;
	fault = fold_labels(ref, text, len);
	if (fault != TLSW__NAME_OK)
		return fault;
	ref->kind = TLSW__REF_DNS;
	ref->dns_len = len;
	return TLSW__NAME_OK;
}

enum tlsw__name_fault
tlsw__reference_parse(struct tlsw__reference *ref, const char *text, size_t len)
{
	enum tlsw__name_fault fault;

	memset(ref, 0, sizeof(*ref));
	if (text == NULL || len == 0)
		return TLSW__NAME_EMPTY;
	if (parse_ip(ref, text, len))
		return TLSW__NAME_OK;
	if (text[0] == '[' || memchr(text, ':', len) != NULL)
		return address_fault(text, len);
	fault = parse_dns(ref, text, len);
	if (fault != TLSW__NAME_OK)
		memset(ref, 0, sizeof(*ref));
	return fault;
}

#ifdef HAVE_LIBIDN2

/* A host name that is still to be converted: four octets of UTF-8 for each of the result. */
#define UNCONVERTED_MAX (4 * TLSW__DNS_MAX)

struct converted {
	char text[TLSW__DNS_MAX + 2]; /* one trailing dot may be there */
	size_t len;
};

static bool
is_ascii(const char *text, size_t len)
{
	while (len > 0 && (unsigned char)text[len - 1] < 0x80)
		len--;
	return len == 0;
}

static enum tlsw__name_fault
append(struct converted *out, const char *text, size_t len)
{
	if (len > sizeof(out->text) - out->len)
		return TLSW__NAME_TOO_LONG;
	memcpy(out->text + out->len, text, len);
	out->len += len;
	return TLSW__NAME_OK;
}

/**
 * Whether a U-label became an A-label. The mapping that comes before the
 * conversion (UTS 46) turns fullwidth letters, the Kelvin sign and ideographic
 * dots into ASCII: then it was another spelling of an ASCII name, or of two labels.
 */
static bool
is_alabel(const char *label)
{
	static const char ldh[] = "abcdefghijklmnopqrstuvwxyz0123456789-";

	return strncmp(label, "xn--", 4) == 0 && label[strspn(label, ldh)] == '\0';
}

static enum tlsw__name_fault
append_ulabel(struct converted *out, const char *text, size_t len)
{
	enum tlsw__name_fault fault = TLSW__NAME_IDN;
	uint8_t ulabel[UNCONVERTED_MAX + 1];
	uint8_t *alabel = NULL;
	int rc;

	memcpy(ulabel, text, len);
	ulabel[len] = '\0';
	rc = idn2_lookup_u8(ulabel, &alabel, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
	if (rc == IDN2_MALLOC)
		fault = TLSW__NAME_MEMORY;
	else if (rc == IDN2_OK && is_alabel((const char *)alabel))
		fault = append(out, (const char *)alabel, strlen((const char *)alabel));
	idn2_free(alabel);
	return fault;
}

/** Label by label, so that the dots are those of the caller and no others. */
static enum tlsw__name_fault
convert(struct converted *out, const char *text, size_t len)
{
	enum tlsw__name_fault fault = TLSW__NAME_OK;
	const char *end = text + len;

	while (text < end && fault == TLSW__NAME_OK) {
		const char *dot = memchr(text, '.', (size_t)(end - text));
		size_t n = (size_t)((dot == NULL ? end : dot) - text);

		fault = is_ascii(text, n) ? append(out, text, n) : append_ulabel(out, text, n);
		if (fault == TLSW__NAME_OK && dot != NULL)
			fault = append(out, ".", 1);
		text += n + (dot != NULL);
	}
	return fault;
}

static enum tlsw__name_fault
parse_unconverted(struct tlsw__reference *ref, const char *hostname, size_t len)
{
	struct converted ascii = {.len = 0};
	enum tlsw__name_fault fault;

	fault = len > UNCONVERTED_MAX ? TLSW__NAME_TOO_LONG : convert(&ascii, hostname, len);
	if (fault != TLSW__NAME_OK)
		return fault;
	return tlsw__reference_parse(ref, ascii.text, ascii.len);
}

enum tlsw__name_fault
tlsw__reference_from_host(struct tlsw__reference *ref, const char *hostname)
{
	size_t len = hostname == NULL ? 0 : strlen(hostname);
	enum tlsw__name_fault fault = tlsw__reference_parse(ref, hostname, len);

	if (fault == TLSW__NAME_OK || is_ascii(hostname, len))
		return fault;
	return parse_unconverted(ref, hostname, len);
}

#else

enum tlsw__name_fault
tlsw__reference_from_host(struct tlsw__reference *ref, const char *hostname)
{
	return tlsw__reference_parse(ref, hostname, hostname == NULL ? 0 : strlen(hostname));
}

#endif

const char *
tlsw__name_fault_text(enum tlsw__name_fault fault)
{
	static const char *const texts[] = {
	    [TLSW__NAME_OK] = "nothing is wrong with it",
	    [TLSW__NAME_EMPTY] = "it is empty",
	    [TLSW__NAME_TOO_LONG] = "it is longer than 253 octets",
	    [TLSW__NAME_LABEL_EMPTY] = "it has an empty label",
	    [TLSW__NAME_LABEL_TOO_LONG] = "it has a label of more than 63 octets",
	    [TLSW__NAME_BAD_OCTET] =
		"it holds something other than letters, digits, hyphens, underscores and dots",
	    [TLSW__NAME_NUMERIC] =
		"it ends in a number, but is no IPv4 address of four decimal numbers",
	    [TLSW__NAME_COLON] =
		"it holds a colon, but is no IPv6 address; a port or a URL does not belong here",
	    [TLSW__NAME_BRACKETS] = "an IPv6 address stands here without brackets",
	    [TLSW__NAME_ZONE] = "an IPv6 address stands here without a zone id",
	    [TLSW__NAME_NOT_ASCII] = "it is not ASCII; give its A-labels (xn--...) instead",
	    [TLSW__NAME_IDN] = "one of its labels is no internationalised label (IDNA 2008)",
	    [TLSW__NAME_MEMORY] = "there is no memory to convert it",
	};

	return (size_t)fault < sizeof(texts) / sizeof(texts[0]) ? texts[fault]
								: "it is unknown why";
}
