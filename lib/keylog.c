/*
 * keylog.c - the secrets of connections in a file, for Wireshark and its like
 * to decrypt a capture with.
 *
 * SPDX-License-Identifier: ISC
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "compat.h"
#include "settings.h"

/* One line in one write, so that lines of several threads and processes do not mix. */
static void
log_line(const SSL *ssl, const char *line)
{
	const tls_context *ctx = tlsw__context_of(ssl);
	struct iovec parts[2] = {{(void *)(uintptr_t)line, strlen(line)}, {(void *)(uintptr_t)"\n", 1}};

	if (ctx != NULL && ctx->keylog_fd >= 0 && writev(ctx->keylog_fd, parts, 2) < 0)
		return; /* a log that cannot be written is no reason to end a connection */
}

/* A file or a device. A pipe would wait for its reader, and raise SIGPIPE when that is gone. */
static int
open_log(const char *path)
{
	struct stat st;
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK,
	    S_IRUSR | S_IWUSR);

	if (fd < 0)
		return tlsw__error_set_errno(TLSW_ERR_SYSTEM, errno, "keylog_file \"%.200s\"", path);
	if (fstat(fd, &st) == 0 && (S_ISREG(st.st_mode) || S_ISCHR(st.st_mode)))
		return fd;
	(void)close(fd);
	return tlsw__error_set_errno(TLSW_ERR_SYSTEM, EINVAL, "keylog_file \"%.200s\" is no file", path);
}

int
tls_context_set_keylog_file(tls_context *ctx, const char *path)
{
	char *copy;
	int fd;

	if (tlsw__settable(ctx, "keylog_file") != 0)
		return -1;
	if (path == NULL && !tlsw__compat_secure_mode()) {
		path = getenv("SSLKEYLOGFILE");
		if (path != NULL && path[0] == '\0')
			path = NULL;
	}
	if (path == NULL)
		return 0;
	copy = strdup(path);
	if (copy == NULL)
		return tlsw__error_set_memory();
	fd = open_log(path);
	if (fd < 0) {
		free(copy);
		return -1;
	}
	free(ctx->keylog_path);
	ctx->keylog_path = copy;
	if (ctx->keylog_fd >= 0)
		(void)close(ctx->keylog_fd);
	ctx->keylog_fd = fd;
	SSL_CTX_set_keylog_callback(ctx->ssl_ctx, log_line);
	return 0;
}
