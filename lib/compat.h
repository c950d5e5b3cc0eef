/*
 * compat.h - the only home of #if: differences between platforms and between
 * OpenSSL versions, so that the logic elsewhere reads straight through.
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef TLSW_COMPAT_H
#define TLSW_COMPAT_H

#include "config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/socket.h>

#include <openssl/opensslv.h>
#include <openssl/ssl.h>
#include <openssl/ui.h>

/** A printf-like function: which argument is the format, which the first value. */
#if defined(__GNUC__)
#define TLSW__PRINTF(fmt, first) __attribute__((__format__(__printf__, fmt, first)))
#else
#define TLSW__PRINTF(fmt, first)
#endif

/* What the shared library has alone, whose names cannot clash with a static one's. */
#if defined(PIC)
#define TLSW__SHARED_ONLY(...) __VA_ARGS__
#else
#define TLSW__SHARED_ONLY(...)
#endif

/* send() flags that keep SIGPIPE away; where there is no such flag, the
 * descriptor has the option SO_NOSIGPIPE instead (tlsw__compat_no_sigpipe). */
#if defined(MSG_NOSIGNAL)
#define TLSW__SEND_FLAGS (MSG_NOSIGNAL | MSG_DONTWAIT)
#else
#define TLSW__SEND_FLAGS MSG_DONTWAIT
#endif

/* The members of struct stat that hold the times with their fractions. */
#if defined(__APPLE__)
#define TLSW__ST_MTIM st_mtimespec
#define TLSW__ST_CTIM st_ctimespec
#else
#define TLSW__ST_MTIM st_mtim
#define TLSW__ST_CTIM st_ctim
#endif

/* Refuse compressed certificates (RFC 8879): they expand before any check. */
#if defined(SSL_OP_NO_RX_CERTIFICATE_COMPRESSION)
#define TLSW__OP_NO_CERT_COMPRESSION \
	(SSL_OP_NO_RX_CERTIFICATE_COMPRESSION | SSL_OP_NO_TX_CERTIFICATE_COMPRESSION)
#else
#define TLSW__OP_NO_CERT_COMPRESSION 0
#endif

/** Whether the process runs with more rights than its user: the environment is then not to be trusted. */
bool tlsw__compat_secure_mode(void);

/** The system's text for an errno value, in buf. */
const char *tlsw__compat_strerror(int os_errno, char *buf, size_t size);

/** Keep SIGPIPE away from a descriptor where send() has no flag for it; elsewhere nothing. */
void tlsw__compat_no_sigpipe(int fd);

/**
 * A FILE over callbacks: fopencookie(3) or funopen(3), whichever there is. read
 * and write may be NULL; write gives 0 for a failure, read -1. NULL with errno.
 */
FILE *tlsw__compat_fopen(void *cookie, ssize_t (*read)(void *, char *, size_t),
    ssize_t (*write)(void *, const char *, size_t), int (*close)(void *));

/**
 * OpenSSL's engine for tokens by its name: what the application has loaded, or
 * else one of our own that is in no list; it stays for the process. NULL where
 * there is none. The functions below give NULL with OpenSSL's error queue
 * filled; ui is whom they ask for a PIN.
 */
void *tlsw__compat_engine(const char *id);
X509 *tlsw__compat_engine_cert(void *engine, const char *uri, UI_METHOD *ui, void *ui_data);
EVP_PKEY *tlsw__compat_engine_key(void *engine, const char *uri, UI_METHOD *ui, void *ui_data);

/** A socket that is non-blocking and close-on-exec; -1 with errno. */
int tlsw__compat_socket(int family, int type, int protocol);

#endif
