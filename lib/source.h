/*
 * source.h - one source of CAs or revocation lists in one state. It never
 * changes; a refresh makes another one.
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef TLSW_SOURCE_H
#define TLSW_SOURCE_H

#include <stdatomic.h>

#include "lookup.h"

enum tlsw__source_kind {
	TLSW__SOURCE_FILE,
	TLSW__SOURCE_MEMORY,
	TLSW__SOURCE_DIR,
	TLSW__SOURCE_CRL
};

struct tlsw__source {
	atomic_uint refs;
	enum tlsw__source_kind kind;
	char *path;					       /* NULL: memory */
	struct tlsw__lookup_source is;			       /* references */
	char problem[sizeof(((struct tlsw__fault *)0)->text)]; /* why a refresh failed, or "" */
};

/** Several of them, each a reference. */
struct tlsw__sources {
	struct tlsw__source **list;
	size_t count;
};

#define TLSW__PATH_SHOWN 160 /* octets of a path in a text */
#define TLSW__PATH_TEXT (TLSW__PATH_SHOWN * 4 + 4)

/** A source over a set or a directory, whose references it takes over in any case. NULL: memory. */
struct tlsw__source *tlsw__source_new(enum tlsw__source_kind kind, const char *path,
    struct tlsw__lookup_source is, const char *problem);
struct tlsw__source *tlsw__source_ref(struct tlsw__source *s);
void tlsw__source_unref(struct tlsw__source *s);

/*
 * Open one that holds what it must. NULL with the fault.
 */
struct tlsw__source *tlsw__source_open_file(
    enum tlsw__source_kind kind, const char *path, struct tlsw__fault *fault);
struct tlsw__source *tlsw__source_open_mem(const void *data, size_t len, struct tlsw__fault *fault);
struct tlsw__source *tlsw__source_open_dir(
    const char *path, enum tlsw__cadir_hash hash, struct tlsw__fault *fault);

/** A directory beside a bundle: it may be empty. */
struct tlsw__source *tlsw__source_open_dir_beside(const char *path, struct tlsw__fault *fault);

/** Whether a set holds what a source of that kind must; else the fault. */
bool tlsw__source_is_usable(
    enum tlsw__source_kind kind, struct tlsw__anchors *set, struct tlsw__fault *fault);

/** "CA file" and its like. */
const char *tlsw__source_kind_name(enum tlsw__source_kind kind);

/** `CA file "/x" is unusable: it is empty` as this thread's error. Returns -1. */
int tlsw__source_refuse(const char *what, const char *path, const struct tlsw__fault *fault);

/** Take over a reference; copy all. 0, or -1: memory. */
int tlsw__sources_append(struct tlsw__sources *sources, struct tlsw__source *s);
int tlsw__sources_copy(struct tlsw__sources *to, const struct tlsw__sources *from);
void tlsw__sources_clear(struct tlsw__sources *sources);

#endif
