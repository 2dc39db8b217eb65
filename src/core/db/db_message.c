/* SPDX-License-Identifier: Apache-2.0 */
#include "core/db/db_message.h"

#include <string.h>

void luci_db_message_clean(char *message)
{
    static const char *const marks[] = { "\n",         ": \"",      ": '",      " after \"",
                                         " option \"", " value \"", " entry '", " host name \"" };

    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        char *found = strstr(message, marks[i]);

        if (found)
            *found = '\0';
    }
}
