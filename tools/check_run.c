/*
 * check_run.c - all targets of tlswrap check in one loop over poll(2).
 *
 * A job is a target under way: its name is resolved (by a thread), it is
 * connected to, upgraded, shaken hands with. None of these waits; each job has
 * a deadline of its own that covers them all. What a job needs is bounded, and
 * so is the number of jobs; results are all that grows with the targets.
 *
 * SPDX-License-Identifier: ISC
 */
#include "config.h"

#include "check_tool.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "check_resolve.h"
#include "connect_race.h"
#include "error.h"
#include "socket.h"

#define AT_ONCE 2    /* descriptors of a job: addresses that are tried side by side */
#define THREADS 32   /* for names */
#define RESERVED 16  /* descriptors for everything else: standard streams, CA files, a page */
#define FOR_THREAD 3 /* descriptors in a getaddrinfo(3) */

enum phase { FREE, RESOLVING, CONNECTING, UPGRADING, HANDSHAKING };

struct job {
	enum phase phase;
	struct check_target *target;
	tlsw__deadline deadline;
	struct tlsw__host host;
	struct lookup *lookup;	    /* owned, as are the addresses and the socket */
	struct addrinfo *addresses; /* lent to the race */
	struct tlsw__race race;
	tls_socket *s;
	bool awake; /* poll(2) told something about it */
};

struct loop {
	struct check *check;
	struct resolver *resolver;
	struct job *jobs;
	size_t job_count;
	struct pollfd *fds; /* the resolver's, then those of the jobs */
	size_t *owners;	    /* the position of the job for each of fds */
	size_t started;	    /* targets */
};

/* ------------------------------------------------------------------ ends of a job */

static void
release(struct job *job)
{
	if (job->phase == CONNECTING)
		tlsw__race_end(&job->race);
	lookup_free(job->lookup);
	if (job->addresses != NULL)
		freeaddrinfo(job->addresses);
	(void)tls_socket_close(job->s);
	memset(job, 0, sizeof(*job));
}

/* Returns false, like every step below that ends its job. */
static bool
end(struct check *check, struct job *job, bool accepted)
{
	if (accepted)
		check_accept(check, job->target, job->s);
	else
		check_refuse(check, job->target, job->s);
	release(job);
	return false;
}

static bool
refuse(struct check *check, struct job *job)
{
	return end(check, job, false);
}

/* ------------------------------------------------------- the steps: true to go on */

/* On the wire now: the rest is the library's. */
static bool
wrap(struct check *check, struct job *job)
{
	const int fd = job->race.winner;
	char name[INET6_ADDRSTRLEN];

	tlsw__race_end(&job->race);
	job->phase = job->target->protocol == TOOL_DIRECT ? HANDSHAKING : UPGRADING;
	job->s = tls_wrap_start(check->ctx, fd,
	    tlsw__host_server_name(&job->host, job->target->host, name, sizeof(name)));
	if (job->s == NULL) {
		(void)close(fd);
		return refuse(check, job);
	}
	(void)tls_socket_own_fd(job->s);
	job->s->handshake_deadline = job->deadline; /* what is left of it */
	return true;
}

static bool
resolve(struct check *check, struct job *job)
{
	int gai, os_errno;

	if (lookup_done(job->lookup, &gai, &os_errno, &job->addresses)) {
		if (gai != 0) {
			(void)tlsw__connect_unresolved(&job->host, gai, os_errno);
			return refuse(check, job);
		}
		tlsw__race_line_up(
		    &job->race, job->addresses, AT_ONCE, tlsw__deadline_left(job->deadline));
		job->phase = CONNECTING;
		return true;
	}
	if (tlsw__deadline_left(job->deadline) == 0) {
		(void)tlsw__error_set(TLSW_ERR_TIMEOUT, "timed out resolving %s", job->host.name);
		return refuse(check, job);
	}
	return false;
}

static bool
connect_step(struct check *check, struct job *job)
{
	switch (tlsw__race_go_on(&job->race)) {
	case TLSW__RACE_WON:
		return wrap(check, job);
	case TLSW__RACE_LOST:
		(void)tlsw__race_lost(&job->race, job->host.name, job->target->port);
		return refuse(check, job);
	case TLSW__RACE_RUNNING:
		break;
	}
	if (tlsw__deadline_left(job->deadline) == 0) {
		(void)tlsw__race_timed_out(&job->race, job->host.name, job->target->port);
		return refuse(check, job);
	}
	return false;
}

static bool
upgrade(struct check *check, struct job *job)
{
	const int rv = tls_socket_starttls(job->s, (enum tlsw_protocol)job->target->protocol);

	if (rv == -1)
		return refuse(check, job);
	if (rv == 0)
		job->phase = HANDSHAKING;
	return rv == 0;
}

static bool
shake_hands(struct check *check, struct job *job)
{
	const int rv = tls_socket_handshake(job->s);

	if (rv == -1)
		return refuse(check, job);
	if (rv == 0)
		(void)end(check, job, true);
	return false;
}

/* As far as it goes without waiting. */
static void
go_on(struct check *check, struct job *job)
{
	bool more = true;

	while (more)
		switch (job->phase) {
		case RESOLVING:
			more = resolve(check, job);
			break;
		case CONNECTING:
			more = connect_step(check, job);
			break;
		case UPGRADING:
			more = upgrade(check, job);
			break;
		case HANDSHAKING:
			more = shake_hands(check, job);
			break;
		case FREE:
			more = false;
			break;
		}
}

/* -------------------------------------------------------------------- the loop */

static void
start(struct loop *l, struct job *job)
{
	struct check_target *target = &l->check->targets.list[l->started++];

	memset(job, 0, sizeof(*job));
	job->phase = RESOLVING;
	job->target = target;
	job->deadline = tlsw__deadline_in(l->check->timeout_ms);
	if (tlsw__host_parse(&job->host, target->host) == 0) {
		job->lookup = lookup_new(l->resolver, &job->host, target->port);
		if (job->lookup == NULL)
			(void)tlsw__error_set_memory();
	}
	if (job->lookup == NULL)
		(void)refuse(l->check, job);
	else
		go_on(l->check, job);
}

static bool
may_start(const struct loop *l, const struct job *job)
{
	return job->phase == FREE && l->started < l->check->targets.count;
}

/* One for each free job: some end at once, and the others are not to wait for all of these. */
static void
start_those_there_is_room_for(struct loop *l)
{
	size_t i;

	for (i = 0; i < l->job_count; i++)
		if (may_start(l, &l->jobs[i]))
			start(l, &l->jobs[i]);
}

/* What a job waits for, into fds; when it has something to do by itself, into *due. */
static size_t
waits_for(const struct job *job, struct pollfd *fds, tlsw__deadline *due)
{
	*due = job->deadline;
	switch (job->phase) {
	case CONNECTING:
		*due = tlsw__deadline_first(*due, tlsw__race_due(&job->race));
		return tlsw__race_fds(&job->race, fds);
	case UPGRADING:
	case HANDSHAKING:
		fds[0] = (struct pollfd){
		    .fd = tls_socket_fd(job->s), .events = tls_socket_events(job->s)};
		return 1;
	case RESOLVING:
		return 0;
	case FREE:
		*due = TLSW__NEVER;
		return 0;
	}
	return 0;
}

static nfds_t
collect(struct loop *l, tlsw__deadline *until)
{
	tlsw__deadline due;
	nfds_t n = 1;
	size_t i, k, more;

	l->fds[0] = (struct pollfd){.fd = resolver_fd(l->resolver), .events = POLLIN};
	*until = TLSW__NEVER;
	for (i = 0; i < l->job_count; i++) {
		more = waits_for(&l->jobs[i], l->fds + n, &due);
		for (k = 0; k < more; k++)
			l->owners[n++] = i;
		if (may_start(l, &l->jobs[i]))
			due = tlsw__deadline_in(0);
		*until = tlsw__deadline_first(*until, due);
	}
	return n;
}

/* What poll(2) has told. */
static void
wake(struct loop *l, nfds_t n)
{
	const bool resolved = l->fds[0].revents != 0;
	struct job *job;
	nfds_t i;

	if (resolved)
		resolver_quiet(l->resolver);
	for (i = 0; i < l->job_count; i++)
		l->jobs[i].awake = resolved && l->jobs[i].phase == RESOLVING;
	for (i = 1; i < n; i++) {
		if (l->fds[i].revents == 0)
			continue;
		job = &l->jobs[l->owners[i]];
		job->awake = true;
		if (job->phase == CONNECTING)
			tlsw__race_look(&job->race, l->fds[i].fd);
	}
}

static void
serve(struct loop *l)
{
	struct pollfd unused[TLSW__RACE_MAX];
	tlsw__deadline due;
	size_t i;

	for (i = 0; i < l->job_count; i++) {
		(void)waits_for(&l->jobs[i], unused, &due);
		if (l->jobs[i].awake || tlsw__deadline_left(due) == 0)
			go_on(l->check, &l->jobs[i]);
	}
}

/* false with errno: poll(2) fails only when the kernel has no memory. */
static bool
run(struct loop *l)
{
	const size_t count = l->check->targets.count;
	tlsw__deadline until, draw;
	nfds_t n;

	for (;;) {
		start_those_there_is_room_for(l);
		draw = check_progress(l->check);
		if (l->check->finished == count)
			return true;
		n = collect(l, &until);
		until = tlsw__deadline_first(until, draw);
		if (poll(l->fds, n, tlsw__deadline_left(until)) == -1) {
			if (errno != EINTR)
				return false;
			continue;
		}
		wake(l, n);
		serve(l);
	}
}

/* ---------------------------------------------------------------------- bounds */

/* The descriptors that there may be; the soft limit is raised as far as they are needed. */
static size_t
descriptors(size_t wanted)
{
	struct rlimit limit, raised;

	if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
		return 256; /* POSIX promises 20, every system has more */
	if (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur >= wanted)
		return wanted;
	raised = limit;
	raised.rlim_cur =
	    limit.rlim_max == RLIM_INFINITY || limit.rlim_max >= wanted ? wanted : limit.rlim_max;
	return (size_t)(setrlimit(RLIMIT_NOFILE, &raised) == 0 ? raised : limit).rlim_cur;
}

/* Few descriptors make few jobs and few threads, but one of each. */
static void
set_bounds(struct loop *l, size_t *threads)
{
	size_t left;

	l->job_count =
	    l->check->jobs < l->check->targets.count ? l->check->jobs : l->check->targets.count;
	left = descriptors(RESERVED + FOR_THREAD * THREADS + AT_ONCE * l->job_count);
	left = left > RESERVED ? left - RESERVED : 0;
	*threads = left / (2 * FOR_THREAD) < THREADS ? left / (2 * FOR_THREAD) : THREADS;
	if (*threads == 0)
		*threads = 1;
	left = left > FOR_THREAD * *threads ? left - FOR_THREAD * *threads : 0;
	if (left / AT_ONCE < l->job_count)
		l->job_count = left / AT_ONCE > 0 ? left / AT_ONCE : 1;
}

bool
check_run(struct check *check)
{
	struct loop l = {.check = check};
	size_t i, threads;
	bool ran = false;

	set_bounds(&l, &threads);
	l.jobs = calloc(l.job_count, sizeof(*l.jobs));
	l.fds = calloc(1 + AT_ONCE * l.job_count, sizeof(*l.fds));
	l.owners = calloc(1 + AT_ONCE * l.job_count, sizeof(*l.owners));
	if (l.jobs != NULL && l.fds != NULL && l.owners != NULL)
		l.resolver = resolver_new(threads);
	if (l.resolver != NULL)
		ran = run(&l);
	if (!ran)
		fprintf(stderr, "tlswrap: check: %s\n", strerror(errno));
	for (i = 0; l.jobs != NULL && i < l.job_count; i++)
		release(&l.jobs[i]);
	check_progress_end();
	resolver_free(l.resolver);
	free(l.owners);
	free(l.fds);
	free(l.jobs);
	return ran;
}
