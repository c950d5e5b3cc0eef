/*
 * pipe.c - standard input to the peer, what the peer sends to standard output.
 *
 * One poll(2) for all three, and no thread: an example of the library in an
 * event loop.
 *
 * SPDX-License-Identifier: ISC
 */
#include "config.h"

#include "tool.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

/* Which way bytes wait: read from one side, not yet taken by the other. */
struct buffer {
	size_t at, len;
	char data[16384];
};

struct pipe {
	tls_socket *s;
	struct buffer up, down; /* standard input to the peer; the peer to standard output */
	bool input_open, shut, peer_open;
	short read_wants, write_wants; /* what the socket waits for; 0: nothing */
	int status;
	const char *name;
};

/* The socket's answer when it gave no bytes: what to wait for, 0 when it ended. */
static short
wants(ssize_t answer)
{
	if (answer == TLSW_WANT_READ)
		return POLLIN;
	if (answer == TLSW_WANT_WRITE)
		return POLLOUT;
	return 0;
}

static void
receive(struct pipe *p)
{
	ssize_t n;

	p->read_wants = 0;
	if (!p->peer_open || p->down.len > 0)
		return;
	n = tls_socket_read(p->s, p->down.data, sizeof(p->down.data));
	p->read_wants = wants(n);
	if (n > 0) {
		p->down.at = 0;
		p->down.len = (size_t)n;
	} else if (p->read_wants == 0) {
		p->peer_open = false;
		if (n == -1)
			p->status = tool_failed(p->name, tls_last_error());
	}
}

/* What cannot be sent is lost; what the peer sent before can still be read. */
static void
give_up_sending(struct pipe *p)
{
	p->status = tool_failed(p->name, tls_last_error());
	p->up.len = 0;
	p->input_open = false;
	p->shut = true;
}

/* Returns whether there is more to send at once. */
static bool
transmit(struct pipe *p)
{
	ssize_t n;

	p->write_wants = 0;
	if (p->up.len > 0) {
		n = tls_socket_write(p->s, p->up.data + p->up.at, p->up.len);
		if (n > 0) {
			p->up.at += (size_t)n;
			p->up.len -= (size_t)n;
			return p->up.len > 0 || !p->input_open;
		}
	} else if (!p->input_open && !p->shut) {
		n = tls_socket_shutdown(p->s);
		p->shut = n == 0;
	} else {
		return false;
	}
	p->write_wants = wants(n);
	if (n == -1)
		give_up_sending(p);
	return false;
}

static void
take_input(struct pipe *p)
{
	ssize_t n = read(STDIN_FILENO, p->up.data, sizeof(p->up.data));

	if (n == -1 && (errno == EINTR || errno == EAGAIN))
		return;
	p->up.at = 0;
	p->up.len = n > 0 ? (size_t)n : 0;
	p->input_open = n > 0;
}

static void
give_output(struct pipe *p)
{
	/* poll(2) promises room for so much: more could block, and hold the input up. */
	size_t len = p->down.len < PIPE_BUF ? p->down.len : PIPE_BUF;
	ssize_t n = write(STDOUT_FILENO, p->down.data + p->down.at, len);

	if (n == -1 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n == -1) {
		fprintf(stderr, "tlswrap: standard output: %s\n", strerror(errno));
		p->status = EXIT_LOCAL;
		p->peer_open = false;
		p->down.len = 0;
		return;
	}
	p->down.at += (size_t)n;
	p->down.len -= (size_t)n;
}

static void
wait_and_serve(struct pipe *p, bool at_once)
{
	const bool input = p->input_open && p->up.len == 0;
	const short events = (short)(p->read_wants | p->write_wants);
	struct pollfd fds[3] = {
	    {input ? STDIN_FILENO : -1, POLLIN, 0},
	    {p->down.len > 0 ? STDOUT_FILENO : -1, POLLOUT, 0},
	    {events != 0 ? tls_socket_fd(p->s) : -1, events, 0},
	};

	if (poll(fds, 3, at_once ? 0 : -1) <= 0)
		return;
	if (fds[0].revents != 0)
		take_input(p);
	if (fds[1].revents != 0)
		give_output(p);
}

/* Until the peer ends. Its end without close_notify is a failure of its own. */
int
tool_pipe(tls_socket *s, const char *name)
{
	static struct pipe p; /* static for its size; there is one */
	bool more;

	p = (struct pipe){.s = s, .input_open = true, .peer_open = true, .name = name};
	while (p.peer_open || p.down.len > 0) {
		more = transmit(&p);
		receive(&p);
		if (p.peer_open || p.down.len > 0)
			wait_and_serve(&p, more);
	}
	return p.status;
}
