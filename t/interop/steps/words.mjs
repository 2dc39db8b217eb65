// SPDX-License-Identifier: Apache-2.0
// The words in which the sequences of steps are written.
//
// A step is { name, request, jar?, cookie?, origin?, expect, differs? }. `jar` names the browser that sends its session
// cookie and keeps the new one; `cookie` is a function of the side's jars that gives the raw Cookie header or headers
// instead. `origin` is a function of the side's URL, null for none; without it a POST comes from the site itself.
// `expect` is what the guide application answers, and mod_luciauth too unless `differs` names a row of differences.mjs.
// What `expect` leaves out is expected to be absent (location, cookie, message) or the same at both (the rest).
// A step may also be { name, query, expect, differs? } or { name, jar, age }: see differential.mjs.

const FORM = "application/x-www-form-urlencoded";
const JSON_TYPE = "application/json";

const encodeForm = (fields) =>
  Object.entries(fields)
    .map((pair) => pair.map(encodeURIComponent).join("="))
    .join("&");

export const get = (path, headers = []) => ({ method: "GET", path, headers });
export const using = (method, path, headers = []) => ({ method, path, headers });
export const raw = (path, type, body, headers = []) => ({
  method: "POST",
  path,
  headers: [...(type === null ? [] : [["Content-Type", type]]), ...headers],
  body,
});
export const form = (path, fields, headers = []) => raw(path, FORM, encodeForm(fields), headers);
export const rawForm = (path, body, headers = []) => raw(path, FORM, body, headers);
export const json = (path, value, headers = []) => raw(path, JSON_TYPE, JSON.stringify(value), headers);
export const rawJson = (path, body, headers = []) => raw(path, JSON_TYPE, body, headers);
export const post = (path, headers = []) => ({ method: "POST", path, headers, body: "" });

export const SIGNED_IN = { status: 302, location: "/", cookie: "set" };
export const SIGNED_OUT = { status: 302, location: "/login", cookie: "cleared" };
export const TO_LOGIN = { status: 302, location: "/login" };
export const TO_HOME = { status: 302, location: "/" };
export const PAGE = { status: 200 };
export const refused = (message, status = 400) => ({ status, message });
export const profileOf = (username) => ({ status: 200, shown: username });

export const BAD_USERNAME = refused("Invalid username");
export const BAD_PASSWORD = refused("Invalid password");
export const TAKEN = refused("Username already taken");
export const INCORRECT = refused("Incorrect username or password");
export const UNAUTHORIZED = refused("Unauthorized", 401);

export const visitor = (name, request, expect, differs) => ({ name, request, expect, differs });
export const browser = (jar, name, request, expect, differs) => ({ jar, name, request, expect, differs });

/** Sign-up, then sign-in from another browser: the account can be used, not only made. */
export const account = (what, username, password) => [
  visitor(`sign-up: ${what}`, form("/signup", { username, password }), SIGNED_IN),
  visitor(`sign-in: ${what}`, json("/api/login", { username, password }), SIGNED_IN),
];
