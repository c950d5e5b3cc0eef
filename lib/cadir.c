/* SPDX-License-Identifier: ISC */
#include "cadir.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILES_MAX 1000 /* files of one hash */
#define NAME_ROOM 32   /* more than "/HASH.r999" and a NUL take */

/* A file that was read. */
struct entry {
	unsigned long hash;
	unsigned number;
	bool crl;
	struct tlsw__anchors *file;
	struct entry *next;
};

struct tlsw__cadir {
	unsigned refs;		  /* guarded by shared_lock, as next */
	struct tlsw__cadir *next; /* in the list of those that may be shared */
	char *path;
	enum tlsw__cadir_hash hash;
	struct tlsw__file_id id; /* of the directory, when it was opened */
	size_t count;
	atomic_bool complete; /* everything was read: no file is touched any more */
	pthread_mutex_t lock; /* guards entries; held for looking only */
	struct entry *entries;
};

/* -------------------------------------------------------------------- files */

static struct entry *
find_entry(struct tlsw__cadir *dir, unsigned long hash, unsigned number, bool crl)
{
	struct entry *e;

	for (e = dir->entries; e != NULL; e = e->next)
		if (e->hash == hash && e->number == number && e->crl == crl)
			return e;
	return NULL;
}

/* Remember a file; another thread may have done so already. */
static int
remember(struct tlsw__cadir *dir, unsigned long hash, unsigned number, bool crl,
    struct tlsw__anchors *file, struct tlsw__fault *fault)
{
	struct entry *e = malloc(sizeof(*e));

	if (e == NULL)
		return tlsw__fault_set_memory(fault);
	*e = (struct entry){hash, number, crl, NULL, NULL};
	(void)pthread_mutex_lock(&dir->lock);
	if (find_entry(dir, hash, number, crl) == NULL) {
		e->file = tlsw__anchors_ref(file);
		e->next = dir->entries;
		dir->entries = e;
		e = NULL;
	}
	(void)pthread_mutex_unlock(&dir->lock);
	free(e);
	return 0;
}

static void
name_file(const struct tlsw__cadir *dir, unsigned long hash, unsigned number, bool crl, char *path,
    size_t size)
{
	(void)snprintf(path, size, "%s/%08lx.%s%u", dir->path, hash, crl ? "r" : "", number);
}

/* A file from memory or disk, a reference: 1, 0 there is none, -1 fault. */
static int
get_file(struct tlsw__cadir *dir, unsigned long hash, unsigned number, bool crl,
    struct tlsw__anchors **file, struct tlsw__fault *fault)
{
	char path[PATH_MAX];
	struct entry *e;

	(void)pthread_mutex_lock(&dir->lock);
	e = find_entry(dir, hash, number, crl);
	*file = e == NULL ? NULL : tlsw__anchors_ref(e->file);
	(void)pthread_mutex_unlock(&dir->lock);
	if (*file != NULL)
		return 1;
	if (atomic_load(&dir->complete))
		return 0;
	name_file(dir, hash, number, crl, path, sizeof(path));
	*file = tlsw__anchors_load_file(path, fault);
	if (*file == NULL)
		return fault->os_errno == ENOENT ? 0 : -1;
	return remember(dir, hash, number, crl, *file, fault) == 0 ? 1 : -1;
}

/* --------------------------------------------------------------- by name */

static int
hash_name(const struct tlsw__cadir *dir, const X509_NAME *name, unsigned long *hash,
    struct tlsw__fault *fault)
{
	int ok = 1;

	*hash = dir->hash == TLSW__CADIR_MD5 ? X509_NAME_hash_old(name)
					     : X509_NAME_hash_ex(name, NULL, NULL, &ok);
	if (ok != 1)
		return tlsw__fault_set(fault, TLSW_ERR_INTERNAL, "a name could not be hashed");
	return 0;
}

/* The certificates of one subject in one file. */
static int
find_in_file(
    struct tlsw__anchors *file, const X509_NAME *subject, void *found, struct tlsw__fault *fault)
{
	if (tlsw__anchors_find(file, subject, found) != 0)
		return tlsw__fault_set_memory(fault);
	return 0;
}

/* The CRLs of one issuer in one file; a broken one is a fault, not an absence. */
static int
find_crls_in_file(
    struct tlsw__anchors *file, const X509_NAME *issuer, void *found, struct tlsw__fault *fault)
{
	STACK_OF(X509_CRL) *all = sk_X509_CRL_new_null();
	X509_CRL *crl;
	int rv = tlsw__anchors_need_crl(file, fault);

	if (all == NULL || tlsw__anchors_crls(file, all) != 0)
		rv = tlsw__fault_set_memory(fault);
	while (rv == 0 && (crl = sk_X509_CRL_pop(all)) != NULL) {
		if (X509_NAME_cmp(X509_CRL_get_issuer(crl), issuer) != 0) {
			X509_CRL_free(crl);
		} else if (sk_X509_CRL_push(found, crl) <= 0) {
			X509_CRL_free(crl);
			rv = tlsw__fault_set_memory(fault);
		}
	}
	sk_X509_CRL_pop_free(all, X509_CRL_free);
	return rv;
}

/* HASH.0, HASH.1...; a bad one does not hide those behind it. */
static int
find(struct tlsw__cadir *dir, const X509_NAME *name, bool crl,
    int (*in_file)(struct tlsw__anchors *, const X509_NAME *, void *, struct tlsw__fault *),
    void *found, struct tlsw__fault *fault)
{
	struct tlsw__anchors *file = NULL;
	unsigned long hash;
	unsigned number;
	int rv, result = 0;

	if (hash_name(dir, name, &hash, fault) != 0)
		return -1;
	for (number = 0; number < FILES_MAX; number++) {
		struct tlsw__fault trouble = {TLSW_OK, 0, ""};

		rv = get_file(dir, hash, number, crl, &file, &trouble);
		if (rv == 0)
			break;
		if (rv < 0 || in_file(file, name, found, &trouble) != 0) {
			*fault = trouble;
			result = -1;
		}
		tlsw__anchors_unref(file);
	}
	return result;
}

int
tlsw__cadir_find(struct tlsw__cadir *dir, const X509_NAME *subject, STACK_OF(X509) *found,
    struct tlsw__fault *fault)
{
	return find(dir, subject, false, find_in_file, found, fault);
}

int
tlsw__cadir_crls(struct tlsw__cadir *dir, const X509_NAME *issuer, STACK_OF(X509_CRL) *found,
    struct tlsw__fault *fault)
{
	return find(dir, issuer, true, find_crls_in_file, found, fault);
}

/* --------------------------------------------------------------- the listing */

/* "HASH.N" or "HASH.rN"? */
static bool
parse_name(const char *name, unsigned long *hash, unsigned *number, bool *crl)
{
	unsigned long n;
	char *end;
	int i;

	for (i = 0; i < 8; i++)
		if (!isdigit((unsigned char)name[i]) && !(name[i] >= 'a' && name[i] <= 'f'))
			return false;
	if (name[8] != '.')
		return false;
	*hash = strtoul(name, NULL, 16);
	*crl = name[9] == 'r';
	name += *crl ? 10 : 9;
	if (!isdigit((unsigned char)*name) || strlen(name) > 4)
		return false;
	n = strtoul(name, &end, 10);
	*number = (unsigned)n;
	return *end == '\0' && n < FILES_MAX;
}

/* Go through all hashed names; each() returns false to stop. */
static int
walk(struct tlsw__cadir *dir,
    bool (*each)(struct tlsw__cadir *, unsigned long, unsigned, bool, void *), void *arg,
    struct tlsw__fault *fault)
{
	DIR *d = opendir(dir->path);
	struct dirent *entry;
	unsigned long hash;
	unsigned number;
	bool crl;

	if (d == NULL)
		return tlsw__fault_set_errno(fault, errno);
	for (;;) {
		errno = 0;
		if ((entry = readdir(d)) == NULL)
			break;
		if (parse_name(entry->d_name, &hash, &number, &crl) &&
		    !each(dir, hash, number, crl, arg))
			break;
	}
	if (errno != 0) {
		(void)tlsw__fault_set_errno(fault, errno);
		(void)closedir(d);
		return -1;
	}
	(void)closedir(d);
	return 0;
}

struct listing {
	bool usable;		   /* one of the files holds a certificate */
	struct tlsw__fault *fault; /* of the last file that holds none */
};

/* Count; read files until one is usable. */
static bool
count_name(struct tlsw__cadir *dir, unsigned long hash, unsigned number, bool crl, void *arg)
{
	struct listing *found = arg;
	struct tlsw__anchors *file = NULL;

	if (crl)
		return true;
	dir->count++;
	if (found->usable)
		return true;
	if (get_file(dir, hash, number, crl, &file, found->fault) == 1)
		found->usable = tlsw__anchors_facts(file)->certificates > 0;
	tlsw__anchors_unref(file);
	errno = 0; /* the walk looks at it */
	return found->usable || found->fault->code != TLSW_ERR_MEMORY;
}

static bool
read_name(struct tlsw__cadir *dir, unsigned long hash, unsigned number, bool crl, void *arg)
{
	struct tlsw__fault *fault = arg;
	struct tlsw__anchors *file = NULL;
	bool memory;

	memory =
	    get_file(dir, hash, number, crl, &file, fault) < 0 && fault->code == TLSW_ERR_MEMORY;
	tlsw__anchors_unref(file);
	errno = 0;
	return !memory;
}

int
tlsw__cadir_complete(struct tlsw__cadir *dir, struct tlsw__fault *fault)
{
	fault->code = TLSW_OK;
	if (walk(dir, read_name, fault, fault) != 0 || fault->code == TLSW_ERR_MEMORY)
		return -1;
	atomic_store(&dir->complete, true);
	return 0;
}

struct visit {
	tlsw__cadir_visitor visitor;
	void *arg;
};

static bool
visit_name(struct tlsw__cadir *dir, unsigned long hash, unsigned number, bool crl, void *arg)
{
	const struct visit *visit = arg;
	struct tlsw__anchors *file = NULL;
	struct tlsw__fault fault = {TLSW_OK, 0, "it is gone"};
	char path[PATH_MAX];

	name_file(dir, hash, number, crl, path, sizeof(path));
	if (get_file(dir, hash, number, crl, &file, &fault) < 0) {
		tlsw__anchors_unref(file);
		file = NULL;
	}
	visit->visitor(path, file, &fault, visit->arg);
	tlsw__anchors_unref(file);
	return true;
}

int
tlsw__cadir_each(
    struct tlsw__cadir *dir, tlsw__cadir_visitor visitor, void *arg, struct tlsw__fault *fault)
{
	struct visit visit = {visitor, arg};

	return walk(dir, visit_name, &visit, fault);
}

static int
check_listing(const struct tlsw__cadir *dir, const struct listing *found)
{
	if (found->usable)
		return 0;
	if (dir->count == 0)
		return tlsw__fault_set(found->fault, TLSW_ERR_TRUST_STORE,
		    "no hashed certificate in it (see openssl-rehash(1))");
	if (found->fault->code == TLSW_ERR_MEMORY)
		return -1;
	return tlsw__fault_set(found->fault, TLSW_ERR_TRUST_STORE,
	    "none of its %zu hashed files holds a usable certificate", dir->count);
}

/* -------------------------------------------------------------- lifetime */

/* The object; the directory must be one that can be opened. */
static struct tlsw__cadir *
new_dir(const char *path, enum tlsw__cadir_hash hash, struct tlsw__fault *fault)
{
	struct tlsw__cadir *dir = NULL;
	struct tlsw__file_id id;

	if (strlen(path) > PATH_MAX - NAME_ROOM) {
		(void)tlsw__fault_set_errno(fault, ENAMETOOLONG);
		return NULL;
	}
	if (tlsw__file_identify(path, &id, fault) != 0)
		return NULL;
	dir = calloc(1, sizeof(*dir));
	if (dir == NULL || (dir->path = strdup(path)) == NULL ||
	    pthread_mutex_init(&dir->lock, NULL) != 0) {
		if (dir != NULL)
			free(dir->path);
		free(dir);
		(void)tlsw__fault_set_memory(fault);
		return NULL;
	}
	dir->refs = 1;
	dir->hash = hash;
	dir->id = id;
	return dir;
}

static void
free_dir(struct tlsw__cadir *dir)
{
	struct entry *e;

	while ((e = dir->entries) != NULL) {
		dir->entries = e->next;
		tlsw__anchors_unref(e->file);
		free(e);
	}
	(void)pthread_mutex_destroy(&dir->lock);
	free(dir->path);
	free(dir);
}

/* Contexts that open the same directory share what was listed and read. */
static pthread_mutex_t shared_lock = PTHREAD_MUTEX_INITIALIZER;
static struct tlsw__cadir *shared; /* not references */

static struct tlsw__cadir *
find_shared(const struct tlsw__cadir *like)
{
	struct tlsw__cadir *dir;

	(void)pthread_mutex_lock(&shared_lock);
	for (dir = shared; dir != NULL; dir = dir->next)
		if (dir->hash == like->hash && dir->id.settled &&
		    tlsw__file_same(&dir->id, &like->id) && strcmp(dir->path, like->path) == 0)
			break;
	if (dir != NULL)
		dir->refs++;
	(void)pthread_mutex_unlock(&shared_lock);
	return dir;
}

static void
share(struct tlsw__cadir *dir)
{
	(void)pthread_mutex_lock(&shared_lock);
	dir->next = shared;
	shared = dir;
	(void)pthread_mutex_unlock(&shared_lock);
}

struct tlsw__cadir *
tlsw__cadir_ref(struct tlsw__cadir *dir)
{
	(void)pthread_mutex_lock(&shared_lock);
	dir->refs++;
	(void)pthread_mutex_unlock(&shared_lock);
	return dir;
}

void
tlsw__cadir_unref(struct tlsw__cadir *dir)
{
	struct tlsw__cadir **p;
	bool last;

	if (dir == NULL)
		return;
	(void)pthread_mutex_lock(&shared_lock);
	last = --dir->refs == 0;
	for (p = &shared; last && *p != NULL; p = &(*p)->next) {
		if (*p == dir) {
			*p = dir->next;
			break;
		}
	}
	(void)pthread_mutex_unlock(&shared_lock);
	if (last)
		free_dir(dir);
}

struct tlsw__cadir *
tlsw__cadir_open(const char *path, enum tlsw__cadir_hash hash, struct tlsw__fault *fault)
{
	struct tlsw__cadir *dir = new_dir(path, hash, fault), *there;
	struct listing found = {false, fault};

	if (dir == NULL)
		return NULL;
	there = find_shared(dir);
	if (there != NULL) {
		free_dir(dir);
		return there;
	}
	fault->code = TLSW_OK;
	if (walk(dir, count_name, &found, fault) != 0 || check_listing(dir, &found) != 0) {
		free_dir(dir);
		return NULL;
	}
	share(dir);
	return dir;
}

struct tlsw__cadir *
tlsw__cadir_open_beside(const char *path, enum tlsw__cadir_hash hash, struct tlsw__fault *fault)
{
	const int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0) {
		(void)tlsw__fault_set_errno(fault, errno);
		return NULL;
	}
	(void)close(fd);
	return new_dir(path, hash, fault);
}

struct tlsw__cadir *
tlsw__cadir_reopen(const struct tlsw__cadir *dir, struct tlsw__fault *fault)
{
	struct tlsw__cadir *again = new_dir(dir->path, dir->hash, fault);

	if (again != NULL)
		again->count = dir->count;
	return again;
}

size_t
tlsw__cadir_count(const struct tlsw__cadir *dir)
{
	return dir->count;
}

bool
tlsw__cadir_current(struct tlsw__cadir *dir)
{
	struct tlsw__fault fault;
	struct tlsw__file_id id;
	char path[PATH_MAX];
	struct entry *e;
	bool same;

	if (tlsw__file_identify(dir->path, &id, &fault) != 0)
		return false;
	same = tlsw__file_unchanged(&dir->id, &id);
	(void)pthread_mutex_lock(&dir->lock);
	for (e = dir->entries; same && e != NULL; e = e->next) {
		name_file(dir, e->hash, e->number, e->crl, path, sizeof(path));
		same = tlsw__anchors_current(e->file, path);
	}
	(void)pthread_mutex_unlock(&dir->lock);
	return same;
}
