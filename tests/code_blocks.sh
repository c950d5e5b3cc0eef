#!/bin/sh
# code_blocks.sh FILE DIR - write the C programs in a document to DIR/1.c, 2.c...
#
# In Markdown these are the blocks fenced as ```c, in mdoc the literal displays;
# what includes nothing is a fragment and left out.
# SPDX-License-Identifier: ISC
set -eu
mkdir -p "$2"
case $1 in
*.md) begin='^```c$' end='^```$' ;;
*) begin='^[.]Bd -literal' end='^[.]Ed' ;;
esac
awk -v begin="$begin" -v end="$end" -v dir="$2" '
function flush_block() {
	if (block ~ /#include/)
		printf "%s", block > (dir "/" ++count ".c")
	block = ""
	inside = 0
}
inside && $0 ~ end { flush_block(); next }
inside {
	line = $0
	if (end ~ /Ed/) { # what mdoc escapes
		gsub(/\\e/, "\\", line)
		gsub(/\\&/, "", line)
		gsub(/\\-/, "-", line)
		gsub(/\\\(dq/, "\"", line)
	}
	block = block line "\n"
}
$0 ~ begin { inside = 1 }' "$1"
