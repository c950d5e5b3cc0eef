/*
 * fuzz_name.c - any octets as a host name, plain and through IDN.
 *
 * SPDX-License-Identifier: ISC
 */
#include "fuzz.h"

#include "name.h"
#include "support/naive_match.h"

/** What every reference promises to those who use it. */
static void
check_promises(const struct tlsw__reference *ref, enum tlsw__name_fault fault)
{
	static const struct tlsw__reference none;
	struct tlsw__reference again;

	fuzz_assert(tlsw__name_fault_text(fault)[0] != '\0');
	if (fault != TLSW__NAME_OK) {
		fuzz_assert(memcmp(ref, &none, sizeof(none)) == 0);
		return;
	}
	if (ref->kind != TLSW__REF_DNS) {
		fuzz_assert(ref->ip_len == (ref->kind == TLSW__REF_IPV4 ? 4u : 16u));
		fuzz_assert(ref->dns_len == 0 && ref->parent == 0);
		return;
	}
	fuzz_assert(ref->ip_len == 0 && ref->dns_len <= TLSW__DNS_MAX);
	fuzz_assert(strlen(ref->dns) == ref->dns_len);
	fuzz_assert(ref->parent == 0 || ref->dns[ref->parent - 1] == '.');
	fuzz_assert(tlsw__reference_parse(&again, ref->dns, ref->dns_len) == TLSW__NAME_OK);
	fuzz_assert(strcmp(again.dns, ref->dns) == 0 && again.parent == ref->parent);
}

static void
check_against_naive(const struct tlsw__reference *ref, const char *text, size_t len)
{
	struct naive_reference naive;

	naive_parse(&naive, text, len);
	fuzz_assert((int)naive.kind == (int)ref->kind);
	if (ref->ip_len != 0)
		fuzz_assert(memcmp(naive.ip, ref->ip, ref->ip_len) == 0);
	if (ref->kind == TLSW__REF_DNS)
		fuzz_assert((ref->parent != 0) == (naive.name.count >= 3));
}

static size_t
dots(const char *text)
{
	size_t n = 0;

	for (; *text != '\0'; text++)
		n += *text == '.';
	return n;
}

/** As a string: the labels stay the labels, whatever the conversion did. */
static void
check_host(const char *host)
{
	struct tlsw__reference ref;
	enum tlsw__name_fault fault = tlsw__reference_from_host(&ref, host);

	check_promises(&ref, fault);
	if (ref.kind == TLSW__REF_DNS)
		fuzz_assert(dots(ref.dns) == dots(host) - (host[strlen(host) - 1] == '.'));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = {data, size};
	struct tlsw__reference ref;
	size_t len;
	char *text = fuzz_block(&in, size, &len), *host = malloc(len + 1);

	if (host == NULL)
		abort();
	memset(&ref, 0xff, sizeof(ref));
	check_promises(&ref, tlsw__reference_parse(&ref, text, len));
	check_against_naive(&ref, text, len);
	memcpy(host, text, len);
	host[len] = '\0';
	check_host(host);
	free(host);
	free(text);
	return 0;
}
