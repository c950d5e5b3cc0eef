/*
 * strict_rules.h - what the files of strict.h share.
 *
 * A rule is a function that says whether one certificate breaks it. What
 * cannot be decoded, and what cannot be judged for want of memory, breaks it.
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef TLSW_STRICT_RULES_H
#define TLSW_STRICT_RULES_H

#include "chain.h"

/** A certificate of a verified path, and for the few rules that need it, the rest. */
struct tlsw__place {
	X509 *cert;
	STACK_OF(X509) *path;
	X509_STORE_CTX *ctx;
	unsigned long flags; /* TLSW_VERIFY_* */
};

/** Whether an extension is there; whether it is there and critical. */
bool tlsw__place_has(const struct tlsw__place *at, int nid);
bool tlsw__place_critical(const struct tlsw__place *at, int nid);

/* Rules about names; the table in strict.c says where they come from. */
bool tlsw__rule_name_constraints(const struct tlsw__place *at);
bool tlsw__rule_odd_name_constraints(const struct tlsw__place *at);
bool tlsw__rule_empty_name_constraints(const struct tlsw__place *at);
bool tlsw__rule_no_san(const struct tlsw__place *at);
bool tlsw__rule_odd_san(const struct tlsw__place *at);
bool tlsw__rule_critical_san(const struct tlsw__place *at);
bool tlsw__rule_other_common_name(const struct tlsw__place *at);
bool tlsw__rule_malformed_name(const struct tlsw__place *at);

#endif
