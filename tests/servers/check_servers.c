/*
 * check_servers DIR [PART-OF-A-NAME...] - the library and the example clients
 * against the servers that run.sh has started; prints what failed (with
 * TLSW_VERBOSE in the environment all, and milliseconds), and at the end
 * "check-servers: N passed, N failed".
 *
 * SPDX-License-Identifier: ISC
 */
#include "servers/check.h"

#include <err.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

const char *directory;
static char **wanted;
static int passed, failed;
static char complaint[1024];
static char line[2048];

const char *
below(const char *format, ...)
{
	static char paths[4][1024];
	static unsigned next;
	char *path = paths[next++ % 4];
	size_t len = (size_t)snprintf(path, sizeof(paths[0]), "%s/", directory);
	va_list list;

	va_start(list, format);
	(void)vsnprintf(path + len, sizeof(paths[0]) - len, format, list);
	va_end(list);
	return path;
}

const char *
port_of(const char *name)
{
	static char port[8];
	char entry[64];
	FILE *file = fopen(below("ports"), "r");

	while (file != NULL && fscanf(file, "%63s %7s", entry, port) == 2)
		if (strcmp(entry, name) == 0) {
			(void)fclose(file);
			return port;
		}
	errx(1, "%s/ports knows no %s", directory, name);
}

bool
complain(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	(void)vsnprintf(complaint, sizeof(complaint), format, list);
	va_end(list);
	return false;
}

bool
complain_error(const char *what)
{
	const struct tls_error_info *e = tls_last_error();

	return complain(
	    "%s: %s, reasons %#lx: %s", what, tls_error_name(e->code), e->reasons, e->message);
}

static long
milliseconds(void)
{
	struct timespec now = {0};

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void
check(bool (*run)(const void *arg), const void *arg, const char *format, ...)
{
	char name[256];
	bool run_it = *wanted == NULL;
	long begin = milliseconds();
	va_list list;

	va_start(list, format);
	(void)vsnprintf(name, sizeof(name), format, list);
	va_end(list);
	for (char **part = wanted; *part != NULL; part++)
		run_it = run_it || strstr(name, *part) != NULL;
	if (!run_it)
		return;
	(void)complain("no reason was given");
	tls_error_clear();
	if (run(arg)) {
		passed++;
		if (getenv("TLSW_VERBOSE") != NULL)
			printf("ok   %s (%ld ms)\n", name, milliseconds() - begin);
	} else {
		failed++;
		printf("FAIL %s (%ld ms): %s\n", name, milliseconds() - begin, complaint);
	}
	(void)fflush(stdout);
}

tls_context *
new_context(enum tlsw_version version, const char *credentials)
{
	tls_context *ctx = tls_context_new();

	if (ctx == NULL || tls_context_load_ca_file(ctx, below("certs/ca.pem")) != 1 ||
	    tls_context_set_max_version(ctx, version) != 0 ||
	    tls_context_set_min_version(ctx, version) != 0 ||
	    tls_context_set_handshake_timeout(ctx, PATIENCE_MS) != 0)
		errx(1, "context: %s", tls_last_error()->message);
	if (credentials != NULL &&
	    tls_context_load_cert_chain(ctx, below("certs/%s.pem", credentials),
		below("certs/%s.key", credentials), NULL, NULL) != 0)
		errx(1, "%s: %s", credentials, tls_last_error()->message);
	return ctx;
}

tls_socket *
reach(tls_context *ctx, const char *address, const char *port_name, int protocol, const char *host)
{
	int fd = tls_create_tcp(address, port_of(port_name), PATIENCE_MS);
	tls_socket *s = NULL;

	if (fd == -1)
		return NULL;
	if (protocol == AT_ONCE)
		s = tls_wrap(ctx, fd, host);
	else
		s = tls_starttls(ctx, fd, (enum tlsw_protocol)protocol, host);
	if (s == NULL)
		(void)close(fd);
	else if (tls_socket_own_fd(s) != 0 || tls_socket_set_timeout(s, PATIENCE_MS) != 0)
		errx(1, "%s", tls_last_error()->message);
	return s;
}

const char *
last_line(void)
{
	return line;
}

bool
talk(tls_socket *s, const char *say, const char *hear)
{
	ssize_t n;

	if (say != NULL) {
		(void)snprintf(line, sizeof(line), "%s\r\n", say);
		/* after a failure, too, what has come tells more: an alert, an answer */
		(void)tls_socket_write(s, line, strlen(line));
	}
	for (int lines = 0; lines < 100; lines++) {
		n = tls_socket_read_line(s, line, sizeof(line));
		if (n == 0)
			return complain("\"%s\" is answered with the end, not with \"%s\"",
			    say == NULL ? "" : say, hear);
		if (n < 0)
			return complain_error(say == NULL ? "greeting" : say);
		line[strcspn(line, "\r\n")] = '\0';
		if (strncmp(line, hear, strlen(hear)) == 0)
			return true;
		/* what is no line of a list that goes on */
		if (strncmp(line, "-ERR", 4) == 0 || strncmp(line, "NO", 2) == 0 ||
		    (strlen(line) > 3 && line[0] >= '4' && line[0] <= '5' && line[3] == ' ') ||
		    (strchr(line, ' ') != NULL && strncmp(strchr(line, ' '), " NO ", 4) == 0))
			return complain(
			    "\"%s\" is answered with \"%s\"", say == NULL ? "" : say, line);
	}
	return complain("\"%s\" is not answered with \"%s\"", say == NULL ? "" : say, hear);
}

int
main(int argc, char **argv)
{
	if (argc < 2)
		errx(2, "usage: check_servers DIR [PART-OF-A-NAME...]");
	directory = argv[1];
	wanted = argv + 2;
	check_handshakes();
	check_transfers();
	check_examples();
	check_scram();
	printf("check-servers: %d passed, %d failed\n", passed, failed);
	return passed > 0 && failed == 0 ? 0 : 1;
}
