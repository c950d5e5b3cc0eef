#!/bin/sh
# proftpd.sh start|stop DIR - ProFTPD with mod_tls: AUTH TLS and TLS at once. OpenSSL.
# Data channels must resume the control connection's session, which is its default.
# SPDX-License-Identifier: ISC
# shellcheck source=common.sh source-path=SCRIPTDIR
. "$(dirname "$0")/common.sh"

host() { # ADDRESS PORT [TLS-OPTION]
	cat <<-C
		<VirtualHost $1>
		  Port $2
		  AuthUserFile $here/passwd
		  AuthGroupFile $here/group
		  AuthPAM off
		  RequireValidShell off
		  AllowOverwrite on
		  DefaultRoot ~
		  TLSEngine on
		  TLSLog $here/tls.log
		  TLSProtocol TLSv1.2 TLSv1.3
		  TLSRequired on
		  TLSECCertificateFile $certs/$1.pem
		  TLSECCertificateKeyFile $certs/$1.key
		  TLSCertificateChainFile $certs/$1.issuer
		  TLSRenegotiate none
	C
	[ -z "${3:-}" ] || echo "  TLSOptions $3"
	if [ "$1" = 127.0.0.5 ]; then
		printf '  TLSVerifyClient on\n  TLSCACertificateFile %s\n' "$certs/client-ca.pem"
	else
		printf '  TLSVerifyClient off\n'
	fi
	echo '</VirtualHost>'
}

case $action in
start)
	mkdir -p "$here/home" "$here/modules"
	chown nobody:nogroup "$here/home"
	ln -sf "$packages"/proftpd-*/usr/lib/proftpd/*.so "$here/modules/"
	(
		umask 077
		printf '%s:%s:%s:%s::%s:/bin/false\n' $user "$(unix_crypt $password)" "$(id -u nobody)" \
			"$(id -g nobody)" "$here/home" >"$here/passwd"
		printf 'lab:x:%s:%s\n' "$(id -g nobody)" $user >"$here/group"
	)
	{
		cat <<-C
			ModulePath $here/modules
			LoadModule mod_tls.c
			ServerType standalone
			DefaultAddress 127.0.0.1
			SocketBindTight on
			Port 0
			UseIPv6 off
			UseReverseDNS off
			User nobody
			Group nogroup
			MaxInstances 60
			PidFile $here/daemon.pid
			ScoreboardFile $here/scoreboard
			SystemLog $here/system.log
			TransferLog none
			WtmpLog off
			AuthOrder mod_auth_file.c
			<IfModule mod_delay.c>
			  DelayEngine off
			</IfModule>
		C
		for address in $addresses; do
			host "$address" "$(port proftpd)"
			host "$address" "$(port proftpds)" UseImplicitSSL
		done
	} >"$here/proftpd.conf"
	launch proftpd "$packages/proftpd-core/usr/sbin/proftpd" -n -c "$here/proftpd.conf"
	await proftpd proftpds
	;;
stop)
	end "$here/proftpd.pid" proftpd
	;;
esac
