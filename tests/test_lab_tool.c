/*
 * test_lab_tool.c - tlswrap lab: what it prints, and how it judges clients.
 *
 * SPDX-License-Identifier: ISC
 */
#include "support/support.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <jansson.h>

#include "lab.h"
#include "support/command.h"

enum { GOOD, LOCAL, USAGE, WRONG = 9 };

static struct command_result result;

static void
run(const char *const *argv)
{
	const struct command command = {.argv = argv, .limit_s = 60};

	ck_assert_int_eq(command_run(&command, &result), 0);
}
#define RUN(...) run((const char *const[]){"tools/tlswrap", "lab", __VA_ARGS__, NULL})

static void
teardown(void)
{
	command_result_free(&result);
}

#define ck_assert_says(text, part) \
	ck_assert_msg(strstr(text, part) != NULL, "no \"%s\" in: %s", part, text)

START_TEST(lists_every_server_on_a_line)
{
	const struct lab_row *row;
	const char *line;
	size_t i;

	RUN("list");
	ck_assert_int_eq(result.status, GOOD);
	line = result.out;
	for (i = 0; (row = lab_row_at(i)) != NULL; i++) {
		ck_assert_msg(strncmp(line, row->name, strlen(row->name)) == 0, "no %s at: %.40s",
		    row->name, line);
		line = strchr(line, '\n');
		ck_assert_ptr_nonnull(line);
		line++;
	}
	ck_assert_str_eq(line, "");
}
END_TEST

START_TEST(refuses_names_that_no_server_has)
{
	RUN("list", "C99");
	ck_assert_int_eq(result.status, USAGE);
	ck_assert_says(result.err, "C99");
}
END_TEST

START_TEST(needs_a_command_to_run)
{
	RUN("run", "--timeout", "1");
	ck_assert_int_eq(result.status, USAGE);
	ck_assert_says(result.err, "COMMAND");
}
END_TEST

START_TEST(says_when_the_command_cannot_be_run)
{
	RUN("run", "--only", "C01", "--", "/nonexistent/client");
	ck_assert_int_eq(result.status, LOCAL);
	ck_assert_says(result.err, "/nonexistent/client");
}
END_TEST

/* Clients that are as wrong as can be, and what is said about them. */
static const struct {
	const char *label, *script, *says;
} bad_clients[] = {
    {"accepts everything", "exit 0", "accepted what it must refuse: 1\nC03"},
    {"refuses everything", "exit 1", "refused what it must accept: 1\nC01"},
    {"crashes", "kill -SEGV $$", "crashed: 2\nC01"},
    {"hangs", "exec sleep 30", "hung: 2\nC01"},
};

START_TEST(tells_what_a_bad_client_does)
{
	RUN("run", "--only", "C01", "--only", "C03", "--timeout", "0.2", "--", "/bin/sh", "-c",
	    bad_clients[_i].script);
	ck_assert_msg(
	    result.status == WRONG, "%s: status %d", bad_clients[_i].label, result.status);
	ck_assert_says(result.out, bad_clients[_i].says);
}
END_TEST

START_TEST(fills_in_what_the_command_needs)
{
	RUN("run", "--verbose", "--only", "C61", "--only", "C01", "--", "/bin/sh", "-c",
	    "test -s %c && echo %n %h %a %A %u %% %x; exit 7");
	ck_assert_int_eq(result.status, WRONG);
	ck_assert_says(result.out, "C01 www.lab.test 127.0.0.1 127.0.0.1 https://www.lab.test:");
	ck_assert_says(result.out, "C61 0:0:0:0:0:0:0:1 ::1 [::1] https://[0:0:0:0:0:0:0:1]:");
	ck_assert_says(result.out, "/ % %x");
}
END_TEST

START_TEST(gives_our_own_command_full_marks)
{
	RUN("run", "--timeout", "8", "--json", "--only", "C0[13-9]", "--only", "C3?", "--only",
	    "P0?", "--only", "P2[1-3]", "--only", "P49", "--", "tools/tlswrap", "connect",
	    "--ca-file", "%c", "--server-name", "%h", "%A:%p");
	ck_assert_msg(result.status == GOOD, "%s%s", result.out, result.err);
}
END_TEST

START_TEST(skips_what_the_command_cannot_do)
{
	json_t *all;

	RUN("run", "--json", "--only", "C73", "--only", "S01-imap", "--", "false");
	ck_assert_int_eq(result.status, GOOD);
	all = json_loads(result.out, 0, NULL);
	ck_assert_ptr_nonnull(all);
	ck_assert_int_eq(
	    json_integer_value(json_object_get(json_object_get(all, "score"), "skipped")), 2);
	json_decref(all);
}
END_TEST

/* --------------------------------------------------------------------- serve */

/* The first line of "lab serve": the server is ready once it is there. */
static pid_t
start_serving(const char *ca_file, const char *name, FILE **out)
{
	int ends[2];
	pid_t pid;

	ck_assert_int_eq(pipe(ends), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		(void)dup2(ends[1], STDOUT_FILENO);
		(void)close(ends[0]);
		(void)execl("tools/tlswrap", "tlswrap", "lab", "serve", "--ca", ca_file, "--json",
		    name, (char *)NULL);
		_exit(127);
	}
	(void)close(ends[1]);
	*out = fdopen(ends[0], "r");
	ck_assert_ptr_nonnull(*out);
	return pid;
}

static void
check_served(const char *ca_file, int port)
{
	struct peer peer = {.port = port, .fd = -1};
	tls_context *ctx = tls_context_new();
	tls_socket *s;
	char buf[8];
	int fd = peer_connect(&peer);

	ck_assert_int_ge(fd, 0);
	ck_assert_works(tls_context_load_ca_file(ctx, ca_file) > 0);
	s = tls_wrap(ctx, fd, LAB_HOST);
	ck_assert_works(s != NULL);
	ck_assert_int_eq(tls_socket_read(s, buf, sizeof(buf)), (ssize_t)strlen(LAB_SHORT_BODY));
	ck_assert_works(tls_socket_close(s) == 0);
	(void)close(fd);
	tls_context_free(ctx);
}

START_TEST(serves_until_it_is_told_to_stop)
{
	char ca_file[] = "/tmp/lab-ca.XXXXXX";
	json_t *all, *first;
	FILE *out;
	pid_t pid;
	int status;

	(void)close(mkstemp(ca_file));
	pid = start_serving(ca_file, "C01", &out);
	all = json_loadf(out, JSON_DISABLE_EOF_CHECK, NULL);
	first = json_array_get(all, 0);
	ck_assert_str_eq(json_string_value(json_object_get(first, "host")), LAB_HOST);
	for (int i = 0; i < 2; i++)
		check_served(ca_file, (int)json_integer_value(json_object_get(first, "port")));
	ck_assert_int_eq(kill(pid, SIGTERM), 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(
	    WIFEXITED(status) && WEXITSTATUS(status) == 0, "status 0x%x", (unsigned)status);
	json_decref(all);
	(void)fclose(out);
	(void)unlink(ca_file);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("lab_tool");
	TCase *t = tcase_create("lab");

	tcase_add_checked_fixture(t, NULL, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, lists_every_server_on_a_line);
	tcase_add_test(t, refuses_names_that_no_server_has);
	tcase_add_test(t, needs_a_command_to_run);
	tcase_add_test(t, says_when_the_command_cannot_be_run);
	tcase_add_loop_test(
	    t, tells_what_a_bad_client_does, 0, sizeof(bad_clients) / sizeof(bad_clients[0]));
	tcase_add_test(t, fills_in_what_the_command_needs);
	tcase_add_test(t, gives_our_own_command_full_marks);
	tcase_add_test(t, skips_what_the_command_cannot_do);
	tcase_add_test(t, serves_until_it_is_told_to_stop);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	return support_run(suite());
}
