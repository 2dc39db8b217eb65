// SPDX-License-Identifier: Apache-2.0
// The templates by themselves, in every state, without a server.

import { launch, looks } from "./chromium.mjs";
import { audit, errorOf, focusedId } from "./audit.mjs";
import { examples, translations } from "./examples.mjs";
import { template } from "./template.mjs";
import { done, is, ok } from "../interop/lib/tap.mjs";

const names = ["signup", "login", "adopt", "profile", "password", "confirm", "factor", "factors", "factors-totp", "recovery-codes", "sessions", "activity", "app-passwords", "username", "email", "verify", "delete", "reset", "waiting", "logout", "signed-in", "unauthorized", "forbidden", "error"];
const text = template;
const styleOf = (name) => text(name).match(/<style>.*<\/style>/s)[0].split("\n");
const firstDifference = (lines, others) => lines.find((line, i) => line !== others[i]) ?? "";

for (const name of names) {
  is(firstDifference(styleOf(name), styleOf("login")), "", `${name}.html has the style that all pages have`);
  const icon = text(name).match(/<link rel="icon" href="([^"]*)">/)[1];
  ok(/^[\w!$&'()*+,;=:@/?.~%-]+$/.test(icon) && decodeURIComponent(icon).includes("<svg "), `${name}.html: the icon is a valid URI`);
  ok(!/maxlength/.test(text(name).replace(/<!--.*?-->/gs, "")), `${name}.html cuts nothing that is pasted`);
  is(text(name).replace(/<(bdi)>%%username%%<\/bdi>|value="%%username%%"/g, "").match(/%%username%%/) ?? [], [], `${name}.html: the name stands in bdi`);
  ok(!/(https?:)?\/\/(?!www\.w3\.org\/2000\/svg)[a-z]/i.test(text(name)), `${name}.html fetches nothing from elsewhere`);
}

const focusAtStart = {
  "login": "username",
  "login-next": "username",
  "login-refused": "password",
  "login-username": "username",
  "login-password": "password",
  "login-passkey": "username",
  "login-forgot": "username",
  "login-password-set": "username",
  "login-adopt": "username",
  "adopt-new": "username",
  "adopt-taken": "username",
  "adopt-attributes": "username",
  "forgot": "username",
  "forgot-email": "username",
  "forgot-refused": "username",
  "forgot-often": "username",
  "signup": "username",
  "signup-username": "username",
  "signup-username-empty": "username",
  "signup-invite": "username",
  "signup-invite-wrong": "invite",
  "login-waiting": "password",
  "signup-taken": "username",
  "signup-password": "password",
  "signup-unavailable": "password",
  "password": "current",
  "password-current": "current",
  "password-new": "password",
  "password-unavailable": "current",
  "factor": "code",
  "factor-wrong": "code",
  "factor-late": "code",
  "confirm": "password",
  "confirm-passkey": "password",
  "confirm-password-or-adopt": "password",
  "confirm-wrong": "password",
  "confirm-other": "password",
  "username": "username",
  "username-taken": "username",
  "username-other": "username",
  "email-wrong": "email",
  "delete": "username",
  "delete-wrong": "username",
  "delete-in-use": "username",
  "profile-form-wrong": "attribute-email",
  "app-passwords-name": "name",
  "factors-totp-wrong": "code",
  "reset": "password",
  "reset-weak": "password",
};

/** As the script does in a browser with passkeys. */
const showPasskeys = () =>
  tab.evaluate(() => {
    for (const form of document.querySelectorAll("form[data-passkey]")) form.hidden = false;
  });

const browser = await launch();
const tab = await browser.newPage();
for (const { name, html, field, error } of examples) {
  // A new document each time: autofocus acts once in a document.
  await tab.goto("about:blank");
  await tab.setContent(html);
  await tab.waitForFunction(() => document.readyState === "complete");
  const focused = html.replace(/<!--.*?-->/gs, "").match(/autofocus/g) ?? [];
  is(focused.length, name in focusAtStart || /^(login|signup|password)/.test(name) ? 1 : 0, `${name}: one autofocus where there is a field`);
  if (name in focusAtStart) {
    await tab.waitForFunction(() => document.activeElement !== document.body, null, { timeout: 2000 }).catch(() => {});
    is(await focusedId(tab), focusAtStart[name], `${name}: the cursor starts in the first field that is empty or wrong`);
  }
  if (["username", "password", "current", "code", "invite", "email"].includes(field)) {
    is(await errorOf(tab, field), { invalid: true, alerts: [error] }, `${name}: the error is tied to its field`);
  }
  await showPasskeys();
  await audit(tab, name);
}

// Words are longer elsewhere: no page overflows on a phone.
const phone = looks.filter(({ name }) => name === "phone-light");
for (const { name, html } of translations) {
  await tab.goto("about:blank");
  await tab.setContent(html);
  await showPasskeys();
  await audit(tab, name, phone);
}
await browser.close();
done();
