/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/pages/built_in.h"

#include <string.h>

/* The assembler reads the file; paths are relative to the top of the tree, where the compiler runs. */
#define PAGE(name, file)                                                                                     \
    __asm__(".pushsection .rodata\n"                                                                         \
            ".hidden luci_built_in_" #name "\n.globl luci_built_in_" #name "\n"                              \
            "luci_built_in_" #name ": .incbin \"templates/" file ".html\"\n"                                 \
            ".hidden luci_built_in_" #name "_end\n.globl luci_built_in_" #name "_end\n"                      \
            "luci_built_in_" #name "_end: .byte 0\n"                                                         \
            ".popsection\n");                                                                                \
    extern const char luci_built_in_##name[], luci_built_in_##name##_end[]

PAGE(signup, "signup");
PAGE(login, "login");
PAGE(profile, "profile");
PAGE(logout, "logout");
PAGE(signed_in, "signed-in");
PAGE(unauthorized, "unauthorized");
PAGE(forbidden, "forbidden");
PAGE(error, "error");

#define ROW(name, file)                                                                                      \
    {                                                                                                        \
        file ".html", luci_built_in_##name, luci_built_in_##name##_end                                       \
    }

static const struct {
    const char *file;
    const char *text;
    const char *end;
} pages[] = {
    ROW(signup, "signup"),       ROW(login, "login"),         ROW(profile, "profile"),
    ROW(logout, "logout"),       ROW(signed_in, "signed-in"), ROW(unauthorized, "unauthorized"),
    ROW(forbidden, "forbidden"), ROW(error, "error"),
};

const char *luci_built_in_page(const char *file, size_t *length)
{
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        if (strcmp(pages[i].file, file) == 0) {
            *length = (size_t)(pages[i].end - pages[i].text);
            return pages[i].text;
        }
    }
    return NULL;
}
