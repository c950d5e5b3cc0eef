#!/bin/sh
# Builds and runs fuzz targets under libFuzzer; "make fuzz" calls this.
#
#   run.sh seconds work-dir srcdir target... -- library source...
#
# CC (clang), CPPFLAGS, LIBS and SEED (0: another one each time) come in the
# environment. Sources are relative to srcdir. Ends with 1 when a target failed;
# the others are still run.
# SPDX-License-Identifier: ISC
set -eu

seconds=$1 work=$2 srcdir=$3
shift 3
targets=
while [ $# -gt 0 ] && [ "$1" != -- ]; do targets="$targets $1"; shift; done
[ $# -gt 0 ] && shift

: "${CC:=clang}" "${CPPFLAGS:=}" "${LIBS:=}" "${SEED:=0}"
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

# One target; what it came to stands in its log, a failure in $work/failed.
run_target() {
	mkdir -p "$work/$1/corpus"
	if compile -fsanitize=fuzzer "$srcdir/tests/fuzz/fuzz_$1.c" "$work/libfuzzed.a" $LIBS -o "$work/$1/fuzz" &&
		"$work/$1/fuzz" -max_total_time="$seconds" -seed="$SEED" -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 \
			-artifact_prefix="$work/$1/" "$work/$1/corpus" "$srcdir/tests/fuzz/corpus/$1" \
			>"$work/$1/log" 2>&1; then
		echo "fuzz: $1 for $seconds s: $(sed -n 's/.*number_of_executed_units: *//p' "$work/$1/log") runs"
	else
		echo "$1" >>"$work/failed"
		echo "fuzz: $1 FAILED"
		grep -E 'SUMMARY|not true' "$work/$1/log" || tail -n 5 "$work/$1/log"
	fi
}

# Two at a time: a target has one thread.
rm -f "$work/failed"
set -- $targets
while [ $# -gt 0 ]; do
	run_target "$1" &
	shift
	[ $# -eq 0 ] || { run_target "$1"; shift; }
	wait
done
if [ -f "$work/failed" ]; then
	echo "fuzz: failed: $(tr '\n' ' ' <"$work/failed")(see $work)" >&2
	exit 1
fi
echo "fuzz: no failure"
