/* SPDX-License-Identifier: ISC */
#include "support/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Input and output are files: nobody has to be read from while it runs. */
struct files {
	FILE *in, *out, *err;
	int open_end[2]; /* a pipe that nobody writes to, for an input that stays open */
};

static int
open_files(struct files *f, const struct command *command)
{
	memset(f, 0, sizeof(*f));
	f->open_end[0] = f->open_end[1] = -1;
	f->in = tmpfile();
	f->out = tmpfile();
	f->err = tmpfile();
	if (f->in == NULL || f->out == NULL || f->err == NULL)
		return -1;
	if (command->input == NULL)
		return pipe(f->open_end);
	if (fwrite(command->input, 1, command->input_len, f->in) != command->input_len)
		return -1;
	rewind(f->in);
	return 0;
}

static void
close_files(struct files *f)
{
	FILE *all[] = {f->in, f->out, f->err};
	size_t i;

	for (i = 0; i < 3; i++)
		if (all[i] != NULL)
			(void)fclose(all[i]);
	for (i = 0; i < 2; i++)
		if (f->open_end[i] != -1)
			(void)close(f->open_end[i]);
}

static void
become(const struct command *command, const struct files *f)
{
	int in = command->input == NULL ? f->open_end[0] : fileno(f->in);
	size_t i;

	for (i = 0; command->env != NULL && command->env[i] != NULL; i++)
		(void)putenv((char *)(size_t)command->env[i]);
	if (dup2(in, 0) == -1 || dup2(fileno(f->out), 1) == -1 || dup2(fileno(f->err), 2) == -1)
		_exit(127);
	(void)alarm(command->limit_s > 0 ? (unsigned)command->limit_s : 20);
	(void)execv(command->argv[0], (char *const *)(size_t)command->argv);
	_exit(127);
}

static char *
contents(FILE *f, size_t *len)
{
	long size;
	char *text;

	if (fseek(f, 0, SEEK_END) == -1 || (size = ftell(f)) == -1)
		return NULL;
	rewind(f);
	text = malloc((size_t)size + 1);
	if (text == NULL)
		return NULL;
	*len = fread(text, 1, (size_t)size, f);
	text[*len] = '\0';
	return text;
}

int
command_run(const struct command *command, struct command_result *result)
{
	struct files f;
	int status, rv = -1;
	pid_t pid;

	memset(result, 0, sizeof(*result));
	if (open_files(&f, command) == -1)
		goto out;
	(void)fflush(NULL);
	pid = fork();
	if (pid == 0)
		become(command, &f);
	if (pid == -1 || waitpid(pid, &status, 0) != pid)
		goto out;
	result->status =
	    WIFEXITED(status) ? WEXITSTATUS(status) : COMMAND_KILLED + WTERMSIG(status);
	result->out = contents(f.out, &result->out_len);
	result->err = contents(f.err, &result->err_len);
	rv = result->out != NULL && result->err != NULL ? 0 : -1;
out:
	if (rv == -1)
		perror(command->argv[0]);
	close_files(&f);
	return rv;
}

void
command_result_free(struct command_result *result)
{
	free(result->out);
	free(result->err);
	result->out = result->err = NULL;
}
