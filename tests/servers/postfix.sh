#!/bin/sh
# postfix.sh start|stop DIR - Postfix: SMTP, submission (AUTH through Dovecot) and
# SMTPS. OpenSSL. Mail for example.test goes to DIR/postfix/mail/inbox/new.
# SPDX-License-Identifier: ISC
# shellcheck source=common.sh source-path=SCRIPTDIR
. "$(dirname "$0")/common.sh"

service() { # ADDRESS PORT-NAME [-o ...]
	service_at=$1:$(port "$2")
	shift 2
	printf '%s inet n - n - - smtpd\n  -o smtpd_tls_chain_files=%s.chain\n' "$service_at" "$here/etc/${service_at%:*}"
	for option; do
		printf '  -o %s\n' "$option"
	done
	[ "${service_at%:*}" != 127.0.0.5 ] || printf '  -o smtpd_tls_req_ccert=yes\n'
}

case $action in
start)
	mkdir -p "$here/etc" "$here/spool" "$here/lib" "$here/mail/inbox"
	chown root "$here/spool"
	chown postfix "$here/lib"
	chown nobody:nogroup "$here/mail" "$here/mail/inbox"
	for address in $addresses; do
		(umask 077 && cat "$certs/$address.all" >"$here/etc/$address.chain")
	done
	cat >"$here/etc/main.cf" <<-C
		compatibility_level = 3.6
		queue_directory = $here/spool
		data_directory = $here/lib
		command_directory = /usr/sbin
		daemon_directory = /usr/lib/postfix/sbin
		maillog_file = $here/maillog.log
		maillog_file_prefixes = $here
		inet_protocols = ipv4
		myhostname = mail.example.test
		mydestination =
		mynetworks = 127.0.0.0/8
		alias_maps =
		alias_database =
		local_recipient_maps =
		default_transport = error:no outside mail
		relay_transport = error:no relay
		virtual_mailbox_domains = example.test
		virtual_mailbox_base = $here/mail
		virtual_mailbox_maps = static:inbox/
		virtual_uid_maps = static:$(id -u nobody)
		virtual_gid_maps = static:$(id -g nobody)
		virtual_minimum_uid = 1
		smtpd_tls_security_level = encrypt
		smtpd_tls_auth_only = yes
		smtpd_tls_CAfile = $certs/client-ca.pem
		smtpd_tls_mandatory_protocols = >=TLSv1.2
		smtpd_sasl_type = dovecot
		smtpd_sasl_path = inet:127.0.0.1:$(port sasl)
		smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination
		smtpd_client_connection_count_limit = 0
		smtpd_error_sleep_time = 0
		biff = no
	C
	{
		for address in $addresses; do
			service $address smtp
			service $address submission smtpd_sasl_auth_enable=yes mynetworks= \
				smtpd_relay_restrictions=permit_sasl_authenticated,reject
			service $address smtps smtpd_tls_wrappermode=yes
		done
		cat <<-C
			cleanup unix n - n - 0 cleanup
			qmgr unix n - n 300 1 qmgr
			tlsmgr unix - - n 1000? 1 tlsmgr
			rewrite unix - - n - - trivial-rewrite
			bounce unix - - n - 0 bounce
			defer unix - - n - 0 bounce
			trace unix - - n - 0 bounce
			verify unix - - n - 1 verify
			flush unix n - n 1000? 0 flush
			proxymap unix - - n - - proxymap
			error unix - - n - - error
			retry unix - - n - - error
			virtual unix - n n - - virtual
			anvil unix - - n - 1 anvil
			postlog unix-dgram n - n - 1 postlogd
		C
	} >"$here/etc/master.cf"
	postfix -c "$here/etc" start >"$here/start.log" 2>&1 </dev/null || { cat "$here"/*.log; exit 1; }
	cp "$here/spool/pid/master.pid" "$here/master.pid"
	await smtp submission smtps
	;;
stop)
	end "$here/master.pid" /master # which ends its children
	;;
esac
