# Clients of every shape, some before and after; built and run by "make check"
# (tests/test_examples.c).
if TESTS_ENABLED
check_PROGRAMS += examples/ftps-get
check_PROGRAMS += examples/imap-fetch examples/imap-fetch-plain
check_PROGRAMS += examples/nntp-head examples/nntp-head-plain
check_PROGRAMS += examples/pop3-list examples/pop3-list-plain
check_PROGRAMS += examples/smtp-send
check_PROGRAMS += examples/stdio/before examples/stdio/after
check_PROGRAMS += examples/client/blocking
check_PROGRAMS += examples/client/many
check_PROGRAMS += examples/client/proxy
if UNBOUND
check_PROGRAMS += examples/dane/smtp
endif
endif
examples_ftps_get_SOURCES = examples/ftps-get.c
examples_ftps_get_LDADD = libtlswrap.la
examples_imap_fetch_SOURCES = examples/imap-fetch.c
examples_imap_fetch_LDADD = libtlswrap.la
examples_imap_fetch_plain_SOURCES = examples/imap-fetch-plain.c
examples_nntp_head_SOURCES = examples/nntp-head.c
examples_nntp_head_LDADD = libtlswrap.la
examples_nntp_head_plain_SOURCES = examples/nntp-head-plain.c
examples_pop3_list_SOURCES = examples/pop3-list.c
examples_pop3_list_LDADD = libtlswrap.la
examples_pop3_list_plain_SOURCES = examples/pop3-list-plain.c
examples_smtp_send_SOURCES = examples/smtp-send.c
examples_smtp_send_LDADD = libtlswrap.la
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
