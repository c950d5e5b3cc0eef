#!/bin/sh
# pure-ftpd.sh start|stop DIR - Pure-FTPd: AUTH TLS, for the control connection and
# for data channels (-Y 3), which it does not resume. OpenSSL.
# SPDX-License-Identifier: ISC
# shellcheck source=common.sh source-path=SCRIPTDIR
. "$(dirname "$0")/common.sh"
usr=$packages/pure-ftpd/usr

case $action in
start)
	mkdir -p "$here/home"
	chown nobody:nogroup "$here/home"
	# not pure-pw, whose hashes take seconds each time
	(umask 077 && printf '%s:%s:%s:%s::%s::::::::::::\n' $user "$(unix_crypt $password)" "$(id -u nobody)" \
		"$(id -g nobody)" "$here/home/./" >"$here/passwd")
	"$usr/bin/pure-pw" mkdb "$here/users.pdb" -f "$here/passwd"
	chmod 644 "$here/users.pdb"
	for address in $addresses; do
		(umask 077 && cat "$certs/$address.all" "$certs/client-ca.pem" >"$here/$address.pem")
		ciphers=HIGH
		[ "$address" != 127.0.0.5 ] || ciphers=-C:HIGH # wants a certificate that the file's last one signed
		launch "$address" "$usr/sbin/pure-ftpd" -S "$address,$(port pure-ftpd)" -Y 3 -2 "$here/$address.pem" \
			-J "$ciphers" -l "puredb:$here/users.pdb" -u 1 -E -H -C 50 -O "clf:$here/access.log"
	done
	await pure-ftpd
	;;
stop)
	for file in "$here"/*.pid; do
		end "$file" pure-ftpd &
	done
	wait
	;;
esac
