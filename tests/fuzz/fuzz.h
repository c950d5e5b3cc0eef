/*
 * fuzz.h - what a fuzz target is.
 *
 * To add the target NAME:
 *  1. Write tests/fuzz/fuzz_NAME.c: it includes this header and defines
 *     LLVMFuzzerTestOneInput. The input is hostile and of any size, 0 too.
 *     What must hold is said with fuzz_assert. Nothing may outlive the call
 *     but what is made once; no files, no network, no clock, no randomness.
 *  2. Commit some small files that go deep into the code as
 *     tests/fuzz/corpus/NAME/, and later every input that found a bug.
 *  3. In tests/local.mk: add NAME to fuzz_targets, tests/fuzz/replay_NAME to
 *     fuzz_programs, and copy the four lines of a program.
 * Then "make check" replays the corpus, and "make fuzz SECONDS=60" runs each
 * target for that long under libFuzzer with the address and undefined behaviour
 * sanitizers (TARGETS="NAME" only those, SEED=1 the same inputs each time; needs
 * clang). New inputs are left in fuzz-work/NAME/corpus, a failing one in
 * fuzz-work/NAME.
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define fuzz_assert(condition)                                                                    \
	do {                                                                                      \
		if (!(condition)) {                                                               \
			fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition); \
			abort();                                                                  \
		}                                                                                 \
	} while (0)

/** A part of the input that is still to be read. */
struct fuzz_input {
	const uint8_t *at;
	size_t left;
};

/** The next octet; 0 at the end. */
static inline unsigned
fuzz_octet(struct fuzz_input *in)
{
	if (in->left == 0)
		return 0;
	in->left--;
	return *in->at++;
}

/** The next len octets, or as many as there are, in a block of exactly that size; free it. */
static inline char *
fuzz_block(struct fuzz_input *in, size_t len, size_t *got)
{
	size_t n = len < in->left ? len : in->left;
	char *block = malloc(n == 0 ? 1 : n);

	if (block == NULL)
		abort();
	memcpy(block, in->at, n);
	in->at += n;
	in->left -= n;
	*got = n;
	return block;
}

#endif
