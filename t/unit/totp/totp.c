/* SPDX-License-Identifier: Apache-2.0 */
/* The codes of apps: the vectors of RFC 6238, 10,000 random ones that oathtool has made, too, which codes
 * count at a time, and the URI of the picture. Specification: S1.62. */
#include "core/totp/totp.h"

#include "core/base/secret.h"
#include "lib/support.h"
#include "lib/tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ORACLE_CODES 10000
#define SECOND_MAX 20000000000ULL /* in the year 2603 */

static apr_pool_t *pool;
static const unsigned char *const rfc_seed = (const unsigned char *)"12345678901234567890";

/* Appendix B of the RFC has 8 digits, of which the last 6 are a code of 6. */
static void check_vectors(void)
{
    static const struct {
        luci_ms_t second;
        const char *code;
    } vectors[] = { { 59, "287082" },         { 1111111109, "081804" }, { 1111111111, "050471" },
                    { 1234567890, "005924" }, { 2000000000, "279037" }, { 20000000000, "353130" } };
    char code[LUCI_TOTP_DIGITS + 1];

    for (int i = 0; i < COUNT(vectors); i++) {
        tap_is_result(luci_totp_code(rfc_seed, luci_totp_step(vectors[i].second * LUCI_MS_SECOND), code),
                      LUCI_OK, "RFC 6238: a code at %d is made", (int)vectors[i].second);
        tap_is_str(code, vectors[i].code, "RFC 6238: the code of vector %d", i);
    }
}

static void check_steps(void)
{
    tap_is_int(luci_totp_step(0), 0, "the first step begins with 1970");
    tap_is_int(luci_totp_step(29999), 0, "a step lasts 30 seconds");
    tap_is_int(luci_totp_step(30000), 1, "the next step");
    tap_is_int(luci_totp_step(-1), -1, "a time before 1970 is in a step before");
    tap_is_int(luci_totp_step(-30000), -1, "a step before 1970 is as long");
    tap_is_int(luci_totp_step(-30001), -2, "a step before 1970 begins as any");
}

static void check_read(const char *typed, const char *want)
{
    char code[LUCI_TOTP_DIGITS + 1];

    tap_is_result(luci_totp_read_code(typed, code), want ? LUCI_OK : LUCI_INVALID,
                  "a code is typed as \"%s\"", typed);
    tap_is_str(code, want ? want : "", "the digits of \"%s\"", typed);
}

static void check_typed(void)
{
    check_read("287082", "287082");
    check_read("287 082", "287082");
    check_read(" 28-70-82 ", "287082");
    check_read("28708", NULL);
    check_read("2870821", NULL);
    check_read("28708a", NULL);
    check_read("287082x", NULL);
    check_read("\xd9\xa2\xd9\xa8\xd9\xa7\xd9\xa0\xd9\xa8\xd9\xa2", NULL);
    check_read("", NULL);
    check_read(" - ", NULL);
}

/* What is said of a code of the step that is away from the current one. */
static void check_found(int away, luci_result_t want)
{
    const luci_ms_t now = 1111111109 * LUCI_MS_SECOND;
    char code[LUCI_TOTP_DIGITS + 1];
    apr_int64_t step = 0;

    tap_is_result(luci_totp_code(rfc_seed, luci_totp_step(now) + away, code), LUCI_OK,
                  "the code of the step %d is made", away);
    tap_is_result(luci_totp_find(rfc_seed, code, now, &step), want, "S1.62: the code of the step %d", away);
    if (want == LUCI_OK)
        tap_is_int(step - luci_totp_step(now), away, "S1.62: the step %d is found", away);
}

static void check_window(void)
{
    apr_int64_t step;

    check_found(-2, LUCI_DENIED);
    check_found(-1, LUCI_OK);
    check_found(0, LUCI_OK);
    check_found(1, LUCI_OK);
    check_found(2, LUCI_DENIED);
    tap_is_result(luci_totp_find(rfc_seed, "000000", 1111111109 * LUCI_MS_SECOND, &step), LUCI_DENIED,
                  "a code of no step");
}

static void check_secret(void)
{
    char secret[LUCI_TOTP_SECRET_LENGTH + 1], other[LUCI_TOTP_SECRET_LENGTH + 1];
    unsigned char seed[LUCI_TOTP_SEED_BYTES];

    tap_is_result(luci_totp_new_secret(secret), LUCI_OK, "a secret is made");
    tap_is_result(luci_totp_new_secret(other), LUCI_OK, "another secret is made");
    tap_is_int(strlen(secret), 32, "S1.62: a secret has 160 bits");
    tap_ok(strcmp(secret, other) != 0, "no two secrets are alike");
    tap_is_result(luci_base32_decode(secret, seed, sizeof seed), LUCI_OK, "a secret is base32");
}

static void check_uri(void)
{
    tap_is_str(luci_totp_uri("GEZD", "Example", "alice", pool),
               "otpauth://totp/Example:alice?secret=GEZD&issuer=Example", "the URI of a plain account");
    tap_is_str(luci_totp_uri("GEZD", "Bank & S\xc3\xb6hne: 1", "a b:c/?#%@example.org", pool),
               "otpauth://totp/Bank%20%26%20S%C3%B6hne%201:a%20b%3Ac%2F%3F%23%25%40example.org?secret=GEZD"
               "&issuer=Bank%20%26%20S%C3%B6hne%201",
               "a URI whose names have other characters, and an issuer with a colon");
}

/* ---- The oracle ---- */

typedef struct {
    unsigned char seed[LUCI_TOTP_SEED_BYTES];
    apr_uint64_t second;
} draw_t;

static draw_t draws[ORACLE_CODES];

/* Writes a script that makes oathtool print the code of each draw. */
static void write_script(const char *path)
{
    FILE *script = fopen(path, "w");
    char secret[LUCI_TOTP_SECRET_LENGTH + 1];

    if (!script)
        support_give_up("oathtool", "no script can be written");
    for (int i = 0; i < ORACLE_CODES; i++) {
        draw_t *draw = &draws[i];

        if (luci_secret_random((unsigned char *)draw, sizeof *draw) != LUCI_OK)
            support_give_up("oathtool", "nothing can be drawn");
        draw->second %= SECOND_MAX;
        luci_base32_encode(draw->seed, sizeof draw->seed, secret);
        fprintf(script, "oathtool --totp --base32 --now '@%llu' %s\n", (unsigned long long)draw->second,
                secret);
    }
    fclose(script);
}

static void check_oracle(void)
{
    const char *path = support_path("oathtool.sh");
    char command[256], line[64], code[LUCI_TOTP_DIGITS + 1];
    int same = 0, i = 0;
    FILE *said;

    if (system("command -v oathtool >/dev/null") != 0) {
        tap_ok(0, "oathtool is installed");
        return;
    }
    write_script(path);
    snprintf(command, sizeof command, "sh %s", path);
    said = popen(command, "r");
    for (; said && i < ORACLE_CODES && fgets(line, sizeof line, said); i++) {
        luci_ms_t now = (luci_ms_t)draws[i].second * LUCI_MS_SECOND;

        line[strcspn(line, "\n")] = '\0';
        same +=
            luci_totp_code(draws[i].seed, luci_totp_step(now), code) == LUCI_OK && strcmp(code, line) == 0;
    }
    if (said)
        pclose(said);
    tap_is_int(i, ORACLE_CODES, "oathtool makes the codes of random secrets and times");
    tap_is_int(same, ORACLE_CODES, "S1.62: codes of random secrets at random times are those of oathtool");
}

int main(void)
{
    pool = support_start();
    check_vectors();
    check_steps();
    check_typed();
    check_window();
    check_secret();
    check_uri();
    check_oracle();
    return tap_done();
}
