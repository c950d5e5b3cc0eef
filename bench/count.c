/*
 * count.c - counts the calls of read() and its like in this process.
 *
 * The program's own definitions come first in the dynamic linker's search
 * order, so the calls of every library arrive here (the program exports its
 * names: -export-dynamic). Cheaper and steadier than tracing, which stops the
 * process at every call. __read_chk and __recv_chk are what _FORTIFY_SOURCE
 * makes of read and recv.
 *
 * SPDX-License-Identifier: ISC
 */
#include <dlfcn.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "side.h"

/* Declared here: the headers may hold them as inline functions. */
struct iovec;
struct msghdr;
struct sockaddr;
ssize_t read(int fd, void *buf, size_t len);
ssize_t readv(int fd, const struct iovec *parts, int count);
ssize_t recv(int fd, void *buf, size_t len, int flags);
ssize_t recvfrom(int fd, void *buf, size_t len, int flags, struct sockaddr *from, unsigned *size);
ssize_t recvmsg(int fd, struct msghdr *message, int flags);
ssize_t __read_chk(int fd, void *buf, size_t len, size_t room);
ssize_t __recv_chk(int fd, void *buf, size_t len, size_t room, int flags);

static atomic_ulong reads;

unsigned long
count_reads(void)
{
	return atomic_load(&reads);
}

/* The C library's function of that name, looked up once. */
static void *
next(_Atomic(void *) *known, const char *name)
{
	void *found = atomic_load_explicit(known, memory_order_relaxed);

	if (found == NULL) {
		found = dlsym(RTLD_NEXT, name);
		if (found == NULL)
			abort();
		atomic_store_explicit(known, found, memory_order_relaxed);
	}
	atomic_fetch_add_explicit(&reads, 1, memory_order_relaxed);
	return found;
}

#define COUNTED(name, parameters, arguments)           \
	ssize_t name parameters                        \
	{                                              \
		static _Atomic(void *) known;          \
		ssize_t(*real) parameters;             \
                                                       \
		*(void **)&real = next(&known, #name); \
		return real arguments;                 \
	}

COUNTED(read, (int fd, void *buf, size_t len), (fd, buf, len))
COUNTED(readv, (int fd, const struct iovec *parts, int count), (fd, parts, count))
COUNTED(recv, (int fd, void *buf, size_t len, int flags), (fd, buf, len, flags))
COUNTED(recvfrom, (int fd, void *buf, size_t len, int flags, struct sockaddr *from, unsigned *size),
    (fd, buf, len, flags, from, size))
COUNTED(recvmsg, (int fd, struct msghdr *message, int flags), (fd, message, flags))
COUNTED(__read_chk, (int fd, void *buf, size_t len, size_t room), (fd, buf, len, room))
COUNTED(__recv_chk, (int fd, void *buf, size_t len, size_t room, int flags),
    (fd, buf, len, room, flags))
