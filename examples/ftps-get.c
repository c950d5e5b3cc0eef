/*
 * ftps-get: list, fetch and store files on an FTP server (RFC 959, 2428, 4217).
 *     PASSWORD=... ftps-get [-s] HOST PORT USER {list DIR TO | get FROM TO | put FROM TO}...
 * TLS begins at once (port 990) or, with -s, after AUTH TLS (port 21). Exit status 1: a
 * file that was to be fetched may be there in part.
 *
 * SPDX-License-Identifier: ISC
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <tlswrap.h>
#include <unistd.h>

static tls_socket *control;
static int answer; /* the last one's code; 0: not here yet */
static char text[1024];

static void
refused(void)
{
	for (char *c = text; *c != '\0'; c++)
		*c = *c < ' ' || *c >= 0x7f ? '?' : *c; /* or it could play with the terminal */
	errx(1, "the server says: %s", text);
}

/* Take what has come on the control connection, up to the end of an answer. */
static void
hear(void)
{
	static char end[5]; /* of an answer in several lines: "211-..." ends with "211 ..." */
	ssize_t n;

	while (answer == 0 && (n = tls_socket_read_line(control, text, sizeof(text))) >= -1) {
		if (n <= 0)
			errx(1, "no answer: %s", n < 0 ? tls_last_error()->message : "the end");
		if (*end == '\0' && n > 3 && text[3] == '-')
			snprintf(end, sizeof(end), "%.3s ", text);
		else if (*end == '\0' || strncmp(text, end, 4) == 0)
			answer = atoi(text) > 0 ? atoi(text) : 999;
	}
	if (answer != 0)
		*end = '\0';
}

/* Wait for a descriptor, and for a refusal on the control connection, which may come instead. */
static void
wait_for(int fd, short events)
{
	hear(); /* what is inside already, but for a part of a line: for more of it one waits */
	struct pollfd p[] = {{fd, events, 0},
	    {answer == 0 ? tls_socket_fd(control) : -1, tls_socket_events(control), 0}};

	if ((answer == 0 || (answer < 400 && fd != -1)) && poll(p, 2, 60000) <= 0)
		errx(1, "nothing has happened for a minute");
	hear();
	if (answer >= 400)
		refused();
}

/* The first digit says what an answer means: 1 begun, 2 done, 3 go on, others no. */
static int
get_answer(int wanted, int or)
{
	int kind = 0;

	for (; kind == 0; kind = answer / 100)
		wait_for(-1, 0);
	answer = 0;
	if (kind != wanted && kind != or)
		refused();
	return kind;
}

/* Send a command. What stands in it must not end it and begin another. */
static int
ask(int wanted, int or, const char *command, const char *argument)
{
	char line[1024];
	int len = snprintf(line, sizeof(line), "%s%s\r\n", command, argument);

	if (len >= (int)sizeof(line) || strpbrk(argument, "\r\n") != NULL)
		errx(2, "\"%s\" cannot be a part of a command", argument);
	if (tls_socket_write(control, line, (size_t)len) != len) /* so little has always room */
		errx(1, "cannot send: %s", tls_last_error()->message);
	return get_answer(wanted, or);
}

/* Only a port is taken from the server's answer: nobody else is to be connected to. */
static int
connect_data(void)
{
	struct sockaddr_storage peer = {.ss_family = AF_UNSPEC};
	socklen_t len = sizeof(peer);
	int fd, port;

	ask(2, 2, "EPSV", "");
	if (sscanf(text, "229 %*[^(](|||%d|)", &port) != 1)
		refused();
	(void)getpeername(tls_socket_fd(control), (struct sockaddr *)&peer, &len);
	((struct sockaddr_in *)&peer)->sin_port = htons((unsigned short)port); /* where IPv6 has it, too */
	fd = socket(peer.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd == -1 || (connect(fd, (struct sockaddr *)&peer, len) == -1 && errno != EINPROGRESS))
		err(1, "data connection");
	wait_for(fd, POLLOUT);
	return fd;
}

/* Whether a call on the data connection is to be made again, now that it can go on. */
static bool
again(tls_socket *data, ssize_t result)
{
	if (result == -1) {
		warnx("data connection: %s", tls_last_error()->message);
		get_answer(2, 2); /* the server may say why, and that ends it as well */
		exit(1);
	}
	if (result < 0) /* TLSW_WANT_READ or TLSW_WANT_WRITE */
		wait_for(tls_socket_fd(data), tls_socket_events(data));
	return result < 0;
}

static void
copy(tls_socket *data, FILE *file, bool put)
{
	char buf[16384];
	size_t len, done;
	ssize_t n;

	while (put && (len = fread(buf, 1, sizeof(buf), file)) > 0)
		for (done = 0; done < len; done += n > 0 ? (size_t)n : 0)
			again(data, n = tls_socket_write(data, buf + done, len - done));
	while (!put && (again(data, n = tls_socket_read(data, buf, sizeof(buf))) || n > 0))
		if (n > 0 && fwrite(buf, 1, (size_t)n, file) != (size_t)n)
			err(1, "cannot write");
	if (ferror(file))
		err(1, "cannot read");
}

static void
transfer(const char *what, const char *from, const char *to)
{
	bool put = strcmp(what, "put") == 0;
	const char *command = put ? "STOR " : strcmp(what, "list") == 0 ? "LIST " : "RETR ";
	FILE *file = put ? fopen(from, "r") : fopen(to, "w");
	int fd = file == NULL ? -1 : connect_data();
	tls_socket *data;

	if (fd == -1)
		err(1, "%s", put ? from : to);
	ask(1, 1, command, put ? to : from);
	data = tls_wrap_data_start(control, fd); /* resumes its session, as many servers demand */
	while (again(data, data == NULL ? -1 : tls_socket_handshake(data)))
		continue;
	copy(data, file, put);
	while (again(data, tls_socket_shutdown(data))) /* which ends a file that was sent */
		continue;
	shutdown(fd, SHUT_WR); /* some servers wait for this, too */
	get_answer(2, 2);
	tls_socket_close(data);
	close(fd);
	if (fclose(file) != 0)
		err(1, "%s", to);
}

int
main(int argc, char **argv)
{
	bool upgrade = argc > 1 && strcmp(argv[1], "-s") == 0;
	const char *password = getenv("PASSWORD");
	char **arg = argv + 1 + upgrade;
	int fd, count = argc - 1 - upgrade;

	if (count < 6 || count % 3 != 0 || password == NULL)
		errx(2, "usage: PASSWORD=... ftps-get [-s] HOST PORT USER {list|get|put FROM TO}...");
	fd = tls_create_tcp(arg[0], arg[1], 20000);
	if (fd != -1)
		control = upgrade ? tls_starttls(NULL, fd, TLSW_FTP, arg[0]) : tls_wrap(NULL, fd, arg[0]);
	if (control == NULL || fcntl(fd, F_SETFL, O_NONBLOCK) == -1)
		errx(1, "%s", tls_last_error()->message);
	if (!upgrade)
		get_answer(2, 2);
	if (ask(2, 3, "USER ", arg[2]) == 3)
		ask(2, 2, "PASS ", password);
	ask(2, 2, "PBSZ 0", "");
	ask(2, 2, "PROT P", "");
	ask(2, 2, "TYPE I", "");
	for (arg += 3; *arg != NULL; arg += 3)
		transfer(arg[0], arg[1], arg[2]);
	ask(2, 2, "QUIT", "");
	tls_socket_close(control);
	return 0;
}
