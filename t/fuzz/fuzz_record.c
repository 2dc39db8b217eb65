/* SPDX-License-Identifier: Apache-2.0 */
/* The input is a record of the session cache without its hash, which is put behind it; the input as it stands
 * is none. */
#include "fuzz.h"

#include "core/session/session_record.h"

#include <apr_siphash.h>

#define FUZZ_RECORD_HASH 8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const unsigned char fuzz_record_seal[LUCI_RECORD_SEAL_BYTES] = "fuzzers' own one";

static int fuzz_record_same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

/* What was read is written, and read again the same. */
static void fuzz_record_again(const luci_record_content_t *content, const luci_record_form_t *form,
                              apr_pool_t *pool)
{
    const luci_session_t *session = &content->session;
    unsigned char record[LUCI_RECORD_MAX];
    size_t length;
    luci_record_content_t again;
    const luci_session_t *back = &again.session;

    FUZZ_CHECK(luci_session_record_write(session, content->read_at, form, record, &length) == LUCI_OK);
    FUZZ_CHECK(luci_session_record_read(record, length, form, &again, pool) == LUCI_OK);
    FUZZ_CHECK(again.read_at == content->read_at && back->active_expires == session->active_expires &&
               back->idle_expires == session->idle_expires && back->created_at == session->created_at);
    FUZZ_CHECK(fuzz_record_same(back->user.id, session->user.id) &&
               fuzz_record_same(back->user.username, session->user.username));
    for (int i = 0; i < form->values; i++)
        FUZZ_CHECK(fuzz_record_same(back->user.attributes[i], session->user.attributes[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *pool = fuzz_pool();
    unsigned char *record = malloc(size + FUZZ_RECORD_HASH);
    apr_uint64_t hash = apr_siphash24(data, size, fuzz_record_seal);
    const luci_record_form_t form = { 2, fuzz_record_seal };
    luci_record_content_t content;

    if (!record)
        abort();
    if (size)
        memcpy(record, data, size);
    for (int i = 0; i < FUZZ_RECORD_HASH; i++)
        record[size + (size_t)i] = (unsigned char)(hash >> (8 * i));
    if (luci_session_record_read(record, size + FUZZ_RECORD_HASH, &form, &content, pool) == LUCI_OK)
        fuzz_record_again(&content, &form, pool);
    FUZZ_CHECK(luci_session_record_read(record, size, &form, &content, pool) == LUCI_INVALID);
    free(record);
    apr_pool_destroy(pool);
    return 0;
}
