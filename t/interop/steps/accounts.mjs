// SPDX-License-Identifier: Apache-2.0
// The way of a visitor through the pages and through the API, and the limits of what may be typed.
import { PASSWORD, WRONG } from "../lib/fixtures.mjs";
import {
  BAD_PASSWORD, BAD_USERNAME, INCORRECT, PAGE, SIGNED_IN, SIGNED_OUT, TAKEN, TO_HOME, TO_LOGIN, UNAUTHORIZED,
  account, browser, form, get, json, post, profileOf, rawJson, visitor,
} from "./words.mjs";

const EMOJI = "\u{1f600}"; // two UTF-16 units

const pages = {
  name: "pages",
  steps: [
    visitor("a visitor at the profile", get("/"), TO_LOGIN),
    visitor("a visitor at the sign-in page", get("/login"), PAGE),
    visitor("a visitor at the sign-up page", get("/signup"), PAGE),
    visitor("a visitor signs out", post("/logout"), UNAUTHORIZED, "signed-out-page"),
    visitor("sign-in before there is an account", form("/login", { username: "Ada Lovelace", password: PASSWORD }), INCORRECT),
    browser("ada", "sign-up", form("/signup", { username: "Ada Lovelace", password: PASSWORD }), SIGNED_IN),
    browser("ada", "the profile", get("/"), profileOf("Ada Lovelace")),
    browser("ada", "signed in, at the sign-in page", get("/login"), TO_HOME),
    browser("ada", "signed in, at the sign-up page", get("/signup"), TO_HOME),
    browser("ada", "signed in, with a query", get("/login?a=b"), TO_HOME),
    visitor("sign-up again", form("/signup", { username: "Ada Lovelace", password: PASSWORD }), TAKEN),
    browser("ada", "sign-out", post("/logout"), SIGNED_OUT),
    browser("ada", "the profile after it", get("/"), TO_LOGIN),
    browser("ada", "sign-out again", post("/logout"), UNAUTHORIZED, "signed-out-page"),
    visitor("a wrong password", form("/login", { username: "Ada Lovelace", password: WRONG }), INCORRECT),
    visitor("a password in another case", form("/login", { username: "Ada Lovelace", password: "Correct horse" }), INCORRECT),
    browser("ada", "sign-in", form("/login", { username: "Ada Lovelace", password: PASSWORD }), SIGNED_IN),
    browser("ada", "the profile after sign-in", get("/"), profileOf("Ada Lovelace")),
  ],
};

const api = {
  name: "API",
  steps: [
    browser("bob", "sign-up", json("/api/signup", { username: "bobby", password: PASSWORD }), SIGNED_IN),
    browser("bob", "the profile", get("/"), profileOf("bobby")),
    visitor("sign-up again", json("/api/signup", { username: "bobby", password: PASSWORD }), TAKEN),
    browser("bob", "sign-out", post("/api/logout"), SIGNED_OUT),
    browser("bob", "sign-out again", post("/api/logout"), UNAUTHORIZED),
    visitor("an unknown user", json("/api/login", { username: "nobody", password: PASSWORD }), INCORRECT),
    visitor("a wrong password", json("/api/login", { username: "bobby", password: "x" }), INCORRECT),
    browser("bob", "sign-in", json("/api/login", { username: "bobby", password: PASSWORD }), SIGNED_IN),
    visitor(
      "members that nobody asked for",
      json("/api/login", { username: "bobby", password: PASSWORD, remember: [1] }),
      SIGNED_IN,
    ),
    visitor("a form at the API", form("/api/login", { username: "bobby", password: PASSWORD }), SIGNED_IN),
    visitor("a wrong form at the API", form("/api/login", { username: "bobby", password: "x" }), INCORRECT),
    visitor("JSON at the page's address", json("/login", { username: "bobby", password: PASSWORD }), SIGNED_IN),
    visitor(
      "wrong JSON at the page's address",
      json("/login", { username: "bobby", password: "x" }),
      INCORRECT,
      "json-in-json-out",
    ),
  ],
};

const signUpName = (username) => form("/signup", { username, password: PASSWORD });
const signUpPassword = (username, password) => form("/signup", { username, password });
const signInWith = (username, password) => form("/login", { username, password });

const lengths = {
  name: "lengths in UTF-16 units",
  steps: [
    visitor("a name of 0 at sign-up", signUpName(""), BAD_USERNAME),
    visitor("a name of 3 at sign-up", signUpName("abc"), BAD_USERNAME),
    ...account("a name of 4", "abcd", PASSWORD),
    ...account("a name of 31", "n".repeat(31), PASSWORD),
    visitor("a name of 32 at sign-up", signUpName("n".repeat(32)), BAD_USERNAME),
    visitor("a name of 3 with an emoji (2 characters)", signUpName(`${EMOJI}a`), BAD_USERNAME),
    ...account("a name of 4 in two emoji", EMOJI.repeat(2), PASSWORD),
    ...account("a name of 31 with 15 emoji", `${EMOJI.repeat(15)}a`, PASSWORD),
    visitor("a name of 32 in 16 emoji", signUpName(EMOJI.repeat(16)), BAD_USERNAME),
    visitor("a name of 31 in three-byte characters", signUpName("\u6f22".repeat(31)), SIGNED_IN),
    visitor("a name of 0 at sign-in", signInWith("", PASSWORD), BAD_USERNAME),
    visitor("a name of 1 at sign-in", signInWith("a", PASSWORD), INCORRECT),
    visitor("a name of 32 at sign-in", signInWith("n".repeat(32), PASSWORD), BAD_USERNAME),
    visitor("a password of 0 at sign-up", signUpPassword("length-p0", ""), BAD_PASSWORD),
    visitor("a password of 5", signUpPassword("length-p5", "12345"), BAD_PASSWORD),
    ...account("a password of 6", "length-p6", "123456"),
    ...account("a password of 255", "length-p255", "x".repeat(255)),
    visitor("one that differs in the last place", signInWith("length-p255", `${"x".repeat(254)}y`), INCORRECT),
    visitor("a password of 256 at sign-up", signUpPassword("length-p256", "x".repeat(256)), BAD_PASSWORD),
    visitor("a password of 5 with two emoji", signUpPassword("length-e5", `${EMOJI.repeat(2)}a`), BAD_PASSWORD),
    ...account("a password of 6 in three emoji", "length-e6", EMOJI.repeat(3)),
    ...account("a password of 255 with 127 emoji", "length-e255", `${EMOJI.repeat(127)}a`),
    visitor("a password of 256 in 128 emoji", signUpPassword("length-e256", EMOJI.repeat(128)), BAD_PASSWORD),
    visitor("a password of 0 at sign-in", signInWith("length-p6", ""), BAD_PASSWORD),
    visitor("a password of 1 at sign-in", signInWith("length-p6", "1"), INCORRECT),
    visitor("a password of 255 at sign-in", signInWith("length-p6", "1".repeat(255)), INCORRECT),
    visitor("a password of 256 at sign-in", signInWith("length-p6", "1".repeat(256)), BAD_PASSWORD),
    visitor("both wrong: the name is told first", signUpPassword("ab", "1"), BAD_USERNAME),
    visitor(
      "a surrogate pair as JSON escapes",
      rawJson("/api/login", `{"username":"\\ud83d\\ude00\\uD83D\\uDE00","password":"${PASSWORD}"}`),
      SIGNED_IN,
    ),
  ],
};

export const sequences = [pages, api, lengths];
