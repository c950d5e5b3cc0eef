/*
 * test_keylog.c - a captured connection is decrypted with the key log, by
 * tshark: what the file is for.
 *
 * The capture is written here, from the octets that pass through a transport;
 * nobody listens on a network. Skipped, and says so, where tshark is missing.
 *
 * SPDX-License-Identifier: ISC
 */
#include "support/support.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/scene.h"
#include "support/trust_support.h"

#define QUESTION "the captain asks for the course"
#define ANSWER "steer small and keep her full"

/* ------------------------------------------------------------------ a capture */

/* One TCP connection in the format of pcap-savefile(5): raw IPv4, one packet a call. */
struct capture {
	FILE *file;
	uint32_t sent[2]; /* octets of the client, of the server */
	uint32_t time;
	int fd;
};

static void
put16(unsigned char *at, unsigned value)
{
	at[0] = (unsigned char)(value >> 8);
	at[1] = (unsigned char)value;
}

static void
put32(unsigned char *at, uint32_t value)
{
	put16(at, value >> 16);
	put16(at + 2, value & 0xffff);
}

static void
capture_open(struct capture *c, const char *path)
{
	const struct {
		uint32_t magic;
		uint16_t major, minor;
		uint32_t zone, accuracy, longest, link;
	} header = {0xa1b2c3d4, 2, 4, 0, 0, 65535, 101 /* LINKTYPE_RAW */};

	memset(c, 0, sizeof(*c));
	c->file = fopen(path, "wb");
	ck_assert_ptr_nonnull(c->file);
	ck_assert_uint_eq(fwrite(&header, sizeof(header), 1, c->file), 1);
}

/* IPv4 and TCP without options; checksums of 0, as where the card computes them. */
static void
capture_packet(struct capture *c, int from, const unsigned char *data, size_t len)
{
	const uint32_t record[4] = {
	    1600000000, c->time += 1000, (uint32_t)len + 40, (uint32_t)len + 40};
	unsigned char head[40] = {0x45, 0, 0, 0, 0, 0, 0, 0, 64, 6};

	put16(head + 2, (unsigned)len + 40);
	put32(head + 12, from == 0 ? 0x7f000001 : 0x7f000002);
	put32(head + 16, from == 0 ? 0x7f000002 : 0x7f000001);
	put16(head + 20, from == 0 ? 50000 : 443);
	put16(head + 22, from == 0 ? 443 : 50000);
	put32(head + 24, c->sent[from]);
	put32(head + 28, c->sent[1 - from]);
	head[32] = 5 << 4;
	head[33] = 0x18; /* PSH, ACK */
	put16(head + 34, 65535);
	c->sent[from] += (uint32_t)len;
	ck_assert_uint_eq(fwrite(record, sizeof(record), 1, c->file), 1);
	ck_assert_uint_eq(fwrite(head, sizeof(head), 1, c->file), 1);
	ck_assert_uint_eq(fwrite(data, 1, len, c->file), len);
}

static ssize_t
capture_read(void *arg, void *buf, size_t len)
{
	struct capture *c = arg;
	ssize_t n = read(c->fd, buf, len < 1400 ? len : 1400);

	if (n > 0)
		capture_packet(c, 1, buf, (size_t)n);
	return n;
}

static ssize_t
capture_write(void *arg, const void *buf, size_t len)
{
	struct capture *c = arg;
	ssize_t n = write(c->fd, buf, len < 1400 ? len : 1400);

	if (n > 0)
		capture_packet(c, 0, buf, (size_t)n);
	return n;
}

/* ------------------------------------------------------------------ connections */

static const struct peer_step plain[] = {PEER_HANDSHAKE, PEER_READ(sizeof(QUESTION) - 1),
    PEER_SEND(ANSWER), PEER_CLOSE_NOTIFY, PEER_END};
static const struct peer_step updated[] = {PEER_HANDSHAKE, PEER_KEY_UPDATE(1, 1),
    PEER_READ(sizeof(QUESTION) - 1), PEER_SEND(ANSWER), PEER_CLOSE_NOTIFY, PEER_END};

static const struct {
	const char *label;
	int version;
	const char *suite;
	const struct peer_step *script;
} rows[] = {
    {"TLS 1.2", TLS1_2_VERSION, NULL, plain},
    {"TLS 1.3", TLS1_3_VERSION, "TLS_AES_128_GCM_SHA256", plain},
    {"TLS 1.3, new keys on the way", TLS1_3_VERSION, "TLS_AES_256_GCM_SHA384", updated},
};

static void
talk(tls_context *ctx, struct capture *c)
{
	const struct tls_transport transport = {
	    .size = sizeof(transport), .read = capture_read, .write = capture_write};
	tls_socket *s = tls_wrap_transport(ctx, &transport, c, "www.lab.test");
	char answer[100];

	ck_assert_works(s != NULL && tls_socket_handshake(s) == 0);
	ck_assert_works(
	    tls_socket_write(s, QUESTION, sizeof(QUESTION) - 1) == sizeof(QUESTION) - 1);
	ck_assert_works(tls_socket_read(s, answer, sizeof(answer)) == sizeof(ANSWER) - 1);
	ck_assert_int_eq(tls_socket_read(s, answer, sizeof(answer)), 0);
	ck_assert_works(tls_socket_close(s) == 0);
}

static void
record_connection(int row, const char *path, const char *keys)
{
	struct pki *ca = pki_ca("Lab CA"), *leaf = pki_leaf(ca, "www.lab.test");
	struct peer_options options = scene_server(leaf);
	tls_context *ctx = scene_trusting(ca);
	struct scene scene;
	struct capture c;

	options.min_version = options.max_version = rows[row].version;
	options.ciphersuites = rows[row].suite;
	options.script = rows[row].script;
	ck_assert_works(keys == NULL || tls_context_set_keylog_file(ctx, keys) == 0);
	scene_serve(&scene, options);
	capture_open(&c, path);
	c.fd = scene.fd;
	talk(ctx, &c);
	ck_assert_int_eq(fclose(c.file), 0);
	scene_end(&scene);
	tls_context_free(ctx);
	pki_free(leaf);
	pki_free(ca);
}

/* ----------------------------------------------------------------------- tshark */

/* What tshark makes of the capture: the octets of the applications, as text. */
static char *
read_by_tshark(const char *path, const char *keys)
{
	char command[1500], *text = calloc(1, 65536);
	size_t len;
	FILE *out;

	ck_assert_ptr_nonnull(text);
	ck_assert_int_lt(snprintf(command, sizeof(command),
			     "HOME=%s tshark -n -r %s -o tls.keylog_file:%s -d tcp.port==443,tls "
			     "-q -z follow,tls,ascii,0 2>%s",
			     scratch_path("."), path, keys, scratch_path("stderr")),
	    (int)sizeof(command));
	out = popen(command, "r");
	ck_assert_ptr_nonnull(out);
	len = fread(text, 1, 65535, out);
	ck_assert_int_eq(pclose(out), 0);
	ck_assert_uint_gt(len, 0);
	return text;
}

START_TEST(the_key_log_decrypts_a_capture)
{
	const char *path = scratch_path("capture.pcap"), *keys = scratch_path("keys");
	struct stat st;
	char *text;

	record_connection(_i, path, keys);
	ck_assert_int_eq(stat(keys, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	text = read_by_tshark(path, keys);
	ck_assert_msg(strstr(text, QUESTION) != NULL, "%s, client:\n%s", rows[_i].label, text);
	ck_assert_msg(strstr(text, ANSWER) != NULL, "%s, server:\n%s", rows[_i].label, text);
	free(text);
}
END_TEST

/* Else the test above would prove nothing. */
START_TEST(without_the_secrets_of_the_connection_it_stays_closed)
{
	const char *path = scratch_path("capture.pcap"), *other = scratch_path("other.pcap"),
		   *keys = scratch_path("keys");
	char *text;

	record_connection(1, other, keys);
	record_connection(1, path, NULL);
	text = read_by_tshark(path, keys);
	ck_assert_ptr_null(strstr(text, QUESTION));
	ck_assert_ptr_null(strstr(text, ANSWER));
	free(text);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("keylog");
	TCase *t = tcase_create("tshark");

	suite_add_tcase(s, t);
	tcase_add_checked_fixture(t, scratch_make, scratch_remove);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, the_key_log_decrypts_a_capture, 0, sizeof(rows) / sizeof(rows[0]));
	tcase_add_test(t, without_the_secrets_of_the_connection_it_stays_closed);
	if (system("command -v tshark >/dev/null") != 0) {
		(void)fprintf(stderr, "SKIPPED: tshark is missing\n");
		srunner_free(srunner_create(s));
		return 77;
	}
	return support_run(s);
}
