/*
 * lab_chains.c - the lab's hierarchies, and the chains that take more than
 * one odd certificate to make.
 *
 * SPDX-License-Identifier: ISC
 */
#include "lab.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY 86400L

/* A new piece of memory or the end: the lab is a tool, not a library. */
static void *
get_memory(size_t count, size_t size)
{
	void *p = calloc(count, size);

	if (p == NULL)
		abort();
	return p;
}

/* ------------------------------------------------------------ hierarchies */

static void
renewal_new(struct lab_renewal *r, const char *old_name, const char *new_name)
{
	r->old_root =
	    pki_make(.cn = old_name, .basic = PKI_CA, .not_before = -3650 * DAY, .not_after = -DAY);
	r->new_root = pki_ca(new_name);
	r->cross = pki_make(.cn = new_name, .basic = PKI_CA, .key = pki_key(r->new_root),
	    .issuer = r->old_root);
}

static void
renewal_free(struct lab_renewal *r)
{
	pki_free(r->old_root);
	pki_free(r->new_root);
	pki_free(r->cross);
}

static void
write_lists(struct lab *lab)
{
	X509_CRL *crl = pki_crl(&(const struct pki_crl_spec){
	    .issuer = lab->intermediate, .serial = PKI_OCTETS(LAB_REVOKED_SERIAL)});

	lab->crl_pem = pki_crl_pem(crl);
	X509_CRL_free(crl);
	lab->ca_pem = pki_chain_pem(PKI_LIST(lab->root, lab->half.new_root, lab->whole.old_root,
	    lab->whole.new_root, lab->lone_leaf, lab->lone_ca, lab->self));
}

struct lab *
lab_new(void)
{
	static const struct pki_name names[] = {PKI_DNS(LAB_HOST), {0, NULL, 0}};
	struct lab *lab = get_memory(1, sizeof(*lab));

	lab->root = pki_ca("Lab Root");
	lab->intermediate = pki_intermediate(lab->root, "Lab CA");
	lab->ecdsa = pki_leaf(lab->intermediate, LAB_HOST);
	lab->rsa = pki_make(.cn = LAB_HOST, .san = names, .issuer = lab->intermediate,
	    .key_type = "RSA-2048");
	lab->stranger = pki_ca("Nobody's Root");
	renewal_new(&lab->half, "Old Root A", "New Root A");
	renewal_new(&lab->whole, "Old Root B", "New Root B");
	lab->lone_leaf = pki_make(.cn = "Lone leaf", .san = names, .issuer = lab->stranger);
	lab->lone_ca = pki_intermediate(lab->stranger, "Lone CA");
	lab->self = pki_make(.cn = LAB_HOST, .san = names, .key_usage = PKI_NO_KEY_USAGE);
	write_lists(lab);
	return lab;
}

void
lab_free(struct lab *lab)
{
	if (lab == NULL)
		return;
	pki_free(lab->root);
	pki_free(lab->intermediate);
	pki_free(lab->ecdsa);
	pki_free(lab->rsa);
	pki_free(lab->stranger);
	renewal_free(&lab->half);
	renewal_free(&lab->whole);
	pki_free(lab->lone_leaf);
	pki_free(lab->lone_ca);
	pki_free(lab->self);
	free(lab->ca_pem);
	free(lab->crl_pem);
	free(lab);
}

const char *
lab_ca_pem(const struct lab *lab)
{
	return lab->ca_pem;
}

const char *
lab_crl_pem(const struct lab *lab)
{
	return lab->crl_pem;
}

/* --------------------------------------------------------------- odd chains */

void
lab_build_self_signed_in_chain(
    const struct lab *lab, const struct lab_row *row, struct lab_server *server)
{
	struct pki *leaf = pki_leaf(lab->stranger, LAB_HOST);

	(void)row;
	lab_server_set(server, leaf, PKI_LIST(lab->stranger));
	pki_free(leaf);
}

void
lab_build_reversed(const struct lab *lab, const struct lab_row *row, struct lab_server *server)
{
	struct pki *below = pki_intermediate(lab->intermediate, "Lab CA below");
	struct pki *leaf = pki_leaf(below, LAB_HOST);

	(void)row;
	lab_server_set(server, leaf, PKI_LIST(lab->root, lab->intermediate, below));
	pki_free(leaf);
	pki_free(below);
}

void
lab_build_garbage(const struct lab *lab, const struct lab_row *row, struct lab_server *server)
{
	struct pki *other = pki_leaf(lab->stranger, "other.test");

	(void)row;
	lab_server_set(server, lab->ecdsa, PKI_LIST(other, lab->stranger, lab->intermediate));
	pki_free(other);
}

void
lab_build_leaf_signs_leaf(
    const struct lab *lab, const struct lab_row *row, struct lab_server *server)
{
	struct pki *between = pki_leaf(lab->intermediate, "between.lab.test");
	struct pki *leaf = pki_leaf(between, LAB_HOST);

	(void)row;
	lab_server_set(server, leaf, PKI_LIST(between, lab->intermediate));
	pki_free(leaf);
	pki_free(between);
}

void
lab_build_path_too_long(const struct lab *lab, const struct lab_row *row, struct lab_server *server)
{
	struct pki *last =
	    pki_make(.cn = "Last CA", .basic = PKI_CA, .has_pathlen = true, .issuer = lab->root);
	struct pki *below = pki_intermediate(last, "One CA too many");
	struct pki *leaf = pki_leaf(below, LAB_HOST);

	(void)row;
	lab_server_set(server, leaf, PKI_LIST(below, last));
	pki_free(leaf);
	pki_free(below);
	pki_free(last);
}

/* row->size names; the last is the right one. */
void
lab_build_many_names(const struct lab *lab, const struct lab_row *row, struct lab_server *server)
{
	size_t count = (size_t)row->size;
	struct pki_name *names = get_memory(count + 1, sizeof(*names));
	char(*texts)[48] = get_memory(count, sizeof(*texts));
	struct pki *leaf;

	for (size_t i = 0; i < count; i++) {
		(void)snprintf(texts[i], sizeof(texts[i]), "host%05zu.lab.test", i);
		names[i] = pki_name(2, i + 1 < count ? texts[i] : LAB_HOST);
	}
	leaf = pki_make(.cn = LAB_HOST, .san = names, .issuer = lab->intermediate);
	lab_server_set(server, leaf, PKI_LIST(lab->intermediate));
	pki_free(leaf);
	free(texts);
	free(names);
}

/* row->size intermediates between root and leaf, in order. */
void
lab_build_tower(const struct lab *lab, const struct lab_row *row, struct lab_server *server)
{
	size_t floors = (size_t)row->size;
	struct pki **list = get_memory(floors + 1, sizeof(struct pki *));
	const struct pki *above = lab->root;
	struct pki *leaf;
	char cn[32];

	for (size_t i = 0; i < floors; i++) {
		(void)snprintf(cn, sizeof(cn), "Floor %zu", floors - i);
		list[floors - 1 - i] = pki_intermediate(above, cn);
		above = list[floors - 1 - i];
	}
	leaf = pki_leaf(above, LAB_HOST);
	lab_server_set(server, leaf, (const struct pki *const *)list);
	pki_free(leaf);
	for (size_t i = 0; i < floors; i++)
		pki_free(list[i]);
	free(list);
}

/* A good chain, and behind it row->size copies of something of 10 000 octets. */
void
lab_build_fat_chain(const struct lab *lab, const struct lab_row *row, struct lab_server *server)
{
	static unsigned char comment[10000] = {0x16, 0x82, 0x27, 0x0c}; /* an IA5String of 9996 */
	const struct pki_extension fat[] = {
	    {"2.16.840.1.113730.1.13", false, comment, sizeof(comment)}, {NULL, false, NULL, 0}};
	struct pki *other;

	memset(comment + 4, 'x', sizeof(comment) - 4);
	other = pki_make(.cn = "fat", .issuer = lab->stranger, .extra = fat);
	lab_server_set(server, lab->ecdsa, PKI_LIST(lab->intermediate));
	for (long i = 0; i < row->size; i++)
		if (X509_up_ref(pki_x509(other)) != 1 ||
		    sk_X509_push(server->chain, pki_x509(other)) < 1)
			abort();
	pki_free(other);
}

static void
build_renewed(const struct lab_renewal *r, struct lab_server *server)
{
	struct pki *leaf = pki_leaf(r->new_root, LAB_HOST);

	lab_server_set(server, leaf, PKI_LIST(r->cross, r->old_root));
	pki_free(leaf);
}

void
lab_build_half_renewed(const struct lab *lab, const struct lab_row *row, struct lab_server *server)
{
	(void)row;
	build_renewed(&lab->half, server);
}

void
lab_build_renewed(const struct lab *lab, const struct lab_row *row, struct lab_server *server)
{
	(void)row;
	build_renewed(&lab->whole, server);
}

/* Two CAs that have signed each other, and no root anywhere. */
void
lab_build_cycle(const struct lab *lab, const struct lab_row *row, struct lab_server *server)
{
	struct pki *first = pki_ca("Chicken");
	struct pki *egg = pki_intermediate(first, "Egg");
	struct pki *chicken =
	    pki_make(.cn = "Chicken", .basic = PKI_CA, .key = pki_key(first), .issuer = egg);
	struct pki *leaf = pki_leaf(chicken, LAB_HOST);

	(void)lab;
	(void)row;
	lab_server_set(server, leaf, PKI_LIST(chicken, egg));
	pki_free(leaf);
	pki_free(chicken);
	pki_free(egg);
	pki_free(first);
}

void
lab_build_self_anchor(const struct lab *lab, const struct lab_row *row, struct lab_server *server)
{
	(void)row;
	lab_server_set(server, lab->self, NULL);
}

void
lab_build_leaf_anchor(const struct lab *lab, const struct lab_row *row, struct lab_server *server)
{
	(void)row;
	lab_server_set(server, lab->lone_leaf, NULL);
}

void
lab_build_ca_anchor(const struct lab *lab, const struct lab_row *row, struct lab_server *server)
{
	struct pki *leaf = pki_leaf(lab->lone_ca, LAB_HOST);

	(void)row;
	lab_server_set(server, leaf, PKI_LIST(lab->lone_ca));
	pki_free(leaf);
}
