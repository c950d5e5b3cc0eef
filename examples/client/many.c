/*
 * many: ask many HTTPS servers at once, in one poll loop; prints the first line
 * of each answer.
 *
 *     many PORT HOST...
 *
 * SPDX-License-Identifier: ISC
 */
#include <err.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tlswrap.h>
#include <unistd.h>

struct client {
	const char *host;
	tls_socket *sock; /* NULL once it is over */
	enum { SHAKING, ASKING, READING } phase;
	char request[512];
	size_t sent;
};

static void
over(struct client *c, const char *result)
{
	printf("%s: %s\n", c->host, result);
	tls_socket_close(c->sock); /* waits for nobody, and frees it in any case */
	c->sock = NULL;
}

/* One call; its result: negative for "wait" (TLSW_WANT_*) or an error (-1). */
static ssize_t
step(struct client *c)
{
	char line[512];
	ssize_t n = 0;

	switch (c->phase) {
	case SHAKING:
		n = tls_socket_handshake(c->sock);
		if (n == 0)
			c->phase = ASKING;
		break;
	case ASKING: /* after a WANT the same octets are offered again */
		n = tls_socket_write(c->sock, c->request + c->sent, strlen(c->request) - c->sent);
		if (n > 0)
			c->sent += (size_t)n;
		if (c->sent == strlen(c->request))
			c->phase = READING;
		break;
	case READING: /* a part of a line stays inside until the rest has come */
		n = tls_socket_read_line(c->sock, line, sizeof(line));
		if (n < 0)
			break;
		line[strcspn(line, "\r\n")] = '\0';
		over(c, n == 0 ? "no answer" : line);
	}
	return n;
}

/* Go on until it would have to wait. What is inside already needs no poll. */
static void
go_on(struct client *c)
{
	ssize_t n = 0;

	while (c->sock != NULL && n >= 0)
		n = step(c);
	if (n == -1)
		over(c, tls_last_error()->message);
}

static void
start(struct client *c, const char *host, const char *port)
{
	int fd = tls_create_tcp(host, port, 10000);

	c->host = host;
	snprintf(c->request, sizeof(c->request), "HEAD / HTTP/1.0\r\nHost: %s\r\n\r\n", host);
	if (fd != -1) {
		fcntl(fd, F_SETFL, O_NONBLOCK);
		c->sock = tls_wrap_start(NULL, fd, host);
		if (c->sock == NULL)
			close(fd);
	}
	if (c->sock == NULL) {
		printf("%s: %s\n", host, tls_last_error()->message);
		return;
	}
	tls_socket_own_fd(c->sock); /* closed along with the socket */
	go_on(c);
}

/* Wait for any of them, at most until the first handshake has to be over. */
static void
turn(struct client *clients, struct pollfd *polled, nfds_t count)
{
	int wait = 30000, left;

	for (nfds_t i = 0; i < count; i++) {
		polled[i].fd = -1; /* poll() passes over it */
		if (clients[i].sock == NULL)
			continue;
		polled[i].fd = tls_socket_fd(clients[i].sock);
		polled[i].events = tls_socket_events(clients[i].sock);
		left = tls_socket_time_left(clients[i].sock);
		if (clients[i].phase == SHAKING && left != -1 && left < wait)
			wait = left;
	}
	if (poll(polled, count, wait) == -1)
		err(1, "poll");
	for (nfds_t i = 0; i < count; i++)
		if (clients[i].sock != NULL &&
		    (polled[i].revents != 0 || clients[i].phase == SHAKING))
			go_on(&clients[i]); /* a handshake that is late says so itself */
}

static int
any(const struct client *clients, int count)
{
	for (int i = 0; i < count; i++)
		if (clients[i].sock != NULL)
			return 1;
	return 0;
}

int
main(int argc, char **argv)
{
	struct client *clients;
	struct pollfd *polled;
	int i, count = argc - 2;

	if (count < 1)
		errx(2, "usage: many PORT HOST...");
	clients = calloc((size_t)count, sizeof(*clients));
	polled = calloc((size_t)count, sizeof(*polled));
	if (clients == NULL || polled == NULL)
		err(1, "calloc");
	for (i = 0; i < count; i++)
		start(&clients[i], argv[i + 2], argv[1]);
	while (any(clients, count))
		turn(clients, polled, (nfds_t)count);
	free(clients);
	free(polled);
	return 0;
}
