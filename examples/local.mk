# Clients of every shape, some before and after; built and run by "make check"
# (tests/test_examples.c).
if TESTS_ENABLED
check_PROGRAMS += examples/pop3/before examples/pop3/after
check_PROGRAMS += examples/stdio/before examples/stdio/after
check_PROGRAMS += examples/client/blocking
check_PROGRAMS += examples/client/many
check_PROGRAMS += examples/client/proxy
if UNBOUND
check_PROGRAMS += examples/dane/smtp
endif
endif
examples_pop3_before_SOURCES = examples/pop3/before.c
examples_pop3_after_SOURCES = examples/pop3/after.c
examples_pop3_after_LDADD = libtlswrap.la
examples_stdio_before_SOURCES = examples/stdio/before.c
examples_stdio_before_LDADD = libtlswrap.la
examples_stdio_after_SOURCES = examples/stdio/after.c
examples_stdio_after_LDADD = libtlswrap.la
examples_client_blocking_SOURCES = examples/client/blocking.c
examples_client_blocking_LDADD = libtlswrap.la
examples_client_many_SOURCES = examples/client/many.c
examples_client_many_LDADD = libtlswrap.la
examples_client_proxy_SOURCES = examples/client/proxy.c
examples_client_proxy_LDADD = libtlswrap.la
examples_dane_smtp_SOURCES = examples/dane/smtp.c
examples_dane_smtp_LDADD = libtlswrap.la -lunbound
