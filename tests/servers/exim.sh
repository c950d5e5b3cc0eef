#!/bin/sh
# exim.sh start|stop DIR - Exim: SMTP and SMTPS, with AUTH. GnuTLS, as Debian builds
# it. Mail for example.test goes to DIR/exim/mail/inbox/new.
# SPDX-License-Identifier: ISC
# shellcheck source=common.sh source-path=SCRIPTDIR
. "$(dirname "$0")/common.sh"
owner=Debian-exim

case $action in
start)
	mkdir -p "$here/spool" "$here/mail/inbox" "$here/certs"
	cp "$certs"/127.* "$here/certs/"
	chown -R $owner:$owner "$here"
	cat >"$here/exim.conf" <<-C
		exim_user = $owner
		exim_group = $owner
		never_users =
		primary_hostname = mail.example.test
		spool_directory = $here/spool
		log_file_path = $here/%s.log
		pid_file_path = $here/exim.pid
		local_interfaces = $(echo "$addresses" | sed 's/ / : /g')
		daemon_smtp_ports = $(port exim) : $(port exims)
		tls_on_connect_ports = $(port exims)
		tls_advertise_hosts = *
		tls_certificate = $here/certs/\$received_ip_address.pem
		tls_privatekey = $here/certs/\$received_ip_address.key
		tls_verify_certificates = $certs/client-ca.pem
		tls_verify_hosts = \${if eq{\$received_ip_address}{127.0.0.5}{*}{}}
		tls_require_ciphers = NORMAL:-VERS-TLS1.0:-VERS-TLS1.1
		auth_advertise_hosts = \${if eq{\$tls_in_cipher}{}{}{*}}
		acl_smtp_rcpt = acl_rcpt
		acl_smtp_data = acl_ok
		deliver_drop_privilege = true
		domainlist local = example.test
		begin acl
		acl_rcpt:
		  accept domains = +local
		  deny message = relay not permitted
		acl_ok:
		  accept
		begin routers
		l:
		  driver = accept
		  domains = +local
		  transport = box
		begin transports
		box:
		  driver = appendfile
		  directory = $here/mail/inbox
		  maildir_format
		  create_directory
		begin authenticators
		plain:
		  driver = plaintext
		  public_name = PLAIN
		  server_prompts = :
		  server_condition = \${if and{{eq{\$auth2}{$user}}{eq{\$auth3}{$password}}}}
		  server_set_id = \$auth2
	C
	chown root "$here/exim.conf"
	# With a file of our own for -C it gives up being root anyway.
	launch exim setpriv --reuid=$owner --regid=$owner --clear-groups \
		"$packages/exim4-daemon-light/usr/sbin/exim4" -C "$here/exim.conf" -bdf -oP "$here/daemon.pid"
	await exim exims
	;;
stop)
	end "$here/exim.pid" exim
	;;
esac
