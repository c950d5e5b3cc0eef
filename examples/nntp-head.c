/*
 * nntp-head: the header of an article of a newsgroup (RFC 3977). nntp-head-plain.c
 * is the same in plaintext.
 *
 *     [PASSWORD=...] nntp-head [-s] HOST PORT GROUP NUMBER [USER]
 *
 * The server speaks TLS at once (port 563) or, with -s, after STARTTLS (port 119).
 *
 * SPDX-License-Identifier: ISC
 */
#include <err.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <tlswrap.h>
#include <unistd.h>

static tls_socket *sock;

static int
dial(const char *host, const char *port)
{
	const struct timeval patience = {.tv_sec = 60};
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list, *a;
	int fd = -1, rv = getaddrinfo(host, port, &hints, &list);

	if (rv != 0)
		errx(1, "%s: %s", host, gai_strerror(rv));
	for (a = list; a != NULL && fd == -1; a = a->ai_next) {
		fd = socket(a->ai_family, a->ai_socktype, a->ai_protocol);
		if (fd != -1 && connect(fd, a->ai_addr, a->ai_addrlen) == -1) {
			close(fd);
			fd = -1;
		}
	}
	freeaddrinfo(list);
	if (fd == -1)
		err(1, "%s", host);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	return fd;
}

static int
get_octet(void)
{
	static unsigned char buf[4096];
	static ssize_t at, end;

	if (at == end) {
		end = tls_socket_read(sock, buf, sizeof(buf));
		if (end == -1)
			errx(1, "cannot receive: %s", tls_last_error()->message);
		if (end == 0)
			errx(1, "the server closed the connection");
		at = 0;
	}
	return buf[at++];
}

/* A line without its end; what could play with a terminal becomes a "?". */
static const char *
get_line(void)
{
	static char line[1024];
	size_t n = 0;
	int c;

	while ((c = get_octet()) != '\n') {
		if (n == sizeof(line) - 1)
			errx(1, "the server sent too long a line");
		if (c != '\r')
			line[n++] = (c < ' ' && c != '\t') || c >= 0x7f ? '?' : (char)c;
	}
	line[n] = '\0';
	return line;
}

/* An answer with one of two codes. */
static void
get_answer(int code, int other)
{
	const char *line = get_line();
	int given = atoi(line);

	if (given != code && given != other)
		errx(1, "the server says: %s", line);
}

/* Send a command. What stands in it must not end it and begin another one. */
static void
put(const char *command, const char *argument)
{
	char line[512];
	int n = snprintf(line, sizeof(line), "%s%s\r\n", command, argument);

	for (const char *c = argument; *c != '\0'; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			errx(2, "there is a control character in an argument");
	if (n >= (int)sizeof(line))
		errx(2, "an argument is too long");
	if (tls_socket_write(sock, line, (size_t)n) != n)
		errx(1, "cannot send: %s", tls_last_error()->message);
}

/* Lines up to a single dot; one that begins with a dot was sent with one more. */
static void
print_lines(void)
{
	const char *line;

	while (strcmp(line = get_line(), ".") != 0)
		puts(*line == '.' ? line + 1 : line);
}

static void
log_in(const char *user, const char *password)
{
	put("AUTHINFO USER ", user);
	get_answer(381, 381);
	put("AUTHINFO PASS ", password);
	get_answer(281, 281);
}

int
main(int argc, char **argv)
{
	bool upgrade = argc > 1 && strcmp(argv[1], "-s") == 0;
	const char *password = getenv("PASSWORD");
	int fd;

	argc -= upgrade;
	argv += upgrade;
	if (argc != 5 && (argc != 6 || password == NULL))
		errx(2, "usage: [PASSWORD=...] nntp-head [-s] HOST PORT GROUP NUMBER [USER]");
	fd = dial(argv[1], argv[2]);
	sock = upgrade ? tls_starttls(NULL, fd, TLSW_NNTP, argv[1]) : tls_wrap(NULL, fd, argv[1]);
	if (sock == NULL)
		errx(1, "%s", tls_last_error()->message);
	if (!upgrade)
		get_answer(200, 201);
	if (argc == 6)
		log_in(argv[5], password);
	put("GROUP ", argv[3]);
	get_answer(211, 211);
	put("HEAD ", argv[4]);
	get_answer(221, 221);
	print_lines();
	put("QUIT", "");
	get_answer(205, 205);
	tls_socket_close(sock);
	close(fd);
	return 0;
}
