/* SPDX-License-Identifier: ISC */
#include "support/scene.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define CLIENT "--as-client"

static char self[PATH_MAX];

tls_context *
scene_trusting(const struct pki *anchor)
{
	tls_context *ctx = tls_context_new();

	ck_assert_works(ctx != NULL);
	ck_assert_works(
	    tls_context_load_ca_mem(ctx, pki_pem(anchor), strlen(pki_pem(anchor))) == 1);
	return ctx;
}

struct peer_options
scene_server(const struct pki *cert)
{
	return (struct peer_options){.cert = pki_x509(cert), .key = pki_key(cert)};
}

void
scene_serve(struct scene *scene, struct peer_options options)
{
	scene->options = options;
	ck_assert_int_eq(peer_start(&scene->peer, &scene->options), 0);
	scene_connect(scene);
}

void
scene_connect(struct scene *scene)
{
	scene->fd = peer_connect(&scene->peer);
	ck_assert_int_ge(scene->fd, 0);
}

void
scene_hang_up(struct scene *scene)
{
	(void)close(scene->fd);
	ck_assert_int_eq(peer_wait(&scene->peer, &scene->report), 0);
}

void
scene_end(struct scene *scene)
{
	scene_hang_up(scene);
	peer_stop(&scene->peer);
}

void
scene_assert_open_and_shut(const struct scene *scene)
{
	char c;

	ck_assert_int_ne(fcntl(scene->fd, F_GETFD), -1);
	ck_assert_int_eq(send(scene->fd, "x", 1, MSG_NOSIGNAL), -1);
	ck_assert(errno == EPIPE || errno == ECONNRESET);
	while (recv(scene->fd, &c, 1, MSG_DONTWAIT) > 0)
		;
}

void
scene_assert_server_got_nothing(const struct scene *scene)
{
	ck_assert(!scene->report.handshake);
	ck_assert(!scene->report.client_cert);
	ck_assert_uint_eq(scene->report.data_in, 0);
}

/* ------------------------------------------------------------- a client apart */

/* What it is told by its arguments: PORT HOST CA_FILE MIN_VERSION CIPHERS, "" for "leave it". */
enum { ARG_PORT = 2, ARG_HOST, ARG_CA, ARG_MIN, ARG_CIPHERS, ARGS };

static tls_context *
client_context(char **argv)
{
	tls_context *ctx =
	    argv[ARG_CA][0] == '\0' ? tls_create_default_context() : tls_context_new();

	if (ctx != NULL &&
	    ((argv[ARG_CA][0] != '\0' && tls_context_load_ca_file(ctx, argv[ARG_CA]) < 1) ||
		(atoi(argv[ARG_MIN]) != 0 &&
		    tls_context_set_min_version(ctx, (enum tlsw_version)atoi(argv[ARG_MIN])) != 0) ||
		(argv[ARG_CIPHERS][0] != '\0' &&
		    tls_context_set_ciphers(ctx, argv[ARG_CIPHERS], NULL) != 0))) {
		tls_context_free(ctx);
		return NULL;
	}
	return ctx;
}

static int
converse(tls_context *ctx, int fd, const char *host, char *text, size_t size)
{
	tls_socket *s = tls_wrap(ctx, fd, host);
	char echo[4] = "";

	if (s == NULL || tls_socket_write(s, "ping", 4) != 4 ||
	    tls_socket_read(s, echo, sizeof(echo)) != 4 || memcmp(echo, "ping", 4) != 0) {
		(void)snprintf(text, size, "%s", tls_last_error()->message);
		tls_socket_free(s);
		return tls_last_error()->code == TLSW_OK ? -1 : (int)tls_last_error()->code;
	}
	(void)snprintf(text, size, "%s %s", tls_socket_version(s), tls_socket_cipher(s));
	(void)tls_socket_close(s);
	return TLSW_OK;
}

static void
be_client(char **argv)
{
	struct peer peer = {.fd = -1, .port = atoi(argv[ARG_PORT])};
	char text[SCENE_TEXT] = "";
	tls_context *ctx = client_context(argv);
	int code, fd = -1;

	if (ctx == NULL) {
		code = (int)tls_last_error()->code;
		(void)snprintf(text, sizeof(text), "%s", tls_last_error()->message);
	} else if ((fd = peer_connect(&peer)) < 0) {
		code = -2;
	} else {
		code = converse(ctx, fd, argv[ARG_HOST], text, sizeof(text));
		(void)close(fd);
		if (SSL_CTX_get_min_proto_version(tls_context_native(ctx)) < TLS1_2_VERSION)
			code = -3; /* nobody may ask for that, whatever comes of it */
	}
	tls_context_free(ctx);
	tls_error_clear();
	(void)printf("%d %s", code, text);
	(void)fflush(stdout);
}

bool
scene_was_client(int argc, char **argv, int *status)
{
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (n < 0 && realpath(argv[0], self) == NULL)
		self[0] = '\0';
	if (argc != ARGS || strcmp(argv[1], CLIENT) != 0)
		return false;
	be_client(argv);
	*status = 0;
	return true;
}

static void
change_environment(const char *const *env)
{
	char name[256];
	size_t n;

	for (; env != NULL && *env != NULL; env++) {
		n = strcspn(*env, "=");
		(void)snprintf(name, sizeof(name), "%.*s", (int)n, *env);
		if ((*env)[n] == '=')
			(void)setenv(name, *env + n + 1, 1);
		else
			(void)unsetenv(name);
	}
}

static void
exec_client(const struct scene_client *c, int out)
{
	char port[16], min[16];
	const char *argv[ARGS + 3];
	size_t n = 0;

	(void)snprintf(port, sizeof(port), "%d", c->port);
	(void)snprintf(min, sizeof(min), "%d", c->min_version);
	change_environment(c->env);
	if (c->wrapper != NULL) {
		argv[n++] = c->wrapper;
		argv[n++] = c->wrapper_arg;
	}
	argv[n++] = c->program != NULL ? c->program : self;
	argv[n++] = CLIENT;
	argv[n++] = port;
	argv[n++] = c->host;
	argv[n++] = c->ca_file == NULL ? "" : c->ca_file;
	argv[n++] = min;
	argv[n++] = c->ciphers == NULL ? "" : c->ciphers;
	argv[n] = NULL;
	(void)dup2(out, STDOUT_FILENO);
	(void)execvp(argv[0], (char *const *)(uintptr_t)argv);
	_exit(127);
}

struct scene_outcome
scene_run(const struct scene_client *client)
{
	struct scene_outcome outcome = {.code = -3};
	char line[SCENE_TEXT + 16];
	size_t len = 0;
	int out[2], status = 0;
	ssize_t n;
	pid_t pid;

	ck_assert_int_eq(pipe(out), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		exec_client(client, out[1]);
	(void)close(out[1]);
	while ((n = read(out[0], line + len, sizeof(line) - 1 - len)) > 0)
		len += (size_t)n;
	line[len] = '\0';
	(void)close(out[0]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "client: status 0x%x: %s",
	    (unsigned)status, line);
	ck_assert_msg(sscanf(line, "%d", &outcome.code) == 1, "client said \"%s\"", line);
	(void)snprintf(outcome.text, sizeof(outcome.text), "%s",
	    strchr(line, ' ') != NULL ? strchr(line, ' ') + 1 : "");
	return outcome;
}
