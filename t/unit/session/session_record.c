/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions as bytes: what goes in comes out, and whatever else comes is none. Specification: S9.39. */
#include "core/session/session_record.h"
#include "lib/support.h"
#include "lib/tap.h"

#include <apr_siphash.h>
#include <stdlib.h>
#include <string.h>

#define HASH_BYTES 8
#define AT_STRINGS 36
#define ATTRIBUTES_MAX 16

static apr_pool_t *pool;
static const unsigned char seal[LUCI_RECORD_SEAL_BYTES] = "one certain data";
static luci_record_form_t form = { 0, seal };
static const unsigned char other_seal[LUCI_RECORD_SEAL_BYTES] = "another database";

static unsigned char record[LUCI_RECORD_MAX];
static size_t length;

/* Exactly these bytes in memory of their own, so that a sanitizer sees each that is read too many. */
static luci_result_t read_exactly(const unsigned char *bytes, size_t size, luci_record_content_t *content)
{
    unsigned char *copy = malloc(size ? size : 1);
    luci_result_t result;

    if (!copy)
        support_give_up("malloc", "no memory");
    if (size)
        memcpy(copy, bytes, size);
    result = luci_session_record_read(copy, size, &form, content, pool);
    free(copy);
    return result;
}

static luci_result_t read_any(const unsigned char *bytes, size_t size)
{
    luci_record_content_t content;

    return read_exactly(bytes, size, &content);
}

static void use_attributes(int count)
{
    form.values = count;
}

static luci_session_t new_session(const char *const *attributes)
{
    return (luci_session_t){
        .user = { .id = "userid123456789", .username = "alice", .attributes = attributes },
        .active_expires = NOW + LUCI_MS_DAY,
        .idle_expires = NOW + 15 * LUCI_MS_DAY,
        .created_at = NOW - LUCI_MS_DAY,
        .fresh = 1,
    };
}

/* An attribute without a column is another thing than one that is NULL. */
static void check_lacks(void)
{
    static const char *const values[] = { "a", NULL, NULL, "alice", NULL };
    luci_record_content_t content;
    luci_session_t session = new_session(values);

    use_attributes(4);
    session.user.lacks = 1U << 2;
    tap_is_result(luci_session_record_write(&session, NOW, &form, record, &length), LUCI_OK,
                  "an attribute without a column is written");
    tap_is_result(luci_session_record_read(record, length, &form, &content, pool), LUCI_OK,
                  "a record with a missing attribute is read");
    tap_is_int(content.session.user.lacks, 1 << 2, "the record names the attribute without a column");
    tap_ok(!content.session.user.attributes[1] && !content.session.user.attributes[2], "both are NULL");
    tap_is_str(content.session.user.attributes[3], "alice", "the next one is itself");
}

static luci_result_t write_session(const luci_session_t *session)
{
    return luci_session_record_write(session, NOW, &form, record, &length);
}

/* The hash once more, after the bytes before it were changed. */
static void seal_again(unsigned char *bytes, size_t size)
{
    apr_uint64_t hash = apr_siphash24(bytes, size - HASH_BYTES, seal);

    for (size_t i = 0; i < HASH_BYTES; i++)
        bytes[size - HASH_BYTES + i] = (unsigned char)(hash >> (8 * i));
}

/* ---- There and back ---- */

static const struct {
    const char *what;
    int count;
    const char *values[ATTRIBUTES_MAX];
} users[] = {
    { "no attributes", 0, { NULL } },
    { "the username", 1, { "alice" } },
    { "NULL", 1, { NULL } },
    { "an empty one", 1, { "" } },
    { "one that begins like the username", 2, { "alic", "alice2" } },
    { "UTF-8 and control characters", 3, { "caf\xc3\xa9", "a\nb\x01", "\xff\xfe" } },
    { "NULL between others", 4, { "a", NULL, "alice", "" } },
    { "16",
      16,
      { "1", "2", NULL, "alice", "5", "", "7", "8", "9", "10", "11", "12", "13", "14", NULL, "16" } },
};

static void check_round_trip(int which)
{
    luci_session_t session = new_session(users[which].values), found;
    luci_record_content_t content = { .read_at = 0 };
    int same = 1;

    session.factors = 1 + which % 2;
    use_attributes(users[which].count);
    tap_is_result(write_session(&session), LUCI_OK, "%s: written", users[which].what);
    tap_is_result(luci_session_record_read(record, length, &form, &content, pool), LUCI_OK, "%s: read",
                  users[which].what);
    found = content.session;
    tap_is_str(found.user.id, session.user.id, "  the user's id");
    tap_is_str(found.user.username, "alice", "  the record has the username");
    for (int i = 0; i < users[which].count; i++) {
        const char *in = users[which].values[i], *out = found.user.attributes[i];

        same &= in ? out && strcmp(in, out) == 0 : !out;
    }
    tap_ok(same, "  the record has the attributes");
    tap_ok(found.active_expires == session.active_expires && found.idle_expires == session.idle_expires &&
               found.created_at == session.created_at && content.read_at == NOW,
           "  the record has the times");
    tap_is_int(found.factors, session.factors, "  the record has the number of factors");
    tap_ok(!found.fresh && !found.user.disabled_from && !found.token.id, "  a read record sets nothing else");
}

/* ---- Sizes ---- */

static const char *text_of(size_t size)
{
    char *text = apr_palloc(pool, size + 1);

    memset(text, 'x', size);
    text[size] = '\0';
    return text;
}

static void check_sizes(void)
{
    const char *attributes[] = { NULL };
    luci_session_t session = new_session(attributes);
    luci_record_content_t found;
    size_t most;

    use_attributes(1);
    attributes[0] = "";
    tap_is_result(write_session(&session), LUCI_OK, "a short one");
    most = LUCI_RECORD_MAX - length;
    attributes[0] = text_of(most);
    tap_is_result(write_session(&session), LUCI_OK, "S9.39: the longest one that fits");
    tap_is_int(length, LUCI_RECORD_MAX, "fills the record");
    tap_is_result(luci_session_record_read(record, length, &form, &found, pool), LUCI_OK,
                  "S9.39: the longest record is read");
    tap_is_str(found.session.user.attributes[0], attributes[0],
               "S9.39: the longest record keeps its attribute");
    for (size_t more = 1; more < 70000; more = more * 3 + 1) {
        attributes[0] = text_of(most + more);
        tap_is_result(write_session(&session), LUCI_INVALID, "S9.39: %d bytes more do not fit", (int)more);
    }
    attributes[0] = "alice";
    session.user.username = text_of(most + 6);
    tap_is_result(write_session(&session), LUCI_INVALID, "S9.39: a username that is too long does not fit");
}

/* ---- What is none ---- */

static void write_sample(void)
{
    static const char *const attributes[] = { "admin", NULL, "alice" };
    luci_session_t session = new_session(attributes);

    use_attributes(3);
    tap_is_result(write_session(&session), LUCI_OK, "a sample record is written");
}

static void check_damage(void)
{
    int taken = 0;

    write_sample();
    for (size_t size = 0; size < length; size++)
        taken += read_any(record, size) == LUCI_OK;
    tap_is_int(taken, 0, "S9.39: no truncation of its %d bytes is taken", (int)length);
    for (size_t bit = 0; bit < 8 * length; bit++) {
        record[bit / 8] ^= (unsigned char)(1 << bit % 8);
        taken += read_any(record, length) == LUCI_OK;
        record[bit / 8] ^= (unsigned char)(1 << bit % 8);
    }
    tap_is_int(taken, 0, "S9.39: no one of %d records with one flipped bit is taken", (int)(8 * length));
    for (size_t more = 1; more <= 16; more++) {
        memset(record + length, 0, more);
        taken += read_any(record, length + more) == LUCI_OK;
    }
    tap_is_int(taken, 0, "S9.39: no record with trailing bytes is taken");
    tap_is_result(read_any(record, length), LUCI_OK, "S9.39: the unchanged record is taken");
}

/* Damage under a hash that is right, as only a fault of ours or an enemy could make it. */
static void is_refused_sealed(const char *what, size_t at, unsigned char byte)
{
    unsigned char bytes[LUCI_RECORD_MAX];

    memcpy(bytes, record, length);
    bytes[at] = byte;
    seal_again(bytes, length);
    tap_is_result(read_any(bytes, length), LUCI_INVALID, "S9.39: a record is refused: %s", what);
}

static void check_sealed_damage(void)
{
    luci_record_content_t untouched = { { .token.id = "as it was" }, 7 };
    int crashes = 0;

    write_sample();
    is_refused_sealed("another first byte", 0, 'l');
    is_refused_sealed("another second byte", 1, 'U');
    is_refused_sealed("version 0", 2, 0);
    is_refused_sealed("version 1", 2, 1);
    is_refused_sealed("one attribute less", 3, 2);
    is_refused_sealed("one attribute more", 3, 4);
    is_refused_sealed("a user id that is longer than the rest", AT_STRINGS + 1, 0x7f);
    is_refused_sealed("a user id without its NUL", AT_STRINGS + 2 + 15, 'x');
    is_refused_sealed("a user id one shorter", AT_STRINGS, 14);
    is_refused_sealed("moments out of bounds", 11, 0x7f);
    is_refused_sealed("active_expires out of bounds", 19, 0x7f);
    is_refused_sealed("idle_expires out of bounds, negative", 27, 0x80);
    is_refused_sealed("created_at out of bounds", 35, 0x40);
    for (size_t at = 0; at < length - HASH_BYTES; at++) {
        for (int byte = 0; byte < 256; byte += 15) {
            unsigned char bytes[LUCI_RECORD_MAX];
            luci_result_t result;

            memcpy(bytes, record, length);
            bytes[at] = (unsigned char)byte;
            seal_again(bytes, length);
            result = read_any(bytes, length);
            crashes += result != LUCI_OK && result != LUCI_INVALID;
        }
    }
    tap_is_int(crashes, 0, "whatever a sealed byte says, it's a record or none");
    tap_is_result(read_exactly(record, length - 1, &untouched), LUCI_INVALID, "what is none");
    tap_ok(untouched.session.token.id && strcmp(untouched.session.token.id, "as it was") == 0 &&
               untouched.read_at == 7,
           "a refused record sets nothing");
}

/* NULL has its own length, and a user must have a name. */
static void check_sealed_null_names(void)
{
    unsigned char bytes[LUCI_RECORD_MAX];
    size_t size = AT_STRINGS;

    use_attributes(0);
    memcpy(bytes, record, AT_STRINGS);
    bytes[3] = 0;
    memset(bytes + size, 0xff, 4); /* twice NULL */
    size += 4 + HASH_BYTES;
    seal_again(bytes, size);
    tap_is_result(read_any(bytes, size), LUCI_INVALID, "S9.39: a user without id and name");
    bytes[AT_STRINGS] = bytes[AT_STRINGS + 2] = 0xfe; /* twice "as the username" */
    seal_again(bytes, size);
    tap_is_result(read_any(bytes, size), LUCI_INVALID, "S9.39: a user whose name refers to itself");
}

static void check_foreign(void)
{
    const luci_record_form_t other = { form.values, other_seal };
    luci_record_content_t content;
    unsigned char noise[LUCI_RECORD_MAX];

    write_sample();
    tap_is_result(luci_session_record_read(record, length, &other, &content, pool), LUCI_INVALID,
                  "S9.17: one of another database");
    for (size_t i = 0; i < sizeof noise; i++)
        noise[i] = (unsigned char)(i * 167 + (i >> 3));
    tap_is_result(read_any(noise, sizeof noise), LUCI_INVALID, "S9.39: noise is no record");
    memset(noise, 0, sizeof noise);
    tap_is_result(read_any(noise, sizeof noise), LUCI_INVALID, "S9.39: zeros are no record");
    tap_is_result(luci_session_record_read(record, LUCI_RECORD_MAX + 1, &form, &content, pool), LUCI_INVALID,
                  "S9.39: more than any record has");
}

int main(void)
{
    pool = support_start();
    for (int i = 0; i < COUNT(users); i++)
        check_round_trip(i);
    check_sizes();
    check_lacks();
    check_damage();
    check_sealed_damage();
    check_sealed_null_names();
    check_foreign();
    return tap_done();
}
