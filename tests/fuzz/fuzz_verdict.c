/*
 * fuzz_verdict.c - from octets to a verdict: a chain in PEM, or one
 * certificate in DER, whose last certificate is made the trust anchor.
 *
 * The first octet chooses host and flags. Whatever is accepted names the host,
 * and whatever is refused says why.
 *
 * SPDX-License-Identifier: ISC
 */
#include "fuzz.h"

#include "tlswrap.h"

#define THE_DAY 1704067200 /* 2024-01-01, the day of the seeds */

static tls_context *
trusting_the_last_of(const tls_certificate *leaf, unsigned flags)
{
	const tls_certificate *last = leaf, *next;
	tls_context *ctx = tls_context_new();
	const void *der;
	size_t len;

	while ((next = tls_certificate_issuer(last)) != NULL)
		last = next;
	der = tls_certificate_der(last, &len);
	fuzz_assert(ctx != NULL && der != NULL);
	fuzz_assert(tls_context_set_verify_time(ctx, THE_DAY) == 0);
	fuzz_assert(tls_context_set_verify_flags(ctx, flags) == 0);
	if (tls_context_load_ca_mem(ctx, der, len) == 1)
		return ctx;
	tls_context_free(ctx);
	return NULL;
}

static void
judge(tls_context *ctx, const tls_certificate *leaf, const char *host)
{
	if (tls_context_verify(ctx, leaf, host) == 0) {
		fuzz_assert(tls_match_hostname(leaf, host) == 0);
		return;
	}
	fuzz_assert(tls_last_error()->code == TLSW_ERR_CERTIFICATE ||
	    tls_last_error()->code == TLSW_ERR_HOSTNAME_MISMATCH);
	fuzz_assert(tls_last_error()->message[0] != '\0' && tls_last_error()->reasons != 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const hosts[] = {"example.com", "127.0.0.1", "a.b.c.example.com", "::1"};
	tls_certificate *leaf;
	tls_context *ctx;
	unsigned flags = 0;

	if (size < 2)
		return 0;
	if ((data[0] & 4) != 0)
		flags |= TLSW_VERIFY_STRICT;
	if ((data[0] & 8) != 0)
		flags |= TLSW_VERIFY_PARTIAL_CHAIN;
	leaf = tls_certificate_load_mem(data + 1, size - 1);
	ctx = leaf == NULL ? NULL : trusting_the_last_of(leaf, flags);
	if (ctx != NULL)
		judge(ctx, leaf, hosts[data[0] & 3]);
	tls_context_free(ctx);
	tls_certificate_free(leaf);
	tls_error_clear();
	return 0;
}
