/*
 * tlswrap.h - TLS for programs that hold a socket.
 *
 * A tls_context carries the policy: whom to trust, whether the host name is
 * checked (it is), which versions. tls_wrap() takes a connected descriptor
 * and the name of the host it should lead to, and returns a socket only when
 * the peer has proved to be that host.
 *
 *     tls_context *ctx = tls_create_default_context();
 *     tls_socket *s = tls_wrap(ctx, fd, "imap.example.org");
 *     if (s == NULL)
 *         errx(1, "%s", tls_last_error()->message);
 *     tls_socket_write(s, "a LOGOUT\r\n", 10);
 *
 * Rules that hold for every function here:
 *
 *  - Functions returning int give 0 for success and -1 for failure;
 *    constructors return NULL. After a failure tls_last_error() says why.
 *  - Strings and certificates that a getter returns are lent: they live as
 *    long as the object that they came from, unless said otherwise.
 *  - A context is configured by one thread. Its first wrap or verification
 *    freezes it: setters then fail with TLSW_ERR_USAGE and any number of
 *    threads may use it. A socket belongs to one thread at a time, or to one
 *    thread that reads and one that writes.
 *  - NULL as context stands for a shared default context in tls_wrap and its
 *    like, tls_starttls, tls_create_connection and tls_context_verify. Setters given
 *    NULL fail with TLSW_ERR_USAGE; getters given NULL return 0, false or NULL.
 *  - No function changes signal dispositions, the descriptor's flags or any
 *    other state of the process; none raises SIGPIPE; OpenSSL's error queue
 *    is left as it was found.
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef TLSWRAP_H
#define TLSWRAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>
#include <time.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(TLSW__BUILDING) && defined(__GNUC__)
#define TLSW_API __attribute__((visibility("default")))
#else
#define TLSW_API
#endif

/** The policy: whom to trust and how to speak. */
typedef struct tls_context tls_context;
/** A verified connection over a descriptor. */
typedef struct tls_socket tls_socket;
/** A certificate and, through tls_certificate_issuer(), the chain above it. */
typedef struct tls_certificate tls_certificate;

/** The library's version, "MAJOR.MINOR.PATCH". */
TLSW_API const char *tlswrap_version(void);

/* ------------------------------------------------------------------ errors */

/** What callers branch on. New codes are appended. */
enum tlsw_error {
	TLSW_OK = 0,
	TLSW_ERR_USAGE,             /**< a bad argument, or a call in the wrong state; nothing was sent */
	TLSW_ERR_HOSTNAME,          /**< server_hostname is missing or malformed; nothing was sent */
	TLSW_ERR_MEMORY,            /**< no memory */
	TLSW_ERR_SYSTEM,            /**< the operating system refused; see os_errno */
	TLSW_ERR_TIMEOUT,           /**< a deadline passed */
	TLSW_ERR_RESOLVE,           /**< no address for the host */
	TLSW_ERR_TRUST_STORE,       /**< a CA source is unusable, or there is no trust anchor at all */
	TLSW_ERR_CREDENTIALS,       /**< the own certificate or key is unusable */
	TLSW_ERR_NOT_TLS,           /**< the peer answered with something that is not TLS */
	TLSW_ERR_PLAINTEXT,         /**< the peer sent bytes before TLS began */
	TLSW_ERR_STARTTLS,          /**< the server refused, or broke the dialogue of, the upgrade */
	TLSW_ERR_PROTOCOL,          /**< the peer broke TLS, or cannot meet the policy */
	TLSW_ERR_ALERT,             /**< the peer refused us with an alert */
	TLSW_ERR_CERTIFICATE,       /**< chain, date, purpose, constraint, revocation, pin; see reasons */
	TLSW_ERR_HOSTNAME_MISMATCH, /**< the chain is fine, the name is not */
	TLSW_ERR_TRUNCATED,         /**< the connection ended without close_notify */
	TLSW_ERR_CLOSED,            /**< the socket is already closed or dead */
	TLSW_ERR_INTERNAL           /**< OpenSSL failed in a way that has no code here; the message quotes it */
};

/* Reasons for a refused certificate: bits, all that were found. */
#define TLSW_REASON_EXPIRED       0x0001UL /**< a certificate is past its notAfter */
#define TLSW_REASON_NOT_YET_VALID 0x0002UL /**< a certificate is before its notBefore */
#define TLSW_REASON_UNKNOWN_CA    0x0004UL /**< the chain ends at no trust anchor */
#define TLSW_REASON_SELF_SIGNED   0x0008UL /**< it ends at a self-signed certificate that is no anchor */
#define TLSW_REASON_HOSTNAME      0x0010UL /**< no presented identifier matches the reference */
#define TLSW_REASON_PURPOSE       0x0020UL /**< not for TLS servers, or a CA where none may be */
#define TLSW_REASON_CONSTRAINT    0x0040UL /**< name or path length constraints are violated */
#define TLSW_REASON_WEAK          0x0080UL /**< key or signature below the security level */
#define TLSW_REASON_REVOKED       0x0100UL /**< revoked */
#define TLSW_REASON_CRL           0x0200UL /**< a required CRL is missing, expired or unusable */
#define TLSW_REASON_OCSP          0x0400UL /**< a required OCSP answer is missing or bad */
#define TLSW_REASON_PIN           0x0800UL /**< no pin matches */
#define TLSW_REASON_MALFORMED     0x1000UL /**< it cannot be decoded, or breaks RFC 5280 */
#define TLSW_REASON_OTHER         0x2000UL /**< anything else; verify_error and details say what */

/**
 * Everything known about a failure. Fields are added at the end only; never
 * copy the structure by its size.
 */
struct tls_error_info {
	enum tlsw_error code;
	unsigned long reasons;   /**< TLSW_REASON_* bits, 0 unless a certificate was refused */
	int os_errno;            /**< errno value, 0 if none */
	int alert;               /**< TLS alert number sent or received, -1 if none */
	long verify_error;       /**< X509_V_ERR_* of the first failure, 0 if none */
	int depth;               /**< chain position of that failure, 0 = leaf, -1 if none */
	const char *message;     /**< one line of printable ASCII, at most 512 bytes with its NUL */
	const char *details;     /**< more lines, "" if none; at most 4096 bytes with its NUL */
	const tls_certificate *certificate; /**< what the peer presented, leaf first; NULL if it came to none */
};

/**
 * This thread's last failure. Never NULL: code TLSW_OK and "" before any
 * failure; a success leaves it as it was. Valid until the thread's next
 * failing call of this library, or its end.
 */
TLSW_API const struct tls_error_info *tls_last_error(void);

/**
 * What ended this socket: code TLSW_OK while nothing has. Lent until the
 * socket is freed; any thread may ask. NULL gives code TLSW_OK.
 */
TLSW_API const struct tls_error_info *tls_socket_error(const tls_socket *s);

/*
 * LibreSSL's libtls.a has a tls_error_clear() of its own, which none of its
 * headers declares. So that both libraries go into one program, ours has
 * another name for the linker.
 */
#define tls_error_clear tlswrap_error_clear

/** Forget this thread's last failure and release its certificate. */
TLSW_API void tls_error_clear(void);

/** The name of a code, "TLSW_ERR_HOSTNAME_MISMATCH"; "TLSW_ERR_UNKNOWN" for anything else. */
TLSW_API const char *tls_error_name(enum tlsw_error code);

/* ----------------------------------------------------------------- context */

/** Whether the peer's certificate decides. */
enum tlsw_verify_mode {
	TLSW_CERT_NONE,    /**< anyone may answer: no protection against an active attacker */
	TLSW_CERT_REQUIRED /**< only a peer with a valid chain */
};

enum tlsw_version {
	TLSW_TLS_1_2 = 0x0303,
	TLSW_TLS_1_3 = 0x0304
};

/* Flags for tls_context_set_verify_flags(). */
#define TLSW_VERIFY_STRICT           0x01UL /**< RFC 5280 and CA/B Forum rules on top */
#define TLSW_VERIFY_PARTIAL_CHAIN    0x02UL /**< any loaded certificate is an anchor, not only roots */
#define TLSW_VERIFY_CRL_LEAF         0x04UL /**< the leaf needs a valid CRL */
#define TLSW_VERIFY_CRL_CHAIN        0x08UL /**< every certificate needs a valid CRL */
#define TLSW_VERIFY_CRL_IF_AVAILABLE 0x10UL /**< use the CRLs at hand; their absence is no error */

/**
 * A context with everything on, trusting the system's CAs. Free it with
 * tls_context_free().
 *
 * Returns NULL when the system has no usable store (TLSW_ERR_TRUST_STORE; the
 * details list what was tried), TLSW_ERR_MEMORY or _INTERNAL.
 */
TLSW_API tls_context *tls_create_default_context(void);

/**
 * A context with everything on that trusts nobody yet: load CAs into it. Until
 * then every wrap is TLSW_ERR_TRUST_STORE. NULL: TLSW_ERR_MEMORY, _INTERNAL.
 */
TLSW_API tls_context *tls_context_new(void);

/** Give up a context; NULL is fine. Its sockets keep what they need of it. */
TLSW_API void tls_context_free(tls_context *ctx);

/**
 * Whether the peer's certificate decides. Default TLSW_CERT_REQUIRED.
 *
 * TLSW_CERT_NONE while check_hostname is on is refused: turn that off first.
 * Errors: TLSW_ERR_USAGE (NULL, frozen, unknown mode, NONE with
 * check_hostname); the mode is then unchanged.
 */
TLSW_API int tls_context_set_verify_mode(tls_context *ctx, enum tlsw_verify_mode mode);
TLSW_API enum tlsw_verify_mode tls_context_get_verify_mode(const tls_context *ctx);

/**
 * Whether the certificate must name the host (RFC 9525). Default true. true
 * raises the verify mode to TLSW_CERT_REQUIRED. Errors: TLSW_ERR_USAGE.
 */
TLSW_API int tls_context_set_check_hostname(tls_context *ctx, bool check);
TLSW_API bool tls_context_get_check_hostname(const tls_context *ctx);

/**
 * Whether a certificate without any DNS, IP, SRV or URI identifier may name
 * the host in its common name. Default false: RFC 9525 section 2 retired it.
 * Errors: TLSW_ERR_USAGE.
 */
TLSW_API int tls_context_set_hostname_checks_common_name(tls_context *ctx, bool check);

/** TLSW_VERIFY_* bits, default 0. Errors: TLSW_ERR_USAGE (also for unknown bits). */
TLSW_API int tls_context_set_verify_flags(tls_context *ctx, unsigned long flags);
TLSW_API unsigned long tls_context_get_verify_flags(const tls_context *ctx);

/**
 * At most so many non-self-issued certificates between leaf and anchor
 * (RFC 5280 section 6.1.2), default 100. Whatever it is, no path of over 128
 * certificates is followed. Errors: TLSW_ERR_USAGE (negative).
 */
TLSW_API int tls_context_set_verify_depth(tls_context *ctx, int intermediates);

/**
 * Verify as of that time, in seconds since the epoch; 0, the default, is now.
 * Errors: TLSW_ERR_USAGE.
 */
TLSW_API int tls_context_set_verify_time(tls_context *ctx, time_t when);

/**
 * Trust the system's CAs as well: what SSL_CERT_FILE and SSL_CERT_DIR name
 * (both, if both are set; ignored in set-user-ID programs), or OpenSSL's own
 * default file and directory, or the first usable place of those where common
 * systems keep them. A variable that names something unusable is an error,
 * never passed over; so is a system without any, the details then list what
 * was tried. tlswrap-trust(1) shows what is found.
 * Errors: TLSW_ERR_TRUST_STORE, _USAGE, _MEMORY.
 */
TLSW_API int tls_context_load_default_certs(tls_context *ctx);

/**
 * Trust the certificates in a PEM bundle, or one in DER, as well. Returns how
 * many there are, 1 or more. A malformed block is skipped, and named in the
 * details of later failures. "TRUSTED CERTIFICATE" blocks are honoured with
 * what they trust and reject, and a rejection counts wherever it comes from.
 * What was parsed is shared by all contexts of the process.
 * Errors: TLSW_ERR_TRUST_STORE (missing, unreadable, no regular file, or no
 * usable certificate in it), _USAGE, _MEMORY.
 */
TLSW_API int tls_context_load_ca_file(tls_context *ctx, const char *path);

/**
 * Trust the certificates in an OpenSSL hashed directory as well (see
 * openssl-rehash(1)): a file of it is read when a chain asks for its subject.
 * Revocation lists in it (HASH.r0) are used where they are asked for. Errors: TLSW_ERR_TRUST_STORE (not a readable directory,
 * or no hashed certificate in it), _USAGE, _MEMORY.
 */
TLSW_API int tls_context_load_ca_dir(tls_context *ctx, const char *path);

/**
 * Trust the certificates in memory as well: PEM, or one DER certificate. The
 * data is copied. Errors as tls_context_load_ca_file().
 */
TLSW_API int tls_context_load_ca_mem(tls_context *ctx, const void *data, size_t len);

/**
 * Use the revocation lists in a PEM or DER file. Turns
 * TLSW_VERIFY_CRL_IF_AVAILABLE on. Certificates in it are not trusted, and one
 * malformed block makes it unusable. Errors: TLSW_ERR_TRUST_STORE, _USAGE, _MEMORY.
 */
TLSW_API int tls_context_load_crl_file(tls_context *ctx, const char *path);

/**
 * Whether a changed CA or CRL file is noticed: looked at once a second at
 * most, when a wrap begins, and taken over whole; a broken or missing new one
 * leaves the last good one in force, and the details of the next failure say
 * so. Default true. false: no file is touched after loading (chroot, seccomp);
 * hashed directories are read whole now, which may fail.
 * Errors: TLSW_ERR_USAGE, _TRUST_STORE, _MEMORY.
 */
TLSW_API int tls_context_set_refresh(tls_context *ctx, bool refresh);

/**
 * Asked for the password of an encrypted key, or the PIN of a token: write at
 * most size octets to buf and return how many, or -1 for none. Asked once for
 * each source, and only if it is needed; what was given is wiped.
 */
typedef int (*tlsw_password_fn)(char *buf, int size, void *arg);

/**
 * The client's own certificate and its private key, shown to a server that
 * asks for it once that server has been accepted, never before. In place of
 * earlier ones, which stay if this fails.
 *
 * certfile has the leaf first, then the certificates above it, in PEM; keyfile
 * the key, in PEM or DER; NULL: in the same file. Either may be PKCS#12, or a
 * URI: "pkcs11:token=...;object=..." for a token (RFC 7512), or a scheme that
 * OpenSSL has a store for. What looks like one, letters and a colon before any
 * slash, is never taken for a file: write "./a:b" for such. Tokens are reached
 * through OpenSSL's provider for them if one is configured, else through the
 * engine "pkcs11", which loads the module that PKCS11_MODULE_PATH names, by
 * default those that p11-kit knows.
 *
 * password is asked for the password or PIN; NULL: an encrypted key is an
 * error. Nobody is ever asked on the terminal. The key is compared with the
 * leaf here, and both must meet the security level.
 *
 * Errors: TLSW_ERR_CREDENTIALS (missing, undecodable, wrong password, no key,
 * the key of another certificate, too weak), _USAGE, _MEMORY.
 */
TLSW_API int tls_context_load_cert_chain(tls_context *ctx, const char *certfile,
    const char *keyfile, tlsw_password_fn password, void *arg);

/** The same from memory: PEM, DER or PKCS#12; key NULL: behind the chain. */
TLSW_API int tls_context_load_cert_chain_mem(tls_context *ctx, const void *chain, size_t chain_len,
    const void *key, size_t key_len, tlsw_password_fn password, void *arg);

/**
 * Accept only servers whose leaf has one of these keys: "sha256//BASE64" of
 * its SubjectPublicKeyInfo, several separated by ";" (the syntax of curl).
 * Chain and name are verified as well; pins hold even under TLSW_CERT_NONE. In
 * place of earlier pins. Errors: TLSW_ERR_USAGE (also for a malformed pin; the
 * earlier ones then stay), _MEMORY.
 */
TLSW_API int tls_context_set_pins(tls_context *ctx, const char *pins);

/**
 * Accept exactly this certificate for exactly this host, whatever is wrong
 * with its chain, dates or name: "cert-sha256:HEX", digits in any case, colons
 * allowed; the details of a refusal print the string to paste. It lifts
 * neither pins nor the verify hook. host as in tls_wrap(). May be called
 * again for more. Errors: TLSW_ERR_USAGE, _HOSTNAME, _MEMORY.
 */
TLSW_API int tls_context_add_exception(tls_context *ctx, const char *host, const char *fingerprint);

/**
 * A check of the caller's own: 0, or -1 to refuse. It can add a refusal, never
 * lift one, and is asked once a verification, also when reasons (TLSW_REASON_*
 * bits) are not 0 and before a session is offered again. chain is the path
 * that was found, leaf first, lent for the call. It runs on whichever thread
 * wraps, and may call getters only. s is NULL in tls_context_verify().
 */
typedef int (*tlsw_verify_hook)(const tls_socket *s, const tls_certificate *chain,
    unsigned long reasons, void *arg);

/** Set the verify hook; NULL: none. Errors: TLSW_ERR_USAGE. */
TLSW_API int tls_context_set_verify_hook(tls_context *ctx, tlsw_verify_hook hook, void *arg);

/** What is asked of OCSP answers stapled to the handshake (RFC 6066 section 8). */
enum tlsw_ocsp {
	TLSW_OCSP_OFF,        /**< none is asked for; what comes is ignored */
	TLSW_OCSP_IF_STAPLED, /**< a bad one is refused, and a missing one if the leaf says "must staple" */
	TLSW_OCSP_REQUIRED    /**< every leaf needs a good one */
};

/**
 * Whether the server's OCSP answer decides. Default TLSW_OCSP_OFF. An answer
 * is good when it is signed by the leaf's issuer or its delegate, is about
 * this leaf, says "good" and is fresh. While it is on no session is reused but
 * that of a control connection, and no chain is remembered. It concerns
 * handshakes: tls_context_verify() has no answer to look at.
 * Errors: TLSW_ERR_USAGE.
 */
TLSW_API int tls_context_set_ocsp(tls_context *ctx, enum tlsw_ocsp ocsp);

/**
 * The lowest and the highest protocol version; TLSW_TLS_1_2 to TLSW_TLS_1_3 by
 * default. openssl.cnf may raise the minimum, never lower it.
 * Errors: TLSW_ERR_USAGE (unknown version, or minimum above maximum).
 */
TLSW_API int tls_context_set_min_version(tls_context *ctx, enum tlsw_version version);
TLSW_API int tls_context_set_max_version(tls_context *ctx, enum tlsw_version version);

/**
 * Cipher suites in OpenSSL's syntax: for TLS 1.2, and for TLS 1.3; NULL keeps
 * what is set. Default: forward secrecy and AEAD only. '@SECLEVEL' is refused,
 * and so is whatever OpenSSL would pass over; to exclude a retired algorithm
 * that it no longer has ("!RC4") is fine.
 * Errors: TLSW_ERR_USAGE (a string that OpenSSL does not know, also in part).
 */
TLSW_API int tls_context_set_ciphers(tls_context *ctx, const char *tls12_list,
    const char *tls13_suites);

/**
 * Key exchange groups, "X25519:P-256", in order of preference. Default:
 * OpenSSL's own. Errors: TLSW_ERR_USAGE (NULL, or an unknown group).
 */
TLSW_API int tls_context_set_groups(tls_context *ctx, const char *list);

/**
 * Signature algorithms in OpenSSL's syntax, "ECDSA+SHA256:RSA-PSS+SHA256".
 * Default: OpenSSL's own. Errors: TLSW_ERR_USAGE (NULL, or an unknown one).
 */
TLSW_API int tls_context_set_signature_algorithms(tls_context *ctx, const char *list);

/**
 * OpenSSL's security level, 0 to 5 (SSL_CTX_set_security_level(3)): the least
 * strength of keys and signatures. Default 2: 112 bits. openssl.cnf may raise
 * it, never lower it. At every level a peer's RSA key of over 8192 bits is
 * refused: whoever sends it decides how long it is calculated with.
 * Errors: TLSW_ERR_USAGE.
 */
TLSW_API int tls_context_set_security_level(tls_context *ctx, int level);

/** Sets of versions and ciphers. */
enum tlsw_profile {
	TLSW_PROFILE_DEFAULT,      /**< TLS 1.2 and 1.3, forward secrecy and AEAD only */
	TLSW_PROFILE_MODERN,       /**< TLS 1.3 only */
	TLSW_PROFILE_LEGACY_SERVER /**< TLS 1.2 also with CBC, finite-field DH and static RSA: gives up
	                                forward secrecy and AEAD with servers that have neither */
};

/**
 * Set minimum version and ciphers as a profile has them; setters called later
 * change single values. Errors: TLSW_ERR_USAGE (unknown, or MODERN below a
 * maximum version of TLS 1.2).
 */
TLSW_API int tls_context_set_profile(tls_context *ctx, enum tlsw_profile profile);

/**
 * Write the secrets of every connection to a file, in the format that
 * Wireshark reads: appended, made with mode 0600. Who reads it reads the
 * traffic. path NULL is the file that the variable SSLKEYLOGFILE names, if
 * any; it is never looked at in set-user-ID programs.
 * Errors: TLSW_ERR_SYSTEM (cannot be opened), _USAGE.
 */
TLSW_API int tls_context_set_keylog_file(tls_context *ctx, const char *path);

/**
 * Application protocols to offer (RFC 7301), most wanted first; count 0 offers
 * none, which is the default. With required, a server that picks none is
 * TLSW_ERR_PROTOCOL. The strings are copied. Errors: TLSW_ERR_USAGE (a NULL,
 * empty or over 255 octets long name, or a list of over 65535 octets).
 */
TLSW_API int tls_context_set_alpn(tls_context *ctx, const char *const *protocols, size_t count,
    bool required);

/**
 * Time for a whole handshake in milliseconds, default 30000; -1 is no limit.
 * Errors: TLSW_ERR_USAGE (0, or below -1).
 */
TLSW_API int tls_context_set_handshake_timeout(tls_context *ctx, int timeout_ms);

/**
 * How many sessions to keep for resumption, default 64; 0 keeps none. They are
 * kept in memory, for this context alone, and only from connections whose
 * chain and name were verified; one is offered again only to the same host and
 * port under the same trust store, after its certificates' dates and names
 * were looked at once more. TLS 1.3 sessions are used once. Off while CRLs are
 * in use. Errors: TLSW_ERR_USAGE (also for more than 100000), _MEMORY.
 */
TLSW_API int tls_context_set_session_cache(tls_context *ctx, size_t max_sessions);

/**
 * How many verified chains to remember, default 64; 0 remembers none. The same
 * certificates for the same host against the same trust store are then not
 * verified again for 10 minutes, their dates and the name excepted. Off while
 * CRLs are in use or a verify hook is set. Errors: TLSW_ERR_USAGE (also for more than 100000), _MEMORY.
 */
TLSW_API int tls_context_set_chain_memory(tls_context *ctx, size_t max_chains);

/**
 * Write the policy to out for people to read: every setting under its setter's
 * name, what of it OpenSSL will offer, and whom the context trusts. ctx NULL is
 * the shared default context. It changes nothing and freezes nothing, and may
 * be called on a context in use. No key, password or secret is ever written;
 * the text may change with any release, so do not parse it. out is flushed;
 * what writing to it does (SIGPIPE) is the stream's. Errors: TLSW_ERR_USAGE
 * (out is NULL), _SYSTEM (it cannot be written), _TRUST_STORE (no default
 * context), _MEMORY.
 */
TLSW_API int tls_context_describe(const tls_context *ctx, FILE *out);

/**
 * The SSL_CTX below, for what is not covered here. Freezes the context. What
 * is changed there can only be undone by the caller; verification stays with
 * this library. Lent. NULL: TLSW_ERR_USAGE.
 */
TLSW_API void *tls_context_native(tls_context *ctx);

/* ---------------------------------------------------------------- wrapping */

/**
 * Make a connected stream socket secure: SNI, handshake, chain and name
 * verification, within the context's handshake timeout. Works on blocking and
 * non-blocking descriptors and changes neither.
 *
 * ctx NULL is the shared default context. server_hostname is a DNS name (one
 * trailing dot allowed; IDN in U-label or A-label form) or an IPv4 or IPv6
 * literal; it may be NULL only when check_hostname is off. fd stays the
 * caller's to close, unless tls_socket_own_fd() is called.
 *
 * On failure nothing is left but the descriptor, open and, when it is a
 * socket, shut down both ways so that no plaintext can follow.
 * Errors: TLSW_ERR_USAGE (fd negative or no connected stream socket),
 * _HOSTNAME, _TRUST_STORE (no anchor), _SYSTEM (EBADF for a closed fd),
 * _TIMEOUT, _PLAINTEXT (bytes were waiting before the ClientHello), _NOT_TLS,
 * _PROTOCOL, _ALERT, _CERTIFICATE, _HOSTNAME_MISMATCH, _TRUNCATED, _MEMORY,
 * _INTERNAL.
 */
TLSW_API tls_socket *tls_wrap(tls_context *ctx, int fd, const char *server_hostname);

/**
 * tls_wrap() after a plaintext dialogue of the caller's own (STARTTLS).
 * unread is how many bytes the caller's buffer still holds after the server's
 * go-ahead: anything but 0 was sent by an attacker, or is a protocol error,
 * and is TLSW_ERR_PLAINTEXT (RFC 3207 section 4.2 and its like).
 */
TLSW_API tls_socket *tls_wrap_upgrade(tls_context *ctx, int fd, const char *server_hostname,
    size_t unread);

/**
 * For event loops: everything that can fail without the peer, and no byte
 * sent. Drive it with tls_socket_handshake(). The handshake deadline starts
 * here. Errors as tls_wrap(), with the same effect on fd.
 */
TLSW_API tls_socket *tls_wrap_start(tls_context *ctx, int fd, const char *server_hostname);

/**
 * An FTP data channel (RFC 4217 section 7): fd is connected to the server of
 * an open control connection, actively or passively. Same context, host and
 * SNI; the control connection's newest session is offered, as often as asked,
 * for many servers demand it. If it is not resumed the server is verified in
 * full and must show the same certificate as on the control connection. Under
 * TLS 1.3 a session exists only after something was read from the control
 * connection. Call it from the thread that reads the control connection, or
 * while nobody does. Errors as tls_wrap(), with the same effect on fd; _USAGE
 * also when control is not open.
 */
TLSW_API tls_socket *tls_wrap_data(tls_socket *control, int fd);

/** The same for event loops, driven like tls_wrap_start(). */
TLSW_API tls_socket *tls_wrap_data_start(tls_socket *control, int fd);

/**
 * A transport of the caller's own: a proxy, a pair of pipes, TLS inside TLS.
 * read and write behave like read(2) and write(2): a count, 0 from read for
 * the end, -1 with errno; EAGAIN is allowed, EINTR is tried again. close may
 * be NULL; it is called once, when the socket is freed.
 */
struct tls_transport {
	size_t size; /**< sizeof(struct tls_transport) */
	ssize_t (*read)(void *arg, void *buf, size_t len);
	ssize_t (*write)(void *arg, const void *buf, size_t len);
	int (*close)(void *arg);
};

/**
 * tls_wrap_start() over callbacks: nothing is sent yet, drive it with
 * tls_socket_handshake(). The structure is copied; arg is passed through. A
 * callback that answers EAGAIN makes the call return a WANT; timeouts and
 * deadlines are looked at between callbacks only. tls_socket_fd() is -1; there
 * is no peek for early octets and no shutdown(). NULL: errors as tls_wrap();
 * close is then not called.
 */
TLSW_API tls_socket *tls_wrap_transport(tls_context *ctx, const struct tls_transport *transport,
    void *arg, const char *server_hostname);

/**
 * Go on with the handshake. Returns 0 when the socket is verified and usable;
 * TLSW_WANT_READ or TLSW_WANT_WRITE on a non-blocking descriptor (poll for
 * tls_socket_events(), at most tls_socket_time_left()); or -1, errors as
 * tls_wrap(). After -1 the socket answers getters only; free it.
 */
TLSW_API int tls_socket_handshake(tls_socket *s);

/**
 * Accept one more host name (RFC 7817: the mail domain beside the MX host).
 * On a socket from tls_wrap_start(), before its handshake. SNI stays the name
 * given there. Errors: TLSW_ERR_USAGE (NULL, after the handshake began, more
 * than 16, or a socket without a server_hostname), _HOSTNAME, _MEMORY.
 */
TLSW_API int tls_socket_add_hostname(tls_socket *s, const char *also_accept);

/**
 * Accept an SRV-ID as well (RFC 4985, RFC 9525 section 6.5): "imap" accepts
 * _imap.<server_hostname>. Before the handshake. Errors: TLSW_ERR_USAGE (as
 * above, no service name by RFC 6335, or the host is an IP literal).
 */
TLSW_API int tls_socket_set_service(tls_socket *s, const char *srv_service);

/**
 * Add a DANE TLSA record (RFC 6698, RFC 7671) of the server_hostname and its
 * port, which the caller got over DNSSEC and validated; without that it is
 * worth nothing. usage 0 to 3 (PKIX-TA, PKIX-EE, DANE-TA, DANE-EE), selector 0
 * or 1, mtype 0 to 2, data as in the record. On a socket from tls_wrap_start(),
 * before its handshake; once for each record. With one record or more the
 * server has to meet one of them: 2 and 3 need no CA of the context, and 3
 * stands for the name and the dates too (RFC 7671 section 5.1). No session is
 * reused then. -1: TLSW_ERR_USAGE for a record that is malformed or of a kind
 * that OpenSSL does not know (the others still count), a host that is no DNS
 * name, more than 32, or after the handshake began; _INTERNAL.
 */
TLSW_API int tls_socket_add_tlsa(tls_socket *s, int usage, int selector, int mtype,
    const void *data, size_t len);

/**
 * Time for each later call on a blocking descriptor, in milliseconds; -1, the
 * default, is no limit. SO_RCVTIMEO and SO_SNDTIMEO on the descriptor are
 * honoured as well. The handshake has its own deadline. At any time.
 * Errors: TLSW_ERR_USAGE (NULL, 0, or below -1).
 */
TLSW_API int tls_socket_set_timeout(tls_socket *s, int timeout_ms);

/** Let the socket close the descriptor when it is freed. Errors: TLSW_ERR_USAGE. */
TLSW_API int tls_socket_own_fd(tls_socket *s);

/** Milliseconds to the handshake deadline; -1 if there is none, 0 if it is due. */
TLSW_API int tls_socket_time_left(const tls_socket *s);

/* ----------------------------------------------------- STARTTLS and connecting */

/** Protocols that begin in plaintext and change to TLS on request. */
enum tlsw_protocol {
	TLSW_SMTP,     /**< RFC 3207 */
	TLSW_LMTP,     /**< RFC 2033 with RFC 3207 */
	TLSW_IMAP,     /**< RFC 9051 section 6.2.1 */
	TLSW_POP3,     /**< RFC 2595 */
	TLSW_FTP,      /**< RFC 4217, the control connection */
	TLSW_NNTP,     /**< RFC 4642 */
	TLSW_SIEVE,    /**< ManageSieve, RFC 5804 */
	TLSW_XMPP,     /**< RFC 6120, client to server */
	TLSW_LDAP,     /**< RFC 4511 section 4.14 */
	TLSW_POSTGRES, /**< SSLRequest of the PostgreSQL protocol */
	TLSW_MYSQL     /**< SSLRequest of the MySQL protocol */
};

/**
 * Ask a server for TLS in its protocol, then wrap: greeting, capabilities, the
 * upgrade command, its answer, and tls_wrap(), under one deadline, the
 * context's handshake timeout. fd is connected and nothing has been read from
 * it; server_hostname as in tls_wrap(), and needed for TLSW_XMPP.
 *
 * TLS is mandatory: whatever the server says but the one right answer is a
 * failure, and nothing more is sent. Nothing that it said before TLS is kept:
 * ask for greeting and capabilities again (a ManageSieve server sends its
 * capabilities by itself). No octet behind the go-ahead is ever taken from the
 * descriptor; one that is there is an injection. No ALPN is sent unless the
 * context sets it.
 *
 * On failure as tls_wrap(): NULL, and fd is open and shut down both ways.
 * Errors: those of tls_wrap(), and TLSW_ERR_STARTTLS (the server refused, does
 * not offer it, or broke the dialogue), _PLAINTEXT (it spoke out of turn),
 * _PROTOCOL (lines over 1000 octets, 8192 for TLSW_IMAP, _XMPP and _LDAP, over
 * 100 of them, or over 64 KiB in all), _USAGE (no such protocol).
 */
TLSW_API tls_socket *tls_starttls(tls_context *ctx, int fd, enum tlsw_protocol protocol,
    const char *server_hostname);

/**
 * The dialogue of tls_starttls() alone, on a socket from tls_wrap_start():
 * for event loops, and for sockets that get further references first. Then
 * comes tls_socket_handshake(), which refuses with TLSW_ERR_USAGE until it is over.
 *
 * Returns 0 when TLS may begin; TLSW_WANT_READ or TLSW_WANT_WRITE on a
 * non-blocking descriptor (poll for tls_socket_events(), at most
 * tls_socket_time_left(), and call again with the same protocol); or -1, errors
 * as tls_starttls(). USAGE (also: the socket has no descriptor, the handshake
 * has begun, there was a dialogue before) changes nothing; any other failure
 * shuts the descriptor down, and the socket answers getters only; free it.
 */
TLSW_API int tls_socket_starttls(tls_socket *s, enum tlsw_protocol protocol);

/**
 * Resolve, connect and wrap, under one deadline, the context's handshake
 * timeout (name resolution itself cannot be interrupted). ctx NULL is the
 * shared default context. host is what is connected to and what the peer must
 * prove to be; service is a port or a name; both as in tls_create_tcp(). The
 * socket owns its descriptor, which is blocking.
 *
 * Returns NULL on failure. Errors: those of tls_create_tcp() and tls_wrap().
 */
TLSW_API tls_socket *tls_create_connection(tls_context *ctx, const char *host,
    const char *service);

/**
 * Resolve a host and connect to it over TCP, as tls_create_connection() does
 * before it wraps. Its addresses are tried in the system's order, families
 * alternating, the next one 250 ms after the last or as soon as one fails; the
 * first that answers wins (RFC 8305).
 *
 * host is a DNS name in either form of IDN, or an IPv4 or IPv6 literal, which
 * may have a zone id here ("fe80::1%eth0"). service is a port, "993", or a
 * name, "imaps". timeout_ms covers resolution as well, which itself cannot be
 * interrupted; -1 is no limit.
 *
 * Returns a connected, blocking descriptor with close-on-exec and TCP_NODELAY
 * set (TLS writes small records that are not to wait for each other), to be
 * closed by the caller; or -1. Errors: TLSW_ERR_HOSTNAME (host is NULL or
 * malformed), _USAGE (service is NULL, unknown or no port; timeout_ms is 0 or
 * below -1), _RESOLVE, _TIMEOUT, _SYSTEM (os_errno of the address that says
 * most), _MEMORY. The details list every address and what became of it.
 */
TLSW_API int tls_create_tcp(const char *host, const char *service, int timeout_ms);

/* ---------------------------------------------------------------------- I/O */

#define TLSW_WANT_READ  (-2) /**< non-blocking: call again when the descriptor is readable */
#define TLSW_WANT_WRITE (-3) /**< non-blocking: call again when the descriptor is writable */

/**
 * Read up to len bytes of application data into buf.
 *
 * Waits for at most the socket's timeout. Returns the count, 1 to len; 0 once
 * the peer has sent close_notify (RFC 8446 section 6.1), nothing else is an
 * end; TLSW_WANT_READ or TLSW_WANT_WRITE on a non-blocking descriptor; or -1.
 * Errors: TLSW_ERR_TIMEOUT, _TRUNCATED (the stream ended without
 * close_notify), _PROTOCOL, _ALERT, _SYSTEM, _CLOSED, _USAGE (NULL, or len 0).
 * TIMEOUT and USAGE leave the socket usable; every other failure is final and
 * comes back from every later call.
 */
TLSW_API ssize_t tls_socket_read(tls_socket *s, void *buf, size_t len);

/**
 * Write len bytes. On a blocking descriptor all of them; on a non-blocking
 * one as many as went, the count, or TLSW_WANT_READ or TLSW_WANT_WRITE. len 0
 * returns 0.
 *
 * After WANT call again with at least as many bytes, beginning with the same
 * ones; they may have moved. Anything else is TLSW_ERR_USAGE and changes
 * nothing. Errors: as tls_socket_read(); TIMEOUT is final here, since nobody
 * knows how much has gone. A write that fails with EPIPE or ECONNRESET ends
 * the sending side only: what had arrived can still be read, and after a reset
 * the read behind it fails with ECONNRESET as well. Only when what arrived is
 * an alert, the answer to a client certificate under TLS 1.3 for one, it is the
 * error here, and final.
 */
TLSW_API ssize_t tls_socket_write(tls_socket *s, const void *buf, size_t len);

/**
 * Read a line, up to and with its LF, into buf and add a NUL; size counts
 * both. NUL octets inside are kept, the return value is the length. A last
 * line without LF is returned as it is, then 0.
 *
 * A line that does not fit is -1 with TLSW_ERR_PROTOCOL and stays where it is:
 * read it with a larger buffer or with tls_socket_read(). A part of a line
 * stays as well after TLSW_WANT_READ and TLSW_ERR_TIMEOUT. Otherwise results
 * and errors are those of tls_socket_read(). size below 2: TLSW_ERR_USAGE.
 */
TLSW_API ssize_t tls_socket_read_line(tls_socket *s, char *buf, size_t size);

/** Decrypted bytes that wait in the library. */
TLSW_API size_t tls_socket_pending(const tls_socket *s);

/**
 * Whether the next read returns at once, without the descriptor: data, the end
 * or an error. Poll only while this is false, and ask after wrapping too: a
 * greeting may have come along. A part of a line is data here: who reads lines
 * calls tls_socket_read_line() until its WANT, and polls then, whatever this says.
 */
TLSW_API bool tls_socket_ready(const tls_socket *s);

/** POLLIN or POLLOUT, what the last WANT needs; POLLIN before any. */
TLSW_API short tls_socket_events(const tls_socket *s);

/**
 * Half close: send close_notify; reading goes on, writing is over. Returns 0,
 * TLSW_WANT_WRITE, or -1 with errors as tls_socket_write().
 */
TLSW_API int tls_socket_shutdown(tls_socket *s);

/**
 * End TLS and take the descriptor back (FTP's CCC): sends close_notify, waits
 * at most timeout_ms (-1: for ever) for the peer's, frees the socket and
 * returns the plain descriptor, which is the caller's, also one that was ours.
 * It waits itself, on a non-blocking descriptor too.
 *
 * -1: TLSW_ERR_USAGE when application data is still to be read (read it, then
 * call again), there is no descriptor or the handshake is not over: nothing
 * changed. TLSW_ERR_PLAINTEXT when octets behind the peer's close_notify were
 * already fetched, and every other error: the socket is left for the caller to
 * free, the descriptor shut down. See tls_socket_no_readahead().
 */
TLSW_API int tls_socket_unwrap(tls_socket *s, int timeout_ms);

/**
 * From here on fetch one record at a time: before an unwrap that the peer may
 * follow with plaintext at once. Errors: TLSW_ERR_USAGE.
 */
TLSW_API int tls_socket_no_readahead(tls_socket *s);

/**
 * Give the socket to stdio: *in reads, *out writes, either may be NULL (not
 * both). Blocking descriptors only. The streams own the socket from here on:
 * fclose(*out) flushes and sends close_notify, the last fclose() frees the
 * socket and closes an owned descriptor. *out is fully buffered; setvbuf() it
 * at will.
 *
 * A failure sets ferror(), never feof(), and errno: ETIMEDOUT, ECONNABORTED
 * (no close_notify), ECONNRESET, EPIPE, or EPROTO for the rest;
 * tls_last_error() says more. A forked child never sends what was buffered
 * before the fork. -1: TLSW_ERR_USAGE, _MEMORY or the error that ended the
 * socket; nothing has changed then.
 */
TLSW_API int tls_socket_fopen(tls_socket *s, FILE **in, FILE **out);

/**
 * Send close_notify once, never wait for the peer, free the socket in every
 * case; an owned descriptor is closed, another stays open. NULL is fine.
 *
 * On a blocking descriptor it waits for room to send as a write would: for
 * the socket's timeout, or 5 seconds if none is set. Returns 0, or -1 when
 * close_notify could not be sent (errors as tls_socket_write()).
 */
TLSW_API int tls_socket_close(tls_socket *s);

/**
 * Free the socket and send nothing: after fork() in the child, or to abort. An
 * owned descriptor is closed; no shutdown(). NULL is fine.
 */
TLSW_API void tls_socket_free(tls_socket *s);

/* --------------------------------------------------------- what the peer is */

/** The descriptor, or -1. */
TLSW_API int tls_socket_fd(const tls_socket *s);
/** "TLSv1.3"; NULL before the handshake is done. */
TLSW_API const char *tls_socket_version(const tls_socket *s);
/** "TLS_AES_256_GCM_SHA384"; NULL before the handshake is done. */
TLSW_API const char *tls_socket_cipher(const tls_socket *s);
/** The application protocol that the server picked; NULL if none. */
TLSW_API const char *tls_socket_alpn(const tls_socket *s);
/** Whether an earlier session was resumed. */
TLSW_API bool tls_socket_resumed(const tls_socket *s);
/** Whether chain and name passed; false under TLSW_CERT_NONE unless they did. */
TLSW_API bool tls_socket_verified(const tls_socket *s);
/** TLSW_REASON_* bits that verification found, also under TLSW_CERT_NONE; 0 is all good. */
TLSW_API unsigned long tls_socket_reasons(const tls_socket *s);
/** The presented identifier that matched; NULL if none was asked for or did. */
TLSW_API const char *tls_socket_matched_name(const tls_socket *s);
/**
 * The peer's leaf certificate; tls_certificate_issuer() goes along the
 * verified chain (along what was presented, where none was). Lent until the
 * socket is freed. NULL before the handshake is done, and when memory is short.
 */
TLSW_API const tls_certificate *tls_socket_peer_certificate(const tls_socket *s);
/**
 * A channel binding into buf: "tls-exporter" (RFC 9266, 32 octets),
 * "tls-server-end-point" (RFC 5929 section 4) or "tls-unique" (section 3, TLS
 * 1.2 only); 64 octets suffice for each. Returns the length; -1:
 * TLSW_ERR_USAGE for an unknown type, one that this connection cannot have
 * (TLS 1.2 without extended master secret, a certificate whose signature has
 * no hash) or too small a buffer.
 */
TLSW_API ssize_t tls_socket_channel_binding(tls_socket *s, const char *type, void *buf, size_t size);

/**
 * Write the connection to out for people to read: whom it leads to, version,
 * cipher, group, whether it was resumed, the verdict and the name that matched,
 * OCSP, DANE, and the chain with its dates and pins; all that comes from the
 * peer escaped. As tls_context_describe() otherwise. It belongs to the reading
 * thread. Errors: TLSW_ERR_USAGE (NULL, or the handshake is not over), _SYSTEM,
 * _MEMORY, or what ended the socket.
 */
TLSW_API int tls_socket_describe(const tls_socket *s, FILE *out);

/** The SSL below, for what is not covered here; lent. */
TLSW_API void *tls_socket_native(tls_socket *s);

/* ------------------------------------------------------------- certificates */

/** The kinds of identifiers that a certificate presents. */
enum tlsw_name_type {
	TLSW_NAME_DNS,   /**< subjectAltName dNSName */
	TLSW_NAME_IP,    /**< subjectAltName iPAddress: 4 or 16 octets when well-formed */
	TLSW_NAME_SRV,   /**< subjectAltName SRVName (RFC 4985) */
	TLSW_NAME_URI,   /**< subjectAltName uniformResourceIdentifier */
	TLSW_NAME_EMAIL, /**< subjectAltName rfc822Name */
	TLSW_NAME_CN     /**< common name of the subject */
};

/** An identifier, octets as presented: no NUL at the end, maybe some inside. */
struct tls_name {
	enum tlsw_name_type type;
	const void *value;
	size_t length;
};

/**
 * Read a PEM file: the leaf first, the rest are its untrusted chain. Free the
 * result with tls_certificate_free(). Text and blocks of other kinds are
 * passed over; a file with one certificate in DER will do as well. NULL:
 * TLSW_ERR_SYSTEM (cannot be read, or is no regular file), _CERTIFICATE with
 * TLSW_REASON_MALFORMED (no certificate in it, a block that cannot be decoded,
 * or more than 1 MiB), _USAGE, _MEMORY.
 */
TLSW_API tls_certificate *tls_certificate_load_file(const char *path);

/** The same from memory: PEM, or one certificate in DER. */
TLSW_API tls_certificate *tls_certificate_load_mem(const void *data, size_t len);

/** Give up a certificate of one's own; NULL is fine. Lent ones are not freed. */
TLSW_API void tls_certificate_free(tls_certificate *cert);

/** Keep a lent certificate and the chain from there; free it. NULL gives NULL. */
TLSW_API tls_certificate *tls_certificate_ref(const tls_certificate *cert);

/** The next certificate of the chain, lent; NULL at its end. */
TLSW_API const tls_certificate *tls_certificate_issuer(const tls_certificate *cert);

/*
 * Getters. Each string is lent for as long as its certificate lives, is made
 * at the first call, and is NULL only when memory is short. Any number of
 * threads may ask.
 */

/**
 * The subject as RFC 4514 writes it, escaped to printable ASCII; "..." ends
 * what would be longer than 1023 characters. For people: names to compare come
 * from tls_certificate_names().
 */
TLSW_API const char *tls_certificate_subject(const tls_certificate *cert);
/** The issuer's name, likewise. */
TLSW_API const char *tls_certificate_issuer_name(const tls_certificate *cert);
/**
 * The serial number in lower-case hexadecimal, two digits an octet, behind a
 * "-" if it is negative. "..." ends what has more than 64 octets.
 */
TLSW_API const char *tls_certificate_serial(const tls_certificate *cert);
/** The first and the last second of validity; -1 when RFC 5280 does not allow its form. */
TLSW_API time_t tls_certificate_not_before(const tls_certificate *cert);
TLSW_API time_t tls_certificate_not_after(const tls_certificate *cert);
/** SHA-256 of the DER in lower-case hexadecimal. */
TLSW_API const char *tls_certificate_sha256(const tls_certificate *cert);
/** "sha256//BASE64" of the SubjectPublicKeyInfo, the pin that curl understands. */
TLSW_API const char *tls_certificate_pin(const tls_certificate *cert);
/** The DER itself, lent, and its length; len may be NULL. */
TLSW_API const void *tls_certificate_der(const tls_certificate *cert, size_t *len);
/**
 * The identifiers it presents, type after type in the order of enum
 * tlsw_name_type, within a type as in the certificate: subjectAltName entries,
 * then common names. Returns how many and sets *names to a lent array; 0 and
 * NULL if there are none, if the extension is malformed or there twice, or if
 * memory is short. names may be NULL.
 */
TLSW_API size_t tls_certificate_names(const tls_certificate *cert, const struct tls_name **names);

/* ---------------------------------------- matching and verifying off-line */

enum tlsw_match {
	TLSW_MATCH = 0,            /**< a name matches the reference */
	TLSW_MISMATCH = 1,         /**< none does */
	TLSW_REFERENCE_INVALID = 2 /**< the reference is neither a DNS name nor an IP literal */
};

/**
 * Match presented names against a reference identity by RFC 9525 (RFC 6125
 * where it is silent). Pure: no OpenSSL, no allocation, no locale, linear in
 * the input, thread-safe.
 *
 *  1. The reference is an IP literal (inet_pton forms, the whole string, no
 *     brackets, no zone) or a DNS name: labels of letters, digits, hyphen and
 *     underscore, 1 to 63 octets, 253 in all without one optional trailing
 *     dot, no empty label, last label not numeric. IDN only as A-labels here.
 *  2. A DNS reference matches TLSW_NAME_DNS only, an IP reference TLSW_NAME_IP
 *     only, octet for octet (an IPv4-mapped IPv6 address is not IPv4).
 *  3. A presented name with another octet, an empty label, a trailing dot, too
 *     long, or with a wildcard in the wrong place is passed over.
 *  4. "*" stands only as the whole left-most label, for exactly one label, of
 *     a name of at least three labels.
 *  5. ASCII letters match in either case.
 *  6. TLSW_NAME_CN never matches.
 *
 * names may be NULL when count is 0. reference NULL is TLSW_REFERENCE_INVALID.
 */
TLSW_API enum tlsw_match tls_match_names(const struct tls_name *names, size_t count,
    const char *reference, size_t reference_length);

/**
 * Whether the certificate presents that host: what Python calls
 * match_hostname. hostname as in tls_wrap(). The chain is not looked at.
 * Returns 0, or -1: TLSW_ERR_HOSTNAME_MISMATCH, _HOSTNAME, _USAGE, _MEMORY.
 */
TLSW_API int tls_match_hostname(const tls_certificate *cert, const char *hostname);

/**
 * The decision of a handshake without one: chain building, policy and name,
 * at tls_context_set_verify_time(). cert is the leaf, what hangs above it its
 * untrusted chain. ctx NULL is the shared default context; hostname may be
 * NULL only when check_hostname is off. Returns 0, or -1:
 * TLSW_ERR_CERTIFICATE, _HOSTNAME_MISMATCH, _HOSTNAME, _TRUST_STORE, _USAGE,
 * _MEMORY, _INTERNAL. Under TLSW_CERT_NONE the chain and the name do not
 * decide, as in a handshake.
 */
TLSW_API int tls_context_verify(tls_context *ctx, const tls_certificate *cert,
    const char *hostname);

#ifdef __cplusplus
}
#endif

#endif
