/* SPDX-License-Identifier: Apache-2.0 */
/* Which file stands at a path. Specification: S9.31. */
#include "core/files/file_id.h"
#include "lib/support.h"
#include "lib/tap.h"

#include <stdio.h>

static apr_pool_t *pool;

static void write_to(const char *path, const char *text)
{
    FILE *file = fopen(path, "a");

    if (!file || fputs(text, file) < 0 || fclose(file) != 0)
        support_give_up(path, "can't be written");
}

int main(void)
{
    const char *path, *aside;
    luci_file_id_t id = { 0 }, first;

    pool = support_start();
    path = support_path("marked");
    aside = support_path("aside");
    tap_is_int(luci_file_id_take(&id, path, pool), 0, "a missing file has no id");
    tap_ok(id.device == 0 && id.inode == 0, "  leaves the id");
    tap_is_int(luci_file_id_fits(&id, path, pool), 0, "  a missing file fits no id");
    write_to(path, "one");
    tap_is_int(luci_file_id_take(&id, path, pool), 1, "a file is identified");
    first = id;
    tap_is_int(luci_file_id_fits(&id, path, pool), 1, "  it's the same a moment later");
    write_to(path, "two");
    tap_is_int(luci_file_id_fits(&id, path, pool), 1, "  a file keeps its id after it was written to");
    rename(path, aside);
    tap_is_int(luci_file_id_fits(&id, path, pool), 0, "moved away it's not");
    tap_is_int(luci_file_id_take(&id, path, pool), 0, "  a file that was moved away has no id");
    tap_ok(id.inode == first.inode && id.device == first.device,
           "  taking the id of a missing file leaves the old one");
    tap_is_int(luci_file_id_fits(&id, aside, pool), 1, "a moved file keeps its id");
    write_to(path, "three");
    tap_is_int(luci_file_id_fits(&id, path, pool), 0, "another one in its place is not");
    rename(aside, path);
    tap_is_int(luci_file_id_fits(&id, path, pool), 1, "restored over that, it is again");
    return tap_done();
}
