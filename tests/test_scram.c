/*
 * test_scram.c - SCRAM-SHA-256-PLUS (RFC 5802, RFC 7677) over a wrapped
 * socket, with GNU SASL at both ends and OpenSSL or GnuTLS as the server: what
 * channel bindings are for. The server computes its side of the binding by
 * itself, so that a wrong one of ours is refused.
 *
 * dovecot 2.3 has SCRAM without PLUS, and GNU SASL knows tls-exporter
 * and tls-unique; tls-server-end-point is compared with what GnuTLS has.
 *
 * Skipped, and says so, without libgsasl; the rows about GnuTLS without it.
 *
 * SPDX-License-Identifier: ISC
 */
#include "support/support.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/scene.h"

#ifdef HAVE_LIBGSASL
#include <gsasl.h>

#define MECHANISM "SCRAM-SHA-256-PLUS"
#define USER "nemo"
#define PASSWORD "mobilis in mobili"
#define LINE_MAX_SIZE 2048
#define BINDING_MAX 64

/* The server's side of a connection: a TLS stack, and the binding as it sees it. */
struct channel {
	ssize_t (*read)(struct channel *, void *buf, size_t len);
	int (*write)(struct channel *, const void *buf, size_t len);
	ssize_t (*binding)(struct channel *, const char *type, unsigned char *out);
	void *tls;
};

static const char *binding_type; /* of the row that runs */

/* In the form that GNU SASL wants it in. */
static void
give_binding(Gsasl_session *sasl, const char *type, const unsigned char *data, size_t len)
{
	Gsasl_property property =
	    strcmp(type, "tls-unique") == 0 ? GSASL_CB_TLS_UNIQUE : GSASL_CB_TLS_EXPORTER;
	char *text = NULL;
	size_t text_len;

	if (gsasl_base64_to((const char *)data, len, &text, &text_len) == GSASL_OK)
		(void)gsasl_property_set_raw(sasl, property, text, text_len);
	gsasl_free(text);
}

/* ------------------------------------------------------------------- the server */

static int
know_password(Gsasl *library, Gsasl_session *sasl, Gsasl_property property)
{
	(void)library;
	if (property == GSASL_PASSWORD &&
	    strcmp(gsasl_property_fast(sasl, GSASL_AUTHID), USER) == 0)
		return gsasl_property_set(sasl, GSASL_PASSWORD, PASSWORD);
	return GSASL_NO_CALLBACK;
}

static int
read_request(struct channel *c, char *line, size_t size)
{
	size_t len = 0;

	while (len + 1 < size && c->read(c, line + len, 1) == 1)
		if (line[len++] == '\n') {
			line[len - 1] = '\0';
			return 0;
		}
	return -1;
}

static int
answer(struct channel *c, const char *text)
{
	return c->write(c, text, strlen(text)) == 0 && c->write(c, "\n", 1) == 0 ? 0 : -1;
}

/* Step by step, a line in base64 each; "OK" or "NO" at the end. */
static int
authenticate(struct channel *c, Gsasl_session *sasl)
{
	char line[LINE_MAX_SIZE], *out;
	int rv;

	do {
		if (read_request(c, line, sizeof(line)) != 0)
			return -1;
		out = NULL;
		rv = gsasl_step64(sasl, line, &out);
		if ((rv == GSASL_OK || rv == GSASL_NEEDS_MORE) && answer(c, out) != 0)
			rv = GSASL_AUTHENTICATION_ERROR;
		gsasl_free(out);
	} while (rv == GSASL_NEEDS_MORE);
	return answer(c, rv == GSASL_OK ? "OK" : "NO");
}

static int
serve(struct channel *c)
{
	unsigned char data[BINDING_MAX];
	ssize_t len = c->binding(c, binding_type, data);
	Gsasl_session *sasl = NULL;
	Gsasl *library = NULL;
	int rv = -1;

	if (len > 0 && gsasl_init(&library) == GSASL_OK) {
		gsasl_callback_set(library, know_password);
		if (gsasl_server_start(library, MECHANISM, &sasl) == GSASL_OK) {
			give_binding(sasl, binding_type, data, (size_t)len);
			rv = authenticate(c, sasl);
			gsasl_finish(sasl);
		}
		gsasl_done(library);
	}
	return rv;
}

/* A server that only says what it has: one line in hexadecimal. */
static int
tell(struct channel *c)
{
	unsigned char data[BINDING_MAX];
	ssize_t i, len = c->binding(c, binding_type, data);
	char text[2 * BINDING_MAX + 1] = "";

	for (i = 0; i < len; i++)
		(void)snprintf(text + 2 * i, 3, "%02x", data[i]);
	return answer(c, text);
}

static int (*service)(struct channel *) = serve;

/* --------------------------------------------------------------- OpenSSL's side */

static ssize_t
over_openssl_read(struct channel *c, void *buf, size_t len)
{
	return peer_read(c->tls, buf, len);
}

static int
over_openssl_write(struct channel *c, const void *buf, size_t len)
{
	return peer_write(c->tls, buf, len);
}

/* RFC 9266 section 2; RFC 5929 section 3. */
static ssize_t
over_openssl_binding(struct channel *c, const char *type, unsigned char *out)
{
	static const char label[] = "EXPORTER-Channel-Binding";
	SSL *ssl = peer_connection_ssl(c->tls);

	if (strcmp(type, "tls-unique") == 0)
		return (ssize_t)(SSL_session_reused(ssl) == 1
				     ? SSL_get_finished(ssl, out, BINDING_MAX)
				     : SSL_get_peer_finished(ssl, out, BINDING_MAX));
	if (SSL_export_keying_material(
		ssl, out, 32, label, sizeof(label) - 1, (const unsigned char *)"", 0, 1) != 1)
		return -1;
	return 32;
}

static int
serve_openssl(struct peer_connection *connection, const struct peer_step *step)
{
	struct channel c = {
	    over_openssl_read, over_openssl_write, over_openssl_binding, connection};

	(void)step;
	return service(&c);
}

static const struct peer_step script[] = {
    PEER_HANDSHAKE, PEER_CALL(serve_openssl), PEER_CLOSE_NOTIFY, PEER_END};

/* ---------------------------------------------------------------- GnuTLS's side */

#ifdef HAVE_GNUTLS
#include <gnutls/gnutls.h>

static ssize_t
over_gnutls_read(struct channel *c, void *buf, size_t len)
{
	return gnutls_record_recv(c->tls, buf, len);
}

static int
over_gnutls_write(struct channel *c, const void *buf, size_t len)
{
	return gnutls_record_send(c->tls, buf, len) == (ssize_t)len ? 0 : -1;
}

static ssize_t
over_gnutls_binding(struct channel *c, const char *type, unsigned char *out)
{
	static const struct {
		const char *type;
		gnutls_channel_binding_t id;
	} types[] = {{"tls-unique", GNUTLS_CB_TLS_UNIQUE}, {"tls-exporter", GNUTLS_CB_TLS_EXPORTER},
	    {"tls-server-end-point", GNUTLS_CB_TLS_SERVER_END_POINT}};
	gnutls_datum_t data = {NULL, 0};
	size_t i = 0;

	while (strcmp(types[i].type, type) != 0)
		i++;
	if (gnutls_session_channel_binding(c->tls, types[i].id, &data) != 0 ||
	    data.size > BINDING_MAX)
		return -1;
	memcpy(out, data.data, data.size);
	gnutls_free(data.data);
	return (ssize_t)data.size;
}

static int
serve_gnutls(int fd, const struct pki *leaf, const char *priority)
{
	gnutls_datum_t cert = {
	    (unsigned char *)(uintptr_t)pki_pem(leaf), (unsigned)strlen(pki_pem(leaf))};
	gnutls_datum_t key = {
	    (unsigned char *)(uintptr_t)pki_key_pem(leaf), (unsigned)strlen(pki_key_pem(leaf))};
	gnutls_certificate_credentials_t credentials;
	struct channel c = {over_gnutls_read, over_gnutls_write, over_gnutls_binding, NULL};
	gnutls_session_t session;

	if (gnutls_certificate_allocate_credentials(&credentials) != 0 ||
	    gnutls_certificate_set_x509_key_mem(credentials, &cert, &key, GNUTLS_X509_FMT_PEM) <
		0 ||
	    gnutls_init(&session, GNUTLS_SERVER) != 0 ||
	    gnutls_priority_set_direct(session, priority, NULL) != 0 ||
	    gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials) != 0)
		return 1;
	gnutls_transport_set_int(session, fd);
	c.tls = session;
	if (gnutls_handshake(session) != 0 || service(&c) != 0)
		return 1;
	(void)gnutls_bye(session, GNUTLS_SHUT_RDWR);
	gnutls_deinit(session);
	gnutls_certificate_free_credentials(credentials);
	return 0;
}
#else
static int
serve_gnutls(int fd, const struct pki *leaf, const char *priority)
{
	(void)fd, (void)leaf, (void)priority;
	return 1;
}
#endif

/* ------------------------------------------------------------------- the client */

static struct pki *ca, *leaf;
static tls_context *ctx;
static struct scene scene;
static pid_t server; /* GnuTLS's */

struct row {
	const char *label;
	bool gnutls;
	int version;
	const char *type;
};

static void
set_up(void)
{
	ca = pki_ca("Lab CA");
	leaf = pki_leaf(ca, "www.lab.test");
	ctx = scene_trusting(ca);
}

static void
tear_down(void)
{
	tls_context_free(ctx);
	pki_free(leaf);
	pki_free(ca);
}

static int
connect_to_gnutls(int version)
{
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	server = fork();
	ck_assert_int_ge(server, 0);
	if (server == 0) {
		(void)alarm(20);
		(void)signal(SIGPIPE, SIG_IGN);
		(void)close(pair[0]);
		_exit(serve_gnutls(pair[1], leaf,
		    version == TLS1_3_VERSION ? "NORMAL:-VERS-ALL:+VERS-TLS1.3"
					      : "NORMAL:-VERS-ALL:+VERS-TLS1.2"));
	}
	(void)close(pair[1]);
	return pair[0];
}

static tls_socket *
start(const struct row *row, int connections)
{
	struct peer_options options = scene_server(leaf);
	tls_socket *s;

	binding_type = row->type;
	options.min_version = options.max_version = row->version;
	options.connections = connections;
	options.script = script;
	if (row->gnutls)
		scene.fd = connect_to_gnutls(row->version);
	else
		scene_serve(&scene, options);
	s = tls_wrap(ctx, scene.fd, "www.lab.test");
	ck_assert_works(s != NULL);
	return s;
}

static void
finish(const struct row *row, tls_socket *s)
{
	int status = 1;

	(void)tls_socket_close(s);
	if (!row->gnutls) {
		scene_end(&scene);
		return;
	}
	(void)close(scene.fd);
	ck_assert_int_eq(waitpid(server, &status, 0), server);
	ck_assert_int_eq(status, 0);
}

static Gsasl_session *
new_client(Gsasl *library, const char *password, const unsigned char *data, size_t len)
{
	Gsasl_session *sasl;

	ck_assert_int_eq(gsasl_client_start(library, MECHANISM, &sasl), GSASL_OK);
	ck_assert_int_eq(gsasl_property_set(sasl, GSASL_AUTHID, USER), GSASL_OK);
	ck_assert_int_eq(gsasl_property_set(sasl, GSASL_PASSWORD, password), GSASL_OK);
	give_binding(sasl, binding_type, data, len);
	return sasl;
}

/* Whether the server let us in, and proved in turn that it knows the password. */
static bool
log_in(tls_socket *s, const char *password, const unsigned char *data, size_t len)
{
	char line[LINE_MAX_SIZE] = "", *out;
	Gsasl_session *sasl;
	Gsasl *library;
	int rv;

	ck_assert_int_eq(gsasl_init(&library), GSASL_OK);
	sasl = new_client(library, password, data, len);
	do {
		out = NULL;
		rv = gsasl_step64(sasl, line, &out);
		ck_assert_msg(rv == GSASL_OK || rv == GSASL_NEEDS_MORE, "%s", gsasl_strerror(rv));
		if (rv == GSASL_NEEDS_MORE) {
			ck_assert_works(tls_socket_write(s, out, strlen(out)) > 0);
			ck_assert_works(tls_socket_write(s, "\n", 1) == 1);
		}
		gsasl_free(out);
		ck_assert_works(tls_socket_read_line(s, line, sizeof(line)) > 0);
		line[strcspn(line, "\n")] = '\0';
	} while (rv == GSASL_NEEDS_MORE && strcmp(line, "NO") != 0);
	gsasl_finish(sasl);
	gsasl_done(library);
	return rv == GSASL_OK && strcmp(line, "OK") == 0;
}

/* ------------------------------------------------------------------------ tests */

static const struct row rows[] = {
    {"OpenSSL, TLS 1.3, tls-exporter", false, TLS1_3_VERSION, "tls-exporter"},
    {"OpenSSL, TLS 1.2, tls-exporter", false, TLS1_2_VERSION, "tls-exporter"},
    {"OpenSSL, TLS 1.2, tls-unique", false, TLS1_2_VERSION, "tls-unique"},
    {"GnuTLS, TLS 1.3, tls-exporter", true, TLS1_3_VERSION, "tls-exporter"},
    {"GnuTLS, TLS 1.2, tls-exporter", true, TLS1_2_VERSION, "tls-exporter"},
    {"GnuTLS, TLS 1.2, tls-unique", true, TLS1_2_VERSION, "tls-unique"},
};
#ifdef HAVE_GNUTLS
#define ROWS ((int)(sizeof(rows) / sizeof(rows[0])))
#else
#define ROWS 3
#endif

START_TEST(scram_plus_lets_the_user_in)
{
	unsigned char data[BINDING_MAX];
	tls_socket *s = start(&rows[_i], 1);
	ssize_t len = tls_socket_channel_binding(s, rows[_i].type, data, sizeof(data));

	ck_assert_works(len > 0);
	ck_assert_msg(log_in(s, PASSWORD, data, (size_t)len), "%s", rows[_i].label);
	finish(&rows[_i], s);
}
END_TEST

START_TEST(a_wrong_password_does_not)
{
	unsigned char data[BINDING_MAX];
	tls_socket *s = start(&rows[_i], 1);
	ssize_t len = tls_socket_channel_binding(s, rows[_i].type, data, sizeof(data));

	ck_assert_works(len > 0);
	ck_assert_msg(!log_in(s, "immobilis", data, (size_t)len), "%s", rows[_i].label);
	finish(&rows[_i], s);
}
END_TEST

/* The second connection to the same server; the first one's binding is in data. */
static tls_socket *
start_second(const struct row *row, unsigned char *data, ssize_t *len)
{
	tls_socket *first = start(row, 2), *second;
	char byte;

	*len = tls_socket_channel_binding(first, row->type, data, BINDING_MAX);
	ck_assert_works(*len > 0);
	ck_assert_works(tls_socket_write(first, "?\n", 2) == 2);
	while (tls_socket_read(first, &byte, 1) > 0)
		; /* tickets come along */
	(void)tls_socket_close(first);
	scene_hang_up(&scene);
	scene_connect(&scene);
	second = tls_wrap(ctx, scene.fd, "www.lab.test");
	ck_assert_works(second != NULL);
	ck_assert(tls_socket_resumed(second));
	return second;
}

/* Whoever sits between two connections has two bindings. */
START_TEST(the_binding_of_another_connection_does_not)
{
	unsigned char data[BINDING_MAX];
	ssize_t len;
	tls_socket *s = start_second(&rows[_i], data, &len);

	ck_assert_msg(!log_in(s, PASSWORD, data, (size_t)len), "%s", rows[_i].label);
	finish(&rows[_i], s);
}
END_TEST

START_TEST(a_resumed_connection_has_its_own)
{
	unsigned char data[BINDING_MAX];
	ssize_t len;
	tls_socket *s = start_second(&rows[_i], data, &len);

	len = tls_socket_channel_binding(s, rows[_i].type, data, sizeof(data));
	ck_assert_works(len > 0);
	ck_assert_msg(log_in(s, PASSWORD, data, (size_t)len), "%s", rows[_i].label);
	finish(&rows[_i], s);
}
END_TEST

#ifdef HAVE_GNUTLS
static const struct row values[] = {
    {"tls-server-end-point", true, TLS1_3_VERSION, "tls-server-end-point"},
    {"tls-server-end-point in TLS 1.2", true, TLS1_2_VERSION, "tls-server-end-point"},
    {"tls-exporter", true, TLS1_3_VERSION, "tls-exporter"},
    {"tls-unique", true, TLS1_2_VERSION, "tls-unique"},
};

START_TEST(both_sides_have_the_same_value)
{
	char line[LINE_MAX_SIZE], mine[2 * BINDING_MAX + 2] = "";
	unsigned char data[BINDING_MAX];
	ssize_t i, len;
	tls_socket *s;

	service = tell;
	s = start(&values[_i], 1);
	len = tls_socket_channel_binding(s, values[_i].type, data, sizeof(data));
	ck_assert_works(len > 0);
	for (i = 0; i < len; i++)
		(void)snprintf(mine + 2 * i, 3, "%02x", data[i]);
	(void)strcat(mine, "\n");
	ck_assert_works(tls_socket_read_line(s, line, sizeof(line)) > 0);
	ck_assert_msg(strcmp(line, mine) == 0, "%s: %s is not %s", values[_i].label, line, mine);
	finish(&values[_i], s);
	service = serve;
}
END_TEST
#endif

int
main(void)
{
	Suite *s = suite_create("scram");
	TCase *t = tcase_create("SCRAM-SHA-256-PLUS");

	suite_add_tcase(s, t);
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_loop_test(t, scram_plus_lets_the_user_in, 0, ROWS);
	tcase_add_loop_test(t, a_wrong_password_does_not, 0, ROWS);
	tcase_add_loop_test(t, the_binding_of_another_connection_does_not, 0, 3);
	tcase_add_loop_test(t, a_resumed_connection_has_its_own, 0, 3);
#ifdef HAVE_GNUTLS
	tcase_add_loop_test(
	    t, both_sides_have_the_same_value, 0, (int)(sizeof(values) / sizeof(values[0])));
#else
	(void)fprintf(stderr, "SKIPPED: the rows about GnuTLS, which is missing\n");
#endif
	return support_run(s);
}

#else
int
main(void)
{
	(void)fprintf(stderr, "SKIPPED: libgsasl is missing\n");
	return 77;
}
#endif
