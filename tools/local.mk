# tools

# The lab's servers: for the command and for the tests. Built when asked for.
EXTRA_LTLIBRARIES += tools/liblab.la
tools_liblab_la_SOURCES = \
	tools/lab.h \
	tools/lab_raw.h \
	tools/lab_server.c \
	tools/lab_chains.c \
	tools/lab_certs.c \
	tools/lab_raw.c \
	tools/lab_sealed.c \
	tools/lab_protocol.c
tools_liblab_la_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
tools_liblab_la_LIBADD = tests/support/libpeer.la tests/support/libpki.la $(OPENSSL_LIBS)
