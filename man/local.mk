# The manual pages. Each function of a page gets a page of its own name that
# points there; links.sh reads the names from the NAME sections.
dist_man_MANS += \
	man/tls_certificate.3 \
	man/tls_context.3 \
	man/tls_context_load_cert_chain.3 \
	man/tls_create_connection.3 \
	man/tls_error.3 \
	man/tls_match.3 \
	man/tls_socket.3 \
	man/tls_starttls.3 \
	man/tls_wrap.3 \
	man/tls_wrap_data.3 \
	man/tlswrap-howto.7
if TOOLS
dist_man_MANS += man/tlswrap.1 man/tlswrap-bundle.1 man/tlswrap-check.1 man/tlswrap-lab.1 man/tlswrap-trust.1
endif
EXTRA_DIST += man/links.sh man/tlswrap.1 man/tlswrap-bundle.1 man/tlswrap-check.1 man/tlswrap-lab.1 man/tlswrap-trust.1

install-data-hook:
	@$(MKDIR_P) "$(DESTDIR)$(man3dir)"
	$(AM_V_at)$(SHELL) $(srcdir)/man/links.sh $(srcdir) | while read name page; do \
		echo ".so man3/$$page" >"$(DESTDIR)$(man3dir)/$$name.3" || exit 1; \
	done

uninstall-hook:
	$(AM_V_at)$(SHELL) $(srcdir)/man/links.sh $(srcdir) | while read name page; do \
		rm -f "$(DESTDIR)$(man3dir)/$$name.3"; \
	done
