/* SPDX-License-Identifier: ISC */
#include "places.h"

#include <stdlib.h>

#include <openssl/x509.h>

#include "compat.h"

static const struct tlsw__place known[] = {
    {TLSW__PLACE_FILE, "/etc/ssl/certs/ca-certificates.crt", "Debian, Arch, Gentoo, NixOS"},
    {TLSW__PLACE_FILE, "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "Fedora, RHEL"},
    {TLSW__PLACE_FILE, "/etc/pki/tls/certs/ca-bundle.crt", "Fedora, RHEL 6"},
    {TLSW__PLACE_FILE, "/var/lib/ca-certificates/ca-bundle.pem", "SUSE"},
    {TLSW__PLACE_FILE, "/etc/ssl/ca-bundle.pem", "older SUSE"},
    {TLSW__PLACE_FILE, "/etc/ca-certificates/extracted/tls-ca-bundle.pem", "Arch"},
    {TLSW__PLACE_FILE, "/etc/ssl/cert.pem", "Alpine, OpenBSD, FreeBSD, macOS"},
    {TLSW__PLACE_FILE, "/etc/ssl/certs/ca-bundle.crt", "NixOS"},
    {TLSW__PLACE_FILE, "/usr/local/share/certs/ca-root-nss.crt", "FreeBSD"},
    {TLSW__PLACE_FILE, "/usr/local/etc/ssl/cert.pem", "FreeBSD ports"},
    {TLSW__PLACE_FILE, "/etc/openssl/certs/ca-certificates.crt", "NetBSD"},
    {TLSW__PLACE_FILE, "/private/etc/ssl/cert.pem", "macOS"},
    {TLSW__PLACE_FILE, "/opt/homebrew/etc/ca-certificates/cert.pem", "Homebrew"},
    {TLSW__PLACE_FILE, "/usr/local/etc/ca-certificates/cert.pem", "Homebrew"},
    {TLSW__PLACE_FILE, "/data/data/com.termux/files/usr/etc/tls/cert.pem", "Termux"},
    {TLSW__PLACE_DIR, "/etc/ssl/certs", "Debian, SUSE, FreeBSD"},
    {TLSW__PLACE_DIR, "/var/lib/ca-certificates/openssl", "SUSE"},
    {TLSW__PLACE_DIR, "/etc/pki/tls/certs", "Fedora, RHEL"},
    {TLSW__PLACE_DIR, "/etc/openssl/certs", "NetBSD"},
    {TLSW__PLACE_DIR_MD5, "/apex/com.android.conscrypt/cacerts", "Android 14"},
    {TLSW__PLACE_DIR_MD5, "/system/etc/security/cacerts", "Android"},
};

void
tlsw__places_of_system(struct tlsw__places *places)
{
	const bool trust_environment = !tlsw__compat_secure_mode();

	places->env_file = trust_environment ? getenv(X509_get_default_cert_file_env()) : NULL;
	places->env_dir = trust_environment ? getenv(X509_get_default_cert_dir_env()) : NULL;
	places->openssl_file = X509_get_default_cert_file();
	places->openssl_dir = X509_get_default_cert_dir();
	places->known = known;
	places->known_count = sizeof(known) / sizeof(known[0]);
}
