// SPDX-License-Identifier: Apache-2.0
// What JavaScript, and so Lucia v2, makes of every character: a table for build/t/unit/password/unicode_table to check the core
// against. All text is the hexadecimal of its UTF-8. One line each:
//
//   U VERSION          the version of Unicode that this JavaScript knows
//   A FIRST LAST       code points (hexadecimal) that are assigned in it, without NUL and surrogates
//   L TEXT LOWER       toLowerCase() of one code point, where it is not the same
//   N TEXT NFKC        normalize("NFKC") of one code point, where it is not the same
//   S POINT FORMS      what a sigma becomes beside this code point, where that is not UNCASED: see SIGMA_CONTEXTS
//   W TEXT LOWER       toLowerCase() of several characters, also where it is the same
//   M TEXT NFKC        normalize("NFKC") of several characters, also where it is the same
import { once } from "node:events";

const LAST_CODE_POINT = 0x10ffff;
const SIGMA = "\u03a3";
const FINAL = "\u03c2";

/** Where the sigma stands last in the string that is looked at, "1" means that it became a final one. */
const SIGMA_CONTEXTS = [
  (c) => c + SIGMA,
  (c) => `a${SIGMA}${c}`,
  (c) => `a${SIGMA}${c}a`,
  (c) => `a${c}${SIGMA}`,
];
const UNCASED = "0110"; // a character with no case that ends a word

const hex = (text) => Buffer.from(text, "utf8").toString("hex");
const sigmaForms = (c) => SIGMA_CONTEXTS.map((context) => (context(c).toLowerCase().includes(FINAL) ? "1" : "0")).join("");
const isAssigned = (c) => !/^\p{Cn}$/u.test(c);
const isSurrogate = (point) => point >= 0xd800 && point <= 0xdfff;

const lines = [`U ${process.versions.unicode}`];
const put = (...words) => lines.push(words.join(" "));

let rangeStart = null;
const noteAssigned = (point, assigned) => {
  if (assigned && rangeStart === null) rangeStart = point;
  if (assigned || rangeStart === null) return;
  put("A", rangeStart.toString(16), (point - 1).toString(16));
  rangeStart = null;
};

for (let point = 1; point <= LAST_CODE_POINT; point += 1) {
  const c = isSurrogate(point) ? null : String.fromCodePoint(point);
  const assigned = c !== null && isAssigned(c);
  noteAssigned(point, assigned);
  if (!assigned) continue;
  if (c.toLowerCase() !== c) put("L", hex(c), hex(c.toLowerCase()));
  if (c.normalize("NFKC") !== c) put("N", hex(c), hex(c.normalize("NFKC")));
  if (sigmaForms(c) !== UNCASED) put("S", point.toString(16), sigmaForms(c));
}
noteAssigned(LAST_CODE_POINT + 1, false);

/** The same numbers in every run (a linear congruence modulo 2 to the 32). */
let state = 20_231_115;
const below = (limit) => {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((state / 2 ** 32) * limit);
};
const some = (alphabet, least, most) =>
  Array.from({ length: least + below(most - least + 1) }, () => alphabet[below(alphabet.length)]).join("");

// Letters with and without case, what may stand within words, what ends them, marks, and sigma again and again.
const WORDS = [
  ..."\u03a3\u03a3\u03a3\u03a3aBZ\u0130I\u0131\u00df\u1e9e\u0391\u03c9\u03c2\u03c3",
  ..."'.:\u00b7\u2019\u2024 ,-_1\u00ad\u200d\u0301\u0345\u20dd\u02b0\u00aa\u2160\u24b6",
  ..."\u05d0\u6f22\u{1f600}\u{10400}\u{1d400}\u{1f130}\u01c5\u1f88\u1fbc\u212a\u2126",
];
// Bases and marks that compose, decompose, reorder or are excluded from composition; Hangul in letters.
const MARKED = [
  ..."aeAEIsS\u00c5\u212b\u00e9\u1e9b\u0344\u0958\u09dc\u0b5c\u2adc\ufb1f\u{1d15e}\u{110ab}\u0f43\u0f73",
  ..."\u0300\u0301\u0307\u0308\u0323\u0327\u0328\u0338\u0340\u0341\u0345\u05b0\u05bc\u0f71\u0f72\u0f74\u3099\u309a",
  ..."\u0915\u093c\u09bc\u09a1\u0b21\u0b3c\u304b\u30cf\u1100\u1112\u1161\u1175\u11a8\u11c2\uac00\ud55c\u1025\u102e",
  ..."\ufb01\u2460\u33a5\ufdfa\uff76\uff9e\u00bd\u2075\u1d2c\u01c4\u0132\u00a0\u3000\u{1f100}\u{2f800}",
];
const SEQUENCES = 20_000;
const LONGEST = 8;

for (let i = 0; i < SEQUENCES; i += 1) {
  const word = some(WORDS, 2, LONGEST);
  put("W", hex(word), hex(word.toLowerCase()));
  const marked = some(MARKED, 2, LONGEST);
  put("M", hex(marked), hex(marked.normalize("NFKC")));
}

if (!process.stdout.write(`${lines.join("\n")}\n`)) await once(process.stdout, "drain");
