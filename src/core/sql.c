/* SPDX-License-Identifier: Apache-2.0 */
#include "sql.h"

#include <apr_strings.h>
#include <string.h>

/* In the texts: {user} {key} {session} are the quoted tables; {attributes} is ", u.COLUMN" for each
 * attribute, {definitions} is "COLUMN TEXT," for each; [D:...], [U:...] and [S:...] stay only where the user
 * table has "disabled", the user or the session table all our columns; [d:...] and [s:...] only where it has
 * not. Columns are qualified in reads because SQLite takes an unknown quoted name for a string otherwise. */

#define USER_COLUMNS "u.id, [D:u.disabled][d:NULL], u.username{attributes}"

typedef struct {
    const char *text[LUCI_SQL_DIALECTS];
    int repeatable;
} row_t;

static const row_t statements[LUCI_SQL_STATEMENTS] = {
    [LUCI_SQL_USER_INSERT] = {
        .text[LUCI_SQLITE3] = "INSERT INTO {user} (id, username[U:, created_at]) VALUES (%s, %s[U:, %lld]) "
                              "ON CONFLICT DO NOTHING",
    },
    [LUCI_SQL_KEY_INSERT] = {
        .text[LUCI_SQLITE3] = "INSERT INTO {key} (id, user_id, hashed_password) VALUES (%s, %s, %s) "
                              "ON CONFLICT DO NOTHING",
    },
    [LUCI_SQL_KEY_GET] = {
        .text[LUCI_SQLITE3] = "SELECT k.hashed_password, " USER_COLUMNS
                              " FROM {key} k JOIN {user} u ON u.id = k.user_id WHERE k.id = %s",
        .repeatable = 1,
    },
    [LUCI_SQL_KEY_REPLACE_HASH] = {
        .text[LUCI_SQLITE3] = "UPDATE {key} SET hashed_password = %s WHERE id = %s AND hashed_password = %s",
        .repeatable = 1,
    },
    [LUCI_SQL_SESSION_INSERT] = {
        .text[LUCI_SQLITE3] = "INSERT INTO {session} (id, user_id, active_expires, idle_expires"
                              "[S:, created_at, last_seen, address, user_agent]) "
                              "VALUES (%s, %s, %lld, %lld[S:, %lld, %lld, %s, %s])",
    },
    [LUCI_SQL_SESSION_GET] = {
        .text[LUCI_SQLITE3] = "SELECT s.active_expires, s.idle_expires, [S:s.created_at][s:NULL], " USER_COLUMNS
                              " FROM {session} s JOIN {user} u ON u.id = s.user_id WHERE s.id = %s",
        .repeatable = 1,
    },
    [LUCI_SQL_SESSION_RENEW] = {
        .text[LUCI_SQLITE3] = "UPDATE {session} SET active_expires = %lld, idle_expires = %lld"
                              "[S:, last_seen = %lld, created_at = COALESCE(created_at, %lld)] "
                              "WHERE id = %s AND active_expires = %lld",
        .repeatable = 1,
    },
    [LUCI_SQL_SESSION_DELETE] = {
        .text[LUCI_SQLITE3] = "DELETE FROM {session} WHERE id = %s",
        .repeatable = 1,
    },
};

static const char *const probes[LUCI_SQL_PROBES] = {
    [LUCI_SQL_PROBE_USER] = "SELECT u.id, u.username FROM {user} u WHERE 1 = 0",
    [LUCI_SQL_PROBE_KEY] = "SELECT k.id, k.user_id, k.hashed_password FROM {key} k WHERE 1 = 0",
    [LUCI_SQL_PROBE_SESSION] =
        "SELECT s.id, s.user_id, s.active_expires, s.idle_expires FROM {session} s WHERE 1 = 0",
    [LUCI_SQL_PROBE_USER_DISABLED] = "SELECT u.disabled FROM {user} u WHERE 1 = 0",
    [LUCI_SQL_PROBE_USER_COLUMNS] = "SELECT u.disabled, u.created_at FROM {user} u WHERE 1 = 0",
    [LUCI_SQL_PROBE_SESSION_COLUMNS] =
        "SELECT s.created_at, s.last_seen, s.address, s.user_agent FROM {session} s WHERE 1 = 0",
};

#define SCHEMA_STATEMENTS_MOST 4

/* WITHOUT ROWID, the rows that each gated request reads are found by one descent each instead of two. */
static const char *const schema[LUCI_SQL_DIALECTS][LUCI_SQL_PROBE_SESSION + 1][SCHEMA_STATEMENTS_MOST] = {
    [LUCI_SQLITE3] = {
        [LUCI_SQL_PROBE_USER] = {
            "CREATE TABLE IF NOT EXISTS {user} (id VARCHAR(15) NOT NULL PRIMARY KEY, "
            "username VARCHAR(31) NOT NULL UNIQUE, {definitions}disabled BIGINT, created_at BIGINT) WITHOUT ROWID",
        },
        [LUCI_SQL_PROBE_KEY] = {
            "CREATE TABLE IF NOT EXISTS {key} (id VARCHAR(255) NOT NULL PRIMARY KEY, "
            "user_id VARCHAR(15) NOT NULL, hashed_password VARCHAR(255), "
            "FOREIGN KEY (user_id) REFERENCES {user}(id))",
            "CREATE INDEX IF NOT EXISTS {key:user_id} ON {key} (user_id)",
        },
        [LUCI_SQL_PROBE_SESSION] = {
            "CREATE TABLE IF NOT EXISTS {session} (id VARCHAR(127) NOT NULL PRIMARY KEY, "
            "user_id VARCHAR(15) NOT NULL, active_expires BIGINT NOT NULL, idle_expires BIGINT NOT NULL, "
            "created_at BIGINT, last_seen BIGINT, address VARCHAR(45), user_agent VARCHAR(255), "
            "FOREIGN KEY (user_id) REFERENCES {user}(id)) WITHOUT ROWID",
            "CREATE INDEX IF NOT EXISTS {session:user_id} ON {session} (user_id)",
            "CREATE INDEX IF NOT EXISTS {session:idle_expires} ON {session} (idle_expires)",
        },
    },
};

/* synchronous stays FULL (SQLite's default): a session that was acknowledged survives a power cut. */
static const char *const setup[LUCI_SQL_DIALECTS][3] = {
    [LUCI_SQLITE3] = { "PRAGMA journal_mode = WAL", "PRAGMA foreign_keys = ON" },
};

static const struct {
    const char *driver;
    int busy_code;
    int missing_code;
} dialects[LUCI_SQL_DIALECTS] = {
    [LUCI_SQLITE3] = { "sqlite3", 5 /* SQLITE_BUSY */, 1 /* SQLITE_ERROR: the text can't be compiled */ },
};

luci_result_t luci_sql_dialect(const char *driver, luci_sql_dialect_t *dialect)
{
    for (int i = 0; i < LUCI_SQL_DIALECTS; i++) {
        if (dialects[i].driver && strcmp(driver, dialects[i].driver) == 0) {
            *dialect = (luci_sql_dialect_t)i;
            return LUCI_OK;
        }
    }
    return LUCI_NOT_FOUND;
}

/* What a text is expanded with, and what comes out. */
typedef struct {
    const luci_tables_t *tables;
    const apr_array_header_t *attributes;
    luci_sql_columns_t columns;
    luci_sql_statement_t *statement; /* NULL when arguments don't matter */
    char *out;                       /* grows by appending; NULL in the measuring pass */
    size_t length;
} expansion_t;

static void append(expansion_t *e, const char *text, size_t length)
{
    if (e->out)
        memcpy(e->out + e->length, text, length);
    e->length += length;
}

static void append_string(expansion_t *e, const char *text)
{
    append(e, text, strlen(text));
}

static void append_quoted(expansion_t *e, const char *name, const char *suffix)
{
    append_string(e, "\"");
    append_string(e, name);
    if (suffix) {
        append_string(e, "_");
        append_string(e, suffix);
    }
    append_string(e, "\"");
}

/* username is always read, and the first of the user columns, so that it is not repeated. */
static int is_extra(const char *attribute)
{
    return strcmp(attribute, "username") != 0;
}

static void append_attributes(expansion_t *e, int definitions)
{
    for (int i = 0; e->attributes && i < e->attributes->nelts; i++) {
        const char *name = APR_ARRAY_IDX(e->attributes, i, const char *);

        if (!definitions) {
            append_string(e, ", u.");
            append_quoted(e, name, NULL);
        }
        else if (is_extra(name)) {
            append_quoted(e, name, NULL);
            append_string(e, " TEXT, ");
        }
    }
}

/* {name} or {name:suffix}, from just behind the brace. Returns the length up to the closing brace. */
static size_t append_name(expansion_t *e, const char *text)
{
    static const char *const names[] = { "user", "key", "session" };
    const char *tables[] = { e->tables->user, e->tables->key, e->tables->session };
    size_t length = strcspn(text, "}"), name_length = strcspn(text, ":}");

    for (int i = 0; i < 3; i++) {
        if (name_length != strlen(names[i]) || strncmp(text, names[i], name_length) != 0)
            continue;
        if (text[name_length] == ':') {
            char suffix[32];

            apr_cpystrn(suffix, text + name_length + 1, length - name_length);
            append_quoted(e, tables[i], suffix);
        }
        else {
            append_quoted(e, tables[i], NULL);
        }
        return length;
    }
    append_attributes(e, strncmp(text, "definitions", length) == 0);
    return length;
}

/* Whether the optional part that opens with this letter stays. */
static int keeps(const expansion_t *e, char letter)
{
    switch (letter) {
    case 'D': return e->columns.disabled;
    case 'd': return !e->columns.disabled;
    case 'U': return e->columns.user;
    case 'S': return e->columns.session;
    default: return !e->columns.session;
    }
}

static void expand(expansion_t *e, const char *text)
{
    int kept = 1, place = 0;

    for (const char *c = text; *c; c++) {
        if (*c == '[') {
            kept = keeps(e, c[1]);
            c += 2;
        }
        else if (*c == ']') {
            kept = 1;
        }
        else if (*c == '{') {
            c += 1 + append_name(e, c + 1);
        }
        else {
            if (*c == '%') {
                if (kept && e->statement)
                    e->statement->argument[e->statement->arguments++] = (unsigned char)place;
                place++;
            }
            if (kept)
                append(e, c, 1);
        }
    }
}

static const char *expanded(const expansion_t *with, const char *text, luci_sql_statement_t *statement,
                            apr_pool_t *pool)
{
    expansion_t e = *with;

    e.statement = NULL;
    e.out = NULL;
    e.length = 0;
    expand(&e, text);
    e.out = apr_palloc(pool, e.length + 1);
    e.length = 0;
    e.statement = statement;
    expand(&e, text);
    e.out[e.length] = '\0';
    return e.out;
}

luci_sql_statement_t luci_sql_statement(luci_sql_dialect_t dialect, luci_sql_id_t id,
                                        const luci_settings_t *settings, luci_sql_columns_t columns,
                                        apr_pool_t *pool)
{
    luci_sql_statement_t statement = { .repeatable = statements[id].repeatable };
    expansion_t e = { .tables = &settings->tables, .attributes = settings->attributes, .columns = columns };

    statement.text = expanded(&e, statements[id].text[dialect], &statement, pool);
    return statement;
}

const char *luci_sql_probe(luci_sql_dialect_t dialect, luci_sql_probe_t probe, const luci_tables_t *tables,
                           apr_pool_t *pool)
{
    expansion_t e = { .tables = tables };

    (void)dialect;
    return expanded(&e, probes[probe], NULL, pool);
}

const char *const *luci_sql_schema(luci_sql_dialect_t dialect, luci_sql_probe_t probe,
                                   const luci_settings_t *settings, apr_pool_t *pool)
{
    const char **texts = apr_pcalloc(pool, (SCHEMA_STATEMENTS_MOST + 1) * sizeof *texts);
    expansion_t e = { .tables = &settings->tables, .attributes = settings->attributes };

    for (int i = 0; i < SCHEMA_STATEMENTS_MOST && schema[dialect][probe][i]; i++)
        texts[i] = expanded(&e, schema[dialect][probe][i], NULL, pool);
    return texts;
}

const char *const *luci_sql_session_setup(luci_sql_dialect_t dialect)
{
    return setup[dialect];
}

int luci_sql_busy_code(luci_sql_dialect_t dialect)
{
    return dialects[dialect].busy_code;
}

int luci_sql_missing_code(luci_sql_dialect_t dialect)
{
    return dialects[dialect].missing_code;
}

int luci_sql_is_file(luci_sql_dialect_t dialect, const char *params)
{
    return dialect == LUCI_SQLITE3 && strcmp(params, ":memory:") != 0;
}

const char *luci_sql_number(apr_int64_t number, apr_pool_t *pool)
{
    return apr_off_t_toa(pool, number);
}

apr_int64_t luci_sql_to_number(const char *column, apr_int64_t fallback)
{
    return column ? apr_atoi64(column) : fallback;
}
