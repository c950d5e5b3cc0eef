/*
 * names.c - names that only the shared library has.
 *
 * tls_error_clear() is tlswrap_error_clear() for the linker (tlswrap.h says
 * why). Who looks functions up by name, as other languages do, finds it under
 * its own as well.
 *
 * SPDX-License-Identifier: ISC
 */
#include "compat.h"
#include "tlswrap.h"

#undef tls_error_clear

/* clang-format off */
TLSW__SHARED_ONLY(
TLSW_API void tls_error_clear(void);

void
tls_error_clear(void)
{
	tlswrap_error_clear();
}
)
