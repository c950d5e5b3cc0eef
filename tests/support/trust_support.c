/* SPDX-License-Identifier: ISC */
#include "support/trust_support.h"

#include <dirent.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/err.h>

#include "support/support.h"

static char folder[64];
static char *paths[64];
static size_t path_count;

void
scratch_make(void)
{
	(void)snprintf(folder, sizeof(folder), "/tmp/test_trust.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	ck_assert_int_eq(chmod(folder, 0755), 0);
}

static void
remove_below(const char *path, int depth)
{
	char inner[PATH_MAX];
	struct dirent *entry;
	DIR *d = opendir(path);

	while (d != NULL && (entry = readdir(d)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		(void)snprintf(inner, sizeof(inner), "%s/%s", path, entry->d_name);
		if (unlink(inner) != 0 && depth > 0)
			remove_below(inner, depth - 1);
	}
	if (d != NULL)
		(void)closedir(d);
	(void)rmdir(path);
}

void
scratch_remove(void)
{
	remove_below(folder, 1);
	while (path_count > 0)
		free(paths[--path_count]);
}

const char *
scratch_path(const char *name)
{
	char path[PATH_MAX];
	size_t i;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	for (i = 0; i < path_count; i++)
		if (strcmp(paths[i], path) == 0)
			return paths[i];
	ck_assert_uint_lt(path_count, sizeof(paths) / sizeof(paths[0]));
	paths[path_count] = strdup(path);
	ck_assert_ptr_nonnull(paths[path_count]);
	return paths[path_count++];
}

const char *
scratch_write(const char *name, const void *data, size_t len)
{
	const char *path = scratch_path(name);
	FILE *f = fopen(path, "wb");

	if (len == SIZE_MAX)
		len = strlen(data);
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(data, 1, len, f), len);
	ck_assert_int_eq(fclose(f), 0);
	return path;
}

const char *
scratch_rehash(const char *name, X509 *x, unsigned number, const char *text)
{
	char file[128];

	(void)mkdir(scratch_path(name), 0755);
	(void)snprintf(file, sizeof(file), "%s/%08lx.%u", name, X509_subject_name_hash(x), number);
	return scratch_write(file, text, SIZE_MAX);
}

int
store_verify(X509_STORE *store, X509 *leaf, STACK_OF(X509) * untrusted, unsigned long flags)
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	int error;

	ck_assert_ptr_nonnull(ctx);
	ck_assert_int_eq(X509_STORE_CTX_init(ctx, store, leaf, untrusted), 1);
	ck_assert_int_eq(X509_STORE_CTX_set_default(ctx, "ssl_server"), 1);
	X509_STORE_CTX_set_flags(ctx, flags);
	if (X509_verify_cert(ctx) == 1)
		error = X509_V_OK;
	else if ((error = X509_STORE_CTX_get_error(ctx)) == X509_V_OK)
		error = X509_V_ERR_UNSPECIFIED;
	X509_STORE_CTX_free(ctx);
	ERR_clear_error();
	return error;
}

int
trust_verify(struct tlsw__snapshot *snap, X509 *leaf, STACK_OF(X509) * untrusted)
{
	return store_verify(tlsw__snapshot_store(snap), leaf, untrusted, 0);
}
