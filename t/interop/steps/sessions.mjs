// SPDX-License-Identifier: Apache-2.0
// Sessions: their cookie in every state, their two periods, several at once, and where a request comes from.
import { PASSWORD } from "../lib/fixtures.mjs";
import {
  INCORRECT, SIGNED_IN, SIGNED_OUT, TO_HOME, TO_LOGIN, UNAUTHORIZED, browser, form, get, json, post, profileOf,
} from "./words.mjs";

const CLEARED = { ...TO_LOGIN, cookie: "cleared" };
const DAY_MS = 24 * 60 * 60 * 1000;

const signIn = (jar, username) => ({
  name: `${username} signs in (${jar})`,
  jar,
  request: json("/api/login", { username, password: PASSWORD }),
  expect: SIGNED_IN,
});
const signUp = (jar, username) => ({
  name: `${username} signs up`,
  jar,
  request: form("/signup", { username, password: PASSWORD }),
  expect: SIGNED_IN,
});
const cookieOf = (jar, write) => (jars) => write(jars.get(jar).tokens.at(-1));
const sent = (name, write, expect, differs, request = get("/")) => ({
  name, request, cookie: cookieOf("known", write), expect, differs,
});

const UNKNOWN = "0123456789abcdefghijklmnopqrstuvwxyz0123";
const flip = (token) => token.slice(0, -1) + (token.endsWith("a") ? "b" : "a");
const PROFILE = profileOf("Cookie Monster");

const cookies = {
  name: "the cookie",
  steps: [
    signUp("known", "Cookie Monster"),
    sent("as it was set", (token) => `auth_session=${token}`, PROFILE),
    sent("among others", (token) => `a=b; auth_session=${token}; c="d;e"`, PROFILE),
    sent("without spaces", (token) => `a=b;auth_session=${token};c=d`, PROFILE),
    sent("in a second header", (token) => ["a=b", `auth_session=${token}`], PROFILE, "two-headers"),
    sent("twice the same", (token) => `auth_session=${token}; auth_session=${token}`, PROFILE),
    sent("garbage", () => "auth_session=garbage", CLEARED, "not-a-token"),
    sent("empty", () => "auth_session=", TO_LOGIN),
    sent("no value at all", () => "auth_session", TO_LOGIN),
    sent("an unknown token", () => `auth_session=${UNKNOWN}`, CLEARED),
    sent("its last character changed", (token) => `auth_session=${flip(token)}`, CLEARED),
    sent("in capitals", (token) => `auth_session=${token.toUpperCase()}`, CLEARED, "not-a-token"),
    sent("one character short", (token) => `auth_session=${token.slice(1)}`, CLEARED, "not-a-token"),
    sent("one character long", (token) => `auth_session=${token}a`, CLEARED, "not-a-token"),
    sent("another name", (token) => `auth_session2=${token}`, TO_LOGIN),
    sent("the name in capitals", (token) => `AUTH_SESSION=${token}`, TO_LOGIN),
    sent("quoted", (token) => `auth_session="${token}"`, PROFILE, "strict-cookie"),
    sent(
      "percent-encoded",
      (token) => `auth_session=%${token.charCodeAt(0).toString(16)}${token.slice(1)}`,
      PROFILE,
      "strict-cookie",
    ),
    sent("the right one first of two", (token) => `auth_session=${token}; auth_session=${UNKNOWN}`, PROFILE, "two-cookies"),
    sent("the right one second of two", (token) => `auth_session=${UNKNOWN}; auth_session=${token}`, CLEARED),
    sent("after a comma", (token) => `a=b,auth_session=${token}`, TO_LOGIN),
    sent("SQL", () => "auth_session=' OR 1=1 --", CLEARED, "not-a-token"),
    sent(
      "an unknown token at the sign-in page",
      () => `auth_session=${UNKNOWN}`,
      { status: 200, cookie: "cleared" },
      null,
      get("/login"),
    ),
    sent(
      "an unknown token at sign-out",
      () => `auth_session=${UNKNOWN}`,
      { ...UNAUTHORIZED, cookie: "cleared" },
      "signed-out-page",
      post("/logout"),
    ),
    sent(
      "garbage at sign-out",
      () => "auth_session=garbage",
      { ...UNAUTHORIZED, cookie: "cleared" },
      "not-a-token",
      post("/api/logout"),
    ),
    sent(
      "an unknown token at a wrong sign-in",
      () => `auth_session=${UNKNOWN}`,
      INCORRECT,
      null,
      json("/api/login", { username: "Cookie Monster", password: "x" }),
    ),
    sent("still as it was set", (token) => `auth_session=${token}`, PROFILE),
  ],
};

/** Moves the two moments of the jar's session to so many milliseconds from now. */
const age = (jar, active, idle) => ({ name: `the session is aged (${jar})`, jar, age: { active, idle } });

const OF_USER = "FROM user_session JOIN {users} u ON u.id = user_session.user_id WHERE username = ?";
const count = (username, expect, differs) => ({
  name: `sessions of ${username}`,
  query: { sql: `SELECT count(*) AS value ${OF_USER}`, args: [username] },
  expect,
  differs,
});
const LEFT = "(active_expires - ?)"; // MariaDB's division leaves a fraction, which its CAST rounds
const ACTIVE_LEFT = `SELECT CAST((${LEFT} - ${LEFT} % 60000) / 60000 AS INTEGER) AS value ${OF_USER}`;

const periods = {
  name: "active, idle, dead",
  steps: [
    signUp("t", "Time Lord"),
    age("t", 60_000, DAY_MS),
    browser("t", "active, a minute left", get("/"), profileOf("Time Lord")),
    age("t", -1_000, 60_000),
    browser("t", "idle", get("/"), profileOf("Time Lord"), "renewal-sent"),
    {
      name: "active again, for a day",
      query: { sql: ACTIVE_LEFT, args: [() => Date.now() + 10_000, () => Date.now() + 10_000, "Time Lord"] },
      expect: 23 * 60 + 59,
    },
    browser("t", "and not sent twice", get("/"), profileOf("Time Lord")),
    age("t", -1_000, 60_000),
    browser("t", "idle, at the sign-in page", get("/login"), TO_HOME, "renewal-sent"),
    age("t", -1_000, 60_000),
    browser("t", "idle, signs out", post("/logout"), SIGNED_OUT),
    count("Time Lord", 0),
    signIn("t", "Time Lord"),
    age("t", -DAY_MS, -1_000),
    browser("t", "dead, at the profile", get("/"), CLEARED),
    count("Time Lord", 1, "dead-row"),
    signIn("t", "Time Lord"),
    age("t", -DAY_MS, -1_000),
    browser("t", "dead, signs out", post("/api/logout"), { ...UNAUTHORIZED, cookie: "cleared" }),
    signIn("t", "Time Lord"),
    age("t", -DAY_MS, -1_000),
    browser("t", "dead, at the sign-in page", get("/login"), { status: 200, cookie: "cleared" }),
  ],
};

const several = {
  name: "two sessions",
  steps: [
    signUp("one", "Two Browsers"),
    signIn("two", "Two Browsers"),
    count("Two Browsers", 2),
    browser("one", "the first", get("/"), profileOf("Two Browsers")),
    browser("two", "the second", get("/"), profileOf("Two Browsers")),
    browser("one", "the first signs out", post("/logout"), SIGNED_OUT),
    browser("two", "the second stays", get("/"), profileOf("Two Browsers")),
    {
      name: "the first's cookie again",
      request: get("/"),
      cookie: cookieOf("one", (token) => `auth_session=${token}`),
      expect: CLEARED,
    },
    signUp("other", "Another User"),
    browser("two", "a wrong sign-in keeps the session", json("/api/login", { username: "two browsers", password: "x" }), INCORRECT),
    browser("two", "it does", get("/"), profileOf("Two Browsers")),
    signIn("two", "Another User"),
    browser("two", "is the other", get("/"), profileOf("Another User")),
    count("Two Browsers", 1, "rotation"),
    {
      name: "the cookie from before",
      request: get("/"),
      cookie: (jars) => `auth_session=${jars.get("two").tokens.at(-2)}`,
      expect: profileOf("Two Browsers"),
      differs: "rotation-cookie",
    },
  ],
};

export const sequences = [cookies, periods, several];
