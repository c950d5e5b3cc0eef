#!/bin/sh
# links.sh SRCDIR - print "name page" for each name that a page of section 3
# describes besides the one in its own file name: "tls_context_new tls_context.3".
# SPDX-License-Identifier: ISC
set -eu
cd "$1/man"
for page in *.3; do
	sed -n '/^[.]Sh NAME/,/^[.]Nd/s/^[.]Nm \([a-z0-9_]*\).*/\1/p' "$page" |
		while read -r name; do
			[ "$name.3" = "$page" ] || echo "$name $page"
		done
done
