/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config/directive_types.h"
#include "core/password/password_hash.h"

#include <apr_file_info.h>
#include <apr_lib.h>
#include <apr_strings.h>

#include <string.h>

/* ---- Flags and choices ---- */

static const char *const flag_choices[] = { "Off", "On", NULL };

static int find_choice(const char *const *choices, const char *word)
{
    for (int i = 0; choices[i]; i++) {
        if (strcasecmp(choices[i], word) == 0)
            return i;
    }
    return -1;
}

/* "a, b or c" */
static const char *allowed_choice(const luci_limits_t *limits, apr_pool_t *pool)
{
    const char *text = limits->choices[0];

    for (int i = 1; limits->choices[i]; i++)
        text = apr_pstrcat(pool, text, limits->choices[i + 1] ? ", " : " or ", limits->choices[i], NULL);
    return text;
}

static const char *parse_choice(const apr_array_header_t *words, const luci_limits_t *limits, void *value,
                                apr_pool_t *pool)
{
    int chosen = find_choice(limits->choices, LUCI_WORD(words, 0));

    if (chosen < 0)
        return allowed_choice(limits, pool);
    *(luci_choice_value_t *)value = (luci_choice_value_t)chosen;
    return NULL;
}

static const char *allowed_flag(const luci_limits_t *limits, apr_pool_t *pool)
{
    (void)limits;
    (void)pool;
    return "On or Off";
}

static const char *parse_flag(const apr_array_header_t *words, const luci_limits_t *limits, void *value,
                              apr_pool_t *pool)
{
    int chosen = find_choice(flag_choices, LUCI_WORD(words, 0));

    if (chosen < 0)
        return allowed_flag(limits, pool);
    *(luci_flag_value_t *)value = chosen;
    return NULL;
}

/* LuciaSignup was a flag, and its message still says so first. */
static const char *allowed_signup(const luci_limits_t *limits, apr_pool_t *pool)
{
    return apr_pstrcat(pool, allowed_flag(limits, pool), ", invite or approval", NULL);
}

static const char *parse_signup(const apr_array_header_t *words, const luci_limits_t *limits, void *value,
                                apr_pool_t *pool)
{
    static const char *const choices[] = { "Off", "On", "invite", "approval", NULL };
    int chosen = find_choice(choices, LUCI_WORD(words, 0));

    if (chosen < 0)
        return allowed_signup(limits, pool);
    *(luci_signup_value_t *)value = (luci_signup_t)chosen;
    return NULL;
}

const luci_type_t luci_type_signup = {
    sizeof(luci_signup_value_t), 1, 1, parse_signup, allowed_signup, NULL, 0
};
const luci_type_t luci_type_flag = { sizeof(luci_flag_value_t), 1, 1, parse_flag, allowed_flag, NULL, 0 };
const luci_type_t luci_type_choice = {
    sizeof(luci_choice_value_t), 1, 1, parse_choice, allowed_choice, NULL, 0
};

/* ---- Numbers and times ---- */

/* Reads the digits at the start of text and returns the text after them; NULL: no digits, or the number is
 * too large. */
static const char *read_digits(const char *text, apr_int64_t *number)
{
    apr_int64_t sum = 0;
    const char *at;

    for (at = text; apr_isdigit(*at); at++) {
        int digit = *at - '0';

        if (sum > (APR_INT64_MAX - digit) / 10)
            return NULL;
        sum = sum * 10 + digit;
    }
    *number = sum;
    return at == text ? NULL : at;
}

int luci_word_number(const char *text, apr_int64_t min, apr_int64_t max, apr_int64_t *number)
{
    const char *rest = read_digits(text, number);

    return rest && *rest == '\0' && *number >= min && *number <= max;
}

static const struct {
    const char *name;
    luci_ms_t ms;
} units[] = {
    { "", LUCI_MS_SECOND },   { "ms", 1 },           { "s", LUCI_MS_SECOND }, { "min", LUCI_MS_MINUTE },
    { "mi", LUCI_MS_MINUTE }, { "h", LUCI_MS_HOUR }, { "d", LUCI_MS_DAY },
};

int luci_word_ms(const char *text, luci_ms_t *ms)
{
    apr_int64_t number;
    const char *unit = read_digits(text, &number);

    for (size_t i = 0; unit && i < sizeof(units) / sizeof(*units); i++) {
        if (strcasecmp(unit, units[i].name) == 0 && number <= APR_INT64_MAX / units[i].ms) {
            *ms = number * units[i].ms;
            return 1;
        }
    }
    return 0;
}

/* Formats a duration in the largest unit that divides it. */
static const char *span_text(luci_ms_t ms, apr_pool_t *pool)
{
    if (ms % (365 * LUCI_MS_DAY) == 0)
        return apr_psprintf(pool, "%" APR_INT64_T_FMT " years", ms / (365 * LUCI_MS_DAY));
    if (ms % LUCI_MS_DAY == 0)
        return apr_psprintf(pool, "%" APR_INT64_T_FMT "d", ms / LUCI_MS_DAY);
    if (ms % LUCI_MS_HOUR == 0)
        return apr_psprintf(pool, "%" APR_INT64_T_FMT "h", ms / LUCI_MS_HOUR);
    if (ms % LUCI_MS_MINUTE == 0)
        return apr_psprintf(pool, "%" APR_INT64_T_FMT "min", ms / LUCI_MS_MINUTE);
    if (ms % LUCI_MS_SECOND == 0)
        return apr_psprintf(pool, "%" APR_INT64_T_FMT "s", ms / LUCI_MS_SECOND);
    return apr_psprintf(pool, "%" APR_INT64_T_FMT "ms", ms);
}

static const char *allowed_time(const luci_limits_t *limits, apr_pool_t *pool)
{
    const char *examples = limits->max < LUCI_MS_DAY ? "500ms, 10s or 1min" : "10s, 5min, 24h or 14d";

    return apr_psprintf(pool, "a time of %s to %s, such as %s%s%s", span_text(limits->min, pool),
                        span_text(limits->max, pool), examples, limits->off ? ", or off" : "",
                        limits->automatic ? ", or auto" : "");
}

static const char *parse_time(const apr_array_header_t *words, const luci_limits_t *limits, void *value,
                              apr_pool_t *pool)
{
    luci_ms_t ms = 0;
    int off = limits->off && strcasecmp(LUCI_WORD(words, 0), "off") == 0;

    if (limits->automatic && strcasecmp(LUCI_WORD(words, 0), "auto") == 0)
        ms = LUCI_TIME_AUTO;
    else if (!off && (!luci_word_ms(LUCI_WORD(words, 0), &ms) || ms < limits->min || ms > limits->max))
        return allowed_time(limits, pool);
    *(luci_time_value_t *)value = ms;
    return NULL;
}

const luci_type_t luci_type_time = { sizeof(luci_time_value_t), 1, 1, parse_time, allowed_time, NULL, 0 };

/* ---- N ---- */

static const char *allowed_count(const luci_limits_t *limits, apr_pool_t *pool)
{
    return apr_psprintf(pool, "a number from %" APR_INT64_T_FMT " to %" APR_INT64_T_FMT "%s", limits->min,
                        limits->max, limits->off ? ", or off" : "");
}

static const char *parse_count(const apr_array_header_t *words, const luci_limits_t *limits, void *value,
                               apr_pool_t *pool)
{
    int off = limits->off && strcasecmp(LUCI_WORD(words, 0), "off") == 0;
    apr_int64_t number = 0;
    const char *rest = off ? "" : read_digits(LUCI_WORD(words, 0), &number);

    if (!rest || *rest || (!off && (number < limits->min || number > limits->max)))
        return allowed_count(limits, pool);
    *(luci_count_value_t *)value = (int)number;
    return NULL;
}

const luci_type_t luci_type_count = { sizeof(luci_count_value_t), 1, 1, parse_count, allowed_count, NULL, 0 };

/* ---- MIN MAX ---- */

static const char *allowed_lengths(const luci_limits_t *limits, apr_pool_t *pool)
{
    return apr_psprintf(pool,
                        "two lengths MIN MAX in UTF-16 units, each from %" APR_INT64_T_FMT
                        " to %" APR_INT64_T_FMT ", MIN not above MAX",
                        limits->min, limits->max);
}

static const char *parse_lengths(const apr_array_header_t *words, const luci_limits_t *limits, void *value,
                                 apr_pool_t *pool)
{
    luci_lengths_value_t *length = value;
    apr_int64_t min, max;

    if (!luci_word_number(LUCI_WORD(words, 0), limits->min, limits->max, &min) ||
        !luci_word_number(LUCI_WORD(words, 1), min, limits->max, &max))
        return allowed_lengths(limits, pool);
    length->min = (int)min;
    length->max = (int)max;
    return NULL;
}

const luci_type_t luci_type_lengths = {
    sizeof(luci_lengths_value_t), 2, 2, parse_lengths, allowed_lengths, NULL, 0
};

/* ---- MAX [WAIT] ---- */

static const luci_limits_t wait_limits = { .min = 10, .max = LUCI_MS_MINUTE };

static const char *allowed_quota(const luci_limits_t *limits, apr_pool_t *pool)
{
    return apr_psprintf(
        pool, "MAX [WAIT], where MAX is %" APR_INT64_T_FMT " to %" APR_INT64_T_FMT " %s or auto, and WAIT %s",
        limits->min, limits->max, limits->units, allowed_time(&wait_limits, pool));
}

static const char *parse_quota(const apr_array_header_t *words, const luci_limits_t *limits, void *value,
                               apr_pool_t *pool)
{
    luci_quota_value_t *quota = value;
    apr_int64_t max = 0;
    luci_ms_t wait = limits->wait;

    if (strcasecmp(LUCI_WORD(words, 0), "auto") != 0 &&
        !luci_word_number(LUCI_WORD(words, 0), limits->min, limits->max, &max))
        return allowed_quota(limits, pool);
    if (words->nelts > 1 &&
        (!luci_word_ms(LUCI_WORD(words, 1), &wait) || wait < wait_limits.min || wait > wait_limits.max))
        return allowed_quota(limits, pool);
    quota->max = (int)max;
    quota->wait = wait;
    return NULL;
}

const luci_type_t luci_type_quota = { sizeof(luci_quota_value_t), 1, 2, parse_quota, allowed_quota, NULL, 0 };

/* ---- argon2id [m=KiB] [t=N] [p=N] ---- */

#define ARGON2_LANE_KIB 8 /* RFC 9106: the minimum memory per lane */

static const char *allowed_hash_cost(const luci_limits_t *limits, apr_pool_t *pool)
{
    (void)limits;
    return apr_psprintf(
        pool,
        "argon2id [m=KiB] [t=N] [p=N] with m from %d to %d and not below %d times p, t from 1 to %d, "
        "p from 1 to %d; or lucia-scrypt",
        LUCI_ARGON2_MEMORY_KIB_MIN, LUCI_ARGON2_MEMORY_KIB_MAX, ARGON2_LANE_KIB, LUCI_ARGON2_PASSES_MAX,
        LUCI_ARGON2_LANES_MAX);
}

/* Reads one of "m=..", "t=.." and "p=.."; each may occur once. 0: it is not allowed. */
static int parse_argon2_cost(const char *word, luci_hash_cost_t *cost, unsigned int *seen)
{
    const struct {
        const char *name;
        apr_int64_t min, max;
        apr_uint32_t *value;
    } parameters[] = {
        { "m=", LUCI_ARGON2_MEMORY_KIB_MIN, LUCI_ARGON2_MEMORY_KIB_MAX, &cost->memory_kib },
        { "t=", 1, LUCI_ARGON2_PASSES_MAX, &cost->passes },
        { "p=", 1, LUCI_ARGON2_LANES_MAX, &cost->lanes },
    };

    for (unsigned int i = 0; i < sizeof(parameters) / sizeof(*parameters); i++) {
        apr_int64_t number;

        if (strncasecmp(word, parameters[i].name, 2) != 0)
            continue;
        if (*seen & (1u << i) || !luci_word_number(word + 2, parameters[i].min, parameters[i].max, &number))
            return 0;
        *seen |= 1u << i;
        *parameters[i].value = (apr_uint32_t)number;
        return 1;
    }
    return 0;
}

static const char *parse_hash_cost(const apr_array_header_t *words, const luci_limits_t *limits, void *value,
                                   apr_pool_t *pool)
{
    luci_hash_cost_t cost = { LUCI_HASH_ARGON2ID, LUCI_ARGON2_MEMORY_KIB_DEFAULT, LUCI_ARGON2_PASSES_DEFAULT,
                              LUCI_ARGON2_LANES_DEFAULT };
    int lucia = strcasecmp(LUCI_WORD(words, 0), "lucia-scrypt") == 0;
    unsigned int seen = 0;

    if (lucia)
        cost.kind = LUCI_HASH_LUCIA_SCRYPT;
    if (lucia ? words->nelts > 1 : strcasecmp(LUCI_WORD(words, 0), "argon2id") != 0)
        return allowed_hash_cost(limits, pool);
    for (int i = 1; i < words->nelts; i++) {
        if (!parse_argon2_cost(LUCI_WORD(words, i), &cost, &seen))
            return allowed_hash_cost(limits, pool);
    }
    if (cost.memory_kib < ARGON2_LANE_KIB * cost.lanes)
        return allowed_hash_cost(limits, pool);
    *(luci_hash_cost_value_t *)value = cost;
    return NULL;
}

const luci_type_t luci_type_hash_cost = {
    sizeof(luci_hash_cost_value_t), 1, 4, parse_hash_cost, allowed_hash_cost, NULL, 0
};

/* ---- Words ---- */

int luci_word_is_off(const luci_limits_t *limits, const char *word)
{
    return limits && limits->off && strcasecmp(word, "off") == 0;
}

/* The content of a word, without the backslashes that only quote. quote is the quote around it, or NUL. */
static const char *unquoted(const char *start, size_t length, char quote, apr_pool_t *pool)
{
    char *word = apr_palloc(pool, length + 1), *to = word;

    for (const char *at = start; at < start + length; at++) {
        if (*at == '\\' && (at[1] == '\\' || (quote && at[1] == quote)))
            at++;
        *to++ = *at;
    }
    *to = '\0';
    return word;
}

const char *luci_word_next(const char **line, apr_pool_t *pool)
{
    const char *start = *line, *end, *word;
    char quote = '\0';

    while (apr_isspace(*start))
        start++;
    if (*start == '"' || *start == '\'')
        quote = *start++;
    for (end = start; *end && (quote ? *end != quote : !apr_isspace(*end)); end++) {
        if (quote && *end == '\\' && (end[1] == '\\' || end[1] == quote))
            end++;
    }
    word = unquoted(start, (size_t)(end - start), quote, pool);
    if (quote && *end)
        end++;
    while (apr_isspace(*end))
        end++;
    *line = end;
    return word;
}

apr_array_header_t *luci_words(const char *line, apr_pool_t *pool)
{
    apr_array_header_t *words = apr_array_make(pool, 4, sizeof(const char *));

    while (*line)
        APR_ARRAY_PUSH(words, const char *) = luci_word_next(&line, pool);
    return words;
}

const char *luci_directive_root;

const char *luci_word_path(const char *path, apr_pool_t *pool)
{
    char *absolute = NULL;
    apr_status_t rv = apr_filepath_merge(&absolute, luci_directive_root, path, APR_FILEPATH_TRUENAME, pool);

    if (rv != APR_SUCCESS && !APR_STATUS_IS_EPATHWILD(rv) && !APR_STATUS_IS_ENOENT(rv) &&
        !APR_STATUS_IS_ENOTDIR(rv))
        return NULL;
    return absolute;
}
