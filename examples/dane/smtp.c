/*
 * smtp: STARTTLS with a mail server that is recognised by its TLSA records
 * (RFC 7672), which libunbound fetches and validates.
 *
 *     smtp [-c UNBOUND.CONF] [-k TRUST-ANCHOR] MX-HOST [PORT]
 *
 * MX-HOST came from a validated MX record, or from the user. Exit status: 0, or
 * 1 if the server is refused, or EX_TEMPFAIL: try again later.
 *
 * SPDX-License-Identifier: ISC
 */
#include <arpa/inet.h>
#include <err.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include <tlswrap.h>
#include <unbound.h>

enum type { A = 1, AAAA = 28, TLSA = 52 };

/*
 * What cannot be had or validated ends the program: it must neither be used nor
 * be taken for "there is no such record", for that is what an attacker wants
 * (RFC 7672 section 2.1.1). What is left is secure or insecure, records or none.
 */
static struct ub_result *
look_up(struct ub_ctx *dns, const char *name, enum type type)
{
	struct ub_result *answer;
	int error = ub_resolve(dns, name, (int)type, 1, &answer);

	if (error != 0)
		errx(EX_TEMPFAIL, "%s: %s", name, ub_strerror(error));
	if (answer->bogus)
		errx(EX_TEMPFAIL, "%s: %s", name, answer->why_bogus);
	if (answer->rcode != 0 && answer->rcode != 3) /* 3: no such name */
		errx(EX_TEMPFAIL, "%s: the name server answers with error %d", name, answer->rcode);
	return answer;
}

/* The TLSA records of a host whose addresses are secure; NULL if it has none that count. */
static struct ub_result *
look_up_tlsa(struct ub_ctx *dns, const char *host, const char *port)
{
	struct ub_result *answer;
	char name[300];

	(void)snprintf(name, sizeof(name), "_%s._tcp.%s", port, host);
	answer = look_up(dns, name, TLSA);
	if (answer->secure && answer->havedata)
		return answer;
	ub_resolve_free(answer);
	return NULL;
}

/* The first address that takes the connection. */
static int
connect_to(const struct ub_result *addresses, const char *port)
{
	char text[INET6_ADDRSTRLEN];
	int fd = -1;

	for (int i = 0; fd == -1 && addresses->data[i] != NULL; i++) {
		if (inet_ntop(addresses->len[i] == 4 ? AF_INET : AF_INET6, addresses->data[i], text,
			sizeof(text)) != NULL)
			fd = tls_create_tcp(text, port, 30000);
	}
	return fd;
}

/*
 * For SMTP only DANE-TA(2) and DANE-EE(3) are usable: nobody says which CAs a
 * sender has to trust (section 3.1.3). Returns how many there are.
 */
static int
add_usable(tls_socket *sock, const struct ub_result *records)
{
	int usable = 0;

	for (int i = 0; records->data[i] != NULL; i++) {
		const unsigned char *r = (const unsigned char *)records->data[i];
		int len = records->len[i];

		if (len > 3 && (r[0] == 2 || r[0] == 3) &&
		    tls_socket_add_tlsa(sock, r[0], r[1], r[2], r + 3, (size_t)len - 3) == 0)
			usable++;
	}
	return usable;
}

/*
 * A socket that is verified by the records, if one of them is usable; else TLS
 * that keeps out listeners only (section 2.2): better than none, and no more.
 */
static tls_socket *
start(int fd, const char *host, const struct ub_result *records, bool *verified)
{
	tls_context *ctx = tls_context_new(); /* no CA counts here */
	tls_socket *sock = tls_wrap_start(ctx, fd, host);

	*verified = sock != NULL && records != NULL && add_usable(sock, records) > 0;
	if (sock != NULL && !*verified) {
		tls_socket_free(sock);
		tls_context_free(ctx);
		ctx = tls_context_new();
		tls_context_set_check_hostname(ctx, false);
		tls_context_set_verify_mode(ctx, TLSW_CERT_NONE);
		sock = tls_wrap_start(ctx, fd, host);
	}
	tls_context_free(ctx); /* the socket keeps what it needs */
	return sock;
}

static void
deliver(struct ub_ctx *dns, const char *host, const char *port)
{
	struct ub_result *addresses = look_up(dns, host, A), *records = NULL;
	const char *base = host;
	tls_socket *sock;
	bool verified;
	int fd;

	if (!addresses->havedata) {
		ub_resolve_free(addresses);
		addresses = look_up(dns, host, AAAA);
	}
	if (!addresses->havedata)
		errx(EX_TEMPFAIL, "%s has no address", host);
	/* an alias has its records under either name, the real one first (section 2.2.2) */
	if (addresses->secure && addresses->canonname != NULL)
		records = look_up_tlsa(dns, base = addresses->canonname, port);
	if (addresses->secure && records == NULL)
		records = look_up_tlsa(dns, base = host, port);

	fd = connect_to(addresses, port);
	if (fd == -1)
		errx(EX_TEMPFAIL, "%s: %s", host, tls_last_error()->message);
	sock = start(fd, base, records, &verified);
	if (sock == NULL || tls_socket_starttls(sock, TLSW_SMTP) != 0 ||
	    tls_socket_handshake(sock) != 0)
		errx(1, "%s: %s", host, tls_last_error()->message);
	printf("%s: %s\n", host,
	    verified	      ? "verified by TLSA records"
	    : records != NULL ? "encrypted only, for no TLSA record is usable"
			      : "encrypted only, for there are no secure TLSA records");
	(void)tls_socket_write(sock, "QUIT\r\n", 6);
	(void)tls_socket_close(sock);
	(void)close(fd);
	ub_resolve_free(records);
	ub_resolve_free(addresses);
}

int
main(int argc, char **argv)
{
	const char *config = NULL, *anchor = "/usr/share/dns/root.key";
	struct ub_ctx *dns = ub_ctx_create();
	int option, error = 0;

	while ((option = getopt(argc, argv, "c:k:")) != -1)
		if (option == 'c')
			config = optarg;
		else if (option == 'k')
			anchor = optarg;
		else
			return EX_USAGE;
	if (argc - optind < 1 || argc - optind > 2)
		errx(EX_USAGE, "usage: smtp [-c UNBOUND.CONF] [-k TRUST-ANCHOR] MX-HOST [PORT]");
	if (dns == NULL)
		err(EX_OSERR, "libunbound");
	error = config != NULL ? ub_ctx_config(dns, config) : ub_ctx_resolvconf(dns, NULL);
	if (error == 0)
		error = ub_ctx_add_ta_file(dns, anchor);
	if (error != 0)
		errx(EX_CONFIG, "%s: %s", config != NULL ? config : anchor, ub_strerror(error));
	deliver(dns, argv[optind], argc - optind == 2 ? argv[optind + 1] : "25");
	ub_ctx_delete(dns);
	return 0;
}
