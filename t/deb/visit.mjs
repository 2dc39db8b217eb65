// SPDX-License-Identifier: Apache-2.0
// One person's way through the pages of the installed package, in Chromium: node visit.mjs URL signup|login USERNAME PASSWORD
// They ask for /private/, are led to sign-in, sign up or sign in there, see the page they asked for and their profile,
// sign out, and are led to sign-in again. Nothing may be logged in the browser, or be asked of another site.

import assert from "node:assert/strict";
import { launch } from "../browser/chromium.mjs";
import { watch } from "../browser/watch.mjs";

const [url, way, username, password] = process.argv.slice(2);
const { origin } = new URL(url);
const browser = await launch();
const context = await browser.newContext();
context.setDefaultTimeout(60_000);
const forbidden = watch(context, origin);
const tab = await context.newPage();
const heading = () => tab.locator("h1").textContent();
const at = () => new URL(tab.url()).pathname;

try {
  await tab.goto(`${origin}/private/`);
  assert.equal(at(), "/account/login", "without a session, a gated page leads to sign-in");
  if (way === "signup") {
    await tab.click("text=Create an account");
    assert.equal(at(), "/account/signup", "sign-in leads to sign-up");
  }
  await tab.fill("#username", username);
  await tab.fill("#password", password);
  await tab.click("form button");
  await tab.waitForURL(`${origin}/private/`);
  assert.equal(await heading(), "For members", "the page that was asked for is there");
  await tab.goto(`${origin}/account`);
  assert.match(await tab.locator("main").textContent(), new RegExp(username), "the profile says the username");
  await tab.click("text=Sign out");
  await tab.waitForURL((left) => left.pathname !== "/account");
  await tab.goto(`${origin}/private/`);
  assert.equal(at(), "/account/login", "after sign-out, the gated page leads to sign-in");
  assert.deepEqual(forbidden, [], "nothing was logged in the browser or asked of another site");
  console.log(`ok: ${username}, ${way}, in Chromium ${browser.version()}`);
} finally {
  await browser.close();
}
