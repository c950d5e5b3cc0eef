#!/bin/sh
# The pages name every public function, lint clean, and their programs compile
# and link as they stand (wall: N08).
# SPDX-License-Identifier: ISC
set -eu
srcdir=$(cd "${srcdir:-$(dirname "$0")/..}" && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failed=0
fail() {
	echo "$*"
	failed=1
}

# --- every function has a page, every page speaks of functions that exist ------
{
	"$srcdir/man/links.sh" "$srcdir"
	for page in "$srcdir"/man/*.3; do
		name=$(basename "$page" .3)
		echo "$name $name.3"
	done
} | sort -u >"$dir/pages"
grep -vx tlswrap_error_clear "$srcdir/lib/libtlswrap.sym" >"$dir/functions" # a name for the linker
while read -r name; do
	page=$(awk -v name="$name" '$1 == name { print $2 }' "$dir/pages")
	[ -n "$page" ] || { fail "$name has no manual page"; continue; }
	grep -qE "^[.](Fn ${name} |Fo ${name}\$)" "$srcdir/man/$page" || fail "$page has no synopsis of $name"
done <"$dir/functions"
"$srcdir/man/links.sh" "$srcdir" | while read -r name page; do
	grep -qx "$name" "$srcdir/lib/libtlswrap.sym" || echo "$page describes $name, which is not public"
done >"$dir/strangers"
[ ! -s "$dir/strangers" ] || fail "$(cat "$dir/strangers")"
# What they refer to is there as well.
sed -n 's/^[.].*\(Fn\|Fo\|Xr\) \(tls_[a-z0-9_]*\).*/\2/p' "$srcdir"/man/*.[0-9] | sort -u | while read -r name; do
	grep -qx "$name" "$srcdir/lib/libtlswrap.sym" || [ -f "$srcdir/man/$name.3" ] || echo "the pages speak of $name, which is not there"
done >"$dir/strangers"
sed -n 's/^[.].*Dv \(TLSW_[A-Z0-9_]*[A-Z0-9]\).*/\1/p' "$srcdir"/man/*.[0-9] | sort -u | while read -r name; do
	grep -qw "$name" "$srcdir/include/tlswrap.h" || grep -q "${name}_" "$srcdir/include/tlswrap.h" ||
		echo "the pages speak of $name, which is not there"
done >>"$dir/strangers"
[ ! -s "$dir/strangers" ] || fail "$(cat "$dir/strangers")"
echo "$(wc -l <"$dir/functions") functions looked up in the manual pages"

# --- mdoc -----------------------------------------------------------------------
if command -v mandoc >/dev/null 2>&1; then
	for page in "$srcdir"/man/*.[0-9]; do
		mandoc -T lint -W warning "$page" || fail "$(basename "$page") does not lint"
	done
	echo 'mandoc -T lint: done'
else
	echo 'mandoc -T lint: SKIPPED, no mandoc'
fi

# --- the programs -----------------------------------------------------------------
programs=0
for document in "$srcdir"/README.md "$srcdir"/man/*.[0-9]; do
	name=$(basename "$document")
	"$srcdir/tests/code_blocks.sh" "$document" "$dir/$name"
	for program in "$dir/$name"/*.c; do
		[ -f "$program" ] || continue
		# shellcheck disable=SC2086
		${CC:-cc} ${CFLAGS:-} -Wall -Wextra -Werror -I"$srcdir/include" -c -o "$dir/program.o" "$program" ||
			fail "$name: its program $(basename "$program") does not compile"
		programs=$((programs + 1))
		grep -q '^main(' "$program" || continue
		# shellcheck disable=SC2086
		${LIBTOOL:-libtool} --silent --tag=CC --mode=link ${CC:-cc} ${CFLAGS:-} ${LDFLAGS:-} \
			-o "$dir/program" "$dir/program.o" libtlswrap.la ||
			fail "$name: its program $(basename "$program") does not link"
	done
done
# --- what the README says has changed in the example, has -----------------------------
sed -n '/^```diff$/,/^```$/p' "$srcdir/README.md" | grep '^[-+]' >"$dir/said"
diff -U0 "$srcdir/examples/pop3-list-plain.c" "$srcdir/examples/pop3-list.c" |
	sed '1,2d' | grep '^[-+]' | grep -v '^[-+] [*]' >"$dir/changed" || : # but for the comment at the top
[ -s "$dir/changed" ] && cmp -s "$dir/said" "$dir/changed" ||
	fail 'the README shows another change than that of examples/pop3-list'

[ "$programs" -gt 5 ] || fail "only $programs programs found in the documents"
echo "$programs programs from the documents compiled"
exit $failed
