# A test program for each module, run by "make check". They link the
# convenience library, so the rooms inside can be tested as well.
if TESTS_ENABLED

test_programs = \
	tests/test_clock

check_PROGRAMS += $(test_programs)
TESTS += $(test_programs)
check_LTLIBRARIES += tests/support/libsupport.la

tests_support_libsupport_la_SOURCES = \
	tests/support/support.h tests/support/support.c
tests_support_libsupport_la_CPPFLAGS = $(test_cppflags)
tests_support_libsupport_la_LIBADD = libtlswrap-core.la $(CHECK_LIBS) $(JANSSON_LIBS)

test_cppflags = $(AM_CPPFLAGS) -I$(top_srcdir)/tests $(CHECK_CFLAGS) $(JANSSON_CFLAGS) \
	-DTEST_SRCDIR='"$(abs_top_srcdir)/tests"'
test_ldadd = tests/support/libsupport.la

# Every test program has these four lines.
tests_test_clock_SOURCES = tests/test_clock.c
tests_test_clock_CPPFLAGS = $(test_cppflags)
tests_test_clock_LDADD = $(test_ldadd)

endif
