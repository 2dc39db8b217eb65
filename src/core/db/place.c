/* SPDX-License-Identifier: Apache-2.0 */
#include "core/db/place.h"

#include <apr_escape.h>
#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

#define NOT_SHOWN "(not shown, because it may be part of a password)"
#define WORD_MAX 64 /* the maximum length of a name that is compared with options */

/* One word of the parameters. */
typedef struct {
    char *name;
    char *value;
    const char *start; /* its start in params */
    const char *at;    /* the start of its value in params */
    int is_assigned;   /* 1: there is an equals sign between name and value */
} word_t;

int luci_place_is_url(const char *params)
{
    return strncmp(params, "postgresql://", 13) == 0 || strncmp(params, "postgres://", 11) == 0;
}

int luci_place_is_same(const char *driver, const char *params, const char *other_driver,
                       const char *other_params)
{
    return strcmp(driver, other_driver) == 0 && strcmp(params, other_params) == 0;
}

static const char *plain_value(const char *c, char *out, const char *separators)
{
    size_t length = strcspn(c, separators);

    memcpy(out, c, length);
    out[length] = '\0';
    return c + length;
}

/* Reads the next word and advances *rest. 0: there are no more words. */
static int next_word(const luci_engine_words_t *words, const char **rest, word_t *word, apr_pool_t *pool)
{
    const char *name = *rest + strspn(*rest, words->separators);
    size_t length = strcspn(name, apr_pstrcat(pool, "=", words->separators, NULL));

    if (!*name)
        return 0;
    word->name = apr_pstrmemdup(pool, name, length);
    word->start = name;
    word->at = name + length + strspn(name + length, " \t");
    word->value = apr_pcalloc(pool, strlen(word->at) + 1);
    *rest = name + length;
    word->is_assigned = *word->at == '=';
    if (word->is_assigned && words->read_value) {
        word->at += 1 + strspn(word->at + 1, words->separators);
        *rest = words->read_value(word->at, word->value);
    }
    else if (word->is_assigned) {
        word->at++;
        *rest = plain_value(word->at, word->value, words->separators);
    }
    else if (length == 0) {
        ++*rest; /* skips an unexpected equals sign */
    }
    return 1;
}

static int is_secret(const char *name)
{
    return strstr(name, "pass") != NULL;
}

/* 1 if a word may be the name of an option. One with "://", for example, is not: it is a URL that was not
 * recognised. */
static int is_like_name(const char *word)
{
    return !word[strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_")];
}

static int is_name(const luci_engine_words_t *words, const char *word)
{
    for (const char *const *name = words->options; *name; name++) {
        if (strcmp(*name, word) == 0)
            return 1;
    }
    return 0;
}

/* ---- Reading the place. Nothing before the last @ of a URL is taken for a host ---- */

typedef struct {
    const char *host;
    const char *port;
    const char *name; /* the name of the database */
    const char *sock;
    int is_unclear; /* 1: the host cannot be distinguished from a part of the password */
} place_t;

static void read_url(const char *params, place_t *place, apr_pool_t *pool)
{
    const char *start = strstr(params, "//") + 2, *query = strchr(start, '?'), *at, *colon;
    char *rest = apr_pstrmemdup(pool, start, query ? (apr_size_t)(query - start) : strlen(start)), *slash;

    if (query && strchr(query, '@')) { /* both characters may be part of the password or of the query */
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

static void read_words(const luci_engine_words_t *words, const char *params, place_t *place, apr_pool_t *pool)
{
    const char *rest = params;
    word_t word;

    while (next_word(words, &rest, &word, pool)) {
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

/* name if it consists of characters that names have; otherwise "". */
static const char *plain(const char *name)
{
    return name[strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                             "_-.,:/%[]~+")]
               ? ""
               : name;
}

static place_t read_place(const luci_engine_words_t *words, const char *params, apr_pool_t *pool)
{
    place_t place = { "", "", "", "", 0 };

    if (luci_place_is_url(params))
        read_url(params, &place, pool);
    else
        read_words(words, params, &place, pool);
    return (place_t){ plain(place.host), plain(place.port), plain(place.name), plain(place.sock),
                      place.is_unclear };
}

static const char *server_place(const luci_engine_t *engine, const char *params, apr_pool_t *pool)
{
    const luci_engine_words_t *words = engine->words;
    place_t place = read_place(words, params, pool);
    const char *kind = *place.name ? apr_psprintf(pool, "the %s database %s", engine->title, place.name)
                                   : apr_psprintf(pool, "the %s server", engine->title),
               *port = *place.port ? place.port : words->port;

    if (place.is_unclear)
        return apr_pstrcat(pool, kind,
                           " (its host is not shown, because the text before an @ may be a password, in "
                           "which @ is written %40, and ? is written %3F)",
                           NULL);
    if (*place.host == '/' && words->socket_file)
        return apr_psprintf(pool, "%s at the socket %s/%s%s", kind, place.host, words->socket_file, port);
    if (*place.sock && (!*place.host || strcmp(place.host, "localhost") == 0))
        return apr_psprintf(pool, "%s at the socket %s", kind, place.sock);
    if (!*place.host)
        return apr_psprintf(pool, "%s at this machine's usual socket", kind);
    return apr_psprintf(pool, "%s at %s:%s", kind, place.host, port);
}

const char *luci_place(const luci_engine_t *engine, const char *params, apr_pool_t *pool)
{
    return engine->words ? server_place(engine, params, pool) : apr_pstrcat(pool, "the file ", params, NULL);
}

const char *luci_place_server(const luci_engine_t *engine, const char *params, apr_pool_t *pool)
{
    place_t place;

    if (!engine->words)
        return params;
    place = read_place(engine->words, params, pool);
    if (place.is_unclear)
        return params;
    return apr_pstrcat(pool, place.host, " ", *place.port ? place.port : engine->words->port, " ", place.sock,
                       NULL);
}

/* ---- Misspelled words ---- */

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

/* The edit distance of two words: the number of letters that are inserted, deleted, replaced, or swapped with
 * the next one. */
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
            now[j] = smaller(smaller(before[j], now[j - 1]) + 1, before[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                now[j] = smaller(now[j], two[j - 2] + 1);
        }
    }
    return row[lengths[0] % 3][lengths[1]];
}

/* The option that a word is probably a misspelling of; NULL: none. */
static const char *meant(const luci_engine_words_t *words, const char *word)
{
    int max = strlen(word) < 3 ? 0 : strlen(word) < 6 ? 1 : 2;

    for (const char *const *name = words->options; *name; name++) {
        if (distance(word, *name) <= max)
            return *name;
    }
    return NULL;
}

/* ---- What may be shown ---- */

/* The part of params that may contain a secret. It extends to the end of params, because what follows a
 * secret may belong to it if quotes are missing. In a URL, it is the user information and the password
 * parameter. */
static const char *secret_part(const luci_engine_words_t *words, const char *params, apr_pool_t *pool)
{
    const char *rest = params, *start, *at, *decoded;
    word_t word;

    if (luci_place_is_url(params)) {
        start = strstr(params, "//") + 2;
        at = strrchr(start, '@');
        start = apr_pstrcat(pool, at ? apr_pstrmemdup(pool, start, (apr_size_t)(at - start)) : "", "\n",
                            (rest = strstr(start, "password=")) ? rest : "", NULL);
        decoded = apr_punescape_url(pool, start, NULL, NULL, 0); /* libpq decodes the parts that it quotes */
        return decoded ? apr_pstrcat(pool, start, "\n", decoded, NULL) : start;
    }
    while (next_word(words, &rest, &word, pool)) {
        if (is_secret(word.name))
            return word.at;
        if (!is_like_name(word.name) || (!word.is_assigned && !is_name(words, word.name)))
            return word.start;
    }
    return "";
}

static int is_value(const luci_engine_words_t *words, const char *params, const char *text, apr_pool_t *pool)
{
    place_t place = read_place(words, params, pool);
    const char *rest = params;
    word_t word;

    if (strcmp(text, place.host) == 0 || strcmp(text, place.port) == 0 || strcmp(text, place.name) == 0)
        return 1;
    while (!luci_place_is_url(params) && next_word(words, &rest, &word, pool)) {
        if (is_name(words, word.name) && !is_secret(word.name) && strcmp(text, word.value) == 0)
            return 1;
    }
    return 0;
}

/* 1 if text may be shown: it is not part of the secret, or it is a known option or value. is_option: the
 * message says that text is the name of an option. */
static int may_show(const luci_engine_words_t *words, const char *params, const char *text, int is_option,
                    apr_pool_t *pool)
{
    const char *secret = secret_part(words, params, pool);

    if (luci_place_is_url(params) &&
        strchr(text, '@')) /* libpq takes the first @ for the end of the password */
        return 0;
    return !text[0] || !text[1] || !strstr(secret, text) || (is_option && meant(words, text)) ||
           is_name(words, text) || is_value(words, params, text, pool);
}

/* Replaces each text in double quotes that may not be shown. */
static const char *masked(const luci_engine_words_t *words, const char *params, const char *message,
                          apr_pool_t *pool)
{
    const char *out = "", *open;
    int is_option = strstr(message, "invalid connection option") != NULL;

    /* A secret with a double quote makes the ends of quoted parts unknown. */
    if (strchr(secret_part(words, params, pool), '"') && (open = strchr(message, '"')) != NULL)
        return apr_pstrcat(pool, apr_pstrmemdup(pool, message, (apr_size_t)(open - message)), NOT_SHOWN,
                           NULL);
    while ((open = strchr(message, '"')) != NULL) {
        const char *close = strchr(open + 1, '"'), *text, *name;

        if (!close) /* the message was truncated */
            return apr_pstrcat(pool, out, apr_pstrmemdup(pool, message, (apr_size_t)(open - message)),
                               NOT_SHOWN, NULL);
        text = apr_pstrmemdup(pool, open + 1, (apr_size_t)(close - open - 1));
        name = is_option ? meant(words, text) : NULL;
        out = apr_pstrcat(
            pool, out, apr_pstrmemdup(pool, message, (apr_size_t)(open - message)),
            may_show(words, params, text, is_option, pool) ? apr_pstrcat(pool, "\"", text, "\"", NULL)
                                                           : NOT_SHOWN,
            name && strcmp(name, text) != 0 ? apr_psprintf(pool, " (is %s meant?)", name) : "", NULL);
        message = close + 1;
    }
    return apr_pstrcat(pool, out, message, NULL);
}

/* All lines of a message, joined with spaces. */
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

/* The words that the driver ignores, as phrases for a message. */
static const char *ignored(const luci_engine_words_t *words, const char *params, apr_pool_t *pool)
{
    const char *rest = params, *name, *said = "";
    word_t word;

    while (next_word(words, &rest, &word, pool)) {
        if (is_name(words, word.name) || !*word.name)
            continue;
        name = word.is_assigned ? meant(words, word.name) : NULL;
        said = apr_pstrcat(pool, said, "; the driver does not know the word ",
                           name ? apr_psprintf(pool, "%s (is %s meant?)", word.name, name)
                           : may_show(words, params, word.name, word.is_assigned, pool) ? word.name
                                                                                        : NOT_SHOWN,
                           NULL);
    }
    return said;
}

const char *luci_place_message(const luci_engine_t *engine, const char *params, const char *message,
                               apr_pool_t *pool)
{
    const char *text = one_line(message, pool);

    if (engine->words && engine->words->quotes_params)
        text = masked(engine->words, params, text, pool);
    if (engine->words && engine->words->ignores_unknown)
        text = apr_pstrcat(pool, text, ignored(engine->words, params, pool), NULL);
    return text;
}
