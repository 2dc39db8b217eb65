/* SPDX-License-Identifier: Apache-2.0 */
#include "core/web/form.h"

#include "core/base/secret.h"
#include "core/base/text.h"

#include <apr_strings.h>
#include <jansson.h>
#include <string.h>

/* A part of the body, borrowed. */
typedef struct {
    char *start;
    size_t length;
} part_t;

static void clear(luci_form_t *form)
{
    memset(form->values, 0, sizeof form->values);
}

static luci_result_t refuse(luci_form_t *form)
{
    luci_form_wipe(form);
    clear(form);
    return LUCI_INVALID;
}

char *luci_form_value(const luci_form_t *form, const char *name)
{
    for (int i = 0; form->fields[i].name; i++) {
        if (strcmp(form->fields[i].name, name) == 0)
            return form->values[i];
    }
    return NULL;
}

/* Reads the next pair and advances *rest behind it; skips empty pairs ("a&&b"). 0: there are no more
 * pairs. */
static int next_pair(char **rest, char *end, part_t *name, part_t *value)
{
    char *start = *rest, *stop, *equals;

    while (start < end && *start == '&')
        start++;
    if (start == end)
        return 0;
    stop = memchr(start, '&', (size_t)(end - start));
    if (!stop)
        stop = end;
    equals = memchr(start, '=', (size_t)(stop - start));
    name->start = start;
    name->length = (size_t)((equals ? equals : stop) - start);
    value->start = equals ? equals + 1 : stop;
    value->length = (size_t)(stop - value->start);
    *rest = stop;
    return 1;
}

/* Decodes in place. 0: the encoding is invalid. */
static int decode(part_t *part)
{
    for (size_t i = 0; i < part->length; i++) {
        if (part->start[i] == '+')
            part->start[i] = ' ';
    }
    if (luci_text_percent_decode(part->start, &part->length))
        return 0;
    return luci_text_valid_bytes(part->start, part->length) == part->length;
}

static int is_named(const part_t *part, const char *name)
{
    return part->length == strlen(name) && memcmp(part->start, name, part->length) == 0;
}

/* Stores the value if the form has a field of this name. 0: the field occurs twice. */
static int keep(luci_form_t *form, const part_t *name, const part_t *value, apr_pool_t *pool)
{
    for (int i = 0; form->fields[i].name; i++) {
        if (!is_named(name, form->fields[i].name))
            continue;
        if (form->values[i])
            return 0;
        form->values[i] = apr_pstrmemdup(pool, value->start, value->length);
    }
    return 1;
}

/* Tells whether a text sets a flag. */
static int is_yes(const char *text)
{
    return text && *text && strcmp(text, "0") != 0 && strcmp(text, "false") != 0;
}

static void read_flags(luci_form_t *form, apr_pool_t *pool)
{
    for (int i = 0; form->fields[i].name; i++) {
        if (form->fields[i].kind == LUCI_FORM_FLAG)
            form->values[i] = apr_pstrdup(pool, is_yes(form->values[i]) ? "1" : "");
    }
}

luci_result_t luci_form_parse_urlencoded(char *body, size_t length, luci_form_t *form, apr_pool_t *pool)
{
    char *rest = body, *end = body + length;
    part_t name, value;

    clear(form);
    while (next_pair(&rest, end, &name, &value)) {
        if (!decode(&name) || !decode(&value) || !keep(form, &name, &value, pool))
            return refuse(form);
    }
    read_flags(form, pool);
    return LUCI_OK;
}

luci_result_t luci_form_query(const char *query, const char *name, char **value, apr_pool_t *pool)
{
    char *rest, *end;
    part_t found, text;

    *value = NULL;
    if (!query)
        return LUCI_NOT_FOUND;
    rest = apr_pstrdup(pool, query);
    end = rest + strlen(rest);
    while (next_pair(&rest, end, &found, &text)) {
        if (!decode(&found) || !is_named(&found, name))
            continue;
        if (*value || !decode(&text)) {
            *value = NULL;
            return LUCI_INVALID;
        }
        *value = apr_pstrmemdup(pool, text.start, text.length);
    }
    return *value ? LUCI_OK : LUCI_NOT_FOUND;
}

static char *put_filler(char *to, size_t length)
{
    *to++ = '"';
    memset(to, 'x', length);
    to += length;
    *to++ = '"';
    return to;
}

/* jansson collects each token in one buffer that grows by copying, and frees it without wiping. So the body
 * is parsed as the second of three elements, ["xxx", body, "xxx"], with fillers as long as the body: the
 * first one makes the buffer grow before it holds a secret, the last one overwrites the secret. A body that
 * is not exactly one JSON value results in another number of elements, or in no JSON at all. */
static json_t *load_wrapped(const char *body, size_t length, apr_pool_t *pool)
{
    size_t wrapped_length = 3 * length + 8;
    char *wrapped = apr_palloc(pool, wrapped_length), *to = wrapped;
    json_t *array;

    *to++ = '[';
    to = put_filler(to, length);
    *to++ = ',';
    memcpy(to, body, length);
    to += length;
    *to++ = ',';
    to = put_filler(to, length);
    *to = ']';
    array = json_loadb(wrapped, wrapped_length, JSON_REJECT_DUPLICATES, NULL);
    luci_secret_wipe(wrapped, wrapped_length);
    return array;
}

static int is_set(const json_t *value)
{
    return json_is_true(value) || is_yes(json_string_value(value)) || json_number_value(value) != 0;
}

static char *member(const json_t *object, const luci_form_field_t *field, apr_pool_t *pool)
{
    const json_t *value = json_object_get(object, field->name);
    const char *string = json_string_value(value);

    if (field->kind == LUCI_FORM_FLAG)
        return apr_pstrdup(pool, is_set(value) ? "1" : "");
    if (field->kind == LUCI_FORM_NULLABLE && json_is_null(value))
        return apr_pstrdup(pool, "");
    return string ? apr_pstrdup(pool, string) : NULL;
}

static int has_type(const json_t *object, const luci_form_field_t *field)
{
    const json_t *value = json_object_get(object, field->name);

    switch (field->kind) {
    case LUCI_FORM_NULLABLE: return !value || json_is_null(value) || json_is_string(value);
    case LUCI_FORM_FLAG: return !json_is_array(value) && !json_is_object(value);
    default: return 1;
    }
}

/* json_string_value points to jansson's own string, not to a copy. */
static void wipe_string_members(json_t *object)
{
    const char *name;
    json_t *value;

    json_object_foreach(object, name, value)
    {
        luci_secret_wipe((char *)json_string_value(value), json_string_length(value));
    }
}

luci_result_t luci_form_parse_json(const char *body, size_t length, luci_form_t *form, apr_pool_t *pool)
{
    luci_result_t result = LUCI_INVALID;
    json_t *array, *object;

    clear(form);
    if (luci_text_json_depth(body, length) > LUCI_FORM_DEPTH_MAX)
        return LUCI_INVALID;
    array = load_wrapped(body, length, pool);
    if (json_array_size(array) != 3)
        goto out;
    object = json_array_get(array, 1);
    result = LUCI_OK;
    for (int i = 0; form->fields[i].name; i++) {
        form->values[i] = member(object, &form->fields[i], pool);
        if (!has_type(object, &form->fields[i]))
            result = LUCI_INVALID;
    }
    wipe_string_members(object);
    if (result != LUCI_OK)
        result = refuse(form);
out:
    json_decref(array);
    return result;
}

void luci_form_wipe(luci_form_t *form)
{
    for (int i = 0; form->fields[i].name; i++) {
        if (form->fields[i].kind == LUCI_FORM_SECRET)
            luci_secret_wipe_string(form->values[i]);
    }
}
