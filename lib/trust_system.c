/* The system's store of CAs, found. SPDX-License-Identifier: ISC */
#include "trust_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"

static void TLSW__PRINTF(2, 3) write_log(struct tlsw__trust_log *log, const char *format, ...)
{
	const size_t room = sizeof(log->text) - log->len;
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(log->text + log->len, room, format, args);
	va_end(args);
	if (n > 0 && (size_t)n < room)
		log->len += (size_t)n;
	else
		log->text[log->len] = '\0';
}

/* A place that was looked at, and what came of it: a source, or a fault. */
static void
note(struct tlsw__trust_log *log, const char *path, const char *whose, const struct tlsw__source *s,
    const struct tlsw__fault *fault)
{
	char name[TLSW__PATH_TEXT];

	log->memory |= s == NULL && fault->code == TLSW_ERR_MEMORY;
	tlsw__text_escape(name, sizeof(name), path, strlen(path), TLSW__PATH_SHOWN);
	write_log(log, "%s\"%s\" (%s): %s", log->len > 0 ? "\n" : "", name, whose,
	    s != NULL ? "used" : fault->text);
}

static struct tlsw__source *
open_place(const struct tlsw__place *place, struct tlsw__fault *fault)
{
	switch (place->kind) {
	case TLSW__PLACE_FILE:
		return tlsw__source_open_file(TLSW__SOURCE_FILE, place->path, fault);
	case TLSW__PLACE_DIR:
		return tlsw__source_open_dir(place->path, TLSW__CADIR_SHA1, fault);
	case TLSW__PLACE_DIR_MD5:
		return tlsw__source_open_dir(place->path, TLSW__CADIR_MD5, fault);
	}
	return NULL;
}

/* Each directory of a list with colons. An unusable one is an error. */
static int
open_dir_list(const char *list, struct tlsw__sources *found, struct tlsw__trust_log *log)
{
	struct tlsw__fault fault = {TLSW_ERR_TRUST_STORE, 0, "it names no directory"};
	const bool beside = found->count > 0;
	char *copy = strdup(list), *rest = copy, *path;
	size_t before = found->count;
	struct tlsw__source *s;
	int rv = 0;

	if (copy == NULL)
		return tlsw__error_set_memory();
	while (rv == 0 && (path = strsep(&rest, ":")) != NULL) {
		if (*path == '\0')
			continue;
		s = beside ? tlsw__source_open_dir_beside(path, &fault)
			   : tlsw__source_open_dir(path, TLSW__CADIR_SHA1, &fault);
		note(log, path, "SSL_CERT_DIR", s, &fault);
		if (s == NULL)
			rv = tlsw__source_refuse("SSL_CERT_DIR: the directory", path, &fault);
		else if (tlsw__sources_append(found, s) != 0)
			rv = tlsw__error_set_memory();
	}
	free(copy);
	if (rv == 0 && found->count == before)
		rv = tlsw__source_refuse("SSL_CERT_DIR", list, &fault);
	return rv;
}

/*
 * The environment's choice: 1 found, 0 it makes none, -1 error. With both
 * variables both count, as for OpenSSL; a directory is then one beside a bundle.
 */
static int
open_environment(
    const struct tlsw__places *places, struct tlsw__sources *found, struct tlsw__trust_log *log)
{
	struct tlsw__fault fault;
	struct tlsw__source *s;

	if (places->env_file != NULL) {
		s = tlsw__source_open_file(TLSW__SOURCE_FILE, places->env_file, &fault);
		note(log, places->env_file, "SSL_CERT_FILE", s, &fault);
		if (s == NULL)
			return tlsw__source_refuse(
			    "SSL_CERT_FILE: the file", places->env_file, &fault);
		if (tlsw__sources_append(found, s) != 0)
			return tlsw__error_set_memory();
	}
	if (places->env_dir != NULL && open_dir_list(places->env_dir, found, log) != 0)
		return -1;
	return found->count > 0;
}

/* OpenSSL's own file and directory, whichever are there, as OpenSSL does it. */
static int
open_openssl(
    const struct tlsw__places *places, struct tlsw__sources *found, struct tlsw__trust_log *log)
{
	struct tlsw__fault fault;
	struct tlsw__source *s;

	s = tlsw__source_open_file(TLSW__SOURCE_FILE, places->openssl_file, &fault);
	note(log, places->openssl_file, "OpenSSL's default file", s, &fault);
	if (s != NULL && tlsw__sources_append(found, s) != 0)
		return tlsw__error_set_memory();
	s = found->count > 0 ? tlsw__source_open_dir_beside(places->openssl_dir, &fault)
			     : tlsw__source_open_dir(places->openssl_dir, TLSW__CADIR_SHA1, &fault);
	note(log, places->openssl_dir, "OpenSSL's default directory", s, &fault);
	if (s != NULL && tlsw__sources_append(found, s) != 0)
		return tlsw__error_set_memory();
	return log->memory ? tlsw__error_set_memory() : found->count > 0;
}

static int
open_known(
    const struct tlsw__places *places, struct tlsw__sources *found, struct tlsw__trust_log *log)
{
	struct tlsw__fault fault;
	struct tlsw__source *s;
	size_t i;

	for (i = 0; i < places->known_count && found->count == 0; i++) {
		s = open_place(&places->known[i], &fault);
		note(log, places->known[i].path, places->known[i].whose, s, &fault);
		if (s != NULL && tlsw__sources_append(found, s) != 0)
			return tlsw__error_set_memory();
		if (log->memory)
			return tlsw__error_set_memory();
	}
	return found->count > 0;
}

static int
open_system(
    const struct tlsw__places *places, struct tlsw__sources *found, struct tlsw__trust_log *log)
{
	int rv = open_environment(places, found, log);

	if (rv == 0)
		rv = open_openssl(places, found, log);
	if (rv == 0)
		rv = open_known(places, found, log);
	if (rv != 0)
		return rv < 0 ? -1 : 0;
	(void)tlsw__error_set(TLSW_ERR_TRUST_STORE,
	    "this system has no usable store of CA certificates: install one "
	    "(ca-certificates), or let SSL_CERT_FILE name a bundle");
	tlsw__error_detail("%s", log->text);
	return -1;
}

int
tlsw__trust_load_places(
    struct tlsw__trust *trust, const struct tlsw__places *places, struct tlsw__trust_log *log)
{
	struct tlsw__trust_log own = {.len = 0};
	struct tlsw__sources found = {NULL, 0};
	struct tlsw__queue queue;
	int rv;

	log = log != NULL ? log : &own;
	log->text[0] = '\0';
	log->len = 0;
	log->memory = false;
	tlsw__queue_save(&queue);
	rv = open_system(places, &found, log);
	if (rv == 0)
		rv = tlsw__trust_add(trust, &found);
	tlsw__sources_clear(&found);
	tlsw__queue_restore(&queue);
	return rv;
}

int
tlsw__trust_load_system(struct tlsw__trust *trust)
{
	struct tlsw__places places;

	tlsw__places_of_system(&places);
	return tlsw__trust_load_places(trust, &places, NULL);
}
