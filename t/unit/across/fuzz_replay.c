/* SPDX-License-Identifier: Apache-2.0 */
/* Specification: S9.42, the parsers' part: every file of the fuzzers' corpus goes through its harness in the
 * ordinary test run. */
#include "lib/tap.h"

/* NOLINTBEGIN(bugprone-suspicious-include) */
#define LLVMFuzzerTestOneInput fuzz_cookie
#include "../../fuzz/fuzz_cookie.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_form
#include "../../fuzz/fuzz_form.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_record
#include "../../fuzz/fuzz_record.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_template
#include "../../fuzz/fuzz_template.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_forwarded
#include "../../fuzz/fuzz_forwarded.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_url
#include "../../fuzz/fuzz_url.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_device
#include "../../fuzz/fuzz_device.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_code
#include "../../fuzz/fuzz_code.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_seal
#include "../../fuzz/fuzz_seal.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_hash
#include "../../fuzz/fuzz_hash.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_params
#include "../../fuzz/fuzz_params.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_throttle
#include "../../fuzz/fuzz_throttle.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_control
#include "../../fuzz/fuzz_control.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_directives
#include "../../fuzz/fuzz_directives.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_htpasswd
#include "../../fuzz/fuzz_htpasswd.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_import
#include "../../fuzz/fuzz_import.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_timestamp
#include "../../fuzz/fuzz_timestamp.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_language
#include "../../fuzz/fuzz_language.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_messages
#include "../../fuzz/fuzz_messages.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_passkey
#include "../../fuzz/fuzz_passkey.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_agent
#include "../../fuzz/fuzz_agent.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_attribute
#include "../../fuzz/fuzz_attribute.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_attribute_file
#include "../../fuzz/fuzz_attribute_file.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_block_list
#include "../../fuzz/fuzz_block_list.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_email
#include "../../fuzz/fuzz_email.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_event
#include "../../fuzz/fuzz_event.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_invitation
#include "../../fuzz/fuzz_invitation.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_layout
#include "../../fuzz/fuzz_layout.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_mail
#include "../../fuzz/fuzz_mail.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_name
#include "../../fuzz/fuzz_name.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_policy
#include "../../fuzz/fuzz_policy.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_smtp
#include "../../fuzz/fuzz_smtp.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_store
#include "../../fuzz/fuzz_store.c"
#undef LLVMFuzzerTestOneInput
/* NOLINTEND(bugprone-suspicious-include) */

#include <apr_file_info.h>
#include <apr_file_io.h>
#include <apr_strings.h>

#define SEED_BYTES_MAX 1048576

typedef int harness_fn(const uint8_t *data, size_t size);

/* The bytes before each end of a seed are inputs too: cut off is how parsers like it least. */
static void replay_file(harness_fn *harness, const char *path, apr_pool_t *pool)
{
    apr_file_t *file;
    uint8_t *data = apr_palloc(pool, SEED_BYTES_MAX);
    apr_size_t size = 0;

    if (apr_file_open(&file, path, APR_READ | APR_BINARY, APR_OS_DEFAULT, pool) != APR_SUCCESS) {
        tap_fail("%s cannot be read", path);
        return;
    }
    apr_file_read_full(file, data, SEED_BYTES_MAX, &size);
    apr_file_close(file);
    harness(data, size);
    for (size_t cut = 0; cut < size && size < 512; cut++)
        harness(data, cut);
}

static void replay(const char *name, harness_fn *harness, apr_pool_t *parent)
{
    const char *corpus = getenv("LUCI_FUZZ_CORPUS");
    const char *folder = apr_pstrcat(parent, corpus ? corpus : "t/fuzz/corpus", "/", name, NULL);
    apr_finfo_t info;
    apr_dir_t *dir;
    apr_pool_t *pool;
    int seeds = 0;

    if (apr_dir_open(&dir, folder, parent) != APR_SUCCESS) {
        tap_fail("%s cannot be opened", folder);
        return;
    }
    apr_pool_create(&pool, parent);
    while (apr_dir_read(&info, APR_FINFO_NAME, dir) == APR_SUCCESS) {
        if (info.name[0] == '.')
            continue;
        replay_file(harness, apr_pstrcat(pool, folder, "/", info.name, NULL), pool);
        apr_pool_clear(pool);
        seeds++;
    }
    apr_dir_close(dir);
    tap_ok(seeds > 0, "%s: %d seeds, and each cut off everywhere", name, seeds);
}

int main(void)
{
    apr_pool_t *pool = fuzz_pool();

    replay("cookie", fuzz_cookie, pool);
    replay("code", fuzz_code, pool);
    replay("control", fuzz_control, pool);
    replay("device", fuzz_device, pool);
    replay("seal", fuzz_seal, pool);
    replay("directives", fuzz_directives, pool);
    replay("form", fuzz_form, pool);
    replay("hash", fuzz_hash, pool);
    replay("htpasswd", fuzz_htpasswd, pool);
    replay("import", fuzz_import, pool);
    replay("language", fuzz_language, pool);
    replay("messages", fuzz_messages, pool);
    replay("timestamp", fuzz_timestamp, pool);
    replay("params", fuzz_params, pool);
    replay("passkey", fuzz_passkey, pool);
    replay("record", fuzz_record, pool);
    replay("throttle", fuzz_throttle, pool);
    replay("template", fuzz_template, pool);
    replay("forwarded", fuzz_forwarded, pool);
    replay("url", fuzz_url, pool);
    replay("agent", fuzz_agent, pool);
    replay("attribute", fuzz_attribute, pool);
    replay("attribute_file", fuzz_attribute_file, pool);
    replay("block_list", fuzz_block_list, pool);
    replay("email", fuzz_email, pool);
    replay("event", fuzz_event, pool);
    replay("invitation", fuzz_invitation, pool);
    replay("layout", fuzz_layout, pool);
    replay("mail", fuzz_mail, pool);
    replay("name", fuzz_name, pool);
    replay("policy", fuzz_policy, pool);
    replay("smtp", fuzz_smtp, pool);
    replay("store", fuzz_store, pool);
    apr_pool_destroy(pool);
    apr_terminate();
    return tap_done();
}
