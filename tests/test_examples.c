/* SPDX-License-Identifier: ISC */
#include "support/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/command.h"
#include "support/peer.h"
#include "support/pki.h"

/* The programs in examples/ do what they did before, and not for impostors. */

#define HOST "127.0.0.1"

#define POP3                                                                                  \
	PEER_SEND("+OK ready\r\n"), PEER_EXPECT("USER joe"), PEER_SEND("+OK go on\r\n"),      \
	    PEER_EXPECT("PASS secret"), PEER_SEND("+OK 2 messages\r\n"), PEER_EXPECT("STAT"), \
	    PEER_SEND("+OK 2 320\r\n"), PEER_EXPECT("QUIT"), PEER_SEND("+OK bye\r\n")

static const struct peer_step pop3[] = {POP3, PEER_END};
static const struct peer_step pop3s[] = {PEER_HANDSHAKE, POP3, PEER_CLOSE_NOTIFY, PEER_END};

static void
run(const char *program, const struct peer_options *options, const struct pki *ca,
    struct command_result *result, struct peer_report *report)
{
	char file[] = "/tmp/tlswrap-examples.XXXXXX", variable[64], port[16];
	const char *const argv[] = {program, HOST, port, "joe", NULL};
	const char *const env[] = {variable, NULL};
	const struct command command = {
	    .argv = argv, .env = env, .input = "secret\n", .input_len = 7};
	struct peer peer;
	int fd = mkstemp(file);

	ck_assert_int_ne(fd, -1);
	(void)close(fd);
	pki_write(file, pki_pem(ca), strlen(pki_pem(ca)));
	(void)snprintf(variable, sizeof(variable), "SSL_CERT_FILE=%s", file);
	ck_assert_int_eq(peer_start(&peer, options), 0);
	(void)snprintf(port, sizeof(port), "%d", peer.port);
	ck_assert_int_eq(command_run(&command, result), 0);
	ck_assert_int_eq(peer_wait(&peer, report), 0);
	peer_stop(&peer);
	(void)unlink(file);
}

START_TEST(pop3_before_counts_messages)
{
	struct pki *ca = pki_ca("Lab CA");
	const struct peer_options options = {.script = pop3};
	struct command_result r;
	struct peer_report report;

	run("examples/pop3/before", &options, ca, &r, &report);
	ck_assert_msg(r.status == 0, "%s", r.err);
	ck_assert_str_eq(r.out, "2\n");
	command_result_free(&r);
	pki_free(ca);
}
END_TEST

START_TEST(pop3_after_counts_messages)
{
	struct pki *ca = pki_ca("Lab CA");
	struct pki *leaf = pki_make(.cn = HOST, .issuer = ca, .san = PKI_NAMES(PKI_IP(HOST)));
	const struct peer_options options = {
	    .cert = pki_x509(leaf), .key = pki_key(leaf), .script = pop3s};
	struct command_result r;
	struct peer_report report;

	run("examples/pop3/after", &options, ca, &r, &report);
	ck_assert_msg(r.status == 0, "%s", r.err);
	ck_assert_str_eq(r.out, "2\n");
	ck_assert(report.close_notify);
	command_result_free(&r);
	pki_free(leaf);
	pki_free(ca);
}
END_TEST

START_TEST(pop3_after_tells_impostors_no_password)
{
	struct pki *ca = pki_ca("Lab CA");
	struct pki *leaf = pki_leaf(ca, "other.lab.test");
	const struct peer_options options = {
	    .cert = pki_x509(leaf), .key = pki_key(leaf), .script = pop3s};
	struct command_result r;
	struct peer_report report;

	run("examples/pop3/after", &options, ca, &r, &report);
	ck_assert_int_eq(r.status, 1);
	ck_assert_ptr_nonnull(strstr(r.err, "other.lab.test"));
	ck_assert_uint_eq(report.data_in, 0);
	command_result_free(&r);
	pki_free(leaf);
	pki_free(ca);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("examples");
	TCase *t = tcase_create("pop3");

	tcase_add_test(t, pop3_before_counts_messages);
	tcase_add_test(t, pop3_after_counts_messages);
	tcase_add_test(t, pop3_after_tells_impostors_no_password);
	suite_add_tcase(s, t);
	return support_run(s);
}
