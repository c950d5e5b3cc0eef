#!/bin/sh
# The command against the servers of OpenSSL and GnuTLS: TLS 1.2 and 1.3, EC and
# RSA, the right host and a wrong one.
# SPDX-License-Identifier: ISC
set -eu
dir=$(mktemp -d)
server=
stop_server() {
	[ -z "$server" ] || { kill "$server" 2>/dev/null || :; wait "$server" 2>/dev/null || :; }
	server=
}
trap 'stop_server; rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM
tlswrap=tools/tlswrap
failed=0
done=0

[ -x $tlswrap ] || { echo 'SKIPPED: built without the command'; exit 77; }
command -v openssl >/dev/null || { echo 'SKIPPED: no openssl(1)'; exit 77; }

# --- a CA, and a server of each kind of key ---------------------------------------
quietly() { "$@" >"$dir/log" 2>&1 || { cat "$dir/log"; exit 1; }; }
new_key() { # FILE KIND
	case $2 in
	ec) quietly openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1" ;;
	rsa) quietly openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$1" ;;
	esac
}
new_key "$dir/ca.key" ec
quietly openssl req -x509 -new -key "$dir/ca.key" -subj '/CN=Interop CA' -days 2 -out "$dir/ca.pem"
for kind in ec rsa; do
	new_key "$dir/$kind.key" $kind
	quietly openssl req -new -key "$dir/$kind.key" -subj "/CN=server" -out "$dir/$kind.csr"
	printf 'subjectAltName=DNS:www.lab.test,DNS:*.wild.test\nextendedKeyUsage=serverAuth\n' >"$dir/ext"
	quietly openssl x509 -req -in "$dir/$kind.csr" -CA "$dir/ca.pem" -CAkey "$dir/ca.key" \
		-CAcreateserial -days 2 -extfile "$dir/ext" -out "$dir/$kind.pem"
done

# --- servers: each says which port it took, or is asked on one until it answers ----
await() { # PATTERN FILE: until it stands there, 10 seconds at most
	for _ in $(seq 100); do
		grep -q "$1" "$2" && return 0
		kill -0 "$server" 2>/dev/null || return 1
		sleep 0.1
	done
	return 1
}
start_openssl() { # KEY VERSION; port 0: the kernel chooses
	openssl s_server -accept 0 -naccept 3 -www -cert "$dir/$1.pem" -key "$dir/$1.key" "-tls1_$2" \
		>"$dir/server" 2>&1 </dev/null &
	server=$!
	await '^ACCEPT ' "$dir/server" || return 1
	port=$(sed -n 's/^ACCEPT .*:\([0-9]*\)$/\1/p' "$dir/server" | head -1)
}
# It takes no port 0, so some are tried, of those that the kernel gives nobody;
# and it goes on without IPv4 when that port is taken.
start_gnutls() { # KEY VERSION
	for try in 1 2 3 4 5; do
		port=$((20000 + ($$ * 7 + done * 131 + try * 977) % 12000))
		gnutls-serv --http --port $port --x509certfile "$dir/$1.pem" --x509keyfile "$dir/$1.key" \
			--priority "NORMAL:-VERS-ALL:+VERS-TLS1.$2" >"$dir/server" 2>&1 </dev/null &
		server=$!
		await 'IPv4 .*\(done\|failed.*\)$' "$dir/server" && grep -q 'IPv4 .*done$' "$dir/server" && return 0
		stop_server
	done
	return 1
}

expect() { # STATUS LABEL NAME: a request, and what the command makes of it
	status=0
	printf 'GET / HTTP/1.0\r\n\r\n' | $tlswrap connect --timeout 10 --show --ca-file "$dir/ca.pem" \
		--server-name "$3" "127.0.0.1:$port" >"$dir/out" 2>"$dir/err" || status=$?
	done=$((done + 1))
	if [ $status != "$1" ]; then
		echo "$2, $3: exit status $status instead of $1"
		sed 's/^/    /' "$dir/err"
		failed=$((failed + 1))
	elif [ "$1" = 0 ] && ! grep -q '^HTTP/1' "$dir/out"; then
		echo "$2, $3: no answer"
		failed=$((failed + 1))
	elif [ "$1" = 0 ] && ! grep -q "TLSv1.$version" "$dir/err"; then
		echo "$2, $3: not TLS 1.$version"
		failed=$((failed + 1))
	fi
}

for implementation in openssl gnutls; do
	if [ $implementation = gnutls ] && ! command -v gnutls-serv >/dev/null; then
		echo 'gnutls-serv: SKIPPED, not installed'
		continue
	fi
	for version in 2 3; do
		for kind in ec rsa; do
			label="$implementation, TLS 1.$version, $kind"
			start_$implementation $kind $version || { echo "$label: no server"; cat "$dir/server"; exit 1; }
			expect 0 "$label" www.lab.test
			expect 0 "$label" a.wild.test
			expect 6 "$label" www.example.org
			stop_server
		done
	done
done
echo "$done connections, $failed not as they should be"
[ $failed = 0 ]
