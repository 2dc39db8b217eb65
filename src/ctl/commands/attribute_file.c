/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/commands/attribute_file.h"

#include "core/base/text.h"
#include "ctl/lib/account.h"

#include <apr_strings.h>
#include <jansson.h>
#include <string.h>

#define USERNAME "username"
#define USER_ID "userId"

/* The text of one record, in the order of its fields. A field that is empty and not quoted is NULL. */
typedef struct {
    apr_array_header_t *fields; /* const char * */
    char *text;                 /* of the current field */
    size_t length;              /* of the current field */
    size_t size;                /* of the whole record */
    int is_quoted;
    const char *problem;
} csv_t;

static int next_byte(luci_attribute_file_t *file)
{
    int byte = getc(file->stream);

    file->bytes += byte != EOF;
    file->lines += byte == '\n';
    return byte;
}

/* ---- CSV ---- */

static void put_byte(csv_t *csv, int byte)
{
    if (++csv->size > LUCI_ATTRIBUTE_RECORD_MAX)
        csv->problem =
            apr_psprintf(csv->fields->pool, "the record is longer than %d bytes", LUCI_ATTRIBUTE_RECORD_MAX);
    else if (byte == '\0')
        csv->problem = "the record contains a NUL";
    else
        csv->text[csv->length++] = (char)byte;
}

static void end_field(csv_t *csv)
{
    int is_null = csv->length == 0 && !csv->is_quoted;

    if (luci_text_valid_bytes(csv->text, csv->length) != csv->length)
        csv->problem = "the record is not UTF-8";
    APR_ARRAY_PUSH(csv->fields, const char *) =
        is_null ? NULL : apr_pstrmemdup(csv->fields->pool, csv->text, csv->length);
    csv->length = 0;
    csv->is_quoted = 0;
}

/* Reads the rest of a quoted field, after its first quote. Returns the byte after the last quote. */
static int read_quoted(luci_attribute_file_t *file, csv_t *csv)
{
    csv->is_quoted = 1;
    for (;;) {
        int byte = next_byte(file);

        if (byte == '"') {
            byte = next_byte(file);
            if (byte != '"')
                return byte;
        }
        if (byte == EOF) {
            csv->problem = "a quote is not closed";
            return byte;
        }
        put_byte(csv, byte);
    }
}

/* 1 for the CR of an end of a line that is CR and LF. */
static int ends_line(luci_attribute_file_t *file, int byte)
{
    int next = byte == '\r' ? getc(file->stream) : EOF;

    if (next != EOF)
        ungetc(next, file->stream);
    return byte == '\r' && (next == '\n' || next == EOF);
}

/* Reads a record from its first byte on. */
static void read_csv(luci_attribute_file_t *file, csv_t *csv, int byte)
{
    for (; byte != EOF && byte != '\n'; byte = next_byte(file)) {
        if (byte == '"' && csv->length == 0 && !csv->is_quoted) {
            byte = read_quoted(file, csv);
            if (byte == EOF || byte == '\n')
                break;
        }
        if (byte == ',')
            end_field(csv);
        else if (csv->is_quoted && !ends_line(file, byte))
            csv->problem = "after a closing quote comes neither a comma nor the end of the line";
        else if (!ends_line(file, byte))
            put_byte(csv, byte);
    }
    end_field(csv);
}

static const char *problem_of_head(const apr_array_header_t *head, apr_pool_t *pool)
{
    int names = 0;

    for (int i = 0; i < head->nelts; i++) {
        const char *column = APR_ARRAY_IDX(head, i, const char *);
        int is_name = column && (strcmp(column, USERNAME) == 0 || strcmp(column, USER_ID) == 0);

        names += is_name;
        if (!column || (!is_name && !luci_account_is_attribute(column)))
            return apr_psprintf(pool, "\"%s\" in the header is not an attribute", column ? column : "");
        for (int j = 0; j < i; j++) {
            if (strcmp(column, APR_ARRAY_IDX(head, j, const char *)) == 0)
                return apr_psprintf(pool, "the column %s occurs twice in the header", column);
        }
    }
    if (names != 1)
        return "the header must have either username or userId";
    return head->nelts > LUCI_ATTRIBUTE_VALUES_MAX ? "the header has too many columns" : NULL;
}

static void take_csv(const luci_attribute_file_t *file, const csv_t *csv, luci_attribute_record_t *record)
{
    if (csv->fields->nelts != file->head->nelts) {
        record->problem = apr_psprintf(csv->fields->pool, "the record has %d fields, the header %d",
                                       csv->fields->nelts, file->head->nelts);
        return;
    }
    for (int i = 0; i < csv->fields->nelts; i++) {
        const char *column = APR_ARRAY_IDX(file->head, i, const char *);
        const char *value = APR_ARRAY_IDX(csv->fields, i, const char *);

        if (strcmp(column, USERNAME) != 0 && strcmp(column, USER_ID) != 0) {
            record->values[record->count++] = (luci_user_value_t){ column, value };
            continue;
        }
        record->is_id = strcmp(column, USER_ID) == 0;
        record->name = value;
    }
    if (!record->name || !*record->name)
        record->problem = "the name is empty";
}

static void next_csv(luci_attribute_file_t *file, luci_attribute_record_t *record, int byte, apr_pool_t *pool)
{
    csv_t csv = { .fields = apr_array_make(pool, 8, sizeof(const char *)),
                  .text = apr_palloc(pool, LUCI_ATTRIBUTE_RECORD_MAX + 1) };

    read_csv(file, &csv, byte);
    record->problem = file->head_problem ? file->head_problem : csv.problem;
    if (!record->problem)
        take_csv(file, &csv, record);
}

static void read_head(luci_attribute_file_t *file, int byte)
{
    csv_t csv = { .fields = apr_array_make(file->pool, 8, sizeof(const char *)),
                  .text = apr_palloc(file->pool, LUCI_ATTRIBUTE_RECORD_MAX + 1) };

    read_csv(file, &csv, byte);
    file->head = csv.fields;
    file->head_problem = csv.problem ? csv.problem : problem_of_head(file->head, file->pool);
}

/* ---- JSON ---- */

static const char *take_values(json_t *object, luci_attribute_record_t *record, apr_pool_t *pool)
{
    const char *column;
    json_t *value;

    json_object_foreach(object, column, value)
    {
        if (!luci_account_is_attribute(column))
            return apr_psprintf(pool, "\"%s\" is not an attribute", column);
        if (!json_is_string(value) && !json_is_null(value))
            return apr_psprintf(pool, "the attribute %s is neither a string nor null", column);
        if (record->count == LUCI_ATTRIBUTE_VALUES_MAX)
            return "the object has too many attributes";
        record->values[record->count++] =
            (luci_user_value_t){ apr_pstrdup(pool, column),
                                 json_is_string(value) ? apr_pstrdup(pool, json_string_value(value)) : NULL };
    }
    return NULL;
}

static const char *take_object(json_t *object, luci_attribute_record_t *record, apr_pool_t *pool)
{
    json_t *name = json_object_get(object, USERNAME), *id = json_object_get(object, USER_ID),
           *values = json_object_get(object, "attributes");

    if (!json_is_object(object))
        return "the line is not a JSON object";
    if (!name == !id || !json_is_object(values) || json_object_size(object) != 2)
        return "the object must have the members username (or userId) and attributes, and no other one";
    record->is_id = id != NULL;
    if (!json_is_string(name ? name : id) || !*json_string_value(name ? name : id))
        return "the name is not a string, or is empty";
    record->name = apr_pstrdup(pool, json_string_value(name ? name : id));
    return take_values(values, record, pool);
}

static void next_json(luci_attribute_file_t *file, luci_attribute_record_t *record, int byte,
                      apr_pool_t *pool)
{
    csv_t line = { .fields = apr_array_make(pool, 1, sizeof(const char *)),
                   .text = apr_palloc(pool, LUCI_ATTRIBUTE_RECORD_MAX + 1) };
    json_error_t error;
    json_t *object;

    for (; byte != EOF && byte != '\n'; byte = next_byte(file))
        put_byte(&line, byte);
    record->problem = line.problem;
    if (line.problem)
        return;
    object = json_loadb(line.text, line.length, JSON_REJECT_DUPLICATES, &error);
    record->problem = object ? take_object(object, record, pool)
                             : apr_pstrcat(pool, "the line is not JSON: ", error.text, NULL);
    json_decref(object);
}

/* ---- Records ---- */

/* Skips empty lines, and the byte order mark that some programs write at the beginning. */
static int first_byte(luci_attribute_file_t *file)
{
    static const unsigned char mark[] = { 0xef, 0xbb, 0xbf };
    int byte = next_byte(file);

    for (size_t i = 0; file->bytes == (apr_int64_t)i + 1 && i < sizeof mark && byte == mark[i]; i++)
        byte = next_byte(file);
    while (byte == '\n' || byte == '\r')
        byte = next_byte(file);
    return byte;
}

int luci_attribute_file_next(luci_attribute_file_t *file, luci_attribute_record_t *record, apr_pool_t *pool)
{
    int byte = first_byte(file);

    *record = (luci_attribute_record_t){ .values = apr_pcalloc(pool, LUCI_ATTRIBUTE_VALUES_MAX *
                                                                         sizeof(luci_user_value_t)) };
    file->line = file->lines + 1;
    if (byte == EOF)
        return 0;
    if (!file->head && !file->is_json)
        file->is_json = byte == '{';
    if (file->is_json) {
        next_json(file, record, byte, pool);
        return 1;
    }
    if (!file->head) {
        read_head(file, byte);
        if (!file->head_problem)
            return luci_attribute_file_next(file, record, pool);
        record->problem = file->head_problem;
        return 1;
    }
    next_csv(file, record, byte, pool);
    return 1;
}
