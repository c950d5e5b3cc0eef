#!/bin/sh
# The library exports the names in lib/libtlswrap.sym and nothing else, and the
# header declares exactly those.
# SPDX-License-Identifier: ISC
set -eu
LC_ALL=C
export LC_ALL
srcdir=$(cd "${srcdir:-$(dirname "$0")/..}" && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
nm=${NM:-nm}
sym=$srcdir/lib/libtlswrap.sym
failed=0

same() { # $1 what, $2 and $3 two sorted lists
	if diff -u "$2" "$3" >"$dir/diff"; then
		echo "$1: the same $(wc -l <"$2") names"
	else
		echo "$1 differ:"
		cat "$dir/diff"
		failed=1
	fi
}

sort -c "$sym" || failed=1

# tls_error_clear() is linked under another name (tlswrap.h says why); the shared
# library has both.
plain=tls_error_clear
linked=tlswrap_error_clear
without() { grep -vx "$1" "$2"; }

# What the header declares: the name before the parenthesis in each TLSW_API.
sed -n '/^TLSW_API/,/;/p' "$srcdir/include/tlswrap.h" | tr '\n' ' ' | sed 's/TLSW_API/\n&/g' |
	sed -n 's/^TLSW_API[^(]*[ *]\(tls[a-z0-9_]*\)(.*/\1/p' | sort >"$dir/header"
without $linked "$sym" >"$dir/declared"
same 'libtlswrap.sym and tlswrap.h' "$dir/declared" "$dir/header"

if [ -f .libs/libtlswrap.so ]; then
	$nm -D --defined-only .libs/libtlswrap.so | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' |
		grep -vxE '__asan.*|__odr_asan.*|__ubsan.*|__tsan.*|_init|_fini|__bss_start|_edata|_end|__gcov.*|mangle_path' |
		sort >"$dir/shared"
	same 'libtlswrap.sym and libtlswrap.so' "$sym" "$dir/shared"
else
	echo 'no shared library was built'
fi
if [ -f .libs/libtlswrap.a ]; then
	# A static library has no hidden names: ours must still be told apart from everybody's.
	$nm -g --defined-only .libs/libtlswrap.a | awk 'NF == 3 { print $3 }' |
		grep -vxE 'tlsw__[a-z0-9_]+|__asan.*|__odr_asan.*|__tsan.*|__ubsan.*|__gcov.*|DW\.ref\..*' |
		sort >"$dir/static"
	without $plain "$sym" >"$dir/wanted"
	same 'libtlswrap.sym and libtlswrap.a without tlsw__*' "$dir/wanted" "$dir/static"
else
	echo 'no static library was built'
fi
exit $failed
