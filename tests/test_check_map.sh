#!/bin/sh
# check_map.sh finds the maps that name what is not there.
# SPDX-License-Identifier: ISC
set -eu
srcdir=$(cd "${srcdir:-$(dirname "$0")/..}" && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/tests"
cat >"$dir/tests/test_x.c" <<'C'
/* wall: A01 */
START_TEST(the_sky_is_blue)
START_TEST(never_added)
tcase_add_test(tc, the_sky_is_blue);
C
echo 'blue() { :; } # wall: B02' >"$dir/tests/sky.sh"

failed=0
# $1 the expected result (0 or 1), $2 a text in the output; the map on stdin
gives() {
	cat >"$dir/map"
	rv=0
	env srcdir="$dir" "$srcdir/tests/check_map.sh" "$dir/map" >"$dir/out" 2>&1 || rv=1
	if [ $rv != "$1" ] || ! grep -qF -- "$2" "$dir/out"; then
		printf 'expected %s and "%s", not %s from this map:\n' "$1" "$2" $rv
		sed 's/^/    /' "$dir/map" "$dir/out"
		failed=1
	fi
}

echo 'RFC1 2 | a rule | test_x:the_sky_is_blue' | gives 0 '1 rows'
printf '# comment\n\nRFC1 2 | a | test_x:the_sky_is_blue, tests/sky.sh:blue\nRFC1 2 | b | n/a: why\n' | gives 0 '2 tests named, 1 rows n/a'
echo 'A01 | test_x:the_sky_is_blue' | gives 0 '0 wrong'
echo 'B02 | tests/sky.sh:blue' | gives 0 '0 wrong'
printf '# rows: 2\nA01 | the sky | test_x:the_sky_is_blue\nB02 | n/a: why\n' | gives 0 'wall: 2 rows, 1 covered, 1 not applicable'
printf '# rows: 2\nA01 | the sky | test_x:the_sky_is_blue\n' | gives 1 'there are 1 rows, not 2'
printf 'A01 | a | test_x:the_sky_is_blue\nA01 | b | test_x:the_sky_is_blue\n' | gives 1 'A01 stands there twice'
echo 'A02 | test_x:the_sky_is_blue' | gives 1 'labelled "wall: A02"'
echo 'RFC1 2 | a rule | test_x:the_sky_is' | gives 1 'no test "test_x:the_sky_is"'
echo 'RFC1 2 | a rule | test_x:the_sky_is_blue, test_x:red' | gives 1 'no test "test_x:red"'
echo 'RFC1 2 | a rule | test_x:never_added' | gives 1 'no test "test_x:never_added"'
echo 'RFC1 2 | a rule | test_y:the_sky_is_blue' | gives 1 'no test "test_y:the_sky_is_blue"'
echo 'RFC1 2 | a rule | the_sky_is_blue' | gives 1 'no test "the_sky_is_blue"'
echo 'RFC1 2 | a rule |' | gives 1 'this is no'
echo 'RFC1 2' | gives 1 'this is no'
echo 'RFC1 2 | n/a:' | gives 1 'a reason'
printf 'A01 | test_x:the_sky_is_blue\nA01 | n/a: twice\n' | gives 1 'A01 stands there twice'
echo '# nothing' | gives 1 '0 rows'
cat >"$dir/page.md" <<'MD'
# A page | with a bar
| no. | promise | tests |
| --- | --- | --- |
| 1 | it is blue | test_x:the_sky_is_blue |
MD
env srcdir="$dir" "$srcdir/tests/check_map.sh" "$dir/page.md" | grep -q '1 rows in 1 maps, 1 tests named, 0 rows n/a, 0 wrong' ||
	{ echo 'the table of a page is not read'; failed=1; }
sed -i 's/is_blue |$/is_red |/' "$dir/page.md"
! env srcdir="$dir" "$srcdir/tests/check_map.sh" "$dir/page.md" >/dev/null ||
	{ echo 'the table of a page is not checked'; failed=1; }
exit $failed
