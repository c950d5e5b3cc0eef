/* SPDX-License-Identifier: ISC */
#include "check_resolve.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * A lookup waits in the queue, is worked on by a thread, and is done. Whoever
 * asked frees it; if that happens while a thread works on it, the thread does.
 * The resolver's lock guards all fields but host and port.
 */
struct lookup {
	struct resolver *resolver;
	struct lookup *next; /* in the queue */
	struct tlsw__host host;
	char port[TLSW__PORT_SIZE];
	enum { WAITING, WORKING, DONE } state;
	bool dropped; /* nobody wants it any more */
	int gai, os_errno;
	struct addrinfo *addresses; /* owned */
};

struct resolver {
	pthread_mutex_t lock;
	pthread_cond_t changed; /* the queue has grown, the end has come, or a thread has gone */
	struct lookup *first, **last;
	size_t threads, most, idle, queued;
	bool ending;
	bool abandoned; /* nobody waits for the threads that are left: the last one frees it */
	int done[2];	/* a pipe: an octet for each lookup that is done */
};

/* ------------------------------------------------------------------- the threads */

static void
destroy(struct lookup *l)
{
	if (l->addresses != NULL)
		freeaddrinfo(l->addresses);
	free(l);
}

/* The first of the queue, with the lock held; NULL at the end. */
static struct lookup *
take(struct resolver *r)
{
	struct lookup *l;

	r->idle++;
	while (r->first == NULL && !r->ending)
		(void)pthread_cond_wait(&r->changed, &r->lock);
	r->idle--;
	l = r->ending ? NULL : r->first;
	if (l == NULL)
		return NULL;
	r->first = l->next;
	if (r->first == NULL)
		r->last = &r->first;
	r->queued--;
	l->state = WORKING;
	return l;
}

/* With the lock held, but for the call that takes time. */
static void
work(struct resolver *r, struct lookup *l)
{
	struct addrinfo *addresses = NULL;
	int gai, os_errno;

	(void)pthread_mutex_unlock(&r->lock);
	gai = tlsw__connect_resolve(&l->host, l->port, &addresses);
	os_errno = errno;
	(void)pthread_mutex_lock(&r->lock);
	l->gai = gai;
	l->os_errno = os_errno;
	l->addresses = gai == 0 ? addresses : NULL;
	l->state = DONE;
	if (l->dropped)
		destroy(l);
	else if (write(r->done[1], "", 1) == -1)
		return; /* it is full: then there is enough to read */
}

static void
dispose(struct resolver *r)
{
	(void)pthread_cond_destroy(&r->changed);
	(void)pthread_mutex_destroy(&r->lock);
	(void)close(r->done[0]);
	(void)close(r->done[1]);
	free(r);
}

static void *
run(void *arg)
{
	struct resolver *r = arg;
	struct lookup *l;
	bool last;

	(void)pthread_mutex_lock(&r->lock);
	while ((l = take(r)) != NULL)
		work(r, l);
	r->threads--;
	last = r->abandoned && r->threads == 0;
	(void)pthread_cond_broadcast(&r->changed);
	(void)pthread_mutex_unlock(&r->lock);
	if (last)
		dispose(r);
	return NULL;
}

/* One thread more, if those that are idle do not suffice. With the lock held. */
static int
start_thread(struct resolver *r)
{
	pthread_t thread;
	int os_errno;

	if (r->queued <= r->idle || r->threads == r->most)
		return 0;
	os_errno = pthread_create(&thread, NULL, run, r);
	if (os_errno != 0)
		return r->threads > 0 ? 0 : os_errno; /* those that are there will do */
	(void)pthread_detach(thread);
	r->threads++;
	return 0;
}

/* ------------------------------------------------------------------ the resolver */

static int
open_pipe(int ends[2])
{
	int i;

	if (pipe(ends) == -1)
		return -1;
	for (i = 0; i < 2; i++)
		if (fcntl(ends[i], F_SETFD, FD_CLOEXEC) == -1 ||
		    fcntl(ends[i], F_SETFL, O_NONBLOCK) == -1)
			return -1;
	return 0;
}

struct resolver *
resolver_new(size_t threads)
{
	struct resolver *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->most = threads;
	r->last = &r->first;
	r->done[0] = r->done[1] = -1;
	if (open_pipe(r->done) == 0 && pthread_mutex_init(&r->lock, NULL) == 0) {
		if (pthread_cond_init(&r->changed, NULL) == 0)
			return r;
		(void)pthread_mutex_destroy(&r->lock);
	}
	(void)close(r->done[0]);
	(void)close(r->done[1]);
	free(r);
	return NULL;
}

void
resolver_free(struct resolver *r)
{
	bool alone;

	if (r == NULL)
		return;
	(void)pthread_mutex_lock(&r->lock);
	r->ending = true;
	(void)pthread_cond_broadcast(&r->changed);
	while (r->idle > 0)
		(void)pthread_cond_wait(&r->changed, &r->lock);
	alone = r->threads == 0;
	r->abandoned = !alone; /* they are in getaddrinfo(3), which nothing can interrupt */
	(void)pthread_mutex_unlock(&r->lock);
	if (alone)
		dispose(r);
}

int
resolver_fd(const struct resolver *r)
{
	return r->done[0];
}

void
resolver_quiet(const struct resolver *r)
{
	char octets[256];

	while (read(r->done[0], octets, sizeof(octets)) > 0)
		;
}

/* ------------------------------------------------------------------- the lookups */

static void
enqueue(struct resolver *r, struct lookup *l)
{
	(void)pthread_mutex_lock(&r->lock);
	*r->last = l;
	r->last = &l->next;
	r->queued++;
	l->os_errno = start_thread(r);
	if (l->os_errno != 0) { /* there is no thread, so this is the only one in the queue */
		r->first = NULL;
		r->last = &r->first;
		r->queued = 0;
		l->gai = EAI_SYSTEM;
		l->state = DONE;
	}
	(void)pthread_cond_signal(&r->changed);
	(void)pthread_mutex_unlock(&r->lock);
}

struct lookup *
lookup_new(struct resolver *r, const struct tlsw__host *host, const char *port)
{
	struct lookup *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return NULL;
	l->resolver = r;
	l->host = *host;
	(void)snprintf(l->port, sizeof(l->port), "%s", port);
	if (host->reference.kind == TLSW__REF_DNS) {
		enqueue(r, l);
	} else { /* a literal: nobody is asked */
		l->gai = tlsw__connect_resolve(&l->host, l->port, &l->addresses);
		l->os_errno = errno;
		l->state = DONE;
	}
	return l;
}

bool
lookup_done(struct lookup *l, int *gai, int *os_errno, struct addrinfo **addresses)
{
	bool done;

	(void)pthread_mutex_lock(&l->resolver->lock);
	done = l->state == DONE;
	if (done) {
		*gai = l->gai;
		*os_errno = l->os_errno;
		*addresses = l->addresses;
		l->addresses = NULL;
	}
	(void)pthread_mutex_unlock(&l->resolver->lock);
	return done;
}

/* Out of the queue. With the lock held. */
static void
unqueue(struct resolver *r, const struct lookup *l)
{
	struct lookup **at = &r->first;

	while (*at != l)
		at = &(*at)->next;
	*at = l->next;
	if (l->next == NULL)
		r->last = at;
	r->queued--;
}

void
lookup_free(struct lookup *l)
{
	struct resolver *r;
	bool working;

	if (l == NULL)
		return;
	r = l->resolver;
	(void)pthread_mutex_lock(&r->lock);
	if (l->state == WAITING)
		unqueue(r, l);
	working = l->state == WORKING;
	l->dropped = true;
	(void)pthread_mutex_unlock(&r->lock);
	if (!working)
		destroy(l);
}
