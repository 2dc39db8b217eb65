/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config/connect_params.h"

#include "core/base/secret.h"
#include "core/db/place.h"
#include "core/files/file_access.h"
#include "core/files/trusted_path.h"

#include <apr_env.h>
#include <apr_strings.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FROM_FILE "{file:"
#define FROM_ENVIRONMENT "{env:"
#define NAME_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"

/* What all steps of filling in need. */
typedef struct {
    const luci_engine_t *engine; /* NULL: a secret is not quoted */
    const char *params;
    const char **problem;
    apr_pool_t *pool;
} filling_t;

static luci_result_t fail(const filling_t *filling, const char *what, const char *name, const char *why)
{
    *filling->problem = apr_psprintf(filling->pool, "%s \"%s\" %s", what, name, why);
    return LUCI_INVALID;
}

typedef struct {
    char *text;
    apr_size_t length;
    apr_size_t room; /* the maximum length */
} buffer_t;

/* Reads at most room bytes of a regular file. The file is opened without waiting, because it may be a pipe.
 * 0: it cannot be read, *why says why. */
static int read_regular(const char *path, buffer_t *into, const char **why, apr_pool_t *pool)
{
    int file = luci_trusted_open(path, O_RDONLY | O_NONBLOCK, 0, why, pool);
    struct stat info;
    ssize_t got = 0;

    if (file < 0)
        return 0;
    if (fstat(file, &info) != 0 || !S_ISREG(info.st_mode)) {
        *why = "it is not a regular file";
        close(file);
        return 0;
    }
    while (into->length < into->room &&
           (got = read(file, into->text + into->length, into->room - into->length)) > 0)
        into->length += (apr_size_t)got;
    if (got < 0)
        *why = apr_pstrdup(pool, strerror(errno));
    close(file);
    return got >= 0;
}

/* Reads a file of at most max bytes, or as many of a longer one and one more. */
static luci_result_t read_text(const filling_t *filling, const char *path, apr_size_t max, char **text)
{
    buffer_t into = { apr_pcalloc(filling->pool, max + 2), 0, max + 1 };
    const char *why;

    if (*path != '/')
        return fail(filling, "the file", path, "is not allowed: its path must start with a slash");
    if (!read_regular(path, &into, &why, filling->pool))
        return fail(filling, "the file", path, apr_pstrcat(filling->pool, "can't be read: ", why, NULL));
    if (memchr(into.text, '\0', into.length))
        return fail(filling, "the file", path, "contains a NUL byte");
    *text = into.text;
    return LUCI_OK;
}

/* Reads the first line of a file, without its end. */
static luci_result_t read_file(const filling_t *filling, const char *path, const char **secret)
{
    char *text;
    luci_result_t result = read_text(filling, path, LUCI_SECRET_BYTES_MAX, &text);

    if (result != LUCI_OK)
        return result;
    if (strcspn(text, "\r\n") > LUCI_SECRET_BYTES_MAX)
        return fail(filling, "the first line of the file", path, "is too long");
    text[strcspn(text, "\r\n")] = '\0';
    *secret = text;
    return LUCI_OK;
}

/* A text that is not a valid name is not shown, because it may be a secret that contains a brace. */
static luci_result_t read_variable(const filling_t *filling, const char *name, const char **secret)
{
    char *value = NULL;

    if (!*name || name[strspn(name, NAME_CHARACTERS)]) {
        *filling->problem =
            "the name after {env: is not allowed: it consists of letters, digits and _, and is followed by }";
        return LUCI_INVALID;
    }
    if (apr_env_get(&value, name, filling->pool) != APR_SUCCESS || !value)
        return fail(filling, "the environment variable", name, "is not set");
    *secret = value;
    return LUCI_OK;
}

static luci_result_t quote(const filling_t *filling, const char *name, const char **secret)
{
    const char *quoted = *secret;

    if (!*quoted)
        return fail(filling, "the secret from", name, "is empty");
    if (filling->engine)
        quoted = filling->engine->quote(filling->params, *secret, filling->pool);
    if (!quoted)
        return fail(filling, "the secret from", name, filling->engine->unquotable);
    *secret = quoted;
    return LUCI_OK;
}

/* Reads and quotes the secret of one {file:..} or {env:..}, which has the given length without the closing
 * brace. */
static luci_result_t value_of(const filling_t *filling, const char *place, size_t length, const char **value)
{
    int from_file = strncmp(place, FROM_FILE, strlen(FROM_FILE)) == 0;
    size_t head = strlen(from_file ? FROM_FILE : FROM_ENVIRONMENT);
    const char *name = apr_pstrmemdup(filling->pool, place + head, length - head);
    luci_result_t result = from_file ? read_file(filling, name, value) : read_variable(filling, name, value);

    return result == LUCI_OK ? quote(filling, name, value) : result;
}

/* The length of a text that is exactly one {file:..} or {env:..}, without the closing brace. 0: it is not. */
static size_t whole_place(const filling_t *filling, const char *place)
{
    size_t length = strcspn(place, "}");

    if ((strncmp(place, FROM_FILE, strlen(FROM_FILE)) == 0 ||
         strncmp(place, FROM_ENVIRONMENT, strlen(FROM_ENVIRONMENT)) == 0) &&
        place[length] && !place[length + 1])
        return length;
    *filling->problem = "the value is neither {file:/path} nor {env:NAME}";
    return 0;
}

luci_result_t luci_connect_secret(const char *place, const char **secret, const char **problem,
                                  apr_pool_t *pool)
{
    const filling_t filling = { NULL, "", problem, pool };
    size_t length = whole_place(&filling, place);

    return length ? value_of(&filling, place, length, secret) : LUCI_INVALID;
}

/* Reads all lines of a file, which must not be open to all users of the machine. */
static luci_result_t read_secrets_file(const filling_t *filling, const char *path, char **text)
{
    luci_result_t result = read_text(filling, path, LUCI_SECRETS_BYTES_MAX, text);
    mode_t may = luci_file_all_may(path, filling->pool);

    if (result != LUCI_OK)
        return result;
    if (may) {
        luci_secret_wipe_string(*text);
        return fail(filling, "the file", path,
                    apr_psprintf(filling->pool,
                                 "may be %s by every user of this machine: run chmod o-rw '%s'",
                                 may & LUCI_MAY_WRITE ? "written" : "read", path));
    }
    if (strlen(*text) <= LUCI_SECRETS_BYTES_MAX)
        return LUCI_OK;
    luci_secret_wipe_string(*text);
    return fail(filling, "the file", path, "is too long");
}

luci_result_t luci_connect_secrets(const char *place, char **text, const char **problem, apr_pool_t *pool)
{
    const filling_t filling = { NULL, "", problem, pool };
    size_t length = whole_place(&filling, place);
    int from_file = strncmp(place, FROM_FILE, strlen(FROM_FILE)) == 0;
    size_t head = strlen(from_file ? FROM_FILE : FROM_ENVIRONMENT);
    const char *name, *variable;
    luci_result_t result;

    if (!length)
        return LUCI_INVALID;
    name = apr_pstrmemdup(pool, place + head, length - head);
    if (from_file)
        return read_secrets_file(&filling, name, text);
    result = read_variable(&filling, name, &variable);
    if (result == LUCI_OK && strlen(variable) > LUCI_SECRETS_BYTES_MAX)
        return fail(&filling, "the environment variable", name, "is too long");
    if (result == LUCI_OK)
        *text = apr_pstrdup(pool, variable); /* httpd reads the variable again when it restarts. */
    return result;
}

static const char *next_place(const char *text)
{
    const char *file = strstr(text, FROM_FILE), *variable = strstr(text, FROM_ENVIRONMENT);

    if (!file || !variable)
        return file ? file : variable;
    return file < variable ? file : variable;
}

luci_result_t luci_connect_params(const luci_engine_t *engine, const char *params, const char **filled,
                                  const char **problem, apr_pool_t *pool)
{
    const filling_t filling = { engine, params, problem, pool };
    const char *rest = params, *place, *value;

    *filled = params;
    if (!luci_engine_is_server(engine)) /* a path */
        return LUCI_OK;
    for (*filled = ""; (place = next_place(rest)) != NULL;) {
        size_t length = strcspn(place, "}");
        luci_result_t result;

        if (!place[length]) {
            *problem = "the brace of {file: or {env: is not closed";
            return LUCI_INVALID;
        }
        result = value_of(&filling, place, length, &value);
        if (result != LUCI_OK)
            return result;
        *filled =
            apr_pstrcat(pool, *filled, apr_pstrmemdup(pool, rest, (apr_size_t)(place - rest)), value, NULL);
        rest = place + length + 1;
    }
    *filled = apr_pstrcat(pool, *filled, rest, NULL);
    return LUCI_OK;
}

/* ---- Where a database is ---- */

/* The start of the host in the parameters: after the last "host=" or "hostaddr=" of a list of words, or in a
 * URL; "": none. */
static const char *host_of(const char *params)
{
    static const char *const words[] = { "host=", "hostaddr=" };
    const char *host = "", *found;

    if (luci_place_is_url(params)) {
        host = strstr(params, "//") + 2;
        found = strchr(host, '@');
        return found ? found + 1 : host;
    }
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        for (found = params; (found = strstr(found, words[i])) != NULL;) {
            found += strlen(words[i]);
            host = found + (*found == '\'');
        }
    }
    return host;
}

int luci_connect_is_local(const char *driver, const char *params)
{
    static const char *const own[] = { "localhost", "127.", "::1", "[::1]", "/", "@", "?" };
    const char *host = host_of(params);

    if (!luci_engine_is_server(luci_engine_find(driver)) || !*host)
        return 1;
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        if (strncmp(host, own[i], strlen(own[i])) == 0)
            return 1;
    }
    return 0;
}

int luci_database_is_same(const luci_database_t *a, const luci_database_t *b)
{
    return a->driver && b->driver && luci_place_is_same(a->driver, a->params, b->driver, b->params);
}

const char *luci_path_resolved(const char *path, apr_pool_t *pool)
{
    char *real = realpath(path, NULL);
    const char *copy, *slash = strrchr(path, '/');

    if (real)
        copy = apr_pstrdup(pool, real);
    else if (slash > path && slash[1] &&
             (real = realpath(apr_pstrmemdup(pool, path, (apr_size_t)(slash - path)), NULL)) != NULL)
        copy = apr_pstrcat(pool, strcmp(real, "/") == 0 ? "" : real, slash, NULL);
    else
        copy = path;
    free(real);
    return copy;
}

int luci_database_may_be_same(const luci_database_t *a, const luci_database_t *b, apr_pool_t *pool)
{
    const luci_engine_t *engine = a->driver ? luci_engine_find(a->driver) : NULL;

    if (luci_database_is_same(a, b))
        return 1;
    if (!engine || !b->driver || strcmp(a->driver, b->driver) != 0)
        return 0;
    if (luci_engine_is_file(engine, a->params))
        return strcmp(luci_path_resolved(a->params, pool), luci_path_resolved(b->params, pool)) == 0;
    return strcmp(luci_place(engine, a->params, pool), luci_place(engine, b->params, pool)) == 0;
}
