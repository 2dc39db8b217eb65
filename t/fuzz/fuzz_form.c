/* SPDX-License-Identifier: Apache-2.0 */
/* The first byte says what the rest is: 'u' an urlencoded body, 'j' JSON, anything else a query string. */
#include "fuzz.h"

#include "core/base/text.h"
#include "core/web/form.h"

#include <jansson.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const luci_form_field_t fields[] = { { "username", LUCI_FORM_TEXT },
                                            { "password", LUCI_FORM_SECRET },
                                            { "next", LUCI_FORM_TEXT },
                                            { NULL, LUCI_FORM_TEXT } };

static void fuzz_form_field(const char *field)
{
    FUZZ_CHECK(!field || luci_text_valid_bytes(field, strlen(field)) == strlen(field));
}

static void fuzz_form_fields(luci_result_t result, luci_form_t *form)
{
    FUZZ_CHECK(result == LUCI_OK || result == LUCI_INVALID);
    FUZZ_CHECK(result == LUCI_OK || (!luci_form_value(form, "username") &&
                                     !luci_form_value(form, "password") && !luci_form_value(form, "next")));
    fuzz_form_field(luci_form_value(form, "username"));
    fuzz_form_field(luci_form_value(form, "password"));
    fuzz_form_field(luci_form_value(form, "next"));
    luci_form_wipe(form);
    FUZZ_CHECK(!luci_form_value(form, "password") || !*luci_form_value(form, "password"));
}

static void fuzz_form_urlencoded(const uint8_t *data, size_t size, apr_pool_t *pool)
{
    char *body = fuzz_copy(data, size, 0);
    luci_form_t form = { .fields = fields };

    fuzz_form_fields(luci_form_parse_urlencoded(body, size, &form, pool), &form);
    free(body);
}

static size_t fuzz_form_brackets(const char *body, size_t size)
{
    size_t count = 0;

    for (size_t i = 0; i < size; i++)
        count += body[i] == '[' || body[i] == '{';
    return count;
}

/* jansson alone must find the same well-formed, and the same in it. */
static void fuzz_form_json(const uint8_t *data, size_t size, apr_pool_t *pool)
{
    char *body = fuzz_copy(data, size, 0);
    json_t *value = json_loadb(body, size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);
    const char *password = json_string_value(json_object_get(value, "password"));
    luci_form_t form = { .fields = fields };
    luci_result_t result = luci_form_parse_json(body, size, &form, pool);

    FUZZ_CHECK(value || result == LUCI_INVALID);
    FUZZ_CHECK(!value || result == LUCI_OK || fuzz_form_brackets(body, size) > LUCI_FORM_DEPTH_MAX);
    FUZZ_CHECK(memcmp(body, data, size) == 0);
    if (result == LUCI_OK) {
        FUZZ_CHECK(!luci_form_value(&form, "password") == !password);
        FUZZ_CHECK(!password || strcmp(luci_form_value(&form, "password"), password) == 0);
    }
    fuzz_form_fields(result, &form);
    json_decref(value);
    free(body);
}

static void fuzz_form_query(const uint8_t *data, size_t size, apr_pool_t *pool)
{
    char *query = fuzz_copy(data, size, 1);
    char *value;
    luci_result_t result = luci_form_query(query, "next", &value, pool);

    FUZZ_CHECK(result == LUCI_OK || result == LUCI_NOT_FOUND || result == LUCI_INVALID);
    FUZZ_CHECK((result == LUCI_OK) == (value != NULL));
    fuzz_form_field(value);
    free(query);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *pool = fuzz_pool();

    if (size && data[0] == 'u')
        fuzz_form_urlencoded(data + 1, size - 1, pool);
    else if (size && data[0] == 'j')
        fuzz_form_json(data + 1, size - 1, pool);
    else
        fuzz_form_query(data + (size > 0), size - (size > 0), pool);
    apr_pool_destroy(pool);
    return 0;
}
