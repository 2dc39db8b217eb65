/* SPDX-License-Identifier: Apache-2.0 */
/* The input is a username, and a password. */
#include "fuzz.h"

#include "core/base/text.h"
#include "core/password/policy.h"
#include "core/password/precis.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef luci_result_t fuzz_name_form_fn(const char *text, char **form, apr_pool_t *pool);

/* A form exists of UTF-8 only, is UTF-8, and is its own form. */
static char *fuzz_name_form(fuzz_name_form_fn *make, const char *text, apr_pool_t *pool)
{
    char *form = NULL, *again = NULL;
    luci_result_t result = make(text, &form, pool);
    size_t length = strlen(text);

    FUZZ_CHECK(result == (luci_text_valid_bytes(text, length) == length ? LUCI_OK : LUCI_INVALID));
    if (result != LUCI_OK)
        return NULL;
    length = strlen(form);
    FUZZ_CHECK(luci_text_valid_bytes(form, length) == length);
    FUZZ_CHECK(make(form, &again, pool) == LUCI_OK && strcmp(form, again) == 0);
    return form;
}

/* What a new account may be called can sign in, is a line of its own, and fits into a header. */
static void fuzz_name_new(const luci_settings_t *settings, const char *name, apr_pool_t *pool)
{
    if (luci_policy_new_name(settings, name) != LUCI_OK)
        return;
    FUZZ_CHECK(luci_policy_typed_name(name, settings->username_length.max) == LUCI_OK);
    FUZZ_CHECK(luci_text_printable_bytes(name, strlen(name)) == strlen(name));
    FUZZ_CHECK(strcmp(luci_policy_trim(name, pool), name) == 0 && luci_policy_fits_header(name));
    FUZZ_CHECK(luci_policy_length(name) >= settings->username_length.min &&
               luci_policy_length(name) <= settings->username_length.max);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const luci_settings_t any = { .username_length = { 1, 31 }, .password_length = { 1, 255 } };
    char *text = fuzz_copy(data, size, 1), *key;
    apr_pool_t *pool = fuzz_pool();
    const char *trimmed = luci_policy_trim(text, pool);
    int length = luci_policy_length(text);

    FUZZ_CHECK((length < 0) == (luci_text_valid_bytes(text, strlen(text)) != strlen(text)));
    FUZZ_CHECK(strcmp(luci_policy_trim(trimmed, pool), trimmed) == 0);
    fuzz_name_new(&any, text, pool);
    key = fuzz_name_form(luci_policy_key, text, pool);
    (void)fuzz_name_form(luci_policy_appearance, text, pool);
    (void)fuzz_name_form(luci_policy_nfkc, text, pool);
    (void)fuzz_name_form(luci_policy_fold, text, pool);
    if (length >= 0 && luci_precis_admits(text))
        FUZZ_CHECK(luci_precis_admits(key));
    if (luci_policy_label(text, 64) == LUCI_OK)
        FUZZ_CHECK(length > 0 && strcmp(trimmed, text) == 0);
    if (luci_policy_password(text, any.password_length) == LUCI_OK)
        FUZZ_CHECK(luci_policy_typed_password(text, any.password_length.max) == LUCI_OK);
    apr_pool_destroy(pool);
    free(text);
    return 0;
}
