/* SPDX-License-Identifier: ISC */
#include "trust.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "error.h"

#define CHECK_EVERY_MS 1000
#define NAME_MAX_SHOWN 160 /* octets of a path in a text */
#define NAME_SIZE (NAME_MAX_SHOWN * 4 + 4)

enum source_kind { SOURCE_FILE, SOURCE_MEMORY, SOURCE_DIR, SOURCE_CRL };

/* One source in one state; it never changes, a refresh makes another. */
struct source {
	atomic_uint refs;
	enum source_kind kind;
	char *path;					       /* NULL: memory */
	struct tlsw__lookup_source is;			       /* references */
	char problem[sizeof(((struct tlsw__fault *)0)->text)]; /* why a refresh failed, or "" */
};

struct sources {
	struct source **list; /* references */
	size_t count;
};

struct tlsw__trust {
	bool refresh;
	pthread_mutex_t lock; /* guards what follows */
	struct sources sources;
	struct tlsw__snapshot *current; /* a reference; NULL until asked for */
	tlsw__deadline next_check;
};

struct tlsw__snapshot {
	atomic_uint refs;
	struct sources sources;
	X509_STORE *store;
	uint64_t version;
};

static _Atomic uint64_t last_version;

/* ------------------------------------------------------------------ sources */

static struct source *
ref_source(struct source *s)
{
	(void)atomic_fetch_add(&s->refs, 1);
	return s;
}

static void
unref_source(struct source *s)
{
	if (s == NULL || atomic_fetch_sub(&s->refs, 1) != 1)
		return;
	tlsw__anchors_unref(s->is.set);
	tlsw__cadir_unref(s->is.dir);
	free(s->path);
	free(s);
}

/* Takes over the references in is, also when it fails. */
static struct source *
new_source(
    enum source_kind kind, const char *path, struct tlsw__lookup_source is, const char *problem)
{
	struct source *s = calloc(1, sizeof(*s));

	if (s == NULL || (path != NULL && (s->path = strdup(path)) == NULL)) {
		tlsw__anchors_unref(is.set);
		tlsw__cadir_unref(is.dir);
		free(s);
		return NULL;
	}
	atomic_init(&s->refs, 1);
	s->kind = kind;
	s->is = is;
	s->is.crls_only = kind == SOURCE_CRL;
	(void)snprintf(s->problem, sizeof(s->problem), "%s", problem);
	return s;
}

static void
clear_sources(struct sources *sources)
{
	while (sources->count > 0)
		unref_source(sources->list[--sources->count]);
	free(sources->list);
	sources->list = NULL;
}

/* Takes over the reference. */
static int
append(struct sources *sources, struct source *s)
{
	struct source **list = NULL;

	if (s != NULL)
		list = realloc(sources->list, (sources->count + 1) * sizeof(struct source *));
	if (list == NULL) {
		unref_source(s);
		return -1;
	}
	sources->list = list;
	sources->list[sources->count++] = s;
	return 0;
}

static int
copy_sources(struct sources *to, const struct sources *from)
{
	size_t i;

	for (i = 0; i < from->count; i++) {
		if (append(to, ref_source(from->list[i])) != 0) {
			clear_sources(to);
			return -1;
		}
	}
	return 0;
}

static const char *
kind_name(enum source_kind kind)
{
	switch (kind) {
	case SOURCE_FILE:
		return "CA file";
	case SOURCE_MEMORY:
		return "CAs in memory";
	case SOURCE_DIR:
		return "CA directory";
	case SOURCE_CRL:
		return "CRL file";
	}
	return "source";
}

/* ------------------------------------------------------------------ opening */

static bool
is_usable(enum source_kind kind, struct tlsw__anchors *set, struct tlsw__fault *fault)
{
	return (kind == SOURCE_CRL ? tlsw__anchors_need_crl(set, fault)
				   : tlsw__anchors_need_certificate(set, fault)) == 0;
}

static struct source *
finish(enum source_kind kind, const char *path, struct tlsw__lookup_source is,
    struct tlsw__fault *fault)
{
	struct source *s;

	if (is.set == NULL && is.dir == NULL)
		return NULL;
	if (is.set != NULL && !is_usable(kind, is.set, fault)) {
		tlsw__anchors_unref(is.set);
		return NULL;
	}
	s = new_source(kind, path, is, "");
	if (s == NULL)
		(void)tlsw__fault_set_memory(fault);
	return s;
}

static struct source *
open_file(enum source_kind kind, const char *path, struct tlsw__fault *fault)
{
	struct tlsw__lookup_source is = {tlsw__anchors_load_file(path, fault), NULL, false};

	return finish(kind, path, is, fault);
}

static struct source *
open_dir(const char *path, enum tlsw__cadir_hash hash, struct tlsw__fault *fault)
{
	struct tlsw__lookup_source is = {NULL, tlsw__cadir_open(path, hash, fault), false};

	return finish(SOURCE_DIR, path, is, fault);
}

static struct source *
open_dir_beside(const char *path, struct tlsw__fault *fault)
{
	struct tlsw__lookup_source is = {
	    NULL, tlsw__cadir_open_beside(path, TLSW__CADIR_SHA1, fault), false};

	return finish(SOURCE_DIR, path, is, fault);
}

static struct source *
open_place(const struct tlsw__place *place, struct tlsw__fault *fault)
{
	switch (place->kind) {
	case TLSW__PLACE_FILE:
		return open_file(SOURCE_FILE, place->path, fault);
	case TLSW__PLACE_DIR:
		return open_dir(place->path, TLSW__CADIR_SHA1, fault);
	case TLSW__PLACE_DIR_MD5:
		return open_dir(place->path, TLSW__CADIR_MD5, fault);
	}
	return NULL;
}

/* ------------------------------------------------------------------- adding */

/* `CA file "/x" is unusable: it is empty`, as this thread's error. */
static int
refuse(const char *what, const char *path, const struct tlsw__fault *fault)
{
	char name[NAME_SIZE];

	if (fault->code == TLSW_ERR_MEMORY)
		return tlsw__error_set_memory();
	tlsw__text_escape(name, sizeof(name), path, strlen(path), NAME_MAX_SHOWN);
	if (fault->os_errno != 0)
		return tlsw__error_set_errno(
		    fault->code, fault->os_errno, "%s \"%s\" is unusable", what, name);
	return tlsw__error_set(fault->code, "%s \"%s\" is unusable: %s", what, name, fault->text);
}

/* Without refresh a directory must hold everything before it is added. */
static int
complete(const struct sources *sources)
{
	struct tlsw__fault fault;
	size_t i;

	for (i = 0; i < sources->count; i++) {
		const struct source *s = sources->list[i];

		if (s->is.dir != NULL && tlsw__cadir_complete(s->is.dir, &fault) != 0)
			return refuse(kind_name(s->kind), s->path, &fault);
	}
	return 0;
}

/* Add sources to a context, all or none; they are taken over. */
static int
add_all(struct tlsw__trust *trust, struct sources *added)
{
	struct sources all = {NULL, 0}, old = {NULL, 0};
	struct tlsw__snapshot *outdated = NULL;
	int rv = -1;

	if (!trust->refresh && complete(added) != 0)
		goto out;
	(void)pthread_mutex_lock(&trust->lock);
	if (copy_sources(&all, &trust->sources) == 0 && copy_sources(&all, added) == 0) {
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
	clear_sources(added);
	clear_sources(&old);
	tlsw__snapshot_free(outdated);
	return rv;
}

/* Add one source that may have failed to open. */
static int
add(struct tlsw__trust *trust, struct source *s, const char *what, const char *path,
    const struct tlsw__fault *fault)
{
	struct sources one = {NULL, 0};

	if (s == NULL)
		return refuse(what, path, fault);
	if (append(&one, s) != 0)
		return tlsw__error_set_memory();
	return add_all(trust, &one);
}

static int
certificates_of(const struct source *s)
{
	return s == NULL ? 0 : (int)tlsw__anchors_facts(s->is.set)->certificates;
}

int
tlsw__trust_load_file(struct tlsw__trust *trust, const char *path)
{
	struct tlsw__queue queue;
	struct tlsw__fault fault;
	struct source *s;
	int count, rv;

	tlsw__queue_save(&queue);
	s = open_file(SOURCE_FILE, path, &fault);
	count = certificates_of(s);
	rv = add(trust, s, kind_name(SOURCE_FILE), path, &fault);
	tlsw__queue_restore(&queue);
	return rv == 0 ? count : -1;
}

int
tlsw__trust_load_mem(struct tlsw__trust *trust, const void *data, size_t len)
{
	struct tlsw__lookup_source is = {NULL, NULL, false};
	struct tlsw__queue queue;
	struct tlsw__fault fault;
	struct source *s;
	int count, rv;

	tlsw__queue_save(&queue);
	is.set = tlsw__anchors_load_mem(data, len, &fault);
	s = finish(SOURCE_MEMORY, NULL, is, &fault);
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
	rv = add(
	    trust, open_dir(path, TLSW__CADIR_SHA1, &fault), kind_name(SOURCE_DIR), path, &fault);
	tlsw__queue_restore(&queue);
	return rv;
}

int
tlsw__trust_load_crl_file(struct tlsw__trust *trust, const char *path)
{
	struct tlsw__queue queue;
	struct tlsw__fault fault;
	struct source *s;
	int count = 0, rv;

	tlsw__queue_save(&queue);
	s = open_file(SOURCE_CRL, path, &fault);
	if (s != NULL)
		count = (int)tlsw__anchors_facts(s->is.set)->crls;
	rv = add(trust, s, kind_name(SOURCE_CRL), path, &fault);
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

/* --------------------------------------------------------- the system's store */

/* What was tried and why it was not used: lines for the details. */
struct attempts {
	char text[TLSW__DETAILS_SIZE];
	size_t len;
	bool memory;
};

static void
note(struct attempts *tried, const char *path, const char *whose, const struct tlsw__fault *fault)
{
	char name[NAME_SIZE];
	int n;

	tried->memory |= fault->code == TLSW_ERR_MEMORY;
	tlsw__text_escape(name, sizeof(name), path, strlen(path), NAME_MAX_SHOWN);
	n = snprintf(tried->text + tried->len, sizeof(tried->text) - tried->len,
	    "%s\"%s\" (%s): %s", tried->len > 0 ? "\n" : "", name, whose, fault->text);
	if (n > 0 && (size_t)n < sizeof(tried->text) - tried->len)
		tried->len += (size_t)n;
	else
		tried->text[tried->len] = '\0';
}

/* Each directory of a list with colons. An unusable one is an error. */
static int
open_dir_list(const char *list, struct sources *found)
{
	struct tlsw__fault fault = {TLSW_ERR_TRUST_STORE, 0, "it names no directory"};
	const bool beside = found->count > 0;
	char *copy = strdup(list), *rest = copy, *path;
	size_t before = found->count;
	struct source *s;
	int rv = 0;

	if (copy == NULL)
		return tlsw__error_set_memory();
	while (rv == 0 && (path = strsep(&rest, ":")) != NULL) {
		if (*path == '\0')
			continue;
		s = beside ? open_dir_beside(path, &fault)
			   : open_dir(path, TLSW__CADIR_SHA1, &fault);
		if (s == NULL)
			rv = refuse("SSL_CERT_DIR: the directory", path, &fault);
		else if (append(found, s) != 0)
			rv = tlsw__error_set_memory();
	}
	free(copy);
	if (rv == 0 && found->count == before)
		rv = refuse("SSL_CERT_DIR", list, &fault);
	return rv;
}

/*
 * The environment's choice: 1 found, 0 it makes none, -1 error. With both
 * variables both count, as for OpenSSL; a directory is then one beside a bundle.
 */
static int
open_environment(const struct tlsw__places *places, struct sources *found)
{
	struct tlsw__fault fault;
	struct source *s;

	if (places->env_file != NULL) {
		s = open_file(SOURCE_FILE, places->env_file, &fault);
		if (s == NULL)
			return refuse("SSL_CERT_FILE: the file", places->env_file, &fault);
		if (append(found, s) != 0)
			return tlsw__error_set_memory();
	}
	if (places->env_dir != NULL && open_dir_list(places->env_dir, found) != 0)
		return -1;
	return found->count > 0;
}

/* OpenSSL's own file and directory, whichever are there, as OpenSSL does it. */
static int
open_openssl(const struct tlsw__places *places, struct sources *found, struct attempts *tried)
{
	struct tlsw__fault fault;
	struct source *s;

	s = open_file(SOURCE_FILE, places->openssl_file, &fault);
	if (s == NULL)
		note(tried, places->openssl_file, "OpenSSL's default file", &fault);
	else if (append(found, s) != 0)
		return tlsw__error_set_memory();
	s = found->count > 0 ? open_dir_beside(places->openssl_dir, &fault)
			     : open_dir(places->openssl_dir, TLSW__CADIR_SHA1, &fault);
	if (s == NULL)
		note(tried, places->openssl_dir, "OpenSSL's default directory", &fault);
	else if (append(found, s) != 0)
		return tlsw__error_set_memory();
	return tried->memory ? tlsw__error_set_memory() : found->count > 0;
}

static int
open_known(const struct tlsw__places *places, struct sources *found, struct attempts *tried)
{
	struct tlsw__fault fault;
	struct source *s;
	size_t i;

	for (i = 0; i < places->known_count && found->count == 0; i++) {
		s = open_place(&places->known[i], &fault);
		if (s == NULL)
			note(tried, places->known[i].path, places->known[i].whose, &fault);
		else if (append(found, s) != 0)
			return tlsw__error_set_memory();
		if (tried->memory)
			return tlsw__error_set_memory();
	}
	return found->count > 0;
}

static int
open_system(const struct tlsw__places *places, struct sources *found, struct attempts *tried)
{
	int rv = open_environment(places, found);

	if (rv == 0)
		rv = open_openssl(places, found, tried);
	if (rv == 0)
		rv = open_known(places, found, tried);
	if (rv != 0)
		return rv < 0 ? -1 : 0;
	(void)tlsw__error_set(TLSW_ERR_TRUST_STORE,
	    "this system has no usable store of CA certificates: install one "
	    "(ca-certificates), or let SSL_CERT_FILE name a bundle");
	tlsw__error_detail("%s", tried->text);
	return -1;
}

int
tlsw__trust_load_places(struct tlsw__trust *trust, const struct tlsw__places *places)
{
	struct attempts tried = {"", 0, false};
	struct sources found = {NULL, 0};
	struct tlsw__queue queue;
	int rv;

	tlsw__queue_save(&queue);
	rv = open_system(places, &found, &tried);
	if (rv == 0)
		rv = add_all(trust, &found);
	clear_sources(&found);
	tlsw__queue_restore(&queue);
	return rv;
}

int
tlsw__trust_load_system(struct tlsw__trust *trust)
{
	struct tlsw__places places;

	tlsw__places_of_system(&places);
	return tlsw__trust_load_places(trust, &places);
}

/* ----------------------------------------------------------------- snapshots */

static X509_STORE *
make_store(const struct sources *sources)
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
new_snapshot(const struct sources *sources, struct tlsw__snapshot *same)
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
	if (snap->store == NULL || copy_sources(&snap->sources, sources) != 0) {
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
	clear_sources(&snap->sources);
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
static struct source *
with_problem(struct source *s, const char *problem)
{
	struct tlsw__lookup_source is = s->is;

	if (strcmp(s->problem, problem) == 0)
		return ref_source(s);
	if (is.set != NULL)
		(void)tlsw__anchors_ref(is.set);
	if (is.dir != NULL)
		(void)tlsw__cadir_ref(is.dir);
	return new_source(s->kind, s->path, is, problem);
}

static struct source *
recheck_file(struct source *s)
{
	struct tlsw__lookup_source is = {NULL, NULL, false};
	struct tlsw__fault fault;

	if (tlsw__anchors_current(s->is.set, s->path))
		return with_problem(s, "");
	is.set = tlsw__anchors_load_file(s->path, &fault);
	if (is.set == NULL)
		return with_problem(s, fault.text);
	if (!is_usable(s->kind, is.set, &fault) || is.set == s->is.set) {
		const bool same = is.set == s->is.set;

		tlsw__anchors_unref(is.set);
		return with_problem(s, same ? "" : fault.text);
	}
	return new_source(s->kind, s->path, is, "");
}

static struct source *
recheck_dir(struct source *s)
{
	struct tlsw__lookup_source is = {NULL, NULL, false};
	struct tlsw__fault fault;

	if (tlsw__cadir_current(s->is.dir))
		return with_problem(s, "");
	is.dir = tlsw__cadir_reopen(s->is.dir, &fault);
	if (is.dir == NULL)
		return with_problem(s, fault.text);
	return new_source(s->kind, s->path, is, "");
}

/* The source as it is now; NULL: memory. */
static struct source *
recheck(struct source *s)
{
	switch (s->kind) {
	case SOURCE_FILE:
	case SOURCE_CRL:
		return recheck_file(s);
	case SOURCE_DIR:
		return recheck_dir(s);
	case SOURCE_MEMORY:
		break;
	}
	return ref_source(s);
}

/*
 * Look at all files again. The new snapshot, or NULL when nothing has changed
 * or memory is short: then what is in force stays so.
 */
static struct tlsw__snapshot *
look_again(struct tlsw__snapshot *was)
{
	struct sources now = {NULL, 0};
	struct tlsw__snapshot *snap = NULL;
	bool ok = true, remarks = false, contents = false;
	size_t i;

	for (i = 0; ok && i < was->sources.count; i++) {
		struct source *before = was->sources.list[i], *s = recheck(before);

		remarks |= s != before;
		contents |=
		    s != NULL && (s->is.set != before->is.set || s->is.dir != before->is.dir);
		ok = append(&now, s) == 0;
	}
	if (ok && remarks)
		snap = new_snapshot(&now, contents ? NULL : was);
	clear_sources(&now);
	return snap;
}

/* Put a newer snapshot in force, unless somebody else changed something meanwhile. */
static void
switch_to(struct tlsw__trust *trust, struct tlsw__snapshot *was, struct tlsw__snapshot *snap)
{
	struct sources sources = {NULL, 0}, old = {NULL, 0};
	struct tlsw__snapshot *outdated = NULL;

	if (copy_sources(&sources, &snap->sources) != 0)
		return;
	(void)pthread_mutex_lock(&trust->lock);
	if (trust->current == was) {
		outdated = was;
		trust->current = ref_snapshot(snap);
		old = trust->sources;
		trust->sources = sources;
		sources = (struct sources){NULL, 0};
	}
	(void)pthread_mutex_unlock(&trust->lock);
	clear_sources(&sources);
	clear_sources(&old);
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
	clear_sources(&trust->sources);
	(void)pthread_mutex_destroy(&trust->lock);
	free(trust);
}

/* -------------------------------------------------------------------- facts */

static size_t
anchors_of(const struct source *s)
{
	if (s->kind == SOURCE_CRL)
		return 0;
	return s->is.set != NULL ? tlsw__anchors_facts(s->is.set)->certificates
				 : tlsw__cadir_count(s->is.dir);
}

size_t
tlsw__snapshot_anchors(const struct tlsw__snapshot *snap)
{
	size_t i, n = 0;

	for (i = 0; i < snap->sources.count; i++)
		n += anchors_of(snap->sources.list[i]);
	return n;
}

size_t
tlsw__snapshot_crls(const struct tlsw__snapshot *snap)
{
	size_t i, n = 0;

	for (i = 0; i < snap->sources.count; i++)
		if (snap->sources.list[i]->is.set != NULL)
			n += tlsw__anchors_facts(snap->sources.list[i]->is.set)->crls;
	return n;
}

X509_STORE *
tlsw__snapshot_store(struct tlsw__snapshot *snap)
{
	return snap->store;
}

int
tlsw__trust_lookups_worked(void)
{
	const struct tlsw__fault *fault = tlsw__lookup_fault();

	if (fault == NULL)
		return 0;
	if (fault->code == TLSW_ERR_MEMORY)
		return tlsw__error_set_memory();
	return tlsw__error_set(
	    TLSW_ERR_TRUST_STORE, "a file of a CA directory is unusable: %s", fault->text);
}

uint64_t
tlsw__snapshot_version(const struct tlsw__snapshot *snap)
{
	return snap->version;
}

static const char *
shown_name(const struct source *s, char *out, size_t size)
{
	const char *name = s->path != NULL ? s->path : "memory";

	return tlsw__text_escape(out, size, name, strlen(name), NAME_MAX_SHOWN);
}

void
tlsw__snapshot_describe(const struct tlsw__snapshot *snap, char *out, size_t size)
{
	const size_t anchors = tlsw__snapshot_anchors(snap);
	char name[NAME_SIZE];
	size_t i, named = 0, sources = 0;
	int n;

	for (i = 0; i < snap->sources.count; i++)
		sources += snap->sources.list[i]->kind != SOURCE_CRL;
	n = snprintf(out, size, "the %zu anchor%s of %s", anchors, anchors == 1 ? "" : "s",
	    sources == 0 ? "no source" : "");
	for (i = 0; i < snap->sources.count && n >= 0 && (size_t)n < size; i++) {
		const struct source *s = snap->sources.list[i];

		if (s->kind == SOURCE_CRL)
			continue;
		named++;
		out += n;
		size -= (size_t)n;
		n = snprintf(out, size, "%s%s",
		    named == 1	       ? ""
		    : named == sources ? " and "
				       : ", ",
		    shown_name(s, name, sizeof(name)));
	}
}

static void
detail_problems(const struct tlsw__anchors *set)
{
	const struct tlsw__anchors_facts *f = tlsw__anchors_facts(set);
	size_t i;

	for (i = 0; i < f->malformed && i < TLSW__PROBLEMS_MAX; i++)
		tlsw__error_detail(
		    "  skipped the block in line %u: %s", f->problems[i].line, f->problems[i].why);
	if (f->malformed > TLSW__PROBLEMS_MAX)
		tlsw__error_detail("  skipped %zu more", f->malformed - TLSW__PROBLEMS_MAX);
	if (f->distrusted > 0)
		tlsw__error_detail("  distrusted by their own settings: %zu", f->distrusted);
	if (tlsw__anchors_undecodable(set) > 0)
		tlsw__error_detail("  could not be decoded: %zu", tlsw__anchors_undecodable(set));
}

static void
detail_source(const struct source *s)
{
	char name[NAME_SIZE];

	(void)shown_name(s, name, sizeof(name));
	if (s->kind == SOURCE_CRL)
		tlsw__error_detail(
		    "revocation lists of \"%s\": %zu", name, tlsw__anchors_facts(s->is.set)->crls);
	else if (s->kind == SOURCE_DIR && anchors_of(s) == 0)
		tlsw__error_detail("anchors also from the directory \"%s\"", name);
	else
		tlsw__error_detail("anchors of \"%s\": %zu", name, anchors_of(s));
	if (s->is.set != NULL)
		detail_problems(s->is.set);
	if (s->problem[0] != '\0')
		tlsw__error_detail(
		    "  now unusable, what was loaded before is still in force: %s", s->problem);
}

void
tlsw__snapshot_detail(const struct tlsw__snapshot *snap)
{
	const struct tlsw__fault *remark = tlsw__lookup_remark();
	size_t i;

	if (snap->sources.count == 0)
		tlsw__error_detail("no CA certificates were loaded");
	for (i = 0; i < snap->sources.count; i++)
		detail_source(snap->sources.list[i]);
	if (remark != NULL)
		tlsw__error_detail("a file of a CA directory could not be read: %s", remark->text);
}
