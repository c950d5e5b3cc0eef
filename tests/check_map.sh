#!/bin/sh
# Checks the maps from rules to tests: tests/rfc.txt, tests/wall.txt, the table
# of SECURITY.md, or the files given as arguments. A line is
#
#   id | [text |] file:test [, file:test ...]
#   id | n/a: why no test can show it
#
# file is the name of a test program (test_match is tests/test_match.c) or the
# path of a script from the top of the tree, whose test is a word in it. An id
# stands once with the same text; the id of a wall row (A01) stands once, and has
# to be named as "wall: A01" in one of its files. Empty lines and lines with # are
# comments, but "# rows: 187" says how many there have to be. In a file named
# *.md only those rows of tables are lines that begin with a number.
# SPDX-License-Identifier: ISC
set -eu

top=$(cd "${srcdir:-$(dirname "$0")/..}" && pwd)
if [ $# -eq 0 ]; then
	for map in "$top/tests/rfc.txt" "$top/tests/wall.txt" "$top/SECURITY.md"; do
		[ -f "$map" ] && set -- "$@" "$map"
	done
fi
[ $# -gt 0 ] || { echo "check_map: there is no map" >&2; exit 1; }

awk -v top="$top" '
	function trim(s) { gsub(/^[ \t]+|[ \t]+$/, "", s); return s }
	function bad(why) { printf "%s:%d: %s\n", FILENAME, FNR, why; wrong++ }

	# The whole of a file, once; "" if it is not there.
	function text_of(file,    path, line, all) {
		if (file in texts)
			return texts[file]
		path = file ~ /\// ? top "/" file : top "/tests/" file ".c"
		all = ""
		while ((getline line < path) > 0)
			all = all line "\n"
		close(path)
		texts[file] = all
		return all
	}

	# How often name stands in text as a word.
	function words(text, name,    n, parts) {
		return split(" " text " ", parts, "[^a-zA-Z0-9_]" name "[^a-zA-Z0-9_]") - 1
	}

	# A libcheck test is defined and added to a case; anything else is a word.
	function is_test(file, name) {
		if (name !~ /^[a-zA-Z0-9_]+$/ || text_of(file) == "")
			return 0
		if (file ~ /\//)
			return words(text_of(file), name) > 0
		return index(text_of(file), "START_TEST(" name ")") > 0 && words(text_of(file), name) > 1
	}

	function is_wall(id) { return id ~ /^[A-Z][0-9][0-9]$/ }

	function check_tests(id, list,    n, i, refs, ref, at, named) {
		n = split(list, refs, ",")
		named = !is_wall(id)
		for (i = 1; i <= n; i++) {
			ref = trim(refs[i])
			at = index(ref, ":")
			if (at == 0 || !is_test(substr(ref, 1, at - 1), substr(ref, at + 1))) {
				bad("there is no test \"" ref "\"")
				continue
			}
			if (text_of(substr(ref, 1, at - 1)) ~ "wall:[^\n]*" id "[^0-9]")
				named = 1
			tests++
		}
		if (!named)
			bad("no test of it is labelled \"wall: " id "\"")
	}

	FNR == 1 { maps++ }
	/^# rows: [0-9]+$/ { expected += $3; counted[FILENAME] = 1 }
	FILENAME ~ /\.md$/ {
		if ($0 !~ /^\| [0-9]/)
			next
		gsub(/^\||\|$/, "")
	}
	/^[ \t]*(#|$)/ { next }
	{
		n = split($0, fields, "|")
		id = trim(fields[1])
		last = trim(fields[n])
		if (n < 2 || n > 3 || id == "" || last == "") {
			bad("this is no \"id | [text |] tests\"")
			next
		}
		key = FILENAME "|" id "|" (n == 3 && !is_wall(id) ? trim(fields[2]) : "")
		if (key in seen)
			bad(id " stands there twice")
		seen[key] = 1
		rows++
		there += FILENAME in counted
		walled += is_wall(id)
		if (last ~ /^n\/a:/) {
			if (last !~ /^n\/a: *[^ ].*/)
				bad("a reason belongs behind n/a:")
			excused++
			passed += is_wall(id)
		} else
			check_tests(id, last)
	}
	END {
		if (there != expected) {
			printf "there are %d rows, not %d\n", there, expected
			wrong++
		}
		if (walled > 0)
			printf "wall: %d rows, %d covered, %d not applicable\n", walled, walled - passed, passed
		printf "check_map: %d rows in %d maps, %d tests named, %d rows n/a, %d wrong\n", \
		    rows, maps, tests, excused, wrong
		exit wrong > 0 || rows == 0
	}
' "$@"
