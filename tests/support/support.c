/* SPDX-License-Identifier: ISC */
#include "support/support.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

/*
 * What ThreadSanitizer asks for: OpenSSL is not built for it, so the atomic
 * operations that guard its objects are invisible. What libcrypto does with
 * its own memory is not judged; what we do is.
 */
const char *__tsan_default_suppressions(void);

const char *
__tsan_default_suppressions(void)
{
	return "called_from_lib:libcrypto.so\ncalled_from_lib:libssl.so\n";
}

void
support_assert_error(enum tlsw_error expected, const char *call, const char *file, int line)
{
	const struct tls_error_info *e = tls_last_error();

	if (e->code != expected)
		ck_abort_msg("%s:%d: %s: %s instead of %s: %s\n%s", file, line, call,
		    tls_error_name(e->code), tls_error_name(expected), e->message, e->details);
	if (e->message[0] == '\0')
		ck_abort_msg("%s:%d: %s: no message", file, line, call);
}

int
support_run(Suite *suite)
{
	SRunner *runner = srunner_create(suite);
	int failed;

	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

char *
support_read_file(const char *name, size_t *len)
{
	char path[1024];
	char *text = NULL;
	size_t size = 0, room = 0, n;
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", TEST_SRCDIR, name);
	f = fopen(path, "rb");
	ck_assert_msg(f != NULL, "cannot open %s", path);
	do {
		if (size + 65536 > room) {
			room = size + 65536 * 4;
			text = realloc(text, room);
			ck_assert_ptr_nonnull(text);
		}
		n = fread(text + size, 1, room - size - 1, f);
		size += n;
	} while (n > 0);
	(void)fclose(f);
	text[size] = '\0';
	if (len != NULL)
		*len = size;
	return text;
}
