/* SPDX-License-Identifier: Apache-2.0 */
/* S9.33: a database that can't be written, a disk that is full, a file that is not what it was.
 * Reads answer as long as they can, nothing passes for "not there" that could not be looked for, and nothing
 * is half-written. Any argument leaves out what cannot run under valgrind: limits of a file's size. */
#include "core/db/key_table.h"
#include "core/db/schema.h"
#include "core/db/session_table.h"
#include "core/db/user_table.h"
#include "lib/support.h"
#include "lib/tap.h"

#include <apr_strings.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define USERS 300

static apr_pool_t *pool;
static luci_settings_t settings;

static const char *user_name(int number)
{
    return apr_psprintf(pool, "user-%04d-with-a-name-of-some-length", number);
}

static luci_result_t read_key(luci_db_t *db, int number)
{
    const char *id = apr_pstrcat(pool, "username:", user_name(number), NULL);
    const char *const *row;
    luci_result_t result = luci_db_select(db, &luci_sql_key_get, LUCI_ARGUMENTS({ "id", id }), &row, pool);

    if (result == LUCI_OK && strcmp(row[2 + LUCI_SQL_USER_ID], user_name(number)) != 0)
        return LUCI_INTERNAL; /* never: another user's row */
    return result;
}

static luci_result_t insert(luci_db_t *db, void *baton, apr_pool_t *scratch)
{
    const char *name = user_name(*(int *)baton);
    const luci_argument_t *user = LUCI_ARGUMENTS({ "id", name }, { "username", name }, { "now", "1" });
    const luci_argument_t *key = LUCI_ARGUMENTS({ "id", apr_pstrcat(scratch, "username:", name, NULL) },
                                                { "user", name }, { "hash", "hash" });
    int changed;
    luci_result_t result = luci_db_execute(db, &luci_sql_user_insert, user, &changed, scratch);

    return result == LUCI_OK ? luci_db_execute(db, &luci_sql_key_insert, key, &changed, scratch) : result;
}

static luci_result_t add_user(luci_db_t *db, int number)
{
    return luci_db_transaction(db, insert, &number, pool);
}

static luci_result_t delete_none(luci_db_t *db)
{
    const char *id = "none";
    int changed;

    return luci_db_execute(db, &luci_sql_session_delete, LUCI_ARGUMENTS({ "id", id }), &changed, pool);
}

/* With USERS users, all of it in the file itself. */
static const char *new_database(const char *name)
{
    const char *path = support_path(name);
    support_other_t *other;

    support_our_tables(path, &settings);
    other = support_open(path);
    support_try(other, "BEGIN");
    for (int i = 0; i < USERS; i++)
        support_try(
            other,
            apr_psprintf(pool,
                         "INSERT INTO auth_user (id, username) VALUES ('%s', '%s'); INSERT INTO user_key "
                         "(id, user_id, hashed_password) VALUES ('username:%s', '%s', 'hash')",
                         user_name(i), user_name(i), user_name(i), user_name(i)));
    if (support_try(other, "COMMIT") != 0)
        tap_fail("%s could not be filled", path);
    support_close(other);
    return path;
}

/* ---- Read-only ---- */

/* The bits of what went wrong, for an exit status. */
enum { WRONG_READ = 1, WRONG_WRITE = 2, WRONG_TRANSACTION = 4, WRONG_READ_AFTER = 8, WRONG_TIME = 16 };

static int read_but_not_write(void *baton)
{
    luci_db_target_t target = support_target(baton, &settings);
    luci_db_t *db = luci_db_create(&target, pool);
    luci_ms_t start = support_clock();
    int wrong = 0;

    wrong |= read_key(db, 7) == LUCI_OK && read_key(db, USERS) == LUCI_NOT_FOUND ? 0 : WRONG_READ;
    wrong |= delete_none(db) == LUCI_UNAVAILABLE ? 0 : WRONG_WRITE;
    wrong |= add_user(db, USERS) == LUCI_UNAVAILABLE ? 0 : WRONG_TRANSACTION;
    wrong |= read_key(db, 7) == LUCI_OK && read_key(db, USERS) == LUCI_NOT_FOUND ? 0 : WRONG_READ_AFTER;
    wrong |= support_clock() - start < 1000 + 9000 * UNDER_SANITIZER ? 0 : WRONG_TIME;
    luci_db_close(db);
    return wrong;
}

static int can_not_even_read(void *baton)
{
    luci_db_target_t target = support_target(baton, &settings);
    luci_db_t *db = luci_db_create(&target, pool);

    return (read_key(db, 7) == LUCI_UNAVAILABLE ? 0 : WRONG_READ) |
           (add_user(db, 7) == LUCI_UNAVAILABLE ? 0 : WRONG_WRITE);
}

static void check_read_only(void)
{
    const char *path = new_database("readonly/users.db");
    pid_t keeper = support_hold(
        path, "SELECT count(*) FROM auth_user"); /* keeps the log's files alive, as other children do */

    chmod(path, 0444);
    tap_is_int(support_as_reader(read_but_not_write, (void *)path), 0,
               "a read-only file: reads work, writes are UNAVAILABLE");
    chmod(support_path("readonly"), 0555);
    tap_is_int(support_as_reader(read_but_not_write, (void *)path), 0,
               "a read-only folder: reads work, writes are UNAVAILABLE");
    support_release(keeper);
    chmod(path, 0000);
    tap_is_int(support_as_reader(can_not_even_read, (void *)path), 0,
               "an unreadable file is UNAVAILABLE, not empty");
    chmod(path, 0644);
    chmod(support_path("readonly"), 0700);
    if (geteuid() == 0)
        tap_is_int(support_as_reader(can_not_even_read, (void *)path), 0,
                   "a file in a folder that can't be entered is UNAVAILABLE");
    else
        tap_skip("root alone can make a folder that it enters and a reader does not");
    chmod(support_path("readonly"), 0755);
    tap_is_int(support_number(path, "SELECT count(*) FROM auth_user"), USERS, "nothing was written");
}

/* ---- A full disk ---- */

#define TRIES 8000
#define FULL_AFTER 3 /* failures in a row: closing a connection makes some room once more */

/* What was answered is what is there. */
static int is_kept(luci_db_t *db, const luci_result_t *answers, int tries)
{
    for (int i = 0; i < tries; i++) {
        luci_result_t want = answers[i] == LUCI_OK ? LUCI_OK : LUCI_NOT_FOUND;

        if (read_key(db, USERS + i) != want || (answers[i] != LUCI_OK && answers[i] != LUCI_UNAVAILABLE))
            return 0;
    }
    return 1;
}

static int fill_up(void *baton)
{
    luci_db_target_t target = support_target(baton, &settings);
    luci_db_t *db = luci_db_create(&target, pool);
    struct rlimit most = { 204800, RLIM_INFINITY }, none = { RLIM_INFINITY, RLIM_INFINITY };
    static luci_result_t answers[TRIES];
    int tries = 0, failures = 0, wrong = 0;

    signal(SIGXFSZ, SIG_IGN);
    if (setrlimit(RLIMIT_FSIZE, &most) != 0)
        return 128;
    while (failures < FULL_AFTER && tries < TRIES) {
        answers[tries] = add_user(db, USERS + tries);
        failures = answers[tries++] == LUCI_OK ? 0 : failures + 1;
    }
    wrong |= failures == FULL_AFTER ? 0 : WRONG_WRITE;
    wrong |= read_key(db, 7) == LUCI_OK && is_kept(db, answers, tries) ? 0 : WRONG_READ;
    setrlimit(RLIMIT_FSIZE, &none);
    wrong |= add_user(db, USERS + TRIES) == LUCI_OK ? 0 : WRONG_TRANSACTION;
    wrong |= is_kept(db, answers, tries) ? 0 : WRONG_READ_AFTER;
    return wrong;
}

static void check_full(void)
{
    const char *path = new_database("full.db");

    tap_is_int(support_in_child(fill_up, (void *)path), 0,
               "a full disk: writes are UNAVAILABLE, reads go on, and it works again when there is room");
    tap_is_str(support_value(path, "PRAGMA integrity_check"), "ok", "the file is sound");
    tap_is_int(support_number(path, "SELECT count(*) FROM auth_user u WHERE NOT EXISTS "
                                    "(SELECT 1 FROM user_key k WHERE k.user_id = u.id)"),
               0, "no user is without a key");
    tap_ok(support_number(path, "SELECT count(*) FROM auth_user") > USERS + 1,
           "what was acknowledged is there");
}

/* ---- A file that is damaged ---- */

static void overwrite(const char *path, long offset, long length, int byte)
{
    int file = open(path, O_WRONLY);
    char *block = apr_palloc(pool, (apr_size_t)length);

    memset(block, byte, (size_t)length);
    if (file < 0 || pwrite(file, block, (size_t)length, offset) != length)
        tap_fail("%s could not be damaged", path);
    close(file);
}

static long size_of(const char *path)
{
    struct stat status = { 0 };

    return stat(path, &status) == 0 ? (long)status.st_size : 0;
}

/* How many of all users are found, and how many reads say NOT_FOUND: that would be a lie. */
static int count_found(luci_db_t *db, int *not_found)
{
    int found = 0;

    *not_found = 0;
    for (int i = 0; i < USERS; i++) {
        luci_result_t result = read_key(db, i);

        found += result == LUCI_OK;
        *not_found += result != LUCI_OK && result != LUCI_UNAVAILABLE;
    }
    return found;
}

static void check_damage(const char *what, long from, long to, int cut, int connected)
{
    const char *path = new_database(apr_psprintf(pool, "damaged-%ld-%ld-%d-%d.db", from, to, cut, connected));
    luci_db_target_t target = support_target(path, &settings);
    luci_db_t *db = luci_db_create(&target, pool);
    long size = size_of(path), start = size * from / 100, end = size * to / 100;
    int found, not_found;

    if (connected)
        tap_is_result(read_key(db, 3), LUCI_OK, "%s, with a connection to it", what);
    if (cut && truncate(path, start) != 0)
        tap_fail("%s could not be cut", path);
    if (!cut)
        overwrite(path, start, end - start, 0xa5);
    found = count_found(db, &not_found);
    tap_is_int(not_found, 0, "%s: nobody passes for unknown", what);
    tap_diag("%d of %d found, then: %s", found, USERS, luci_db_error(db));
    tap_ok(connected || found < USERS, "  a damaged database is not taken for a complete one");
    (void)!add_user(db, USERS);
    tap_pass("  writing to a damaged database does not crash");
    luci_db_close(db);
    rename(new_database(apr_pstrcat(pool, strrchr(path, '/') + 1, ".good", NULL)), path);
    unlink(apr_pstrcat(pool, path, "-wal", NULL));
    unlink(apr_pstrcat(pool, path, "-shm", NULL));
    tap_is_int(count_found(db, &not_found), USERS, "  with a good file in its place all are found");
    luci_db_close(db);
}

static void check_garbage(void)
{
    static const char *const contents[] = {
        "this is not a database, it is some text that somebody put here by mistake\n", "SQLite format 3", ""
    };

    for (int i = 0; i < COUNT(contents); i++) {
        const char *path = support_path(apr_psprintf(pool, "garbage-%d.db", i));
        luci_db_target_t target = support_target(path, &settings);
        luci_db_t *db = luci_db_create(&target, pool);
        apr_array_header_t *gaps;
        FILE *file = fopen(path, "w");

        if (!file || fputs(contents[i], file) < 0 || fclose(file) != 0)
            tap_fail("%s could not be written", path);
        tap_is_result(read_key(db, 1), LUCI_UNAVAILABLE, "a file with \"%.20s\" is UNAVAILABLE", contents[i]);
        tap_is_result(add_user(db, 1), LUCI_UNAVAILABLE, "  a damaged file is UNAVAILABLE for writing");
        tap_diag("%s", luci_db_error(db));
        if (*contents[i]) {
            tap_is_result(luci_schema_create(db, &gaps, pool), LUCI_UNAVAILABLE,
                          "  a damaged file gets no tables");
            tap_ok(size_of(path) == (long)strlen(contents[i]), "  a damaged file stays as it is");
        }
        luci_db_close(db);
    }
}

int main(int argc, char **argv)
{
    (void)argv;
    pool = support_start();
    settings = support_settings();
    check_read_only();
    if (argc == 1)
        check_full();
    check_garbage();
    for (int connected = 0; connected < 2; connected++) {
        check_damage("cut in half", 50, 100, 1, connected);
        check_damage("cut to nothing", 0, 100, 1, connected);
        check_damage("overwritten in the middle", 30, 70, 0, connected);
        check_damage("overwritten but for the first pages", 20, 100, 0, connected);
        check_damage("overwritten at the start", 0, 20, 0, connected);
    }
    return tap_done();
}
