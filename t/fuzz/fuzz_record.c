/* SPDX-License-Identifier: Apache-2.0 */
/* The input is a record of the session cache without its hash, which is put behind it; the input as it stands
 * is none. */
#include "fuzz.h"

#include "session_record.h"

#include <apr_siphash.h>

#define FUZZ_RECORD_HASH 8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const unsigned char fuzz_record_seal[LUCI_RECORD_SEAL_BYTES] = "fuzzers' own one";

static int fuzz_record_same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

/* What was read is written, and read again the same. */
static void fuzz_record_again(const luci_session_t *session, const luci_settings_t *settings,
                              luci_ms_t read_at, apr_pool_t *pool)
{
    unsigned char record[LUCI_RECORD_MOST];
    size_t length;
    luci_session_t again;
    luci_ms_t read_again;

    FUZZ_CHECK(luci_session_record_write(session, settings, read_at, fuzz_record_seal, record, &length) ==
               LUCI_OK);
    FUZZ_CHECK(luci_session_record_read(record, length, settings, fuzz_record_seal, &again, &read_again,
                                        pool) == LUCI_OK);
    FUZZ_CHECK(read_again == read_at && again.active_expires == session->active_expires &&
               again.idle_expires == session->idle_expires && again.created_at == session->created_at);
    FUZZ_CHECK(fuzz_record_same(again.user.id, session->user.id) &&
               fuzz_record_same(again.user.username, session->user.username));
    for (int i = 0; i < settings->attributes->nelts; i++)
        FUZZ_CHECK(fuzz_record_same(again.user.attributes[i], session->user.attributes[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *pool = fuzz_pool();
    unsigned char *record = malloc(size + FUZZ_RECORD_HASH);
    apr_uint64_t hash = apr_siphash24(data, size, fuzz_record_seal);
    luci_settings_t settings = { .attributes = apr_array_make(pool, 2, sizeof(const char *)) };
    luci_session_t session;
    luci_ms_t read_at;

    if (!record)
        abort();
    APR_ARRAY_PUSH(settings.attributes, const char *) = "username";
    APR_ARRAY_PUSH(settings.attributes, const char *) = "role";
    if (size)
        memcpy(record, data, size);
    for (int i = 0; i < FUZZ_RECORD_HASH; i++)
        record[size + (size_t)i] = (unsigned char)(hash >> (8 * i));
    if (luci_session_record_read(record, size + FUZZ_RECORD_HASH, &settings, fuzz_record_seal, &session,
                                 &read_at, pool) == LUCI_OK)
        fuzz_record_again(&session, &settings, read_at, pool);
    FUZZ_CHECK(luci_session_record_read(record, size, &settings, fuzz_record_seal, &session, &read_at,
                                        pool) == LUCI_INVALID);
    free(record);
    apr_pool_destroy(pool);
    return 0;
}
