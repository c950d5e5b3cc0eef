/* SPDX-License-Identifier: ISC */
#include "source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"

struct tlsw__source *
tlsw__source_ref(struct tlsw__source *s)
{
	(void)atomic_fetch_add(&s->refs, 1);
	return s;
}

void
tlsw__source_unref(struct tlsw__source *s)
{
	if (s == NULL || atomic_fetch_sub(&s->refs, 1) != 1)
		return;
	tlsw__anchors_unref(s->is.set);
	tlsw__cadir_unref(s->is.dir);
	free(s->path);
	free(s);
}

/* Takes over the references in is, also when it fails. */
struct tlsw__source *
tlsw__source_new(enum tlsw__source_kind kind, const char *path, struct tlsw__lookup_source is,
    const char *problem)
{
	struct tlsw__source *s = calloc(1, sizeof(*s));

	if (s == NULL || (path != NULL && (s->path = strdup(path)) == NULL)) {
		tlsw__anchors_unref(is.set);
		tlsw__cadir_unref(is.dir);
		free(s);
		return NULL;
	}
	atomic_init(&s->refs, 1);
	s->kind = kind;
	s->is = is;
	s->is.crls_only = kind == TLSW__SOURCE_CRL;
	(void)snprintf(s->problem, sizeof(s->problem), "%s", problem);
	return s;
}

void
tlsw__sources_clear(struct tlsw__sources *sources)
{
	while (sources->count > 0)
		tlsw__source_unref(sources->list[--sources->count]);
	free(sources->list);
	sources->list = NULL;
}

/* Takes over the reference. */
int
tlsw__sources_append(struct tlsw__sources *sources, struct tlsw__source *s)
{
	struct tlsw__source **list = NULL;

	if (s != NULL)
		list = realloc(sources->list, (sources->count + 1) * sizeof(struct tlsw__source *));
	if (list == NULL) {
		tlsw__source_unref(s);
		return -1;
	}
	sources->list = list;
	sources->list[sources->count++] = s;
	return 0;
}

int
tlsw__sources_copy(struct tlsw__sources *to, const struct tlsw__sources *from)
{
	size_t i;

	for (i = 0; i < from->count; i++) {
		if (tlsw__sources_append(to, tlsw__source_ref(from->list[i])) != 0) {
			tlsw__sources_clear(to);
			return -1;
		}
	}
	return 0;
}

const char *
tlsw__source_kind_name(enum tlsw__source_kind kind)
{
	switch (kind) {
	case TLSW__SOURCE_FILE:
		return "CA file";
	case TLSW__SOURCE_MEMORY:
		return "CAs in memory";
	case TLSW__SOURCE_DIR:
		return "CA directory";
	case TLSW__SOURCE_CRL:
		return "CRL file";
	}
	return "source";
}

/* ------------------------------------------------------------------ opening */

bool
tlsw__source_is_usable(
    enum tlsw__source_kind kind, struct tlsw__anchors *set, struct tlsw__fault *fault)
{
	return (kind == TLSW__SOURCE_CRL ? tlsw__anchors_need_crl(set, fault)
					 : tlsw__anchors_need_certificate(set, fault)) == 0;
}

static struct tlsw__source *
finish(enum tlsw__source_kind kind, const char *path, struct tlsw__lookup_source is,
    struct tlsw__fault *fault)
{
	struct tlsw__source *s;

	if (is.set == NULL && is.dir == NULL)
		return NULL;
	if (is.set != NULL && !tlsw__source_is_usable(kind, is.set, fault)) {
		tlsw__anchors_unref(is.set);
		return NULL;
	}
	s = tlsw__source_new(kind, path, is, "");
	if (s == NULL)
		(void)tlsw__fault_set_memory(fault);
	return s;
}

struct tlsw__source *
tlsw__source_open_file(enum tlsw__source_kind kind, const char *path, struct tlsw__fault *fault)
{
	struct tlsw__lookup_source is = {tlsw__anchors_load_file(path, fault), NULL, false};

	return finish(kind, path, is, fault);
}

struct tlsw__source *
tlsw__source_open_dir(const char *path, enum tlsw__cadir_hash hash, struct tlsw__fault *fault)
{
	struct tlsw__lookup_source is = {NULL, tlsw__cadir_open(path, hash, fault), false};

	return finish(TLSW__SOURCE_DIR, path, is, fault);
}

struct tlsw__source *
tlsw__source_open_dir_beside(const char *path, struct tlsw__fault *fault)
{
	struct tlsw__lookup_source is = {
	    NULL, tlsw__cadir_open_beside(path, TLSW__CADIR_SHA1, fault), false};

	return finish(TLSW__SOURCE_DIR, path, is, fault);
}

struct tlsw__source *
tlsw__source_open_mem(const void *data, size_t len, struct tlsw__fault *fault)
{
	struct tlsw__lookup_source is = {tlsw__anchors_load_mem(data, len, fault), NULL, false};

	return finish(TLSW__SOURCE_MEMORY, NULL, is, fault);
}

/* `CA file "/x" is unusable: it is empty`, as this thread's error. */
int
tlsw__source_refuse(const char *what, const char *path, const struct tlsw__fault *fault)
{
	char name[TLSW__PATH_TEXT];

	if (fault->code == TLSW_ERR_MEMORY)
		return tlsw__error_set_memory();
	tlsw__text_escape(name, sizeof(name), path, strlen(path), TLSW__PATH_SHOWN);
	if (fault->os_errno != 0)
		return tlsw__error_set_errno(
		    fault->code, fault->os_errno, "%s \"%s\" is unusable", what, name);
	return tlsw__error_set(fault->code, "%s \"%s\" is unusable: %s", what, name, fault->text);
}
