/*
 * fuzz_match.c - any names against any reference, compared with the naive
 * matcher. The input: the length of the reference and its octets, then for each
 * name its type, its length and its octets. The last name is also an SRV-ID.
 *
 * SPDX-License-Identifier: ISC
 */
#include "fuzz.h"

#include "match.h"
#include "support/naive_match.h"

#define NAMES_MAX 16

static size_t
read_names(struct fuzz_input *in, struct tls_name names[NAMES_MAX])
{
	size_t count;

	for (count = 0; count < NAMES_MAX && in->left > 0; count++) {
		struct tls_name *name = &names[count];

		name->type = (enum tlsw_name_type)(fuzz_octet(in) % (TLSW_NAME_CN + 1));
		name->value = fuzz_block(in, fuzz_octet(in), &name->length);
	}
	return count;
}

static enum tlsw_match
naive_verdict(const struct tls_name *names, size_t count, const char *reference, size_t len)
{
	struct naive_reference ref;
	size_t i;

	naive_parse(&ref, reference, len);
	if (ref.kind == NAIVE_INVALID)
		return TLSW_REFERENCE_INVALID;
	for (i = 0; i < count; i++)
		if (naive_match(&ref, names[i].type, names[i].value, names[i].length))
			return TLSW_MATCH;
	return TLSW_MISMATCH;
}

static bool
begins_with_imap(const char *octets, size_t len)
{
	static const char prefix[] = "_imap.";
	size_t i;

	for (i = 0; i < sizeof(prefix) - 1; i++)
		if (i == len || naive_lower(octets[i]) != prefix[i])
			return false;
	return true;
}

/** An SRV-ID is a service and a name without a wildcard. */
static void
check_srv(const struct tls_name *name, const char *reference, size_t len)
{
	struct tlsw__reference ref;
	struct naive_reference naive;
	const char *octets = name->value;
	bool want = false;

	(void)tlsw__reference_parse(&ref, reference, len);
	naive_parse(&naive, reference, len);
	if (begins_with_imap(octets, name->length) && memchr(octets, '*', name->length) == NULL)
		want = naive_match(&naive, TLSW_NAME_DNS, octets + 6, name->length - 6);
	fuzz_assert(tlsw__match_srv(&ref, "Imap", octets, name->length) == want);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = {data, size};
	struct tls_name names[NAMES_MAX];
	size_t len, count;
	char *reference = fuzz_block(&in, fuzz_octet(&in), &len);

	count = read_names(&in, names);
	fuzz_assert(tls_match_names(names, count, reference, len) ==
		    naive_verdict(names, count, reference, len));
	if (count > 0)
		check_srv(&names[count - 1], reference, len);
	while (count > 0)
		free((void *)(uintptr_t)names[--count].value);
	free(reference);
	return 0;
}
