/* SPDX-License-Identifier: Apache-2.0 */
#include "core/session/session_record.h"

#include <apr_siphash.h>
#include <endian.h>
#include <string.h>

#define VERSION 3
#define FACTORS 0x80 /* beside the number of values: two factors */
#define RECORD_NULL 0xffffU
#define RECORD_USERNAME 0xfffeU
#define RECORD_LACKING 0xfffdU /* NULL, because the table has no such column */
#define STRING_MAX 0xfffcU

enum {
    AT_MAGIC = 0,
    AT_VERSION = 2,
    AT_COUNT = 3,
    AT_READ = 4,
    AT_ACTIVE = 12,
    AT_IDLE = 20,
    AT_CREATED = 28,
    AT_STRINGS = 36
};
#define HASH_BYTES 8

static const unsigned char magic[] = { 'L', 'u' };

/* ---- Numbers ---- */

static void put_number(unsigned char *at, apr_uint64_t number)
{
    number = htole64(number);
    memcpy(at, &number, sizeof number);
}

static apr_uint64_t get_number(const unsigned char *at)
{
    apr_uint64_t number;

    memcpy(&number, at, sizeof number);
    return le64toh(number);
}

static void put_timestamp(unsigned char *at, luci_ms_t moment)
{
    put_number(at, (apr_uint64_t)moment);
}

/* Returns 1 if the time is within the range in which calculations cannot overflow. */
static int get_timestamp(const unsigned char *at, luci_ms_t *moment)
{
    *moment = (luci_ms_t)get_number(at);
    return *moment >= -LUCI_TIMESTAMP_MAX && *moment <= LUCI_TIMESTAMP_MAX;
}

static apr_uint64_t hash_of(const unsigned char *record, size_t length, const unsigned char *seal)
{
    return apr_siphash24(record, length, seal);
}

/* ---- Writing. A value that does not fit sets overflow; nothing is written after that. ---- */

typedef struct {
    unsigned char *record;
    size_t length;
    int overflow;
} writer_t;

static void put_length(writer_t *writer, unsigned length)
{
    writer->record[writer->length++] = (unsigned char)length;
    writer->record[writer->length++] = (unsigned char)(length >> 8);
}

static void put_string(writer_t *writer, const char *string, const char *username)
{
    size_t length = string ? strlen(string) : 0;

    if (writer->overflow || length > STRING_MAX ||
        writer->length + 2 + length + 1 + HASH_BYTES > LUCI_RECORD_MAX) {
        writer->overflow = 1;
        return;
    }
    if (!string || string == username) {
        put_length(writer, string ? RECORD_USERNAME : RECORD_NULL);
        return;
    }
    put_length(writer, (unsigned)length);
    memcpy(writer->record + writer->length, string, length + 1);
    writer->length += length + 1;
}

static void put_lacking(writer_t *writer)
{
    put_string(writer, NULL, NULL);
    if (!writer->overflow) {
        writer->length -= 2;
        put_length(writer, RECORD_LACKING);
    }
}

luci_result_t luci_session_record_write(const luci_session_t *session, luci_ms_t read_at,
                                        const luci_record_form_t *form, unsigned char record[LUCI_RECORD_MAX],
                                        size_t *length)
{
    writer_t writer = { .record = record, .length = AT_STRINGS };
    const luci_user_t *user = &session->user;

    memcpy(record + AT_MAGIC, magic, sizeof magic);
    record[AT_VERSION] = VERSION;
    record[AT_COUNT] = (unsigned char)(form->values | (session->factors == 2 ? FACTORS : 0));
    put_timestamp(record + AT_READ, read_at);
    put_timestamp(record + AT_ACTIVE, session->active_expires);
    put_timestamp(record + AT_IDLE, session->idle_expires);
    put_timestamp(record + AT_CREATED, session->created_at);
    put_string(&writer, user->id, NULL);
    put_string(&writer, user->username, NULL);
    for (int i = 0; i < form->values; i++) {
        const char *value = user->attributes[i];

        if (user->lacks >> i & 1)
            put_lacking(&writer);
        else
            put_string(&writer, value && strcmp(value, user->username) == 0 ? user->username : value,
                       user->username);
    }
    if (writer.overflow)
        return LUCI_INVALID;
    put_number(record + writer.length, hash_of(record, writer.length, form->seal));
    *length = writer.length + HASH_BYTES;
    return LUCI_OK;
}

/* ---- Reading ---- */

typedef struct {
    const unsigned char *at;
    const unsigned char *end;
} reader_t;

/* Returns 1 if there was a string, which may be NULL or the username. *written is the encoded length. */
static int get_string(reader_t *reader, const char **string, const char *username, size_t *written)
{
    size_t length;

    if (reader->end - reader->at < 2)
        return 0;
    length = reader->at[0] | (size_t)reader->at[1] << 8;
    reader->at += 2;
    *written = length;
    *string = length == RECORD_USERNAME ? username : NULL;
    if (length > STRING_MAX)
        return 1;
    if ((size_t)(reader->end - reader->at) <= length || reader->at[length] != '\0')
        return 0;
    *string = (const char *)reader->at;
    reader->at += length + 1;
    return 1;
}

static int get_user(reader_t *reader, luci_user_t *user, int count, apr_pool_t *pool)
{
    const char **attributes;
    size_t written;

    if (!get_string(reader, &user->id, NULL, &written) ||
        !get_string(reader, &user->username, NULL, &written))
        return 0;
    if (!user->id || !user->username)
        return 0;
    attributes = apr_palloc(pool, sizeof *attributes * ((apr_size_t)count + 1));
    user->attributes = attributes;
    for (int i = 0; i < count; i++) {
        if (!get_string(reader, &attributes[i], user->username, &written))
            return 0;
        user->lacks |= (apr_uint32_t)(written == RECORD_LACKING) << i;
    }
    return reader->at == reader->end;
}

static int is_authentic(const unsigned char *record, size_t length, const luci_record_form_t *form)
{
    if (length < AT_STRINGS + HASH_BYTES || length > LUCI_RECORD_MAX)
        return 0;
    if (memcmp(record + AT_MAGIC, magic, sizeof magic) != 0 || record[AT_VERSION] != VERSION ||
        (record[AT_COUNT] & ~FACTORS) != form->values)
        return 0;
    length -= HASH_BYTES;
    return get_number(record + length) == hash_of(record, length, form->seal);
}

luci_result_t luci_session_record_read(const unsigned char *record, size_t length,
                                       const luci_record_form_t *form, luci_record_content_t *content,
                                       apr_pool_t *pool)
{
    luci_session_t found = { 0 };
    luci_ms_t read_at;
    reader_t reader;

    if (!is_authentic(record, length, form))
        return LUCI_INVALID;
    reader = (reader_t){ record + AT_STRINGS, record + length - HASH_BYTES };
    if (!get_timestamp(record + AT_READ, &read_at) ||
        !get_timestamp(record + AT_ACTIVE, &found.active_expires) ||
        !get_timestamp(record + AT_IDLE, &found.idle_expires) ||
        !get_timestamp(record + AT_CREATED, &found.created_at) ||
        !get_user(&reader, &found.user, form->values, pool))
        return LUCI_INVALID;
    found.factors = record[AT_COUNT] & FACTORS ? 2 : 1;
    *content = (luci_record_content_t){ found, read_at };
    return LUCI_OK;
}
