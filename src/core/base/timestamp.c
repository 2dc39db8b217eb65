/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/timestamp.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

luci_ms_t luci_timestamp_clamp(luci_ms_t moment)
{
    if (moment > LUCI_TIMESTAMP_MAX)
        return LUCI_TIMESTAMP_MAX;
    return moment < -LUCI_TIMESTAMP_MAX ? -LUCI_TIMESTAMP_MAX : moment;
}

/* strtoll saturates at the largest and the smallest number. */
luci_ms_t luci_timestamp_from_digits(const char *digits)
{
    return luci_timestamp_clamp(strtoll(digits, NULL, 10));
}

/* Splits a time; returns the milliseconds within the second, which are positive before 1970, too. */
static int split(luci_ms_t moment, struct tm *parts)
{
    luci_ms_t clamped = luci_timestamp_clamp(moment);
    int part = (int)(clamped % LUCI_MS_SECOND);
    time_t seconds;

    part += part < 0 ? (int)LUCI_MS_SECOND : 0;
    seconds = (time_t)((clamped - part) / LUCI_MS_SECOND);
    (void)gmtime_r(&seconds, parts); /* fails for years beyond an int only */
    return part;
}

static void put_day(const struct tm *parts, char *text)
{
    int year = parts->tm_year + 1900;
    size_t length;

    if (year < 0 || year > 9999)
        length = (size_t)apr_snprintf(text, LUCI_TIMESTAMP_TEXT, "%c%06d", year < 0 ? '-' : '+', abs(year));
    else
        length = (size_t)apr_snprintf(text, LUCI_TIMESTAMP_TEXT, "%04d", year);
    apr_snprintf(text + length, LUCI_TIMESTAMP_TEXT - length, "-%02d-%02d", parts->tm_mon + 1,
                 parts->tm_mday);
}

void luci_timestamp_to_iso(luci_ms_t moment, char text[LUCI_TIMESTAMP_TEXT])
{
    struct tm parts = { 0 };
    char day[LUCI_TIMESTAMP_TEXT];
    int part = split(moment, &parts);

    put_day(&parts, day);
    apr_snprintf(text, LUCI_TIMESTAMP_TEXT, "%sT%02d:%02d:%02d.%03dZ", day, parts.tm_hour, parts.tm_min,
                 parts.tm_sec, part);
}

/* Reads a number of the given length, followed by the character end. NULL: mismatch. */
static const char *read_part(const char *text, int digits, char end, int *part)
{
    *part = 0;
    for (; digits > 0; digits--, text++) {
        if (!apr_isdigit(*text))
            return NULL;
        *part = *part * 10 + (*text - '0');
    }
    return *text == end ? text + 1 : NULL;
}

static const char *read_year(const char *text, int *year)
{
    int sign = *text == '-' ? -1 : 1, has_sign = *text == '-' || *text == '+';

    text = read_part(text + has_sign, has_sign ? 6 : 4, '-', year);
    *year *= sign;
    return text;
}

/* Formatting the result and comparing it detects days that the month does not have, and other spellings of a
 * year. */
int luci_timestamp_from_iso(const char *iso, luci_ms_t *moment)
{
    struct tm parts = { 0 };
    int milliseconds;
    char again[LUCI_TIMESTAMP_TEXT];
    const char *at = read_year(iso, &parts.tm_year);
    luci_ms_t read;

    at = at ? read_part(at, 2, '-', &parts.tm_mon) : NULL;
    at = at ? read_part(at, 2, 'T', &parts.tm_mday) : NULL;
    at = at ? read_part(at, 2, ':', &parts.tm_hour) : NULL;
    at = at ? read_part(at, 2, ':', &parts.tm_min) : NULL;
    at = at ? read_part(at, 2, '.', &parts.tm_sec) : NULL;
    at = at ? read_part(at, 3, 'Z', &milliseconds) : NULL;
    if (!at)
        return 0;
    parts.tm_year -= 1900;
    parts.tm_mon--;
    read = (luci_ms_t)timegm(&parts) * LUCI_MS_SECOND + milliseconds;
    luci_timestamp_to_iso(read, again);
    if (strcmp(iso, again) != 0)
        return 0;
    *moment = read;
    return 1;
}

void luci_timestamp_to_text(luci_ms_t moment, char text[LUCI_TIMESTAMP_TEXT])
{
    struct tm parts = { 0 };
    char day[LUCI_TIMESTAMP_TEXT];

    (void)split(moment, &parts);
    put_day(&parts, day);
    apr_snprintf(text, LUCI_TIMESTAMP_TEXT, "%s %02d:%02d:%02dZ", day, parts.tm_hour, parts.tm_min,
                 parts.tm_sec);
}

void luci_timestamp_to_minutes(luci_ms_t moment, char text[LUCI_TIMESTAMP_TEXT])
{
    struct tm parts = { 0 };
    char day[LUCI_TIMESTAMP_TEXT];

    (void)split(moment, &parts);
    put_day(&parts, day);
    apr_snprintf(text, LUCI_TIMESTAMP_TEXT, "%s %02d:%02d UTC", day, parts.tm_hour, parts.tm_min);
}

const char *luci_timestamp_readable(luci_ms_t moment, apr_pool_t *pool)
{
    char text[LUCI_TIMESTAMP_TEXT];

    if (!moment)
        return "";
    luci_timestamp_to_minutes(moment, text);
    return apr_pstrdup(pool, text);
}
