#!/bin/sh
# inn2.sh start|stop DIR - INN: innd, which takes the articles, and nnrpd for readers
# with STARTTLS and with TLS at once. OpenSSL. The group is lab.test; reading and
# posting want the account, which works under TLS alone. nnrpd asks no client for a
# certificate.
# SPDX-License-Identifier: ISC
# shellcheck source=common.sh source-path=SCRIPTDIR
. "$(dirname "$0")/common.sh"
addresses='127.0.0.1 127.0.0.2 127.0.0.3 127.0.0.4'
news=$packages/inn2/usr/lib/news
LD_LIBRARY_PATH=$news:$packages/inn2-inews/usr/lib/news
export LD_LIBRARY_PATH

configuration() { # ADDRESS
	cat <<-C
		domain: example.test
		pathhost: news.example.test
		fromhost: example.test
		mta: "/bin/true %s"
		ovmethod: tradindexed
		hismethod: hisv6
		enableoverview: true
		wireformat: true
		runasuser: news
		runasgroup: news
		port: $(port innd)
		bindaddress: 127.0.0.1
		nnrpdposthost: 127.0.0.1
		nnrpdpostport: $(port innd)
		pathnews: $news
		pathbin: $news/bin
		pathcontrol: $news/bin/control
		pathetc: $here/etc
		pathfilter: $here/etc/filter
		pathdb: $here/db
		pathrun: $here/run
		pathlog: $here/log
		pathtmp: $here/tmp
		pathhttp: $here/http
		pathspool: $here/spool
		doinnwatch: false
		pgpverify: false
		tlscertfile: $here/etc/$1.pem
		tlskeyfile: $here/etc/$1.key
		tlscafile: $here/etc/$1.issuer
		tlsprotocols: [ TLSv1.2 TLSv1.3 ]
	C
}
# The files that innd and nnrpd will not start without.
tables() {
	printf 'method tradspool {\n  newsgroups: *\n  class: 0\n}\n' >storage.conf
	printf '/remember/:11\n0:1:never:never\n*:A:1:never:never\n' >expire.ctl
	printf 'ME:*,!junk,!control,!control.*::\n' >newsfeeds
	printf 'peer ME {\n  hostname: "127.0.0.1"\n}\n' >incoming.conf
	printf 'all:*:*:drop\n' >control.ctl
	touch moderators subscriptions distrib.pats passwd.nntp localgroups
	printf 'auth lab {\n  hosts: "127.0.0.1"\n  require_encryption: true\n  auth: "ckpasswd -f %s"\n}\n' \
		"$here/etc/users" >readers.conf
	printf 'access lab {\n  users: "*"\n  newsgroups: "*"\n  access: "RPA"\n}\n' >>readers.conf
	(umask 077 && printf '%s:%s\n' $user "$(unix_crypt $password)" >users)
	for address in $addresses; do
		cp "$certs/$address".* .
		configuration "$address" >"$address.conf"
	done
	printf '%s 0000000000 0000000001 %s\n' control n control.cancel n junk n lab.test y >../db/active
	printf 'lab.test\tTLS client tests\n' >../db/newsgroups
	touch ../db/active.times ../db/.news.daily
}

case $action in
start)
	for part in etc/filter db run log/OLD log/path tmp http spool/articles spool/overview \
		spool/incoming/tmp spool/incoming/bad spool/outgoing spool/archive; do
		mkdir -p "$here/$part"
	done
	(cd "$here/etc" && tables)
	chown -R news:news "$here"
	conf=$here/etc/127.0.0.1.conf
	INNCONF=$conf
	export INNCONF
	for step in 'makehistory' 'makedbz -i -o -s 30000'; do
		# shellcheck disable=SC2086
		setpriv --reuid=news --regid=news --clear-groups "$news/bin/"$step >>"$here/history.log" 2>&1 ||
			{ cat "$here/history.log"; exit 1; }
	done
	launch innd setpriv --reuid=news --regid=news --clear-groups \
		"$news/bin/innd" -f -P "$(port innd)" -4 127.0.0.1
	"$helper" await 20 "127.0.0.1:$(port innd)" || { cat "$here/innd.log"; exit 1; }
	for address in $addresses; do
		INNCONF=$here/etc/$address.conf
		launch "nnrpd-$address" setpriv --reuid=news --regid=news --clear-groups \
			"$news/bin/nnrpd" -D -f -n -p "$(port nntp)" -4 "$address"
		launch "nnrpds-$address" setpriv --reuid=news --regid=news --clear-groups \
			"$news/bin/nnrpd" -D -f -n -S -p "$(port nntps)" -4 "$address"
	done
	await nntp nntps
	;;
stop)
	for file in "$here"/nnrpd*.pid; do
		end "$file" nnrpd &
	done
	# innd looks at the signal when it next hears something
	innd=$(cat "$here/innd.pid" 2>/dev/null || :)
	if [ -n "$innd" ] && runs "$innd" innd; then
		kill "$innd"
		"$helper" await 0 "127.0.0.1:$(port innd)" 2>/dev/null || :
	fi
	end "$here/innd.pid" innd
	wait
	;;
esac
