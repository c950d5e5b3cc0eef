#!/bin/sh
# The public header stands alone: C99 and C11 as the standard has them, and C++.
# SPDX-License-Identifier: ISC
set -eu
srcdir=$(cd "${srcdir:-$(dirname "$0")/..}" && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
warnings='-Wall -Wextra -pedantic -Werror -fsyntax-only'

printf '#include <tlswrap.h>\nint main(void) { return tls_context_new() == 0; }\n' >"$dir/alone.c"
# Another <tls.h> in the same program (libtls) must not clash.
printf '#include <tls.h>\n#include <tlswrap.h>\nint main(void) { return 0; }\n' >"$dir/both.c"
cp "$dir/alone.c" "$dir/alone.cc"

for standard in c99 c11 gnu17; do
	# shellcheck disable=SC2086
	${CC:-cc} -std=$standard $warnings -Wstrict-prototypes -I"$srcdir/include" "$dir/alone.c"
	echo "C ($standard): ok"
done
if printf '#include <tls.h>\n' | ${CC:-cc} -x c -fsyntax-only - 2>/dev/null; then
	# shellcheck disable=SC2086
	${CC:-cc} -std=c99 $warnings -I"$srcdir/include" "$dir/both.c"
	echo "beside libtls's <tls.h>: ok"
else
	echo "beside libtls's <tls.h>: not tried, no libtls-dev"
fi
for cxx in "${CXX:-}" c++ g++ clang++; do
	[ -n "$cxx" ] && command -v "$cxx" >/dev/null 2>&1 || continue
	for standard in c++11 c++17; do
		# shellcheck disable=SC2086
		"$cxx" -std=$standard $warnings -I"$srcdir/include" "$dir/alone.cc"
		echo "C++ ($standard): ok"
	done
	exit 0
done
echo "C++: not tried, no compiler"
