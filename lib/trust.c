/* SPDX-License-Identifier: ISC */
#include "trust.h"

#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "trust_internal.h"

#define CHECK_EVERY_MS 1000

static _Atomic uint64_t last_version;

/* ------------------------------------------------------------------- adding */

/* Without refresh a directory must hold everything before it is added. */
static int
complete(const struct tlsw__sources *sources)
{
	struct tlsw__fault fault;
	size_t i;

	for (i = 0; i < sources->count; i++) {
		const struct tlsw__source *s = sources->list[i];

		if (s->is.dir != NULL && tlsw__cadir_complete(s->is.dir, &fault) != 0)
			return tlsw__source_refuse(
			    tlsw__source_kind_name(s->kind), s->path, &fault);
	}
	return 0;
}

int
tlsw__trust_add(struct tlsw__trust *trust, struct tlsw__sources *added)
{
	struct tlsw__sources all = {NULL, 0}, old = {NULL, 0};
	struct tlsw__snapshot *outdated = NULL;
	int rv = -1;

	if (!trust->refresh && complete(added) != 0)
		goto out;
	(void)pthread_mutex_lock(&trust->lock);
	if (tlsw__sources_copy(&all, &trust->sources) == 0 &&
	    tlsw__sources_copy(&all, added) == 0) {
		old = trust->sources;
		trust->sources = all;
		outdated = trust->current;
		trust->current = NULL;
		rv = 0;
	}
	(void)pthread_mutex_unlock(&trust->lock);
	if (rv != 0)
		(void)tlsw__error_set_memory();
out:
	tlsw__sources_clear(added);
	tlsw__sources_clear(&old);
	tlsw__snapshot_free(outdated);
	return rv;
}

/* Add one source that may have failed to open. */
static int
add(struct tlsw__trust *trust, struct tlsw__source *s, const char *what, const char *path,
    const struct tlsw__fault *fault)
{
	struct tlsw__sources one = {NULL, 0};

	if (s == NULL)
		return tlsw__source_refuse(what, path, fault);
	if (tlsw__sources_append(&one, s) != 0)
		return tlsw__error_set_memory();
	return tlsw__trust_add(trust, &one);
}

static int
certificates_of(const struct tlsw__source *s)
{
	return s == NULL ? 0 : (int)tlsw__anchors_facts(s->is.set)->certificates;
}

int
tlsw__trust_load_file(struct tlsw__trust *trust, const char *path)
{
	struct tlsw__queue queue;
	struct tlsw__fault fault;
	struct tlsw__source *s;
	int count, rv;

	tlsw__queue_save(&queue);
	s = tlsw__source_open_file(TLSW__SOURCE_FILE, path, &fault);
	count = certificates_of(s);
	rv = add(trust, s, tlsw__source_kind_name(TLSW__SOURCE_FILE), path, &fault);
	tlsw__queue_restore(&queue);
	return rv == 0 ? count : -1;
}

int
tlsw__trust_load_mem(struct tlsw__trust *trust, const void *data, size_t len)
{
	struct tlsw__queue queue;
	struct tlsw__fault fault;
	struct tlsw__source *s;
	int count, rv;

	tlsw__queue_save(&queue);
	s = tlsw__source_open_mem(data, len, &fault);
	count = certificates_of(s);
	rv = add(trust, s, "CA data", "memory", &fault);
	tlsw__queue_restore(&queue);
	return rv == 0 ? count : -1;
}

int
tlsw__trust_load_dir(struct tlsw__trust *trust, const char *path)
{
	struct tlsw__queue queue;
	struct tlsw__fault fault;
	int rv;

	tlsw__queue_save(&queue);
	rv = add(trust, tlsw__source_open_dir(path, TLSW__CADIR_SHA1, &fault),
	    tlsw__source_kind_name(TLSW__SOURCE_DIR), path, &fault);
	tlsw__queue_restore(&queue);
	return rv;
}

int
tlsw__trust_load_crl_file(struct tlsw__trust *trust, const char *path)
{
	struct tlsw__queue queue;
	struct tlsw__fault fault;
	struct tlsw__source *s;
	int count = 0, rv;

	tlsw__queue_save(&queue);
	s = tlsw__source_open_file(TLSW__SOURCE_CRL, path, &fault);
	if (s != NULL)
		count = (int)tlsw__anchors_facts(s->is.set)->crls;
	rv = add(trust, s, tlsw__source_kind_name(TLSW__SOURCE_CRL), path, &fault);
	tlsw__queue_restore(&queue);
	return rv == 0 ? count : -1;
}

int
tlsw__trust_set_refresh(struct tlsw__trust *trust, bool refresh)
{
	struct tlsw__queue queue;
	int rv = 0;

	tlsw__queue_save(&queue);
	if (!refresh)
		rv = complete(&trust->sources);
	if (rv == 0)
		trust->refresh = refresh;
	tlsw__queue_restore(&queue);
	return rv;
}

/* ----------------------------------------------------------------- snapshots */

static X509_STORE *
make_store(const struct tlsw__sources *sources)
{
	struct tlsw__lookup_source *list = calloc(sources->count + 1, sizeof(*list));
	X509_STORE *store = NULL;
	size_t i;

	if (list == NULL)
		return NULL;
	for (i = 0; i < sources->count; i++)
		list[i] = sources->list[i]->is;
	store = tlsw__lookup_store(list, sources->count);
	free(list);
	return store;
}

/* A snapshot of sources; of the same contents as another one, if given. */
static struct tlsw__snapshot *
new_snapshot(const struct tlsw__sources *sources, struct tlsw__snapshot *same)
{
	struct tlsw__snapshot *snap = calloc(1, sizeof(*snap));

	if (snap == NULL)
		return NULL;
	atomic_init(&snap->refs, 1);
	if (same == NULL) {
		snap->store = make_store(sources);
		snap->version = atomic_fetch_add(&last_version, 1) + 1;
	} else if (X509_STORE_up_ref(same->store) == 1) {
		snap->store = same->store;
		snap->version = same->version;
	}
	if (snap->store == NULL || tlsw__sources_copy(&snap->sources, sources) != 0) {
		tlsw__snapshot_free(snap);
		return NULL;
	}
	return snap;
}

void
tlsw__snapshot_free(struct tlsw__snapshot *snap)
{
	if (snap == NULL || atomic_fetch_sub(&snap->refs, 1) != 1)
		return;
	X509_STORE_free(snap->store);
	tlsw__sources_clear(&snap->sources);
	free(snap);
}

static struct tlsw__snapshot *
ref_snapshot(struct tlsw__snapshot *snap)
{
	(void)atomic_fetch_add(&snap->refs, 1);
	return snap;
}

/* ------------------------------------------------------------------- refresh */

/* The same source with a problem, or without; NULL: memory. */
static struct tlsw__source *
with_problem(struct tlsw__source *s, const char *problem)
{
	struct tlsw__lookup_source is = s->is;

	if (strcmp(s->problem, problem) == 0)
		return tlsw__source_ref(s);
	if (is.set != NULL)
		(void)tlsw__anchors_ref(is.set);
	if (is.dir != NULL)
		(void)tlsw__cadir_ref(is.dir);
	return tlsw__source_new(s->kind, s->path, is, problem);
}

static struct tlsw__source *
recheck_file(struct tlsw__source *s)
{
	struct tlsw__lookup_source is = {NULL, NULL, false};
	struct tlsw__fault fault;

	if (tlsw__anchors_current(s->is.set, s->path))
		return with_problem(s, "");
	is.set = tlsw__anchors_load_file(s->path, &fault);
	if (is.set == NULL)
		return with_problem(s, fault.text);
	if (!tlsw__source_is_usable(s->kind, is.set, &fault) || is.set == s->is.set) {
		const bool same = is.set == s->is.set;

		tlsw__anchors_unref(is.set);
		return with_problem(s, same ? "" : fault.text);
	}
	return tlsw__source_new(s->kind, s->path, is, "");
}

static struct tlsw__source *
recheck_dir(struct tlsw__source *s)
{
	struct tlsw__lookup_source is = {NULL, NULL, false};
	struct tlsw__fault fault;

	if (tlsw__cadir_current(s->is.dir))
		return with_problem(s, "");
	is.dir = tlsw__cadir_reopen(s->is.dir, &fault);
	if (is.dir == NULL)
		return with_problem(s, fault.text);
	return tlsw__source_new(s->kind, s->path, is, "");
}

/* The source as it is now; NULL: memory. */
static struct tlsw__source *
recheck(struct tlsw__source *s)
{
	switch (s->kind) {
	case TLSW__SOURCE_FILE:
	case TLSW__SOURCE_CRL:
		return recheck_file(s);
	case TLSW__SOURCE_DIR:
		return recheck_dir(s);
	case TLSW__SOURCE_MEMORY:
		break;
	}
	return tlsw__source_ref(s);
}

/*
 * Look at all files again. The new snapshot, or NULL when nothing has changed
 * or memory is short: then what is in force stays so.
 */
static struct tlsw__snapshot *
look_again(struct tlsw__snapshot *was)
{
	struct tlsw__sources now = {NULL, 0};
	struct tlsw__snapshot *snap = NULL;
	bool ok = true, remarks = false, contents = false;
	size_t i;

	for (i = 0; ok && i < was->sources.count; i++) {
		struct tlsw__source *before = was->sources.list[i], *s = recheck(before);

		remarks |= s != before;
		contents |=
		    s != NULL && (s->is.set != before->is.set || s->is.dir != before->is.dir);
		ok = tlsw__sources_append(&now, s) == 0;
	}
	if (ok && remarks)
		snap = new_snapshot(&now, contents ? NULL : was);
	tlsw__sources_clear(&now);
	return snap;
}

/* Put a newer snapshot in force, unless somebody else changed something meanwhile. */
static void
switch_to(struct tlsw__trust *trust, struct tlsw__snapshot *was, struct tlsw__snapshot *snap)
{
	struct tlsw__sources sources = {NULL, 0}, old = {NULL, 0};
	struct tlsw__snapshot *outdated = NULL;

	if (tlsw__sources_copy(&sources, &snap->sources) != 0)
		return;
	(void)pthread_mutex_lock(&trust->lock);
	if (trust->current == was) {
		outdated = was;
		trust->current = ref_snapshot(snap);
		old = trust->sources;
		trust->sources = sources;
		sources = (struct tlsw__sources){NULL, 0};
	}
	(void)pthread_mutex_unlock(&trust->lock);
	tlsw__sources_clear(&sources);
	tlsw__sources_clear(&old);
	tlsw__snapshot_free(outdated);
}

/* What is in force, a reference; *due tells the one caller a second who is to look again. */
static struct tlsw__snapshot *
in_force(struct tlsw__trust *trust, bool *due)
{
	struct tlsw__snapshot *snap = NULL;

	(void)pthread_mutex_lock(&trust->lock);
	if (trust->current == NULL)
		trust->current = new_snapshot(&trust->sources, NULL);
	if (trust->current != NULL)
		snap = ref_snapshot(trust->current);
	*due = trust->refresh && tlsw__deadline_left(trust->next_check) == 0;
	if (*due)
		trust->next_check = tlsw__deadline_in(CHECK_EVERY_MS);
	(void)pthread_mutex_unlock(&trust->lock);
	return snap;
}

void
tlsw__trust_check_soon(struct tlsw__trust *trust)
{
	(void)pthread_mutex_lock(&trust->lock);
	trust->next_check = tlsw__deadline_in(0);
	(void)pthread_mutex_unlock(&trust->lock);
}

struct tlsw__snapshot *
tlsw__trust_snapshot(struct tlsw__trust *trust)
{
	struct tlsw__snapshot *snap, *newer;
	struct tlsw__queue queue;
	bool due = false;

	tlsw__queue_save(&queue);
	snap = in_force(trust, &due);
	if (snap == NULL)
		(void)tlsw__error_set_memory();
	newer = snap != NULL && due ? look_again(snap) : NULL;
	if (newer != NULL) {
		switch_to(trust, snap, newer);
		tlsw__snapshot_free(snap); /* NOLINT(clang-analyzer-unix.Malloc): counted */
		snap = newer;
	}
	tlsw__queue_restore(&queue);
	return snap;
}

struct tlsw__trust *
tlsw__trust_new(void)
{
	struct tlsw__trust *trust = calloc(1, sizeof(*trust));

	if (trust == NULL || pthread_mutex_init(&trust->lock, NULL) != 0) {
		free(trust);
		(void)tlsw__error_set_memory();
		return NULL;
	}
	trust->refresh = true;
	trust->next_check = tlsw__deadline_in(CHECK_EVERY_MS);
	return trust;
}

void
tlsw__trust_free(struct tlsw__trust *trust)
{
	if (trust == NULL)
		return;
	tlsw__snapshot_free(trust->current);
	tlsw__sources_clear(&trust->sources);
	(void)pthread_mutex_destroy(&trust->lock);
	free(trust);
}
