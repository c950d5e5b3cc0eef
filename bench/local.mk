# Side-by-side measurements, built and run by "make bench" alone; see
# bench/README. A program for each TLS library that configure found.
bench_sides = bench/side-raw bench/side-ours bench/side-inside
if BENCH_GNUTLS
bench_sides += bench/side-gnutls
endif
if BENCH_WOLFSSL
bench_sides += bench/side-wolfssl
endif
if BENCH_MBEDTLS
bench_sides += bench/side-mbedtls
endif
if BENCH_LIBTLS
bench_sides += bench/side-libtls
endif
bench_programs = bench/tlsw-bench $(bench_sides)
EXTRA_PROGRAMS += bench/tlsw-bench bench/side-raw bench/side-ours bench/side-inside \
	bench/side-gnutls bench/side-wolfssl bench/side-mbedtls bench/side-libtls
EXTRA_DIST += bench/README
CLEANFILES += $(bench_programs)

# make bench BENCH="G1 G8" runs these rows only. (There is a folder "bench", but
# never a file "run-bench", so this runs each time.)
BENCH =
bench: run-bench
run-bench: $(bench_programs)
	@bench/tlsw-bench $(BENCH)

bench_cppflags = $(AM_CPPFLAGS) -D_GNU_SOURCE
bench_peer_cppflags = -D_GNU_SOURCE
bench_ldflags = $(AM_LDFLAGS) -pthread -export-dynamic -no-install
bench_side_sources = bench/side.h bench/request.h bench/work.h \
	bench/side.c bench/work.c bench/flow.c bench/count.c

bench_tlsw_bench_SOURCES = bench/tlsw-bench.c bench/rows.h bench/rows.c \
	bench/fixture.h bench/fixture.c bench/server.h bench/server.c bench/request.h bench/side.h \
	tests/support/pki.h tests/support/pki_internal.h tests/support/pki.c \
	tests/support/pki_ext.c tests/support/der.h tests/support/der.c
bench_tlsw_bench_CPPFLAGS = $(bench_cppflags) -I$(top_srcdir)/tests
bench_tlsw_bench_LDADD = $(OPENSSL_LIBS)
bench_tlsw_bench_LDFLAGS = $(AM_LDFLAGS) -pthread

bench_side_raw_SOURCES = $(bench_side_sources) bench/raw.c
bench_side_raw_CPPFLAGS = $(bench_cppflags)
bench_side_raw_LDADD = $(OPENSSL_LIBS)
bench_side_raw_LDFLAGS = $(bench_ldflags)

# Ours is measured as users have it, the shared library; inside it only where
# a part has no public name.
bench_side_ours_SOURCES = $(bench_side_sources) bench/ours.c
bench_side_ours_CPPFLAGS = $(bench_cppflags)
bench_side_ours_LDADD = libtlswrap.la
bench_side_ours_LDFLAGS = $(bench_ldflags)

bench_side_inside_SOURCES = $(bench_side_sources) bench/ours.c
bench_side_inside_CPPFLAGS = $(bench_cppflags) -DBENCH_INSIDE
bench_side_inside_LDADD = libtlswrap-core.la
bench_side_inside_LDFLAGS = $(bench_ldflags)

bench_side_gnutls_SOURCES = $(bench_side_sources) bench/gnutls.c
bench_side_gnutls_CPPFLAGS = $(bench_peer_cppflags) $(BENCH_GNUTLS_CFLAGS)
bench_side_gnutls_LDADD = $(BENCH_GNUTLS_LIBS)
bench_side_gnutls_LDFLAGS = $(bench_ldflags)

bench_side_wolfssl_SOURCES = $(bench_side_sources) bench/wolfssl.c
bench_side_wolfssl_CPPFLAGS = $(bench_peer_cppflags) $(BENCH_WOLFSSL_CFLAGS)
bench_side_wolfssl_LDADD = $(BENCH_WOLFSSL_LIBS)
bench_side_wolfssl_LDFLAGS = $(bench_ldflags)

bench_side_mbedtls_SOURCES = $(bench_side_sources) bench/mbedtls.c
bench_side_mbedtls_CPPFLAGS = $(bench_peer_cppflags)
bench_side_mbedtls_LDADD = -lmbedtls -lmbedx509 -lmbedcrypto
bench_side_mbedtls_LDFLAGS = $(bench_ldflags)

bench_side_libtls_SOURCES = $(bench_side_sources) bench/libtls.c
bench_side_libtls_CPPFLAGS = $(bench_peer_cppflags) $(BENCH_LIBTLS_CFLAGS)
bench_side_libtls_LDADD = $(BENCH_LIBTLS_LIBS)
bench_side_libtls_LDFLAGS = $(bench_ldflags)
