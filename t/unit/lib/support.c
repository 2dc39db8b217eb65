/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/support.h"

#include "core/base/secret.h"
#include "core/db/schema.h"

#include <apr_dbd.h>
#include <apr_file_info.h>
#include <apr_general.h>
#include <apr_strings.h>
#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NOBODY 65534
#define ROWS_CAME 100 /* what the driver says of a statement that was run for its effect and had rows */

static apr_pool_t *memory;
static char folder[64];
static pid_t owner;

/* LUCI_TEST_DATABASE is "DRIVER PARAMS" of a server where databases may be made; without it they are files.
 */
static const char *driver = "sqlite3";
static const char *server; /* its params, or NULL */

void support_give_up(const char *what, const char *why)
{
    printf("Bail out! %s: %s\n", what, why);
    fflush(stdout);
    exit(1);
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)status;
    (void)type;
    (void)place;
    return remove(path);
}

static int open_one(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)status;
    (void)place;
    return type == FTW_D ? chmod(path, 0700) : 0;
}

static void clean_up(void)
{
    if (getpid() != owner)
        return;
    nftw(folder, open_one, 8, FTW_PHYS);
    nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    apr_terminate();
}

static void choose_engine(void)
{
    const char *given = getenv("LUCI_TEST_DATABASE"), *blank = given ? strchr(given, ' ') : NULL;

    if (!blank)
        return;
    driver = apr_pstrmemdup(memory, given, (apr_size_t)(blank - given));
    server = blank + 1;
}

int support_is_file(void)
{
    return !server;
}

/* In the params of either driver the later one of two words of a kind counts. */
const char *support_database(const char *name)
{
    static int number;
    const char *made;

    if (!server)
        return support_path(name);
    made = apr_psprintf(memory, "unit_%d_%d", (int)getpid(), number++);
    support_run(server, apr_pstrcat(memory, "CREATE DATABASE ", made, NULL));
    return apr_pstrcat(memory, server, strcmp(driver, "mysql") == 0 ? "," : " ", "dbname=", made, NULL);
}

apr_pool_t *support_start(void)
{
    const char *problem = "", *parent = getenv("TMPDIR");

    apr_initialize();
    apr_pool_create(&memory, NULL);
    snprintf(folder, sizeof folder, "%s/luci-unit-XXXXXX", parent && strlen(parent) < 40 ? parent : "/tmp");
    if (!mkdtemp(folder) || chmod(folder, 0755) != 0)
        support_give_up(folder, strerror(errno));
    owner = getpid();
    atexit(clean_up);
    choose_engine();
    if (luci_secret_init(memory) != LUCI_OK || luci_db_init(driver, &problem, memory) != LUCI_OK)
        support_give_up("the core does not start", problem);
    return memory;
}

const char *support_path(const char *name)
{
    const char *path = apr_pstrcat(memory, folder, "/", name, NULL), *slash = strrchr(name, '/');

    if (slash)
        mkdir(apr_pstrmemdup(memory, path, strlen(path) - strlen(slash)), 0755);
    return path;
}

luci_settings_t support_settings(void)
{
    return (luci_settings_t){
        .active_period = LUCI_MS_DAY,
        .idle_period = 14 * LUCI_MS_DAY,
        .tokens = LUCI_TOKENS_HASHED,
        .username_length = { 4, 31 },
        .password_length = { 6, 255 },
        .hash = { LUCI_HASH_ARGON2ID, 8, 1, 1 },
        .argon2 = LUCI_ARGON2_LIBARGON2,
        .tables = { "auth_user", "user_key", "user_session" },
        .attributes = apr_array_make(memory, 1, sizeof(const char *)),
    };
}

const luci_session_token_t *support_token(const char *id)
{
    luci_session_token_t *token = apr_palloc(memory, sizeof *token);

    if (luci_session_token(token, id) != LUCI_OK)
        support_give_up("a token", id);
    return token;
}

apr_array_header_t *support_names(const char *const *names)
{
    apr_array_header_t *array = apr_array_make(memory, 4, sizeof(const char *));

    for (; *names; names++)
        APR_ARRAY_PUSH(array, const char *) = *names;
    return array;
}

luci_db_target_t support_target(const char *path, const luci_settings_t *settings)
{
    return (luci_db_target_t){ .driver = driver, .params = path, .settings = settings };
}

void support_our_tables(const char *path, const luci_settings_t *settings)
{
    luci_db_target_t target = support_target(path, settings);
    luci_db_t *db = luci_db_create(&target, memory);
    apr_array_header_t *gaps;

    target.create = 1;
    if (luci_schema_create(db, &gaps, memory) != LUCI_OK)
        support_give_up(path, luci_db_error(db));
    luci_db_close(db);
}

void support_lucia_tables(const char *path)
{
    support_run(
        path,
        "CREATE TABLE auth_user (id VARCHAR(15) NOT NULL PRIMARY KEY, username VARCHAR(31) NOT NULL UNIQUE);"
        "CREATE TABLE user_key (id VARCHAR(255) NOT NULL PRIMARY KEY, user_id VARCHAR(15) NOT NULL, "
        "hashed_password VARCHAR(255), FOREIGN KEY (user_id) REFERENCES auth_user(id));"
        "CREATE TABLE user_session (id VARCHAR(127) NOT NULL PRIMARY KEY, user_id VARCHAR(15) NOT NULL, "
        "active_expires BIGINT NOT NULL, idle_expires BIGINT NOT NULL, "
        "FOREIGN KEY (user_id) REFERENCES auth_user(id))");
}

/* ---- Beside the core ---- */

struct support_other_t {
    const apr_dbd_driver_t *driver;
    apr_dbd_t *handle;
    apr_pool_t *pool;
};

support_other_t *support_open(const char *path)
{
    support_other_t *other = calloc(1, sizeof *other);
    const char *problem = "it can't be opened";

    if (!other || apr_pool_create(&other->pool, memory) != APR_SUCCESS ||
        apr_dbd_get_driver(memory, driver, &other->driver) != APR_SUCCESS ||
        apr_dbd_open_ex(other->driver, other->pool, path, &other->handle, &problem) != APR_SUCCESS)
        support_give_up(path, problem);
    if (strcmp(driver, "mysql") == 0)
        support_try(other, "SET NAMES utf8mb4; SET sql_mode = 'ANSI'"); /* || joins text, as elsewhere */
    return other;
}

static int try_one(support_other_t *other, const char *sql)
{
    int changed, code = apr_dbd_query(other->driver, other->handle, &changed, sql);

    return code == ROWS_CAME ? 0 : code;
}

/* MySQL's driver takes one statement at a time. */
int support_try(support_other_t *other, const char *sql)
{
    char *state, *one;
    int code = 0;

    if (strcmp(driver, "mysql") != 0)
        return try_one(other, sql);
    one = apr_strtok(apr_pstrdup(other->pool, sql), ";", &state);
    for (; one && code == 0; one = apr_strtok(NULL, ";", &state))
        code = try_one(other, one);
    return code;
}

void support_close(support_other_t *other)
{
    apr_dbd_close(other->driver, other->handle);
    apr_pool_destroy(other->pool);
    free(other);
}

void support_run(const char *path, const char *sql)
{
    support_other_t *other = support_open(path);

    if (support_try(other, sql) != 0)
        support_give_up(sql, apr_dbd_error(other->driver, other->handle, 0));
    support_close(other);
}

const char *support_value(const char *path, const char *sql)
{
    support_other_t *other = support_open(path);
    apr_dbd_results_t *results = NULL;
    apr_dbd_row_t *row = NULL;
    const char *value = NULL;

    if (apr_dbd_select(other->driver, other->pool, other->handle, &results, sql, 1) != 0)
        support_give_up(sql, apr_dbd_error(other->driver, other->handle, 0));
    if (apr_dbd_get_row(other->driver, other->pool, results, &row, 1) != 0 ||
        apr_dbd_datum_get(other->driver, row, 0, APR_DBD_TYPE_STRING, &value) != APR_SUCCESS)
        value = NULL;
    value = apr_pstrdup(memory, value);
    support_close(other);
    return value;
}

long long support_number(const char *path, const char *sql)
{
    const char *value = support_value(path, sql);

    return value ? atoll(value) : -1;
}

/* ---- Other processes ---- */

static pid_t start_child(void)
{
    pid_t child;

    fflush(stdout);
    child = fork();
    if (child < 0)
        support_give_up("fork", strerror(errno));
    return child;
}

int support_await(pid_t child)
{
    int status;

    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int support_in_child(int (*work)(void *baton), void *baton)
{
    pid_t child = start_child();

    if (child == 0)
        _exit(work(baton));
    return support_await(child);
}

int support_as_reader(int (*work)(void *baton), void *baton)
{
    pid_t child = start_child();

    if (child == 0) {
        if (geteuid() == 0 && (setgid(NOBODY) != 0 || setuid(NOBODY) != 0))
            _exit(127);
        _exit(work(baton));
    }
    return support_await(child);
}

pid_t support_hold(const char *path, const char *sql)
{
    int ready[2];
    char byte;
    pid_t child;

    if (pipe(ready) != 0)
        support_give_up("pipe", strerror(errno));
    child = start_child();
    if (child == 0) {
        support_other_t *other = support_open(path);
        int done = support_try(other, sql) == 0 && write(ready[1], "y", 1) == 1;

        close(ready[1]);
        if (!done)
            _exit(1);
        for (;;)
            pause();
    }
    close(ready[1]);
    if (read(ready[0], &byte, 1) != 1)
        support_give_up("another process could not", sql);
    close(ready[0]);
    return child;
}

void support_release(pid_t holder)
{
    kill(holder, SIGKILL);
    support_await(holder);
}

luci_ms_t support_clock(void)
{
    struct timespec moment;

    clock_gettime(CLOCK_MONOTONIC, &moment);
    return (luci_ms_t)moment.tv_sec * 1000 + moment.tv_nsec / 1000000;
}
