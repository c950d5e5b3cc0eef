/* Sets of anchors are shared by all who load the same file. SPDX-License-Identifier: ISC */
#include "anchors_internal.h"

#include <pthread.h>
#include <stdlib.h>

#define KEEP_FROM 16 /* certificates: a file worth keeping when its last user goes */

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
		tlsw__anchors_destroy(set);
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
		tlsw__anchors_destroy(unused);
	if (old != NULL)
		tlsw__anchors_destroy(old);
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
		tlsw__anchors_destroy(unused);
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
	set = tlsw__anchors_parse(text, len, fault);
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
	return tlsw__anchors_parse(data, len, fault);
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
