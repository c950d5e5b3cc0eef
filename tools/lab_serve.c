/*
 * lab_serve.c - tlswrap lab serve: every row on a port of its own.
 *
 * SPDX-License-Identifier: ISC
 */
#include "lab_tool.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <jansson.h>

#define LIMIT_MS 60000 /* for one connection: people try things by hand here */

/* One row, ready for clients. */
struct place {
	const struct lab_row *row;
	struct lab_server server;
	SSL_CTX *ctx;
	int port;
};

struct site {
	struct place *places;
	struct pollfd *fds; /* the listeners, in the same order */
	size_t count;
};

static volatile sig_atomic_t interrupted;

static void
on_signal(int number)
{
	interrupted = number;
}

static void
set_signals(void)
{
	struct sigaction stop = {.sa_handler = on_signal}; /* no SA_RESTART: poll() returns */
	struct sigaction ignore = {
	    .sa_handler = SIG_IGN}; /* children are collected by themselves */

	(void)sigaction(SIGINT, &stop, NULL);
	(void)sigaction(SIGTERM, &stop, NULL);
	(void)sigaction(SIGCHLD, &ignore, NULL);
}

/* ------------------------------------------------------------------- opening */

static bool
is_ipv6(const struct lab_row *row)
{
	return strchr(lab_host(row), ':') != NULL;
}

/* EXIT_GOOD also when there is no IPv6 for a row that needs it: it is left out. */
static int
open_place(struct site *site, const struct lab *lab, const struct lab_row *row)
{
	struct place *p = &site->places[site->count];
	int fd = peer_listen(is_ipv6(row), &p->port);

	if (fd < 0) {
		(void)fprintf(
		    stderr, "tlswrap: %s: cannot listen: %s\n", row->name, strerror(errno));
		return is_ipv6(row) ? EXIT_GOOD : EXIT_NETWORK;
	}
	p->row = row;
	lab_server_make(lab, row, &p->server);
	p->server.options.limit_ms = LIMIT_MS;
	p->ctx = peer_ssl_ctx(&p->server.options);
	site->fds[site->count++] = (struct pollfd){.fd = fd, .events = POLLIN};
	return p->ctx != NULL ? EXIT_GOOD : EXIT_LOCAL;
}

static int
open_site(struct site *site, const struct lab *lab, const struct lab_choice *choice)
{
	const struct lab_row *row;
	size_t total = 0;
	int status = EXIT_GOOD;

	while (lab_row_at(total) != NULL)
		total++;
	site->places = calloc(total + 1, sizeof(*site->places));
	site->fds = calloc(total + 1, sizeof(*site->fds));
	if (site->places == NULL || site->fds == NULL)
		return EXIT_LOCAL;
	for (size_t i = 0; status == EXIT_GOOD && (row = lab_row_at(i)) != NULL; i++)
		if (lab_chosen(choice, row))
			status = open_place(site, lab, row);
	return status;
}

static void
close_site(struct site *site)
{
	for (size_t i = 0; i < site->count; i++) {
		(void)close(site->fds[i].fd);
		SSL_CTX_free(site->places[i].ctx);
		lab_server_free(&site->places[i].server);
	}
	free(site->places);
	free(site->fds);
}

/* ------------------------------------------------------------------- showing */

static int
print_table(const struct site *site)
{
	const struct place *p;

	(void)printf("%-8s %-5s  %-20s  %s\n", "NAME", "PORT", "HOST", "WHAT IT DOES");
	for (p = site->places; p < site->places + site->count; p++)
		(void)printf("%-8s %-5d  %-20s  %s\n", p->row->name, p->port, lab_host(p->row),
		    p->row->does);
	return tool_flush();
}

static json_t *
describe(const struct place *p)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:i}", "name", p->row->name, "title",
	    p->row->title, "does", p->row->does, "must", lab_duty(p->row), "host", lab_host(p->row),
	    "address", is_ipv6(p->row) ? "::1" : "127.0.0.1", "port", p->port);
}

static int
print_json(const struct site *site)
{
	json_t *all = json_array();
	bool good = all != NULL;

	for (size_t i = 0; good && i < site->count; i++)
		good = json_array_append_new(all, describe(&site->places[i])) == 0;
	good = good && json_dumpf(all, stdout, JSON_INDENT(1)) == 0 && putchar('\n') != EOF;
	json_decref(all);
	return good ? tool_flush() : EXIT_LOCAL;
}

/* ------------------------------------------------------------------- serving */

static void
serve_client(const struct site *site, const struct place *place, int listener)
{
	struct peer_report report = {.connection = 0};
	int fd = accept(listener, NULL, NULL);
	int on = 1;
	pid_t pid;

	if (fd < 0)
		return;
	pid = fork();
	if (pid == 0) {
		(void)signal(SIGINT, SIG_DFL);
		(void)signal(SIGTERM, SIG_DFL);
		for (size_t i = 0; i < site->count; i++)
			(void)close(site->fds[i].fd);
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		peer_serve(fd, &place->server.options, place->ctx, &report);
		_exit(0);
	}
	(void)close(fd);
}

static void
serve_clients(struct site *site)
{
	while (interrupted == 0) {
		if (poll(site->fds, (nfds_t)site->count, 1000) <= 0)
			continue;
		for (size_t i = 0; i < site->count; i++)
			if (site->fds[i].revents != 0)
				serve_client(site, &site->places[i], site->fds[i].fd);
	}
}

int
lab_serve(const struct lab_options *o)
{
	struct site site = {.places = NULL};
	struct lab *lab = lab_new();
	int status = EXIT_GOOD;

	set_signals();
	if (o->ca_file != NULL)
		status = lab_write_file(o->ca_file, lab_ca_pem(lab));
	if (status == EXIT_GOOD && o->crl_file != NULL)
		status = lab_write_file(o->crl_file, lab_crl_pem(lab));
	if (status == EXIT_GOOD)
		status = open_site(&site, lab, &o->choice);
	if (status == EXIT_GOOD)
		status = o->json ? print_json(&site) : print_table(&site);
	if (status == EXIT_GOOD)
		serve_clients(&site);
	close_site(&site);
	lab_free(lab);
	return status;
}
