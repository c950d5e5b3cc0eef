/*
 * proxy: an HTTPS server through an HTTP proxy (CONNECT, RFC 9110 section
 * 9.3.6), which is spoken to in the clear, or by TLS as well: TLS in TLS.
 *
 *     proxy http|https PROXY PORT HOST PORT PATH
 *
 * SPDX-License-Identifier: ISC
 */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <tlswrap.h>
#include <unistd.h>

static tls_socket *outer; /* to the proxy; NULL: in the clear, on fd */
static int fd = -1;

/* ---------------------------------------- a tls_socket as a transport for another */

/* As read(2) and write(2) have it: the count, 0, or -1 with errno. */
static ssize_t
as_system_call(ssize_t n)
{
	if (n >= 0)
		return n;
	errno = n == -1 ? EIO : EAGAIN; /* EAGAIN: one of TLSW_WANT_* */
	return -1;
}

static ssize_t
outer_read(void *sock, void *buf, size_t len)
{
	return as_system_call(tls_socket_read(sock, buf, len));
}

static ssize_t
outer_write(void *sock, const void *buf, size_t len)
{
	return as_system_call(tls_socket_write(sock, buf, len));
}

static int
outer_close(void *sock)
{
	return tls_socket_close(sock);
}

static tls_socket *
wrap_inside(const char *host)
{
	const struct tls_transport transport = {
	    sizeof(transport), outer_read, outer_write, outer_close};
	tls_socket *sock = tls_wrap_transport(NULL, &transport, outer, host);

	if (sock == NULL || tls_socket_handshake(sock) != 0) /* outer blocks, so it never WANTs */
		errx(1, "%s: %s", host, tls_last_error()->message);
	return sock;
}

/* ----------------------------------------------------------------- the proxy */

static int
get_octet(char *c)
{
	return (outer == NULL ? read(fd, c, 1) : tls_socket_read(outer, c, 1)) == 1 ? 0 : -1;
}

/* One octet at a time: not one of those behind the answer may be taken. */
static void
get_line(char *line, size_t size)
{
	size_t n = 0;

	do {
		if (n + 1 == size || get_octet(line + n) == -1)
			errx(1, "the proxy does not answer");
	} while (line[n++] != '\n');
	line[n - 1] = '\0';
	line[strcspn(line, "\r")] = '\0';
}

static void
ask_proxy(const char *host, const char *port)
{
	char line[1024];
	int n = snprintf(line, sizeof(line), "CONNECT %s:%s HTTP/1.1\r\nHost: %s:%s\r\n\r\n", host,
	    port, host, port);
	ssize_t sent;

	if (n < 0 || (size_t)n >= sizeof(line))
		errx(2, "the name is too long");
	sent =
	    outer == NULL ? write(fd, line, (size_t)n) : tls_socket_write(outer, line, (size_t)n);
	if (sent != n)
		errx(1, "the proxy does not listen");
	get_line(line, sizeof(line));
	if (strncmp(line, "HTTP/1.", 7) != 0 || strlen(line) < 12 || line[9] != '2')
		errx(1, "the proxy says: %s", line);
	while (line[0] != '\0') /* to the empty line behind the header */
		get_line(line, sizeof(line));
}

int
main(int argc, char **argv)
{
	char buf[16384];
	tls_socket *sock;
	ssize_t n;

	if (argc != 7)
		errx(2, "usage: proxy http|https PROXY PORT HOST PORT PATH");
	if (strcmp(argv[1], "https") == 0)
		outer = tls_create_connection(NULL, argv[2], argv[3]);
	else
		fd = tls_create_tcp(argv[2], argv[3], 30000);
	if (outer == NULL && fd == -1)
		errx(1, "%s", tls_last_error()->message);
	ask_proxy(argv[4], argv[5]);

	/* Each layer is verified against the name of its own end. */
	sock = outer != NULL ? wrap_inside(argv[4]) : tls_wrap_upgrade(NULL, fd, argv[4], 0);
	if (sock == NULL)
		errx(1, "%s: %s", argv[4], tls_last_error()->message);
	n = snprintf(buf, sizeof(buf), "GET %s HTTP/1.0\r\nHost: %s\r\n\r\n", argv[6], argv[4]);
	if (tls_socket_write(sock, buf, (size_t)n) != n)
		errx(1, "%s", tls_last_error()->message);
	while ((n = tls_socket_read(sock, buf, sizeof(buf))) > 0)
		fwrite(buf, 1, (size_t)n, stdout);
	if (n == -1)
		errx(1, "%s", tls_last_error()->message);
	tls_socket_close(sock); /* and, through its transport, outer */
	return 0;
}
