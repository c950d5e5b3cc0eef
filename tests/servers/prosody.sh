#!/bin/sh
# prosody.sh start|stop DIR - Prosody: XMPP, on the first address alone. It is here
# for SCRAM-PLUS, which it offers with tls-unique, so under TLS 1.2. OpenSSL.
# SPDX-License-Identifier: ISC
# shellcheck source=common.sh source-path=SCRIPTDIR
. "$(dirname "$0")/common.sh"
prosody=$packages/prosody/usr

configure() {
	cat <<-C
		run_as_root = true
		data_path = "$here/data"
		interfaces = { "127.0.0.1" }
		c2s_ports = { $(port xmpp) }
		s2s_ports = { }
		legacy_ssl_ports = { }
		c2s_direct_tls_ports = { }
		http_ports = { }
		https_ports = { }
		modules_enabled = { "saslauth", "tls" }
		modules_disabled = { "s2s" }
		authentication = "internal_plain"
		c2s_require_encryption = true
		log = { { levels = { min = "info" }, to = "console" } }
		pidfile = "$here/prosody.itself"
		ssl = {
		  key = "$certs/127.0.0.1.key";
		  certificate = "$certs/127.0.0.1.pem";
		  protocol = "tlsv1_2+";
		}
		VirtualHost "mail.example.test"
	C
}

case $action in
start)
	accounts=$here/data/mail%2eexample%2etest/accounts
	mkdir -p "$accounts"
	printf 'return { password = "%s" };\n' $password >"$accounts/$user.dat"
	configure >"$here/prosody.cfg.lua"
	sed -e "s#^CFG_SOURCEDIR=.*#CFG_SOURCEDIR='$prosody/lib/prosody'#" \
		-e "s#^CFG_PLUGINDIR=.*#CFG_PLUGINDIR='$prosody/lib/prosody/modules/'#" \
		-e "s#^CFG_CONFIGDIR=.*#CFG_CONFIGDIR='$here'#" -e "s#^CFG_DATADIR=.*#CFG_DATADIR='$here/data'#" \
		"$prosody/bin/prosody" >"$here/prosody.lua"
	launch prosody lua5.4 "$here/prosody.lua" -F --config "$here/prosody.cfg.lua"
	"$helper" await 20 "127.0.0.1:$(port xmpp)" || {
		tail -n 20 "$here/prosody.log"
		exit 1
	}
	;;
stop)
	end "$here/prosody.pid" prosody
	;;
esac
