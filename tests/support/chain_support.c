/* Chains of a test's own certificates. SPDX-License-Identifier: ISC */
#include "support/support.h"

#include "support/chain_support.h"

const struct tlsw__chain_policy chain_ordinary = {.depth = 100, .security_level = 2};

static struct pki *made[CHAIN_KEEP_MAX];
static size_t made_count;

struct pki *
chain_keep(struct pki *pki)
{
	ck_assert_uint_lt(made_count, CHAIN_KEEP_MAX);
	made[made_count++] = pki;
	return pki;
}

struct pki *
chain_made(size_t i)
{
	ck_assert_uint_lt(i, made_count);
	return made[i];
}

void
chain_free_all(void)
{
	while (made_count > 0)
		pki_free(made[--made_count]);
}

struct tlsw__chain
chain_judge_in(
    X509_STORE *store, const struct pki *const *sent, const struct tlsw__chain_policy *policy)
{
	STACK_OF(X509) *certs = pki_stack(sent);
	X509 *leaf = sk_X509_shift(certs);
	struct tlsw__chain chain;

	ck_assert_works(tlsw__chain_build(store, leaf, certs, policy, &chain) == 0);
	ck_assert(chain.ok == (chain.problem_count == 0));
	ck_assert_ptr_eq(sk_X509_value(chain.path, 0), leaf);
	ck_assert_uint_le(chain.steps, TLSW__CHAIN_STEPS);
	X509_free(leaf);
	sk_X509_pop_free(certs, X509_free);
	return chain;
}

struct tlsw__chain
chain_judge(const struct pki *const *trusted, const struct pki *const *sent,
    const struct tlsw__chain_policy *policy)
{
	X509_STORE *store = pki_store(trusted);
	struct tlsw__chain chain = chain_judge_in(store, sent, policy);

	X509_STORE_free(store);
	return chain;
}

bool
chain_found(const struct tlsw__chain *chain, long error, int depth)
{
	size_t i;

	for (i = 0; i < chain->problem_count; i++)
		if (chain->problems[i].error == error &&
		    (depth == -1 || chain->problems[i].depth == depth))
			return true;
	return false;
}

void
chain_accepted(const struct pki *const *trusted, const struct pki *const *sent)
{
	struct tlsw__chain chain = chain_judge(trusted, sent, &chain_ordinary);

	ck_assert_msg(chain.ok, "%s", X509_verify_cert_error_string(chain.problems[0].error));
	tlsw__chain_clear(&chain);
}

void
chain_refused(const struct pki *const *trusted, const struct pki *const *sent, long error)
{
	struct tlsw__chain chain = chain_judge(trusted, sent, &chain_ordinary);

	ck_assert(!chain.ok);
	ck_assert_msg(chain_found(&chain, error, -1), "%s instead of %s",
	    X509_verify_cert_error_string(chain.problems[0].error),
	    X509_verify_cert_error_string(error));
	tlsw__chain_clear(&chain);
}
