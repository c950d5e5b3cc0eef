#!/bin/sh
# Builds and runs fuzz targets under libFuzzer; "make fuzz" calls this.
#
#   run.sh seconds work-dir srcdir target... -- library source...
#
# CC (clang), CPPFLAGS and LIBS come in the environment. Sources are relative
# to srcdir. Ends with 1 when a target failed; the others are still run.
# SPDX-License-Identifier: ISC
set -eu

seconds=$1 work=$2 srcdir=$3
shift 3
targets=
while [ $# -gt 0 ] && [ "$1" != -- ]; do targets="$targets $1"; shift; done
[ $# -gt 0 ] && shift

: "${CC:=clang}" "${CPPFLAGS:=}" "${LIBS:=}"
flags="-O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all"
command -v "$CC" >/dev/null || { echo "fuzz: $CC is not there (Debian: apt install clang)" >&2; exit 1; }
mkdir -p "$work/lib"
compile() { $CC -std=gnu11 $CPPFLAGS -I"$srcdir/tests" -DTEST_SRCDIR="\"$srcdir/tests\"" $flags "$@"; }

# The library once, as an archive: a target takes what it needs of it.
rm -f "$work/libfuzzed.a"
objects=
for source; do
	case $source in *.c) ;; *) continue ;; esac
	object=$work/lib/$(echo "$source" | tr / _ | sed 's/c$/o/')
	compile -fsanitize=fuzzer-no-link -c "$srcdir/$source" -o "$object"
	objects="$objects $object"
done
ar rcs "$work/libfuzzed.a" $objects

failed=
for t in $targets; do
	mkdir -p "$work/$t/corpus"
	compile -fsanitize=fuzzer "$srcdir/tests/fuzz/fuzz_$t.c" "$work/libfuzzed.a" $LIBS \
		-o "$work/$t/fuzz"
	echo "fuzz: $t for $seconds s"
	"$work/$t/fuzz" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 \
		-artifact_prefix="$work/$t/" "$work/$t/corpus" "$srcdir/tests/fuzz/corpus/$t" \
		>"$work/$t/log" 2>&1 || failed="$failed $t"
	grep -E 'SUMMARY|stat::number_of_executed_units|not true' "$work/$t/log" || tail -n 5 "$work/$t/log"
done
if [ -n "$failed" ]; then
	echo "fuzz: failed:$failed (see $work)" >&2
	exit 1
fi
echo "fuzz: no failure"
