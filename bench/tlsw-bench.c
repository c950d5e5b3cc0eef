/*
 * tlsw-bench.c - measures side by side and prints the table of goals.
 *
 *     tlsw-bench [G1 G8 ...]
 *     tlsw-bench --serve       only the servers, until input ends: to profile a side by hand
 *
 * Starts the servers, and for each row the sides (programs named side-*, next
 * to this one); takes one sample of each in turn, so that whatever disturbs
 * the machine disturbs all alike; and prints the median of the ratios to raw
 * OpenSSL of the same round. A missed goal is a verdict in the table, not a
 * failure: the exit status is 0 if everything could be measured.
 *
 * SPDX-License-Identifier: ISC
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture.h"
#include "rows.h"

#define MAX_SIDES 12
#define MAX_ROUNDS 32

/*
 * Rounds that a process lasts. Where its pages lie makes one process up to 4 %
 * faster than the next, for as long as it lives.
 */
#define LIFE 3

/* A side at work in a row. */
struct runner {
	const char *label, *side, *args;
	const struct figure *figure; /* ours; NULL for the others */
	pid_t pid;
	int to;	       /* its standard input */
	FILE *from;    /* its standard output */
	char name[96]; /* what it called itself */
	bool absent;   /* it has nothing to measure */
	double sample[MAX_ROUNDS];
};

struct spread {
	double median, min, max;
};

static const struct fixture *fixture;
static const char *program_dir;
static bool broken;
static int goals, met;

/* --- sides ------------------------------------------------------------------ */

static char *
side_path(const char *side)
{
	char *path = NULL;

	if (asprintf(&path, "%s/side-%s", program_dir, side) < 0)
		abort();
	return path;
}

static bool
side_built(const char *side)
{
	char *path = side_path(side);
	bool built = access(path, X_OK) == 0;

	free(path);
	return built;
}

/* The row's arguments, then the runner's: the last one of a name counts. */
_Noreturn static void
side_exec(const struct row *row, const struct runner *r)
{
	char *argv[24] = {side_path(r->side)}, *words = NULL, *word, *rest = NULL;
	bool rsa;
	int n = 1;

	if (asprintf(&words, "%s %s", row->args, r->args == NULL ? "" : r->args) < 0)
		abort();
	rsa = strstr(words, "chain=rsa") != NULL;
	for (word = strtok_r(words, " ", &rest); word != NULL && n < 20;
	     word = strtok_r(NULL, " ", &rest))
		argv[n++] = word;
	if (asprintf(&argv[n++], "dir=%s", fixture->dir) < 0 ||
	    asprintf(&argv[n++], "port=%u", rsa ? fixture->rsa_port : fixture->ec_port) < 0)
		abort();
	execv(argv[0], argv);
	fprintf(stderr, "%s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

/* Read its first line: "ready NAME" or "absent WHY". */
static bool
side_greet(struct runner *r)
{
	char line[256] = "";

	if (fgets(line, sizeof(line), r->from) == NULL)
		return false;
	line[strcspn(line, "\n")] = '\0';
	r->absent = strncmp(line, "absent", 6) == 0;
	if (strncmp(line, "ready ", 6) == 0)
		snprintf(r->name, sizeof(r->name), "%.90s", line + 6);
	return r->absent || r->name[0] != '\0';
}

static bool
side_start(const struct row *row, struct runner *r)
{
	int in[2], out[2];

	if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0 || (r->pid = fork()) < 0) {
		perror("tlsw-bench");
		exit(1);
	}
	if (r->pid == 0) {
		dup2(in[0], STDIN_FILENO);
		dup2(out[1], STDOUT_FILENO);
		side_exec(row, r);
	}
	close(in[0]);
	close(out[1]);
	r->to = in[1];
	r->from = fdopen(out[0], "r");
	return r->from != NULL && side_greet(r);
}

static void
side_stop(struct runner *r)
{
	if (r->pid <= 0)
		return;
	close(r->to);
	if (r->from != NULL)
		fclose(r->from);
	waitpid(r->pid, NULL, 0);
	r->pid = 0;
}

/* A sample asked of a running side. */
static bool
side_sample(struct runner *r, double *value)
{
	char line[64];

	if (write(r->to, "g", 1) != 1 || fgets(line, sizeof(line), r->from) == NULL)
		return false;
	if (strncmp(line, "absent", 6) == 0)
		r->absent = true;
	*value = strtod(line, NULL);
	return true;
}

/* --- a row --------------------------------------------------------------------- */

static const struct {
	const char *side, *label;
} peers[] = {
    {"gnutls", "GnuTLS"}, {"wolfssl", "wolfSSL"}, {"mbedtls", "mbedTLS"}, {"libtls", "libtls"}};

static void
add_runner(struct runner *runners, int *count, const char *label, const char *side,
    const char *args, const struct figure *figure)
{
	bool built = side_built(side);

	if (*count < MAX_SIDES && (built || figure != NULL))
		runners[(*count)++] = (struct runner){
		    .label = label, .side = side, .args = args, .figure = figure, .absent = !built};
}

/* The baseline first, then ours, then the rest. */
static int
gather_runners(const struct row *row, struct runner *runners)
{
	const struct variant *v;
	const struct figure *f;
	int count = 0;
	size_t i;

	add_runner(runners, &count, "base", row->base_side == NULL ? "raw" : row->base_side,
	    row->base_args, NULL);
	for (f = row->ours; f < row->ours + 4 && f->label != NULL; f++)
		add_runner(
		    runners, &count, f->label, f->side == NULL ? "ours" : f->side, f->args, f);
	for (i = 0; row->peers && i < sizeof(peers) / sizeof(peers[0]); i++)
		add_runner(runners, &count, peers[i].label, peers[i].side, NULL, NULL);
	for (v = row->also; v < row->also + 3 && v->label != NULL; v++)
		add_runner(runners, &count, v->label, v->side, v->args, NULL);
	return count;
}

static bool
take_sample(const struct row *row, struct runner *r, int round)
{
	bool ok = true;

	if (r->absent)
		return true;
	if (r->pid == 0)
		ok = side_start(row, r) &&
		    (row->cold || r->absent || side_sample(r, &r->sample[round])); /* to warm up */
	if (ok && !r->absent)
		ok = side_sample(r, &r->sample[round]);
	if (!ok || r->absent || row->cold || round % LIFE == LIFE - 1)
		side_stop(r);
	if (!ok) {
		fprintf(stderr, "tlsw-bench: %s: side-%s failed\n", row->id, r->side);
		broken = true;
		r->absent = true;
	}
	return ok;
}

static int
compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static struct spread
spread_of(double *values, int count)
{
	struct spread s;

	qsort(values, (size_t)count, sizeof(*values), compare);
	s.min = values[0];
	s.max = values[count - 1];
	s.median =
	    count % 2 == 1 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
	return s;
}

/* The samples, or their ratios to the baseline of the same round. */
static struct spread
spread_over(const struct row *row, const struct runner *r, const struct runner *baseline)
{
	double values[MAX_ROUNDS];
	int i;

	for (i = 0; i < row->rounds; i++)
		values[i] = baseline == NULL ? r->sample[i] : r->sample[i] / baseline->sample[i];
	return spread_of(values, row->rounds);
}

/* --- the table ------------------------------------------------------------------- */

static const char *
value_text(char *out, size_t size, enum unit unit, double v)
{
	switch (unit) {
	case UNIT_TIME:
		if (v >= 1e-3)
			snprintf(out, size, "%.2f ms", v * 1e3);
		else if (v >= 1e-5)
			snprintf(out, size, "%.1f us", v * 1e6);
		else
			snprintf(out, size, "%.0f ns", v * 1e9);
		break;
	case UNIT_TIME_PER_KIB:
		snprintf(out, size, "%.0f ns/KiB", v * 1e9);
		break;
	case UNIT_MEMORY:
		snprintf(out, size, "%.1f KiB", v / 1024);
		break;
	case UNIT_COUNT:
		snprintf(out, size, "%.1f", v);
		break;
	}
	return out;
}

static int
digits(double v)
{
	return v < 0.0995 ? 4 : v < 0.995 ? 3 : 2;
}

static const char *
verdict_text(char *out, size_t size, const struct figure *f, double v)
{
	if (f->goal == 0)
		return "";
	goals++;
	if (v > f->goal) {
		snprintf(out, size, "MISSED by %.0f %%", (v / f->goal - 1) * 100);
		return out;
	}
	met++;
	return f->stretch != 0 && v <= f->stretch ? "met, stretch too" : "met";
}

static void
print_head(void)
{
	printf("| %-3s | %-62s | %-11s | %-11s | %-22s | %-7s | %-16s | %s\n", "#", "work",
	    "raw OpenSSL", "ours", "ratio (min - max)", "goal", "verdict", "others, as ratios");
	printf("|-----|-%.62s-|-%.11s-|-%.11s-|-%.22s-|-%.7s-|-%.16s-|---\n",
	    "----------------------------------------------------------------", "-----------",
	    "-----------", "----------------------", "-------", "----------------");
}

static void
print_others(const struct row *row, const struct runner *runners, int count)
{
	const char *between = "";
	struct spread s;
	int i;

	for (i = 1; i < count; i++) {
		if (runners[i].figure != NULL || runners[i].absent)
			continue;
		s = spread_over(row, &runners[i], row->unit == UNIT_COUNT ? NULL : &runners[0]);
		printf("%s%s %.*f", between, runners[i].label, digits(s.median), s.median);
		between = ", ";
	}
}

static void
print_figure(const struct row *row, const struct runner *runners, int count, const struct runner *r,
    bool first)
{
	char work[128], raw[32], own[32], ratio[48], goal[16], verdict[32];
	const struct figure *f = r->figure;
	struct spread base = spread_over(row, &runners[0], NULL), s = {0, 0, 0};

	snprintf(work, sizeof(work), "%s%s%s", row->work, *f->label == '\0' ? "" : ": ", f->label);
	value_text(raw, sizeof(raw), row->unit, base.median);
	snprintf(goal, sizeof(goal), "<= %.3g", f->goal);
	strcpy(own, "-");
	strcpy(ratio, "-");
	if (!r->absent) {
		value_text(own, sizeof(own), row->unit, spread_over(row, r, NULL).median);
		s = spread_over(row, r, row->unit == UNIT_COUNT ? NULL : &runners[0]);
		snprintf(ratio, sizeof(ratio), "%.*f (%.*f - %.*f)", digits(s.median), s.median,
		    digits(s.median), s.min, digits(s.median), s.max);
	}
	printf("| %-3s | %-62s | %-11s | %-11s | %-22s | %-7s | %-16s | ", row->id, work, raw, own,
	    ratio, f->goal == 0 ? "" : goal,
	    r->absent ? "not built here" : verdict_text(verdict, sizeof(verdict), f, s.median));
	if (first)
		print_others(row, runners, count);
	printf("\n");
	fflush(stdout);
}

static void
run_row(const struct row *row)
{
	struct runner runners[MAX_SIDES], *r;
	int count = gather_runners(row, runners), round, i;

	for (round = 0; round < row->rounds; round++)
		for (i = 0; i < count; i++) {
			/* to and fro, so that nobody always comes behind the same one */
			r = &runners[round % 2 == 0 ? i : count - 1 - i];
			if (!take_sample(row, r, round) && r == runners)
				goto out;
		}
	for (i = 1; i < count && runners[i].figure != NULL; i++)
		print_figure(row, runners, count, &runners[i], i == 1);
out:
	for (i = 0; i < count; i++)
		side_stop(&runners[i]);
}

/* What the others call themselves, below the table. */
static void
print_names(void)
{
	static const struct row nothing = {.args = "work=context"};
	struct runner r;
	size_t i;

	printf("\nCompared with:");
	for (i = 0; i <= sizeof(peers) / sizeof(peers[0]); i++) {
		r = (struct runner){.side = i == 0 ? "raw" : peers[i - 1].side};
		if (side_built(r.side) && side_start(&nothing, &r))
			printf("%s %s", i == 0 ? "" : ",", r.name);
		side_stop(&r);
	}
	printf(".\n");
}

static bool
wanted(const char *id, int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++)
		if (strcasecmp(argv[i], id) == 0)
			return true;
	return argc <= 1;
}

static void
serve(void)
{
	char c;

	printf("export SSL_CERT_FILE=%s/bundle.pem\nEC: dir=%s port=%u\nRSA: dir=%s port=%u "
	       "chain=rsa\n",
	    fixture->dir, fixture->dir, fixture->ec_port, fixture->dir, fixture->rsa_port);
	fflush(stdout);
	while (read(STDIN_FILENO, &c, 1) == 1)
		;
}

/* Measure what was asked for; 1 if a side broke. */
static int
measure(int argc, char **argv)
{
	size_t i;

	print_head();
	for (i = 0; i < bench_row_count; i++)
		if (wanted(bench_rows[i].id, argc, argv))
			run_row(&bench_rows[i]);
	print_names();
	printf("%d of %d goals met.\n", met, goals);
	return broken ? 1 : 0;
}

int
main(int argc, char **argv)
{
	int status = 0;

	program_dir = dirname(strdup(argv[0]));
	signal(SIGPIPE, SIG_IGN);
	fixture = fixture_start();
	if (fixture == NULL)
		return 1;
	if (argc == 2 && strcmp(argv[1], "--serve") == 0)
		serve();
	else
		status = measure(argc, argv);
	fixture_stop();
	return status;
}
