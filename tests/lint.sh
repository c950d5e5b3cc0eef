#!/bin/sh
# lint.sh - the house rules that can be found by looking at the text.
#
# Each rule prints "file:line: what is wrong" and counts. No compiler needed.
# SPDX-License-Identifier: ISC
set -u
LC_ALL=C
export LC_ALL
cd "${srcdir:-$(dirname "$0")/..}" || exit 99

# The modules in the order in which they may include each other; those of one
# line stand side by side and may include each other too.
modules='
compat compat_engine
error
password
clock
name
match
dn
cert cert_load san
transport
starttls dialogue line starttls_line starttls_imap starttls_sieve starttls_xmpp starttls_ldap starttls_sql
file
pem der object
anchors anchors_internal anchors_parse anchors_shared
cadir
lookup places
source
trust trust_internal trust_system trust_facts
chain constrain attempt search strict strict_rules strict_names
session remember
store
keyfile
credentials
pin staple
verify explain
context key
advice
ciphers
settings protocol keylog
socket
wrap
upgrade
io
peer binding
page
describe describe_socket
stdio
connect connect_race
version names
'

found=0
report() { # reads "file:line:text" lines; $1 is the complaint
	while IFS= read -r hit; do
		printf '%s\n    %s\n' "$hit" "$1"
	done
}
rule() { # $1 the complaint, $2 what was found
	[ -n "$2" ] || return 0
	printf '%s\n' "$2" | report "$1"
	found=$((found + $(printf '%s\n' "$2" | wc -l)))
}

# Prints a C file with comments and the insides of strings blanked, line by line.
code() {
	awk '
	{
		out = ""
		n = length($0)
		for (i = 1; i <= n; i++) {
			c = substr($0, i, 1)
			two = substr($0, i, 2)
			if (in_comment) {
				if (two == "*/") { in_comment = 0; i++ }
			} else if (quote != "") {
				if (c == "\\") i++
				else if (c == quote) { out = out c; quote = "" }
			} else if (two == "/*") { in_comment = 1; i++ }
			else if (two == "//") break
			else {
				if (c == "\"" || c == "\047") quote = c
				out = out c
			}
		}
		print out
	}' "$1"
}

# grep -n over the code (not the comments) of several files.
grep_code() { # $1 the expression, then the files
	expression=$1
	shift
	for f; do
		code "$f" | grep -nE "$expression" | sed "s|^|$f:|"
	done
}

lib=$(ls lib/*.c lib/*.h 2>/dev/null)
ours=$(ls lib/*.c lib/*.h include/*.h tools/*.c tools/*.h tests/*.c tests/*.h tests/support/*.c \
	tests/support/*.h tests/servers/*.c tests/servers/*.h tests/fuzz/*.c examples/*.c examples/*/*.c bench/*.c bench/*.h 2>/dev/null)

# --- what lib/ never calls --------------------------------------------------
forbid() { # $1 expression, $2 why
	# shellcheck disable=SC2086
	rule "$2" "$(grep_code "(^|[^A-Za-z0-9_])($1)[[:space:]]*\(" $lib)"
}
forbid 'SSL_set1_host|SSL_add1_host|X509_VERIFY_PARAM_(set1|add1)_host' \
	'wall: A11: OpenSSL drops its host list when an allocation fails; our matcher decides'
forbid 'X509_check_(host|ip|ip_asc|email)' 'our matcher decides, not X509_check_*'
forbid '(SSL|SSL_CTX)_set1_server_cert_type' \
	'wall: A24: raw public keys are never enabled'
forbid 'SSL_free_buffers' 'wall: J13: never called'
forbid '(SSL_CTX|X509_STORE)_set_default_(verify_)?(paths|dir|file|store)(_ex)?' \
	'trust.c looks the system store up; this call re-reads the directory at each handshake'
# shellcheck disable=SC2086
offline=$(printf '%s\n' $lib | grep -v 'lib/\(connect\|compat\)[^/]*$')
# shellcheck disable=SC2086
rule 'wall: G08: only connect.c opens connections; nothing is ever fetched (AIA, OCSP, CRLs)' \
	"$(grep_code '(^|[^A-Za-z0-9_>.])(socket|connect|getaddrinfo|gethostbyname|OSSL_HTTP_[a-z]+|OCSP_sendreq_[a-z]+)[[:space:]]*\(' $offline)"
forbid 'mmap' 'a file truncated in place would raise SIGBUS in the caller'
forbid 'SSL_CTX_set_verify_depth|SSL_set_verify_depth' 'the verdict is taken by verify.c alone'
forbid 'signal|sigaction|sigprocmask|atexit|setenv|putenv|exit|abort|setlocale' \
	'no process-wide effects'
forbid 'printf|puts|perror|err|errx|warn|warnx' 'a library does not print'
forbid 'strcpy|strcat|sprintf|gets|strtok|gethostbyname' 'there is a bounded or re-entrant form'
forbid 'X509_NAME_oneline|X509_NAME_get_text_by_NID|ASN1_STRING_data' \
	'wall: B14: this form stops at a NUL'

# --- #if lives in compat ----------------------------------------------------
for f in $lib; do
	case $f in lib/compat.[ch] | lib/compat_engine.c) continue ;; esac
	guard=TLSW_$(basename "$f" .h | tr 'a-z-' 'A-Z_')_H
	allowed="^[[:space:]]*#[[:space:]]*ifndef[[:space:]]+$guard\$"
	# name.c also builds alone, without config.h
	[ "$f" = lib/name.c ] && allowed="$allowed|^#if(def)?[[:space:]].*HAVE_(LIBIDN2|CONFIG_H)"
	rule '#if belongs into compat' "$(code "$f" |
		grep -nE '^[[:space:]]*#[[:space:]]*(if|ifdef|ifndef|elif)([^a-z]|$)' |
		sed 's/:/\t/' | awk -F'\t' -v allowed="$allowed" '$2 !~ allowed { print $1 ":" $2 }' |
		sed "s|^|$f:|")"
done

# --- every OpenSSL result is compared with its value for success --------------
truth_tests() {
	for f in $lib; do
		code "$f" | awk -v file="$f" '
		/^[[:space:]]*#/ { print ""; next }
		{ print }' | awk -v file="$f" '
		{ text = text $0 "\n" }
		END {
			call = "(SSL|BIO|X509|X509v3|X509V3|ASN1|PEM|EVP|ERR|RAND|OBJ|OCSP|CRYPTO|OPENSSL|OSSL)_[A-Za-z0-9_]+[(]"
			line = 1; at = 1
			while (match(substr(text, at), call)) {
				start = at + RSTART - 1
				open = start + RLENGTH - 1
				skipped = substr(text, at, start - at)
				line += gsub(/\n/, "\n", skipped)
				before = substr(text, start > 200 ? start - 200 : 1, start > 200 ? 200 : start - 1)
				gsub(/[ \t\n]+/, " ", before)
				depth = 0
				for (i = open; i <= length(text); i++) {
					c = substr(text, i, 1)
					if (c == "(") depth++
					else if (c == ")" && --depth == 0) break
				}
				after = substr(text, i + 1, 40)
				gsub(/^[ \t\n]+/, "", after)
				tested = before ~ /(!|&&|\|\|) ?$/ || before ~ /(if|while) ?[(] ?$/
				# "!" and a bare condition; x != f() and a && f() == 1 are fine
				if (tested && before !~ /[^=!<>]==? ?$/ && after ~ /^([)]|&&|[|][|]|[?])/)
					printf "%s:%d:%s\n", file, line, substr(text, start, i - start + 1)
				at = open
			}
		}'
	done
}
rule 'compare an OpenSSL result with its documented value for success' "$(truth_tests)"

# --- ASN.1 data is pointer and length (wall: B14) -----------------------------
asn1_as_c_string() {
	for f in $lib; do
		code "$f" | awk -v file="$f" '
		{
			if (match($0, /[A-Za-z_][A-Za-z0-9_]*[ \t]*=[ \t]*(\([^)]*\)[ \t]*)?ASN1_STRING_get0_data/)) {
				name = substr($0, RSTART, RLENGTH)
				sub(/[ \t]*=.*/, "", name)
				data[name] = 1
			}
			if (match($0, /ASN1_[A-Z0-9_]+[ \t]*\*+[ \t]*[a-z_][a-z0-9_]*/)) {
				name = substr($0, RSTART, RLENGTH)
				sub(/.*[* \t]/, "", name)
				data[name "->data"] = 1
			}
			if ($0 ~ /(str(n?case)?cmp|strncmp|strlen|strdup|strchr|strstr|printf)[ ]*\(.*ASN1_STRING_get0_data/)
				printf "%s:%d:%s\n", file, NR, $0
			for (name in data)
				if ($0 ~ ("(strcmp|strncmp|strcasecmp|strncasecmp|strlen|strdup|strndup|strchr|strstr|atoi)[ ]*[(][^;]*[^A-Za-z0-9_]?" name "[^A-Za-z0-9_]"))
					printf "%s:%d:%s\n", file, NR, $0
		}
		/^}/ { for (name in data) delete data[name] }'
	done
}
rule 'wall: B14: ASN.1 data has a length and no NUL' "$(asn1_as_c_string)"

# --- who includes whom --------------------------------------------------------
includes_out_of_order() {
	for f in $lib; do
		module=$(basename "$f" | sed 's/\.[ch]$//')
		sed -n 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*"\([a-z0-9_]*\)\.h".*/\1/p' "$f" |
			grep -vxE 'tlswrap|config' |
			awk -v file="$f" -v module="$module" -v table="$modules" '
			BEGIN {
				rows = split(table, row, "\n")
				for (i = 1; i <= rows; i++) {
					n = split(row[i], name, " ")
					for (j = 1; j <= n; j++) rank[name[j]] = i
				}
				known = module in rank
				if (!known)
					printf "%s:1:%s is not in the table of modules in tests/lint.sh\n", file, module
			}
			!known { next }
			!($1 in rank) { printf "%s:1:includes %s.h, which is not in the table\n", file, $1; next }
			$1 != module && rank[$1] > rank[module] {
				printf "%s:1:includes %s.h, which stands behind it\n", file, $1
			}'
	done
}
rule 'a module includes only what stands before it (HACKING)' "$(includes_out_of_order)"
rule 'name and match know no OpenSSL' \
	"$(grep -nE '#[[:space:]]*include[[:space:]]*(<openssl/|"(compat|error)\.h")' lib/name.[ch] lib/match.[ch] 2>/dev/null)"

# --- no trust anchors in the repository (wall: N04) -----------------------------
pem_blocks() {
	for f in ./* .ci/* lib/* include/* tools/* man/* examples/* examples/*/* bench/* tests/* tests/support/*; do
		[ -f "$f" ] || continue
		case $f in *.log | *.trs | *.o | *.lo) continue ;; esac
		awk -v file="$f" '
		begun && match($0, /[A-Za-z0-9+\/]+/) && RLENGTH >= 60 { printf "%s:%d:a PEM certificate\n", file, FNR; exit }
		{ begun = /BEGIN ((TRUSTED|X509) )?CERTIFICATE/ }' "$f"
	done
	find lib include tools man examples bench tests \( -path tests/vectors -o -path tests/fuzz \) -prune -o \
		-type f \( -name '*.pem' -o -name '*.crt' -o -name '*.cer' -o -name '*.der' -o -name '*.p12' \) -print
}
rule 'wall: N04: no certificates outside tests/vectors; tests make theirs in memory' "$(pem_blocks)"

# --- the look of a file ---------------------------------------------------------
for f in $ours; do
	sed -n 1,60p "$f" | grep -q 'SPDX-License-Identifier: ISC' ||
		rule 'says under which licence it stands' "$f:1:"
	rule 'white space at the end of a line' "$(grep -nE '[[:space:]]+$' "$f" | sed "s|^|$f:|")"
	rule 'unfinished' "$(grep -nE 'TODO|FIXME|[^X]XXX[^X]' "$f" | sed "s|^|$f:|")"
done

if [ "$found" -gt 0 ]; then
	printf 'lint: %d complaints\n' "$found"
	exit 1
fi
echo 'lint: nothing to complain about'
