/* SPDX-License-Identifier: Apache-2.0 */
#include "core/files/file_mark.h"

int luci_file_mark_take(luci_file_mark_t *mark, const char *path, apr_pool_t *scratch)
{
    apr_finfo_t info;

    if (apr_stat(&info, path, APR_FINFO_IDENT, scratch) != APR_SUCCESS)
        return 0;
    *mark = (luci_file_mark_t){ .device = info.device, .inode = info.inode };
    return 1;
}

int luci_file_mark_fits(const luci_file_mark_t *mark, const char *path, apr_pool_t *scratch)
{
    luci_file_mark_t now;

    return luci_file_mark_take(&now, path, scratch) && now.device == mark->device && now.inode == mark->inode;
}
