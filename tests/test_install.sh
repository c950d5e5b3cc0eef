#!/bin/sh
# What "make install" puts somewhere is found through pkg-config and enough to
# build and start the client of the README; "make uninstall" takes it all away.
# SPDX-License-Identifier: ISC
set -eu
srcdir=$(cd "${srcdir:-$(dirname "$0")/..}" && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
MAKE=${MAKE:-make}
PKG_CONFIG=${PKG_CONFIG:-pkg-config}
unset MAKEFLAGS MFLAGS MAKELEVEL

$MAKE install DESTDIR="$dir/root" >"$dir/log" 2>&1 || { cat "$dir/log"; exit 1; }
pc=$(find "$dir/root" -name tlswrap.pc)
[ -n "$pc" ] || { echo 'tlswrap.pc is not installed'; exit 1; }
! grep -n '@' "$pc" || { echo 'tlswrap.pc has unsubstituted variables'; exit 1; }

PKG_CONFIG_PATH=$(dirname "$pc")${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}
export PKG_CONFIG_PATH
asked() { PKG_CONFIG_SYSROOT_DIR=$dir/root $PKG_CONFIG "$@"; }
libdir=$dir/root$($PKG_CONFIG --variable=libdir tlswrap)
[ "$($PKG_CONFIG --modversion tlswrap)" = "${VERSION:-$($PKG_CONFIG --modversion tlswrap)}" ] ||
	{ echo 'tlswrap.pc has another version'; exit 1; }

"$srcdir/tests/code_blocks.sh" "$srcdir/README.md" "$dir/readme" >/dev/null
built=0
for client in "$dir"/readme/*.c; do
	# shellcheck disable=SC2046,SC2086
	${CC:-cc} ${CFLAGS:-} -o "$dir/client" "$client" $(asked --cflags --libs tlswrap) ${LDFLAGS:-}
	LD_LIBRARY_PATH=$libdir "$dir/client" >"$dir/out" 2>&1 </dev/null || :
	if grep -q 'error while loading' "$dir/out"; then cat "$dir/out"; exit 1; fi
	built=$((built + 1))
done
[ "$built" -gt 0 ] || { echo 'README.md holds no program'; exit 1; }
echo "$built programs of the README: built against the installed library"

if [ -f "$libdir/libtlswrap.a" ]; then
	# shellcheck disable=SC2046,SC2086
	${CC:-cc} ${CFLAGS:-} -o "$dir/static" "$client" $(asked --cflags tlswrap) "$libdir/libtlswrap.a" \
		$($PKG_CONFIG --libs $($PKG_CONFIG --print-requires-private tlswrap | sed 's/[ >=].*//')) \
		-lpthread ${LDFLAGS:-}
	echo 'the last one against the static library, and what it requires, as well'
fi

for page in tls_context.3 tls_wrap.3 tls_context_set_verify_mode.3 tlswrap.1; do
	[ -n "$(find "$dir/root" -name "$page")" ] || { echo "$page is not installed"; exit 1; }
done

$MAKE uninstall DESTDIR="$dir/root" >"$dir/log" 2>&1 || { cat "$dir/log"; exit 1; }
left=$(find "$dir/root" ! -type d)
[ -z "$left" ] || { printf 'make uninstall leaves:\n%s\n' "$left"; exit 1; }
echo 'make uninstall leaves nothing'
