/*
 * terminal.h - a call in a process that has a terminal of its own, to see
 * whether anything is asked there.
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef TERMINAL_H
#define TERMINAL_H

/**
 * Run attempt in a child with a controlling terminal; it must give 0 within 10
 * seconds and nothing may be written to the terminal. Fails the test otherwise.
 */
void terminal_silent(int (*attempt)(void));

#endif
