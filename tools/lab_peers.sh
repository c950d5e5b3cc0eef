#!/bin/sh
# lab_peers.sh - the lab's score of the TLS clients that are installed here, as
# a table; "make lab-peers" runs it. Everything is on the loopback.
# SPDX-License-Identifier: ISC
set -eu
tlswrap=${1:-tools/tlswrap}
timeout=${2:-5}
dir=$(mktemp -d)
proxy=
trap 'rm -rf "$dir"; [ -z "$proxy" ] || kill "$proxy"' EXIT

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
# wget cannot be told where a name leads: an HTTP proxy that leads all names to
# this host, octet for octet, an end as an end and a reset as a reset.
cat >"$dir/proxy.py" <<'END'
import socket, struct, threading

def relay(a, b):
    try:
        while data := a.recv(65536):
            b.sendall(data)
        b.shutdown(socket.SHUT_WR)
    except ConnectionResetError:
        b.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        b.close()
    except OSError:
        pass

def serve(near):
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += near.recv(1) or exit()
    name, port = head.split()[1].decode().rsplit(":", 1)
    far = socket.create_connection(("::1" if ":" in name else "127.0.0.1", int(port)))
    near.sendall(b"HTTP/1.0 200 OK\r\n\r\n")
    back = threading.Thread(target=relay, args=(far, near))
    back.start()
    relay(near, far)
    back.join()
    far.close()
    near.close()

listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
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
has curl && row curl "$(curl --version | awk 'NR == 1 { print $2, $5 }')" \
	curl -sS --max-time 4 -o /dev/null --cacert %c --connect-to ::%A: %u
has openssl && row s_client "$(openssl version | awk '{ print $2 }')" sh "$dir/s_client" %A:%p %h %c
has gnutls-cli && row gnutls-cli "$(gnutls-cli --version | awk 'NR == 1 { print $2 }')" \
	gnutls-cli --x509cafile %c --sni-hostname %h --verify-hostname %h -p %p %a
has python3 && row python3 "$(python3 -c 'import ssl, sys
print("%d.%d.%d %s" % (sys.version_info[:3] + (ssl.OPENSSL_VERSION.split()[1],)))')" \
	python3 "$dir/client.py" %h %a %p %c
if has wget && has python3; then
	python3 "$dir/proxy.py" >"$dir/port" 2>/dev/null &
	proxy=$!
	while [ ! -s "$dir/port" ]; do sleep 0.1; done
	row wget "$(wget --version | awk 'NR == 1 { v = $3 } match($0, /ssl\/[a-z]+/) { print v, substr($0, RSTART + 4, RLENGTH - 4) }')" \
		env "https_proxy=http://127.0.0.1:$(cat "$dir/port")" \
		wget -q -O /dev/null --tries 1 --timeout 4 --ca-certificate %c %u
fi
