/*
 * fuzz_starttls.c - a server that says anything before TLS.
 *
 * The first octet picks the protocol. The rest is what the server says: 0xfe
 * means that it listens until we have nothing to say, 0xfd is the tag of our
 * last IMAP command. Whatever comes, we send what a good dialogue sends or a
 * beginning of it, nothing after a failure, and consume nothing after the end.
 *
 * SPDX-License-Identifier: ISC
 */
#include "fuzz.h"

#include <sys/socket.h>
#include <unistd.h>

#include "starttls.h"

#define LISTEN 0xfe
#define TAG 0xfd

struct server {
	int fd;
	char tag[16];
	size_t heard; /* octets that it received in all */
};

/* Take what the client has sent. */
static void
hear(struct server *server)
{
	char said[4096];
	ssize_t n = recv(server->fd, said, sizeof(said), MSG_DONTWAIT);

	if (n <= 0)
		return;
	server->heard += (size_t)n;
	if (n > 13 && said[0] == 't' && said[13] == ' ')
		memcpy(server->tag, said, 13);
}

/* Say what comes before the next LISTEN. */
static void
speak(struct server *server, struct fuzz_input *in)
{
	char out[4096];
	size_t len = 0;

	while (in->left > 0 && *in->at != LISTEN && len + sizeof(server->tag) < sizeof(out)) {
		unsigned octet = fuzz_octet(in);

		if (octet == TAG && server->tag[0] != '\0') {
			memcpy(out + len, server->tag, 13);
			len += 13;
		} else {
			out[len++] = (char)octet;
		}
	}
	if (in->left > 0 && *in->at == LISTEN)
		(void)fuzz_octet(in);
	if (len > 0)
		fuzz_assert(
		    send(server->fd, out, len, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)len);
}

static void
check_end(struct tlsw__starttls *st, struct server *server, int client, int rv)
{
	size_t heard;
	char c;

	hear(server);
	heard = server->heard;
	if (rv == 0) {
		fuzz_assert(recv(client, &c, 1, MSG_PEEK | MSG_DONTWAIT) == -1);
		fuzz_assert(send(server->fd, "x", 1, MSG_NOSIGNAL) == 1);
		fuzz_assert(tlsw__starttls_step(st) == 0);
		fuzz_assert(recv(client, &c, 1, MSG_DONTWAIT) == 1 && c == 'x');
	} else {
		fuzz_assert(tls_last_error()->code != TLSW_OK);
		fuzz_assert(tls_last_error()->message[0] != '\0');
		fuzz_assert(tlsw__starttls_step(st) == -1);
	}
	hear(server);
	fuzz_assert(server->heard == heard && heard < 300);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = {data, size};
	struct server server = {-1, "", 0};
	struct tlsw__starttls *st;
	int fd[2], rv;

	fuzz_assert(socketpair(AF_UNIX, SOCK_STREAM, 0, fd) == 0);
	server.fd = fd[1];
	st = tlsw__starttls_new(
	    fd[0], (enum tlsw_protocol)(fuzz_octet(&in) % (TLSW_MYSQL + 1)), "a.example");
	fuzz_assert(st != NULL);
	tls_error_clear();
	while ((rv = tlsw__starttls_step(st)) == TLSW_WANT_READ && in.left > 0) {
		hear(&server);
		speak(&server, &in);
	}
	if (rv == TLSW_WANT_READ) {
		(void)shutdown(server.fd, SHUT_WR);
		rv = tlsw__starttls_step(st);
		fuzz_assert(rv == -1);
	}
	fuzz_assert(rv == 0 || rv == -1);
	check_end(st, &server, fd[0], rv);
	tlsw__starttls_free(st);
	(void)close(fd[0]);
	(void)close(fd[1]);
	return 0;
}
