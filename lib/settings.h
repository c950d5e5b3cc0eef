/*
 * settings.h - how every setter of a context begins.
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef TLSW_SETTINGS_H
#define TLSW_SETTINGS_H

#include "context.h"

/** 0 if ctx may still be changed; -1 with TLSW_ERR_USAGE, which names the setting. */
int tlsw__settable(const tls_context *ctx, const char *what);

/** The same for setters that need a source; NULL is TLSW_ERR_USAGE. */
int tlsw__settable_from(const tls_context *ctx, const char *what, const void *source);

#endif
