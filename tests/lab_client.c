/*
 * lab_client.c - our own client against one row of the lab.
 *
 * Whatever the row, a refusal has its code, its reasons and a printable
 * message, comes inside the deadline, leaves a descriptor that nothing can be
 * sent on, and not one octet of the request has reached the server.
 *
 * SPDX-License-Identifier: ISC
 */
#include "lab_client.h"
#include "lab_talk.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define REQUEST "GET / HTTP/1.0\r\n\r\n"
#define TIMEOUT_MS 10000
#define SLACK_MS 2000 /* of a machine that has other things to do */
#define LIMIT_MS 15000

struct attempt {
	const struct lab_row *row;
	const struct lab_want *want;
	char name[120]; /* for messages */
	tls_context *ctx;
	tls_socket *s;
	int fd;
	long body; /* octets that arrived behind the HTTP header */
	enum tlsw_error code;
	struct peer_report report;
};

static struct lab *lab;

/* What is said in each protocol once there is TLS; the server answers and leaves. */
static const struct {
	const char *name;
	enum tlsw_protocol protocol;
	const char *request;
} protocols[] = {
    {"smtp", TLSW_SMTP, "QUIT\r\n"},
    {"imap", TLSW_IMAP, "a LOGOUT\r\n"},
    {"pop3", TLSW_POP3, "QUIT\r\n"},
    {"ftp", TLSW_FTP, "QUIT\r\n"},
    {"nntp", TLSW_NNTP, "QUIT\r\n"},
    {NULL, TLSW_SMTP, "GET / HTTP/1.0\r\n\r\n"},
};

#define check(a, condition, ...) \
	ck_assert_msg(           \
	    condition, "%s: %s: %s", (a)->name, explain(__VA_ARGS__), tls_last_error()->message)

static const char *
explain(const char *format, ...)
{
	static char text[400];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return text;
}

void
lab_client_setup(void)
{
	lab = lab_new();
}

void
lab_client_teardown(void)
{
	lab_free(lab);
}

int
lab_client_tries(const struct lab_row *rows, size_t count)
{
	size_t tries = 0;

	for (size_t i = 0; i < count; i++)
		tries += rows[i].wants;
	return (int)tries;
}

static void
find_try(struct attempt *a, const struct lab_row *rows, int number)
{
	const struct lab_row *row = rows;
	size_t left = (size_t)number;

	while (left >= row->wants)
		left -= row++->wants;
	a->row = row;
	a->want = &row->want[left];
	(void)snprintf(a->name, sizeof(a->name), "%s %s%s%s", row->name, row->title,
	    a->want->label != NULL ? ", " : "", a->want->label != NULL ? a->want->label : "");
}

static size_t
protocol_of(const struct attempt *a)
{
	size_t i = 0;

	while (protocols[i].name != NULL &&
	       (a->row->protocol == NULL || strcmp(protocols[i].name, a->row->protocol) != 0))
		i++;
	return i;
}

static const char *
request_of(const struct attempt *a)
{
	return protocols[protocol_of(a)].request;
}

static int
timeout_of(const struct attempt *a)
{
	return a->want->client.timeout_ms > 0 ? a->want->client.timeout_ms : TIMEOUT_MS;
}

/* ------------------------------------------------------------------- the client */

static void
load_crl(struct attempt *a)
{
	char path[] = "/tmp/lab-crl.XXXXXX";
	int fd = mkstemp(path);
	const char *pem = lab_crl_pem(lab);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, pem, strlen(pem)), (ssize_t)strlen(pem));
	ck_assert_works(tls_context_load_crl_file(a->ctx, path) == 0);
	(void)close(fd);
	(void)unlink(path);
}

static void
make_context(struct attempt *a)
{
	const struct lab_client *c = &a->want->client;

	a->ctx = tls_context_new();
	ck_assert_works(a->ctx != NULL);
	ck_assert_works(
	    tls_context_load_ca_mem(a->ctx, lab_ca_pem(lab), strlen(lab_ca_pem(lab))) > 0);
	ck_assert_works(tls_context_set_verify_flags(a->ctx, c->verify_flags) == 0);
	ck_assert_works(tls_context_set_ocsp(a->ctx, c->ocsp) == 0);
	ck_assert_works(tls_context_set_handshake_timeout(a->ctx, timeout_of(a)) == 0);
	if (c->alpn != NULL)
		ck_assert_works(tls_context_set_alpn(a->ctx, &c->alpn, 1, c->alpn_required) == 0);
	if (c->ciphers != NULL)
		ck_assert_works(tls_context_set_ciphers(a->ctx, c->ciphers, NULL) == 0);
	if (c->crl)
		load_crl(a);
}

/* What the server answered, to its end: counts what stands behind the header. */
static void
read_answer(struct attempt *a)
{
	const long header = sizeof(LAB_HTTP_HEADER) - 1;
	char buf[16384];
	long total = 0;
	ssize_t n;

	while ((n = tls_socket_read(a->s, buf, sizeof(buf))) > 0)
		total += n;
	check(a, n == 0 || n == -1, "read returned %zd", n);
	a->body = total;
	if (a->row->protocol == NULL && total >= header)
		a->body -= header;
	if (n == 0)
		return;
	a->code = tls_last_error()->code;
	check(a, tls_socket_read(a->s, buf, sizeof(buf)) == -1, "a dead socket was read from");
	check(a, tls_last_error()->code == a->code, "a dead socket has another error");
	check(a, tls_socket_error(a->s)->code == a->code, "tls_socket_error says something else");
}

/* The first call that fails says why; what else it says is checked at once. */
static void
converse(struct attempt *a)
{
	const char *request = request_of(a);
	const size_t len = strlen(request);

	ck_assert_works(tls_socket_set_timeout(a->s, timeout_of(a)) == 0);
	check(a, tls_socket_verified(a->s), "not verified");
	check(a, tls_socket_matched_name(a->s) != NULL, "no matched name");
	if (tls_socket_write(a->s, request, len) != (ssize_t)len)
		a->code = tls_last_error()->code;
	else
		read_answer(a);
}

static void
run_client(struct attempt *a)
{
	tls_error_clear();
	if (a->row->protocol == NULL)
		a->s = tls_wrap(a->ctx, a->fd, lab_host(a->row));
	else
		a->s = tls_starttls(
		    a->ctx, a->fd, protocols[protocol_of(a)].protocol, lab_host(a->row));
	if (a->s == NULL)
		a->code = tls_last_error()->code;
	else
		converse(a);
}

/* --------------------------------------------------------------------- the checks */

static void
check_message(const struct attempt *a)
{
	const struct tls_error_info *e = tls_last_error();

	check(
	    a, e->message[0] != '\0' && strlen(e->message) < 512, "no message, or too long a one");
	for (const char *p = e->message; *p != '\0'; p++)
		check(a, *p >= ' ' && *p <= '~', "the message is not printable ASCII");
}

static void
check_failure(const struct attempt *a)
{
	const struct lab_want *w = a->want;
	const struct tls_error_info *e = tls_last_error();

	check(a, a->code == w->code || (w->or_code != TLSW_OK && a->code == w->or_code),
	    "%s, not %s", tls_error_name(a->code), tls_error_name(w->code));
	check(a, e->reasons == w->reasons, "reasons 0x%lx, not 0x%lx", e->reasons, w->reasons);
	check(a, w->alert == 0 || e->alert == w->alert, "alert %d, not %d", e->alert, w->alert);
	check(a, w->when != LAB_IN_HANDSHAKE || a->s == NULL, "noticed after the handshake");
	check(a, w->when != LAB_AFTERWARDS || a->s != NULL, "failed in the handshake");
	check(a, w->reasons == 0 || e->certificate != NULL, "no certificate to look at");
	check_message(a);
}

static void
check_success(const struct attempt *a)
{
	long body = a->want->body != 0 ? a->want->body : (long)sizeof(LAB_SHORT_BODY) - 1;

	check(a, a->s != NULL && a->code == TLSW_OK, "%s", tls_error_name(a->code));
	check(a, a->row->protocol != NULL ? a->body > 0 : a->body == body, "%ld octets arrived",
	    a->body);
}

/* A failed wrap leaves the descriptor open, and good for nothing more to be sent. */
static void
check_descriptor(const struct attempt *a)
{
	check(a, send(a->fd, "x", 1, MSG_NOSIGNAL) == -1 && errno != EBADF, "text can follow");
}

/* What the server saw: nothing of the request; and the alert, when a certificate was refused. */
static void
check_report(const struct attempt *a)
{
	const struct peer_report *r = &a->report;

	check(a, !r->timed_out, "the server waited in vain");
	if (a->want->code == TLSW_OK) {
		check(a, r->data_in == strlen(request_of(a)), "the server got %llu octets",
		    r->data_in);
		check(a, r->close_notify || r->error[0] != '\0', "the server got no close_notify");
	}
	if (a->want->when == LAB_IN_HANDSHAKE && a->want->code != TLSW_OK)
		check(a, r->data_in == 0, "the server got %llu octets", r->data_in);
	if (a->row->protocol != NULL && a->want->code != TLSW_OK)
		check(
		    a, !r->handshake && strcmp(r->error, LAB_WENT_ON_IN_CLEAR) != 0, "it went on");
	if (a->want->code == TLSW_ERR_HOSTNAME)
		check(a, r->raw_in == 0, "the server got %llu octets", r->raw_in);
	if (a->want->reasons != 0)
		check(a, !r->handshake && r->alert >= 0, "no alert for the server (%d)", r->alert);
}

static int64_t
now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void
lab_client_try(const struct lab_row *rows, int number)
{
	struct attempt a = {.code = TLSW_OK};
	struct lab_server server;
	struct peer peer;
	int64_t began;

	find_try(&a, rows, number);
	lab_server_make(lab, a.row, &server);
	server.options.limit_ms = LIMIT_MS;
	ck_assert_int_eq(peer_start(&peer, &server.options), 0);
	a.fd = peer_connect(&peer);
	ck_assert_int_ge(a.fd, 0);
	make_context(&a);
	began = now_ms();
	run_client(&a);
	check(&a, now_ms() - began < timeout_of(&a) + SLACK_MS, "took %d ms",
	    (int)(now_ms() - began));
	if (a.want->code == TLSW_OK)
		check_success(&a);
	else
		check_failure(&a);
	if (a.s == NULL)
		check_descriptor(&a);
	began = now_ms();
	check(&a, tls_socket_close(a.s) == 0 || a.code != TLSW_OK, "not closed");
	check(&a, now_ms() - began < SLACK_MS, "close waited for the server");
	(void)close(a.fd);
	check(&a, peer_wait(&peer, &a.report) == 0, "no report of the server");
	check_report(&a);
	tls_context_free(a.ctx);
	peer_stop(&peer);
	lab_server_free(&server);
}
