/*
 * smtp-send: hand a message to an SMTP server (RFC 5321).
 *
 *     [PASSWORD=...] smtp-send [-s] [-u USER] HOST PORT FROM TO... <message
 *
 * The server speaks TLS at once (port 465) or, with -s, after STARTTLS (ports 587
 * and 25). With -u the client logs in. The message has its header, and lines that
 * end as they do here or with CR LF.
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
static bool plain_offered; /* AUTH PLAIN */

static void
put(const void *data, size_t len)
{
	if (tls_socket_write(sock, data, len) != (ssize_t)len)
		errx(1, "cannot send: %s", tls_last_error()->message);
}

/* A line without its end; what could play with a terminal becomes a "?". */
static void
get_line(char *line, size_t size)
{
	ssize_t n = tls_socket_read_line(sock, line, size);

	if (n < 4)
		errx(1, "cannot receive: %s", n < 0 ? tls_last_error()->message : "the end");
	line[strcspn(line, "\r\n")] = '\0';
	for (; *line != '\0'; line++)
		if (*line < ' ' || *line >= 0x7f)
			*line = '?';
}

/*
 * An answer, of as many lines as it has ("250-..." and at last "250 ..."). The
 * first digit says what it means: 2 is done, 3 go on.
 */
static void
get_answer(int kind)
{
	char line[1024];

	do {
		get_line(line, sizeof(line));
		if (atoi(line) / 100 != kind)
			errx(1, "the server says: %s", line);
		if (strncmp(line + 4, "AUTH ", 5) == 0 && strstr(line, " PLAIN") != NULL)
			plain_offered = true;
	} while (line[3] == '-');
}

/* Send a command and take its answer. */
static void
ask(int kind, const char *before, const char *argument, const char *after)
{
	char line[2048];
	int n = snprintf(line, sizeof(line), "%s%s%s\r\n", before, argument, after);

	if (n >= (int)sizeof(line))
		errx(2, "an argument is too long");
	put(line, (size_t)n);
	get_answer(kind);
}

/* An address may hold nothing that ends it, or the command around it. */
static void
check_address(const char *text)
{
	for (const char *c = text; *c != '\0'; c++)
		if (*c <= ' ' || *c >= 0x7f || *c == '<' || *c == '>')
			errx(2, "\"%s\" is no address", text);
}

/* Who we are, for a client without a name: [192.0.2.1] or [IPv6:2001:db8::1]. */
static void
say_hello(int fd)
{
	struct sockaddr_storage own;
	socklen_t len = sizeof(own);
	char host[128];

	if (getsockname(fd, (struct sockaddr *)&own, &len) == -1 ||
	    getnameinfo(
		(struct sockaddr *)&own, len, host, sizeof(host), NULL, 0, NI_NUMERICHOST) != 0)
		errx(1, "this end of the connection has no address");
	host[strcspn(host, "%")] = '\0'; /* a zone means nothing over there */
	ask(2, own.ss_family == AF_INET6 ? "EHLO [IPv6:" : "EHLO [", host, "]");
}

/* NUL user NUL password (RFC 4616), in base64. */
static void
log_in(const char *user, const char *password)
{
	static const char digit[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	unsigned char in[512] = "";
	char out[sizeof(in) / 3 * 4 + 5], *o = out;
	int n = snprintf((char *)in + 1, sizeof(in) - 4, "%s%c%s", user, '\0', password) + 1;

	if (!plain_offered)
		errx(1, "the server does not offer AUTH PLAIN");
	if (n >= (int)sizeof(in) - 4)
		errx(2, "name and password are too long");
	for (int i = 0; i < n; i += 3) {
		*o++ = digit[in[i] >> 2];
		*o++ = digit[(in[i] & 3) << 4 | in[i + 1] >> 4];
		*o++ = i + 1 < n ? digit[(in[i + 1] & 15) << 2 | in[i + 2] >> 6] : '=';
		*o++ = i + 2 < n ? digit[in[i + 2] & 63] : '=';
	}
	*o = '\0';
	ask(2, "AUTH PLAIN ", out, "");
}

/*
 * The message, its lines ended with CR LF, a dot doubled where a line begins with
 * one (RFC 5321, section 4.5.2). A CR alone, which some servers take for the end
 * of a line, ends the connection instead, and with it the message.
 */
static void
send_message(void)
{
	char *line = NULL, out[1004];
	size_t size = 0;
	ssize_t n;

	while ((n = getline(&line, &size, stdin)) != -1) {
		n -= n > 0 && line[n - 1] == '\n';
		n -= n > 0 && line[n - 1] == '\r';
		if (n > 998 || strcspn(line, "\r") < (size_t)n || strlen(line) < (size_t)n)
			errx(1, "not sent: a line is too long, or has a CR or a NUL in it");
		n = snprintf(out, sizeof(out), "%s%.*s\r\n", *line == '.' ? "." : "", (int)n, line);
		put(out, (size_t)n);
	}
	free(line);
	if (ferror(stdin))
		err(1, "not sent: cannot read the message");
	ask(2, ".", "", "");
}

int
main(int argc, char **argv)
{
	const char *user = NULL, *password = getenv("PASSWORD");
	bool upgrade = false;
	char bye[1024];
	int option, fd;

	while ((option = getopt(argc, argv, "su:")) != -1) {
		upgrade = upgrade || option == 's';
		user = option == 'u' ? optarg : user;
		if (option == '?')
			return 2;
	}
	argv += optind;
	if (argc - optind < 4 || (user != NULL && password == NULL))
		errx(2, "usage: [PASSWORD=...] smtp-send [-s] [-u USER] HOST PORT FROM TO...");
	for (int i = 2; argv[i] != NULL; i++)
		check_address(argv[i]);
	fd = tls_create_tcp(argv[0], argv[1], 30000);
	if (fd != -1)
		sock = upgrade ? tls_starttls(NULL, fd, TLSW_SMTP, argv[0])
			       : tls_wrap(NULL, fd, argv[0]);
	if (sock == NULL)
		errx(1, "%s", tls_last_error()->message);
	tls_socket_set_timeout(sock, 300000); /* RFC 5321, section 4.5.3.2 */
	if (!upgrade)
		get_answer(2);
	say_hello(fd);
	if (user != NULL)
		log_in(user, password);
	ask(2, "MAIL FROM:<", argv[2], ">");
	for (int i = 3; argv[i] != NULL; i++)
		ask(2, "RCPT TO:<", argv[i], ">");
	ask(3, "DATA", "", "");
	send_message();
	/* The server has it: whatever becomes of this, nobody is to send it once more. */
	if (tls_socket_write(sock, "QUIT\r\n", 6) == 6)
		tls_socket_read_line(sock, bye, sizeof(bye));
	tls_socket_close(sock);
	close(fd);
	return 0;
}
