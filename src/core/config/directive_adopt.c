/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config/directive_types.h"

#include "core/account/key.h"

#include <apr_lib.h>
#include <apr_strings.h>

#include <string.h>

#define NAME_BYTES_MAX 32
#define VARIABLE_BYTES_MAX 100

static const char *allowed_adopt(const luci_limits_t *limits, apr_pool_t *pool)
{
    (void)limits;
    return apr_psprintf(
        pool,
        "NAME [id=VARIABLE] [username=VARIABLE] [email=VARIABLE] [signup=On|Off], each once, where NAME is "
        "at most %d lower-case letters, digits, - and _ and begins with a letter or a digit, and is not a "
        "name of the module's own keys, and VARIABLE is the name of a variable that no header of the client "
        "sets, such as REMOTE_USER",
        NAME_BYTES_MAX);
}

/* The keys of this name must never be those of usernames and addresses. */
static int is_name(const char *word)
{
    size_t length = strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789-_");

    return length > 0 && length <= NAME_BYTES_MAX && !word[length] && *word != '-' && *word != '_' &&
           !luci_key_is_own_provider(word);
}

/* CGI programs know the client's headers by such names. */
static int is_of_client(const char *name)
{
    return strncasecmp(name, "HTTP_", strlen("HTTP_")) == 0 || strcasecmp(name, "QUERY_STRING") == 0;
}

static int is_variable(const char *word)
{
    size_t length = 0;

    while (apr_isalnum(word[length]) || word[length] == '_')
        length++;
    return length > 0 && length <= VARIABLE_BYTES_MAX && !word[length] && !apr_isdigit(*word) &&
           !is_of_client(word);
}

static int take_signup(const char *word, luci_adopt_t *adopt)
{
    if (strcasecmp(word, "On") == 0)
        adopt->signup = LUCI_ADOPT_SIGNUP_ON;
    else if (strcasecmp(word, "Off") == 0)
        adopt->signup = LUCI_ADOPT_SIGNUP_OFF;
    else
        return 0;
    return 1;
}

/* Reads one option; each may occur once. 0: it is not allowed. */
static int take_option(const char *word, luci_adopt_t *adopt, unsigned int *seen)
{
    const struct {
        const char *name;
        const char **variable; /* NULL: signup */
    } options[] = {
        { "id=", &adopt->id },
        { "username=", &adopt->username },
        { "email=", &adopt->email },
        { "signup=", NULL },
    };

    for (unsigned int i = 0; i < sizeof options / sizeof *options; i++) {
        const char *value = word + strlen(options[i].name);

        if (strncasecmp(word, options[i].name, strlen(options[i].name)) != 0)
            continue;
        if (*seen & (1U << i))
            return 0;
        *seen |= 1U << i;
        if (!options[i].variable)
            return take_signup(value, adopt);
        *options[i].variable = value;
        return is_variable(value);
    }
    return 0;
}

static const char *parse_adopt(const apr_array_header_t *words, const luci_limits_t *limits, void *value,
                               apr_pool_t *pool)
{
    luci_adopt_t *adopt = apr_pcalloc(pool, sizeof *adopt);
    unsigned int seen = 0;

    *adopt =
        (luci_adopt_t){ .provider = LUCI_WORD(words, 0), .id = "REMOTE_USER", .username = "REMOTE_USER" };
    if (!is_name(adopt->provider))
        return allowed_adopt(limits, pool);
    for (int i = 1; i < words->nelts; i++) {
        if (!take_option(LUCI_WORD(words, i), adopt, &seen))
            return allowed_adopt(limits, pool);
    }
    *(luci_adopt_value_t *)value = adopt;
    return NULL;
}

const luci_type_t luci_type_adopt = { sizeof(luci_adopt_value_t), 1, 5, parse_adopt, allowed_adopt, NULL, 0 };
