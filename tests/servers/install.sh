#!/bin/sh
# install.sh DIR - what the server scripts need, on Debian 12.
#
# Installs what is missing with apt-get, as root. Mail servers conflict with one
# another as packages, and so do FTP servers: of those that cannot stand beside
# the rest the packages are only unpacked, into DIR, and nothing of them reaches
# the system but their libraries. Nothing is started: a policy-rc.d says so while
# apt-get works, if there is none, and what is new here is not started at boot either.
# SPDX-License-Identifier: ISC
set -eu
dir=$1
installed='dovecot-imapd dovecot-pop3d dovecot-lmtpd dovecot-managesieved postfix'
libraries='perl libcanlock3 libdb5.3 libgnutls-dane0 libhiredis0.14 libidn12 libmemcached11 libmemcachedutil2
	libnsl2 libpam-modules libpcre2-8-0 libpcre2-posix3 libperl5.36 libpython3.11 libsasl2-2 libsodium23
	libsqlite3-0 libsystemd0 libwrap0
	libicu72 lua5.4 lua-bitop lua-expat lua-filesystem lua-sec lua-socket'
unpacked='exim4-daemon-light inn2 inn2-inews vsftpd proftpd-core proftpd-mod-crypto pure-ftpd prosody'
debs=${TLSW_DEBS:-/var/cache/tlswrap-servers}

missing=
for package in $installed $libraries; do
	dpkg-query -W -f='${Status}\n' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
done
wanted=
for package in $unpacked; do
	[ -e "$dir/$package" ] || wanted="$wanted $package"
done
[ -n "$missing$wanted" ] || exit 0

[ "$(id -u)" = 0 ] || { echo "missing, and only root can install them:$missing$wanted"; exit 1; }
export DEBIAN_FRONTEND=noninteractive
if [ -n "$missing" ]; then
	policy=/usr/sbin/policy-rc.d
	if [ ! -e $policy ]; then
		trap 'rm -f "$policy"' EXIT
		printf '#!/bin/sh\nexit 101\n' >$policy
		chmod 755 $policy
	fi
	apt-get update -qq || echo 'going on with the package lists at hand'
	echo 'postfix postfix/main_mailer_type select No configuration' | debconf-set-selections
	# shellcheck disable=SC2086
	apt-get install -y -qq --no-install-recommends $missing
	case $missing in *dovecot-*) update-rc.d dovecot disable ;; esac
	case $missing in *postfix*) update-rc.d postfix disable ;; esac
fi

# Exim looks its own account up by that name.
getent passwd Debian-exim >/dev/null ||
	useradd --system --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin --user-group Debian-exim

mkdir -p "$debs"
for package in $wanted; do
	version=$(apt-cache policy "$package" | sed -n 's/^ *Candidate: //p')
	file=$debs/${package}_$(echo "$version" | sed 's/:/%3a/')_$(dpkg --print-architecture).deb
	[ -s "$file" ] || (cd "$debs" && apt-get download -qq -o APT::Sandbox::User=root "$package=$version")
	dpkg -x "$file" "$dir/$package.part"
	mv "$dir/$package.part" "$dir/$package"
done
