/*
 * peer_wire.c - the scripted peer's end of the descriptor: every octet is
 * counted, the first are kept, and nothing outlives the deadline.
 *
 * SPDX-License-Identifier: ISC
 */
#include "support/peer_internal.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define RECORD_ALERT 21

/* A plain-text alert is a record of two octets; no encrypted one is so short. */
static void
watch_octet(struct peer_connection *c, unsigned char octet)
{
	size_t len;

	if (c->record_at < sizeof(c->record))
		c->record[c->record_at] = octet;
	c->record_at++;
	if (c->record[0] < 20 || c->record[0] > 24)
		c->not_records = true;
	if (c->record_at < 5)
		return;
	len = (size_t)c->record[3] << 8 | c->record[4];
	if (c->record_at < 5 + len)
		return;
	if (c->record[0] == RECORD_ALERT && len == 2) {
		c->report->close_notify = c->record[6] == 0;
		c->report->alert_level = c->record[6] == 0 ? -1 : c->record[5];
		c->report->alert = c->record[6] == 0 ? -1 : c->record[6];
	}
	c->record_at = 0;
	if (c->report->record_count < sizeof(c->report->records))
		c->report->records[c->report->record_count++] = c->record[0];
}

static void
note_input(struct peer_connection *c, const unsigned char *data, size_t len)
{
	struct peer_report *r = c->report;
	size_t n = sizeof(r->raw) - r->raw_len;

	n = len < n ? len : n;
	memcpy(r->raw + r->raw_len, data, n);
	r->raw_len += n;
	r->raw_in += len;
	for (size_t i = 0; i < len && c->ssl == NULL && !c->not_records; i++)
		watch_octet(c, data[i]);
}

/* 0 when the descriptor is ready, -1 when the time is up. */
static int
wait_for(struct peer_connection *c, short events)
{
	struct pollfd p = {.fd = c->fd, .events = events};
	int64_t left;
	int n;

	do {
		left = c->deadline - peer_clock();
		n = left > 0 ? poll(&p, 1, (int)left) : 0;
	} while (n < 0 && errno == EINTR);
	if (n > 0)
		return 0;
	c->report->timed_out = true;
	return -1;
}

bool
peer_input_within(struct peer_connection *c, int ms)
{
	struct pollfd p = {.fd = c->fd, .events = POLLIN};

	if (c->fd < 0)
		return false;
	if (c->ssl != NULL && SSL_has_pending(c->ssl) == 1)
		return true;
	return poll(&p, 1, ms) > 0;
}

ssize_t
peer_get(struct peer_connection *c, void *data, size_t len)
{
	ssize_t n;

	if (c->fd < 0 || c->report->reset)
		return -1;
	do {
		if (wait_for(c, POLLIN) != 0)
			return -1;
		n = recv(c->fd, data, len, MSG_DONTWAIT);
	} while (n < 0 && (errno == EINTR || errno == EAGAIN));
	if (n < 0)
		c->report->reset = true;
	else if (n == 0)
		c->report->fin = true;
	else
		note_input(c, data, (size_t)n);
	return n;
}

static int
put_piece(struct peer_connection *c, const unsigned char *data, size_t len)
{
	ssize_t n;

	while (len > 0) {
		if (wait_for(c, POLLOUT) != 0)
			return -1;
		n = send(c->fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n < 0)
			return -1;
		c->report->raw_out += (size_t)n;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

int
peer_put(struct peer_connection *c, const void *data, size_t len)
{
	const unsigned char *at = data;
	size_t n;

	if (c->fd < 0)
		return -1;
	for (; len > 0; at += n, len -= n) {
		n = c->piece > 0 && c->piece < len ? c->piece : len;
		if (put_piece(c, at, n) != 0)
			return -1;
		if (c->piece > 0)
			peer_sleep(c, c->piece_ms);
	}
	return 0;
}

void
peer_sleep(struct peer_connection *c, long ms)
{
	int64_t left = c->deadline - peer_clock();
	struct timespec t;

	if (ms > left)
		ms = left > 0 ? (long)left : 0;
	t.tv_sec = ms / 1000;
	t.tv_nsec = ms % 1000 * 1000000;
	while (nanosleep(&t, &t) != 0 && errno == EINTR)
		;
}

/* Read what is left, without a word, until the client is gone. */
void
peer_drain_wire(struct peer_connection *c)
{
	unsigned char buf[16384];

	while (!c->report->fin && peer_get(c, buf, sizeof(buf)) > 0)
		;
}

static int
bio_read(BIO *bio, char *data, int len)
{
	ssize_t n = peer_get(BIO_get_data(bio), data, (size_t)len);

	BIO_clear_retry_flags(bio);
	return (int)n;
}

static int
bio_write(BIO *bio, const char *data, int len)
{
	BIO_clear_retry_flags(bio);
	return peer_put(BIO_get_data(bio), data, (size_t)len) == 0 ? len : -1;
}

static long
bio_ctrl(BIO *bio, int command, long n, void *p)
{
	const struct peer_connection *c = BIO_get_data(bio);

	(void)n;
	(void)p;
	if (command == BIO_CTRL_EOF)
		return c->report->fin;
	return command == BIO_CTRL_FLUSH;
}

BIO *
peer_wire_bio(struct peer_connection *c)
{
	static BIO_METHOD *method; /* kept for the life of the process */
	BIO *bio;

	if (method == NULL) {
		method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "scripted peer");
		if (method == NULL || BIO_meth_set_read(method, bio_read) != 1 ||
		    BIO_meth_set_write(method, bio_write) != 1 ||
		    BIO_meth_set_ctrl(method, bio_ctrl) != 1)
			return NULL;
	}
	bio = BIO_new(method);
	if (bio == NULL)
		return NULL;
	BIO_set_data(bio, c);
	BIO_set_init(bio, 1);
	return bio;
}
