/*
 * FTP data channels: four transfers for each login, passively and actively, with
 * servers that demand the control connection's session and one that does not.
 * The same transfer without that session shows that they really demand it.
 *
 * SPDX-License-Identifier: ISC
 */
#include "servers/check.h"

#include <arpa/inet.h>
#include <err.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define FILE_SIZE 200000

static const struct server {
	const char *name, *port;
	int protocol;
	const char *user, *prefix; /* of names of files */
	const char *demand;	   /* what it says to a data channel without the control
			      connection's session; NULL: it takes it */
	enum tlsw_version resumes; /* the highest version in which it takes it */
} servers[] = {
    {"vsftpd", "vsftpd", TLSW_FTP, "anonymous", "pub/", "522 ", TLSW_TLS_1_3},
    {"vsftpd", "vsftpds", AT_ONCE, "anonymous", "pub/", "522 ", TLSW_TLS_1_3},
    {"proftpd", "proftpd", TLSW_FTP, USER, "", "425 ", TLSW_TLS_1_3},
    {"proftpd", "proftpds", AT_ONCE, USER, "", "425 ", TLSW_TLS_1_3},
    {"pure-ftpd", "pure-ftpd", TLSW_FTP, USER, "", NULL, TLSW_TLS_1_2},
};

enum mode { PASSIVE, ACTIVE };
struct session {
	const struct server *server;
	enum tlsw_version version;
	enum mode mode;
};

static char sent[FILE_SIZE], received[FILE_SIZE + 1];

static tls_socket *
log_in(tls_context *ctx, const struct server *server)
{
	tls_socket *control = reach(ctx, GOOD, server->port, server->protocol, GOOD);
	char user[64];

	(void)snprintf(user, sizeof(user), "USER %s", server->user);
	if (control == NULL)
		(void)complain_error("control connection");
	else if ((server->protocol != AT_ONCE || talk(control, NULL, "220 ")) &&
		 (strcmp(server->user, USER) != 0 ? talk(control, user, "230 ")
						  : talk(control, user, "331 ") &&
							talk(control, "PASS " PASSWORD, "230 ")) &&
		 talk(control, "PBSZ 0", "200 ") && talk(control, "PROT P", "200 ") &&
		 talk(control, "TYPE I", "200 "))
		return control;
	(void)tls_socket_close(control);
	return NULL;
}

/* ------------------------------------------------------------ the TCP connection */

static int
open_passive(tls_socket *control)
{
	const char *open;
	char port[8];

	if (!talk(control, "EPSV", "229 "))
		return -1;
	open = strchr(last_line(), '(');
	if (open == NULL || sscanf(open, "(|||%5[0-9]|)", port) != 1) {
		(void)complain("\"%s\"", last_line());
		return -1;
	}
	return tls_create_tcp(GOOD, port, PATIENCE_MS);
}

static int
open_listener(tls_socket *control)
{
	struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(own);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	char command[64];

	if (fd == -1 || bind(fd, (const struct sockaddr *)&own, len) == -1 || listen(fd, 1) == -1 ||
	    getsockname(fd, (struct sockaddr *)&own, &len) == -1)
		err(1, "socket");
	(void)snprintf(command, sizeof(command), "EPRT |1|127.0.0.1|%d|", ntohs(own.sin_port));
	if (talk(control, command, "200 "))
		return fd;
	(void)close(fd);
	return -1;
}

static int
take_connection(int listener)
{
	struct pollfd p = {.fd = listener, .events = POLLIN};
	int fd = poll(&p, 1, PATIENCE_MS) == 1 ? accept(listener, NULL, NULL) : -1;

	(void)close(listener);
	return fd;
}

/* Connected, and the command has got its 150. */
static int
open_data(tls_socket *control, enum mode mode, const char *command)
{
	int fd = mode == PASSIVE ? open_passive(control) : open_listener(control);

	if (fd == -1)
		return -1;
	if (!talk(control, command, "150 ")) {
		(void)close(fd);
		return -1;
	}
	return mode == PASSIVE ? fd : take_connection(fd);
}

/* ------------------------------------------------------------------- a transfer */

static tls_socket *
secure_data(const struct session *session, tls_socket *control, const char *command)
{
	int fd = open_data(control, session->mode, command);
	tls_socket *data = fd == -1 ? NULL : tls_wrap_data(control, fd);

	if (data == NULL) {
		if (fd != -1)
			(void)complain_error(command);
		return NULL;
	}
	if (tls_socket_own_fd(data) != 0 || tls_socket_set_timeout(data, PATIENCE_MS) != 0)
		errx(1, "%s", tls_last_error()->message);
	if (tls_socket_resumed(data) == (session->version <= session->server->resumes) &&
	    tls_socket_verified(data) &&
	    strcmp(tls_socket_version(data), tls_socket_version(control)) == 0)
		return data;
	(void)complain("%s: %s, %sverified, %sresumed", command, tls_socket_version(data),
	    tls_socket_verified(data) ? "" : "not ", tls_socket_resumed(data) ? "" : "not ");
	(void)tls_socket_close(data);
	return NULL;
}

static bool
store(const struct session *session, tls_socket *control, const char *command)
{
	tls_socket *data = secure_data(session, control, command);
	bool ok = data != NULL;

	if (ok && tls_socket_write(data, sent, FILE_SIZE) != FILE_SIZE)
		ok = complain_error(command);
	/* the end is said twice, and the answer awaited, before anything is closed */
	if (ok && (tls_socket_shutdown(data) != 0 || shutdown(tls_socket_fd(data), SHUT_WR) == -1))
		ok = complain_error(command);
	ok = ok && talk(control, NULL, "226 ");
	(void)tls_socket_close(data);
	return ok;
}

/* Everything up to the end that the server declares; its length. -1: complained. */
static ssize_t
fetch(const struct session *session, tls_socket *control, const char *command)
{
	tls_socket *data = secure_data(session, control, command);
	ssize_t n = 1, done = 0;

	if (data == NULL)
		return -1;
	while (n > 0 && done < FILE_SIZE) {
		n = tls_socket_read(data, received + done, (size_t)(FILE_SIZE - done));
		done += n > 0 ? n : 0;
	}
	if (n > 0)
		n = tls_socket_read(data, received + done, 1);
	if (n != 0)
		(void)complain_error(command);
	received[done] = '\0';
	(void)tls_socket_close(data);
	return n == 0 && talk(control, NULL, "226 ") ? done : -1;
}

static bool
fetches_the_same(const struct session *session, tls_socket *control, const char *command)
{
	memset(received, 0, sizeof(received));
	if (fetch(session, control, command) == -1)
		return false;
	return memcmp(received, sent, FILE_SIZE) == 0 ||
	       complain("%s: other octets than those that were sent", command);
}

static bool
transfers_four_times(tls_socket *control, const struct session *session)
{
	static int serial;
	char name[32], retr[64], stor[64], list[64];

	(void)snprintf(name, sizeof(name), "file-%d", serial++);
	(void)snprintf(retr, sizeof(retr), "RETR %s%s", session->server->prefix, name);
	(void)snprintf(stor, sizeof(stor), "STOR %s%s", session->server->prefix, name);
	(void)snprintf(list, sizeof(list), "LIST %s", session->server->prefix);
	return store(session, control, stor) && fetches_the_same(session, control, retr) &&
	       fetch(session, control, list) >= 0 &&
	       (strstr(received, name) != NULL || complain("%s shows no %s", list, name)) &&
	       fetches_the_same(session, control, retr) && talk(control, "QUIT", "221 ");
}

static bool
four_transfers(const void *arg)
{
	const struct session *session = arg;
	tls_context *ctx = new_context(session->version, NULL);
	tls_socket *control = log_in(ctx, session->server);
	bool ok = control != NULL && transfers_four_times(control, session);

	(void)tls_socket_close(control);
	tls_context_free(ctx);
	return ok;
}

/* ------------------------------------------------------------ without the session */

/* A listing over a data channel that knows nothing of the control connection. */
static bool
list_without(tls_socket *control, const struct session *session)
{
	tls_context *stranger = new_context(session->version, NULL);
	int fd = open_data(control, session->mode, "LIST");
	tls_socket *data = fd == -1 ? NULL : tls_wrap(stranger, fd, GOOD);
	ssize_t n = -1;

	while (data != NULL && (n = tls_socket_read(data, received, FILE_SIZE)) > 0)
		continue;
	(void)tls_socket_close(data);
	if (fd != -1)
		(void)close(fd);
	tls_context_free(stranger);
	if (fd == -1)
		return false;
	if (session->server->demand != NULL)
		return talk(control, NULL, session->server->demand);
	return n == 0 ? talk(control, NULL, "226 ") : complain_error("LIST");
}

static bool
without_the_session(const void *arg)
{
	const struct session *session = arg;
	tls_context *ctx = new_context(session->version, NULL);
	tls_socket *control = log_in(ctx, session->server);
	bool ok = control != NULL && list_without(control, session);

	(void)tls_socket_close(control);
	tls_context_free(ctx);
	return ok;
}

void
check_transfers(void)
{
	static const enum tlsw_version versions[] = {TLSW_TLS_1_2, TLSW_TLS_1_3};

	for (size_t i = 0; i < FILE_SIZE; i++)
		sent[i] = (char)(i * i >> 7);
	for (size_t i = 0; i < 2 * sizeof(servers) / sizeof(servers[0]); i++) {
		struct session session = {&servers[i / 2], versions[i % 2], PASSIVE};
		const char *version = i % 2 == 0 ? "1.2" : "1.3", *name = session.server->name;
		const char *at = session.server->protocol == AT_ONCE ? "at once" : "STARTTLS";

		check(four_transfers, &session, "%s (%s, TLS %s): four transfers, passive", name,
		    at, version);
		session.mode = ACTIVE;
		check(four_transfers, &session, "%s (%s, TLS %s): four transfers, active", name, at,
		    version);
		session.mode = PASSIVE;
		check(without_the_session, &session, "%s (%s, TLS %s): %s", name, at, version,
		    session.server->demand != NULL ? "demands its session" : "demands no session");
	}
}
