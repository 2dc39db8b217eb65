/* SPDX-License-Identifier: Apache-2.0 */
/* What both protocols share. */
#ifndef LUCI_CONVERSATION_INT_H
#define LUCI_CONVERSATION_INT_H

#include "core/store/conversation.h"

#define LUCI_STORE_LINE_MAX 512 /* bytes of an answer that are read */

#endif
