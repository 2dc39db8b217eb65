/* SPDX-License-Identifier: Apache-2.0 */
/* The input is what an audit line says, one value a line: account, user, address, host, administrator. */
#include "fuzz.h"

#include "core/event/event.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The next line of *rest; NULL if it is empty. */
static const char *fuzz_event_value(char **rest)
{
    char *value = *rest;
    size_t length = strcspn(value, "\n");

    *rest += length + (value[length] != '\0');
    value[length] = '\0';
    return length ? value : NULL;
}

/* Words NAME=VALUE with one space between them, no name twice, and nothing that a reader could take for more.
 */
static void fuzz_event_words(const char *line)
{
    char *copy = strdup(line), *rest = copy;
    const char *names[20];
    int count = 0;

    for (char *word; (word = strsep(&rest, " "));) {
        char *value = strchr(word, '=');

        FUZZ_CHECK(value && value > word && value[1] && count < 20);
        *value++ = '\0';
        for (int i = 0; i < count; i++)
            FUZZ_CHECK(strcmp(names[i], word) != 0);
        names[count++] = word;
        for (; *value; value++)
            FUZZ_CHECK(*value > ' ' && *value < 127 && !strchr("=\"'\\", *value));
    }
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_copy(data, size, 1), *rest = text, line[LUCI_EVENT_LINE_MAX];
    luci_event_t event = { .kind = (luci_event_kind_t)(size % LUCI_EVENTS),
                           .reason = (luci_reason_t)(size % LUCI_REASONS) };
    luci_event_origin_t origin = { .count = (luci_ms_t)size };

    event.account = fuzz_event_value(&rest);
    event.user_id = fuzz_event_value(&rest);
    origin.address = fuzz_event_value(&rest);
    origin.vhost = fuzz_event_value(&rest);
    origin.by = fuzz_event_value(&rest);
    luci_event_tag(text, event.session);
    FUZZ_CHECK(luci_event_line(&event, &origin, line) == strlen(line) && strlen(line) < sizeof line);
    fuzz_event_words(line);
    free(text);
    return 0;
}
