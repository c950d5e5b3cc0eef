/*
 * side.c - a side's main program: one piece of work, as often as the driver asks.
 *
 *     side-raw work=handshake port=4433 dir=/tmp/...
 *
 * It prepares, prints its name, then answers each octet on standard input
 * with one sample, a line with a number, and ends at the end of input.
 *
 * SPDX-License-Identifier: ISC
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "side.h"

static int arg_count;
static char **args;

const char *
side_text(const char *name, const char *fallback)
{
	size_t len = strlen(name);
	int i;

	for (i = arg_count - 1; i > 0; i--)
		if (strncmp(args[i], name, len) == 0 && args[i][len] == '=')
			return args[i] + len + 1;
	return fallback;
}

unsigned long
side_number(const char *name, unsigned long fallback)
{
	const char *text = side_text(name, NULL);

	return text == NULL ? fallback : strtoul(text, NULL, 10);
}

void
side_absent(const char *why)
{
	printf("absent %s\n", why);
	exit(0);
}

void
side_die(const char *format, ...)
{
	va_list ap;

	fprintf(stderr, "%s: ", args[0]);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fprintf(stderr, " (work=%s)\n", side_text("work", "?"));
	exit(1);
}

double
side_cpu(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

int
side_dial(void)
{
	struct sockaddr_in to = {.sin_family = AF_INET};
	int fd, one = 1, buffer = 256 * 1024;

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	to.sin_port = htons((uint16_t)side_number("port", 0));
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof(buffer));
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0)
		side_die("cannot connect: %s", strerror(errno));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return fd;
}

void *
side_load(const char *path, size_t *len)
{
	struct stat st;
	void *data = NULL;
	FILE *f = fopen(path, "rb");

	if (f == NULL || fstat(fileno(f), &st) != 0 ||
	    (data = malloc((size_t)st.st_size + 1)) == NULL ||
	    fread(data, 1, (size_t)st.st_size, f) != (size_t)st.st_size)
		side_die("cannot read %s: %s", path, strerror(errno));
	fclose(f);
	((char *)data)[st.st_size] = '\0';
	*len = (size_t)st.st_size;
	return data;
}

/* option=a,b: each must be known to this side, or there is nothing to measure */
static void
set_options(void)
{
	char *list = strdup(side_text("option", "")), *option, *rest = NULL;

	for (option = strtok_r(list, ",", &rest); option != NULL;
	     option = strtok_r(NULL, ",", &rest))
		if (!peer_option(option))
			side_absent(option);
	free(list);
}

int
main(int argc, char **argv)
{
	const struct work *work;
	char go;

	arg_count = argc;
	args = argv;
	signal(SIGPIPE, SIG_IGN);
	work = work_find(side_text("work", ""));
	if (work == NULL)
		side_die("no such work");
	set_options();
	if (work->prepare != NULL)
		work->prepare();
	printf("ready %s\n", peer_name());
	fflush(stdout);
	while (read(STDIN_FILENO, &go, 1) == 1) {
		printf("%.12g\n", work->run());
		fflush(stdout);
	}
	return 0;
}
