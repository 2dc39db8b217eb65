/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of the database's floors share: a folder for database files, settings with a cheap hash, a
 * second way into a database that does not go through the core, and other processes. Anything that goes wrong
 * in here ends the program. */
#ifndef LUCI_SUPPORT_H
#define LUCI_SUPPORT_H

#include "core/base/settings.h"
#include "core/db/db.h"
#include "core/session/session.h"

#include <sys/types.h>

#define COUNT(array) ((int)(sizeof(array) / sizeof(array)[0]))

#ifndef __has_feature
#define __has_feature(feature) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || __has_feature(address_sanitizer)
#define UNDER_SANITIZER 1
#else
#define UNDER_SANITIZER 0
#endif

/* A moment that tests are played at: 2023-11-14 22:13:20 UTC. */
#define NOW ((luci_ms_t)1700000000000)

/* Loads everything and makes the folder, which goes when the program ends. The pool lasts as long. Before any
 * thread or child. */
apr_pool_t *support_start(void);

/* The path of a file in the folder; "a/b" makes the folder a. */
const char *support_path(const char *name);

/* PARAMS of a new database: a file of that name, or one on the server that LUCI_TEST_DATABASE ("DRIVER
 * PARAMS") says; and whether they are files. */
const char *support_database(const char *name);
int support_is_file(void);

/* Lucia's periods, Argon2id m=8 t=1 p=1, hashed tokens, no attributes, the tables "auth_user user_key
 * user_session". */
luci_settings_t support_settings(void);

/* An array of names, closed by NULL. */
apr_array_header_t *support_names(const char *const *names);

/* A target for an existing database. */
luci_db_target_t support_target(const char *path, const luci_settings_t *settings);

/* Makes the tables as the module does, or as a Lucia v2 project does (no columns of ours, no index). */
void support_our_tables(const char *path, const luci_settings_t *settings);
void support_lucia_tables(const char *path);

/* The token of a session id, which is borrowed. */
const luci_session_token_t *support_token(const char *id);

/* ---- Beside the core ---- */

/* A connection of its own. */
typedef struct support_other_t support_other_t;
support_other_t *support_open(const char *path);
int support_try(support_other_t *other, const char *sql); /* the driver's code, 0 when all went well */
void support_close(support_other_t *other);

/* Statements on a connection that is opened and closed for them. */
void support_run(const char *path, const char *sql);

/* The first column of the first row, NULL for NULL and for no row; and the same as a number, -1 then. */
const char *support_value(const char *path, const char *sql);
long long support_number(const char *path, const char *sql);

/* ---- Other processes; no handle may be open in this one when they start ---- */

/* Runs work in a child and gives its exit status, 128 and more for a signal. */
int support_in_child(int (*work)(void *baton), void *baton);

/* Ends the program: what was tried can't be tested. */
void support_give_up(const char *what, const char *why) __attribute__((noreturn));

/* How a child ended: as above. */
int support_await(pid_t child);

/* Runs work in a child as a user who may only read what has been made read-only, whoever runs the test. */
int support_as_reader(int (*work)(void *baton), void *baton);

/* A child that has run these statements on a connection and holds it until it's released. */
pid_t support_hold(const char *path, const char *sql);
void support_release(pid_t holder);

/* Milliseconds of a clock that nobody sets. */
luci_ms_t support_clock(void);

#endif
