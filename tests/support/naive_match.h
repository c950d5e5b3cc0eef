/*
 * naive_match.h - the matching rules a second time, written to be read and not
 * to be fast: names are taken apart into labels, addresses are parsed by hand.
 * The tests and the fuzzer compare lib/name.c and lib/match.c with it. It shares
 * no code with them and must not be made to.
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef NAIVE_MATCH_H
#define NAIVE_MATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "tlswrap.h"

struct naive_label {
	const char *at;
	size_t len;
};

struct naive_name {
	struct naive_label label[512];
	size_t count;
};

struct naive_reference {
	enum { NAIVE_INVALID, NAIVE_DNS, NAIVE_IPV4, NAIVE_IPV6 } kind;
	struct naive_name name;
	unsigned char ip[16];
};

static inline int
naive_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : (unsigned char)c;
}

static inline bool
naive_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline int
naive_hex(char c)
{
	if (naive_is_digit(c))
		return c - '0';
	return naive_lower(c) >= 'a' && naive_lower(c) <= 'f' ? naive_lower(c) - 'a' + 10 : -1;
}

/** Take text apart at sep; false when there are too many parts. */
static inline bool
naive_split(struct naive_name *name, const char *text, size_t len, char sep)
{
	size_t i, start = 0;

	name->count = 0;
	for (i = 0; i <= len; i++) {
		if (i < len && text[i] != sep)
			continue;
		if (name->count == 512)
			return false;
		name->label[name->count].at = text + start;
		name->label[name->count].len = i - start;
		name->count++;
		start = i + 1;
	}
	return true;
}

/** One to three decimal digits, no leading zero, at most 255. */
static inline bool
naive_decimal_octet(const struct naive_label *part, unsigned char *octet)
{
	int value = 0;
	size_t i;

	if (part->len < 1 || part->len > 3 || (part->len > 1 && part->at[0] == '0'))
		return false;
	for (i = 0; i < part->len; i++) {
		if (!naive_is_digit(part->at[i]))
			return false;
		value = 10 * value + (part->at[i] - '0');
	}
	*octet = (unsigned char)value;
	return value <= 255;
}

static inline bool
naive_ipv4(const char *text, size_t len, unsigned char ip[4])
{
	struct naive_name part;
	int i;

	if (!naive_split(&part, text, len, '.') || part.count != 4)
		return false;
	for (i = 0; i < 4; i++)
		if (!naive_decimal_octet(&part.label[i], &ip[i]))
			return false;
	return true;
}

/**
 * Groups of hexadecimal digits between colons, an IPv4 address as the last one
 * if last is set. Returns the number of octets, or -1.
 */
static inline int
naive_groups(const char *text, size_t len, bool last, unsigned char out[16])
{
	struct naive_name part;
	int n = 0;
	size_t i, k;

	if (len == 0)
		return 0;
	if (!naive_split(&part, text, len, ':'))
		return -1;
	for (i = 0; i < part.count; i++) {
		const struct naive_label *g = &part.label[i];
		int value = 0;

		if (last && i + 1 == part.count && memchr(g->at, '.', g->len) != NULL) {
			if (n > 12 || !naive_ipv4(g->at, g->len, out + n))
				return -1;
			return n + 4;
		}
		if (g->len < 1 || g->len > 4 || n > 14)
			return -1;
		for (k = 0; k < g->len; k++) {
			if (naive_hex(g->at[k]) < 0)
				return -1;
			value = 16 * value + naive_hex(g->at[k]);
		}
		out[n++] = (unsigned char)(value >> 8);
		out[n++] = (unsigned char)(value & 0xff);
	}
	return n;
}

static inline bool
naive_ipv6(const char *text, size_t len, unsigned char ip[16])
{
	unsigned char head[16], tail[16];
	int head_len, tail_len;
	size_t i;

	memset(ip, 0, 16);
	for (i = 0; i + 1 < len; i++)
		if (text[i] == ':' && text[i + 1] == ':')
			break;
	if (i + 1 >= len)
		return naive_groups(text, len, true, ip) == 16;
	head_len = naive_groups(text, i, false, head);
	tail_len = naive_groups(text + i + 2, len - i - 2, true, tail);
	if (head_len < 0 || tail_len < 0 || head_len + tail_len > 14)
		return false;
	memcpy(ip, head, (size_t)head_len);
	memcpy(ip + 16 - tail_len, tail, (size_t)tail_len);
	return true;
}

static inline bool
naive_label_is_good(const struct naive_label *label)
{
	size_t i;

	for (i = 0; i < label->len; i++) {
		int c = naive_lower(label->at[i]);

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-' && c != '_')
			return false;
	}
	return label->len >= 1 && label->len <= 63;
}

static inline bool
naive_label_is_number(const struct naive_label *label)
{
	bool hex = label->len >= 2 && label->at[0] == '0' && naive_lower(label->at[1]) == 'x';
	size_t i;

	for (i = hex ? 2 : 0; i < label->len; i++)
		if (hex ? naive_hex(label->at[i]) < 0 : !naive_is_digit(label->at[i]))
			return false;
	return true;
}

static inline bool
naive_dns(struct naive_name *name, const char *text, size_t len)
{
	size_t i;

	if (len > 0 && text[len - 1] == '.')
		len--;
	if (len < 1 || len > 253 || !naive_split(name, text, len, '.'))
		return false;
	for (i = 0; i < name->count; i++)
		if (!naive_label_is_good(&name->label[i]))
			return false;
	return !naive_label_is_number(&name->label[name->count - 1]);
}

static inline void
naive_parse(struct naive_reference *ref, const char *text, size_t len)
{
	if (len > 0 && naive_ipv4(text, len, ref->ip))
		ref->kind = NAIVE_IPV4;
	else if (len > 0 && naive_ipv6(text, len, ref->ip))
		ref->kind = NAIVE_IPV6;
	else
		ref->kind = naive_dns(&ref->name, text, len) ? NAIVE_DNS : NAIVE_INVALID;
}

static inline bool
naive_label_equal(const struct naive_label *a, const struct naive_label *b)
{
	size_t i;

	if (a->len != b->len)
		return false;
	for (i = 0; i < a->len; i++)
		if (naive_lower(a->at[i]) != naive_lower(b->at[i]))
			return false;
	return true;
}

static inline bool
naive_match_dns(const struct naive_name *ref, const char *value, size_t len)
{
	struct naive_name name;
	bool wildcard;
	size_t i;

	if (len < 1 || len > 253 || !naive_split(&name, value, len, '.'))
		return false;
	wildcard = name.label[0].len == 1 && name.label[0].at[0] == '*' && name.count >= 3;
	for (i = wildcard ? 1 : 0; i < name.count; i++)
		if (!naive_label_is_good(&name.label[i]))
			return false;
	if (name.count != ref->count)
		return false;
	for (i = wildcard ? 1 : 0; i < name.count; i++)
		if (!naive_label_equal(&name.label[i], &ref->label[i]))
			return false;
	return true;
}

static inline bool
naive_match(
    const struct naive_reference *ref, enum tlsw_name_type type, const void *value, size_t len)
{
	switch (ref->kind) {
	case NAIVE_DNS:
		return type == TLSW_NAME_DNS && naive_match_dns(&ref->name, value, len);
	case NAIVE_IPV4:
		return type == TLSW_NAME_IP && len == 4 && memcmp(value, ref->ip, 4) == 0;
	case NAIVE_IPV6:
		return type == TLSW_NAME_IP && len == 16 && memcmp(value, ref->ip, 16) == 0;
	case NAIVE_INVALID:
		break;
	}
	return false;
}

#endif
