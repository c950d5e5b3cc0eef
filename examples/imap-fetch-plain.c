/*
 * imap-fetch-plain: print a message from an IMAP server (RFC 9051), in plaintext.
 * imap-fetch.c is the same over TLS.
 *
 *     PASSWORD=... imap-fetch-plain HOST PORT USER MAILBOX NUMBER
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
#include <unistd.h>

static int sock;

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
		end = recv(sock, buf, sizeof(buf), 0);
		if (end == -1)
			err(1, "cannot receive");
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
	static char line[8192];
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

static char command[1024];

static void
add(const char *text)
{
	if (strlen(text) >= sizeof(command) - strlen(command))
		errx(2, "an argument is too long");
	strcat(command, text);
}

/* As a quoted string: what stands in it can neither end it nor the command. */
static void
add_quoted(const char *text)
{
	char pair[3] = "\\";

	add(" \"");
	for (; *text != '\0'; text++) {
		pair[1] = *text;
		if (*text < ' ' || *text >= 0x7f)
			errx(2, "an argument has other characters than those of ASCII in it");
		add(*text == '"' || *text == '\\' ? pair : pair + 1);
	}
	add("\"");
}

/*
 * Read up to the tagged answer, which must be OK. A literal's octets follow the
 * line that announces it; those of a message are printed. Whether there was one.
 */
static bool
get_answer(const char *tag)
{
	bool found = false;

	for (;;) {
		const char *text = get_line(), *brace = strrchr(text, '{');
		unsigned long long size;
		int end = 0;

		if (strncmp(text, tag, strlen(tag)) == 0) {
			if (strncmp(text + strlen(tag), "OK", 2) != 0)
				errx(1, "the server says: %s", text + strlen(tag));
			return found;
		}
		if (brace != NULL && sscanf(brace, "{%llu}%n", &size, &end) == 1 &&
		    brace[end] == '\0') {
			bool message = strstr(text, "BODY[] {") != NULL;

			for (found = found || message; size > 0; size--) {
				int c = get_octet();

				if (message)
					putchar(c);
			}
		}
	}
}

/* Send the command that was put together. */
static bool
perform(const char *tag)
{
	size_t len;

	add("\r\n");
	len = strlen(command);
	if (send(sock, command, len, MSG_NOSIGNAL) != (ssize_t)len)
		err(1, "cannot send");
	command[0] = '\0';
	return get_answer(tag);
}

static void
get_greeting(void)
{
	const char *text = get_line();

	if (strncmp(text, "* OK", 4) != 0)
		errx(1, "the server says: %s", text);
}

int
main(int argc, char **argv)
{
	const char *password = getenv("PASSWORD");

	if (argc != 6 || password == NULL || strspn(argv[5], "0123456789") != strlen(argv[5]))
		errx(2, "usage: PASSWORD=... imap-fetch-plain HOST PORT USER MAILBOX NUMBER");
	sock = dial(argv[1], argv[2]);
	get_greeting();
	add("a1 LOGIN");
	add_quoted(argv[3]);
	add_quoted(password);
	perform("a1 ");
	add("a2 EXAMINE");
	add_quoted(argv[4]);
	perform("a2 ");
	add("a3 FETCH ");
	add(argv[5]);
	add(" BODY.PEEK[]");
	if (!perform("a3 "))
		errx(1, "there is no message %s", argv[5]);
	add("a4 LOGOUT");
	perform("a4 ");
	close(sock);
	if (fflush(stdout) != 0)
		err(1, "cannot write");
	return 0;
}
