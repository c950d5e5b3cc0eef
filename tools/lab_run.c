/*
 * lab_run.c - tlswrap lab run: a client against every row, and the score.
 *
 * SPDX-License-Identifier: ISC
 */
#include "lab_tool.h"
#include "lab_command.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <jansson.h>

#define CLIENTS_MAX 16 /* connections that one command may make */
#define REPORT_MS 300

/** What came of a row, right ones first. */
enum verdict {
	RIGHT,
	EITHER, /* a matter of policy: both are right */
	WRONG_ACCEPT,
	WRONG_REFUSE,
	SPOKE,	 /* it failed, but not before it had sent data */
	WENT_ON, /* it failed, but went on with the handshake before */
	HUNG,
	CRASHED,
	SKIPPED,
	VERDICTS
};

/** Why a row is skipped. */
enum obstacle { NO_OBSTACLE, NO_CRL, NO_STARTTLS, ONLY_STARTTLS, NO_SERVER, OBSTACLES };

struct result {
	const struct lab_row *row;
	enum verdict verdict;
	struct lab_command_end end;
	unsigned long long leaked; /* application octets that the server got */
	enum obstacle why;	   /* of a skipped one */
};

struct run {
	const struct lab_options *options;
	struct lab *lab;
	char ca_path[64], crl_path[64];
	struct result *results;
	size_t count, total;
};

static const char *const verdict_words[VERDICTS] = {
    [RIGHT] = "right",
    [EITHER] = "right either way",
    [WRONG_ACCEPT] = "accepted what it must refuse",
    [WRONG_REFUSE] = "refused what it must accept",
    [SPOKE] = "sent data to a server it must refuse",
    [WENT_ON] = "went on where it must stop",
    [HUNG] = "hung",
    [CRASHED] = "crashed",
    [SKIPPED] = "skipped",
};

static const char *const end_words[] = {
    [COMMAND_ACCEPTED] = "accepted",
    [COMMAND_REFUSED] = "refused",
    [COMMAND_HUNG] = "hung",
    [COMMAND_CRASHED] = "crashed",
    [COMMAND_FAILED] = "failed",
};

static const char *const obstacle_words[OBSTACLES] = {
    [NO_OBSTACLE] = "",
    [NO_CRL] = "needs a revocation list (%r)",
    [NO_STARTTLS] = "needs STARTTLS (%s)",
    [ONLY_STARTTLS] = "has no STARTTLS (%s)",
    [NO_SERVER] = "its server does not start",
};

static bool
is_wrong(enum verdict v)
{
	return v >= WRONG_ACCEPT && v <= CRASHED;
}

/* ------------------------------------------------------------------- judging */

/* In rows by hand: how many handshake records came, beyond the hellos that were asked for. */
static bool
went_on(const struct lab_row *row, const struct peer_report *report)
{
	size_t hellos = 0, records = 0;

	for (const struct peer_step *s = row->server.script; s != NULL && s->what != PEER_DO_END;
	     s++) {
		hellos += s->what == PEER_DO_HELLO;
		if (s->what == PEER_DO_HANDSHAKE)
			return false;
	}
	for (size_t i = 0; i < report->record_count; i++)
		records += report->records[i] == LAB_HANDSHAKE_RECORD;
	return hellos > 0 && records > hellos;
}

/* The exit status says accepted or refused; what the server saw may say worse. */
static enum verdict
judge(const struct result *r, const struct peer_report *report)
{
	bool accepted = r->end.how == COMMAND_ACCEPTED;

	if (r->end.how == COMMAND_HUNG)
		return HUNG;
	if (r->end.how == COMMAND_CRASHED)
		return CRASHED;
	if (r->row->must == LAB_POLICY || (r->row->excuse != NULL && r->row->excuse(report)))
		return EITHER;
	if (r->row->must == LAB_ACCEPT)
		return accepted ? RIGHT : WRONG_REFUSE;
	if (accepted)
		return WRONG_ACCEPT;
	if (r->row->must == LAB_REFUSE && report->data_in > 0)
		return SPOKE;
	return r->row->must == LAB_REFUSE && went_on(r->row, report) ? WENT_ON : RIGHT;
}

/* ------------------------------------------------------------------- running */

static void
fill_words(const struct run *run, const struct lab_row *row, const struct peer *peer,
    struct lab_command_words *w)
{
	const char *host = lab_host(row);
	bool v6 = strchr(host, ':') != NULL;

	*w = (struct lab_command_words){.host = host,
	    .address = peer->ipv6 ? "::1" : "127.0.0.1",
	    .url_address = peer->ipv6 ? "[::1]" : "127.0.0.1",
	    .ca_file = run->ca_path,
	    .crl_file = run->crl_path,
	    .protocol = row->protocol,
	    .name = row->name};
	(void)snprintf(w->port, sizeof(w->port), "%d", peer->port);
	(void)snprintf(
	    w->url, sizeof(w->url), v6 ? "https://[%s]:%d/" : "https://%s:%d/", host, peer->port);
}

/* Whether this row can be run with this command at all. */
static enum obstacle
obstacle(const struct run *run, const struct lab_row *row)
{
	bool starttls = lab_command_mentions(run->options->command, 's');

	if (row->needs_crl && !lab_command_mentions(run->options->command, 'r'))
		return NO_CRL;
	if (row->protocol != NULL && !starttls)
		return NO_STARTTLS;
	return row->protocol == NULL && starttls ? ONLY_STARTTLS : NO_OBSTACLE;
}

static int
run_row(const struct run *run, struct result *r)
{
	struct lab_server server;
	struct peer peer;
	struct peer_report report = {.connection = 0};
	struct lab_command_words words;
	int rv;

	lab_server_make(run->lab, r->row, &server);
	server.options.connections = CLIENTS_MAX;
	server.options.limit_ms = run->options->timeout_ms + 1000;
	server.options.ipv6 = strchr(lab_host(r->row), ':') != NULL;
	if (peer_start(&peer, &server.options) != 0) {
		lab_server_free(&server);
		r->verdict = SKIPPED;
		r->why = NO_SERVER;
		return server.options.ipv6 ? 0 : -1;
	}
	fill_words(run, r->row, &peer, &words);
	rv = lab_command_run(run->options->command, &words, run->options->timeout_ms, &r->end);
	(void)peer_wait_within(&peer, &report, REPORT_MS);
	r->leaked = report.data_in;
	r->verdict = judge(r, &report);
	peer_stop(&peer);
	lab_server_free(&server);
	return rv;
}

static void
show_progress(const struct run *run, const struct lab_row *row)
{
	if (row != NULL)
		(void)fprintf(stderr, "\r%3zu/%zu  %-10s", run->count + 1, run->total, row->name);
	else
		(void)fputs("\r                    \r", stderr);
	(void)fflush(stderr);
}

static int
run_rows(struct run *run)
{
	bool progress = isatty(STDERR_FILENO) == 1;
	const struct lab_row *row;
	struct result *r;
	int status = EXIT_GOOD;

	for (size_t i = 0; status == EXIT_GOOD && (row = lab_row_at(i)) != NULL; i++) {
		if (!lab_chosen(&run->options->choice, row))
			continue;
		if (progress)
			show_progress(run, row);
		r = &run->results[run->count++];
		r->row = row;
		r->why = obstacle(run, row);
		r->verdict = SKIPPED;
		if (r->why == NO_OBSTACLE && run_row(run, r) != 0)
			status = EXIT_LOCAL;
	}
	if (progress)
		show_progress(run, NULL);
	return status;
}

/* ------------------------------------------------------------------- scoring */

static size_t
count_verdict(const struct run *run, enum verdict v)
{
	size_t n = 0;

	for (size_t i = 0; i < run->count; i++)
		n += run->results[i].verdict == v;
	return n;
}

static size_t
count_wrong(const struct run *run)
{
	size_t n = 0;

	for (size_t i = 0; i < run->count; i++)
		n += is_wrong(run->results[i].verdict);
	return n;
}

static void
print_result(const struct result *r)
{
	(void)printf("%-10s %-6s %s: %s", r->row->name, is_wrong(r->verdict) ? "WRONG" : "",
	    r->row->title, r->verdict == SKIPPED ? obstacle_words[r->why] : end_words[r->end.how]);
	if (r->verdict != SKIPPED)
		(void)printf(" in %d ms", r->end.ms);
	(void)putchar('\n');
	if (is_wrong(r->verdict) && r->end.last_words[0] != '\0') {
		(void)fputs("                  ", stdout);
		tool_print_escaped(stdout, r->end.last_words, strlen(r->end.last_words));
		(void)putchar('\n');
	}
}

static void
print_verdict(const struct run *run, enum verdict v)
{
	if (count_verdict(run, v) == 0)
		return;
	(void)printf("\n%s: %zu\n", verdict_words[v], count_verdict(run, v));
	for (const struct result *r = run->results; r < run->results + run->count; r++)
		if (r->verdict == v)
			(void)printf("%-10s %s: %s\n", r->row->name, r->row->title, r->row->does);
}

static void
print_skipped(const struct run *run, enum obstacle why)
{
	size_t n = 0;

	for (size_t i = 0; i < run->count; i++)
		n += run->results[i].verdict == SKIPPED && run->results[i].why == why;
	if (n > 0)
		(void)printf("skipped: %zu, %s\n", n, obstacle_words[why]);
}

static int
print_score(const struct run *run)
{
	size_t skipped = count_verdict(run, SKIPPED), wrong = count_wrong(run);

	for (size_t i = 0; run->options->verbose && i < run->count; i++)
		print_result(&run->results[i]);
	for (int v = WRONG_ACCEPT; v <= CRASHED; v++)
		print_verdict(run, (enum verdict)v);
	(void)printf("\n%zu servers: %zu right, of these %zu either way; %zu wrong\n",
	    run->count - skipped, run->count - skipped - wrong, count_verdict(run, EITHER), wrong);
	for (int why = NO_CRL; why < OBSTACLES; why++)
		print_skipped(run, (enum obstacle)why);
	return tool_flush();
}

static json_t *
describe(const struct result *r)
{
	bool ran = r->verdict != SKIPPED;

	return json_pack("{s:s, s:s, s:s, s:s, s:b, s:i, s:i, s:I, s:s}", "name", r->row->name,
	    "title", r->row->title, "result", ran ? end_words[r->end.how] : "skipped", "verdict",
	    verdict_words[r->verdict], "wrong", is_wrong(r->verdict), "status", r->end.status, "ms",
	    r->end.ms, "sent", (json_int_t)r->leaked, "last_words", r->end.last_words);
}

static int
print_json(const struct run *run)
{
	json_t *all = json_object(), *servers = json_array(), *score = json_object();
	bool good = all != NULL && servers != NULL && score != NULL;

	for (size_t i = 0; good && i < run->count; i++)
		good = json_array_append_new(servers, describe(&run->results[i])) == 0;
	for (int v = RIGHT; good && v < VERDICTS; v++)
		good = json_object_set_new(score, verdict_words[v],
			   json_integer((json_int_t)count_verdict(run, (enum verdict)v))) == 0;
	good = good && json_object_set(all, "servers", servers) == 0 &&
	       json_object_set(all, "score", score) == 0 &&
	       json_dumpf(all, stdout, JSON_INDENT(1)) == 0 && putchar('\n') != EOF;
	json_decref(servers);
	json_decref(score);
	json_decref(all);
	return good ? tool_flush() : EXIT_LOCAL;
}

/* ----------------------------------------------------------------- from top */

static int
write_lists(struct run *run)
{
	const char *dir = getenv("TMPDIR");
	int fd;

	if (dir == NULL || strlen(dir) > 40)
		dir = "/tmp";
	(void)snprintf(run->ca_path, sizeof(run->ca_path), "%s/lab-ca.XXXXXX", dir);
	(void)snprintf(run->crl_path, sizeof(run->crl_path), "%s/lab-crl.XXXXXX", dir);
	fd = mkstemp(run->ca_path);
	if (fd < 0 || close(fd) != 0 ||
	    lab_write_file(run->ca_path, lab_ca_pem(run->lab)) != EXIT_GOOD)
		return EXIT_LOCAL;
	fd = mkstemp(run->crl_path);
	if (fd < 0 || close(fd) != 0)
		return EXIT_LOCAL;
	return lab_write_file(run->crl_path, lab_crl_pem(run->lab));
}

int
lab_run(const struct lab_options *o)
{
	struct run run = {.options = o, .lab = lab_new()};
	int status;

	while (lab_row_at(run.total) != NULL)
		run.total++;
	run.results = calloc(run.total + 1, sizeof(*run.results));
	status = run.results != NULL ? write_lists(&run) : EXIT_LOCAL;
	if (status == EXIT_GOOD)
		status = run_rows(&run);
	if (status == EXIT_GOOD)
		status = o->json ? print_json(&run) : print_score(&run);
	if (status == EXIT_GOOD && count_wrong(&run) > 0)
		status = EXIT_LAB;
	(void)unlink(run.ca_path);
	(void)unlink(run.crl_path);
	free(run.results);
	lab_free(run.lab);
	return status;
}
