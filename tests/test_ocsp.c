/*
 * test_ocsp.c - the OCSP answer that comes with the handshake, or does not.
 *
 * SPDX-License-Identifier: ISC
 */
#include "support/support.h"

#include <string.h>
#include <unistd.h>

#include <openssl/ocsp.h>

#include "support/peer.h"
#include "support/pki.h"

#define DAY 86400L

enum answer {
	NONE,
	GOOD,
	REVOKED,
	UNKNOWN,
	OTHER_CERTIFICATE,
	OTHER_SERIAL,
	EXPIRED,
	FUTURE,
	OLD_WITHOUT_NEXT_UPDATE,
	STRANGER,
	LEAF_SIGNED,
	DELEGATE,
	DELEGATE_WITHOUT_PURPOSE,
	BAD_SIGNATURE,
	GOOD_THEN_REVOKED,
	TRY_LATER,
	UNAUTHORIZED,
	GARBAGE,
	TRAILING
};

struct row {
	const char *label;
	enum answer answer;
	enum tlsw_ocsp mode;
	bool must_staple;
	bool accepted;
	unsigned long reasons;
};

static const struct row rows[] = {
    {"off: none asked for", NONE, TLSW_OCSP_OFF, false, true, 0},
    {"off: must-staple does not count", NONE, TLSW_OCSP_OFF, true, true, 0},
    {"off: a revoked answer is not looked at", REVOKED, TLSW_OCSP_OFF, false, true, 0},
    {"if stapled: none", NONE, TLSW_OCSP_IF_STAPLED, false, true, 0},
    {"if stapled: none but must-staple, wall: G01", NONE, TLSW_OCSP_IF_STAPLED, true, false, 0},
    {"if stapled: good", GOOD, TLSW_OCSP_IF_STAPLED, true, true, 0},
    {"if stapled: revoked", REVOKED, TLSW_OCSP_IF_STAPLED, false, false, TLSW_REASON_REVOKED},
    {"if stapled: expired, wall: G03", EXPIRED, TLSW_OCSP_IF_STAPLED, false, false, 0},
    {"if stapled: from the future, wall: G03", FUTURE, TLSW_OCSP_IF_STAPLED, false, false, 0},
    {"if stapled: expired, must-staple", EXPIRED, TLSW_OCSP_IF_STAPLED, true, false, 0},
    {"required: good", GOOD, TLSW_OCSP_REQUIRED, false, true, 0},
    {"required: none, wall: G01", NONE, TLSW_OCSP_REQUIRED, false, false, 0},
    {"required: revoked", REVOKED, TLSW_OCSP_REQUIRED, false, false, TLSW_REASON_REVOKED},
    {"required: unknown, wall: G03", UNKNOWN, TLSW_OCSP_REQUIRED, false, false, 0},
    {"required: another certificate, wall: G02", OTHER_CERTIFICATE, TLSW_OCSP_REQUIRED, false, false, 0},
    {"required: another serial, wall: G02", OTHER_SERIAL, TLSW_OCSP_REQUIRED, false, false, 0},
    {"required: expired, wall: G03", EXPIRED, TLSW_OCSP_REQUIRED, false, false, 0},
    {"required: from the future, wall: G03", FUTURE, TLSW_OCSP_REQUIRED, false, false, 0},
    {"required: old without nextUpdate", OLD_WITHOUT_NEXT_UPDATE, TLSW_OCSP_REQUIRED, false, false, 0},
    {"required: signed by a stranger, wall: G04", STRANGER, TLSW_OCSP_REQUIRED, false, false, 0},
    {"required: signed by the leaf itself, wall: G04", LEAF_SIGNED, TLSW_OCSP_REQUIRED, false, false, 0},
    {"required: signed by a delegate", DELEGATE, TLSW_OCSP_REQUIRED, false, true, 0},
    {"required: signed by no delegate, wall: G04", DELEGATE_WITHOUT_PURPOSE, TLSW_OCSP_REQUIRED, false, false, 0},
    {"required: broken signature, wall: G04", BAD_SIGNATURE, TLSW_OCSP_REQUIRED, false, false, 0},
    {"required: good, then revoked, wall: G02", GOOD_THEN_REVOKED, TLSW_OCSP_REQUIRED, false, false, TLSW_REASON_REVOKED},
    {"required: try later, wall: G03", TRY_LATER, TLSW_OCSP_REQUIRED, false, false, 0},
    {"required: unauthorized, wall: G03", UNAUTHORIZED, TLSW_OCSP_REQUIRED, false, false, 0},
    {"if stapled: garbage, wall: G01", GARBAGE, TLSW_OCSP_IF_STAPLED, false, false, 0},
    {"if stapled: octets behind it", TRAILING, TLSW_OCSP_IF_STAPLED, false, false, 0},
};
#define ROWS ((int)(sizeof(rows) / sizeof(rows[0])))

static struct pki *ca, *sub, *leaf, *other, *stranger, *delegate, *no_delegate;
static unsigned char staple[8192];
static size_t staple_len;

static void
setup(void)
{
	ca = pki_ca("Test CA");
	sub = pki_intermediate(ca, "Test Sub");
	stranger = pki_ca("Stranger CA");
	delegate = pki_make(.cn = "OCSP", .issuer = sub, .eku = PKI_EKU_OCSP);
	no_delegate = pki_make(.cn = "No OCSP", .issuer = sub);
}

static void
teardown(void)
{
	pki_free(ca);
	pki_free(sub);
	pki_free(stranger);
	pki_free(delegate);
	pki_free(no_delegate);
	tls_error_clear();
}

static void
make_answer(enum answer answer)
{
	struct pki_ocsp_entry entries[3] = {{.cert = leaf}, {.cert = NULL}, {.cert = NULL}};
	struct pki_ocsp_spec spec = {.issuer = sub, .entries = entries};
	unsigned char *der;
	size_t len;

	if (answer == REVOKED)
		entries[0].status = V_OCSP_CERTSTATUS_REVOKED;
	else if (answer == UNKNOWN)
		entries[0].status = V_OCSP_CERTSTATUS_UNKNOWN;
	else if (answer == OTHER_CERTIFICATE)
		entries[0].cert = other;
	else if (answer == OTHER_SERIAL)
		entries[0].serial = (struct pki_octets){"\x01", 1};
	else if (answer == EXPIRED)
		entries[0].this_update = -20 * DAY, entries[0].next_update = -10 * DAY;
	else if (answer == FUTURE)
		entries[0].this_update = 2 * DAY;
	else if (answer == OLD_WITHOUT_NEXT_UPDATE)
		entries[0].this_update = -30 * DAY, entries[0].no_next_update = true;
	else if (answer == STRANGER)
		spec.signer = stranger;
	else if (answer == LEAF_SIGNED)
		spec.signer = leaf;
	else if (answer == DELEGATE)
		spec.signer = delegate;
	else if (answer == DELEGATE_WITHOUT_PURPOSE)
		spec.signer = no_delegate;
	else if (answer == BAD_SIGNATURE)
		spec.corrupt_signature = true;
	else if (answer == GOOD_THEN_REVOKED)
		entries[1] = (struct pki_ocsp_entry){.cert = leaf, .status = V_OCSP_CERTSTATUS_REVOKED};
	else if (answer == TRY_LATER)
		spec.response_status = OCSP_RESPONSE_STATUS_TRYLATER;
	else if (answer == UNAUTHORIZED)
		spec.response_status = OCSP_RESPONSE_STATUS_UNAUTHORIZED;
	staple_len = 0;
	if (answer == NONE)
		return;
	der = pki_ocsp(&spec, &len);
	ck_assert_uint_lt(len + 1, sizeof(staple));
	memcpy(staple, der, len);
	staple_len = len;
	if (answer == GARBAGE)
		staple[0] = 'x';
	if (answer == TRAILING)
		staple[staple_len++] = 0;
	OPENSSL_free(der);
}

START_TEST(the_answer_decides)
{
	static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
	const struct row *r = &rows[_i / 2];
	struct peer_options options = {0};
	struct peer peer;
	struct peer_report report;
	STACK_OF(X509) *chain = pki_stack(PKI_LIST(sub));
	tls_context *ctx = tls_context_new();
	tls_socket *s;
	int fd, again;

	leaf = pki_make(.issuer = sub, .san = PKI_NAMES(PKI_DNS("www.lab.test")), .must_staple = r->must_staple);
	other = pki_leaf(sub, "other.lab.test");
	make_answer(r->answer);
	options.cert = pki_x509(leaf);
	options.key = pki_key(leaf);
	options.chain = chain;
	options.staple = staple_len > 0 ? staple : NULL;
	options.staple_len = staple_len;
	options.min_version = options.max_version = versions[_i % 2];
	options.connections = 2;
	ck_assert_works(tls_context_load_ca_mem(ctx, pki_pem(ca), strlen(pki_pem(ca))) == 1);
	ck_assert_works(tls_context_set_ocsp(ctx, r->mode) == 0);
	ck_assert_int_eq(peer_start(&peer, &options), 0);
	for (again = 0; again < 2; again++) { /* wall: G05: resumption does not get round it */
		fd = peer_connect(&peer);
		s = tls_wrap(ctx, fd, "www.lab.test");
		if (r->accepted != (s != NULL))
			ck_abort_msg("%s (%d): %s", r->label, again, s != NULL ? "accepted" : tls_last_error()->message);
		if (!r->accepted) {
			const struct tls_error_info *e = tls_last_error();

			ck_assert_msg(e->code == TLSW_ERR_CERTIFICATE, "%s: %s", r->label, e->message);
			ck_assert_msg((e->reasons & TLSW_REASON_OCSP) != 0, "%s: 0x%lx", r->label, e->reasons);
			ck_assert_msg((e->reasons & r->reasons) == r->reasons, "%s: 0x%lx", r->label, e->reasons);
			ck_assert_msg(e->alert == SSL_AD_BAD_CERTIFICATE_STATUS_RESPONSE, "%s: %d", r->label, e->alert);
			ck_assert_ptr_nonnull(e->certificate);
		}
		(void)tls_socket_close(s);
		(void)close(fd);
		ck_assert_int_eq(peer_wait(&peer, &report), 0);
		ck_assert_msg(report.handshake == r->accepted, "%s: Finished was sent", r->label);
	}
	peer_stop(&peer);
	tls_context_free(ctx);
	sk_X509_pop_free(chain, X509_free);
	pki_free(leaf);
	pki_free(other);
}
END_TEST

START_TEST(an_unknown_mode_is_a_mistake)
{
	tls_context *ctx = tls_context_new();

	ck_assert_refused(tls_context_set_ocsp(ctx, (enum tlsw_ocsp)7), TLSW_ERR_USAGE);
	ck_assert_refused(tls_context_set_ocsp(NULL, TLSW_OCSP_OFF), TLSW_ERR_USAGE);
	tls_context_free(ctx);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("ocsp");
	TCase *t = tcase_create("staple");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, the_answer_decides, 0, 2 * ROWS);
	tcase_add_test(t, an_unknown_mode_is_a_mistake);
	suite_add_tcase(suite, t);
	return support_run(suite);
}
