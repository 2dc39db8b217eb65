/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/pages/built_in.h"

#include <string.h>

#ifndef LUCI_TEMPLATES
#error "LUCI_TEMPLATES must have a TEMPLATE(name, \"file\") for each file in templates/"
#endif

/* The assembler reads the files; paths are relative to the top of the tree, where the compiler runs. */
#define TEMPLATE(name, file)                                                                                 \
    __asm__(".pushsection .rodata\n"                                                                         \
            ".hidden luci_built_in_" #name "\n.globl luci_built_in_" #name "\n"                              \
            "luci_built_in_" #name ": .incbin \"templates/" file "\"\n"                                      \
            ".hidden luci_built_in_" #name "_end\n.globl luci_built_in_" #name "_end\n"                      \
            "luci_built_in_" #name "_end: .byte 0\n"                                                         \
            ".popsection\n");                                                                                \
    extern const char luci_built_in_##name[], luci_built_in_##name##_end[];

LUCI_TEMPLATES

#undef TEMPLATE
#define TEMPLATE(name, file) { file, luci_built_in_##name, luci_built_in_##name##_end },

const luci_built_in_t luci_built_in[] = { LUCI_TEMPLATES{ NULL, NULL, NULL } };

const luci_built_in_t *luci_built_in_find(const char *file)
{
    for (const luci_built_in_t *built_in = luci_built_in; built_in->file; built_in++) {
        if (strcmp(built_in->file, file) == 0)
            return built_in;
    }
    return NULL;
}
