#!/bin/sh
# dovecot.sh start|stop DIR - Dovecot: IMAP, POP3, ManageSieve, LMTP, and SASL for
# Postfix. OpenSSL. Each address has an instance of its own, since LMTP has one
# certificate only, and client certificates are demanded of all or none.
# SPDX-License-Identifier: ISC
# shellcheck source=common.sh source-path=SCRIPTDIR
. "$(dirname "$0")/common.sh"

listener() { # SERVICE PORT-NAME [more]
	printf 'service %s {\n  chroot =\n  inet_listener %s {\n    port = %s\n    %s\n  }\n}\n' \
		"$1" "$2" "$(port "$2")" "${3:-}"
}
configure() { # ADDRESS
	mkdir -p "$here/$1"
	cat <<-C
		base_dir = $here/$1
		state_dir = $here/$1
		log_path = $here/$1-mail.log
		instance_name = $1
		listen = $1
		protocols = imap pop3 lmtp sieve
		first_valid_uid = 1
		first_valid_gid = 1
		mail_location = maildir:$here/mail/%n
		mail_home = $here/mail/%n
		postmaster_address = postmaster@example.test
		hostname = mail.example.test
		auth_mechanisms = plain login scram-sha-256
		disable_plaintext_auth = yes
		passdb {
		  driver = passwd-file
		  args = scheme=plain username_format=%n $here/users
		}
		userdb {
		  driver = passwd-file
		  args = username_format=%n $here/users
		}
		namespace inbox {
		  inbox = yes
		}
		ssl = required
		ssl_min_protocol = TLSv1.2
		ssl_cert = <$certs/$1.pem
		ssl_key = <$certs/$1.key
		service stats {
		  chroot =
		}
		service anvil {
		  chroot =
		}
	C
	listener imap-login imap
	listener imap-login imaps 'ssl = yes'
	listener pop3-login pop3
	listener pop3-login pop3s 'ssl = yes'
	for login in imap-login pop3-login; do # one process for many, which knows its tickets
		printf 'service %s {\n  service_count = 0\n}\n' $login
	done
	listener managesieve-login sieve
	listener lmtp lmtp
	case $1 in
	127.0.0.1) printf 'service auth {\n  inet_listener {\n    port = %s\n  }\n}\n' "$(port sasl)" ;;
	127.0.0.5)
		printf 'ssl_ca = <%s\nssl_verify_client_cert = yes\nssl_require_crl = no\n' "$certs/client-ca.pem"
		printf 'auth_ssl_require_client_cert = yes\n'
		;;
	esac
}

case $action in
start)
	mkdir -p "$here/mail"
	chown nobody:nogroup "$here/mail"
	printf '%s:{PLAIN}%s:%s:%s::%s::\n' $user $password "$(id -u nobody)" "$(id -g nobody)" \
		"$here/mail/$user" >"$here/users"
	for address in $addresses; do
		configure "$address" >"$here/$address.conf"
		launch "$address" /usr/sbin/dovecot -F -c "$here/$address.conf"
	done
	await imap imaps pop3 pop3s sieve lmtp
	;;
stop)
	for address in $addresses; do
		end "$here/$address.pid" dovecot &
	done
	wait
	;;
esac
