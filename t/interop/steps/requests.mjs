// SPDX-License-Identifier: Apache-2.0
// Bodies of every type and shape, and methods.
import { PASSWORD } from "../lib/fixtures.mjs";
import {
  BAD_PASSWORD, BAD_USERNAME, INCORRECT, PAGE, SIGNED_IN, TO_HOME, TO_LOGIN, browser, form, get, json, post, raw,
  rawForm, rawJson, using, visitor,
} from "./words.mjs";

const USERNAME = "bodies";
const FORM_BODY = `username=${USERNAME}&password=correct+horse`;
const JSON_BODY = JSON.stringify({ username: USERNAME, password: PASSWORD });
const NO_STRINGS = [["a number", 12345], ["null", null], ["true", true], ["an array", [USERNAME]], ["an object", { a: 1 }]];
const BAD_REQUEST = { status: 400 };


const fields = {
  name: "fields of JSON and of forms",
  steps: [
    visitor("the account", json("/api/signup", { username: USERNAME, password: PASSWORD }), SIGNED_IN),
    ...NO_STRINGS.flatMap(([what, value]) => [
      visitor(`username is ${what}`, json("/api/login", { username: value, password: PASSWORD }), BAD_USERNAME),
      visitor(`password is ${what}`, json("/api/login", { username: USERNAME, password: value }), BAD_PASSWORD),
    ]),
    visitor("no username", json("/api/signup", { password: PASSWORD }), BAD_USERNAME),
    visitor("no password", json("/api/signup", { username: "no-password" }), BAD_PASSWORD),
    visitor("neither", json("/api/login", {}), BAD_USERNAME),
    visitor("another case of the member's name", json("/api/login", { Username: USERNAME, password: PASSWORD }), BAD_USERNAME),
    visitor("no username in a form", form("/login", { password: PASSWORD }), BAD_USERNAME),
    visitor("no password in a form", form("/login", { username: USERNAME }), BAD_PASSWORD),
    visitor("no equals sign in a form", rawForm("/login", "username&password"), BAD_USERNAME),
    visitor(
      "fields that nobody asked for",
      form("/login", { username: USERNAME, password: PASSWORD, remember: "on" }),
      SIGNED_IN,
    ),
    visitor("an empty pair", rawForm("/login", `&&${FORM_BODY}&`), SIGNED_IN),
    visitor("an encoded field name", rawForm("/login", FORM_BODY.replace("username", "%75sername")), SIGNED_IN),
    visitor("an array in a form", rawForm("/login", "username[]=bodies&password=x"), BAD_USERNAME),
    visitor("a field twice", rawForm("/login", `username=x&${FORM_BODY}`), BAD_USERNAME, "field-twice"),
    visitor("a password twice", rawForm("/login", `${FORM_BODY}&password=x`), BAD_PASSWORD, "field-twice"),
    visitor("a member twice", rawJson("/api/login", JSON_BODY.replace("{", '{"username":"x",')), SIGNED_IN, "member-twice"),
    visitor(
      "credentials in the query string",
      post(`/login?${FORM_BODY}`, [["Content-Type", "application/x-www-form-urlencoded"]]),
      BAD_USERNAME,
    ),
    visitor("JSON escapes", rawJson("/api/login", JSON_BODY.replace("bodies", "b\\u006fdies")), SIGNED_IN),
    visitor("white space in JSON", rawJson("/api/login", ` \r\n\t${JSON_BODY}\n`), SIGNED_IN),
    visitor(
      "the field `next`",
      form("/login", { username: USERNAME, password: PASSWORD, next: "/files/?a=b" }),
      SIGNED_IN,
      "next",
    ),
    visitor("a foreign `next`", form("/login", { username: USERNAME, password: PASSWORD, next: "//evil.example/" }), SIGNED_IN),
  ],
};

const types = {
  name: "types and broken bodies",
  steps: [
    visitor("a charset on a form", raw("/login", "application/x-www-form-urlencoded; charset=UTF-8", FORM_BODY), SIGNED_IN),
    visitor("a charset on JSON", raw("/api/login", "application/json; charset=utf-8", JSON_BODY), SIGNED_IN),
    visitor("the type in capitals", raw("/api/login", "Application/JSON", JSON_BODY), SIGNED_IN),
    visitor("text/plain", raw("/login", "text/plain", FORM_BODY), BAD_USERNAME, "other-type"),
    visitor("JSON as text/plain at the API", raw("/api/login", "text/plain", JSON_BODY), BAD_USERNAME, "other-type-api"),
    visitor("multipart/form-data", raw("/login", "multipart/form-data; boundary=x", "--x--\r\n"), BAD_USERNAME, "other-type"),
    visitor("no type", raw("/login", null, FORM_BODY), BAD_USERNAME, "other-type"),
    visitor("a type that only begins so", raw("/login", "application/jsonp", JSON_BODY), BAD_USERNAME, "other-type"),
    visitor("JSON that is cut off", rawJson("/api/login", JSON_BODY.slice(0, -1)), BAD_REQUEST, "malformed"),
    visitor("a string for a body", rawJson("/api/login", '"bodies"'), BAD_REQUEST, "malformed"),
    visitor("null for a body", rawJson("/api/login", "null"), BAD_REQUEST, "malformed"),
    visitor("something after the object", rawJson("/api/login", `${JSON_BODY}x`), BAD_REQUEST, "malformed"),
    visitor("single quotes", rawJson("/api/login", "{'username':'bodies'}"), BAD_REQUEST, "malformed"),
    visitor("an array for a body", rawJson("/api/login", "[]"), BAD_USERNAME, "not-an-object"),
    visitor("an empty JSON body", rawJson("/api/login", ""), BAD_USERNAME, "not-an-object"),
    visitor(
      "3,000 levels",
      rawJson("/api/login", `{"username":${"[".repeat(3000)}${"]".repeat(3000)}}`),
      BAD_USERNAME,
      "not-an-object",
    ),
    visitor("an empty form", rawForm("/login", ""), BAD_USERNAME),
    visitor("a broken escape in the name", rawForm("/login", "username=%zz&password=x"), INCORRECT, "broken-escape"),
    visitor("half an escape at the end", rawForm("/login", "username=bodies&password=x%2"), INCORRECT, "broken-escape"),
    visitor("invalid UTF-8 in a form", rawForm("/login", "username=%ff%fe&password=x"), INCORRECT, "broken-escape"),
    visitor(
      "invalid UTF-8 in JSON",
      rawJson("/api/login", Buffer.from(JSON_BODY.replace("bodies", "bod\u00ffes"), "latin1")),
      INCORRECT,
      "invalid-text-json",
    ),
    visitor(
      "a lone surrogate in JSON",
      rawJson("/api/login", JSON_BODY.replace("bodies", "bod\\ud800")),
      INCORRECT,
      "invalid-text-json",
    ),
    visitor("NUL in a form", rawForm("/login", "username=bodies%00&password=correct+horse"), INCORRECT, "nul-form"),
    visitor("NUL in JSON", rawJson("/api/login", JSON_BODY.replace("bodies", "bodies\\u0000")), INCORRECT, "nul-json"),
    visitor("9 KiB of form", form("/login", { username: USERNAME, password: "x".repeat(9 * 1024) }), BAD_PASSWORD, "too-large"),
    visitor(
      "9 KiB of JSON",
      json("/api/login", { username: USERNAME, password: "x".repeat(9 * 1024) }),
      BAD_PASSWORD,
      "too-large-json",
    ),
    visitor("7 KiB of form", form("/login", { username: USERNAME, password: "x".repeat(7 * 1024) }), BAD_PASSWORD),
    visitor(
      "a form that prefers JSON",
      form("/login", { username: USERNAME, password: PASSWORD }, [["Accept", "application/json"]]),
      SIGNED_IN,
      "prefers-json",
    ),
    visitor(
      "a sign-up that prefers JSON",
      json("/api/signup", { username: "prefers", password: PASSWORD }, [["Accept", "application/json"]]),
      SIGNED_IN,
      "prefers-json-sign-up",
    ),
    visitor("anything will do", json("/api/login", { username: USERNAME, password: PASSWORD }, [["Accept", "*/*"]]), SIGNED_IN),
    visitor(
      "a browser",
      form("/login", { username: USERNAME, password: PASSWORD }, [["Accept", "text/html,application/xhtml+xml,*/*;q=0.8"]]),
      SIGNED_IN,
    ),
    visitor(
      "a visitor at the profile who prefers JSON",
      get("/", [["Accept", "application/json"]]),
      TO_LOGIN,
      "profile-prefers-json",
    ),
  ],
};

const NOT_FOUND = { status: 404 };
const NOT_ALLOWED = { status: 405 };

const methods = {
  name: "methods",
  steps: [
    visitor("HEAD at the sign-in page", using("HEAD", "/login"), { ...PAGE, kept: null }),
    visitor("HEAD at the sign-up page", using("HEAD", "/signup"), { ...PAGE, kept: null }),
    visitor("HEAD at the profile", using("HEAD", "/"), TO_LOGIN),
    browser("methods", "a session for it", json("/api/login", { username: USERNAME, password: PASSWORD }), SIGNED_IN),
    ...["/api/signup", "/api/login", "/api/logout"].flatMap((path) => [
      visitor(`HEAD ${path}`, using("HEAD", path), NOT_ALLOWED),
      ...["GET", "PUT", "DELETE", "PATCH"].map((method) =>
        visitor(`${method} ${path}`, using(method, path), NOT_ALLOWED, "api-method"),
      ),
    ]),
    ...["PUT", "DELETE", "PATCH", "PROPFIND"].map((method) =>
      visitor(`${method} /login`, using(method, "/login"), NOT_FOUND, "other-method"),
    ),
    visitor("GET /logout", get("/logout"), NOT_FOUND, "sign-out-page"),
    visitor("HEAD /logout", using("HEAD", "/logout"), NOT_FOUND, "sign-out-page"),
    visitor("POST /", post("/"), NOT_FOUND, "other-method"),
    visitor("PUT /", using("PUT", "/"), NOT_FOUND, "other-method"),
    visitor("OPTIONS /login", using("OPTIONS", "/login"), { status: 200 }, "options"),
    visitor("OPTIONS /api/login", using("OPTIONS", "/api/login"), NOT_ALLOWED, "api-method"),
    visitor("a slash too many", get("/login/"), PAGE, "exact-paths"),
    visitor("a path in capitals", get("/LOGIN"), PAGE, "exact-paths"),
    visitor("a path nobody has", get("/nothing"), NOT_FOUND),
    browser("methods", "signed in, HEAD at the profile", using("HEAD", "/"), { status: 200, shown: null }),
    browser("methods", "signed in, HEAD at the sign-in page", using("HEAD", "/login"), TO_HOME),
  ],
};

export const sequences = [fields, types, methods];
