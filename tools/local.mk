# The command, one file a subcommand, and "make demo".
if TOOLS
bin_PROGRAMS += tools/tlswrap
endif
tools_tlswrap_SOURCES = \
	tools/tool.h \
	tools/main.c \
	tools/options.c \
	tools/protocols.c \
	tools/replace.c \
	tools/report.c \
	tools/policy.h tools/policy.c \
	tools/pipe.c \
	$(check_command) \
	tools/connect.c \
	tools/match.c \
	tools/verify.c \
	tools/trust_anchors.h tools/trust_anchors.c \
	tools/certdata.h tools/certdata.c tools/certdata_join.c \
	tools/bundle.h tools/bundle.c tools/bundle_choose.c tools/bundle_write.c \
	tools/trust_report.h tools/trust.c tools/trust_print.c tools/trust_json.c \
	tools/lab_tool.h \
	tools/lab.c \
	tools/lab_serve.c \
	tools/lab_run.c \
	tools/lab_command.h \
	tools/lab_command.c
check_command = \
	tools/check_tool.h tools/check.c tools/check_targets.c \
	tools/check_resolve.h tools/check_resolve.c \
	tools/check_run.c tools/check_result.c tools/check_progress.c \
	tools/check_print.c tools/check_json.c \
	tools/check_page.h tools/check_html.c tools/check_style.c tools/check_timeline.c
tools_tlswrap_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests $(JANSSON_CFLAGS)
# "trust" and "bundle" look into rooms that the library does not export.
tools_tlswrap_LDADD = tools/liblab.la libtlswrap-core.la $(JANSSON_LIBS) $(OPENSSL_LIBS)

# The demonstration has its servers and certificates from the tests' support.
EXTRA_PROGRAMS += tools/tlswrap-demo
tools_tlswrap_demo_SOURCES = tools/demo.c
tools_tlswrap_demo_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
tools_tlswrap_demo_LDADD = tests/support/libpeer.la tests/support/libpki.la libtlswrap.la \
	$(OPENSSL_LIBS)

demo: tools/tlswrap-demo$(EXEEXT)
	@tools/tlswrap-demo$(EXEEXT)
CLEANFILES += tools/tlswrap-demo$(EXEEXT)

# The lab's servers: for the command and for the tests. Built when asked for.
EXTRA_LTLIBRARIES += tools/liblab.la
CLEANFILES += tools/liblab.la
tools_liblab_la_SOURCES = \
	tools/lab.h \
	tools/lab_raw.h \
	tools/lab_server.c \
	tools/lab_chains.c \
	tools/lab_certs.c \
	tools/lab_raw.c \
	tools/lab_sealed.c \
	tools/lab_protocol.c \
	tools/lab_talk.h \
	tools/lab_talk.c \
	tools/lab_dialogues.c
tools_liblab_la_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
tools_liblab_la_LIBADD = tests/support/libpeer.la tests/support/libpki.la $(OPENSSL_LIBS)

# The other clients that are installed here, measured: not part of "make check".
EXTRA_DIST += tools/lab_peers.sh
lab-peers: tools/tlswrap$(EXEEXT)
	@$(SHELL) $(srcdir)/tools/lab_peers.sh tools/tlswrap$(EXEEXT)
.PHONY: lab-peers
