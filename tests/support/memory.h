/*
 * memory.h - allocations that fail when a test says so, in our code and in
 * OpenSSL. For programs that are linked with $(test_memory_ldflags).
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef MEMORY_H
#define MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/** First thing in main(): OpenSSL takes other allocators only before its first allocation. */
void memory_hook(void);

/**
 * From now on this thread's nth allocation fails, 1 being the next one, and
 * with all every later one too. nth 0: none fails. Starts counting anew.
 */
void memory_fail(size_t nth, bool all);

/** How many allocations this thread has tried since, and whether one of them failed. */
size_t memory_count(void);
bool memory_failed(void);

/** Blocks that this thread has allocated and not freed: only differences mean something. */
long memory_live(void);

#endif
