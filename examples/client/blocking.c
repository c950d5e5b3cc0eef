/*
 * blocking: connect, verify, ask, print the answer. The shortest way.
 *
 *     blocking HOST PORT PATH
 *
 * SPDX-License-Identifier: ISC
 */
#include <err.h>
#include <stdio.h>
#include <string.h>
#include <tlswrap.h>

int
main(int argc, char **argv)
{
	char buf[16384];
	tls_socket *sock;
	ssize_t n;

	if (argc != 4)
		errx(2, "usage: blocking HOST PORT PATH");
	/* resolves, connects and verifies: nothing is sent to anybody but HOST */
	sock = tls_create_connection(NULL, argv[1], argv[2]);
	if (sock == NULL)
		errx(1, "%s", tls_last_error()->message);
	tls_socket_set_timeout(sock, 30000);
	n = snprintf(buf, sizeof(buf), "GET %s HTTP/1.0\r\nHost: %s\r\n\r\n", argv[3], argv[1]);
	if (tls_socket_write(sock, buf, (size_t)n) == -1)
		errx(1, "%s", tls_last_error()->message);
	while ((n = tls_socket_read(sock, buf, sizeof(buf))) > 0)
		fwrite(buf, 1, (size_t)n, stdout);
	if (n == -1) /* cut short, not ended: 0 is the only end */
		errx(1, "%s", tls_last_error()->message);
	tls_socket_close(sock);
	return 0;
}
