/* SPDX-License-Identifier: ISC */
#include "session.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/x509.h>

#include "error.h"

#define PER_KEY_MAX 8 /* a server that sends 200 tickets takes no room from others */
#define LIFETIME_MAX (7 * 24 * 3600L) /* RFC 8446 section 4.6.1 */

struct entry {
	unsigned char key[TLSW__KEY_SIZE];
	struct tlsw__session kept;
};

struct tlsw__sessions {
	pthread_mutex_t lock;
	size_t max, count;
	struct entry *entries; /* oldest first; grows up to max */
	size_t room;
};

struct tlsw__sessions *
tlsw__sessions_new(size_t max)
{
	struct tlsw__sessions *store = calloc(1, sizeof(*store));

	if (store == NULL || pthread_mutex_init(&store->lock, NULL) != 0) {
		free(store);
		(void)tlsw__error_set_memory();
		return NULL;
	}
	store->max = max;
	return store;
}

void
tlsw__session_clear(struct tlsw__session *session)
{
	SSL_SESSION_free(session->session);
	sk_X509_pop_free(session->path, X509_free);
	memset(session, 0, sizeof(*session));
}

void
tlsw__sessions_free(struct tlsw__sessions *store)
{
	size_t i;

	if (store == NULL)
		return;
	for (i = 0; i < store->count; i++)
		tlsw__session_clear(&store->entries[i].kept);
	free(store->entries);
	(void)pthread_mutex_destroy(&store->lock);
	free(store);
}

size_t
tlsw__sessions_count(struct tlsw__sessions *store, size_t *max)
{
	size_t count;

	(void)pthread_mutex_lock(&store->lock);
	count = store->count;
	(void)pthread_mutex_unlock(&store->lock);
	*max = store->max;
	return count;
}

bool
tlsw__session_usable(const SSL_SESSION *session)
{
	long age = (long)time(NULL) - SSL_SESSION_get_time(session);
	long life = SSL_SESSION_get_timeout(session);
	unsigned long hint = SSL_SESSION_get_ticket_lifetime_hint(session);

	if (life > LIFETIME_MAX)
		life = LIFETIME_MAX;
	if (hint > 0 && hint < (unsigned long)life)
		life = (long)hint;
	return SSL_SESSION_is_resumable(session) == 1 && age >= 0 && age < life;
}

/* Under the lock: forget entry i. */
static void
drop(struct tlsw__sessions *store, size_t i)
{
	tlsw__session_clear(&store->entries[i].kept);
	memmove(&store->entries[i], &store->entries[i + 1],
	    (store->count - i - 1) * sizeof(store->entries[0]));
	store->count--;
}

/* Under the lock: the oldest of a key goes when the key has its share. */
static void
keep_share(struct tlsw__sessions *store, const unsigned char *key)
{
	size_t i, oldest = store->count, n = 0;

	for (i = store->count; i-- > 0;)
		if (memcmp(store->entries[i].key, key, TLSW__KEY_SIZE) == 0) {
			oldest = i;
			n++;
		}
	if (n >= PER_KEY_MAX)
		drop(store, oldest);
}

/* Under the lock: room for one more at the end; false when memory is short. */
static bool
make_room(struct tlsw__sessions *store)
{
	struct entry *more;
	size_t room;

	if (store->max == 0)
		return false;
	if (store->count == store->max)
		drop(store, 0);
	if (store->count < store->room)
		return true;
	room = store->room == 0 ? 4 : store->room * 2;
	if (room > store->max)
		room = store->max;
	more = realloc(store->entries, room * sizeof(*more));
	if (more == NULL)
		return false;
	store->entries = more;
	store->room = room;
	return true;
}

void
tlsw__sessions_put(struct tlsw__sessions *store, const unsigned char key[TLSW__KEY_SIZE],
    SSL_SESSION *session, STACK_OF(X509) *path)
{
	struct tlsw__session kept = {.session = NULL, .path = NULL};

	if (!tlsw__session_usable(session))
		return;
	kept.path = X509_chain_up_ref(path);
	if (kept.path == NULL || SSL_SESSION_up_ref(session) != 1) {
		tlsw__session_clear(&kept);
		return;
	}
	kept.session = session;
	(void)pthread_mutex_lock(&store->lock);
	keep_share(store, key);
	if (make_room(store)) {
		memcpy(store->entries[store->count].key, key, TLSW__KEY_SIZE);
		store->entries[store->count++].kept = kept;
		memset(&kept, 0, sizeof(kept));
	}
	(void)pthread_mutex_unlock(&store->lock);
	tlsw__session_clear(&kept);
}

/* Hand an entry out: a TLS 1.3 ticket for good, an older session as a copy of the references. */
static bool
hand_out(struct tlsw__sessions *store, size_t i, struct tlsw__session *out)
{
	struct entry *entry = &store->entries[i];

	if (SSL_SESSION_get_protocol_version(entry->kept.session) >= TLS1_3_VERSION) {
		*out = entry->kept;
		memset(&entry->kept, 0, sizeof(entry->kept));
		drop(store, i);
		return true;
	}
	out->path = X509_chain_up_ref(entry->kept.path);
	if (out->path == NULL || SSL_SESSION_up_ref(entry->kept.session) != 1) {
		tlsw__session_clear(out);
		return false;
	}
	out->session = entry->kept.session;
	return true;
}

bool
tlsw__sessions_take(struct tlsw__sessions *store, const unsigned char key[TLSW__KEY_SIZE],
    struct tlsw__session *out)
{
	bool found = false;
	size_t i;

	memset(out, 0, sizeof(*out));
	(void)pthread_mutex_lock(&store->lock);
	for (i = store->count; i-- > 0 && !found;) {
		if (memcmp(store->entries[i].key, key, TLSW__KEY_SIZE) != 0)
			continue;
		if (tlsw__session_usable(store->entries[i].kept.session))
			found = hand_out(store, i, out);
		else
			drop(store, i);
	}
	(void)pthread_mutex_unlock(&store->lock);
	return found;
}
