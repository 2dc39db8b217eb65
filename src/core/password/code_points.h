/* SPDX-License-Identifier: Apache-2.0 */
/* Ranges of code points, for the tables of policy.c and precis.c. */
#ifndef LUCI_CODE_POINTS_H
#define LUCI_CODE_POINTS_H

#include <stddef.h>
#include <utf8proc.h>

typedef utf8proc_int32_t luci_code_point_t;

/* Both ends belong to the range. */
typedef struct {
    luci_code_point_t first;
    luci_code_point_t last;
} luci_code_points_t;

/* 1 if one of the ranges contains the point. */
int luci_code_points_contain(const luci_code_points_t *ranges, size_t count, luci_code_point_t point);

#define LUCI_AMONG(point, table) luci_code_points_contain(table, sizeof(table) / sizeof(table)[0], point)

#endif
