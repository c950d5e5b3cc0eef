# The library: one idea a module, in the order in which they may include each
# other (HACKING). Only the names in libtlswrap.sym leave the shared library;
# the tests link the convenience library and see the rooms inside as well.
include_HEADERS += include/tlswrap.h
lib_LTLIBRARIES += libtlswrap.la
noinst_LTLIBRARIES += libtlswrap-core.la

libtlswrap_core_la_SOURCES = \
	lib/compat.h lib/compat.c lib/compat_engine.c \
	lib/error.h lib/error.c \
	lib/password.h lib/password.c \
	lib/clock.h lib/clock.c \
	lib/name.h lib/name.c \
	lib/match.h lib/match.c \
	lib/dn.h lib/dn.c \
	lib/cert.h lib/cert.c \
	lib/file.h lib/file.c \
	lib/pem.h lib/pem.c \
	lib/der.h lib/der.c \
	lib/object.h lib/object.c \
	lib/anchors.h lib/anchors_internal.h \
	lib/anchors.c lib/anchors_parse.c lib/anchors_shared.c \
	lib/cadir.h lib/cadir.c \
	lib/lookup.h lib/lookup.c \
	lib/places.h lib/places.c \
	lib/source.h lib/source.c \
	lib/trust.h lib/trust_internal.h \
	lib/trust.c lib/trust_system.c lib/trust_facts.c \
	lib/cert_load.c \
	lib/san.c \
	lib/chain.h lib/chain.c \
	lib/strict.h lib/strict_rules.h lib/strict.c lib/strict_names.c \
	lib/attempt.h lib/attempt.c \
	lib/search.h lib/search.c \
	lib/constrain.c \
	lib/starttls.h lib/starttls.c lib/dialogue.h lib/line.h \
	lib/starttls_line.c lib/starttls_imap.c lib/starttls_sieve.c \
	lib/starttls_xmpp.c lib/starttls_ldap.c lib/starttls_sql.c \
	lib/session.h lib/session.c \
	lib/remember.h lib/remember.c \
	lib/pin.h lib/pin.c \
	lib/staple.h lib/staple.c \
	lib/store.h lib/store.c \
	lib/keyfile.h lib/keyfile.c \
	lib/credentials.h lib/credentials.c \
	lib/transport.h lib/transport.c \
	lib/verify.h lib/verify.c \
	lib/explain.h lib/explain.c \
	lib/ciphers.h lib/ciphers.c \
	lib/context.h lib/context.c \
	lib/key.c \
	lib/advice.h lib/advice.c \
	lib/settings.h lib/settings.c \
	lib/protocol.c \
	lib/keylog.c \
	lib/socket.h lib/socket.c \
	lib/wrap.c \
	lib/upgrade.c \
	lib/io.c \
	lib/stdio.c \
	lib/peer.c \
	lib/page.h lib/page.c \
	lib/describe.c \
	lib/describe_socket.c \
	lib/connect_race.h lib/connect_race.c \
	lib/connect.h lib/connect.c \
	lib/binding.c \
	lib/version.c
libtlswrap_core_la_CPPFLAGS = $(AM_CPPFLAGS) -DTLSW__BUILDING
libtlswrap_core_la_CFLAGS = $(AM_CFLAGS) -fvisibility=hidden
libtlswrap_core_la_LIBADD = $(OPENSSL_LIBS) $(LIBIDN2_LIBS)

libtlswrap_la_SOURCES = lib/names.c
libtlswrap_la_LIBADD = libtlswrap-core.la $(OPENSSL_LIBS) $(LIBIDN2_LIBS)
libtlswrap_la_LDFLAGS = -no-undefined -version-info $(TLSWRAP_VERSION_INFO) \
	-export-symbols $(srcdir)/lib/libtlswrap.sym $(PTHREAD_FLAGS)
EXTRA_libtlswrap_la_DEPENDENCIES = lib/libtlswrap.sym
EXTRA_DIST += lib/libtlswrap.sym
