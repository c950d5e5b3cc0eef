/*
 * lab_raw.c - handshake messages by hand.
 *
 * SPDX-License-Identifier: ISC
 */
#include "lab_raw.h"

#include <string.h>

#define MESSAGE_MAX 16384
#define SESSION_AT 43 /* in the record of a ClientHello: 5 + 4 + 2 + 32 */

/* ------------------------------------------------------- reading the hello */

/* A run of octets that is only ever shortened from the front; at NULL: broken. */
struct octets {
	const unsigned char *at;
	size_t len;
};

static struct octets
take(struct octets *from, size_t len)
{
	struct octets taken = {from->at, len};

	if (from->at == NULL || len > from->len)
		return *from = (struct octets){NULL, 0};
	from->at += len;
	from->len -= len;
	return taken;
}

static size_t
take_number(struct octets *from, int size)
{
	struct octets o = take(from, (size_t)size);
	size_t n = 0;

	for (size_t i = 0; i < o.len; i++)
		n = n << 8 | o.at[i];
	return n;
}

static struct octets
take_vector(struct octets *from, int size)
{
	return take(from, take_number(from, size));
}

struct client_hello {
	struct octets session, suites, groups, shares;
};

static bool
parse_hello(const struct peer_connection *c, struct client_hello *hello)
{
	struct octets in = {NULL, 0}, extensions, body;
	size_t type;

	*hello = (struct client_hello){.session = {NULL, 0}};
	in.at = peer_hello(c, &in.len);
	(void)take(&in, SESSION_AT);
	hello->session = take_vector(&in, 1);
	hello->suites = take_vector(&in, 2);
	(void)take_vector(&in, 1); /* compression methods */
	extensions = take_vector(&in, 2);
	while (extensions.len > 0) {
		type = take_number(&extensions, 2);
		body = take_vector(&extensions, 2);
		if (type == TLSEXT_TYPE_supported_groups)
			hello->groups = take_vector(&body, 2);
		if (type == TLSEXT_TYPE_key_share)
			hello->shares = take_vector(&body, 2);
	}
	return hello->suites.at != NULL;
}

static bool
lists(struct octets list, size_t number)
{
	while (list.len > 0)
		if (take_number(&list, 2) == number)
			return true;
	return false;
}

/* The first group that came with a share. */
static size_t
shared_group(const struct client_hello *hello)
{
	struct octets shares = hello->shares;

	return take_number(&shares, 2);
}

/* A group that the client knows, but did not send a share for: one we know as well. */
static size_t
other_group(const struct client_hello *hello)
{
	static const size_t known[] = {24, 23, 25, 29, 30}; /* P-384, P-256, P-521, X25519, X448 */

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (lists(hello->groups, known[i]) && shared_group(hello) != known[i])
			return known[i];
	return 0;
}

/* ------------------------------------------------------- writing messages */

struct message {
	unsigned char at[MESSAGE_MAX];
	size_t len;
};

static void
put_octets(struct message *m, const void *data, size_t len)
{
	if (len == 0 || len > sizeof(m->at) - m->len)
		return;
	memcpy(m->at + m->len, data, len);
	m->len += len;
}

static void
put_number(struct message *m, size_t number, int size)
{
	unsigned char octet;

	while (size-- > 0) {
		octet = (unsigned char)(number >> (8 * size));
		put_octets(m, &octet, 1);
	}
}

/* The length of what follows stands in front of it, in size octets at start. */
static void
patch_length(struct message *m, size_t start, int size)
{
	size_t len = m->len - start - (size_t)size;

	for (int i = 0; i < size; i++)
		m->at[start + (size_t)i] = (unsigned char)(len >> (8 * (size - 1 - i)));
}

static int
send_record(struct peer_connection *c, int type, int version, const void *data, size_t len)
{
	unsigned char header[5] = {(unsigned char)type, (unsigned char)(version >> 8),
	    (unsigned char)version, (unsigned char)(len >> 8), (unsigned char)len};

	if (peer_put(c, header, sizeof(header)) != 0)
		return -1;
	return peer_put(c, data, len);
}

int
lab_record(struct peer_connection *c, const struct peer_step *step)
{
	return send_record(c, (int)step->n, TLS1_2_VERSION, step->data, step->len);
}

/* RFC 8446 4.1.3: what a server says that would rather have spoken TLS 1.3; and
 * the random that turns a ServerHello into a HelloRetryRequest. */
static void
put_random(struct message *m, const struct lab_hello *say)
{
	static const unsigned char retry[32] = {0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11,
	    0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb,
	    0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c};
	static const unsigned char plain[] = "the lab's random is not random!";
	static const unsigned char sentinel[] = "the lab's random is not DOWNGRD\x01";

	if (say->retry != LAB_NO_RETRY)
		put_octets(m, retry, 32);
	else
		put_octets(m, say->sentinel ? sentinel : plain, 32);
}

static void
put_extensions_12(struct message *m, const struct lab_hello *say)
{
	if (!say->no_reneg)
		put_octets(m, "\xff\x01\x00\x01\x00", 5);
	if (say->unsolicited)
		put_octets(m, "\x00\x0e\x00\x05\x00\x02\x00\x01\x00", 9);
}

static void
put_extensions_retry(struct message *m, size_t group)
{
	put_octets(m, "\x00\x2b\x00\x02\x03\x04\x00\x33\x00\x02", 10);
	put_number(m, group, 2);
}

int
lab_server_hello(struct peer_connection *c, const struct peer_step *step)
{
	const struct lab_hello *say = step->data;
	int version = say->version != 0 ? say->version : TLS1_2_VERSION;
	bool retry = say->retry != LAB_NO_RETRY;
	struct client_hello hello;
	struct message m = {.len = 0};
	size_t start;

	if (!parse_hello(c, &hello))
		return peer_fail(c, "the ClientHello is broken");
	put_number(&m, 2, 1);
	put_number(&m, 0, 3);
	put_number(&m, (size_t)version, 2);
	put_random(&m, say);
	put_number(&m, hello.session.len, 1);
	put_octets(&m, hello.session.at, hello.session.len);
	put_number(&m, say->cipher != 0 ? (size_t)say->cipher : retry ? 0x1301 : 0xc02b, 2);
	put_number(&m, 0, 1);
	start = m.len;
	put_number(&m, 0, 2);
	if (retry)
		put_extensions_retry(&m, say->retry == LAB_RETRY_SAME_GROUP ? shared_group(&hello)
									    : other_group(&hello));
	else
		put_extensions_12(&m, say);
	patch_length(&m, start, 2);
	patch_length(&m, 1, 3);
	return send_record(c, LAB_HANDSHAKE, version, m.at, m.len);
}

static void
put_certificate(struct message *m, X509 *cert)
{
	size_t start = m->len;
	unsigned char *der = NULL;
	int len = i2d_X509(cert, &der);

	put_number(m, 0, 3);
	if (len > 0)
		put_octets(m, der, (size_t)len);
	patch_length(m, start, 3);
	OPENSSL_free(der);
}

int
lab_certificate(struct peer_connection *c, const struct peer_step *step)
{
	const struct peer_options *o = peer_connection_options(c);
	struct message m = {.len = 0};
	unsigned char header[5] = {LAB_HANDSHAKE, 3, 3};

	put_number(&m, 11, 1);
	put_number(&m, 0, 6);
	put_certificate(&m, o->cert);
	for (int i = 0; i < sk_X509_num(o->chain); i++)
		put_certificate(&m, sk_X509_value(o->chain, i));
	patch_length(&m, 4, 3);
	patch_length(&m, 1, 3);
	if (step->n == 0)
		return send_record(c, LAB_HANDSHAKE, TLS1_2_VERSION, m.at, m.len);
	header[3] = (unsigned char)(m.len >> 8);
	header[4] = (unsigned char)m.len;
	if (peer_put(c, header, sizeof(header)) != 0)
		return -1;
	return peer_put(c, m.at, (size_t)step->n);
}

int
lab_only_suite(struct peer_connection *c, const struct peer_step *step)
{
	const struct lab_hello say = {.cipher = (int)step->n};
	const struct peer_step answer = {.data = &say}, whole = {.n = 0};
	struct client_hello hello;

	if (!parse_hello(c, &hello))
		return peer_fail(c, "the ClientHello is broken");
	if (!lists(hello.suites, (size_t)step->n))
		return send_record(c, LAB_ALERT, TLS1_2_VERSION, "\x02\x28", 2);
	if (lab_server_hello(c, &answer) != 0 || lab_certificate(c, &whole) != 0)
		return -1;
	return send_record(c, LAB_HANDSHAKE, TLS1_2_VERSION, "\x0e\x00\x00\x00", 4);
}
