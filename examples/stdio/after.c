/*
 * finger: what a server knows about a user (RFC 1288).
 *
 *     finger HOST PORT USER
 *
 * SPDX-License-Identifier: ISC
 */
#include <err.h>
#include <stdio.h>
#include <tlswrap.h>

static FILE *in, *out;

static void
open_streams(const char *host, const char *port)
{
	tls_socket *sock = tls_create_connection(NULL, host, port);

	if (sock == NULL || tls_socket_fopen(sock, &in, &out) == -1)
		errx(1, "%s", tls_last_error()->message);
}

int
main(int argc, char **argv)
{
	char line[512];

	if (argc != 4)
		errx(2, "usage: finger HOST PORT USER");
	open_streams(argv[1], argv[2]);
	fprintf(out, "%s\r\n", argv[3]);
	if (fflush(out) == EOF)
		err(1, "cannot send");
	while (fgets(line, sizeof(line), in) != NULL)
		fputs(line, stdout);
	if (ferror(in))
		err(1, "cannot receive");
	fclose(out);
	fclose(in);
	return 0;
}
