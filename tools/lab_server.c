/*
 * lab_server.c - from a row of the lab to a server that can be started.
 *
 * SPDX-License-Identifier: ISC
 */
#include "lab_talk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REQUEST_WAIT_MS 250 /* for clients that speak first */

/* --------------------------------------------------------- request, answer */

/* Over when an HTTP request has its empty line, or nothing more comes. */
static bool
is_request(const char *text)
{
	return strncmp(text, "GET ", 4) == 0 || strncmp(text, "HEAD ", 5) == 0;
}

int
lab_take_request(struct peer_connection *c, const struct peer_step *step)
{
	char text[8192];
	size_t len = 0;
	ssize_t n;

	(void)step;
	text[0] = '\0';
	while (len < sizeof(text) - 1 && strstr(text, "\r\n\r\n") == NULL &&
	       peer_input_within(c, REQUEST_WAIT_MS)) {
		n = peer_read(c, text + len, sizeof(text) - 1 - len);
		if (n <= 0)
			break;
		len += (size_t)n;
		text[len] = '\0';
	}
	if (is_request(text))
		return peer_write(c, LAB_HTTP_HEADER, sizeof(LAB_HTTP_HEADER) - 1);
	return 0;
}

int
lab_answer(struct peer_connection *c, const struct peer_step *step)
{
	unsigned char buf[16384];
	size_t size = (size_t)step->n, n;

	if (size == 0)
		return peer_write(c, LAB_SHORT_BODY, sizeof(LAB_SHORT_BODY) - 1);
	for (size_t at = 0; at < size; at += n) {
		n = size - at < sizeof(buf) ? size - at : sizeof(buf);
		for (size_t i = 0; i < n; i++)
			buf[i] = peer_pattern(at + i);
		if (peer_write(c, buf, n) != 0)
			return -1;
	}
	return 0;
}

const struct peer_step lab_good[] = {
    PEER_HANDSHAKE, LAB_TAKE_REQUEST, LAB_ANSWER(0), PEER_CLOSE_NOTIFY, PEER_DRAIN, PEER_END};

/* ---------------------------------------------------------------- the server */

void
lab_server_set(struct lab_server *server, const struct pki *leaf, const struct pki *const *chain)
{
	server->cert = pki_x509(leaf);
	server->key = pki_key(leaf);
	if (X509_up_ref(server->cert) != 1 || EVP_PKEY_up_ref(server->key) != 1)
		abort();
	server->chain = chain != NULL ? pki_stack(chain) : NULL;
}

static void
set_issued(const struct lab *lab, const struct lab_row *row, struct lab_server *server)
{
	const struct pki *const issuers[] = {
	    [LAB_BY_INTERMEDIATE] = lab->intermediate,
	    [LAB_BY_UNSENT] = lab->intermediate,
	    [LAB_BY_ROOT] = lab->root,
	    [LAB_BY_STRANGER] = lab->stranger,
	    [LAB_BY_ITSELF] = NULL,
	};
	struct pki_spec spec = *row->leaf;
	struct pki_spec ca_spec;
	struct pki *leaf, *ca = NULL;

	spec.issuer = issuers[row->issuer];
	if (row->ca != NULL) {
		ca_spec = *row->ca;
		ca_spec.issuer = lab->root;
		ca = pki_new(&ca_spec);
		spec.issuer = ca;
	}
	leaf = pki_new(&spec);
	if (ca != NULL)
		lab_server_set(server, leaf, PKI_LIST(ca));
	else
		lab_server_set(server, leaf,
		    row->issuer == LAB_BY_INTERMEDIATE ? PKI_LIST(lab->intermediate) : NULL);
	pki_free(ca);
	pki_free(leaf);
}

void
lab_server_make(const struct lab *lab, const struct lab_row *row, struct lab_server *server)
{
	*server = (struct lab_server){.options = row->server};
	if (row->build != NULL)
		row->build(lab, row, server);
	else if (row->leaf != NULL)
		set_issued(lab, row, server);
	else if (row->identity != LAB_NO_CERT)
		lab_server_set(server, row->identity == LAB_RSA ? lab->rsa : lab->ecdsa,
		    PKI_LIST(lab->intermediate));
	server->options.cert = server->cert;
	server->options.chain = server->chain;
	server->options.key = server->key;
	if (server->options.script == NULL)
		server->options.script = lab_good;
}

void
lab_server_free(struct lab_server *server)
{
	X509_free(server->cert);
	EVP_PKEY_free(server->key);
	sk_X509_pop_free(server->chain, X509_free);
	*server = (struct lab_server){.cert = NULL};
}

const struct lab_row *
lab_row_at(size_t i)
{
	const struct lab_row *rows;
	size_t count;

	if (i < lab_certs_count)
		return &lab_certs[i];
	i -= lab_certs_count;
	if (i < lab_protocol_count)
		return &lab_protocol[i];
	i -= lab_protocol_count;
	rows = lab_dialogues(&count);
	return i < count ? &rows[i] : NULL;
}

/* -------------------------------------------------------------------- words */

const char *
lab_duty(const struct lab_row *row)
{
	static const char *const duties[] = {
	    [LAB_REFUSE] = "refuse",
	    [LAB_ACCEPT] = "accept",
	    [LAB_FAIL] = "report the end as an error",
	    [LAB_POLICY] = "accept or refuse, as configured",
	};

	return row->duty != NULL ? row->duty : duties[row->must];
}

const char *
lab_host(const struct lab_row *row)
{
	return row->host != NULL ? row->host : LAB_HOST;
}
