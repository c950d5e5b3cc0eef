/* SPDX-License-Identifier: ISC */
#include "context.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "cert.h"
#include "compat.h"

/* Forward secrecy and AEAD only. */
#define DEFAULT_TLS12_CIPHERS                                                        \
	"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"                     \
	"ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"                     \
	"ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"
#define DEFAULT_TLS13_SUITES \
	"TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"
#define DEFAULT_SECURITY_LEVEL 2
#define DEFAULT_HANDSHAKE_TIMEOUT_MS 30000
#define VERIFY_DEPTH_MAX 100
#define DEFAULT_SESSIONS 64
#define DEFAULT_CHAINS 64
#define CACHE_MAX 100000 /* sessions or chains: beyond that it is a mistake */

#define OPTIONS                                                                       \
	(SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_ENABLE_MIDDLEBOX_COMPAT | \
	    TLSW__OP_NO_CERT_COMPRESSION)
#define MODES                                                                          \
	(SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |             \
	    SSL_MODE_RELEASE_BUFFERS | SSL_MODE_AUTO_RETRY | SSL_MODE_NO_AUTO_CHAIN)

/* ------------------------------------------------------- the judge of an SSL */

static int judge_index = -1;
static pthread_once_t judge_once = PTHREAD_ONCE_INIT;

static void
make_judge_index(void)
{
	judge_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, NULL);
}

struct tlsw__judge *
tlsw__context_judge(const SSL *ssl)
{
	return ssl == NULL ? NULL : SSL_get_ex_data(ssl, judge_index);
}

/* Called by OpenSSL when the peer's certificates have arrived, before anything secret leaves. */
static int
ask_judge(X509_STORE_CTX *presented, void *unused)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(presented, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct tlsw__judge *judge = tlsw__context_judge(ssl);

	(void)unused;
	X509_STORE_CTX_set_error(presented, X509_V_ERR_UNSPECIFIED);
	return judge != NULL && judge->decide(judge, presented) == 1 ? 1 : 0;
}

/* Called when the server gave a session. 0: no reference was taken. */
static int
new_session(SSL *ssl, SSL_SESSION *session)
{
	struct tlsw__judge *judge = tlsw__context_judge(ssl);

	if (judge != NULL)
		judge->keep(judge, session);
	return 0;
}

/* ------------------------------------------------------------ making and freeing */

/*
 * The system's openssl.cnf was applied by SSL_CTX_new(). What it tightened
 * stays (minimum version, security level, signature algorithms); all else is
 * set here again, so that it cannot weaken anything.
 */
static int
set_protocol_policy(SSL_CTX *ssl_ctx)
{
	long min = SSL_CTX_get_min_proto_version(ssl_ctx);
	int level = SSL_CTX_get_security_level(ssl_ctx);

	if ((SSL_CTX_get_options(ssl_ctx) & SSL_OP_NO_TLSv1_2) != 0)
		min = TLS1_3_VERSION;
	if (min < TLS1_2_VERSION || min > TLS1_3_VERSION)
		min = TLS1_2_VERSION;
	if (level < DEFAULT_SECURITY_LEVEL)
		level = DEFAULT_SECURITY_LEVEL;
	(void)SSL_CTX_clear_options(ssl_ctx, ~(uint64_t)0);
	(void)SSL_CTX_set_options(ssl_ctx, OPTIONS);
	(void)SSL_CTX_clear_mode(ssl_ctx, ~0L);
	(void)SSL_CTX_set_mode(ssl_ctx, MODES);
	if (SSL_CTX_set_cipher_list(ssl_ctx, DEFAULT_TLS12_CIPHERS) != 1 ||
	    SSL_CTX_set_ciphersuites(ssl_ctx, DEFAULT_TLS13_SUITES) != 1 ||
	    SSL_CTX_set_min_proto_version(ssl_ctx, (int)min) != 1 ||
	    SSL_CTX_set_max_proto_version(ssl_ctx, TLS1_3_VERSION) != 1)
		return -1;
	SSL_CTX_set_security_level(ssl_ctx, level); /* after the ciphers, whose string may name one */
	return 0;
}

static SSL_CTX *
new_ssl_ctx(void)
{
	SSL_CTX *ssl_ctx = SSL_CTX_new(TLS_client_method());

	(void)pthread_once(&judge_once, make_judge_index);
	if (ssl_ctx == NULL || judge_index < 0) {
		SSL_CTX_free(ssl_ctx);
		return NULL;
	}
	if (set_protocol_policy(ssl_ctx) != 0) {
		SSL_CTX_free(ssl_ctx);
		return NULL;
	}
	SSL_CTX_set_verify(ssl_ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_cert_verify_callback(ssl_ctx, ask_judge, NULL);
	(void)SSL_CTX_set_session_cache_mode(ssl_ctx,
	    SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(ssl_ctx, new_session);
	SSL_CTX_set_read_ahead(ssl_ctx, 1);
	return ssl_ctx;
}

static void
set_defaults(tls_context *ctx)
{
	ctx->min_version_floor = SSL_CTX_get_min_proto_version(ctx->ssl_ctx);
	ctx->handshake_timeout_ms = DEFAULT_HANDSHAKE_TIMEOUT_MS;
	ctx->policy.require_chain = true;
	ctx->policy.check_hostname = true;
	ctx->policy.chain.depth = VERIFY_DEPTH_MAX;
	ctx->policy.chain.security_level = SSL_CTX_get_security_level(ctx->ssl_ctx);
}

tls_context *
tls_context_new(void)
{
	struct tlsw__queue queue;
	tls_context *ctx = calloc(1, sizeof(*ctx));

	if (ctx == NULL) {
		(void)tlsw__error_set_memory();
		return NULL;
	}
	atomic_init(&ctx->refs, 1);
	tlsw__queue_save(&queue);
	ctx->ssl_ctx = new_ssl_ctx();
	ctx->transport_method = ctx->ssl_ctx == NULL ? NULL : tlsw__transport_method();
	if (ctx->transport_method == NULL) {
		(void)tlsw__error_set_openssl(TLSW_ERR_INTERNAL, "OpenSSL gives no context");
	} else if ((ctx->trust = tlsw__trust_new()) != NULL &&
	    (ctx->sessions = tlsw__sessions_new(DEFAULT_SESSIONS)) != NULL &&
	    (ctx->chains = tlsw__chains_new(DEFAULT_CHAINS)) != NULL) {
		set_defaults(ctx);
		tlsw__queue_restore(&queue);
		return ctx;
	}
	tls_context_free(ctx);
	tlsw__queue_restore(&queue);
	return NULL;
}

tls_context *
tls_create_default_context(void)
{
	tls_context *ctx = tls_context_new();

	if (ctx != NULL && tls_context_load_default_certs(ctx) != 0) {
		tls_context_free(ctx);
		return NULL;
	}
	return ctx;
}

void
tls_context_free(tls_context *ctx)
{
	if (ctx == NULL || atomic_fetch_sub(&ctx->refs, 1) != 1)
		return;
	SSL_CTX_free(ctx->ssl_ctx);
	BIO_meth_free(ctx->transport_method);
	tlsw__trust_free(ctx->trust);
	tlsw__sessions_free(ctx->sessions);
	tlsw__chains_free(ctx->chains);
	free(ctx->tls12_ciphers);
	free(ctx->tls13_suites);
	free(ctx->groups);
	free(ctx->alpn);
	free(ctx);
}

/* ------------------------------------------------------------------- freezing */

/* The context behind NULL: made at first use, tried again after a failure, kept. */
static pthread_mutex_t default_lock = PTHREAD_MUTEX_INITIALIZER;
static tls_context *default_context;

static tls_context *
get_default(void)
{
	tls_context *ctx;

	(void)pthread_mutex_lock(&default_lock);
	if (default_context == NULL)
		default_context = tls_create_default_context();
	ctx = default_context;
	(void)pthread_mutex_unlock(&default_lock);
	return ctx;
}

tls_context *
tlsw__context_use(tls_context *ctx)
{
	if (ctx == NULL && (ctx = get_default()) == NULL)
		return NULL;
	(void)atomic_fetch_add(&ctx->refs, 1);
	atomic_store(&ctx->frozen, true);
	return ctx;
}

struct tlsw__snapshot *
tlsw__context_trust(tls_context *ctx)
{
	struct tlsw__snapshot *snapshot = tlsw__trust_snapshot(ctx->trust);

	if (snapshot == NULL || !ctx->policy.require_chain || tlsw__snapshot_anchors(snapshot) > 0)
		return snapshot;
	(void)tlsw__error_set(TLSW_ERR_TRUST_STORE,
	    "the context has no trust anchors: load CAs into it, or use tls_create_default_context()");
	tlsw__snapshot_detail(snapshot);
	tlsw__snapshot_free(snapshot);
	return NULL;
}

/* ------------------------------------------------------------------- settings */

/* Every setter begins here: 0 if ctx may still be changed. */
static int
settable(const tls_context *ctx, const char *what)
{
	if (ctx == NULL)
		return tlsw__error_set(TLSW_ERR_USAGE, "%s: context is NULL", what);
	if (atomic_load(&ctx->frozen))
		return tlsw__error_set(TLSW_ERR_USAGE,
		    "%s: the context is in use and cannot be changed any more", what);
	return 0;
}

int
tls_context_set_verify_mode(tls_context *ctx, enum tlsw_verify_mode mode)
{
	if (settable(ctx, "verify_mode") != 0)
		return -1;
	if (mode != TLSW_CERT_NONE && mode != TLSW_CERT_REQUIRED)
		return tlsw__error_set(TLSW_ERR_USAGE, "verify_mode: %d is no mode", (int)mode);
	if (mode == TLSW_CERT_NONE && ctx->policy.check_hostname)
		return tlsw__error_set(TLSW_ERR_USAGE,
		    "verify_mode: TLSW_CERT_NONE while check_hostname is on; turn that off first");
	ctx->policy.require_chain = mode == TLSW_CERT_REQUIRED;
	return 0;
}

enum tlsw_verify_mode
tls_context_get_verify_mode(const tls_context *ctx)
{
	return ctx != NULL && ctx->policy.require_chain ? TLSW_CERT_REQUIRED : TLSW_CERT_NONE;
}

int
tls_context_set_check_hostname(tls_context *ctx, bool check)
{
	if (settable(ctx, "check_hostname") != 0)
		return -1;
	ctx->policy.check_hostname = check;
	if (check)
		ctx->policy.require_chain = true;
	return 0;
}

bool
tls_context_get_check_hostname(const tls_context *ctx)
{
	return ctx != NULL && ctx->policy.check_hostname;
}

int
tls_context_set_hostname_checks_common_name(tls_context *ctx, bool check)
{
	if (settable(ctx, "hostname_checks_common_name") != 0)
		return -1;
	ctx->policy.check_common_name = check;
	return 0;
}

int
tls_context_set_verify_flags(tls_context *ctx, unsigned long flags)
{
	const unsigned long known = TLSW_VERIFY_STRICT | TLSW_VERIFY_PARTIAL_CHAIN |
	    TLSW_VERIFY_CRL_LEAF | TLSW_VERIFY_CRL_CHAIN | TLSW_VERIFY_CRL_IF_AVAILABLE;

	if (settable(ctx, "verify_flags") != 0)
		return -1;
	if ((flags & ~known) != 0)
		return tlsw__error_set(TLSW_ERR_USAGE, "verify_flags: unknown bits 0x%lx", flags & ~known);
	ctx->policy.chain.flags = flags;
	return 0;
}

unsigned long
tls_context_get_verify_flags(const tls_context *ctx)
{
	return ctx == NULL ? 0 : ctx->policy.chain.flags;
}

int
tls_context_set_verify_depth(tls_context *ctx, int intermediates)
{
	if (settable(ctx, "verify_depth") != 0)
		return -1;
	if (intermediates < 0 || intermediates > VERIFY_DEPTH_MAX)
		return tlsw__error_set(TLSW_ERR_USAGE, "verify_depth: %d is not from 0 to %d",
		    intermediates, VERIFY_DEPTH_MAX);
	ctx->policy.chain.depth = intermediates;
	return 0;
}

int
tls_context_set_verify_time(tls_context *ctx, time_t when)
{
	if (settable(ctx, "verify_time") != 0)
		return -1;
	ctx->policy.chain.when = when;
	return 0;
}

int
tls_context_set_handshake_timeout(tls_context *ctx, int timeout_ms)
{
	if (settable(ctx, "handshake_timeout") != 0)
		return -1;
	if (timeout_ms == 0 || timeout_ms < -1)
		return tlsw__error_set(TLSW_ERR_USAGE,
		    "handshake_timeout: %d is neither -1 nor a number of milliseconds", timeout_ms);
	ctx->handshake_timeout_ms = timeout_ms;
	return 0;
}

int
tls_context_set_session_cache(tls_context *ctx, size_t max_sessions)
{
	struct tlsw__sessions *sessions;

	if (settable(ctx, "session_cache") != 0)
		return -1;
	if (max_sessions > CACHE_MAX)
		return tlsw__error_set(TLSW_ERR_USAGE, "session_cache: more than %d sessions", CACHE_MAX);
	sessions = tlsw__sessions_new(max_sessions);
	if (sessions == NULL)
		return -1;
	tlsw__sessions_free(ctx->sessions);
	ctx->sessions = sessions;
	return 0;
}

int
tls_context_set_chain_memory(tls_context *ctx, size_t max_chains)
{
	struct tlsw__chains *chains;

	if (settable(ctx, "chain_memory") != 0)
		return -1;
	if (max_chains > CACHE_MAX)
		return tlsw__error_set(TLSW_ERR_USAGE, "chain_memory: more than %d chains", CACHE_MAX);
	chains = tlsw__chains_new(max_chains);
	if (chains == NULL)
		return -1;
	tlsw__chains_free(ctx->chains);
	ctx->chains = chains;
	return 0;
}

/* ----------------------------------------------------------------------- trust */

static int
loadable(const tls_context *ctx, const char *what, const void *source)
{
	if (settable(ctx, what) != 0)
		return -1;
	if (source == NULL)
		return tlsw__error_set(TLSW_ERR_USAGE, "%s is NULL", what);
	return 0;
}

int
tls_context_load_default_certs(tls_context *ctx)
{
	struct tlsw__queue queue;
	int rv;

	if (settable(ctx, "default certs") != 0)
		return -1;
	tlsw__queue_save(&queue);
	rv = tlsw__trust_load_system(ctx->trust);
	tlsw__queue_restore(&queue);
	return rv < 0 ? -1 : 0;
}

int
tls_context_load_ca_file(tls_context *ctx, const char *path)
{
	struct tlsw__queue queue;
	int rv;

	if (loadable(ctx, "CA file", path) != 0)
		return -1;
	tlsw__queue_save(&queue);
	rv = tlsw__trust_load_file(ctx->trust, path);
	tlsw__queue_restore(&queue);
	return rv;
}

int
tls_context_load_ca_dir(tls_context *ctx, const char *path)
{
	struct tlsw__queue queue;
	int rv;

	if (loadable(ctx, "CA directory", path) != 0)
		return -1;
	tlsw__queue_save(&queue);
	rv = tlsw__trust_load_dir(ctx->trust, path);
	tlsw__queue_restore(&queue);
	return rv < 0 ? -1 : 0;
}

int
tls_context_load_ca_mem(tls_context *ctx, const void *data, size_t len)
{
	struct tlsw__queue queue;
	int rv;

	if (loadable(ctx, "CA data", data) != 0)
		return -1;
	tlsw__queue_save(&queue);
	rv = tlsw__trust_load_mem(ctx->trust, data, len);
	tlsw__queue_restore(&queue);
	return rv;
}

int
tls_context_load_crl_file(tls_context *ctx, const char *path)
{
	struct tlsw__queue queue;
	int rv;

	if (loadable(ctx, "CRL file", path) != 0)
		return -1;
	tlsw__queue_save(&queue);
	rv = tlsw__trust_load_crl_file(ctx->trust, path);
	tlsw__queue_restore(&queue);
	if (rv < 0)
		return -1;
	ctx->policy.chain.flags |= TLSW_VERIFY_CRL_IF_AVAILABLE;
	return 0;
}

int
tls_context_set_refresh(tls_context *ctx, bool refresh)
{
	if (settable(ctx, "refresh") != 0)
		return -1;
	tlsw__trust_set_refresh(ctx->trust, refresh);
	return 0;
}

/* ---------------------------------------------------------- versions and ciphers */

static bool
known_version(enum tlsw_version version)
{
	return version == TLSW_TLS_1_2 || version == TLSW_TLS_1_3;
}

int
tls_context_set_min_version(tls_context *ctx, enum tlsw_version version)
{
	if (settable(ctx, "min_version") != 0)
		return -1;
	if (!known_version(version))
		return tlsw__error_set(TLSW_ERR_USAGE, "min_version: 0x%04x is no version",
		    (unsigned)version);
	if ((long)version > SSL_CTX_get_max_proto_version(ctx->ssl_ctx))
		return tlsw__error_set(TLSW_ERR_USAGE, "min_version: it is above the maximum");
	if ((long)version < ctx->min_version_floor)
		return 0; /* openssl.cnf asks for more: it may tighten */
	if (SSL_CTX_set_min_proto_version(ctx->ssl_ctx, (int)version) != 1)
		return tlsw__error_set_openssl(TLSW_ERR_INTERNAL, "min_version");
	return 0;
}

int
tls_context_set_max_version(tls_context *ctx, enum tlsw_version version)
{
	if (settable(ctx, "max_version") != 0)
		return -1;
	if (!known_version(version))
		return tlsw__error_set(TLSW_ERR_USAGE, "max_version: 0x%04x is no version",
		    (unsigned)version);
	if ((long)version < SSL_CTX_get_min_proto_version(ctx->ssl_ctx))
		return tlsw__error_set(TLSW_ERR_USAGE, "max_version: it is below the minimum");
	if (SSL_CTX_set_max_proto_version(ctx->ssl_ctx, (int)version) != 1)
		return tlsw__error_set_openssl(TLSW_ERR_INTERNAL, "max_version");
	return 0;
}

/* Each element alone must mean something: OpenSSL passes over unknown ones in a list. */
static int
check_elements(SSL_CTX *ssl_ctx, const char *list, const char *separators,
    int (*apply)(SSL_CTX *, const char *))
{
	char one[128];
	size_t n;

	for (list += strspn(list, separators); *list != '\0'; list += strspn(list, separators)) {
		n = strcspn(list, separators);
		if (n >= sizeof(one))
			return tlsw__error_set(TLSW_ERR_USAGE, "ciphers: \"%.40s...\" is too long", list);
		memcpy(one, list, n);
		one[n] = '\0';
		list += n;
		if (strncmp(one, "@SECLEVEL", 9) == 0)
			return tlsw__error_set(TLSW_ERR_USAGE,
			    "ciphers: @SECLEVEL has no place in a cipher string");
		if (one[0] == '@' && strcmp(one, "@STRENGTH") == 0)
			continue;
		if (apply(ssl_ctx, one + strspn(one, "!-+")) != 1)
			return tlsw__error_set(TLSW_ERR_USAGE, "ciphers: \"%s\" is unknown", one);
	}
	return 0;
}

static int
check_ciphers(const char *list, const char *separators, int (*apply)(SSL_CTX *, const char *))
{
	SSL_CTX *scratch;
	int rv = -1;

	if (list == NULL)
		return 0;
	scratch = SSL_CTX_new(TLS_client_method());
	if (scratch == NULL)
		return tlsw__error_set_memory();
	if (apply(scratch, list) != 1)
		(void)tlsw__error_set(TLSW_ERR_USAGE, "ciphers: nothing in \"%.200s\" is known", list);
	else
		rv = check_elements(scratch, list, separators, apply);
	SSL_CTX_free(scratch);
	return rv;
}

/* Keep a copy of what was set; NULL keeps what there is. */
static int
keep_text(char **kept, const char *text)
{
	char *copy;

	if (text == NULL)
		return 0;
	copy = strdup(text);
	if (copy == NULL)
		return tlsw__error_set_memory();
	free(*kept);
	*kept = copy;
	return 0;
}

int
tls_context_set_ciphers(tls_context *ctx, const char *tls12_list, const char *tls13_suites)
{
	struct tlsw__queue queue;
	int rv = -1;

	if (settable(ctx, "ciphers") != 0)
		return -1;
	tlsw__queue_save(&queue);
	if (check_ciphers(tls12_list, ":, ;", SSL_CTX_set_cipher_list) == 0 &&
	    check_ciphers(tls13_suites, ":", SSL_CTX_set_ciphersuites) == 0 &&
	    keep_text(&ctx->tls12_ciphers, tls12_list) == 0 &&
	    keep_text(&ctx->tls13_suites, tls13_suites) == 0) {
		if ((tls12_list == NULL || SSL_CTX_set_cipher_list(ctx->ssl_ctx, tls12_list) == 1) &&
		    (tls13_suites == NULL || SSL_CTX_set_ciphersuites(ctx->ssl_ctx, tls13_suites) == 1))
			rv = 0;
		else
			(void)tlsw__error_set_openssl(TLSW_ERR_INTERNAL, "ciphers");
	}
	tlsw__queue_restore(&queue);
	return rv;
}

int
tls_context_set_groups(tls_context *ctx, const char *list)
{
	struct tlsw__queue queue;
	int rv = 0;

	if (loadable(ctx, "groups", list) != 0)
		return -1;
	tlsw__queue_save(&queue);
	if (SSL_CTX_set1_groups_list(ctx->ssl_ctx, list) != 1)
		rv = tlsw__error_set(TLSW_ERR_USAGE, "groups: \"%.200s\" names an unknown group", list);
	else
		rv = keep_text(&ctx->groups, list);
	tlsw__queue_restore(&queue);
	return rv;
}

/* ------------------------------------------------------------------------- ALPN */

#define ALPN_OCTETS_MAX 65535 /* RFC 7301 section 3.1: a 16-bit length of the list */

/* The list as it goes on the wire: a length octet before each name. NULL: error set. */
static unsigned char *
alpn_wire(const char *const *protocols, size_t count, size_t *len)
{
	unsigned char *wire = NULL;
	size_t i, n, total = 0;

	for (i = 0; i < count; i++) {
		n = protocols[i] == NULL ? 0 : strlen(protocols[i]);
		if (n == 0 || n > 255 || (total += n + 1) > ALPN_OCTETS_MAX) {
			(void)tlsw__error_set(TLSW_ERR_USAGE,
			    "ALPN: name %zu is NULL, empty, longer than 255 octets or too much", i);
			return NULL;
		}
	}
	wire = malloc(total);
	if (wire == NULL) {
		(void)tlsw__error_set_memory();
		return NULL;
	}
	*len = 0;
	for (i = 0; i < count; i++) {
		n = strlen(protocols[i]);
		wire[(*len)++] = (unsigned char)n;
		memcpy(wire + *len, protocols[i], n);
		*len += n;
	}
	return wire;
}

int
tls_context_set_alpn(tls_context *ctx, const char *const *protocols, size_t count, bool required)
{
	unsigned char *wire = NULL;
	size_t len = 0;

	if (settable(ctx, "ALPN") != 0)
		return -1;
	if (count == 0 ? required : protocols == NULL)
		return tlsw__error_set(TLSW_ERR_USAGE, "ALPN: no protocols");
	if (count > 0 && (wire = alpn_wire(protocols, count, &len)) == NULL)
		return -1;
	if (SSL_CTX_set_alpn_protos(ctx->ssl_ctx, wire, (unsigned)len) != 0) { /* 0 is success here */
		free(wire);
		return tlsw__error_set_memory();
	}
	free(ctx->alpn);
	ctx->alpn = wire;
	ctx->alpn_len = len;
	ctx->alpn_required = required;
	return 0;
}

bool
tlsw__context_offers_alpn(const tls_context *ctx, const unsigned char *name, size_t len)
{
	size_t at;

	for (at = 0; at < ctx->alpn_len; at += 1u + ctx->alpn[at])
		if (ctx->alpn[at] == len && memcmp(ctx->alpn + at + 1, name, len) == 0)
			return true;
	return false;
}

/* -------------------------------------------------------------- the key of sessions */

/* Octets behind their length, so that no two lists of fields look alike. */
static bool
put(EVP_MD_CTX *md, const void *data, size_t len)
{
	return EVP_DigestUpdate(md, &len, sizeof(len)) == 1 &&
	    (len == 0 || EVP_DigestUpdate(md, data, len) == 1);
}

static bool
put_number(EVP_MD_CTX *md, int64_t number)
{
	return put(md, &number, sizeof(number));
}

static bool
put_text(EVP_MD_CTX *md, const char *text)
{
	return put_number(md, text != NULL) && put(md, text, text == NULL ? 0 : strlen(text));
}

/* Every setting of the context that can make a difference to who is trusted and how one speaks. */
static bool
put_settings(EVP_MD_CTX *md, const tls_context *ctx)
{
	const struct tlsw__verify_policy *p = &ctx->policy;

	return put_number(md, p->require_chain) && put_number(md, p->check_hostname) &&
	    put_number(md, p->check_common_name) && put_number(md, (int64_t)p->chain.flags) &&
	    put_number(md, p->chain.depth) && put_number(md, (int64_t)p->chain.when) &&
	    put_number(md, p->chain.security_level) &&
	    put_number(md, SSL_CTX_get_min_proto_version(ctx->ssl_ctx)) &&
	    put_number(md, SSL_CTX_get_max_proto_version(ctx->ssl_ctx)) &&
	    put_text(md, ctx->tls12_ciphers) && put_text(md, ctx->tls13_suites) &&
	    put_text(md, ctx->groups) && put(md, ctx->alpn, ctx->alpn_len) &&
	    put_number(md, ctx->alpn_required);
}

static bool
put_references(EVP_MD_CTX *md, const struct tlsw__verify_request *request)
{
	size_t i;
	bool ok = put_number(md, (int64_t)request->reference_count) && put_text(md, request->service);

	for (i = 0; ok && i < request->reference_count; i++) {
		const struct tlsw__reference *r = &request->references[i];

		ok = put_number(md, r->kind) && put(md, r->dns, r->dns_len) && put(md, r->ip, r->ip_len);
	}
	return ok;
}

bool
tlsw__context_key(const tls_context *ctx, const struct tlsw__verify_request *request, int port,
    unsigned char key[TLSW__KEY_SIZE])
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	bool ok = md != NULL && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1 &&
	    put_settings(md, ctx) && put_references(md, request) && put_number(md, port) &&
	    put_number(md, (int64_t)tlsw__snapshot_version(request->trust)) &&
	    EVP_DigestFinal_ex(md, key, NULL) == 1;

	EVP_MD_CTX_free(md);
	return ok;
}

/* ---------------------------------------------------------------- for the socket */

void *
tls_context_native(tls_context *ctx)
{
	if (ctx == NULL) {
		(void)tlsw__error_set(TLSW_ERR_USAGE, "context is NULL");
		return NULL;
	}
	atomic_store(&ctx->frozen, true);
	return ctx->ssl_ctx;
}

SSL *
tlsw__context_new_ssl(tls_context *ctx, struct tlsw__judge *judge)
{
	SSL *ssl = SSL_new(ctx->ssl_ctx);

	if (ssl != NULL && SSL_set_ex_data(ssl, judge_index, judge) == 1)
		return ssl;
	SSL_free(ssl);
	(void)tlsw__error_set_openssl(TLSW_ERR_INTERNAL, "OpenSSL gives no connection");
	return NULL;
}

/* ---------------------------------------------------------- without a connection */

int
tls_context_verify(tls_context *ctx, const tls_certificate *cert, const char *hostname)
{
	struct tlsw__queue queue;
	struct tlsw__verdict verdict = {0};
	struct tlsw__reference reference;
	struct tlsw__verify_request request = {.references = &reference};
	int rv = -1;

	if (cert == NULL)
		return tlsw__error_set(TLSW_ERR_USAGE, "certificate is NULL");
	tlsw__queue_save(&queue);
	ctx = tlsw__context_use(ctx);
	if (ctx == NULL || (request.trust = tlsw__context_trust(ctx)) == NULL)
		goto out;
	request.policy = &ctx->policy;
	if (hostname != NULL || ctx->policy.check_hostname) {
		if (tlsw__verify_host(hostname, &reference) != 0)
			goto out;
		request.reference_count = 1;
	}
	request.leaf = tlsw__cert_x509(cert);
	if (tlsw__cert_rest(cert, &request.presented) == 0)
		rv = tlsw__verify(&request, &verdict);
out:
	tlsw__verdict_clear(&verdict);
	sk_X509_free(request.presented);
	tlsw__snapshot_free(request.trust);
	tls_context_free(ctx);
	tlsw__queue_restore(&queue);
	return rv;
}
