#!/bin/sh
# Every rule of lint.sh finds what it is there to find.
# SPDX-License-Identifier: ISC
set -eu
srcdir=$(cd "${srcdir:-$(dirname "$0")/..}" && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir -p "$dir/lib" "$dir/tests" "$dir/include" "$dir/tools" "$dir/examples" "$dir/bench" "$dir/man"

: >"$dir/failures"
lint() { env srcdir="$dir" "$srcdir/tests/lint.sh"; }
# $1 the file, $2 a text that the complaint holds; the file's contents on stdin
complains() {
	cat >"$dir/$1"
	if lint >"$dir/out" 2>&1 || ! grep -qF -- "$2" "$dir/out"; then
		printf 'lint.sh passes over: %s\n' "$2"
		sed 's/^/    /' "$dir/out"
		echo failed >>"$dir/failures"
	fi
	rm -f "$dir/$1" "$dir/out"
}
accepts() {
	cat >"$dir/$1"
	if ! lint >"$dir/out" 2>&1; then
		printf 'lint.sh complains about good code:\n'
		sed 's/^/    /' "$dir/out"
		echo failed >>"$dir/failures"
	fi
	rm -f "$dir/$1" "$dir/out"
}
licence='/* SPDX-License-Identifier: ISC */'

printf '%s\nvoid f(void) { SSL_set1_host(s, h); }\n' "$licence" | complains lib/io.c 'wall: A11'
printf '%s\nvoid f(void) { SSL_CTX_set1_server_cert_type(s, h, 1); }\n' "$licence" | complains lib/io.c 'wall: A24'
printf '%s\nvoid f(void) { SSL_free_buffers(s); }\n' "$licence" | complains lib/io.c 'wall: J13'
printf '%s\nvoid f(void) { SSL_CTX_set_default_verify_paths(s); }\n' "$licence" | complains lib/io.c 'trust.c looks'
printf '%s\nvoid f(void) { p = mmap(0, 1, 2, 3, 4, 5); }\n' "$licence" | complains lib/io.c 'SIGBUS'
printf '%s\nvoid f(void) { signal(SIGPIPE, SIG_IGN); }\n' "$licence" | complains lib/io.c 'process-wide'
printf '%s\nint n(void) { return strlen(ASN1_STRING_get0_data(s)); }\n' "$licence" | complains lib/io.c 'wall: B14'
printf '%s\nint n(void) {\nconst char *p = (const char *)ASN1_STRING_get0_data(s);\nreturn strcmp(p, "x");\n}\n' \
	"$licence" | complains lib/io.c 'wall: B14'
printf '%s\nint n(ASN1_IA5STRING *v) {\nreturn (int)strlen((char *)v->data);\n}\n' "$licence" | complains lib/io.c 'wall: B14'
printf '%s\nint f(void) {\nif (SSL_connect(s))\nreturn 1;\n}\n' "$licence" | complains lib/io.c 'documented value'
printf '%s\nint f(void) {\nif (a == 1 &&\n !X509_verify_cert(c))\nreturn 1;\n}\n' "$licence" | complains lib/io.c 'documented value'
printf '%s\n#ifdef __linux__\n#endif\n' "$licence" | complains lib/io.c '#if belongs'
printf '%s\n#include "socket.h"\n' "$licence" | complains lib/cert.c 'stands behind'
printf '%s\n#include "compat.h"\n' "$licence" | complains lib/match.c 'know no OpenSSL'
printf '%s\n' "$licence" | complains lib/nowhere.c 'table of modules'
printf 'int x;\n' | complains lib/io.c 'licence'
printf '%s\nint x; \n' "$licence" | complains lib/io.c 'white space'
printf '%s\n/* TO%s: later */\n' "$licence" DO | complains lib/io.c 'unfinished'
printf -- '-----BEGIN CERTIFICATE-----\n%s\n' "$(printf '%064d' 0)" | complains tests/root.txt 'wall: N04'
printf 'x\n' | complains lib/root.pem 'wall: N04'

accepts lib/io.c <<'EOT'
/* SPDX-License-Identifier: ISC: #if, SSL_set1_host(), SSL_free_buffers() are only named here */
#include "error.h"
int
f(void)
{
	if (SSL_connect(s) == 1 && g(SSL_get_fd(s)) && 1 == BIO_flush(b))
		return 0;
	while (BIO_read(b, p, 1) > 0 && X509_up_ref(x) == 1)
		puts_nothing("SSL_free_buffers(s) if (SSL_connect(s))");
	return (int)ASN1_STRING_length(s);
}
EOT

[ ! -s "$dir/failures" ] || exit 1
echo 'lint.sh finds what it should'
