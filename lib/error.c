/* SPDX-License-Identifier: ISC */
#include "error.h"

#include <ctype.h>
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

struct tlsw__error {
	struct tls_error_info info; /* message and details point at the arrays below */
	char message[TLSW__MESSAGE_SIZE];
	char details[TLSW__DETAILS_SIZE];
	size_t details_len;
	tls_certificate *certificate; /* owned */
};

const struct tls_error_info tlsw__error_none = {
    .code = TLSW_OK, .alert = -1, .depth = -1, .message = "", .details = ""};
const struct tls_error_info tlsw__error_no_memory = {
    .code = TLSW_ERR_MEMORY, .alert = -1, .depth = -1, .message = "out of memory", .details = ""};

/* This thread's failure. Static storage, so that reporting one never needs memory. */
static _Thread_local struct tlsw__error last;

const char *
tls_error_name(enum tlsw_error code)
{
	switch (code) {
	case TLSW_OK:
		return "TLSW_OK";
	case TLSW_ERR_USAGE:
		return "TLSW_ERR_USAGE";
	case TLSW_ERR_HOSTNAME:
		return "TLSW_ERR_HOSTNAME";
	case TLSW_ERR_MEMORY:
		return "TLSW_ERR_MEMORY";
	case TLSW_ERR_SYSTEM:
		return "TLSW_ERR_SYSTEM";
	case TLSW_ERR_TIMEOUT:
		return "TLSW_ERR_TIMEOUT";
	case TLSW_ERR_RESOLVE:
		return "TLSW_ERR_RESOLVE";
	case TLSW_ERR_TRUST_STORE:
		return "TLSW_ERR_TRUST_STORE";
	case TLSW_ERR_CREDENTIALS:
		return "TLSW_ERR_CREDENTIALS";
	case TLSW_ERR_NOT_TLS:
		return "TLSW_ERR_NOT_TLS";
	case TLSW_ERR_PLAINTEXT:
		return "TLSW_ERR_PLAINTEXT";
	case TLSW_ERR_STARTTLS:
		return "TLSW_ERR_STARTTLS";
	case TLSW_ERR_PROTOCOL:
		return "TLSW_ERR_PROTOCOL";
	case TLSW_ERR_ALERT:
		return "TLSW_ERR_ALERT";
	case TLSW_ERR_CERTIFICATE:
		return "TLSW_ERR_CERTIFICATE";
	case TLSW_ERR_HOSTNAME_MISMATCH:
		return "TLSW_ERR_HOSTNAME_MISMATCH";
	case TLSW_ERR_TRUNCATED:
		return "TLSW_ERR_TRUNCATED";
	case TLSW_ERR_CLOSED:
		return "TLSW_ERR_CLOSED";
	case TLSW_ERR_INTERNAL:
		return "TLSW_ERR_INTERNAL";
	}
	return "TLSW_ERR_UNKNOWN";
}

/* --- a thread's end releases the certificate that its last failure holds --- */

static pthread_key_t end_key;
static pthread_once_t end_once = PTHREAD_ONCE_INIT;
static bool end_key_made;

static void
release_at_thread_end(void *unused)
{
	(void)unused;
	tls_error_clear();
}

static void
make_end_key(void)
{
	end_key_made = pthread_key_create(&end_key, release_at_thread_end) == 0;
}

static void
release_later(void)
{
	(void)pthread_once(&end_once, make_end_key);
	if (end_key_made)
		(void)pthread_setspecific(end_key, &last);
}

/* ------------------------------------------------------------------- texts */

char *
tlsw__text_escape(char *out, size_t out_size, const void *data, size_t len, size_t max)
{
	static const char hex[] = "0123456789abcdef";
	const unsigned char *p = data;
	const size_t taken = len < max ? len : max;
	size_t i, n = 0;

	if (out_size == 0)
		return out;
	for (i = 0; i < taken && n + 4 < out_size; i++) {
		unsigned char c = p[i];

		if (c == '\\' || c == '"') {
			out[n++] = '\\';
			out[n++] = (char)c;
		} else if (c >= 0x20 && c < 0x7f) {
			out[n++] = (char)c;
		} else {
			out[n++] = '\\';
			out[n++] = 'x';
			out[n++] = hex[c >> 4];
			out[n++] = hex[c & 15];
		}
	}
	if (i < len && n + 3 < out_size) {
		memcpy(out + n, "...", 3);
		n += 3;
	}
	out[n] = '\0';
	return out;
}

/* The last line of defence: whatever was put into a text, it leaves as printable ASCII. */
static void
make_printable(char *text, bool lines)
{
	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;

		if ((c < 0x20 || c >= 0x7f) && !(lines && c == '\n'))
			*text = '?';
	}
}

static void
append(char *text, size_t size, size_t *len, const char *format, va_list args)
{
	int n;

	if (*len + 1 >= size)
		return;
	n = vsnprintf(text + *len, size - *len, format, args);
	if (n < 0)
		text[*len] = '\0';
	else
		*len = (size_t)n < size - *len ? *len + (size_t)n : size - 1;
}

static void TLSW__PRINTF(1, 2)
append_message(const char *format, ...)
{
	size_t len = strlen(last.message);
	va_list args;

	va_start(args, format);
	append(last.message, sizeof(last.message), &len, format, args);
	va_end(args);
	make_printable(last.message, false);
}

static void
reset(enum tlsw_error code)
{
	tls_error_clear();
	last.info = tlsw__error_none;
	last.info.code = code;
	last.info.message = last.message;
	last.info.details = last.details;
}

static void
set_message(enum tlsw_error code, const char *format, va_list args)
{
	char text[TLSW__MESSAGE_SIZE]; /* the arguments may point into the last failure */
	size_t len = 0;

	append(text, sizeof(text), &len, format, args);
	reset(code);
	memcpy(last.message, text, len + 1);
	make_printable(last.message, false);
}

int
tlsw__error_set(enum tlsw_error code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	set_message(code, format, args);
	va_end(args);
	return -1;
}

int
tlsw__error_set_errno(enum tlsw_error code, int os_errno, const char *format, ...)
{
	char text[128];
	va_list args;

	va_start(args, format);
	set_message(code, format, args);
	va_end(args);
	last.info.os_errno = os_errno;
	append_message(": %s", tlsw__compat_strerror(os_errno, text, sizeof(text)));
	return -1;
}

int
tlsw__error_set_openssl(enum tlsw_error code, const char *format, ...)
{
	unsigned long e = ERR_peek_last_error();
	const char *reason = ERR_reason_error_string(e);
	va_list args;

	if (ERR_GET_REASON(e) == ERR_R_MALLOC_FAILURE)
		return tlsw__error_set_memory();
	va_start(args, format);
	set_message(code, format, args);
	va_end(args);
	if (reason != NULL) /* NULL for what OpenSSL has no text for, alert 200 for one */
		append_message(": %s", reason);
	else if (e != 0)
		append_message(": OpenSSL error %lx", e);
	return -1;
}

int
tlsw__error_set_memory(void)
{
	reset(TLSW_ERR_MEMORY);
	(void)snprintf(last.message, sizeof(last.message), "%s", tlsw__error_no_memory.message);
	return -1;
}

void
tlsw__error_detail(const char *format, ...)
{
	va_list args;

	if (last.details_len > 0 && last.details_len + 1 < sizeof(last.details)) {
		last.details[last.details_len++] = '\n';
		last.details[last.details_len] = '\0';
	}
	va_start(args, format);
	append(last.details, sizeof(last.details), &last.details_len, format, args);
	va_end(args);
	make_printable(last.details, true);
}

/* ------------------------------------------------------------------- facts */

void
tlsw__error_set_alert(int alert)
{
	last.info.alert = alert;
}

void
tlsw__error_set_verdict(unsigned long reasons, long verify_error, int depth)
{
	last.info.reasons = reasons;
	last.info.verify_error = verify_error;
	last.info.depth = depth;
}

void
tlsw__error_set_certificate(tls_certificate *certificate)
{
	tls_certificate_free(last.certificate);
	last.certificate = certificate;
	last.info.certificate = certificate;
	if (certificate != NULL)
		release_later();
}

enum tlsw_error
tlsw__error_code(void)
{
	return last.info.code;
}

const struct tls_error_info *
tls_last_error(void)
{
	return last.info.message == NULL ? &tlsw__error_none : &last.info;
}

void
tls_error_clear(void)
{
	tls_certificate_free(last.certificate);
	last.certificate = NULL;
	last.info = tlsw__error_none;
	last.message[0] = '\0';
	last.details[0] = '\0';
	last.details_len = 0;
}

/* ------------------------------------------------------------------ copies */

static void
assign(struct tlsw__error *to, const struct tlsw__error *from)
{
	*to = *from;
	to->certificate = tls_certificate_ref(from->certificate);
	to->info.certificate = to->certificate;
	to->info.message = to->message;
	to->info.details = to->details;
}

struct tlsw__error *
tlsw__error_copy(void)
{
	struct tlsw__error *copy = malloc(sizeof(*copy));

	if (copy != NULL)
		assign(copy, &last);
	return copy;
}

void
tlsw__error_copy_free(struct tlsw__error *copy)
{
	if (copy == NULL)
		return;
	tls_certificate_free(copy->certificate);
	free(copy);
}

const struct tls_error_info *
tlsw__error_info(const struct tlsw__error *copy)
{
	return copy == NULL ? &tlsw__error_no_memory : &copy->info;
}

int
tlsw__error_restore(const struct tlsw__error *copy)
{
	if (copy == NULL)
		return tlsw__error_set_memory();
	tls_error_clear();
	assign(&last, copy);
	if (last.certificate != NULL)
		release_later();
	return -1;
}

/* --------------------------------------------------- OpenSSL's error queue */

struct tlsw__queue_entry {
	unsigned long code;
	int line;
	char file[96];
	char func[64];
	char data[256];
};

#define QUEUE_MAX 16 /* OpenSSL's ERR_NUM_ERRORS */

static void
keep(struct tlsw__queue_entry *entry, unsigned long code, const char *file, int line,
    const char *func, const char *data, int flags)
{
	entry->code = code;
	entry->line = line;
	(void)snprintf(entry->file, sizeof(entry->file), "%s", file != NULL ? file : "");
	(void)snprintf(entry->func, sizeof(entry->func), "%s", func != NULL ? func : "");
	(void)snprintf(entry->data, sizeof(entry->data), "%s",
	    (flags & ERR_TXT_STRING) != 0 && data != NULL ? data : "");
}

void
tlsw__queue_save(struct tlsw__queue *saved)
{
	const char *file, *func, *data;
	unsigned long code;
	int line, flags;

	saved->entries = NULL;
	saved->count = 0;
	if (ERR_peek_error() == 0)
		return;
	saved->entries = calloc(QUEUE_MAX, sizeof(*saved->entries));
	while ((code = ERR_get_error_all(&file, &line, &func, &data, &flags)) != 0)
		if (saved->entries != NULL && saved->count < QUEUE_MAX)
			keep(&saved->entries[saved->count++], code, file, line, func, data, flags);
}

void
tlsw__queue_clear(void)
{
	if (ERR_peek_error() != 0)
		ERR_clear_error();
}

void
tlsw__queue_restore(struct tlsw__queue *saved)
{
	unsigned i;

	tlsw__queue_clear();
	for (i = 0; i < saved->count; i++) {
		const struct tlsw__queue_entry *e = &saved->entries[i];

		ERR_new();
		ERR_set_debug(e->file, e->line, e->func);
		if (e->data[0] != '\0')
			ERR_set_error(ERR_GET_LIB(e->code), ERR_GET_REASON(e->code), "%s", e->data);
		else
			ERR_set_error(ERR_GET_LIB(e->code), ERR_GET_REASON(e->code), NULL);
	}
	free(saved->entries);
	saved->entries = NULL;
	saved->count = 0;
}

bool
tlsw__queue_tells_memory(void)
{
	bool memory = ERR_peek_error() == 0;
	unsigned long code;

	while ((code = ERR_get_error()) != 0)
		memory |= ERR_GET_REASON(code) == ERR_R_MALLOC_FAILURE;
	return memory;
}

bool
tlsw__queue_names_memory(void)
{
	return ERR_peek_error() != 0 && tlsw__queue_tells_memory();
}
