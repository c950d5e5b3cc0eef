#!/bin/sh
# lab_peers.sh - the lab's score of the TLS clients that are installed here, as
# a table; "make lab-peers" runs it. Everything is on the loopback.
# SPDX-License-Identifier: ISC
set -eu
tlswrap=${1:-tools/tlswrap}
timeout=${2:-5}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

cat >"$dir/client.py" <<'END'
import socket, ssl, sys
host, address, port, ca = sys.argv[1:]
context = ssl.create_default_context(cafile=ca)
plain = socket.create_connection((address, int(port)), timeout=4)
tls = context.wrap_socket(plain, server_hostname=host, suppress_ragged_eofs=False)
tls.sendall(b"GET / HTTP/1.0\r\n\r\n")
while tls.recv(65536):
    pass
END
# An address is compared with another option than a name.
cat >"$dir/s_client" <<'END'
case $2 in
*:* | *[0-9]) set -- "$@" -verify_ip "$2" ;;
*) set -- "$@" -verify_hostname "$2" -servername "$2" ;;
esac
address=$1
ca=$3
shift 3
(printf 'GET / HTTP/1.0\r\n\r\n'; sleep 1) |
	openssl s_client -ign_eof -connect "$address" -CAfile "$ca" -verify_return_error "$@"
END

field() { # $1 a heading of the score: how many
	awk -F': ' -v heading="$1" '$1 == heading && $2 ~ /^[0-9]+$/ { n = $2 } END { print n + 0 }' "$dir/score"
}

row() { # $1 the name, $2 its version, the rest: what "lab run" is to run
	name=$1 version=$2
	shift 2
	"$tlswrap" lab run --timeout "$timeout" -- "$@" >"$dir/score" || [ $? -eq 9 ]
	total=$(sed -n 's/^\([0-9]*\) servers: .*/\1/p' "$dir/score")
	wrong=$(sed -n 's/^[0-9]* servers: .* \([0-9]*\) wrong$/\1/p' "$dir/score")
	printf '| %s | %s | %s of %s | %s | %s | %s | %s | %s |\n' "$name" "$version" \
		$((total - wrong)) "$total" \
		"$(field 'accepted what it must refuse')" "$(field 'refused what it must accept')" \
		"$(field 'hung')" "$(field 'crashed')" \
		"$(($(field 'sent data to a server it must refuse') + $(field 'went on where it must stop')))"
}

has() {
	command -v "$1" >/dev/null 2>&1 && return 0
	echo "$1: not installed" >&2
	return 1
}

echo "The score of $(date -u +%Y-%m-%d), at most $timeout s for each server."
echo
echo '| client | version | right | accepted wrongly | refused wrongly | hung | crashed | stopped late |'
echo '| --- | --- | --- | --- | --- | --- | --- | --- |'
row tlswrap "$("$tlswrap" --version | awk '{ print $2 }')" \
	"$tlswrap" connect --timeout 3 --ca-file %c --server-name %h %A:%p
has curl && row curl "$(curl --version | awk 'NR == 1 { print $2, $4 }')" \
	curl -sS --max-time 4 -o /dev/null --cacert %c --connect-to ::%A: %u
has openssl && row s_client "$(openssl version | awk '{ print $2 }')" sh "$dir/s_client" %A:%p %h %c
has gnutls-cli && row gnutls-cli "$(gnutls-cli --version | awk 'NR == 1 { print $2 }')" \
	gnutls-cli --x509cafile %c --sni-hostname %h --verify-hostname %h -p %p %a
has python3 && row python3 "$(python3 -c 'import ssl, sys
print("%d.%d.%d %s" % (sys.version_info[:3] + (ssl.OPENSSL_VERSION.split()[1],)))')" \
	python3 "$dir/client.py" %h %a %p %c
