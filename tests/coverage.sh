#!/bin/sh
# Branch coverage of single modules by their tests; "make coverage" calls this.
#
#   coverage.sh work-dir srcdir module... -- test... -- library source...
#
# The modules are built with gcov's counters, everything else without, so that
# the figures are those of the modules. Ends with 1 when a branch was never
# taken, and lists the lines. CC (gcc), GCOV, CPPFLAGS and LIBS come in the
# environment. SPDX-License-Identifier: ISC
set -eu

work=$1 srcdir=$(cd "$2" && pwd)
shift 2
modules=''
tests=''
while [ $# -gt 0 ] && [ "$1" != -- ]; do modules="$modules $1"; shift; done
[ $# -gt 0 ] && shift
while [ $# -gt 0 ] && [ "$1" != -- ]; do tests="$tests $1"; shift; done
[ $# -gt 0 ] && shift

: "${CC:=gcc}" "${GCOV:=gcov}" "${CPPFLAGS:=}" "${LIBS:=}"
compile() {
	$CC -std=gnu11 -O0 -g $CPPFLAGS -I"$srcdir/tests" -DTEST_SRCDIR="\"$srcdir/tests\"" "$@"
}

rm -rf "$work"
mkdir -p "$work/plain"
measured=
for m in $modules; do
	compile --coverage -c "$srcdir/lib/$m.c" -o "$work/$m.o"
	measured="$measured $work/$m.o"
done
objects=
for source; do
	case $source in *.c) ;; *) continue ;; esac
	m=$(basename "$source" .c)
	case " $modules " in *" $m "*) continue ;; esac
	compile -c "$srcdir/$source" -o "$work/plain/$m.o"
	objects="$objects $work/plain/$m.o"
done
ar rcs "$work/plain.a" $objects

for t in $tests; do
	compile --coverage -fprofile-arcs "$srcdir/tests/$t.c" $measured "$work/plain.a" $LIBS \
		-o "$work/$t"
	"$work/$t" >"$work/$t.log" || { cat "$work/$t.log"; exit 1; }
done

rv=0
cd "$work"
for m in $modules; do
	$GCOV -b -c -o . "$m.o" >"$m.summary"
	awk -v m="$m" '
		/^File/ { ours = index($0, "/lib/" m ".c") }
		ours && /^Lines executed/ { lines = $0; sub(/^Lines executed:/, "", lines) }
		ours && /^Taken at least once/ { taken = $0; sub(/^Taken at least once:/, "", taken) }
		END {
			printf "coverage: lib/%s.c: lines %s, branches taken %s\n", m, lines, taken
			exit !(taken ~ /^100\.00%/ && lines ~ /^100\.00%/)
		}' "$m.summary" || {
		rv=1
		awk -F: '$1 ~ /#####/ { print "  never run: " $0 }
			/^branch .*(taken 0|never executed)/ { print "  line " line ": " $0 }
			!/^(branch|call|function)/ { line = $2 + 0 }' "$m.c.gcov"
	}
done
exit $rv
