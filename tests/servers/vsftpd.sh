#!/bin/sh
# vsftpd.sh start|stop DIR - vsftpd: AUTH TLS and TLS at once. OpenSSL. Data channels
# must resume the control connection's session (require_ssl_reuse) and uploads must
# end with close_notify (strict_ssl_read_eof). The user is anonymous, so that
# nothing is needed in /etc, and files are in pub/; its account needs a home that
# is there, which that of nobody is not.
# SPDX-License-Identifier: ISC
# shellcheck source=common.sh source-path=SCRIPTDIR
. "$(dirname "$0")/common.sh"

configuration() { # ADDRESS PORT IMPLICIT
	cat <<-C
		listen=YES
		listen_address=$1
		listen_port=$2
		implicit_ssl=$3
		background=NO
		anonymous_enable=YES
		no_anon_password=YES
		anon_root=$here/root
		write_enable=YES
		anon_upload_enable=YES
		anon_world_readable_only=NO
		anon_umask=022
		ftp_username=daemon
		nopriv_user=nobody
		secure_chroot_dir=$here/empty
		connect_from_port_20=NO
		seccomp_sandbox=NO
		isolate_network=NO
		isolate=NO
		log_ftp_protocol=YES
		vsftpd_log_file=$here/vsftpd.log
		xferlog_enable=YES
		xferlog_std_format=NO
		debug_ssl=YES
		ssl_enable=YES
		allow_anon_ssl=YES
		force_anon_logins_ssl=YES
		force_anon_data_ssl=YES
		ssl_tlsv1=YES
		ssl_ciphers=HIGH
		require_ssl_reuse=YES
		strict_ssl_read_eof=YES
		rsa_cert_file=$certs/$1.pem
		rsa_private_key_file=$certs/$1.key
	C
	[ "$1" != 127.0.0.5 ] || printf '%s\n' ssl_request_cert=YES require_cert=YES validate_cert=YES \
		"ca_certs_file=$certs/client-ca.pem"
}

case $action in
start)
	mkdir -p "$here/root/pub" "$here/empty"
	chmod 555 "$here/root" "$here/empty"
	chmod 777 "$here/root/pub"
	for address in $addresses; do
		configuration "$address" "$(port vsftpd)" NO >"$here/$address.conf"
		configuration "$address" "$(port vsftpds)" YES >"$here/$address-implicit.conf"
		for kind in "$address" "$address-implicit"; do
			launch "$kind" "$packages/vsftpd/usr/sbin/vsftpd" "$here/$kind.conf"
		done
	done
	await vsftpd vsftpds
	;;
stop)
	for file in "$here"/*.pid; do
		end "$file" vsftpd &
	done
	wait
	;;
esac
