// SPDX-License-Identifier: Apache-2.0
// Upper and lower case as JavaScript has them, Unicode normalisation, and characters that mean something elsewhere.
import { PASSWORD, WRONG } from "../lib/fixtures.mjs";
import {
  BAD_PASSWORD, INCORRECT, SIGNED_IN, TAKEN, account, browser, form, get, json, profileOf, rawForm, visitor,
} from "./words.mjs";

const UNKNOWN_ERROR = { status: 500, message: "An unknown error occurred" };

const signUp = (username, password = PASSWORD) => form("/signup", { username, password });
const signIn = (username, password = PASSWORD) => json("/api/login", { username, password });

/** The typed name signs up; the pairs say which other spellings are the same account. */
const spellings = (what, typed, same, others) => [
  visitor(`${what}: sign-up`, signUp(typed), SIGNED_IN),
  ...same.map((username) => visitor(`${what}: ${username} is the same`, signIn(username), SIGNED_IN)),
  ...others.map((username) => visitor(`${what}: ${username} is another`, signIn(username), INCORRECT)),
];

const letterCase = {
  name: "letter case",
  steps: [
    browser("case", "sign-up in capitals", signUp("USER123"), SIGNED_IN),
    browser("case", "the profile keeps the case", get("/"), profileOf("USER123")),
    browser("case", "sign-in in small letters", signIn("user123"), SIGNED_IN),
    browser("case", "the profile still keeps it", get("/"), profileOf("USER123")),
    visitor("the same name is taken", signUp("USER123"), TAKEN),
    visitor("the same name in another case is taken", signUp("User123"), UNKNOWN_ERROR, "taken-in-another-case"),
    visitor(
      "so it is at the API",
      json("/api/signup", { username: "user123", password: PASSWORD }),
      UNKNOWN_ERROR,
      "taken-in-another-case-api",
    ),
    visitor("its password is the first one's", signIn("User123"), SIGNED_IN),
    ...spellings("dotted capital I", "\u0130stanbul", ["i\u0307stanbul"], ["istanbul", "\u0131stanbul"]),
    ...spellings("dotless i", "D\u0131yar", ["d\u0131YAR"], ["DIYAR", "diyar"]),
    ...spellings("sharp s", "Stra\u00dfe", ["stra\u00dfE", "STRA\u1e9eE"], ["STRASSE"]),
    ...spellings("final sigma", "\u039f\u0394\u039f\u03a3", ["\u03bf\u03b4\u03bf\u03c2"], ["\u03bf\u03b4\u03bf\u03c3"]),
    ...spellings("sigma before a letter", "\u039f\u03a3\u039f\u03a3a", ["\u03bf\u03c3\u03bf\u03c3a"], ["\u03bf\u03c3\u03bf\u03c2a"]),
    ...spellings("sigma before a full stop", "\u0391\u03a3.x\u03a3", ["\u03b1\u03c3.x\u03c2"], ["\u03b1\u03c2.x\u03c2"]),
    ...spellings("Kelvin and Ohm signs", "\u212aelvin\u2126", ["kelvin\u03c9", "KELVIN\u03a9"], []),
    ...spellings("letters beyond the first plane", "\u{10400}\u{10401}", ["\u{10428}\u{10429}"], []),
    ...spellings("composed and decomposed", "Caf\u00e9", ["CAF\u00c9"], ["Cafe\u0301"]),
    ...spellings("full width is not narrow", "\uff37\uff38\uff39\uff3a", ["\uff57\uff58\uff59\uff5a"], ["WXYZ"]),
  ],
};

const normalisation = {
  name: "passwords are NFKC",
  steps: [
    visitor("sign-up with a ligature and a circled digit", signUp("nfkc-one", "\ufb01nancial\u2460"), SIGNED_IN),
    visitor("sign-in with the plain letters", signIn("nfkc-one", "financial1"), SIGNED_IN),
    visitor("sign-up decomposed", signUp("nfkc-two", "re\u0301sume\u0301"), SIGNED_IN),
    visitor("sign-in composed", signIn("nfkc-two", "r\u00e9sum\u00e9"), SIGNED_IN),
    visitor("sign-in without the accents", signIn("nfkc-two", "resume"), INCORRECT),
    visitor("six units that normalise to more", signUp("nfkc-three", "\u33a5\u33a5\u33a5\u33a5\u33a5\u33a5"), SIGNED_IN),
    visitor("lengths count before normalising", signUp("nfkc-four", "\ufdfa\ufdfa\ufdfa"), BAD_PASSWORD),
    visitor(
      "255 units that normalise to 4,590",
      json("/api/signup", { username: "nfkc-five", password: "\ufdfa".repeat(255) }),
      SIGNED_IN,
    ),
    visitor("and sign in", signIn("nfkc-five", "\ufdfa".repeat(255)), SIGNED_IN),
    visitor("Hangul in letters", signUp("nfkc-six", "\u1112\u1161\u11ab\u1100\u1173\u11af"), SIGNED_IN),
    visitor("Hangul in syllables", signIn("nfkc-six", "\ud55c\uae00"), SIGNED_IN),
    visitor(
      "a full-width password",
      signIn("nfkc-one", "\uff46\uff49\uff4e\uff41\uff4e\uff43\uff49\uff41\uff4c\uff11"),
      SIGNED_IN,
    ),
  ],
};

const profileShows = (what, username) => [
  browser(what, `${what}: sign-up`, signUp(username), SIGNED_IN),
  browser(what, `${what}: the profile`, get("/"), profileOf(username)),
  visitor(`${what}: sign-in`, signIn(username), SIGNED_IN),
  visitor(`${what}: the form keeps it`, form("/login", { username, password: WRONG }), { ...INCORRECT, kept: username }),
];

const meaningful = {
  name: "characters that mean something elsewhere",
  steps: [
    ...profileShows("colons", "user:na:me"),
    ...profileShows("quotes", `O'Brien "Bo" \\ x`),
    ...profileShows("per cent", "100%41 %00 %%user_id%%"),
    ...profileShows("HTML", `"><svg onload=alert(1)>&amp;`),
    ...profileShows("a replacement pattern", "$& $1 $` $'"),
    ...profileShows("SQL", "'; DROP TABLE user; --"),
    ...profileShows("plus, equals, ampersand", "a+b=c&d;e"),
    visitor("a joiner and right-to-left", signUp("a\u200db\u202ec"), SIGNED_IN, "control-characters"),
    visitor("a plus sign is a space in a form", rawForm("/login", "username=user%3ana%3Ame&password=correct+horse"), SIGNED_IN),
    visitor("%20 is a space too", rawForm("/login", "username=user:na:me&password=correct%20horse"), SIGNED_IN),
    visitor("raw UTF-8 in a form", rawForm("/login", "username=Stra\u00dfe&password=correct+horse"), SIGNED_IN),
    visitor("spaces around a name", signIn(" user:na:me "), INCORRECT, "blanks-at-sign-in"),
    visitor("spaces around a new name", signUp("  spaces  "), SIGNED_IN, "control-characters"),
    ...account("a password of spaces", "just-spaces", "      "),
    ...account("a password with line breaks and tabs", "line-breaks", "a\tb\nc\rd"),
    visitor("a tab in a name", signUp("tab\there"), SIGNED_IN, "control-characters"),
    visitor("a line break in a name", signUp("line\nbreak"), SIGNED_IN, "control-characters"),
    visitor("ESC in a name at sign-in", signIn("esc\u001b[31m"), INCORRECT, "control-characters-at-sign-in"),
    visitor("DEL in a name", signUp("del\u007fhere"), SIGNED_IN, "control-characters"),
  ],
};

export const sequences = [letterCase, normalisation, meaningful];
