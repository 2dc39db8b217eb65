// SPDX-License-Identifier: Apache-2.0
// With Lucia's env: "PROD" and `LuciaCookieSecure on`: every cookie, set or cleared, is Secure.
import { SIGNED_IN, SIGNED_OUT, browser, form, get, json, post, profileOf } from "./words.mjs";

const secure = {
  name: "Secure",
  steps: [
    browser("s", "sign-up", form("/signup", { username: "Secure", password: "correct horse" }), SIGNED_IN),
    browser("s", "the profile", get("/"), profileOf("Secure")),
    browser("s", "sign-out", post("/logout"), SIGNED_OUT),
    browser("s", "sign-in", json("/api/login", { username: "secure", password: "correct horse" }), SIGNED_IN),
    browser("s", "sign-out by the API", post("/api/logout"), SIGNED_OUT),
  ],
};

export const sequences = [secure];
