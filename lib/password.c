/* SPDX-License-Identifier: ISC */
#include "password.h"

#include <string.h>

#include <openssl/crypto.h>

int
tlsw__ask(struct tlsw__ask *ask)
{
	if (ask->state == TLSW__NOT_ASKED) {
		ask->state = ask->fn == NULL ? TLSW__NO_FUNCTION : TLSW__NO_PASSWORD;
		ask->len =
		    ask->fn == NULL ? -1 : ask->fn(ask->password, TLSW__PASSWORD_SIZE, ask->arg);
		if (ask->len >= 0 && ask->len <= TLSW__PASSWORD_SIZE) {
			ask->password[ask->len] = '\0';
			ask->state = TLSW__PASSWORD;
		}
	}
	return ask->state == TLSW__PASSWORD ? 0 : -1;
}

int
tlsw__ask_pem(char *buf, int size, int rwflag, void *ask)
{
	struct tlsw__ask *a = ask;

	(void)rwflag;
	if (a == NULL || tlsw__ask(a) != 0 || a->len > size)
		return -1;
	memcpy(buf, a->password, (size_t)a->len);
	return a->len;
}

UI_METHOD *
tlsw__ask_ui(void)
{
	return UI_UTIL_wrap_read_pem_callback(tlsw__ask_pem, 0);
}

void
tlsw__ask_clear(struct tlsw__ask *ask)
{
	OPENSSL_cleanse(ask->password, sizeof(ask->password));
	ask->len = 0;
	ask->state = TLSW__NOT_ASKED;
}
