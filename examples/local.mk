# Clients before and after; built and run by "make check" (tests/test_examples.c).
if TESTS_ENABLED
check_PROGRAMS += examples/pop3/before examples/pop3/after
endif
examples_pop3_before_SOURCES = examples/pop3/before.c
examples_pop3_after_SOURCES = examples/pop3/after.c
examples_pop3_after_LDADD = libtlswrap.la
