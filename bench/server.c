/*
 * server.c - answers pings, sends text and takes data, as request.h says.
 *
 * The server decides the cipher suite, AES-128-GCM, and it asks no client for
 * anything but TLS 1.2 or 1.3, so that every side does the same cryptography.
 *
 * SPDX-License-Identifier: ISC
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "request.h"
#include "server.h"
#include "side.h"

/* Full of lines. Two records: any line of the text can come first in a record. */
static char text[2 * BENCH_RECORD];

static void
fill_text(void)
{
	size_t i;

	for (i = 0; i < sizeof(text); i++)
		text[i] = i % BENCH_LINE == BENCH_LINE - 1 ? '\n' : 'x';
}

static SSL_CTX *
context_new(const char *chain)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	if (ctx == NULL || SSL_CTX_set_ciphersuites(ctx, "TLS_AES_128_GCM_SHA256") != 1 ||
	    SSL_CTX_set_cipher_list(ctx, "ECDHE+AESGCM+AES128") != 1 ||
	    SSL_CTX_use_PrivateKey_file(ctx, chain, SSL_FILETYPE_PEM) != 1 ||
	    SSL_CTX_use_certificate_chain_file(ctx, chain) != 1) {
		ERR_print_errors_fp(stderr);
		return NULL;
	}
	return ctx;
}

static void
cork(SSL *ssl, int on)
{
	setsockopt(SSL_get_fd(ssl), IPPROTO_TCP, TCP_CORK, &on, sizeof(on));
}

/* Small records go out together, so that the client finds a backlog. */
static int
send_text(SSL *ssl, const struct bench_request *request)
{
	uint64_t sent = 0;
	int size, ok = 1;

	cork(ssl, request->size < 4096);
	while (ok == 1 && sent < request->total) {
		size = (int)request->size;
		if (request->total - sent < request->size)
			size = (int)(request->total - sent);
		ok = SSL_write(ssl, text + sent % BENCH_LINE, size) == size;
		sent += (uint64_t)size;
	}
	cork(ssl, 0);
	return ok;
}

static int
sink(SSL *ssl, uint64_t left)
{
	char data[BENCH_RECORD];
	int n;

	for (; left > 0; left -= (uint64_t)n) {
		n = SSL_read(ssl, data, left < sizeof(data) ? (int)left : (int)sizeof(data));
		if (n <= 0)
			return 0;
	}
	return SSL_write(ssl, "!", 1) == 1;
}

static int
obey(SSL *ssl, const struct bench_request *request)
{
	switch (request->verb) {
	case BENCH_PING:
		return SSL_write(ssl, "!", 1) == 1;
	case BENCH_SEND:
		return send_text(ssl, request);
	case BENCH_SINK:
		return sink(ssl, request->total);
	default:
		return 0;
	}
}

static void *
serve(void *arg)
{
	struct bench_request request;
	SSL *ssl = arg;
	int fd = SSL_get_fd(ssl);

	if (SSL_accept(ssl) == 1)
		while (SSL_read(ssl, &request, sizeof(request)) == (int)sizeof(request) &&
		       request.size <= BENCH_RECORD && obey(ssl, &request) == 1)
			;
	SSL_free(ssl);
	close(fd);
	return NULL;
}

static void
serve_all(int listener, SSL_CTX *ctx)
{
	int fd, one = 1;
	pthread_t thread;
	SSL *ssl;

	while ((fd = accept(listener, NULL, NULL)) >= 0) {
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		ssl = SSL_new(ctx);
		if (ssl == NULL || SSL_set_fd(ssl, fd) != 1 ||
		    pthread_create(&thread, NULL, serve, ssl) != 0) {
			SSL_free(ssl);
			close(fd);
			continue;
		}
		pthread_detach(thread);
	}
}

int
server_listen(unsigned short *port)
{
	struct sockaddr_in at = {.sin_family = AF_INET};
	socklen_t size = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) != 0 || listen(fd, 512) != 0 ||
	    getsockname(fd, (struct sockaddr *)&at, &size) != 0) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
	*port = ntohs(at.sin_port);
	return fd;
}

pid_t
server_start(int listener, const char *chain)
{
	pid_t parent = getpid(), child = fork();
	SSL_CTX *ctx;

	if (child != 0)
		return child;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	signal(SIGPIPE, SIG_IGN);
	fill_text();
	ctx = context_new(chain);
	if (ctx != NULL)
		serve_all(listener, ctx);
	_exit(1);
}
