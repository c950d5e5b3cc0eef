/* SPDX-License-Identifier: ISC */
#include "anchors.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "der.h"
#include "error.h"
#include "pem.h"

#define DECODE_AT_ONCE 4 /* certificates: the file of a private CA is judged when it is loaded */
#define KEEP_FROM 16	 /* certificates: a file worth keeping when its last user goes */
#define NO_ANCHOR UINT32_MAX

struct anchor {
	uint64_t hash;	  /* of the subject */
	uint32_t at, len; /* in the arena; trust settings behind the certificate included */
	uint32_t cert_len;
	uint32_t line;
	bool with_settings; /* from a TRUSTED CERTIFICATE block */
	bool distrusted;
	bool self_issued;
	atomic_bool undecodable;
	_Atomic(X509 *) made; /* owned */
};

struct tlsw__anchors {
	unsigned char *arena; /* the DER of all certificates */
	size_t arena_len;
	struct anchor *list;
	size_t count, room;
	uint32_t *table; /* by subject: open addressing, at most half full */
	size_t mask;
	X509_CRL **crls;
	struct tlsw__anchors_facts facts;
	atomic_size_t undecodable;

	/* guarded by registry_lock */
	unsigned refs;
	bool listed;
	struct tlsw__file_id id;
	struct tlsw__anchors *next;
};

/* ------------------------------------------------------------------ contents */

static void
add_problem(struct tlsw__anchors *set, unsigned line, const char *why, bool crl)
{
	struct tlsw__anchors_facts *f = &set->facts;

	if (f->malformed < TLSW__PROBLEMS_MAX)
		f->problems[f->malformed] = (struct tlsw__problem){line, why};
	f->malformed++;
	f->malformed_crls += crl;
}

/* OpenSSL could not decode a block: memory is a fault, anything else a problem of the block. */
static int
add_openssl_problem(
    struct tlsw__anchors *set, unsigned line, bool crl, const char *what, struct tlsw__fault *fault)
{
	if (tlsw__queue_tells_memory())
		return tlsw__fault_set_memory(fault);
	add_problem(set, line, what, crl);
	return 0;
}

static struct anchor *
new_anchor(struct tlsw__anchors *set, struct tlsw__fault *fault)
{
	if (set->count == set->room) {
		size_t room = set->room == 0 ? 8 : set->room * 2;
		struct anchor *list = realloc(set->list, room * sizeof(*list));

		if (list == NULL) {
			(void)tlsw__fault_set_memory(fault);
			return NULL;
		}
		set->list = list;
		set->room = room;
	}
	memset(&set->list[set->count], 0, sizeof(set->list[0]));
	return &set->list[set->count++];
}

/* The object of an anchor's octets; NULL with OpenSSL's errors. */
static X509 *
decode(const struct tlsw__anchors *set, const struct anchor *a)
{
	const unsigned char *p = set->arena + a->at;

	return a->with_settings ? d2i_X509_AUX(NULL, &p, (long)a->len)
				: d2i_X509(NULL, &p, (long)a->len);
}

/* Whether its own settings refuse it as the CA of TLS servers. */
static bool
is_distrusted(X509 *x)
{
	return X509_check_trust(x, X509_TRUST_SSL_SERVER, 0) == X509_TRUST_REJECTED;
}

/* What the walk through the octets does not take: let OpenSSL decode it now. */
static int
add_decoded(struct tlsw__anchors *set, size_t len, bool with_settings, unsigned line,
    struct tlsw__fault *fault)
{
	const unsigned char *const der = set->arena + set->arena_len;
	const unsigned char *p = der;
	struct tlsw__der_certificate c;
	struct anchor *a;
	X509 *x;

	ERR_clear_error();
	x = with_settings ? d2i_X509_AUX(NULL, &p, (long)len) : d2i_X509(NULL, &p, (long)len);
	if (x == NULL)
		return add_openssl_problem(set, line, false, "it is no certificate", fault);
	a = new_anchor(set, fault);
	if (a == NULL) {
		X509_free(x);
		return -1;
	}
	a->at = (uint32_t)set->arena_len;
	a->len = (uint32_t)(p - der);
	a->cert_len = tlsw__der_certificate(der, a->len, &c) ? (uint32_t)c.len : a->len;
	a->with_settings = with_settings;
	a->distrusted = with_settings && is_distrusted(x);
	a->line = line;
	a->self_issued = X509_NAME_cmp(X509_get_subject_name(x), X509_get_issuer_name(x)) == 0;
	a->hash = tlsw__der_name_hash(X509_get_subject_name(x));
	atomic_init(&a->made, x);
	set->arena_len += a->len;
	return 0;
}

/* One certificate whose octets stand at the arena's end. */
static int
add_certificate(struct tlsw__anchors *set, size_t len, unsigned line, struct tlsw__fault *fault)
{
	struct tlsw__der_certificate c;
	struct anchor *a;

	if (!tlsw__der_certificate(set->arena + set->arena_len, len, &c))
		return add_decoded(set, len, false, line, fault);
	a = new_anchor(set, fault);
	if (a == NULL)
		return -1;
	a->at = (uint32_t)set->arena_len;
	a->len = a->cert_len = (uint32_t)c.len;
	a->line = line;
	a->self_issued = c.self_issued;
	a->hash = c.subject_hash;
	set->arena_len += c.len;
	return 0;
}

static int
add_crl(struct tlsw__anchors *set, size_t len, unsigned line, const char *otherwise,
    struct tlsw__fault *fault)
{
	const unsigned char *p = set->arena + set->arena_len;
	X509_CRL **crls, *crl;

	ERR_clear_error();
	crl = d2i_X509_CRL(NULL, &p, (long)len);
	if (crl == NULL)
		return add_openssl_problem(set, line, true, otherwise, fault);
	crls = realloc(set->crls, (set->facts.crls + 1) * sizeof(*crls));
	if (crls == NULL) {
		X509_CRL_free(crl);
		return tlsw__fault_set_memory(fault);
	}
	set->crls = crls;
	set->crls[set->facts.crls++] = crl;
	return 0;
}

/* ------------------------------------------------------------------- parsing */

static int
add_block(struct tlsw__anchors *set, const struct tlsw__pem_block *block, struct tlsw__fault *fault)
{
	const char *why = NULL;
	size_t len = 0;
	int rv;

	rv = tlsw__pem_decode(block, set->arena + set->arena_len, &len, &why);
	if (rv < 0)
		return tlsw__fault_set_memory(fault);
	if (rv == 0) {
		add_problem(set, block->line, why, block->kind == TLSW__PEM_CRL);
		return 0;
	}
	switch (block->kind) {
	case TLSW__PEM_CERTIFICATE:
		return add_certificate(set, len, block->line, fault);
	case TLSW__PEM_TRUSTED:
		return add_decoded(set, len, true, block->line, fault);
	case TLSW__PEM_CRL:
		return add_crl(set, len, block->line, "it is no CRL", fault);
	case TLSW__PEM_OTHER:
		break;
	}
	return 0;
}

static int
parse_pem(struct tlsw__anchors *set, const char *text, size_t len, struct tlsw__fault *fault)
{
	struct tlsw__pem_block block;
	struct tlsw__pem pem;

	tlsw__pem_open(&pem, text, len);
	while (tlsw__pem_next(&pem, &block))
		if (block.kind != TLSW__PEM_OTHER && add_block(set, &block, fault) != 0)
			return -1;
	return 0;
}

/* A SEQUENCE with a length that no text begins with. */
static bool
looks_like_der(const char *data, size_t len)
{
	return len > 2 && data[0] == 0x30 && ((unsigned char)data[1] & 0x80) != 0;
}

/* One certificate or CRL and nothing behind it. */
static int
parse_der(struct tlsw__anchors *set, const char *data, size_t len, struct tlsw__fault *fault)
{
	memcpy(set->arena, data, len);
	if (add_decoded(set, len, false, 1, fault) != 0)
		return -1;
	if (set->count == 1 && set->list[0].len == len)
		return 0;
	if (set->count == 1) {
		add_problem(set, 1, "there is something behind the certificate", false);
		X509_free(atomic_load(&set->list[0].made));
		set->count = 0;
		return 0;
	}
	set->facts.malformed = 0;
	set->arena_len = 0;
	return add_crl(set, len, 1, "it is neither a certificate nor a CRL", fault);
}

/* ------------------------------------------------------------------ indexing */

static bool
same_certificate(const struct tlsw__anchors *set, const struct anchor *a, const struct anchor *b)
{
	return a->cert_len == b->cert_len &&
	       memcmp(set->arena + a->at, set->arena + b->at, a->cert_len) == 0;
}

/* The place of an anchor in the table: that of the same certificate, or a free one. */
static uint32_t *
place_of(struct tlsw__anchors *set, const struct anchor *a)
{
	size_t i = a->hash & set->mask;

	while (set->table[i] != NO_ANCHOR) {
		const struct anchor *there = &set->list[set->table[i]];

		if (there->hash == a->hash && same_certificate(set, there, a))
			break;
		i = (i + 1) & set->mask;
	}
	return &set->table[i];
}

static void
move_anchor(struct anchor *to, struct anchor *from)
{
	if (to == from)
		return;
	X509_free(atomic_load(&to->made));
	*to = *from;
	atomic_init(&from->made, NULL);
}

/* The same certificate twice: settings count more than none, a refusal more than trust. */
static void
merge(struct tlsw__anchors *set, struct anchor *kept, struct anchor *again)
{
	set->facts.duplicates++;
	if ((again->with_settings && !kept->with_settings) || again->distrusted)
		move_anchor(kept, again);
	X509_free(atomic_load(&again->made));
	atomic_init(&again->made, NULL);
}

static void
count_anchors(struct tlsw__anchors *set)
{
	struct tlsw__anchors_facts *f = &set->facts;
	size_t i;

	for (i = 0; i < set->count; i++) {
		f->distrusted += set->list[i].distrusted;
		f->certificates += !set->list[i].distrusted;
		f->intermediate += !set->list[i].distrusted && !set->list[i].self_issued;
	}
}

static int
make_index(struct tlsw__anchors *set, struct tlsw__fault *fault)
{
	size_t size = 8, i, kept = 0;

	while (size < set->count * 2)
		size *= 2;
	set->table = malloc(size * sizeof(set->table[0]));
	if (set->table == NULL)
		return tlsw__fault_set_memory(fault);
	memset(set->table, 0xff, size * sizeof(set->table[0]));
	set->mask = size - 1;
	for (i = 0; i < set->count; i++) {
		uint32_t *place = place_of(set, &set->list[i]);

		if (*place != NO_ANCHOR) {
			merge(set, &set->list[*place], &set->list[i]);
			continue;
		}
		*place = (uint32_t)kept;
		move_anchor(&set->list[kept++], &set->list[i]);
	}
	set->count = kept;
	count_anchors(set);
	return 0;
}

/* Give back what the guesses were too large. */
static void
trim(struct tlsw__anchors *set)
{
	void *p;

	if ((p = realloc(set->arena, set->arena_len + 1)) != NULL)
		set->arena = p;
	if (set->count > 0 && (p = realloc(set->list, set->count * sizeof(set->list[0]))) != NULL)
		set->list = p;
}

static void
free_set(struct tlsw__anchors *set)
{
	size_t i;

	for (i = 0; i < set->count; i++)
		X509_free(atomic_load(&set->list[i].made));
	for (i = 0; i < set->facts.crls; i++)
		X509_CRL_free(set->crls[i]);
	free(set->crls);
	free(set->table);
	free(set->list);
	free(set->arena);
	free(set);
}

static struct tlsw__anchors *
parse(const char *data, size_t len, struct tlsw__fault *fault)
{
	struct tlsw__anchors *set = calloc(1, sizeof(*set));
	int rv = -1;

	if (set == NULL || (set->arena = malloc(len + 4)) == NULL)
		(void)tlsw__fault_set_memory(fault);
	else
		rv = looks_like_der(data, len) ? parse_der(set, data, len, fault)
					       : parse_pem(set, data, len, fault);
	if (rv == 0 && make_index(set, fault) == 0) {
		trim(set);
		set->refs = 1;
		return set;
	}
	if (set != NULL)
		free_set(set);
	return NULL;
}

/* ------------------------------------------------------------------- sharing */

static pthread_mutex_t registry_lock = PTHREAD_MUTEX_INITIALIZER;
static struct tlsw__anchors *registry; /* all sets that come from files; not references */
static struct tlsw__anchors *lasting;  /* a reference: the last large file, for the next context */

/* One reference less, under the lock; the set to free when it was the last. */
static struct tlsw__anchors *
drop(struct tlsw__anchors *set)
{
	struct tlsw__anchors **p;

	if (set == NULL || --set->refs > 0)
		return NULL;
	for (p = &registry; set->listed && *p != NULL; p = &(*p)->next) {
		if (*p == set) {
			*p = set->next;
			break;
		}
	}
	return set;
}

void
tlsw__anchors_unref(struct tlsw__anchors *set)
{
	if (set == NULL)
		return;
	(void)pthread_mutex_lock(&registry_lock);
	set = drop(set);
	(void)pthread_mutex_unlock(&registry_lock);
	if (set != NULL)
		free_set(set);
}

struct tlsw__anchors *
tlsw__anchors_ref(struct tlsw__anchors *set)
{
	(void)pthread_mutex_lock(&registry_lock);
	set->refs++;
	(void)pthread_mutex_unlock(&registry_lock);
	return set;
}

/* The set parsed from this state of a file, a reference; under the lock. */
static struct tlsw__anchors *
find_listed(const struct tlsw__file_id *id)
{
	struct tlsw__anchors *set;

	for (set = registry; set != NULL; set = set->next) {
		if (tlsw__file_same(&set->id, id)) {
			set->refs++;
			return set;
		}
	}
	return NULL;
}

static void
list(struct tlsw__anchors *set, const struct tlsw__file_id *id)
{
	set->id = *id;
	set->listed = true;
	set->next = registry;
	registry = set;
}

/* Keep one large file beyond its users: programs that make a context a connection. */
static struct tlsw__anchors *
keep(struct tlsw__anchors *set)
{
	struct tlsw__anchors *old = lasting;

	if (set == old || set->count < KEEP_FROM)
		return NULL;
	set->refs++;
	lasting = set;
	return drop(old);
}

/* A set fresh from a file: the one that is already there if it says the same. */
static struct tlsw__anchors *
publish(struct tlsw__anchors *set, const struct tlsw__file_id *id)
{
	struct tlsw__anchors *there, *unused = NULL, *old = NULL;

	(void)pthread_mutex_lock(&registry_lock);
	there = find_listed(id);
	if (there != NULL && tlsw__anchors_equal(there, set)) {
		there->id = *id; /* it may have settled */
		unused = set;
		set = there;
	} else {
		unused = drop(there);
		list(set, id);
		old = keep(set);
	}
	(void)pthread_mutex_unlock(&registry_lock);
	if (unused != NULL)
		free_set(unused);
	if (old != NULL)
		free_set(old);
	return set;
}

/* The shared set of a file that has not changed since it was parsed. */
static struct tlsw__anchors *
find_shared(const char *path, struct tlsw__fault *fault)
{
	struct tlsw__anchors *set, *unused = NULL;
	struct tlsw__file_id id;

	if (tlsw__file_identify(path, &id, fault) != 0)
		return NULL;
	(void)pthread_mutex_lock(&registry_lock);
	set = find_listed(&id);
	if (set != NULL && !set->id.settled) {
		unused = drop(set);
		set = NULL;
	}
	(void)pthread_mutex_unlock(&registry_lock);
	if (unused != NULL)
		free_set(unused);
	return set;
}

struct tlsw__anchors *
tlsw__anchors_load_file(const char *path, struct tlsw__fault *fault)
{
	struct tlsw__anchors *set = find_shared(path, fault);
	struct tlsw__file_id id;
	char *text = NULL;
	size_t len = 0;

	if (set != NULL)
		return set;
	if (tlsw__file_read(path, &text, &len, &id, fault) != 0)
		return NULL;
	set = parse(text, len, fault);
	free(text);
	return set == NULL ? NULL : publish(set, &id);
}

struct tlsw__anchors *
tlsw__anchors_load_mem(const void *data, size_t len, struct tlsw__fault *fault)
{
	if (data == NULL || len == 0) {
		(void)tlsw__fault_set(fault, TLSW_ERR_TRUST_STORE, "it is empty");
		return NULL;
	}
	if (len > TLSW__FILE_MAX) {
		(void)tlsw__fault_set(fault, TLSW_ERR_TRUST_STORE, "it is larger than %lu MiB",
		    TLSW__FILE_MAX / (1024 * 1024));
		return NULL;
	}
	return parse(data, len, fault);
}

bool
tlsw__anchors_current(const struct tlsw__anchors *set, const char *path)
{
	struct tlsw__fault fault;
	struct tlsw__file_id id;
	bool same;

	if (tlsw__file_identify(path, &id, &fault) != 0)
		return false;
	(void)pthread_mutex_lock(&registry_lock);
	same = tlsw__file_unchanged(&set->id, &id);
	(void)pthread_mutex_unlock(&registry_lock);
	return same;
}

bool
tlsw__anchors_equal(const struct tlsw__anchors *a, const struct tlsw__anchors *b)
{
	size_t i;

	if (a->arena_len != b->arena_len || a->count != b->count ||
	    a->facts.crls != b->facts.crls || memcmp(a->arena, b->arena, a->arena_len) != 0)
		return false;
	for (i = 0; i < a->count; i++)
		if (a->list[i].len != b->list[i].len ||
		    a->list[i].with_settings != b->list[i].with_settings)
			return false;
	for (i = 0; i < a->facts.crls; i++)
		if (X509_CRL_match(a->crls[i], b->crls[i]) != 0)
			return false;
	return true;
}

/* --------------------------------------------------------------------- asking */

const struct tlsw__anchors_facts *
tlsw__anchors_facts(const struct tlsw__anchors *set)
{
	return &set->facts;
}

/*
 * The object of an anchor, lent; made at the first call. NULL: it cannot be
 * decoded, or *memory is set.
 */
static X509 *
object_of(struct tlsw__anchors *set, struct anchor *a, bool *memory)
{
	const bool clean = ERR_peek_error() == 0;
	X509 *x = atomic_load(&a->made), *theirs = NULL;

	if (x != NULL || atomic_load(&a->undecodable))
		return x;
	(void)ERR_set_mark();
	x = decode(set, a);
	if (x != NULL && !atomic_compare_exchange_strong(&a->made, &theirs, x)) {
		X509_free(x); /* another thread was first */
		x = theirs;
	} else if (x == NULL && (!clean || tlsw__queue_tells_memory())) {
		*memory = true; /* or it cannot be told; asked again next time */
	} else if (x == NULL && !atomic_exchange(&a->undecodable, true)) {
		(void)atomic_fetch_add(&set->undecodable, 1);
	}
	(void)ERR_pop_to_mark();
	return x;
}

static int
unusable_block(const struct tlsw__anchors *set, const char *intro, struct tlsw__fault *fault)
{
	const struct tlsw__problem *first = &set->facts.problems[0];

	return tlsw__fault_set(fault, TLSW_ERR_TRUST_STORE,
	    "%sthe block in line %u: %s (%zu unusable)", intro, first->line, first->why,
	    set->facts.malformed);
}

/* Few certificates are decoded now, so that it is the load that reports a broken one. */
static int
need_decodable(struct tlsw__anchors *set, struct tlsw__fault *fault)
{
	bool memory = false;
	size_t i, good = 0;

	if (set->count > DECODE_AT_ONCE)
		return 0;
	for (i = 0; i < set->count; i++)
		good += object_of(set, &set->list[i], &memory) != NULL && !set->list[i].distrusted;
	if (memory)
		return tlsw__fault_set_memory(fault);
	if (good == 0)
		return tlsw__fault_set(fault, TLSW_ERR_TRUST_STORE,
		    "no usable certificate in it: the block in line %u: it is no certificate",
		    set->list[0].line);
	return 0;
}

int
tlsw__anchors_need_certificate(struct tlsw__anchors *set, struct tlsw__fault *fault)
{
	if (set->facts.certificates > 0)
		return need_decodable(set, fault);
	if (set->facts.distrusted > 0)
		return tlsw__fault_set(fault, TLSW_ERR_TRUST_STORE,
		    "its certificates refuse, in their trust settings, to vouch for TLS servers");
	if (set->facts.malformed > 0)
		return unusable_block(set, "no usable certificate in it: ", fault);
	return tlsw__fault_set(
	    fault, TLSW_ERR_TRUST_STORE, "no certificate in it (neither PEM nor DER)");
}

int
tlsw__anchors_need_crl(const struct tlsw__anchors *set, struct tlsw__fault *fault)
{
	if (set->facts.malformed > 0)
		return unusable_block(set, "", fault);
	if (set->facts.crls == 0)
		return tlsw__fault_set(
		    fault, TLSW_ERR_TRUST_STORE, "no revocation list in it (neither PEM nor DER)");
	return 0;
}

static int
push(STACK_OF(X509) * found, X509 *x)
{
	if (X509_up_ref(x) != 1)
		return -1;
	if (sk_X509_push(found, x) > 0)
		return 0;
	X509_free(x);
	return -1;
}

int
tlsw__anchors_find(struct tlsw__anchors *set, const X509_NAME *subject, STACK_OF(X509) * found)
{
	const uint64_t hash = tlsw__der_name_hash(subject);
	bool memory = false;
	size_t i;
	X509 *x;

	for (i = hash & set->mask; set->table[i] != NO_ANCHOR; i = (i + 1) & set->mask) {
		struct anchor *a = &set->list[set->table[i]];

		if (a->hash != hash || (x = object_of(set, a, &memory)) == NULL)
			continue;
		if (X509_NAME_cmp(X509_get_subject_name(x), subject) == 0 && push(found, x) != 0)
			return -1;
	}
	return memory ? -1 : 0;
}

int
tlsw__anchors_crls(struct tlsw__anchors *set, STACK_OF(X509_CRL) * found)
{
	size_t i;

	for (i = 0; i < set->facts.crls; i++) {
		if (X509_CRL_up_ref(set->crls[i]) != 1)
			return -1;
		if (sk_X509_CRL_push(found, set->crls[i]) <= 0) {
			X509_CRL_free(set->crls[i]);
			return -1;
		}
	}
	return 0;
}

size_t
tlsw__anchors_size(const struct tlsw__anchors *set)
{
	return set->count;
}

X509 *
tlsw__anchors_get(struct tlsw__anchors *set, size_t i)
{
	bool memory = false;
	X509 *x = object_of(set, &set->list[i], &memory);

	return x != NULL && X509_up_ref(x) == 1 ? x : NULL;
}

size_t
tlsw__anchors_undecodable(const struct tlsw__anchors *set)
{
	return atomic_load(&set->undecodable);
}
