/*
 * error.h - this thread's last error.
 *
 * Whoever first notices a failure fills it; everybody above only passes -1 on.
 * Texts are made printable ASCII and cut here, whatever is put in.
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef TLSW_ERROR_H
#define TLSW_ERROR_H

#include "compat.h"
#include "tlswrap.h"

#define TLSW__MESSAGE_SIZE 512
#define TLSW__DETAILS_SIZE 4096
#define TLSW__QUOTE_MAX 64 /* octets of peer text that a message quotes */

/** A failure kept apart from the thread that met it. */
struct tlsw__error;

/** Start a new failure of this thread; returns -1, for return statements. */
int tlsw__error_set(enum tlsw_error code, const char *format, ...) TLSW__PRINTF(2, 3);

/** The same with an errno value: its text is put behind the message. */
int tlsw__error_set_errno(enum tlsw_error code, int os_errno, const char *format, ...)
    TLSW__PRINTF(3, 4);

/**
 * The same with the newest entry of OpenSSL's error queue behind the message.
 * An out-of-memory entry there turns the code into TLSW_ERR_MEMORY.
 */
int tlsw__error_set_openssl(enum tlsw_error code, const char *format, ...) TLSW__PRINTF(2, 3);

/** TLSW_ERR_MEMORY; allocates nothing. Returns -1. */
int tlsw__error_set_memory(void);

/** Put one more line into the details of this thread's failure; no line end needed. */
void tlsw__error_detail(const char *format, ...) TLSW__PRINTF(1, 2);

/** Put the alert, or the verdict about a certificate, into this thread's failure. */
void tlsw__error_set_alert(int alert);
void tlsw__error_set_verdict(unsigned long reasons, long verify_error, int depth);

/** Hand a certificate over to this thread's failure; it is freed with it. NULL is fine. */
void tlsw__error_set_certificate(tls_certificate *certificate);

/** The code of this thread's failure. */
enum tlsw_error tlsw__error_code(void);

/** A copy of this thread's failure; NULL when memory is short. */
struct tlsw__error *tlsw__error_copy(void);
void tlsw__error_copy_free(struct tlsw__error *copy);
const struct tls_error_info *tlsw__error_info(const struct tlsw__error *copy);

/** Make a copy this thread's last failure again. Returns -1. */
int tlsw__error_restore(const struct tlsw__error *copy);

/** A view of TLSW_ERR_MEMORY and of TLSW_OK that costs no memory. */
extern const struct tls_error_info tlsw__error_no_memory;
extern const struct tls_error_info tlsw__error_none;

/**
 * Write len octets as printable ASCII: others become \xNN, a backslash \\, a
 * double quote \". At most max octets are taken, "..." shows a cut; the result always ends in
 * NUL. Returns out.
 */
char *tlsw__text_escape(char *out, size_t out_size, const void *data, size_t len, size_t max);

/** Room for TLSW__QUOTE_MAX escaped octets, "..." and a NUL. */
#define TLSW__QUOTE_SIZE (TLSW__QUOTE_MAX * 4 + 4)

/**
 * OpenSSL's error queue is the caller's. Save it before work that reads it;
 * restore puts back exactly what was there and drops what came since.
 */
struct tlsw__queue {
	struct tlsw__queue_entry *entries; /* NULL: the queue was empty, the usual case */
	unsigned count;
};
void tlsw__queue_save(struct tlsw__queue *saved);
void tlsw__queue_restore(struct tlsw__queue *saved);

/**
 * Whether OpenSSL failed for lack of memory: an entry says so, or there was
 * none even for an entry. Empties the queue.
 */
bool tlsw__queue_tells_memory(void);

/** The same for a queue in which silence means nothing: only what an entry says. */
bool tlsw__queue_names_memory(void);

/** Empty the queue before a call whose outcome is read from it; costs nothing when it is empty. */
void tlsw__queue_clear(void);

#endif
