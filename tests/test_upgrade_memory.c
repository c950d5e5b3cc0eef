/* A dialogue before TLS when memory is short. SPDX-License-Identifier: ISC */
#include "support/support.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/memory.h"
#include "support/pki.h"

#define HOST "mail.example.org"

static struct pki *ca;
static tls_context *ctx;

static void
setup(void)
{
	ca = pki_ca("Test CA");
	ctx = tls_context_new();
	ck_assert_works(ctx != NULL);
	ck_assert_works(tls_context_load_ca_mem(ctx, pki_pem(ca), strlen(pki_pem(ca))) == 1);
}

static void
teardown(void)
{
	tls_context_free(ctx);
	pki_free(ca);
	tls_error_clear();
}

/*
 * An IMAP server up to its go-ahead. Returns what the last call of the client
 * gave. libcheck allocates as well, so nothing is asserted in here.
 */
static int
play(tls_socket *s, int server)
{
	char heard[64] = "", out[64];
	int i, n, rv = TLSW_WANT_READ;

	for (i = 0; i < 2 && rv == TLSW_WANT_READ; i++) {
		(void)recv(server, heard, sizeof(heard), MSG_DONTWAIT);
		n = i == 0 ? snprintf(out, sizeof(out), "* OK [CAPABILITY STARTTLS] x\r\n")
			   : snprintf(out, sizeof(out), "%.13s OK begin\r\n", heard);
		(void)send(server, out, (size_t)n, 0);
		rv = tls_socket_starttls(s, TLSW_IMAP);
	}
	return rv;
}

/* Returns whether an allocation failed. */
static bool
try_with(size_t nth, bool all)
{
	int fd[2], rv;
	tls_socket *s;
	bool failed;
	char c;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd), 0);
	s = tls_wrap_start(ctx, fd[0], HOST);
	ck_assert_works(s != NULL);
	tls_error_clear();
	memory_fail(nth, all);
	rv = play(s, fd[1]);
	failed = memory_failed();
	memory_fail(0, false);
	if (!failed || rv != -1) {
		ck_assert_works(rv == 0); /* what failed was not needed */
	} else {
		ck_assert_int_eq(tls_last_error()->code, TLSW_ERR_MEMORY);
		ck_assert_int_eq(tls_socket_error(s)->code, TLSW_ERR_MEMORY);
		ck_assert_refused(tls_socket_handshake(s), TLSW_ERR_MEMORY);
		ck_assert_int_eq(recv(fd[1], &c, 1, 0), 0); /* shut down, and nothing was sent */
	}
	tls_socket_free(s);
	(void)close(fd[0]);
	(void)close(fd[1]);
	return failed;
}

START_TEST(a_dialogue_without_memory_says_so_and_leaks_nothing)
{
	size_t nth = 1;

	(void)try_with(0, false); /* what is made once and kept is made now */
	while (try_with(nth, _i == 1))
		nth++;
	ck_assert_uint_gt(nth, 2);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("upgrade_memory");
	TCase *t = tcase_create("short");

	memory_hook();
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, a_dialogue_without_memory_says_so_and_leaks_nothing, 0, 2);
	suite_add_tcase(s, t);
	return support_run(s);
}
