#!/bin/sh
# run.sh [CASE...] - "make check-servers": the library and the example clients
# against real servers, all on the loopback.
#
# Installs what is missing (install.sh), makes certificates, chooses ports, starts
# the servers in a scratch directory, runs tests/servers/check_servers, and stops
# them again, whatever happens. Arguments are parts of names of cases to run.
# TLSW_KEEP=1 keeps the directory with the servers' logs.
# SPDX-License-Identifier: ISC
set -u
scripts=$(cd "$(dirname "$0")" && pwd)
servers='dovecot postfix exim inn2 vsftpd proftpd pure-ftpd prosody'
ports='imap imaps pop3 pop3s sieve lmtp sasl smtp submission smtps exim exims innd nntp nntps
	vsftpd vsftpds proftpd proftpds pure-ftpd xmpp'

[ "$(id -u)" = 0 ] || { echo 'check-servers: only root can start these servers'; exit 1; }
PATH=/usr/sbin:/sbin:$PATH
dir=$(mktemp -d /tmp/tlswrap-servers.XXXXXX) # the servers' accounts have to get there
chmod 755 "$dir"
TLSW_HELPER=$(pwd)/tests/servers/helper
export PATH TLSW_HELPER

finish() {
	status=$?
	trap - EXIT
	wait # for what is still being started
	for server in $servers; do
		sh "$scripts/$server.sh" stop "$dir" &
	done
	wait
	if [ -n "${TLSW_KEEP:-}" ]; then
		echo "the servers' files are in $dir"
	else
		rm -rf "$dir"
	fi
	exit $status
}
trap finish EXIT
trap 'exit 130' INT TERM HUP

mkdir "$dir/packages" "$dir/certs" || exit
sh "$scripts/install.sh" "$dir/packages" >"$dir/install.log" 2>&1 || { cat "$dir/install.log"; exit 1; }
"$TLSW_HELPER" pki "$dir/certs" || exit
# shellcheck disable=SC2086
"$TLSW_HELPER" ports $ports >"$dir/ports" || exit

started=
for server in $servers; do
	sh "$scripts/$server.sh" start "$dir" >"$dir/$server.out" 2>&1 &
	started="$started $server:$!"
done
failed=
for server in $started; do
	wait "${server#*:}" && continue
	failed="$failed ${server%:*}"
	cat "$dir/${server%:*}.out"
done
[ -z "$failed" ] || { echo "check-servers: did not start:$failed"; exit 1; }
timeout -k 5 300 tests/servers/check_servers "$dir" "$@"
