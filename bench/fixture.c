/*
 * fixture.c - makes the certificates, in a temporary folder, and the servers.
 *
 * SPDX-License-Identifier: ISC
 */
#include <dirent.h>
#include <openssl/x509.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture.h"
#include "server.h"
#include "side.h"
#include "support/pki.h"

static struct fixture made;
static pid_t servers[2];

static void
put(const char *name, const void *data, size_t len)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", made.dir, name);
	pki_write(path, data, len);
}

static void
put_text(const char *name, const char *text)
{
	put(name, text, strlen(text));
}

/* Root, intermediate and leaf with keys of one type, and a server that shows them. */
static pid_t
serve_chain(const char *name, const char *key_type, unsigned short *port)
{
	struct pki *root = pki_make(.cn = "Bench Root", .basic = PKI_CA, .key_type = key_type);
	struct pki *middle = pki_make(.cn = "Bench Intermediate", .basic = PKI_CA,
	    .key_type = key_type, .issuer = root);
	struct pki *leaf = pki_make(.cn = BENCH_HOST, .san = PKI_NAMES(PKI_DNS(BENCH_HOST)),
	    .key_type = key_type, .issuer = middle);
	char file[32], path[128], *chain = pki_chain_pem(PKI_LIST(leaf, middle)), *text = NULL;
	int listener = server_listen(port);
	pid_t pid = -1;

	if (listener < 0 || asprintf(&text, "%s%s", pki_key_pem(leaf), chain) < 0)
		goto out;
	snprintf(file, sizeof(file), "%s.pem", name);
	put_text(file, pki_pem(root));
	snprintf(file, sizeof(file), "%s-server.pem", name);
	put_text(file, text);
	snprintf(path, sizeof(path), "%s/%s", made.dir, file);
	pid = server_start(listener, path);
out:
	if (listener >= 0)
		close(listener);
	free(text);
	free(chain);
	pki_free(leaf);
	pki_free(middle);
	pki_free(root);
	return pid;
}

/* host0000.example.org and on: all of one length, so each has to be looked at. */
static void
make_names(size_t count)
{
	struct pki_name *names = calloc(count + 1, sizeof(*names));
	char(*texts)[32] = calloc(count, sizeof(*texts)), file[32];
	struct pki *cert;
	size_t i;

	if (names == NULL || texts == NULL)
		abort();
	for (i = 0; i < count; i++) {
		snprintf(texts[i], sizeof(texts[i]), "host%04zu.example.org", i);
		names[i] = pki_name(2, texts[i]);
	}
	cert = pki_make(.cn = "Names", .san = names);
	snprintf(file, sizeof(file), "names-%zu.der", count);
	put(file, pki_der(cert).at, pki_der(cert).len);
	pki_free(cert);
	free(texts);
	free(names);
}

/* The first place that can be opened; NULL: none. */
static FILE *
open_system_bundle(void)
{
	const char *places[] = {getenv("SSL_CERT_FILE"), X509_get_default_cert_file(),
	    "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
	    "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem"};
	FILE *f = NULL;
	size_t i;

	for (i = 0; f == NULL && i < sizeof(places) / sizeof(places[0]); i++)
		if (places[i] != NULL)
			f = fopen(places[i], "rb");
	return f;
}

static void
copy_file(FILE *from, FILE *to)
{
	char block[8192];
	size_t n;

	while ((n = fread(block, 1, sizeof(block), from)) > 0)
		fwrite(block, 1, n, to);
	fclose(from);
}

/* The system's bundle and our root behind it, which SSL_CERT_FILE then names. */
static bool
make_bundle(void)
{
	FILE *system_bundle = open_system_bundle(), *own, *bundle;
	char path[128];

	if (system_bundle == NULL) {
		fprintf(stderr, "tlsw-bench: this system has no CA bundle (set SSL_CERT_FILE)\n");
		return false;
	}
	snprintf(path, sizeof(path), "%s/ec.pem", made.dir);
	own = fopen(path, "rb");
	snprintf(path, sizeof(path), "%s/bundle.pem", made.dir);
	bundle = fopen(path, "wb");
	if (own == NULL || bundle == NULL)
		return false;
	copy_file(system_bundle, bundle);
	copy_file(own, bundle);
	if (fclose(bundle) != 0 || setenv("SSL_CERT_FILE", path, 1) != 0)
		return false;
	sleep(3); /* who keeps what is parsed trusts no file as fresh as this one */
	return true;
}

const struct fixture *
fixture_start(void)
{
	snprintf(made.dir, sizeof(made.dir), "/tmp/tlsw-bench-XXXXXX");
	if (mkdtemp(made.dir) == NULL) {
		perror(made.dir);
		return NULL;
	}
	servers[0] = serve_chain("ec", "P-256", &made.ec_port);
	servers[1] = serve_chain("rsa", "RSA-2048", &made.rsa_port);
	make_names(1);
	make_names(10);
	make_names(100);
	make_names(1000);
	if (servers[0] > 0 && servers[1] > 0 && make_bundle())
		return &made;
	fprintf(stderr, "tlsw-bench: cannot set the servers up\n");
	fixture_stop();
	return NULL;
}

void
fixture_stop(void)
{
	char path[384];
	struct dirent *entry;
	DIR *dir;
	int i;

	for (i = 0; i < 2; i++)
		if (servers[i] > 0) {
			kill(servers[i], SIGKILL);
			waitpid(servers[i], NULL, 0);
		}
	dir = opendir(made.dir);
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		snprintf(path, sizeof(path), "%s/%s", made.dir, entry->d_name);
		unlink(path); /* fails for "." and "..", as it should */
	}
	if (dir != NULL)
		closedir(dir);
	rmdir(made.dir);
}
