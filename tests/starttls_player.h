/*
 * starttls_player.h - a server's part in a dialogue of starttls_scripts.h.
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef STARTTLS_PLAYER_H
#define STARTTLS_PLAYER_H

#include "starttls_scripts.h"
#include "support/peer.h"

/** A step that plays a dialogue; the script ends when the client says something else. */
#define STARTTLS_PLAY(dialogue)                                                 \
	{                                                                       \
		.what = PEER_DO_CALL, .data = (dialogue), .call = starttls_play \
	}
int starttls_play(struct peer_connection *c, const struct peer_step *step);

#endif
