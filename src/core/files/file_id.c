/* SPDX-License-Identifier: Apache-2.0 */
#include "core/files/file_id.h"

int luci_file_id_take(luci_file_id_t *id, const char *path, apr_pool_t *scratch)
{
    apr_finfo_t info;

    if (apr_stat(&info, path, APR_FINFO_IDENT, scratch) != APR_SUCCESS)
        return 0;
    *id = (luci_file_id_t){ .device = info.device, .inode = info.inode };
    return 1;
}

int luci_file_id_fits(const luci_file_id_t *id, const char *path, apr_pool_t *scratch)
{
    luci_file_id_t now;

    return luci_file_id_take(&now, path, scratch) && now.device == id->device && now.inode == id->inode;
}
