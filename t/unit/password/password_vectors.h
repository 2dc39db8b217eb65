/* SPDX-License-Identifier: Apache-2.0 */
/* Stored hashes for t/unit/password/password_hash.c: good ones with their passwords and where they are from,
 * and bad ones. */
#ifndef LUCI_PASSWORD_VECTORS_H
#define LUCI_PASSWORD_VECTORS_H

#define HORSE "correct horse battery staple"

/* Parts to build from: a salt of 16 bytes, a tag of 32, 64 bytes in hex. */
#define SALT_16 "c2FsdHNhbHRzYWx0c2FsdA"
#define TAG_32 "QKHrg5tayLGcN+Y0HVPNaBqykOVLUxlMkZycXE1uWRM"
#define HEX_8 "0123456789abcdef"
#define HEX_64 HEX_8 HEX_8 HEX_8 HEX_8 HEX_8 HEX_8 HEX_8 HEX_8
#define ARGON2(head, salt, tag) "$argon2" head "$" salt "$" tag
#define A16 "AAAAAAAAAAAAAAAA"

typedef struct {
    const char *stored;
    const char *password; /* in NFKC */
} vector_t;

static const vector_t vectors[] = {
    /* src/test.c of the Argon2 reference implementation (github.com/P-H-C/phc-winner-argon2) */
    { "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc", "password" },
    { "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4", "password" },
    { "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc", "password" },
    { "$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$iekCn0Y3spW+sCcFanM2xBT63UP2sghkUoHLIUpWRS8", "password" },
    { "$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$FK6NoBr+qHAMI1jc73xTWNkCEoK9iGY6RWL1n7dNIu4",
      "differentpassword" },
    { "$argon2i$m=256,t=2,p=2$c29tZXNhbHQ$tsEVYKap1h6scGt5ovl9aLRGOqOth+AMB+KwHpDFZPs", "password" },
    { "$argon2i$v=16$m=256,t=2,p=2$c29tZXNhbHQ$tsEVYKap1h6scGt5ovl9aLRGOqOth+AMB+KwHpDFZPs", "password" },
    /* Debian's argon2(1); the first also from libsodium's crypto_pwhash */
    { ARGON2("id$v=19$m=19456,t=2,p=1", SALT_16, TAG_32), HORSE },
    { "$argon2id$v=19$m=64,t=1,p=8$c2FsdHNhbHRzYWx0c2FsdA$mppsCaqjGMjFXqnfSPwFKwAfxu0RF7ZaGNxz8exwktPKF+"
      "OXAzshyEWwFjUufKQ0"
      "9uTmWS3z6CrSYc8YkI/BcQ",
      HORSE },
    { "$argon2id$v=19$m=256,t=3,p=1$c2FsdHNhbHRzYWx0c2FsdA$dkhIwWhDj8am7qhsBlDNYCb/5tPv6HX5TqJsGp4Wl+I",
      "\U0001F600 pass " },
    /* lucia 2.7.7, generateLuciaPasswordHash; the second of characters that NFKC changes */
    { "s2:hvmen0vgyw79p39f:"
      "787e7403f5871ed1831b5726bce88c14955dc418c516e3ca732e7fe508e8bfcd0df13abc7cee5b775ac90c43bc8cb0c1"
      "4168a3ec93050d8e0a995cb4747faeda",
      HORSE },
    { "s2:89p1eu6amee2t3qy:"
      "81a2a46bb3fbdaf423d96e391ee0a205025aae97c99ca5c2edda9fed273fe0fe9bc0b3e0ba52119354f829d9ebf844f1"
      "bbacd366eb28e5eaf431ec99837a984b",
      "pass IV fi \u00E9 \U0001F600" },
    { "s2:xhgoio6jo0icqis3:"
      "1980853428bbcf7a10dbdef5da45f65c94ce4c326944bbc24424252ea62f6712c0564fde86a15c3f7da5d48b35569955"
      "7e4f1f034150c92a53d9be0149d29b61",
      "      " },
    { "s2:6zedwewflf11f9m8:"
      "83edac56052bd7a2383696888dabf116997e92da63f792b7993f2bb2ce126e1c57a7b46c45bb5cbc379f91a3b01d5f0c"
      "726388149109aa8f6ce52854b9b9440c",
      "\U0001F600\U0001F600\U0001F600" },
    /* lucia 2.7.7's own scrypt with r=8; its validateLuciaPasswordHash accepts both (one has the salt "s2")
     */
    { "oldsalt0123456789:"
      "740c428fcb0cd0de95e6a3d45732d7ba6abdda15024f63deaf27f8631c29a731012cb31540abcc967250a3e62919f0903e"
      "ea4512df279b57c788613b615765ed",
      HORSE },
    { "s2:"
      "5cc5b2365026cf0861a20122dbfc302d65eda09fc91ab3683923167cdf73c8900b31dc97771c3a042b48d18f295ccd7e0d689e"
      "8867f12e8a8"
      "834017922d0c931",
      HORSE },
    /* htpasswd -B (cost 4 and 10), -m, -s, -d */
    { "$2y$04$yJa.Z5sYCtljcuMtVjPloe/XXvTEhXQ/UradleoBUQQ359cH0nl1O", HORSE },
    { "$2y$10$9t7fWVz7Xxn8nj5W.XmZHu8s9rAccTykbtd4OGrRgA2KH/tJF4PcW", HORSE },
    { "$apr1$alGeC/20$8rPrnRYVpS03uuwBXhPiE/", HORSE },
    { "{SHA}q/eq1kOINtvlJqojGr3i0O73TUI=", HORSE },
    { "AcvP2PLCF2UWA", HORSE },
    /* openssl passwd -apr1, -1, -5, -6 */
    { "$apr1$abcdefgh$5MT.bUwCwhCf2blpqTwiG/", HORSE },
    { "$1$saltsalt$BsXyQbZiQujHkdhwPwdol.", HORSE },
    { "$5$saltsaltsaltsalt$bPJpWK7vm672W79VQB0m5/jkpFJLCXVgRFgJGTHMelA", HORSE },
    { "$6$saltsaltsaltsalt$csoGsaC3yxEIvMdVpxO2zEQlhCHi/6pnPVKHT3nfribhRDnEOL4O5nnsAETH/r6rG0vxiN/"
      "wRElsAf4u8CK4d.",
      HORSE },
    /* crypt(3) of Debian 12 */
    { "$2b$05$abcdefghijklmnopqrstuuFiPhXf1sVd3pCCRO.uVh34H/qI/ZsuS", HORSE },
    { "$2a$05$abcdefghijklmnopqrstuuFiPhXf1sVd3pCCRO.uVh34H/qI/ZsuS", HORSE },
    { "$5$rounds=1000$saltsalt$TFDrLHsZ0msaZlw.ZViQNNRjyMG9kAB3KDkA8eLkI..", HORSE },
    { "$6$rounds=10000$saltsalt$5y5jP4EfGEoWq/4rC1ck5kCG1TGGI4TbDQZGY.p/"
      "c8sKFcfUkNW8pD6j9Az2IrlXGqZGucQlyKytkhJHc7E.x1",
      HORSE },
    { "$y$j9T$F5Jx5fExrKuPp53xLKQ..1$y8e1eitiNDaQsFFW6d.9KbSTlk5zV3R3coZQtfcNAO5", HORSE },
    { "$y$j75$F5Jx5fExrKuPp53xLKQ..1$XyFxfxwa0G5N26Bxd8AIdzD64Fs3WWfQ9tsWo7cF/sB", HORSE },
};

/* Refused before anything is computed. */
static const char *const hostile[] = {
    "",
    "x",
    "*",
    "*0",
    "!",
    "!!",
    "password",
    "correct horse",
    ":",
    "::",
    ":::",
    "a:b",
    "a:b:c:d",
    "s2:",
    "s2:a",
    "s2::",
    "s2::" HEX_64,
    ":" HEX_64,
    "s2:salt:",
    "s2:salt:" HEX_64 "0",
    "s2:salt:" HEX_8,
    "s2:salt:A123456789abcdef" HEX_8 HEX_8 HEX_8 HEX_8 HEX_8 HEX_8 HEX_8,
    "s2:salt:g123456789abcdef" HEX_8 HEX_8 HEX_8 HEX_8 HEX_8 HEX_8 HEX_8,
    "s2:salt:more:" HEX_64,
    "s3:salt:" HEX_64,
    "S2:salt:" HEX_64,
    "s2:" A16 A16 A16 A16 "A:" HEX_64,
    A16 A16 A16 A16 "A:" HEX_64,
    "salt:" HEX_64 ":",
    "salt:" HEX_64 "\n",
    "$argon2",
    "$argon2id",
    "$argon2id$",
    "$argon2id$$$$",
    "$argon2id$v=19$m=19456,t=2,p=1",
    "$argon2id$v=19$m=19456,t=2,p=1$" SALT_16,
    "$argon2id$v=19$m=19456,t=2,p=1$" SALT_16 "$",
    "$argon2id$v=19$m=19456,t=2,p=1$$" TAG_32,
    ARGON2("d$v=19$m=64,t=1,p=1", SALT_16, TAG_32),
    ARGON2("$v=19$m=64,t=1,p=1", SALT_16, TAG_32),
    ARGON2("ix$v=19$m=64,t=1,p=1", SALT_16, TAG_32),
    ARGON2("ID$v=19$m=64,t=1,p=1", SALT_16, TAG_32),
    ARGON2("id$v=18$m=64,t=1,p=1", SALT_16, TAG_32),
    ARGON2("id$v=019$m=64,t=1,p=1", SALT_16, TAG_32),
    ARGON2("id$v=4294967315$m=64,t=1,p=1", SALT_16, TAG_32),
    ARGON2("id$v=$m=64,t=1,p=1", SALT_16, TAG_32),
    ARGON2("id$v=19$v=19$m=64,t=1,p=1", SALT_16, TAG_32),
    ARGON2("id$v=19$m=4194304,t=2,p=1", SALT_16, TAG_32),
    ARGON2("id$v=19$m=262145,t=2,p=1", SALT_16, TAG_32),
    ARGON2("id$v=19$m=4294967360,t=1,p=1", SALT_16, TAG_32),
    ARGON2("id$v=19$m=18446744073709551617,t=1,p=1", SALT_16, TAG_32),
    ARGON2("id$v=19$m=18446744073709551680,t=1,p=1", SALT_16, TAG_32),
    ARGON2("id$v=19$m=100000000000000000000000000064,t=1,p=1", SALT_16, TAG_32),
    ARGON2("id$v=19$m=7,t=1,p=1", SALT_16, TAG_32),
    ARGON2("id$v=19$m=31,t=1,p=4", SALT_16, TAG_32),
    ARGON2("id$v=19$m=0,t=1,p=1", SALT_16, TAG_32),
    ARGON2("id$v=19$m=064,t=1,p=1", SALT_16, TAG_32),
    ARGON2("id$v=19$m=+64,t=1,p=1", SALT_16, TAG_32),
    ARGON2("id$v=19$m=-64,t=1,p=1", SALT_16, TAG_32),
    ARGON2("id$v=19$m= 64,t=1,p=1", SALT_16, TAG_32),
    ARGON2("id$v=19$m=0x40,t=1,p=1", SALT_16, TAG_32),
    ARGON2("id$v=19$m=64,t=4294967295,p=1", SALT_16, TAG_32),
    ARGON2("id$v=19$m=64,t=4294967297,p=1", SALT_16, TAG_32),
    ARGON2("id$v=19$m=64,t=11,p=1", SALT_16, TAG_32),
    ARGON2("id$v=19$m=64,t=0,p=1", SALT_16, TAG_32),
    ARGON2("id$v=19$m=64,t=,p=1", SALT_16, TAG_32),
    ARGON2("id$v=19$m=128,t=1,p=9", SALT_16, TAG_32),
    ARGON2("id$v=19$m=128,t=1,p=0", SALT_16, TAG_32),
    ARGON2("id$v=19$m=128,t=1,p=4294967297", SALT_16, TAG_32),
    ARGON2("id$v=19$m=128,t=1,p=536870912", SALT_16, TAG_32),
    ARGON2("id$v=19$t=1,m=64,p=1", SALT_16, TAG_32),
    ARGON2("id$v=19$m=64,t=1,p=1,keyid=AAAA", SALT_16, TAG_32),
    ARGON2("id$v=19$m=64,t=1,p=1", "AAAAAAAAAA", TAG_32),
    ARGON2("id$v=19$m=64,t=1,p=1", A16 A16 A16 A16 A16 "AAAAAAA", TAG_32),
    ARGON2("id$v=19$m=64,t=1,p=1", "c2FsdHNhbHRzYWx0c2FsdB", TAG_32),
    ARGON2("id$v=19$m=64,t=1,p=1", SALT_16 "==", TAG_32),
    ARGON2("id$v=19$m=64,t=1,p=1", SALT_16 "AAA", TAG_32),
    ARGON2("id$v=19$m=64,t=1,p=1", SALT_16, ""),
    ARGON2("id$v=19$m=64,t=1,p=1", SALT_16, "AAAAAAAAAAAAAAAAAAAA"),
    ARGON2("id$v=19$m=64,t=1,p=1", SALT_16, A16 A16 A16 A16 A16 "AAAAAAA"),
    ARGON2("id$v=19$m=64,t=1,p=1", SALT_16, "QKHrg5tayLGcN+Y0HVPNaBqykOVLUxlMkZycXE1uWRN"),
    ARGON2("id$v=19$m=64,t=1,p=1", SALT_16, "QKHrg5tayLGcN-Y0HVPNaBqykOVLUxlMkZycXE1uWRM"),
    ARGON2("id$v=19$m=64,t=1,p=1", SALT_16, TAG_32 "="),
    ARGON2("id$v=19$m=64,t=1,p=1", SALT_16, TAG_32 " "),
    ARGON2("id$v=19$m=64,t=1,p=1", SALT_16, TAG_32 "\n"),
    ARGON2("id$v=19$m=64,t=1,p=1", SALT_16, TAG_32 "$"),
    ARGON2("id$v=19$m=64,t=1,p=1", SALT_16, TAG_32 ":x"),
    " " ARGON2("id$v=19$m=64,t=1,p=1", SALT_16, TAG_32),
    "$2y$31$9t7fWVz7Xxn8nj5W.XmZHu8s9rAccTykbtd4OGrRgA2KH/tJF4PcW",
    "$2y$15$9t7fWVz7Xxn8nj5W.XmZHu8s9rAccTykbtd4OGrRgA2KH/tJF4PcW",
    "$2y$03$9t7fWVz7Xxn8nj5W.XmZHu8s9rAccTykbtd4OGrRgA2KH/tJF4PcW",
    "$2y$4$9t7fWVz7Xxn8nj5W.XmZHu8s9rAccTykbtd4OGrRgA2KH/tJF4PcW",
    "$2y$004$9t7fWVz7Xxn8nj5W.XmZHu8s9rAccTykbtd4OGrRgA2KH/tJF4PcW",
    "$2y$10$9t7fWVz7Xxn8nj5W.XmZHu8s9rAccTykbtd4OGrRgA2KH/tJF4Pc",
    "$2y$10$9t7fWVz7Xxn8nj5W.XmZHu8s9rAccTykbtd4OGrRgA2KH/tJF4PcWW",
    "$2x$10$9t7fWVz7Xxn8nj5W.XmZHu8s9rAccTykbtd4OGrRgA2KH/tJF4PcW",
    "$2$10$9t7fWVz7Xxn8nj5W.XmZHu8s9rAccTykbtd4OGrRgA2KH/tJF4PcW",
    "$2",
    "$2y$",
    "$2y$10",
    "$1$",
    "$1$$BsXyQbZiQujHkdhwPwdol.",
    "$1$saltsalts$BsXyQbZiQujHkdhwPwdol.",
    "$1$saltsalt$BsXyQbZiQujHkdhwPwdol.x",
    "$apr1$",
    "$apr1$abcdefgh",
    "$apr1$abcdefghi$5MT.bUwCwhCf2blpqTwiG/",
    "$5$",
    "$6$",
    "$6$x",
    "$6$rounds=999999999$saltsalt$5y5jP4EfGEoWq/4rC1ck5kCG1TGGI4TbDQZGY.p/"
    "c8sKFcfUkNW8pD6j9Az2IrlXGqZGucQlyKytkhJHc7E.x1",
    "$6$rounds=500001$saltsalt$5y5jP4EfGEoWq/4rC1ck5kCG1TGGI4TbDQZGY.p/"
    "c8sKFcfUkNW8pD6j9Az2IrlXGqZGucQlyKytkhJHc7E.x1",
    "$6$rounds=999$saltsalt$5y5jP4EfGEoWq/4rC1ck5kCG1TGGI4TbDQZGY.p/"
    "c8sKFcfUkNW8pD6j9Az2IrlXGqZGucQlyKytkhJHc7E.x1",
    "$6$rounds=$saltsalt$5y5jP4EfGEoWq/4rC1ck5kCG1TGGI4TbDQZGY.p/"
    "c8sKFcfUkNW8pD6j9Az2IrlXGqZGucQlyKytkhJHc7E.x1",
    "$5$rounds=18446744073709552616$saltsalt$TFDrLHsZ0msaZlw.ZViQNNRjyMG9kAB3KDkA8eLkI..",
    "$5$rounds=999999999$",
    "$6$rounds=999999999$",
    "$y$jAT$F5Jx5fExrKuPp53xLKQ..1$PqVNgOUUxYONfu44iomrP2Qe3ASmWe42OygMYVHdsuB",
    "$y$j9U$F5Jx5fExrKuPp53xLKQ..1$y8e1eitiNDaQsFFW6d.9KbSTlk5zV3R3coZQtfcNAO5",
    "$y$jz9T$F5Jx5fExrKuPp53xLKQ..1$y8e1eitiNDaQsFFW6d.9KbSTlk5zV3R3coZQtfcNAO5",
    "$y$j9T/.$F5Jx5fExrKuPp53xLKQ..1$y8e1eitiNDaQsFFW6d.9KbSTlk5zV3R3coZQtfcNAO5",
    "$y$k9T$F5Jx5fExrKuPp53xLKQ..1$y8e1eitiNDaQsFFW6d.9KbSTlk5zV3R3coZQtfcNAO5",
    "$y$j9T$$y8e1eitiNDaQsFFW6d.9KbSTlk5zV3R3coZQtfcNAO5",
    "$y$",
    "$y$j",
    "$y$j9",
    "$7$CU..../....saltsalt$y8e1eitiNDaQsFFW6d.9KbSTlk5zV3R3coZQtfcNAO5",
    "$gy$j9T$F5Jx5fExrKuPp53xLKQ..1$y8e1eitiNDaQsFFW6d.9KbSTlk5zV3R3coZQtfcNAO5",
    "$3$$8846f7eaee8fb117ad06bdd830b7586c",
    "$sha1$24680$salt$x",
    "$md5,rounds=4294967295$salt$x",
    "_J9..saltsaltsaltsal",
    "{SHA}",
    "{SHA}q/eq1kOINtvlJqojGr3i0O73TUI",
    "{SHA}q/eq1kOINtvlJqojGr3i0O73TUI==",
    "{SSHA}q/eq1kOINtvlJqojGr3i0O73TUI=",
    "{SHA}x",
    "AcvP2PLCF2UW",
    "AcvP2PLCF2UWAA",
    "AcvP2PLCF2UW*",
    "abcd:fghijklm",
};

/* Well-formed and cheap, but no password has them. */
static const char *const useless[] = {
    ARGON2("id$v=19$m=8,t=1,p=1", SALT_16, TAG_32),
    ARGON2("i$v=16$m=8,t=1,p=1", SALT_16, TAG_32),
    "salt:" HEX_64,
    "passwordpassw",
    ".............",
    "{SHA}AAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    "$2y$04$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "$y$j.1$AAAA$" A16 A16 "AAAAAAAAAAA",
};

#endif
