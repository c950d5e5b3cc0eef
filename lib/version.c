/* SPDX-License-Identifier: ISC */
#include "compat.h"
#include "tlswrap.h"

const char *
tlswrap_version(void)
{
	return PACKAGE_VERSION;
}
