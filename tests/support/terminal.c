/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "support/terminal.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <check.h>

/* In the child. */
static int
with_terminal(int tty, int (*attempt)(void))
{
	(void)alarm(10); /* a question would wait for ever */
	(void)setsid();
	if (ioctl(tty, TIOCSCTTY, 0) != 0 || dup2(tty, 0) != 0 || dup2(tty, 1) != 1 || dup2(tty, 2) != 2)
		return 99;
	return attempt();
}

void
terminal_silent(int (*attempt)(void))
{
	int terminal = posix_openpt(O_RDWR | O_NOCTTY), tty, status = -1;
	struct pollfd said = {.fd = terminal, .events = POLLIN};
	char text[200];
	pid_t pid;

	ck_assert_int_ge(terminal, 0);
	ck_assert_int_eq(grantpt(terminal) | unlockpt(terminal), 0);
	ck_assert_int_eq(ptsname_r(terminal, text, sizeof(text)), 0);
	tty = open(text, O_RDWR | O_NOCTTY);
	ck_assert_int_ge(tty, 0);
	pid = fork();
	if (pid == 0)
		_exit(with_terminal(tty, attempt));
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %x", (unsigned)status);
	if (poll(&said, 1, 0) == 1 && (said.revents & POLLIN) != 0)
		ck_assert_msg(read(terminal, text, sizeof(text)) <= 0, "the terminal says \"%.50s\"", text);
	(void)close(tty);
	(void)close(terminal);
}
