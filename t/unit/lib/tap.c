/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/tap.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* With AddressSanitizer, which reads these. A thread that a call is offloaded to is never ended, because it
 * may still be in that call when the process ends; nor is the memory of such threads freed. */
#ifdef __SANITIZE_ADDRESS__
const char *__lsan_default_suppressions(void) __attribute__((visibility("default")));
const char *__lsan_default_options(void) __attribute__((visibility("default")));
const char *__asan_default_options(void) __attribute__((visibility("default")));

const char *__lsan_default_suppressions(void)
{
    return "leak:core/guard/offload.c\nleak:core/guard/canceller.c\n";
}

const char *__lsan_default_options(void)
{
    return "print_suppressions=0";
}

/* The frames of libraries have no frame pointers. */
const char *__asan_default_options(void)
{
    return "fast_unwind_on_malloc=0";
}
#endif

static int checks;
static int failures;

/* Prints printable ASCII as it is and the rest escaped, so that one check stays one line. */
static void put_text(const char *text)
{
    for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
        if (*c == '#')
            fputs("\\#", stdout);
        else if (*c == '\n')
            fputs("\\n", stdout);
        else if (*c < 0x20 || *c == 0x7f)
            printf("\\x%02x", *c);
        else
            putchar(*c);
    }
}

static void put_quoted(const char *label, const char *text)
{
    printf("#   %s: ", label);
    if (text) {
        putchar('"');
        put_text(text);
        putchar('"');
    }
    else {
        fputs("NULL", stdout);
    }
    putchar('\n');
}

static int report(const char *file, int line, int cond, const char *fmt, va_list args)
    __attribute__((format(printf, 4, 0)));

static int report(const char *file, int line, int cond, const char *fmt, va_list args)
{
    char name[512];

    vsnprintf(name, sizeof name, fmt, args);
    printf("%sok %d - ", cond ? "" : "not ", ++checks);
    put_text(name);
    putchar('\n');
    if (!cond) {
        failures++;
        printf("#   failed at %s line %d\n", file, line);
    }
    fflush(stdout);
    return cond;
}

int tap_ok_at(const char *file, int line, int cond, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    report(file, line, cond, fmt, args);
    va_end(args);
    return cond;
}

int tap_is_int_at(const char *file, int line, long long got, long long want, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    report(file, line, got == want, fmt, args);
    va_end(args);
    if (got != want)
        printf("#   got: %lld\n#   want: %lld\n", got, want);
    return got == want;
}

/* The name of the enumerator: "not found" is LUCI_NOT_FOUND. */
static void put_result(const char *label, luci_result_t result)
{
    printf("#   %s: LUCI_", label);
    for (const char *c = luci_result_name(result); *c; c++)
        putchar(*c == ' ' ? '_' : toupper((unsigned char)*c));
    putchar('\n');
}

int tap_is_result_at(const char *file, int line, luci_result_t got, luci_result_t want, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    report(file, line, got == want, fmt, args);
    va_end(args);
    if (got != want) {
        put_result("got", got);
        put_result("want", want);
    }
    return got == want;
}

int tap_is_str_at(const char *file, int line, const char *got, const char *want, const char *fmt, ...)
{
    int same = got == want || (got && want && strcmp(got, want) == 0);
    va_list args;

    va_start(args, fmt);
    report(file, line, same, fmt, args);
    va_end(args);
    if (!same) {
        put_quoted("got", got);
        put_quoted("want", want);
    }
    return same;
}

int tap_is_mem_at(const char *file, int line, const void *got, const void *want, size_t len, const char *fmt,
                  ...)
{
    const unsigned char *a = got, *b = want;
    size_t i = 0;
    va_list args;

    while (i < len && a && b && a[i] == b[i])
        i++;
    va_start(args, fmt);
    report(file, line, i == len, fmt, args);
    va_end(args);
    if (i < len && a && b)
        printf("#   byte %zu: got 0x%02x, want 0x%02x\n", i, a[i], b[i]);
    return i == len;
}

void tap_diag(const char *fmt, ...)
{
    char text[1024];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    fputs("# ", stdout);
    put_text(text);
    putchar('\n');
}

void tap_skip(const char *fmt, ...)
{
    char why[512];
    va_list args;

    va_start(args, fmt);
    vsnprintf(why, sizeof why, fmt, args);
    va_end(args);
    printf("ok %d # SKIP ", ++checks);
    put_text(why);
    putchar('\n');
}

void tap_skip_all(const char *fmt, ...)
{
    char why[512];
    va_list args;

    va_start(args, fmt);
    vsnprintf(why, sizeof why, fmt, args);
    va_end(args);
    fputs("1..0 # SKIP ", stdout);
    put_text(why);
    putchar('\n');
    exit(0);
}

int tap_done(void)
{
    printf("1..%d\n", checks);
    if (failures)
        printf("# %d of %d failed\n", failures, checks);
    fflush(stdout);
    return failures ? 1 : 0;
}
