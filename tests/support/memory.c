/* SPDX-License-Identifier: ISC */
#include "support/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

/* The linker sends our calls to __wrap_*, and __real_* to the C library. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void __real_free(void *old);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
char *__wrap_strdup(const char *s);
void __wrap_free(void *old);

static _Thread_local size_t count, fail_at;
static _Thread_local bool fail_all, failed;
static _Thread_local long live;

static bool
may(void)
{
	count++;
	if (fail_at == 0 || count < fail_at || (count > fail_at && !fail_all))
		return true;
	failed = true;
	return false;
}

static void *
counted(void *block)
{
	live += block != NULL;
	return block;
}

void *
__wrap_malloc(size_t size)
{
	return may() ? counted(__real_malloc(size)) : NULL;
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return may() ? counted(__real_calloc(n, size)) : NULL;
}

void *
__wrap_realloc(void *old, size_t size)
{
	if (!may())
		return NULL;
	return old == NULL ? counted(__real_realloc(NULL, size)) : __real_realloc(old, size);
}

void
__wrap_free(void *old)
{
	live -= old != NULL;
	__real_free(old);
}

char *
__wrap_strdup(const char *s)
{
	char *copy = __wrap_malloc(strlen(s) + 1);

	return copy == NULL ? NULL : strcpy(copy, s);
}

/* --- the same for OpenSSL ----------------------------------------------------- */

static void *
crypto_malloc(size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return size == 0 ? NULL : __wrap_malloc(size);
}

static void *
crypto_realloc(void *old, size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	if (size == 0) {
		free(old);
		return NULL;
	}
	return __wrap_realloc(old, size);
}

static void
crypto_free(void *old, const char *file, int line)
{
	(void)file;
	(void)line;
	free(old);
}

void
memory_hook(void)
{
	if (CRYPTO_set_mem_functions(crypto_malloc, crypto_realloc, crypto_free) == 1)
		return;
	(void)fprintf(stderr, "memory_hook: OpenSSL has allocated already\n");
	abort();
}

void
memory_fail(size_t nth, bool all)
{
	count = 0;
	fail_at = nth;
	fail_all = all;
	failed = false;
}

size_t
memory_count(void)
{
	return count;
}

bool
memory_failed(void)
{
	return failed;
}

long
memory_live(void)
{
	return live;
}
