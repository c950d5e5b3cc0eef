/*
 * helper: what the shell cannot do for tests/servers.
 *
 *     helper pki DIR                    certificates for the addresses below
 *     helper ports NAME...              a free port for each: lines "NAME PORT"
 *     helper await SECONDS ADDRESS:PORT...   until all of them answer
 *
 * Every server listens on each of these addresses, and the address decides
 * which certificate it shows, from DIR/ADDRESS.pem and DIR/ADDRESS.key:
 *
 *     127.0.0.1   a good one        127.0.0.2   one for another host
 *     127.0.0.3   an expired one    127.0.0.4   one from a CA nobody knows
 *     127.0.0.5   a good one; the server demands one of the client as well
 *
 * (.issuer: what stands above it; .all: the key and all of the chain.)
 *
 * SPDX-License-Identifier: ISC
 */
#include <arpa/inet.h>
#include <err.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "support/pki.h"

#define DAY 86400L

static const char *directory;

/* Write DIR/NAME.ENDING with two texts; keys are for their owner alone. */
static void
save(const char *name, const char *ending, mode_t mode, const char *text, const char *more)
{
	char path[4096];
	FILE *file;

	if (snprintf(path, sizeof(path), "%s/%s.%s", directory, name, ending) >= (int)sizeof(path))
		errx(1, "%s is too long a path", directory);
	(void)umask(mode == 0600 ? 077 : 022);
	file = fopen(path, "w");
	if (file == NULL || fputs(text, file) == EOF || fputs(more, file) == EOF ||
	    fclose(file) == EOF)
		err(1, "%s", path);
}

/* Each server wants them put together in its own way. */
static void
save_pair(const char *name, const struct pki *leaf, const struct pki *issuer)
{
	char *chain = pki_chain_pem(PKI_LIST(leaf, issuer));

	save(name, "pem", 0644, chain, "");
	save(name, "key", 0600, pki_key_pem(leaf), "");
	save(name, "issuer", 0644, pki_pem(issuer), "");
	save(name, "all", 0600, pki_key_pem(leaf), chain);
	free(chain);
}

/* end: seconds from now to its last, 0 for ten years. */
static void
make_server(const struct pki *issuer, const char *address, const struct pki_name *san, long end)
{
	struct pki *leaf = pki_make(.cn = address, .issuer = issuer, .san = san,
	    .not_before = end == 0 ? 0 : end - 30 * DAY, .not_after = end);

	save_pair(address, leaf, issuer);
	pki_free(leaf);
}

static void
make_client(const struct pki *issuer, const char *name)
{
	struct pki *leaf = pki_make(.cn = name, .issuer = issuer,
	    .san = PKI_NAMES(PKI_EMAIL("tlstest@example.test")),
	    .eku = PKI_OIDS("1.3.6.1.5.5.7.3.2"));

	save_pair(name, leaf, issuer);
	pki_free(leaf);
}

static int
make_pki(void)
{
	struct pki *root = pki_ca("Servers root"), *unknown = pki_ca("Nobody's root");
	struct pki *issuing = pki_intermediate(root, "Servers issuing");
	struct pki *client_ca = pki_ca("Clients root");

	make_server(issuing, "127.0.0.1",
	    PKI_NAMES(PKI_DNS("mail.example.test"), PKI_DNS("localhost"), PKI_IP("127.0.0.1")), 0);
	make_server(issuing, "127.0.0.2", PKI_NAMES(PKI_DNS("other.example.test")), 0);
	make_server(issuing, "127.0.0.3",
	    PKI_NAMES(PKI_DNS("mail.example.test"), PKI_IP("127.0.0.3")), -2 * DAY);
	make_server(
	    unknown, "127.0.0.4", PKI_NAMES(PKI_DNS("mail.example.test"), PKI_IP("127.0.0.4")), 0);
	make_server(
	    issuing, "127.0.0.5", PKI_NAMES(PKI_DNS("mail.example.test"), PKI_IP("127.0.0.5")), 0);
	make_client(client_ca, "client");
	make_client(unknown, "stranger");
	save("ca", "pem", 0644, pki_pem(root), "");
	save("client-ca", "pem", 0644, pki_pem(client_ca), "");
	pki_free(client_ca);
	pki_free(issuing);
	pki_free(unknown);
	pki_free(root);
	return 0;
}

/*
 * Below what the kernel gives to outgoing connections, so that none of those
 * takes a port before its server does. All are held until all are known.
 */
static int
print_ports(char **names)
{
	struct timespec now = {0};
	struct sockaddr_in any = {.sin_family = AF_INET};
	int fd = -1, tries = 10000;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	srandom((unsigned)now.tv_nsec ^ (unsigned)getpid());
	while (*names != NULL && tries-- > 0) {
		if (fd == -1 && (fd = socket(AF_INET, SOCK_STREAM, 0)) == -1)
			err(1, "socket");
		any.sin_port = htons((in_port_t)(10240 + random() % 20000));
		if (bind(fd, (const struct sockaddr *)&any, sizeof(any)) == -1)
			continue;
		printf("%s %d\n", *names++, ntohs(any.sin_port));
		fd = -1;
	}
	return *names == NULL ? 0 : 1;
}

static bool
answers(const char *address, int port)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((in_port_t)port)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	bool connected;

	if (fd == -1 || inet_pton(AF_INET, address, &to.sin_addr) != 1)
		errx(1, "%s:%d cannot be asked", address, port);
	connected = connect(fd, (const struct sockaddr *)&to, sizeof(to)) == 0;
	(void)close(fd);
	return connected;
}

static int
await(int seconds, char **places)
{
	int tenths = seconds * 10;

	for (; *places != NULL; places++) {
		char *colon = strchr(*places, ':');

		if (colon == NULL)
			errx(2, "%s: no port", *places);
		*colon = '\0';
		while (!answers(*places, atoi(colon + 1))) {
			if (tenths-- <= 0)
				errx(1, "%s:%s does not answer", *places, colon + 1);
			(void)usleep(100000);
		}
	}
	return 0;
}

int
main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "pki") == 0) {
		directory = argv[2];
		return make_pki();
	}
	if (argc > 2 && strcmp(argv[1], "ports") == 0)
		return print_ports(argv + 2);
	if (argc > 3 && strcmp(argv[1], "await") == 0)
		return await(atoi(argv[2]), argv + 3);
	errx(2, "usage: helper pki DIR | ports NAME... | await SECONDS ADDRESS:PORT...");
}
