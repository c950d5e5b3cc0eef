#!/bin/sh
# test_check_page.sh - the page of tlswrap check in a browser.
#
# tests/test_check makes one with names that try to be markup. The browser must
# find it whole, run nothing, load nothing, and apply its style sheet, which
# the page's own policy has to let through.
# SPDX-License-Identifier: ISC
set -u
LC_ALL=C
export LC_ALL

browser=
for name in chromium chromium-browser google-chrome; do
	command -v "$name" >/dev/null && browser=$name && break
done
if [ -z "$browser" ]; then
	echo 'SKIPPED: no chromium here'
	exit 77
fi
if [ ! -x tests/test_check ]; then
	echo 'SKIPPED: built without the command'
	exit 77
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/tlswrap-page.XXXXXX") || exit 99
trap 'rm -rf "$work"' EXIT
failed=0

fail() {
	echo "FAILED: $*"
	failed=1
}

# A profile of its own, no sandbox since tests may run as root, and bounded.
browse() {
	HOME=$work timeout -k 5 60 "$browser" --headless --no-sandbox --disable-gpu \
		--disable-dev-shm-usage --no-first-run --user-data-dir="$work/profile" --hide-scrollbars \
		--enable-logging=stderr --v=0 "$@" "file://$work/page.html" 2>>"$work/log"
}

TLSW_CHECK_PAGE=$work/page.html CK_RUN_CASE='the page' tests/test_check || exit 1
[ -s "$work/page.html" ] || { echo 'FAILED: no page was written'; exit 1; }

browse --dump-dom >"$work/dom" || fail 'the browser did not come back'
grep -q '<title>7 hosts: 4 critical, 1 warning, 2 good</title>' "$work/dom" || fail 'not its title'
[ "$(grep -c '<tr id="h[0-9]*" class="\(critical\|warning\|good\)"' "$work/dom")" = 7 ] || fail 'not seven rows'
grep -q '<script\|<img' "$work/dom" && fail 'a name became an element'
grep -q 'onmouseover=[^&]*<\|" onmouseover' "$work/dom" && fail 'a name became an attribute'
grep -q '&lt;script&gt;document.title=' "$work/dom" || fail 'the hostile name is not shown as text'
[ "$(grep -c 'class="fill-' "$work/dom")" -ge 6 ] || fail 'no timeline'
grep -i 'refused to\|violates\|CONSOLE' "$work/log" && fail 'the page breaks its own policy'

# What the style sheet says must be seen: a dark page is another picture than a light one.
browse --window-size=1200,800 --screenshot="$work/light.png" >/dev/null || fail 'no picture'
browse --window-size=1200,800 --blink-settings=preferredColorScheme=0 \
	--screenshot="$work/dark.png" >/dev/null || fail 'no dark picture'
[ -s "$work/light.png" ] && [ -s "$work/dark.png" ] || fail 'empty pictures'
cmp -s "$work/light.png" "$work/dark.png" && fail 'the style sheet was not applied'

[ "$failed" = 0 ] || tail -n 20 "$work/log"
exit "$failed"
