/*
 * replay.c - runs a fuzz target over files, without a fuzzer: the corpus that
 * is committed, in "make check", or whatever is named on the command line
 * (files, or directories of files). Ends as the target ends: by abort().
 *
 * SPDX-License-Identifier: ISC
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fuzz.h"

static int
give_up(const char *what)
{
	fprintf(stderr, "replay: %s: %s\n", what, strerror(errno));
	return -1;
}

/** One file through the target, in a block of exactly its size. */
static int
replay_file(const char *path, size_t size)
{
	unsigned char *data = malloc(size == 0 ? 1 : size);
	FILE *f = fopen(path, "rb");
	int rv = -1;

	if (data == NULL || f == NULL || fread(data, 1, size, f) != size) {
		rv = give_up(path);
		goto out;
	}
	(void)LLVMFuzzerTestOneInput(data, size);
	rv = 1;
out:
	if (f != NULL)
		(void)fclose(f);
	free(data);
	return rv;
}

static int replay(const char *path);

/** Every file in a directory; how many, or -1. */
static int
replay_dir(const char *path)
{
	char inside[4096];
	struct dirent *entry;
	DIR *dir = opendir(path);
	int total = 0, n = 0;

	if (dir == NULL)
		return give_up(path);
	while (n >= 0 && (entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		(void)snprintf(inside, sizeof(inside), "%s/%s", path, entry->d_name);
		n = replay(inside);
		total += n;
	}
	(void)closedir(dir);
	return n < 0 ? -1 : total;
}

static int
replay(const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return give_up(path);
	return S_ISDIR(st.st_mode) ? replay_dir(path) : replay_file(path, (size_t)st.st_size);
}

int
main(int argc, char **argv)
{
	int i, n, total = 0;

	for (i = 1; i < argc || (i == 1 && argc == 1); i++) {
		n = replay(argc == 1 ? FUZZ_CORPUS : argv[i]);
		if (n < 0)
			return EXIT_FAILURE;
		total += n;
	}
	printf("replay: %d files\n", total);
	return total > 0 ? EXIT_SUCCESS : EXIT_FAILURE; /* a lost corpus is a failure */
}
