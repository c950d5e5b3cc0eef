/*
 * pop3-count: how many messages wait at a POP3 server (RFC 1939).
 *
 *     pop3-count HOST PORT USER <password-file
 *
 * SPDX-License-Identifier: ISC
 */
#include <err.h>
#include <netdb.h>
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
	return fd;
}

static ssize_t
get(void *buf, size_t len)
{
	return tls_socket_read(sock, buf, len);
}

static ssize_t
put(const void *buf, size_t len)
{
	return tls_socket_write(sock, buf, len);
}

/* One line without its end. */
static void
get_line(char *line, size_t size)
{
	size_t n = 0;

	while (n + 1 < size && get(line + n, 1) == 1 && line[n] != '\n')
		n++;
	line[n] = '\0';
	line[strcspn(line, "\r")] = '\0';
}

/* Send a command, unless there is none yet, and return what stands behind "+OK". */
static const char *
ask(const char *command, const char *argument)
{
	static char line[512];

	if (command != NULL) {
		snprintf(line, sizeof(line), "%s%s\r\n", command, argument);
		if (put(line, strlen(line)) < 0)
			errx(1, "cannot send: %s", tls_last_error()->message);
	}
	get_line(line, sizeof(line));
	if (strncmp(line, "+OK", 3) != 0)
		errx(1, "the server says: %s", line);
	return line + 3;
}

int
main(int argc, char **argv)
{
	char password[128] = "";

	if (argc != 4)
		errx(2, "usage: pop3-count HOST PORT USER <password-file");
	if (fgets(password, sizeof(password), stdin) == NULL)
		errx(2, "no password");
	password[strcspn(password, "\n")] = '\0';

	sock = tls_wrap(NULL, dial(argv[1], argv[2]), argv[1]);
	if (sock == NULL)
		errx(1, "%s: %s", argv[1], tls_last_error()->message);
	ask(NULL, "");
	ask("USER ", argv[3]);
	ask("PASS ", password);
	printf("%d\n", atoi(ask("STAT", "")));
	ask("QUIT", "");
	tls_socket_close(sock);
	return 0;
}
