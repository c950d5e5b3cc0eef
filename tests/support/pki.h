/*
 * pki.h - certificates, revocation lists and OCSP answers made in memory.
 *
 *     struct pki *ca = pki_ca("Lab CA");
 *     struct pki *leaf = pki_make(.issuer = ca, .san = PKI_NAMES(PKI_DNS("www.lab.test")));
 *     ...
 *     pki_free(leaf);
 *     pki_free(ca);
 *
 * A field left out of a pki_spec has the value of an ordinary server or CA
 * certificate. Whatever fails prints why and calls abort(): this is code for
 * tests and for the lab, and knows nothing of libcheck. A spec and what it
 * points to is only read; issuers may be freed before what they issued. The
 * list macros are compound literals: inside a block they live as long as it.
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef PKI_H
#define PKI_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h> /* KU_DIGITAL_SIGNATURE and its kin */

/** A certificate with its private key. */
struct pki;

/** Octets that belong to somebody else; at is NULL for "not given". */
struct pki_octets {
	const void *at;
	size_t len;
};
/* clang-format off */
#define PKI_OCTETS(literal) {(literal), sizeof(literal) - 1}
/* clang-format on */

/* ------------------------------------------------------------ GeneralNames */

/**
 * One GeneralName. kind 0 to 8 is the context tag, with the content octets as
 * they are (constructed for 0, 3, 4 and 5); the kinds below are made from text.
 */
struct pki_name {
	int kind;
	const void *at; /* NULL ends a list */
	size_t len;
};
enum {
	PKI_KIND_IP = 100, /* "127.0.0.1", "::1", "10.0.0.0/8" */
	PKI_KIND_SRV,	   /* "_imap.example.org", an otherName */
	PKI_KIND_DN,	   /* a directoryName with that common name */
	PKI_KIND_TLV	   /* a whole TLV, verbatim */
};

/* clang-format off */
/* String literals only (a NUL inside is fine); for char * there is pki_name(). */
#define PKI_EMAIL(literal) {1, (literal), sizeof(literal) - 1}
#define PKI_DNS(literal) {2, (literal), sizeof(literal) - 1}
#define PKI_URI(literal) {6, (literal), sizeof(literal) - 1}
#define PKI_IP(literal) {PKI_KIND_IP, (literal), sizeof(literal) - 1}
#define PKI_SRV(literal) {PKI_KIND_SRV, (literal), sizeof(literal) - 1}
#define PKI_DN(literal) {PKI_KIND_DN, (literal), sizeof(literal) - 1}
#define PKI_RAW(kind, literal) {(kind), (literal), sizeof(literal) - 1}
#define PKI_TLV(literal) {PKI_KIND_TLV, (literal), sizeof(literal) - 1}
#define PKI_NAMES(...) ((const struct pki_name[]){__VA_ARGS__, {0, NULL, 0}})
/* clang-format on */

/** A name from text at run time: pki_name(2, host). */
struct pki_name pki_name(int kind, const char *text);

/* ----------------------------------------------------------- certificates */

/** One attribute of a distinguished name. */
struct pki_attribute {
	const char *oid; /* "2.5.4.3" or "CN"; NULL ends a list */
	const void *at;
	size_t len;
	int type;	    /* V_ASN1_*; 0 is UTF8String */
	bool with_previous; /* in the same RDN as the one before: a multi-valued RDN */
};
/* clang-format off */
#define PKI_ATTRIBUTE(oid, literal) {(oid), (literal), sizeof(literal) - 1, 0, false}
#define PKI_SUBJECT(...) ((const struct pki_attribute[]){__VA_ARGS__, {NULL, NULL, 0, 0, false}})
/* clang-format on */

struct pki_extension {
	const char *oid; /* NULL ends a list */
	bool critical;
	const void *at; /* the DER inside the OCTET STRING */
	size_t len;
};
/* clang-format off */
#define PKI_EXTENSION(oid, critical, literal) {(oid), (critical), (literal), sizeof(literal) - 1}
#define PKI_EXTENSIONS(...) ((const struct pki_extension[]){__VA_ARGS__, {NULL, false, NULL, 0}})

#define PKI_OIDS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define PKI_NO_EKU ((const char *const[]){NULL})
/* clang-format on */

enum pki_basic {
	PKI_LEAF,    /* basicConstraints CA:FALSE */
	PKI_CA,	     /* basicConstraints CA:TRUE */
	PKI_NO_BASIC /* no such extension; otherwise like a leaf */
};
enum pki_key_id {
	PKI_ID_DEFAULT, /* SKI: there. AKI: there, unless self-signed */
	PKI_ID_OFF,
	PKI_ID_ON
};
#define PKI_NO_KEY_USAGE 0x80000000U

struct pki_spec {
	/* who */
	const char *cn; /* subject with this common name; NULL: empty subject */
	const struct pki_attribute *subject; /* the whole subject instead */
	const struct pki_name *san;	     /* NULL: no subjectAltName */
	struct pki_octets san_raw; /* the extension's value instead, malformed as it may be */
	bool san_critical;	   /* it is critical anyhow when the subject is empty */

	/* by whom: NULL is self-signed */
	const struct pki *issuer;
	const char *issuer_cn; /* another name in the issuer field */
	EVP_PKEY *sign_key;    /* sign with this key: a bad signature */
	bool corrupt_signature;

	/*
	 * Key: "P-256" (default), "P-384", "P-192" or another curve, "RSA-2048"
	 * or any other size ("RSA-2048:3" has exponent 3), "Ed25519", "Ed448",
	 * "DSA". Each certificate gets its own key; RSA and DSA keys, which
	 * are slow to make, come from a ring of three for each kind.
	 */
	const char *key_type;
	EVP_PKEY *key;	    /* this key instead (a reference is taken) */
	const char *digest; /* "SHA256" by default; none for Ed25519 and Ed448 */

	/*
	 * When: seconds from base, 0 being -1 day and +10 years. base 0 is now.
	 * The texts are written verbatim, as UTCTime up to 13 octets and as
	 * GeneralizedTime above.
	 */
	time_t base;
	long not_before, not_after;
	const char *not_before_text, *not_after_text;

	/* what for */
	enum pki_basic basic;
	bool has_pathlen;
	int pathlen;
	unsigned key_usage;	/* KU_* bits; 0: keyCertSign and cRLSign, or digitalSignature */
	const char *const *eku; /* NULL: serverAuth unless a CA; PKI_NO_EKU: no extension */
	const struct pki_name *permitted, *excluded; /* name constraints */
	struct pki_octets constraints_raw;
	bool constraints_not_critical;

	/* the rest */
	int version;		  /* 0 is 3; version 1 carries only extra extensions */
	struct pki_octets serial; /* INTEGER content octets; default: 8 random ones, positive */
	enum pki_key_id ski, aki;
	struct pki_octets ski_octets, aki_octets; /* these key identifiers instead */
	const char *ca_issuers, *ocsp_url;	  /* authorityInfoAccess */
	const char *crl_url;			  /* cRLDistributionPoints */
	bool must_staple;
	const struct pki_extension *extra; /* behind the others */
	const char *twice;		   /* OID of an extension to be there twice */
};

/** A certificate; free it with pki_free(). Never NULL. */
struct pki *pki_new(const struct pki_spec *spec);
void pki_free(struct pki *pki);

/** pki_new() with the fields written as arguments: pki_make(.cn = "x", .issuer = ca). */
#define pki_make(...) pki_new(&(const struct pki_spec){__VA_ARGS__})

/** The usual ones: a self-signed root, a CA below another, a server for one DNS name. */
struct pki *pki_ca(const char *cn);
struct pki *pki_intermediate(const struct pki *issuer, const char *cn);
struct pki *pki_leaf(const struct pki *issuer, const char *dns_name);

/** A new key of one of the types above; EVP_PKEY_free() it. */
EVP_PKEY *pki_new_key(const char *type);

/* What is in it: all lent, until pki_free(). */
X509 *pki_x509(const struct pki *pki);
EVP_PKEY *pki_key(const struct pki *pki);
struct pki_octets pki_der(const struct pki *pki);
const char *pki_pem(const struct pki *pki);
const char *pki_key_pem(const struct pki *pki);

/* Several in a row; lists end in NULL: pki_chain_pem(PKI_LIST(leaf, ca)). */
#define PKI_LIST(...) ((const struct pki *const[]){__VA_ARGS__, NULL})
char *pki_chain_pem(const struct pki *const *list);	   /* free() it */
STACK_OF(X509) *pki_stack(const struct pki *const *list); /* sk_X509_pop_free(s, X509_free) */
X509_STORE *pki_store(const struct pki *const *list);	   /* X509_STORE_free() it */

/** Write a whole file. */
void pki_write(const char *path, const void *data, size_t len);

/* -------------------------------------------------------- revocation lists */

struct pki_crl_spec {
	const struct pki *issuer;
	const struct pki *const *revoked; /* PKI_LIST; NULL: nobody */
	struct pki_octets serial;	  /* one more revoked serial number */
	time_t base;			  /* as above */
	long last_update, next_update;	  /* 0: -1 day, +10 years */
	bool no_next_update;
	long number; /* cRLNumber; 0 is 1, -1 is none */
	long delta;  /* not 0: a delta CRL on that base number */
	EVP_PKEY *sign_key;
	const char *digest;
	const struct pki_extension *extra;
};

/** X509_CRL_free() the list, free() the text. */
X509_CRL *pki_crl(const struct pki_crl_spec *spec);
char *pki_crl_pem(X509_CRL *crl);

/* ------------------------------------------------------------ OCSP answers */

struct pki_ocsp_entry {
	const struct pki *cert;	       /* NULL ends a list */
	const struct pki *issuer;      /* whose hashes identify it; NULL: the spec's issuer */
	int status;		       /* V_OCSP_CERTSTATUS_GOOD (0), _REVOKED (1), _UNKNOWN (2) */
	long this_update, next_update; /* 0: -1 day, +10 years */
	bool no_next_update;
	struct pki_octets serial; /* another serial number */
};
/* clang-format off */
#define PKI_ENTRIES(...) ((const struct pki_ocsp_entry[]){__VA_ARGS__, {.cert = NULL}})
/* clang-format on */

struct pki_ocsp_spec {
	int response_status; /* OCSP_RESPONSE_STATUS_*; not 0: nothing but that */
	const struct pki *issuer;
	const struct pki_ocsp_entry *entries;
	const struct pki *signer; /* NULL: the issuer; or a delegate, or a stranger */
	bool no_signer_cert;	  /* do not include the signer's certificate */
	bool corrupt_signature;
	time_t base;
};

/** An OCSP response in DER; OPENSSL_free() it. */
unsigned char *pki_ocsp(const struct pki_ocsp_spec *spec, size_t *len);

/** EKU of a delegated responder. */
#define PKI_EKU_OCSP PKI_OIDS("1.3.6.1.5.5.7.3.9")

#endif
