/*
 * lab_command.c - run the client under test, bounded, and tell how it ended.
 *
 * SPDX-License-Identifier: ISC
 */
#include "lab_command.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#if defined(__linux__)
#include <sys/prctl.h>
#endif

/* --------------------------------------------------------------- placeholders */

bool
lab_command_mentions(char *const *command, char letter)
{
	for (; *command != NULL; command++)
		for (const char *p = *command; *p != '\0'; p++)
			if (*p == '%' && *++p == letter)
				return true;
			else if (*p == '\0')
				break;
	return false;
}

static const char *
word_for(const struct lab_command_words *w, char letter)
{
	switch (letter) {
	case 'h':
		return w->host;
	case 'p':
		return w->port;
	case 'a':
		return w->address;
	case 'A':
		return w->url_address;
	case 'u':
		return w->url;
	case 'c':
		return w->ca_file;
	case 'r':
		return w->crl_file;
	case 's':
		return w->protocol;
	case 'n':
		return w->name;
	case '%':
		return "%";
	default:
		return NULL;
	}
}

/* A percent sign with another letter behind it stays as it is. */
static char *
expand(const char *argument, const struct lab_command_words *w)
{
	const char *word;
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (f == NULL)
		return NULL;
	for (const char *p = argument; *p != '\0'; p++) {
		word = *p == '%' ? word_for(w, p[1]) : NULL;
		if (word != NULL)
			p++;
		(void)fputs(word != NULL ? word : (char[]){*p, '\0'}, f);
	}
	return fclose(f) == 0 ? text : NULL;
}

static char **
expand_all(char *const *command, const struct lab_command_words *w)
{
	size_t count = 0;
	char **out;

	while (command[count] != NULL)
		count++;
	out = calloc(count + 1, sizeof(char *));
	for (size_t i = 0; out != NULL && i < count; i++)
		out[i] = expand(command[i], w);
	return out;
}

static void
free_all(char **list)
{
	for (size_t i = 0; list != NULL && list[i] != NULL; i++)
		free(list[i]);
	free(list);
}

/* -------------------------------------------------------------------- running */

static int64_t
now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* In a group of its own, so that all of it can be ended; without a terminal to ask. */
static void
become(char **argv, int output, int complaints, const sigset_t *mask)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int error;

	(void)setpgid(0, 0);
#if defined(__linux__)
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
	(void)sigprocmask(SIG_SETMASK, mask, NULL);
	(void)dup2(null, STDIN_FILENO);
	(void)dup2(output, STDOUT_FILENO);
	(void)dup2(output, STDERR_FILENO);
	(void)execvp(argv[0], argv);
	error = errno;
	(void)!write(complaints, &error, sizeof(error));
	_exit(127);
}

/* 0 once it runs, errno when it cannot be run. */
static int
start(char **argv, int output, const sigset_t *mask, pid_t *pid)
{
	int pipe_fds[2];
	int error = 0;

	if (pipe(pipe_fds) != 0)
		return errno;
	(void)fcntl(pipe_fds[1], F_SETFD, FD_CLOEXEC); /* closed by a successful exec */
	*pid = fork();
	if (*pid == 0)
		become(argv, output, pipe_fds[1], mask);
	(void)close(pipe_fds[1]);
	if (*pid < 0)
		error = errno;
	else if (read(pipe_fds[0], &error, sizeof(error)) != (ssize_t)sizeof(error))
		error = 0;
	(void)close(pipe_fds[0]);
	if (error != 0 && *pid > 0)
		(void)waitpid(*pid, NULL, 0);
	return error;
}

/* SIGCHLD is blocked: what arrives is waited for, not polled for. */
static bool
wait_until(pid_t pid, int64_t deadline, const sigset_t *child_signal, int *status)
{
	struct timespec t;
	int64_t left;

	while (waitpid(pid, status, WNOHANG) == 0) {
		left = deadline - now_ms();
		if (left <= 0)
			return false;
		t.tv_sec = left / 1000;
		t.tv_nsec = left % 1000 * 1000000;
		(void)sigtimedwait(child_signal, NULL, &t);
	}
	return true;
}

static void
note_last_words(FILE *output, struct lab_command_end *end)
{
	char line[sizeof(end->last_words)];

	rewind(output);
	while (fgets(line, sizeof(line), output) != NULL) {
		line[strcspn(line, "\r\n")] = '\0';
		if (line[0] != '\0')
			memcpy(end->last_words, line, strlen(line) + 1);
	}
}

static void
note_end(int status, struct lab_command_end *end)
{
	if (WIFEXITED(status)) {
		end->status = WEXITSTATUS(status);
		end->how = end->status == 0 ? COMMAND_ACCEPTED : COMMAND_REFUSED;
	} else {
		end->status = WTERMSIG(status);
		end->how = COMMAND_CRASHED;
	}
}

static int
run_bounded(char **argv, FILE *output, int timeout_ms, struct lab_command_end *end)
{
	int64_t began = now_ms();
	sigset_t child_signal, before;
	int error, status = 0;
	pid_t pid = -1;

	(void)sigemptyset(&child_signal);
	(void)sigaddset(&child_signal, SIGCHLD);
	(void)sigprocmask(SIG_BLOCK, &child_signal, &before);
	error = start(argv, fileno(output), &before, &pid);
	if (error == 0) {
		if (wait_until(pid, began + timeout_ms, &child_signal, &status))
			note_end(status, end);
		else
			end->how = COMMAND_HUNG;
		(void)kill(-pid, SIGKILL); /* and whatever it left behind */
		if (end->how == COMMAND_HUNG)
			(void)waitpid(pid, NULL, 0);
		end->ms = (int)(now_ms() - began);
	}
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	return error;
}

int
lab_command_run(char *const *command, const struct lab_command_words *words, int timeout_ms,
    struct lab_command_end *end)
{
	char **argv = expand_all(command, words);
	FILE *output = tmpfile();
	int error = ENOMEM;

	*end = (struct lab_command_end){.how = COMMAND_FAILED};
	if (argv != NULL && argv[0] != NULL && output != NULL) {
		error = run_bounded(argv, output, timeout_ms, end);
		note_last_words(output, end);
	}
	if (error != 0)
		(void)fprintf(
		    stderr, "tlswrap: cannot run \"%s\": %s\n", command[0], strerror(error));
	if (output != NULL)
		(void)fclose(output);
	free_all(argv);
	return error == 0 ? 0 : -1;
}
