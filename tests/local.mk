# Certificates in memory and a server under control; nothing but OpenSSL, so
# that the lab can use them as well. Built when something asks for them.
EXTRA_LTLIBRARIES += tests/support/libpki.la tests/support/libpeer.la
CLEANFILES += tests/support/libpki.la tests/support/libpeer.la

tests_support_libpki_la_SOURCES = \
	tests/support/pki.h tests/support/pki_internal.h tests/support/pki.c \
	tests/support/pki_ext.c tests/support/pki_status.c \
	tests/support/der.h tests/support/der.c
tests_support_libpki_la_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
tests_support_libpki_la_LIBADD = $(OPENSSL_LIBS)

tests_support_libpeer_la_SOURCES = \
	tests/support/peer.h tests/support/peer_internal.h \
	tests/support/peer.c \
	tests/support/peer_wire.c \
	tests/support/peer_tls.c \
	tests/support/peer_script.c
tests_support_libpeer_la_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
tests_support_libpeer_la_LIBADD = $(OPENSSL_LIBS)

# A test program for each module, run by "make check". They link the
# convenience library, so the rooms inside can be tested as well.
if TESTS_ENABLED

# libcheck's own 4 seconds for a test are short where SYNs have to be sent again
# or the machine has other things to do.
# Scripts are told how this tree is built; one that cannot run says so and
# exits with 77.
AM_TESTS_ENVIRONMENT = CC='$(CC)'; CFLAGS='$(CFLAGS)'; LDFLAGS='$(LDFLAGS)'; NM='$(NM)'; \
	LIBTOOL='$(SHELL) ./libtool'; PKG_CONFIG='$(PKG_CONFIG)'; MAKE='$(MAKE)'; VERSION='$(VERSION)'; \
	export CC CFLAGS LDFLAGS NM LIBTOOL PKG_CONFIG MAKE VERSION; \
	CK_DEFAULT_TIMEOUT=$${CK_DEFAULT_TIMEOUT:-30}; export CK_DEFAULT_TIMEOUT;
test_scripts = \
	tests/check_map.sh \
	tests/test_check_map.sh \
	tests/lint.sh \
	tests/test_lint.sh \
	tests/test_header.sh \
	tests/test_symbols.sh \
	tests/test_static_link.sh \
	tests/test_install.sh \
	tests/test_docs.sh \
	tests/test_check_page.sh \
	tests/test_interop.sh
TESTS += $(test_scripts)
EXTRA_DIST += $(test_scripts) tests/code_blocks.sh tests/rfc.txt tests/wall.txt

# One a line, so that additions never meet.
test_programs =
test_programs += tests/test_bettertls
test_programs += tests/test_binding
test_programs += tests/test_bundle
test_programs += tests/test_cert
test_programs += tests/test_cert_load
test_programs += tests/test_certdata
test_programs += tests/test_chain
test_programs += tests/test_chain_memory
if TOOLS
test_programs += tests/test_check
endif
test_programs += tests/test_clock
test_programs += tests/test_connect
test_programs += tests/test_constrain
test_programs += tests/test_credentials
test_programs += tests/test_crl
test_programs += tests/test_command
test_programs += tests/test_examples
test_programs += tests/test_context
test_programs += tests/test_dane
test_programs += tests/test_dane_example
test_programs += tests/test_describe
test_programs += tests/test_faults
test_programs += tests/test_floods
test_programs += tests/test_flow
test_programs += tests/test_handshake
# A set-user-ID copy of the program cannot be traced, which LeakSanitizer needs.
if !SANITIZERS
test_programs += tests/test_environment
endif
test_programs += tests/test_io
test_programs += tests/test_lab
test_programs += tests/test_lab_certs
test_programs += tests/test_lab_dialogues
test_programs += tests/test_lab_protocol
if TOOLS
test_programs += tests/test_lab_tool
endif
test_programs += tests/test_keylog
test_programs += tests/test_limbo
test_programs += tests/test_match
test_programs += tests/test_match_exhaustive
test_programs += tests/test_misuse
test_programs += tests/test_name
test_programs += tests/test_ocsp
test_programs += tests/test_pairwise
test_programs += tests/test_peer
test_programs += tests/test_policy
test_programs += tests/test_pkcs11
test_programs += tests/test_pki
test_programs += tests/test_pollloop
test_programs += tests/test_places
test_programs += tests/test_refresh
test_programs += tests/test_san
test_programs += tests/test_scram
test_programs += tests/test_session
test_programs += tests/test_starttls
test_programs += tests/test_strict
test_programs += tests/test_threads
test_programs += tests/test_transport
test_programs += tests/test_trust
test_programs += tests/test_trust_command
test_programs += tests/test_upgrade
test_programs += tests/test_upgrade_memory
test_programs += tests/test_vectors_names
test_programs += tests/test_wrap

check_PROGRAMS += $(test_programs)
TESTS += $(test_programs)
check_LTLIBRARIES += tests/support/libsupport.la

tests_support_libsupport_la_SOURCES = \
	tests/support/support.h tests/support/support.c \
	tests/support/san_oracle.h tests/support/san_oracle.c \
	tests/support/scene.h tests/support/scene.c \
	tests/support/command.h tests/support/command.c \
	tests/support/pumped.h tests/support/pumped.c \
	tests/support/tampered.h tests/support/tampered.c \
	tests/support/terminal.h tests/support/terminal.c
tests_support_libsupport_la_CPPFLAGS = $(test_cppflags)
tests_support_libsupport_la_LIBADD = tests/support/libpeer.la tests/support/libpki.la libtlswrap-core.la $(CHECK_LIBS) $(JANSSON_LIBS)

test_cppflags = $(AM_CPPFLAGS) -I$(top_srcdir)/tests $(CHECK_CFLAGS) $(JANSSON_CFLAGS) \
	-DTEST_SRCDIR='"$(abs_top_srcdir)/tests"'
test_ldadd = tests/support/libsupport.la

# Every test program has these four lines.
tests_test_clock_SOURCES = tests/test_clock.c
tests_test_clock_CPPFLAGS = $(test_cppflags)
tests_test_clock_LDADD = $(test_ldadd)

tests_test_certdata_SOURCES = tests/test_certdata.c $(trust_support) \
	tools/certdata.h tools/certdata.c tools/certdata_join.c
tests_test_certdata_CPPFLAGS = $(test_cppflags) -I$(top_srcdir)/tools
tests_test_certdata_LDADD = $(test_ldadd)
EXTRA_DIST += tests/vectors/certdata.txt

# The command itself is in it, with another resolver.
tests_test_check_SOURCES = tests/test_check.c $(check_command) \
	tools/tool.h tools/options.c tools/protocols.c tools/replace.c tools/report.c
tests_test_check_CPPFLAGS = $(test_cppflags) -I$(top_srcdir)/tools
tests_test_check_LDADD = $(test_ldadd) $(OPENSSL_LIBS)

tests_test_trust_command_SOURCES = tests/test_trust_command.c $(trust_support)
tests_test_trust_command_CPPFLAGS = $(test_cppflags)
tests_test_trust_command_LDADD = $(test_ldadd)

tests_test_pairwise_SOURCES = tests/test_pairwise.c $(trust_support)
tests_test_pairwise_CPPFLAGS = $(test_cppflags)
tests_test_pairwise_LDADD = $(test_ldadd)

tests_test_describe_SOURCES = tests/test_describe.c $(trust_support)
tests_test_describe_CPPFLAGS = $(test_cppflags)
tests_test_describe_LDADD = $(test_ldadd)

tests_test_command_SOURCES = tests/test_command.c $(starttls_player)
tests_test_command_CPPFLAGS = $(test_cppflags)
tests_test_command_LDADD = $(test_ldadd)

tests_test_examples_SOURCES = tests/test_examples.c
tests_test_examples_CPPFLAGS = $(test_cppflags)
tests_test_examples_LDADD = $(test_ldadd)
tests_test_context_SOURCES = tests/test_context.c $(trust_support)
tests_test_context_CPPFLAGS = $(test_cppflags)
tests_test_context_LDADD = $(test_ldadd)

tests_test_lab_SOURCES = tests/test_lab.c
tests_test_lab_CPPFLAGS = $(test_cppflags) -I$(top_srcdir)/tools
tests_test_lab_LDADD = tools/liblab.la $(test_ldadd)

lab_client = tests/lab_client.h tests/lab_client.c
tests_test_lab_certs_SOURCES = tests/test_lab_certs.c $(lab_client)
tests_test_lab_certs_CPPFLAGS = $(test_cppflags) -I$(top_srcdir)/tools
tests_test_lab_certs_LDADD = tools/liblab.la $(test_ldadd)

tests_test_lab_protocol_SOURCES = tests/test_lab_protocol.c $(lab_client)
tests_test_lab_protocol_CPPFLAGS = $(test_cppflags) -I$(top_srcdir)/tools
tests_test_lab_protocol_LDADD = tools/liblab.la $(test_ldadd)

tests_test_lab_dialogues_SOURCES = tests/test_lab_dialogues.c $(lab_client)
tests_test_lab_dialogues_CPPFLAGS = $(test_cppflags) -I$(top_srcdir)/tools
tests_test_lab_dialogues_LDADD = tools/liblab.la $(test_ldadd)

tests_test_lab_tool_SOURCES = tests/test_lab_tool.c
tests_test_lab_tool_CPPFLAGS = $(test_cppflags) -I$(top_srcdir)/tools
tests_test_lab_tool_LDADD = tools/liblab.la $(test_ldadd)

tests_test_binding_SOURCES = tests/test_binding.c
tests_test_binding_CPPFLAGS = $(test_cppflags)
tests_test_binding_LDADD = $(test_ldadd)

tests_test_scram_SOURCES = tests/test_scram.c
tests_test_scram_CPPFLAGS = $(test_cppflags)
tests_test_scram_LDADD = $(test_ldadd)
if GSASL
tests_test_scram_CPPFLAGS += -DHAVE_LIBGSASL $(GSASL_CFLAGS)
tests_test_scram_LDADD += $(GSASL_LIBS)
if BENCH_GNUTLS
tests_test_scram_CPPFLAGS += -DHAVE_GNUTLS $(BENCH_GNUTLS_CFLAGS)
tests_test_scram_LDADD += $(BENCH_GNUTLS_LIBS)
endif
endif

tests_test_session_SOURCES = tests/test_session.c
tests_test_session_CPPFLAGS = $(test_cppflags)
tests_test_session_LDADD = $(test_ldadd)

tests_test_ocsp_SOURCES = tests/test_ocsp.c
tests_test_ocsp_CPPFLAGS = $(test_cppflags)
tests_test_ocsp_LDADD = $(test_ldadd)

tests_test_dane_example_SOURCES = tests/test_dane_example.c $(trust_support)
tests_test_dane_example_CPPFLAGS = $(test_cppflags)
tests_test_dane_example_LDADD = $(test_ldadd)

tests_test_dane_SOURCES = tests/test_dane.c
tests_test_dane_CPPFLAGS = $(test_cppflags)
tests_test_dane_LDADD = $(test_ldadd)

tests_test_io_SOURCES = tests/test_io.c
tests_test_io_CPPFLAGS = $(test_cppflags)
tests_test_io_LDADD = $(test_ldadd)

tests_test_faults_SOURCES = tests/test_faults.c
tests_test_faults_CPPFLAGS = $(test_cppflags)
tests_test_faults_LDADD = $(test_ldadd)
if LINKER_WRAP
tests_test_faults_CPPFLAGS += -DFAULTS_WRAPPED
tests_test_faults_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=recv,--wrap=send,--wrap=poll
endif

tests_test_handshake_SOURCES = tests/test_handshake.c
tests_test_handshake_CPPFLAGS = $(test_cppflags)
tests_test_handshake_LDADD = $(test_ldadd)

tests_test_flow_SOURCES = tests/test_flow.c
tests_test_flow_CPPFLAGS = $(test_cppflags)
tests_test_flow_LDADD = $(test_ldadd)
if LINKER_WRAP
tests_test_flow_CPPFLAGS += -DFLOW_WRAPPED
tests_test_flow_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=malloc
endif

tests_test_floods_SOURCES = tests/test_floods.c
tests_test_floods_CPPFLAGS = $(test_cppflags)
tests_test_floods_LDADD = $(test_ldadd)

tests_test_pollloop_SOURCES = tests/test_pollloop.c
tests_test_pollloop_CPPFLAGS = $(test_cppflags)
tests_test_pollloop_LDADD = $(test_ldadd)

tests_test_threads_SOURCES = tests/test_threads.c
tests_test_threads_CPPFLAGS = $(test_cppflags)
tests_test_threads_LDADD = $(test_ldadd)

tests_test_transport_SOURCES = tests/test_transport.c
tests_test_transport_CPPFLAGS = $(test_cppflags)
tests_test_transport_LDADD = $(test_ldadd)

tests_test_wrap_SOURCES = tests/test_wrap.c
tests_test_wrap_CPPFLAGS = $(test_cppflags)
tests_test_wrap_LDADD = $(test_ldadd)

tests_test_peer_SOURCES = tests/test_peer.c
tests_test_peer_CPPFLAGS = $(test_cppflags)
tests_test_peer_LDADD = $(test_ldadd)

tests_test_pki_SOURCES = tests/test_pki.c
tests_test_pki_CPPFLAGS = $(test_cppflags)
tests_test_pki_LDADD = $(test_ldadd)

tests_test_connect_SOURCES = tests/test_connect.c
tests_test_connect_CPPFLAGS = $(test_cppflags)
tests_test_connect_LDADD = $(test_ldadd)

starttls_player = tests/starttls_scripts.h tests/starttls_player.h tests/starttls_player.c
tests_test_upgrade_SOURCES = tests/test_upgrade.c $(starttls_player)
tests_test_upgrade_CPPFLAGS = $(test_cppflags)
tests_test_upgrade_LDADD = $(test_ldadd)

tests_test_upgrade_memory_SOURCES = tests/test_upgrade_memory.c $(test_memory)
tests_test_upgrade_memory_CPPFLAGS = $(test_cppflags)
tests_test_upgrade_memory_LDADD = $(test_ldadd)
tests_test_upgrade_memory_LDFLAGS = $(AM_LDFLAGS) $(test_memory_ldflags)

tests_test_starttls_SOURCES = tests/test_starttls.c tests/starttls_scripts.h
tests_test_starttls_CPPFLAGS = $(test_cppflags)
tests_test_starttls_LDADD = $(test_ldadd)
tests_test_cert_SOURCES = tests/test_cert.c
tests_test_cert_CPPFLAGS = $(test_cppflags)
tests_test_cert_LDADD = $(test_ldadd)

tests_test_cert_load_SOURCES = tests/test_cert_load.c
tests_test_cert_load_CPPFLAGS = $(test_cppflags)
tests_test_cert_load_LDADD = $(test_ldadd)

# Allocations that fail on request, where the linker can redirect them.
if LINKER_WRAP
check_PROGRAMS += tests/test_cert_memory tests/test_trust_memory tests/test_oom tests/test_gate
TESTS += tests/test_cert_memory tests/test_trust_memory tests/test_oom tests/test_gate
endif
test_memory = tests/support/memory.h tests/support/memory.c
test_memory_ldflags = -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=strdup,--wrap=free

tests_test_cert_memory_SOURCES = tests/test_cert_memory.c $(test_memory)
tests_test_cert_memory_CPPFLAGS = $(test_cppflags)
tests_test_cert_memory_LDADD = $(test_ldadd)
tests_test_cert_memory_LDFLAGS = $(AM_LDFLAGS) $(test_memory_ldflags)

tests_test_gate_SOURCES = tests/test_gate.c
tests_test_gate_CPPFLAGS = $(test_cppflags)
tests_test_gate_LDADD = $(test_ldadd)
tests_test_gate_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=X509_verify_cert \
	-Wl,--wrap=SSL_CTX_set_cert_verify_callback,--wrap=SSL_connect \
	-Wl,--wrap=SSL_get0_peer_certificate,--wrap=SSL_get_verify_result,--wrap=SSL_session_reused \
	-Wl,--wrap=SSL_is_init_finished,--wrap=X509_cmp,--wrap=SSL_get0_alpn_selected \
	-Wl,--wrap=SSL_shutdown,--wrap=close

tests_test_environment_SOURCES = tests/test_environment.c $(trust_support)
tests_test_environment_CPPFLAGS = $(test_cppflags)
tests_test_environment_LDADD = $(test_ldadd)

tests_test_misuse_SOURCES = tests/test_misuse.c
tests_test_misuse_CPPFLAGS = $(test_cppflags)
tests_test_misuse_LDADD = $(test_ldadd)

tests_test_oom_SOURCES = tests/test_oom.c $(test_memory)
tests_test_oom_CPPFLAGS = $(test_cppflags)
tests_test_oom_LDADD = $(test_ldadd)
tests_test_oom_LDFLAGS = $(AM_LDFLAGS) $(test_memory_ldflags)

tests_test_san_SOURCES = tests/test_san.c
tests_test_san_CPPFLAGS = $(test_cppflags)
tests_test_san_LDADD = $(test_ldadd)

tests_test_bettertls_SOURCES = tests/test_bettertls.c
tests_test_bettertls_CPPFLAGS = $(test_cppflags)
tests_test_bettertls_LDADD = $(test_ldadd)
EXTRA_DIST += tests/vectors/README
EXTRA_DIST += tests/vectors/bettertls-pathbuilding.json

tests_test_keylog_SOURCES = tests/test_keylog.c $(trust_support)
tests_test_keylog_CPPFLAGS = $(test_cppflags)
tests_test_keylog_LDADD = $(test_ldadd)

tests_test_limbo_SOURCES = tests/test_limbo.c
tests_test_limbo_CPPFLAGS = $(test_cppflags)
tests_test_limbo_LDADD = $(test_ldadd)
EXTRA_DIST += tests/limbo.md
EXTRA_DIST += tests/vectors/limbo.json
CLEANFILES += tests/limbo.now.md

tests_test_credentials_SOURCES = tests/test_credentials.c $(trust_support)
tests_test_credentials_CPPFLAGS = $(test_cppflags)
tests_test_credentials_LDADD = $(test_ldadd)

tests_test_policy_SOURCES = tests/test_policy.c
tests_test_policy_CPPFLAGS = $(test_cppflags)
tests_test_policy_LDADD = $(test_ldadd)

tests_test_pkcs11_SOURCES = tests/test_pkcs11.c $(trust_support)
tests_test_pkcs11_CPPFLAGS = $(test_cppflags)
tests_test_pkcs11_LDADD = $(test_ldadd)

tests_test_strict_SOURCES = tests/test_strict.c \
	tests/support/chain_support.h tests/support/chain_support.c
tests_test_strict_CPPFLAGS = $(test_cppflags)
tests_test_strict_LDADD = $(test_ldadd)

tests_test_crl_SOURCES = tests/test_crl.c \
	tests/support/chain_support.h tests/support/chain_support.c
tests_test_crl_CPPFLAGS = $(test_cppflags)
tests_test_crl_LDADD = $(test_ldadd)

tests_test_chain_memory_SOURCES = tests/test_chain_memory.c \
	tests/support/chain_support.h tests/support/chain_support.c
tests_test_chain_memory_CPPFLAGS = $(test_cppflags)
tests_test_chain_memory_LDADD = $(test_ldadd)

tests_test_constrain_SOURCES = tests/test_constrain.c \
	tests/support/chain_support.h tests/support/chain_support.c
tests_test_constrain_CPPFLAGS = $(test_cppflags)
tests_test_constrain_LDADD = $(test_ldadd)

tests_test_chain_SOURCES = tests/test_chain.c \
	tests/support/chain_support.h tests/support/chain_support.c
tests_test_chain_CPPFLAGS = $(test_cppflags)
tests_test_chain_LDADD = $(test_ldadd)

tests_test_name_SOURCES = tests/test_name.c
tests_test_name_CPPFLAGS = $(test_cppflags)
tests_test_name_LDADD = $(test_ldadd)

tests_test_match_SOURCES = tests/test_match.c
tests_test_match_CPPFLAGS = $(test_cppflags)
tests_test_match_LDADD = $(test_ldadd)

tests_test_match_exhaustive_SOURCES = tests/test_match_exhaustive.c tests/support/naive_match.h
tests_test_match_exhaustive_CPPFLAGS = $(test_cppflags)
tests_test_match_exhaustive_LDADD = $(test_ldadd)

tests_test_vectors_names_SOURCES = tests/test_vectors_names.c tests/support/naive_match.h
tests_test_vectors_names_CPPFLAGS = $(test_cppflags)
tests_test_vectors_names_LDADD = $(test_ldadd)
EXTRA_DIST += tests/vectors/match_public.json tests/vectors/ip_parse.json

tests_test_bundle_SOURCES = tests/test_bundle.c
tests_test_bundle_CPPFLAGS = $(test_cppflags)
tests_test_bundle_LDADD = $(test_ldadd)

tests_test_places_SOURCES = tests/test_places.c $(trust_support)
tests_test_places_CPPFLAGS = $(test_cppflags)
tests_test_places_LDADD = $(test_ldadd)

tests_test_refresh_SOURCES = tests/test_refresh.c $(trust_support)
tests_test_refresh_CPPFLAGS = $(test_cppflags)
tests_test_refresh_LDADD = $(test_ldadd)

tests_test_trust_memory_SOURCES = tests/test_trust_memory.c $(trust_support) $(test_memory)
tests_test_trust_memory_CPPFLAGS = $(test_cppflags)
tests_test_trust_memory_LDADD = $(test_ldadd)
tests_test_trust_memory_LDFLAGS = $(AM_LDFLAGS) $(test_memory_ldflags)

tests_test_trust_SOURCES = tests/test_trust.c $(trust_support)
tests_test_trust_CPPFLAGS = $(test_cppflags)
tests_test_trust_LDADD = $(test_ldadd)
trust_support = tests/support/trust_support.h tests/support/trust_support.c

# Every call of the transport and every allocation fails, once and for good;
# "make check" takes a sample.
# Against real servers; "make check" only builds it.
check_PROGRAMS += tests/servers/check_servers tests/servers/helper
tests_servers_check_servers_SOURCES = tests/servers/check.h tests/servers/check_servers.c \
	tests/servers/check_handshakes.c \
	tests/servers/check_transfers.c \
	tests/servers/check_examples.c \
	tests/servers/check_scram.c
tests_servers_check_servers_CPPFLAGS = $(test_cppflags)
tests_servers_check_servers_LDADD = $(test_ldadd)
if GSASL
tests_servers_check_servers_CPPFLAGS += -DHAVE_LIBGSASL $(GSASL_CFLAGS)
tests_servers_check_servers_LDADD += $(GSASL_LIBS)
endif
tests_servers_helper_SOURCES = tests/servers/helper.c
tests_servers_helper_CPPFLAGS = $(test_cppflags)
tests_servers_helper_LDADD = tests/support/libpki.la
server_scripts = \
	tests/servers/run.sh \
	tests/servers/install.sh \
	tests/servers/common.sh \
	tests/servers/dovecot.sh \
	tests/servers/exim.sh \
	tests/servers/inn2.sh \
	tests/servers/postfix.sh \
	tests/servers/proftpd.sh \
	tests/servers/prosody.sh \
	tests/servers/pure-ftpd.sh \
	tests/servers/vsftpd.sh
EXTRA_DIST += $(server_scripts)
.PHONY: check-servers
server_programs = tests/servers/check_servers tests/servers/helper examples/ftps-get \
	examples/imap-fetch examples/nntp-head examples/pop3-list examples/smtp-send
check-servers: $(server_programs)
	$(SHELL) $(srcdir)/tests/servers/run.sh $(CASES)

# Every allocation fails once, and for good; "make check" takes a sample.
.PHONY: sweep
sweep: tests/test_faults tests/test_oom
	@TLSW_SWEEP=full tests/test_faults >sweep.log 2>&1; rv=$$?; \
	awk '/ faults in / { faults += $$(NF - 4) } { last = $$0 } END { \
	    printf "transport: %d faults; of the conversations that they met: %s\n", faults, last }' sweep.log; \
	test $$rv = 0 || { cat sweep.log; exit 1; }
	TLSW_SWEEP=full tests/test_oom
CLEANFILES += sweep.log

# Fuzz targets: tests/fuzz/fuzz.h says how to add one.
fuzz_targets = \
	bundle \
	certdata \
	cert \
	match \
	name \
	starttls \
	transcript \
	verdict

fuzz_programs = \
	tests/fuzz/replay_bundle \
	tests/fuzz/replay_certdata \
	tests/fuzz/replay_cert \
	tests/fuzz/replay_match \
	tests/fuzz/replay_name \
	tests/fuzz/replay_starttls \
	tests/fuzz/replay_transcript \
	tests/fuzz/replay_verdict

check_PROGRAMS += $(fuzz_programs)
TESTS += $(fuzz_programs)
fuzz_cppflags = $(test_cppflags) -I$(top_srcdir)/tests/fuzz
fuzz_corpus = -DFUZZ_CORPUS='"$(abs_top_srcdir)/tests/fuzz/corpus
EXTRA_DIST += tests/fuzz/fuzz.h tests/fuzz/run.sh tests/fuzz/corpus

# Every replay program has these four lines.
tests_fuzz_replay_bundle_SOURCES = tests/fuzz/fuzz_bundle.c tests/fuzz/replay.c
tests_fuzz_replay_bundle_CPPFLAGS = $(fuzz_cppflags) $(fuzz_corpus)/bundle"'
tests_fuzz_replay_bundle_LDADD = $(test_ldadd)

tests_fuzz_replay_certdata_SOURCES = tests/fuzz/fuzz_certdata.c tests/fuzz/replay.c \
	tools/certdata.h tools/certdata.c tools/certdata_join.c
tests_fuzz_replay_certdata_CPPFLAGS = $(fuzz_cppflags) -I$(top_srcdir)/tools $(fuzz_corpus)/certdata"'
tests_fuzz_replay_certdata_LDADD = $(test_ldadd)

tests_fuzz_replay_cert_SOURCES = tests/fuzz/fuzz_cert.c tests/fuzz/replay.c
tests_fuzz_replay_cert_CPPFLAGS = $(fuzz_cppflags) $(fuzz_corpus)/cert"'
tests_fuzz_replay_cert_LDADD = $(test_ldadd)

tests_fuzz_replay_match_SOURCES = tests/fuzz/fuzz_match.c tests/fuzz/replay.c
tests_fuzz_replay_match_CPPFLAGS = $(fuzz_cppflags) $(fuzz_corpus)/match"'
tests_fuzz_replay_match_LDADD = $(test_ldadd)

tests_fuzz_replay_name_SOURCES = tests/fuzz/fuzz_name.c tests/fuzz/replay.c
tests_fuzz_replay_name_CPPFLAGS = $(fuzz_cppflags) $(fuzz_corpus)/name"'
tests_fuzz_replay_name_LDADD = $(test_ldadd)

tests_fuzz_replay_starttls_SOURCES = tests/fuzz/fuzz_starttls.c tests/fuzz/replay.c
tests_fuzz_replay_starttls_CPPFLAGS = $(fuzz_cppflags) $(fuzz_corpus)/starttls"'
tests_fuzz_replay_starttls_LDADD = $(test_ldadd)

tests_fuzz_replay_transcript_SOURCES = tests/fuzz/fuzz_transcript.c tests/fuzz/replay.c
tests_fuzz_replay_transcript_CPPFLAGS = $(fuzz_cppflags) $(fuzz_corpus)/transcript"'
tests_fuzz_replay_transcript_LDADD = $(test_ldadd)

tests_fuzz_replay_verdict_SOURCES = tests/fuzz/fuzz_verdict.c tests/fuzz/replay.c
tests_fuzz_replay_verdict_CPPFLAGS = $(fuzz_cppflags) $(fuzz_corpus)/verdict"'
tests_fuzz_replay_verdict_LDADD = $(test_ldadd)

SECONDS = 60
SEED = 0
TARGETS = $(fuzz_targets)
.PHONY: fuzz
fuzz:
	@CC=clang CPPFLAGS='-DHAVE_CONFIG_H -I. $(AM_CPPFLAGS) -I$(top_srcdir)/tools $(CHECK_CFLAGS) $(JANSSON_CFLAGS)' \
	LIBS='$(OPENSSL_LIBS) $(LIBIDN2_LIBS) $(CHECK_LIBS) $(JANSSON_LIBS) $(PTHREAD_FLAGS)' SEED='$(SEED)' \
	    $(srcdir)/tests/fuzz/run.sh '$(SECONDS)' fuzz-work '$(srcdir)' $(TARGETS) -- \
	    $(libtlswrap_core_la_SOURCES) $(tests_support_libsupport_la_SOURCES) \
	    tools/certdata.c tools/certdata_join.c $(tests_support_libpki_la_SOURCES) $(tests_support_libpeer_la_SOURCES)

# Branch coverage of the modules that decide who the peer is (gcc and gcov).
covered_modules = name match
covering_tests = test_name test_match test_match_exhaustive test_vectors_names
.PHONY: coverage
coverage:
	@CC=gcc CPPFLAGS='-DHAVE_CONFIG_H -I. $(AM_CPPFLAGS) $(CHECK_CFLAGS) $(JANSSON_CFLAGS)' \
	LIBS='$(OPENSSL_LIBS) $(LIBIDN2_LIBS) $(CHECK_LIBS) $(JANSSON_LIBS) $(PTHREAD_FLAGS)' \
	    $(srcdir)/tests/coverage.sh coverage-work '$(srcdir)' $(covered_modules) -- \
	    $(covering_tests) -- $(libtlswrap_core_la_SOURCES) $(tests_support_libsupport_la_SOURCES)
EXTRA_DIST += tests/coverage.sh

# Each mistake of tests/mutants.list is made, and has to be noticed: some ten minutes.
.PHONY: mutants
mutants:
	@rm -rf mutants-work && mkdir mutants-work
	$(MAKE) -s distdir distdir=mutants-work/src
	@chmod -R u+w mutants-work && CC='$(CC)' MAKE='$(MAKE)' \
	    $(SHELL) $(srcdir)/tests/mutants.sh "$$(pwd)/mutants-work" '$(srcdir)' $(ONLY)
EXTRA_DIST += tests/mutants.sh tests/mutants.list tests/mutants.md

# The last line of "make check".
check-local: check-TESTS
	@$(srcdir)/tests/check_map.sh $(srcdir)/tests/wall.txt | grep '^wall:'

clean-local: clean-fuzz clean-coverage clean-mutants
clean-mutants:
	rm -rf mutants-work
clean-fuzz:
	rm -rf fuzz-work
clean-coverage:
	rm -rf coverage-work

endif
