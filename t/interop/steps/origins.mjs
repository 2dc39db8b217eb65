// SPDX-License-Identifier: Apache-2.0
// Where a request says it comes from. Lucia looks only where it reads a session; mod_luciauth at sign-up and sign-in too.
import { PASSWORD } from "../lib/fixtures.mjs";
import { SIGNED_IN, SIGNED_OUT, UNAUTHORIZED, browser, form, get, json, post, profileOf } from "./words.mjs";

const USERNAME = "Origin User";
const CRASH = { status: 500 };
const UNKNOWN_ERROR = { status: 500, message: "An unknown error occurred" };

const host = (url) => new URL(url).host;
const ORIGINS = {
  absent: null,
  foreign: () => "https://evil.example",
  "of another port": () => "http://127.0.0.1:1",
  "without the port": () => "http://127.0.0.1",
  "with a suffix": (url) => `http://${host(url).replace(":", ".evil.example:")}`,
  "with a prefix": (url) => `http://evil-${host(url)}`,
  "of another scheme": (url) => `https://${host(url)}`,
  null: () => "null",
  nonsense: () => "evil",
  doubled: (url) => `http://${host(url)}, https://evil.example`,
};

const signOut = (which, expect, differs) => ({
  name: `sign-out, Origin ${which}`,
  jar: "o",
  request: post("/logout"),
  origin: ORIGINS[which],
  expect,
  differs,
});
const signIn = (which, expect, differs) => ({
  name: `sign-in, Origin ${which}`,
  request: json("/api/login", { username: USERNAME, password: PASSWORD }),
  origin: ORIGINS[which],
  expect,
  differs,
});
const signUp = (username, which, expect, differs) => ({
  name: `sign-up, Origin ${which}`,
  request: form("/signup", { username, password: PASSWORD }),
  origin: ORIGINS[which],
  expect,
  differs,
});
const stillThere = browser("o", "the session lives", get("/"), profileOf(USERNAME));

const origins = {
  name: "Origin",
  steps: [
    browser("o", "sign-up", form("/signup", { username: USERNAME, password: PASSWORD }), SIGNED_IN),
    ...["absent", "foreign", "of another port", "without the port", "with a suffix"].flatMap((which) => [
      signOut(which, UNAUTHORIZED),
      stillThere,
    ]),
    signOut("with a prefix", CRASH, "sign-out-origin-breaks"), // no host may end in a number, says the URL standard
    signOut("null", CRASH, "sign-out-origin-breaks"),
    signOut("nonsense", CRASH, "sign-out-origin-breaks"),
    signOut("doubled", CRASH, "sign-out-origin-breaks"),
    stillThere,
    signIn("absent", SIGNED_IN),
    ...["foreign", "of another port", "with a suffix", "of another scheme"].map((which) =>
      signIn(which, SIGNED_IN, "foreign-origin"),
    ),
    signIn("null", UNKNOWN_ERROR, "foreign-origin-breaks"),
    signIn("nonsense", UNKNOWN_ERROR, "foreign-origin-breaks"),
    signUp("Foreign One", "foreign", SIGNED_IN, "foreign-origin-form"),
    signUp("Foreign Two", "null", UNKNOWN_ERROR, "foreign-origin-breaks-form"),
    {
      name: "the users made by those two",
      query: { sql: "SELECT count(*) AS value FROM {users} WHERE username LIKE 'Foreign %'", args: [] },
      expect: 2,
      differs: "foreign-origin-changes",
    },
    ...["cross-site", "same-site"].map((site) => ({
      name: `sign-in, Sec-Fetch-Site ${site} and no Origin`,
      request: json("/api/login", { username: USERNAME, password: PASSWORD }, [["Sec-Fetch-Site", site]]),
      origin: null,
      expect: SIGNED_IN,
      differs: "foreign-origin",
    })),
    ...["same-origin", "none"].map((site) => ({
      name: `sign-in, Sec-Fetch-Site ${site}`,
      request: json("/api/login", { username: USERNAME, password: PASSWORD }, [["Sec-Fetch-Site", site]]),
      expect: SIGNED_IN,
    })),
    { name: "the profile, Origin foreign", jar: "o", request: get("/"), origin: ORIGINS.foreign, expect: profileOf(USERNAME) },
    signOut("of another scheme", SIGNED_OUT, "other-scheme"),
  ],
};

export const sequences = [origins];
