#!/bin/sh
# mutants.sh - makes each mistake of tests/mutants.list in a copy of the
# sources, one at a time, and runs the test program that has to notice it;
# "make mutants" calls this. A line for each, and at the end how many were
# noticed (killed); the same as a table in <work>/mutants.md.
#
#   mutants.sh work-dir srcdir [word...]   only those whose title has all the words
#
# work-dir/src is a copy of the sources that is not configured. CC comes in the
# environment. Ends with 1 when one was not noticed, or could not be made.
# SPDX-License-Identifier: ISC
set -u

work=$1 list=$2/tests/mutants.list
shift 2
src=$work/src build=$work/build
: "${MAKE:=make}" "${CC:=cc}"
export CK_DEFAULT_TIMEOUT=20

configure() {
	mkdir -p "$build" && (cd "$build" && ../src/configure -q --disable-shared CC="$CC" CFLAGS='-O0 -w') >"$work/log" 2>&1
}
make_test() { $MAKE -s -C "$build" "tests/$1" >"$work/log" 2>&1; }
run_test() { # program[/case]
	program=${1%%/*} group=${1#*/}
	[ "$group" = "$1" ] && unset CK_RUN_CASE || export CK_RUN_CASE="$group"
	(cd "$build" && timeout 180 "tests/$program") >"$work/log" 2>&1
}
# Print the file with the one place changed; fail if there is none, or more.
change() { # file
	old=$old new=$new awk '
	{
		at = index($0, ENVIRON["old"])
		if (at > 0) {
			places++
			rest = substr($0, at + length(ENVIRON["old"]))
			places += index(rest, ENVIRON["old"]) > 0
			$0 = substr($0, 1, at - 1) ENVIRON["new"] rest
		}
		print
	}
	END { exit places != 1 }' "$1"
}
# What is wrong with the mutant in $title $file $test $old $new; "" if it was killed.
survives() {
	cp "$src/$file" "$work/saved"
	if ! change "$work/saved" >"$work/changed"; then
		why='the line is not there exactly once'
	else
		cat "$work/changed" >"$src/$file"
		if ! make_test "${test%%/*}"; then
			why='it does not compile'
		elif run_test "$test"; then
			why='SURVIVED'
		else
			why=
		fi
	fi
	cat "$work/saved" >"$src/$file"
}
wanted() {
	for word; do
		case $title in *"$word"*) ;; *) return 1 ;; esac
	done
}

cp "$list" "$work/list"
[ -f "$build/Makefile" ] || configure || { tail -n 20 "$work/log"; exit 1; }
killed=0 all=0 title='' file='' test='' old=''
printf '| what goes wrong | where | noticed by |\n| --- | --- | --- |\n' >"$work/table"
while IFS= read -r line; do
	case $line in
	'#'* | '') continue ;;
	'	- '*) old=${line#?- }; continue ;;
	'	+ '*) new=${line#?+ } ;;
	'	'*) read -r file test <<-END
		$line
		END
		continue ;;
	*) title=$line; continue ;;
	esac
	wanted "$@" || continue
	all=$((all + 1))
	survives
	if [ -z "$why" ]; then
		killed=$((killed + 1))
		printf 'killed    %s: %s (%s)\n' "$file" "$title" "$test"
	else
		printf 'NOT KILLED %s: %s (%s): %s\n' "$file" "$title" "$test" "$why"
		sed -n '/error:/p' "$work/log" | head -n 3
	fi
	printf '| %s | %s | %s |\n' "$title" "$file" "${why:-${test%%/*}}" >>"$work/table"
done <"$work/list"
{
	echo "# Mutants of $(date -u +%Y-%m-%d)"
	echo
	echo 'What "make mutants" came to: each mistake of tests/mutants.list, made alone, and'
	echo 'the test program that failed because of it.'
	echo
	cat "$work/table"
	echo
	echo "mutants: $killed of $all killed"
} >"$work/mutants.md"
echo "mutants: $killed of $all killed"
[ "$all" -gt 0 ] && [ "$killed" = "$all" ]
