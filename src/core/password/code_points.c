/* SPDX-License-Identifier: Apache-2.0 */
#include "core/password/code_points.h"

int luci_code_points_contain(const luci_code_points_t *ranges, size_t count, luci_code_point_t point)
{
    for (size_t i = 0; i < count; i++) {
        if (point >= ranges[i].first && point <= ranges[i].last)
            return 1;
    }
    return 0;
}
