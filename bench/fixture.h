/*
 * fixture.h - what all sides share: certificates, the bundle, two servers.
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef BENCH_FIXTURE_H
#define BENCH_FIXTURE_H

/**
 * The folder holds ec.pem and rsa.pem (roots of the servers' chains),
 * bundle.pem (the system's bundle and ec.pem), names-N.der (certificates
 * with N names).
 */
struct fixture {
	char dir[64];
	unsigned short ec_port, rsa_port;
};

/** Makes it all, and lets SSL_CERT_FILE name the bundle. NULL: says why on stderr. */
const struct fixture *fixture_start(void);
void fixture_stop(void);

#endif
