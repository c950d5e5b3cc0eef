# common.sh - read by the scripts of the servers: SERVER.sh start|stop DIR
#
# DIR is a scratch directory that run.sh has made: DIR/certs and DIR/ports from
# helper.c, DIR/packages from install.sh. A server keeps everything in
# DIR/SERVER and listens on the loopback alone, on each of $addresses, and on the
# ports that DIR/ports names. The account is tlstest, its password "secret".
# SPDX-License-Identifier: ISC
# shellcheck shell=sh disable=SC2034
set -eu
umask 022
me=$(basename "$0" .sh)
action=$1
dir=$2
helper=${TLSW_HELPER:-tests/servers/helper}
certs=$dir/certs
packages=$dir/packages
here=$dir/$me
addresses='127.0.0.1 127.0.0.2 127.0.0.3 127.0.0.4 127.0.0.5' # helper.c says what each is for
user=tlstest
password=secret

port() { # NAME: its number
	sed -n "s/^$1 //p" "$dir/ports"
}
places() { # NAME...: ADDRESS:PORT of all
	for place_name; do
		for place_address in $addresses; do
			echo "$place_address:$(port "$place_name")"
		done
	done
}
launch() { # NAME COMMAND...: in the background, NAME.pid and NAME.log
	launch_name=$1
	shift
	"$@" >"$here/$launch_name.log" 2>&1 </dev/null &
	echo $! >"$here/$launch_name.pid"
}
await() { # NAME...: until all their ports answer
	# shellcheck disable=SC2046
	"$helper" await 20 $(places "$@") || {
		tail -n 20 "$here"/*.log
		exit 1
	}
}
# A process that has ended but that nobody has waited for has no command line.
runs() { # PID WORD-OF-ITS-COMMAND-LINE
	tr '\0' ' ' 2>/dev/null <"/proc/$1/cmdline" | grep -q -e "$2"
}
# End what a file names, if that process is still what was started.
end() { # FILE WORD
	[ -s "$1" ] || return 0
	end_pid=$(tr -dc 0-9 <"$1")
	rm -f "$1"
	for end_signal in TERM KILL; do
		runs "$end_pid" "$2" || return 0
		kill -s $end_signal "$end_pid" 2>/dev/null || :
		for _ in $(seq 100); do
			runs "$end_pid" "$2" || return 0
			sleep 0.05
		done
		echo "$me: process $end_pid does not end"
	done
}
unix_crypt() { # PASSWORD as it stands in password files
	perl -e 'print crypt($ARGV[0], q($6$tlswrap$))' "$1"
}

[ "$action" = stop ] || mkdir -p "$here"
