/* SPDX-License-Identifier: ISC */
#include "verify.h"

#include <arpa/inet.h>
#include <string.h>
#include <time.h>

#include <openssl/objects.h>
#include <openssl/x509_vfy.h>

#include "cert.h"
#include "explain.h"
#include "match.h"
#include "remember.h"

#define DANE_EE 3 /* RFC 6698 section 7.2, RFC 7218 section 2.1 */

/* ------------------------------------------------------------------- names */

static void
keep_matched(struct tlsw__verdict *verdict, const struct tls_name *name)
{
	if (name->type == TLSW_NAME_IP)
		(void)inet_ntop(name->length == 4 ? AF_INET : AF_INET6, name->value, verdict->matched,
		    sizeof(verdict->matched));
	else
		(void)tlsw__text_escape(verdict->matched, sizeof(verdict->matched), name->value,
		    name->length, sizeof(verdict->matched));
}

/* The references behind the first, and a service at the first. */
static const struct tlsw__reference *
match_others(const struct tlsw__verify_request *request, const struct tls_name *name)
{
	size_t i;

	for (i = 1; i < request->reference_count; i++)
		if (tlsw__match_name(&request->references[i], name->type, name->value, name->length))
			return &request->references[i];
	if (name->type == TLSW_NAME_SRV && request->service != NULL &&
	    request->reference_count > 0 &&
	    tlsw__match_srv(&request->references[0], request->service, name->value, name->length))
		return &request->references[0];
	return NULL;
}

/* The reference that a presented identifier matches; NULL: none. */
static inline const struct tlsw__reference *
match_any(const struct tlsw__verify_request *request, const struct tls_name *name)
{
	if (request->reference_count > 0 &&
	    tlsw__match_name(&request->references[0], name->type, name->value, name->length))
		return &request->references[0];
	if (request->reference_count < 2 && request->service == NULL)
		return NULL; /* as nearly always */
	return match_others(request, name);
}

/* The subject's common names, each as if it were a dNSName (RFC 6125 section 6.4.4). */
static const struct tlsw__reference *
match_common_name(const struct tlsw__verify_request *request, struct tlsw__verdict *verdict)
{
	const struct tlsw__reference *reference;
	const X509_NAME *subject = X509_get_subject_name(request->leaf);
	int at = -1;

	while ((at = X509_NAME_get_index_by_NID(subject, NID_commonName, at)) >= 0) {
		const ASN1_STRING *cn = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at));
		int type = ASN1_STRING_type(cn), len = ASN1_STRING_length(cn);
		struct tls_name name = {
		    TLSW_NAME_DNS, ASN1_STRING_get0_data(cn), len < 0 ? 0 : (size_t)len};

		if (type != V_ASN1_UTF8STRING && type != V_ASN1_PRINTABLESTRING &&
		    type != V_ASN1_IA5STRING && type != V_ASN1_T61STRING)
			continue; /* two and four octets a character never look like a host name */
		reference = match_any(request, &name);
		if (reference != NULL && reference->kind == TLSW__REF_DNS) {
			keep_matched(verdict, &name);
			return reference;
		}
	}
	return NULL;
}

/* What a walk through a subjectAltName came to. */
struct presented {
	const struct tlsw__reference *reference; /* the one that is presented; NULL: none is */
	struct tls_name name;                    /* how */
	bool identifiers;                        /* there are some */
};

/*
 * The whole extension is walked: a malformed entry behind a matching one spoils
 * it. False if it is malformed.
 */
static bool
walk_names(const struct tlsw__verify_request *request, int there, struct tlsw__san *san,
    struct presented *out)
{
	const struct tlsw__reference *found = NULL;
	bool identifiers = false;
	struct tls_name name;
	int more = there < 0 ? -1 : 0;

	while (there == 1 && (more = tlsw__san_next(san, &name)) == 1) {
		identifiers |= name.type != TLSW_NAME_EMAIL;
		if (found == NULL && (found = match_any(request, &name)) != NULL)
			out->name = name;
	}
	out->reference = found;
	out->identifiers = identifiers;
	return more == 0;
}

/* The reference that the leaf presents, NULL if it presents none. */
static const struct tlsw__reference *
match_leaf(const struct tlsw__verify_request *request, struct tlsw__verdict *verdict)
{
	struct presented presented = {.reference = NULL};
	struct tlsw__san san;
	int there = tlsw__san_open(request->leaf, &san);

	verdict->matched[0] = '\0';
	if (!walk_names(request, there, &san, &presented))
		return NULL;
	if (presented.reference != NULL)
		keep_matched(verdict, &presented.name);
	else if (!presented.identifiers && request->policy->check_common_name)
		return match_common_name(request, verdict);
	return presented.reference;
}

/* ----------------------------------------------------------------- verdict */

/* Everything that was found out, before anything is decided. Zeroed, it is a refusal. */
struct findings {
	bool chain_ok;
	unsigned long chain_reasons; /* 0 only if chain_ok */
	long chain_error;            /* X509_V_ERR_* of the first problem */
	int chain_depth;
	bool name_ok;
	bool dane_ee; /* a DANE-EE record names this very certificate or key: names do not count */
	bool pin_ok;
	bool excepted; /* exactly this leaf for exactly this host: chain and name do not count */
	bool hook_ok;
};

static void
note_chain(const struct tlsw__chain *chain, struct findings *f)
{
	size_t i;

	f->chain_ok = chain->ok && chain->problem_count == 0;
	for (i = 0; i < chain->problem_count; i++)
		f->chain_reasons |= tlsw__chain_reason(chain->problems[i].error);
	if (!f->chain_ok && f->chain_reasons == 0)
		f->chain_reasons = TLSW_REASON_OTHER;
	f->chain_error = chain->problem_count > 0 ? chain->problems[0].error : X509_V_ERR_UNSPECIFIED;
	f->chain_depth = chain->problem_count > 0 ? chain->problems[0].depth : -1;
}

static void
note_identity(const struct tlsw__verify_request *request, struct findings *f)
{
	const struct tlsw__verify_policy *policy = request->policy;

	f->pin_ok = tlsw__pins_allow(&policy->pins, request->leaf);
	f->excepted = tlsw__exceptions_cover(&policy->exceptions,
	    request->reference_count > 0 ? &request->references[0] : NULL, request->leaf);
}

static unsigned long
all_reasons(const struct tlsw__verify_request *request, const struct findings *f)
{
	return f->chain_reasons | (f->pin_ok ? 0 : TLSW_REASON_PIN) |
	    (f->name_ok || f->dane_ee || request->reference_count == 0 ? 0 : TLSW_REASON_HOSTNAME);
}

/* The caller's own check: it sees everything, and can only refuse. */
static bool
ask_hook(const struct tlsw__verify_request *request, STACK_OF(X509) *path, unsigned long reasons)
{
	const struct tlsw__verify_policy *policy = request->policy;
	tls_certificate *chain;
	bool ok;

	if (policy->hook == NULL)
		return true;
	chain = tlsw__cert_new(request->leaf, path);
	ok = chain != NULL && policy->hook(request->socket, chain, reasons, policy->hook_arg) == 0;
	tls_certificate_free(chain);
	return ok;
}

static void
first_problem(const struct tlsw__verify_policy *policy, const struct findings *f,
    struct tlsw__verdict *verdict)
{
	verdict->depth = 0;
	if (!f->chain_ok && policy->require_chain && !f->excepted) {
		verdict->blame = TLSW__BLAME_CHAIN;
		verdict->verify_error = f->chain_error;
		verdict->depth = f->chain_depth;
	} else if (!f->name_ok && policy->check_hostname && !f->dane_ee && !f->excepted) {
		verdict->blame = TLSW__BLAME_NAME;
		verdict->verify_error = X509_V_ERR_HOSTNAME_MISMATCH;
	} else {
		verdict->blame = TLSW__BLAME_CALLER;
		verdict->verify_error = X509_V_ERR_CERT_REJECTED;
	}
}

/*
 * The decision. Everything was found out before; this alone writes accepted,
 * and accepted alone opens the gate (wrap.c).
 */
static void
decide(const struct tlsw__verify_request *request, const struct findings *f,
    struct tlsw__verdict *verdict)
{
	const struct tlsw__verify_policy *policy = request->policy;
	const bool chain_met = f->chain_ok || !policy->require_chain;
	const bool name_met = f->name_ok || f->dane_ee || !policy->check_hostname;

	verdict->reasons = all_reasons(request, f) | (f->hook_ok ? 0 : TLSW_REASON_OTHER);
	verdict->chain_reasons = f->chain_reasons;
	verdict->verified =
	    f->chain_ok && (f->dane_ee || (f->name_ok && request->reference_count > 0));
	verdict->accepted = ((chain_met && name_met) || f->excepted) && f->pin_ok && f->hook_ok;
	if (verdict->accepted) {
		verdict->verify_error = X509_V_OK;
		verdict->depth = -1;
	} else {
		first_problem(policy, f, verdict);
	}
}

static int
refuse(const struct tlsw__verify_request *request, const struct tlsw__chain *chain,
    struct tlsw__verdict *verdict)
{
	if (tlsw__queue_names_memory()) /* what was refused may be for want of it */
		(void)tlsw__error_set_memory();
	else
		tlsw__explain_refusal(request, chain, verdict);
	verdict->error = tlsw__error_copy();
	return -1;
}

/*
 * A chain over what is trusted, provided that the trust store could be asked
 * all along. The CAs' constraints bind the host that was asked for as well,
 * not only what the leaf presents.
 */
static int
build_chain(const struct tlsw__verify_request *request, const struct tlsw__reference *matched,
    struct tlsw__chain *chain)
{
	if (matched == NULL && request->reference_count > 0)
		matched = &request->references[0];
	tlsw__queue_clear();
	tlsw__lookup_begin();
	if (tlsw__chain_build_for(matched, request->dane == NULL ? NULL : SSL_get0_dane(request->dane),
	        tlsw__snapshot_store(request->trust), request->leaf, request->presented,
	        &request->policy->chain, chain) != 0)
		return -1;
	return tlsw__trust_lookups_worked();
}

/* RFC 7671 section 5.1: a match of a DANE-EE record stands for the name and the dates as well. */
static bool
is_dane_ee(const struct tlsw__verify_request *request)
{
	uint8_t usage = 255;

	return request->dane != NULL &&
	    SSL_get0_dane_tlsa(request->dane, &usage, NULL, NULL, NULL, NULL) >= 0 &&
	    usage == DANE_EE;
}

int
tlsw__verify(const struct tlsw__verify_request *request, struct tlsw__verdict *verdict)
{
	struct tlsw__chain chain = {0};
	struct findings f = {.chain_ok = false};
	const struct tlsw__reference *matched;
	int rv = -1;

	verdict->verify_error = X509_V_ERR_UNSPECIFIED;
	verdict->depth = -1;
	verdict->reasons = TLSW_REASON_OTHER;
	matched = match_leaf(request, verdict);
	if (build_chain(request, matched, &chain) != 0 || X509_up_ref(request->leaf) != 1) {
		verdict->error = tlsw__error_copy();
		goto out;
	}
	verdict->leaf = request->leaf;
	f.name_ok = matched != NULL;
	note_chain(&chain, &f);
	note_identity(request, &f);
	f.dane_ee = f.chain_ok && is_dane_ee(request);
	f.hook_ok = ask_hook(request, chain.path, all_reasons(request, &f));
	decide(request, &f, verdict);
	rv = verdict->accepted ? 0 : refuse(request, &chain, verdict);
	verdict->path = chain.path;
	chain.path = NULL;
out:
	tlsw__chain_clear(&chain);
	return rv;
}

bool
tlsw__verify_again(const struct tlsw__verify_request *request, STACK_OF(X509) *path,
    unsigned long earlier, struct tlsw__verdict *verdict)
{
	const time_t set = request->policy->chain.when;
	struct findings f = {.chain_reasons = earlier};

	if (!tlsw__chain_in_dates(path, set != 0 ? set : time(NULL)))
		f.chain_reasons |= TLSW_REASON_EXPIRED;
	f.chain_ok = f.chain_reasons == 0;
	f.name_ok = match_leaf(request, verdict) != NULL;
	note_identity(request, &f);
	f.hook_ok = ask_hook(request, path, all_reasons(request, &f));
	decide(request, &f, verdict);
	verdict->path = verdict->accepted ? X509_chain_up_ref(path) : NULL;
	if (verdict->path == NULL || X509_up_ref(request->leaf) != 1) {
		tlsw__verdict_clear(verdict);
		return false;
	}
	verdict->leaf = request->leaf;
	return true;
}

void
tlsw__verdict_clear(struct tlsw__verdict *verdict)
{
	X509_free(verdict->leaf);
	sk_X509_pop_free(verdict->path, X509_free);
	tlsw__error_copy_free(verdict->error);
	memset(verdict, 0, sizeof(*verdict));
}

/* ---------------------------------------------------- without a connection */

int
tlsw__verify_host(const char *hostname, struct tlsw__reference *out)
{
	char quote[TLSW__QUOTE_SIZE];
	enum tlsw__name_fault fault;

	if (hostname == NULL)
		return tlsw__error_set(TLSW_ERR_HOSTNAME,
		    "server_hostname is NULL: without a name nobody can be recognised");
	fault = tlsw__reference_from_host(out, hostname);
	if (fault == TLSW__NAME_OK)
		return 0;
	if (fault == TLSW__NAME_MEMORY)
		return tlsw__error_set_memory();
	return tlsw__error_set(TLSW_ERR_HOSTNAME, "server_hostname \"%s\" is no host name: %s",
	    tlsw__text_escape(quote, sizeof(quote), hostname, strlen(hostname), TLSW__QUOTE_MAX),
	    tlsw__name_fault_text(fault));
}

/* The failure of tls_match_hostname() is a refusal like any other. */
static int
refuse_name(const struct tlsw__verify_request *request)
{
	struct tlsw__verdict verdict = {.reasons = TLSW_REASON_HOSTNAME,
	    .verify_error = X509_V_ERR_HOSTNAME_MISMATCH,
	    .blame = TLSW__BLAME_NAME};

	tlsw__explain_refusal(request, NULL, &verdict);
	return -1;
}

int
tls_match_hostname(const tls_certificate *cert, const char *hostname)
{
	static const struct tlsw__verify_policy policy = {.check_hostname = true};
	struct presented presented = {.reference = NULL};
	struct tlsw__reference reference;
	struct tlsw__verify_request request = {
	    .policy = &policy, .references = &reference, .reference_count = 1};
	struct tlsw__san san;
	int there;

	if (cert == NULL)
		return tlsw__error_set(TLSW_ERR_USAGE, "certificate is NULL");
	if (tlsw__verify_host(hostname, &reference) != 0)
		return -1;
	request.leaf = tlsw__cert_x509(cert);
	there = tlsw__cert_san(cert, &san);
	if (walk_names(&request, there, &san, &presented) && presented.reference != NULL)
		return 0;
	return refuse_name(&request);
}
