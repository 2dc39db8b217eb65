/* SPDX-License-Identifier: Apache-2.0 */
#include "core/db/db_place.h"

#include <apr_escape.h>
#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

#define NOT_SHOWN "(not shown, because it may be part of a password)"
#define WORD_MAX 64 /* of an option's name */

/* ---- Words NAME=VALUE ---- */

static const char *const pgsql_names[] = {
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "connect_timeout",
    "client_encoding",
    "options",
    "application_name",
    "fallback_application_name",
    "keepalives",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_count",
    "tcp_user_timeout",
    "replication",
    "gssencmode",
    "sslmode",
    "requiressl",
    "sslcompression",
    "sslcert",
    "sslkey",
    "sslrootcert",
    "sslcrl",
    "sslcrldir",
    "sslsni",
    "requirepeer",
    "ssl_min_protocol_version",
    "ssl_max_protocol_version",
    "krbsrvname",
    "gsslib",
    "service",
    "target_session_attrs",
    "load_balance_hosts",
    "channel_binding",
    "require_auth",
    "sslnegotiation",
    "password",
    "passfile",
    "sslpassword",
    NULL,
};

/* As apr_dbd's driver knows them, which leaves out all others. */
static const char *const mysql_names[] = { "host",  "user",  "pass",  "dbname",    "port", "sock",
                                           "flags", "fldsz", "group", "reconnect", NULL };

static const char *const *names_of(luci_sql_dialect_t dialect)
{
    return dialect == LUCI_PGSQL ? pgsql_names : mysql_names;
}

/* A word of the parameters. */
typedef struct {
    char *name;
    char *value;
    const char *start; /* where it begins in params */
    const char *at;    /* where its value does */
    int is_assigned;   /* an equals sign stands between them */
} word_t;

static int is_url(const char *params)
{
    return strncmp(params, "postgresql://", 13) == 0 || strncmp(params, "postgres://", 11) == 0;
}

/* A value as libpq reads it: in quotes, or up to a blank; a backslash keeps what follows. */
static const char *pgsql_value(const char *c, char *out)
{
    int quoted = *c == '\'';

    for (c += quoted; *c && (quoted ? *c != '\'' : !apr_isspace(*c)); c++) {
        if (*c == '\\' && c[1])
            c++;
        *out++ = *c;
    }
    *out = '\0';
    return c + (*c == '\'');
}

static const char *mysql_value(const char *c, char *out)
{
    size_t length = strcspn(c, " \r\n\t;|,");

    memcpy(out, c, length);
    out[length] = '\0';
    return c + length;
}

/* The next word from *rest on; 0: there is none. */
static int next_word(luci_sql_dialect_t dialect, const char **rest, word_t *word, apr_pool_t *pool)
{
    const char *separators = dialect == LUCI_PGSQL ? " \r\n\t\f\v" : " \r\n\t;|,",
               *name = *rest + strspn(*rest, separators);
    size_t length = strcspn(name, dialect == LUCI_PGSQL ? "= \r\n\t\f\v" : "= \r\n\t;|,");

    if (!*name)
        return 0;
    word->name = apr_pstrmemdup(pool, name, length);
    word->start = name;
    word->at = name + length + strspn(name + length, " \t");
    word->value = apr_pcalloc(pool, strlen(word->at) + 1);
    *rest = name + length;
    word->is_assigned = *word->at == '=';
    if (word->is_assigned) {
        word->at += 1 + strspn(word->at + 1, dialect == LUCI_PGSQL ? " \r\n\t\f\v" : "");
        *rest =
            dialect == LUCI_PGSQL ? pgsql_value(word->at, word->value) : mysql_value(word->at, word->value);
    }
    else if (length == 0)
        ++*rest; /* a separator that is not expected here */
    return 1;
}

static int is_secret(const char *name)
{
    return strstr(name, "pass") != NULL;
}

/* "://" and more that no option has in its name: a URL that is not read as one. */
static int is_like_name(const char *word)
{
    return !word[strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_")];
}

static int is_name(luci_sql_dialect_t dialect, const char *word)
{
    for (const char *const *name = names_of(dialect); *name; name++) {
        if (strcmp(*name, word) == 0)
            return 1;
    }
    return 0;
}

/* ---- A URL, read so that nothing before its last @ is taken for a host ---- */

typedef struct {
    const char *host;
    const char *port;
    const char *name; /* of the database */
    const char *sock;
    int is_unclear; /* it can't be told from a password */
} place_t;

static void read_url(const char *params, place_t *place, apr_pool_t *pool)
{
    const char *start = strstr(params, "//") + 2, *query = strchr(start, '?'), *at, *colon;
    char *rest = apr_pstrmemdup(pool, start, query ? (apr_size_t)(query - start) : strlen(start)), *slash;

    if (query && strchr(query, '@')) { /* a password may have both signs, and so may the query */
        place->is_unclear = 1;
        return;
    }
    at = strrchr(rest, '@');
    rest = at ? (char *)at + 1 : rest;
    slash = strchr(rest, '/');
    if (slash) {
        *slash = '\0';
        place->name = slash + 1;
    }
    colon = strrchr(rest, ':');
    if (colon && !strchr(colon, ']')) {
        place->port = colon + 1;
        rest = apr_pstrmemdup(pool, rest, (apr_size_t)(colon - rest));
    }
    place->host = rest;
}

static void read_words(luci_sql_dialect_t dialect, const char *params, place_t *place, apr_pool_t *pool)
{
    const char *rest = params;
    word_t word;

    while (next_word(dialect, &rest, &word, pool)) {
        if (strcmp(word.name, "host") == 0 || (strcmp(word.name, "hostaddr") == 0 && !*place->host))
            place->host = word.value;
        else if (strcmp(word.name, "port") == 0)
            place->port = word.value;
        else if (strcmp(word.name, "dbname") == 0)
            place->name = word.value;
        else if (strcmp(word.name, "sock") == 0)
            place->sock = word.value;
    }
}

/* A name that can't be anything but one; else "". */
static const char *plain(const char *name)
{
    return name[strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                             "_-.,:/%[]~+")]
               ? ""
               : name;
}

static place_t read_place(luci_sql_dialect_t dialect, const char *params, apr_pool_t *pool)
{
    place_t place = { "", "", "", "", 0 };

    if (is_url(params))
        read_url(params, &place, pool);
    else
        read_words(dialect, params, &place, pool);
    return (place_t){ plain(place.host), plain(place.port), plain(place.name), plain(place.sock),
                      place.is_unclear };
}

const char *luci_db_place(luci_sql_dialect_t dialect, const char *params, apr_pool_t *pool)
{
    const char *kind = dialect == LUCI_PGSQL ? "PostgreSQL" : "MySQL or MariaDB", *usual;
    place_t place;

    if (!luci_sql_is_server(dialect))
        return apr_pstrcat(pool, "the file ", params, NULL);
    place = read_place(dialect, params, pool);
    usual = dialect == LUCI_PGSQL ? "5432" : "3306";
    kind = *place.name ? apr_psprintf(pool, "the %s database %s", kind, place.name)
                       : apr_psprintf(pool, "the %s server", kind);
    if (place.is_unclear)
        return apr_pstrcat(pool, kind,
                           " (its host is not shown, because what stands before an @ may be a password, in "
                           "which @ is written %40, and ? is written %3F)",
                           NULL);
    if (*place.host == '/')
        return apr_psprintf(pool, "%s at the socket %s/.s.PGSQL.%s", kind, place.host,
                            *place.port ? place.port : usual);
    if (*place.sock && (!*place.host || strcmp(place.host, "localhost") == 0))
        return apr_psprintf(pool, "%s at the socket %s", kind, place.sock);
    if (!*place.host)
        return apr_psprintf(pool, "%s at this machine's usual socket", kind);
    return apr_psprintf(pool, "%s at %s:%s", kind, place.host, *place.port ? place.port : usual);
}

/* ---- Misspelled words ---- */

static int least(int a, int b)
{
    return a < b ? a : b;
}

/* How many letters are added, left out, replaced or swapped with the next one. */
static int distance(const char *a, const char *b)
{
    int lengths[2] = { (int)strlen(a), (int)strlen(b) }, row[3][WORD_MAX + 1];

    if (lengths[0] > WORD_MAX || lengths[1] > WORD_MAX)
        return WORD_MAX;
    for (int j = 0; j <= lengths[1]; j++)
        row[0][j] = j;
    for (int i = 1; i <= lengths[0]; i++) {
        int *now = row[i % 3], *before = row[(i + 2) % 3], *two = row[(i + 1) % 3];

        now[0] = i;
        for (int j = 1; j <= lengths[1]; j++) {
            now[j] = least(least(before[j], now[j - 1]) + 1, before[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                now[j] = least(now[j], two[j - 2] + 1);
        }
    }
    return row[lengths[0] % 3][lengths[1]];
}

/* The option that somebody may have meant; NULL: none. */
static const char *meant(luci_sql_dialect_t dialect, const char *word)
{
    int most = strlen(word) < 3 ? 0 : strlen(word) < 6 ? 1 : 2;

    for (const char *const *name = names_of(dialect); *name; name++) {
        if (distance(word, *name) <= most)
            return *name;
    }
    return NULL;
}

/* ---- What may be shown ---- */

/* From where on params may be a secret: what stands behind may belong to it, too, when it was to be in
 * quotes. */
static const char *secret_part(luci_sql_dialect_t dialect, const char *params, apr_pool_t *pool)
{
    const char *rest = params, *start, *at, *decoded;
    word_t word;

    if (is_url(params)) {
        start = strstr(params, "//") + 2;
        at = strrchr(start, '@');
        start = apr_pstrcat(pool, at ? apr_pstrmemdup(pool, start, (apr_size_t)(at - start)) : "", "\n",
                            (rest = strstr(start, "password=")) ? rest : "", NULL);
        decoded = apr_punescape_url(pool, start, NULL, NULL, 0); /* as libpq shows it */
        return decoded ? apr_pstrcat(pool, start, "\n", decoded, NULL) : start;
    }
    while (next_word(dialect, &rest, &word, pool)) {
        if (is_secret(word.name))
            return word.at;
        if (!is_like_name(word.name) || (!word.is_assigned && !is_name(dialect, word.name)))
            return word.start;
    }
    return "";
}

static int is_value(luci_sql_dialect_t dialect, const char *params, const char *text, apr_pool_t *pool)
{
    place_t place = read_place(dialect, params, pool);
    const char *rest = params;
    word_t word;

    if (strcmp(text, place.host) == 0 || strcmp(text, place.port) == 0 || strcmp(text, place.name) == 0)
        return 1;
    while (!is_url(params) && next_word(dialect, &rest, &word, pool)) {
        if (is_name(dialect, word.name) && !is_secret(word.name) && strcmp(text, word.value) == 0)
            return 1;
    }
    return 0;
}

/* is_option: it stood before an equals sign. */
static int may_show(luci_sql_dialect_t dialect, const char *params, const char *text, int is_option,
                    apr_pool_t *pool)
{
    const char *secret = secret_part(dialect, params, pool);

    if (is_url(params) && strchr(text, '@')) /* libpq takes the first one for the end of the password */
        return 0;
    return !text[0] || !text[1] || !strstr(secret, text) || (is_option && meant(dialect, text)) ||
           is_name(dialect, text) || is_value(dialect, params, text, pool);
}

/* Each text in double quotes is shown or not. */
static const char *masked(luci_sql_dialect_t dialect, const char *params, const char *message,
                          apr_pool_t *pool)
{
    const char *out = "", *open;
    int is_option = strstr(message, "invalid connection option") != NULL;

    /* Then nobody knows which sign closes what. */
    if (strchr(secret_part(dialect, params, pool), '"') && (open = strchr(message, '"')) != NULL)
        return apr_pstrcat(pool, apr_pstrmemdup(pool, message, (apr_size_t)(open - message)), NOT_SHOWN,
                           NULL);
    while ((open = strchr(message, '"')) != NULL) {
        const char *close = strchr(open + 1, '"'), *text, *name;

        if (!close) /* cut short: nobody knows what it is */
            return apr_pstrcat(pool, out, apr_pstrmemdup(pool, message, (apr_size_t)(open - message)),
                               NOT_SHOWN, NULL);
        text = apr_pstrmemdup(pool, open + 1, (apr_size_t)(close - open - 1));
        name = is_option ? meant(dialect, text) : NULL;
        out = apr_pstrcat(
            pool, out, apr_pstrmemdup(pool, message, (apr_size_t)(open - message)),
            may_show(dialect, params, text, is_option, pool) ? apr_pstrcat(pool, "\"", text, "\"", NULL)
                                                             : NOT_SHOWN,
            name && strcmp(name, text) != 0 ? apr_psprintf(pool, " (is %s meant?)", name) : "", NULL);
        message = close + 1;
    }
    return apr_pstrcat(pool, out, message, NULL);
}

/* What each line says, behind one another. */
static const char *one_line(const char *message, apr_pool_t *pool)
{
    char *state, *line, *lines = apr_pstrdup(pool, message);
    const char *text = "";

    for (line = apr_strtok(lines, "\r\n", &state); line; line = apr_strtok(NULL, "\r\n", &state)) {
        while (apr_isspace(*line))
            line++;
        if (*line)
            text = apr_pstrcat(pool, text, *text ? " " : "", line, NULL);
    }
    return text;
}

/* The driver connects as if the word were not there. */
static const char *left_out(const char *params, apr_pool_t *pool)
{
    const char *rest = params, *name, *said = "";
    word_t word;

    while (next_word(LUCI_MYSQL, &rest, &word, pool)) {
        if (is_name(LUCI_MYSQL, word.name) || !*word.name)
            continue;
        name = word.is_assigned ? meant(LUCI_MYSQL, word.name) : NULL;
        said = apr_pstrcat(pool, said, "; the driver does not know the word ",
                           name ? apr_psprintf(pool, "%s (is %s meant?)", word.name, name)
                           : may_show(LUCI_MYSQL, params, word.name, word.is_assigned, pool) ? word.name
                                                                                             : NOT_SHOWN,
                           NULL);
    }
    return said;
}

const char *luci_db_place_message(luci_sql_dialect_t dialect, const char *params, const char *message,
                                  apr_pool_t *pool)
{
    const char *text = one_line(message, pool);

    if (dialect == LUCI_PGSQL)
        return masked(dialect, params, text, pool);
    return dialect == LUCI_MYSQL ? apr_pstrcat(pool, text, left_out(params, pool), NULL) : text;
}
