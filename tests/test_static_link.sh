#!/bin/sh
# libtlswrap.a, LibreSSL's libtls.a and OpenSSL's libssl.a go into one program,
# every member of each, without a name that two of them define.
# SPDX-License-Identifier: ISC
set -eu
srcdir=$(cd "${srcdir:-$(dirname "$0")/..}" && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
CC=${CC:-cc}

archive() { # the full name of a static library, or nothing
	name=$($CC -print-file-name="$1")
	[ "$name" = "$1" ] || echo "$name"
}
libtls=$(archive libtls.a)
libssl=$(archive libssl.a)
libcrypto=$(archive libcrypto.a)
if [ ! -f .libs/libtlswrap.a ] || [ -z "$libtls" ] || [ -z "$libssl" ]; then
	echo 'SKIPPED: needs a static build, libtls.a (Debian: libtls-dev) and libssl.a'
	exit 77
fi
cat >"$dir/both.c" <<'EOT'
#include <tls.h>
#include <tlswrap.h>

int
main(void)
{
	struct tls *theirs = tls_client();
	tls_context *ours = tls_context_new();

	tls_free(theirs);
	tls_context_free(ours);
	return theirs == NULL || ours == NULL;
}
EOT
# shellcheck disable=SC2046,SC2086
$CC ${CFLAGS:-} ${LDFLAGS:-} -I"$srcdir/include" "$dir/both.c" -o "$dir/both" \
	-Wl,--whole-archive .libs/libtlswrap.a "$libtls" "$libssl" -Wl,--no-whole-archive \
	"$libcrypto" $(${PKG_CONFIG:-pkg-config} --libs libidn2 2>/dev/null) -ldl -lpthread
"$dir/both"
echo 'one program with libtlswrap.a, libtls.a and libssl.a: links and runs'
