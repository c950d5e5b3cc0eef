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
#include <unistd.h>

static FILE *in, *out;

static void
open_streams(const char *host, const char *port)
{
	int fd = tls_create_tcp(host, port, 30000);

	if (fd == -1)
		errx(1, "%s", tls_last_error()->message);
	in = fdopen(fd, "r");
	out = fdopen(dup(fd), "w");
	if (in == NULL || out == NULL)
		err(1, "fdopen");
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
