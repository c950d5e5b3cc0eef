/* SPDX-License-Identifier: ISC */
#include "support/pumped.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <openssl/err.h>

static void
must(bool fine, const char *what)
{
	if (fine)
		return;
	perror(what);
	abort();
}

static void
append(unsigned char **data, size_t *len, const void *more, size_t more_len)
{
	unsigned char *larger = realloc(*data, *len + more_len + 1);

	must(larger != NULL, "realloc");
	memcpy(larger + *len, more, more_len);
	*data = larger;
	*len += more_len;
}

SSL_CTX *
pumped_ctx(const struct pki *leaf)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	must(ctx != NULL && SSL_CTX_use_certificate(ctx, pki_x509(leaf)) == 1 &&
		 SSL_CTX_use_PrivateKey(ctx, pki_key(leaf)) == 1 &&
		 SSL_CTX_set_session_id_context(ctx, (const unsigned char *)"pumped", 6) == 1,
	    "SSL_CTX");
	return ctx;
}

void
pumped_start(struct pumped *p, SSL_CTX *ctx, bool wired)
{
	int pair[2] = {-1, -1};

	memset(p, 0, sizeof(*p));
	must(!wired || socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0, "socketpair");
	p->near = pair[0];
	p->far = pair[1];
	p->ssl = SSL_new(ctx);
	must(p->ssl != NULL, "SSL_new");
	SSL_set_bio(p->ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	BIO_set_mem_eof_return(SSL_get_rbio(p->ssl), -1);
	SSL_set_accept_state(p->ssl);
}

void
pumped_stop(struct pumped *p)
{
	if (p->near >= 0)
		(void)close(p->near);
	if (p->far >= 0)
		(void)close(p->far);
	SSL_free(p->ssl);
	free(p->data);
	free(p->unsent);
	memset(p, 0, sizeof(*p));
	p->near = p->far = -1;
}

/* ------------------------------------------------------------- the server's part */

static void answer(struct pumped *p, const void *data, size_t len);

/* What the server made, as far as it goes: onto the wire, or into the outer server. */
static void
flush_wire(struct pumped *p)
{
	char buf[16384];
	ssize_t n;
	int got;

	while ((got = BIO_read(SSL_get_wbio(p->ssl), buf, sizeof(buf))) > 0)
		append(&p->unsent, &p->unsent_len, buf, (size_t)got);
	if (p->far < 0 || p->unsent_len == 0)
		return;
	n = send(p->far, p->unsent, p->unsent_len, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n > 0) {
		p->unsent_len -= (size_t)n;
		memmove(p->unsent, p->unsent + n, p->unsent_len);
	}
}

/* Read and answer until there is nothing more. */
static void
converse(struct pumped *p)
{
	char buf[16384];
	int n, e;

	do {
		ERR_clear_error();
		n = SSL_read(p->ssl, buf, sizeof(buf));
		if (n > 0)
			answer(p, buf, (size_t)n);
	} while (n > 0);
	e = SSL_get_error(p->ssl, n);
	if (e == SSL_ERROR_ZERO_RETURN && (SSL_get_shutdown(p->ssl) & SSL_SENT_SHUTDOWN) == 0)
		(void)SSL_shutdown(p->ssl);
	if (e == SSL_ERROR_SSL || e == SSL_ERROR_SYSCALL)
		p->broken = true;
	ERR_clear_error();
}

static void
answer(struct pumped *p, const void *data, size_t len)
{
	struct pumped *inner = p->inner;

	append(&p->data, &p->data_len, data, len);
	if (inner == NULL) {
		(void)SSL_write(p->ssl, data, (int)len);
		return;
	}
	(void)BIO_write(SSL_get_rbio(inner->ssl), data, (int)len);
	if (!inner->broken)
		converse(inner);
	flush_wire(inner);
	if (inner->unsent_len > 0)
		(void)SSL_write(p->ssl, inner->unsent, (int)inner->unsent_len);
	inner->unsent_len = 0;
}

void
pumped_step(struct pumped *p)
{
	char buf[16384];
	ssize_t n;

	while ((n = recv(p->far, buf, sizeof(buf), MSG_DONTWAIT)) > 0)
		(void)BIO_write(SSL_get_rbio(p->ssl), buf, (int)n);
	p->fin = p->fin || n == 0;
	if (!p->broken)
		converse(p);
	flush_wire(p);
}

/* ------------------------------------------------------------- the client's part */

/* Whether this call is to be answered here, with *result. */
static bool
goes_wrong(struct faulty *f, bool writing, size_t *len, ssize_t *result)
{
	const size_t asked = *len;
	bool now = ++f->calls == f->at;

	f->gapped[writing] = f->gaps && !f->gapped[writing] && !now;
	if (f->gapped[writing]) {
		errno = EAGAIN;
		*result = -1;
		return true;
	}
	if (f->piece > 0 && *len > f->piece)
		*len = f->piece;
	if (now) {
		f->failed = true;
		f->in_write = writing;
	}
	now = now || (f->again && f->failed);
	if (!now || f->fault == FAULT_NONE)
		return false;
	if (f->fault == FAULT_SHORT) {
		*len = 1;
		return false;
	}
	errno = f->error;
	*result = f->fault == FAULT_ERRNO ? -1 : f->fault == FAULT_END ? 0 : (ssize_t)asked + 1;
	return true;
}

ssize_t
faulty_read(void *faulty, void *buf, size_t len)
{
	struct faulty *f = faulty;
	ssize_t n;

	pumped_step(f->server);
	return goes_wrong(f, false, &len, &n) ? n : recv(f->server->near, buf, len, MSG_DONTWAIT);
}

ssize_t
faulty_write(void *faulty, const void *buf, size_t len)
{
	struct faulty *f = faulty;
	ssize_t n;

	if (goes_wrong(f, true, &len, &n))
		return n;
	n = send(f->server->near, buf, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	pumped_step(f->server);
	return n;
}

int
faulty_close(void *faulty)
{
	struct faulty *f = faulty;

	f->closed++;
	return 0;
}
