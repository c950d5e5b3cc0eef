/*
 * file.h - a file read whole, and how to tell later whether it is still the same.
 *
 * Nothing here touches the thread's error: files are also looked at while a
 * verification runs that may well succeed. A fault says what went wrong.
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef TLSW_FILE_H
#define TLSW_FILE_H

#include <sys/stat.h>
#include <time.h>

#include "compat.h"
#include "tlswrap.h"

#define TLSW__FILE_MAX (64UL * 1024 * 1024)

/** Why something could not be used; the text reads well behind "NAME: ". */
struct tlsw__fault {
	enum tlsw_error code;
	int os_errno; /* 0 if none */
	char text[256];
};

/** Fill a fault; with an errno value its text is put behind. Return -1. */
int tlsw__fault_set(struct tlsw__fault *fault, enum tlsw_error code, const char *format, ...)
    TLSW__PRINTF(3, 4);
int tlsw__fault_set_errno(struct tlsw__fault *fault, int os_errno);
int tlsw__fault_set_memory(struct tlsw__fault *fault);

/** What tells one state of a file from another. */
struct tlsw__file_id {
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec changed, modified;
	bool settled; /* false: so fresh that one more change might not show in the times */
};

bool tlsw__file_same(const struct tlsw__file_id *a, const struct tlsw__file_id *b);

/**
 * Whether a file that was as then has kept its contents until now. What had
 * not settled then counts as changed once it has, so that nothing slips
 * through for good.
 */
bool tlsw__file_unchanged(const struct tlsw__file_id *then, const struct tlsw__file_id *now);

/** Which state of which file path names now. Returns 0, or -1 with the fault. */
int tlsw__file_identify(const char *path, struct tlsw__file_id *id, struct tlsw__fault *fault);

/**
 * Read a regular file of 1 to TLSW__FILE_MAX octets; a NUL is put behind them.
 * It is never mapped, and one that changes meanwhile is read again. Returns 0
 * with *data (free it), *len and *id, or -1 with the fault.
 */
int tlsw__file_read(const char *path, char **data, size_t *len, struct tlsw__file_id *id,
    struct tlsw__fault *fault);

#endif
