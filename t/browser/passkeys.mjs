// SPDX-License-Identifier: Apache-2.0
// Passkeys with Chromium's virtual authenticator, in its settings, in every language: node passkeys.mjs PORT PORT2 PORT3
// passkeys.t starts the servers, with LuciaMount /account and LuciaPasskeys on; the second one with LuciaSecondFactor, the
// third one with LuciaPasskeys only.

import { audit, errorOf } from "./audit.mjs";
import { launch } from "./chromium.mjs";
import { until } from "./moves.mjs";
import { languages } from "./template.mjs";
import { watch } from "./watch.mjs";
import { PASSWORD as password } from "../interop/lib/fixtures.mjs";
import { diag, done, is, ok } from "../interop/lib/tap.mjs";

const [port, secondPort, thirdPort] = process.argv.slice(2);
const origin = `http://localhost:${port}`;
const account = `${origin}/account`;
const factors = `http://localhost:${secondPort}`;
const only = `http://localhost:${thirdPort}`;

const platform = {
  protocol: "ctap2",
  ctap2Version: "ctap2_1",
  transport: "internal",
  hasResidentKey: true,
  hasUserVerification: true,
  isUserVerified: true,
  automaticPresenceSimulation: true,
};
const securityKey = { ...platform, transport: "usb", hasResidentKey: false, hasUserVerification: false, isUserVerified: false };

const browser = await launch();

/** A browser of its own with an authenticator (or none). */
async function person(title, options, walk, locale = "en", home = origin) {
  diag(title);
  const context = await browser.newContext({ reducedMotion: "reduce", locale });
  context.setDefaultTimeout(30_000);
  const forbidden = watch(context, home);
  const tab = await context.newPage();
  const cdp = await context.newCDPSession(tab);
  await cdp.send("WebAuthn.enable", { enableUI: false });
  const add = async (wanted) => (await cdp.send("WebAuthn.addVirtualAuthenticator", { options: wanted })).authenticatorId;
  const authenticator = options && (await add(options));
  try {
    await walk({ tab, context, cdp, authenticator, add });
  } catch (error) {
    ok(false, `${title}: goes through to the end`, error.stack);
  }
  is(forbidden, [], `${title}: no policy was broken, nothing was logged or fetched from elsewhere`);
  await context.close();
}

const at = (tab) => tab.url().slice(origin.length);
const credentials = async ({ cdp, authenticator }) =>
  (await cdp.send("WebAuthn.getCredentials", { authenticatorId: authenticator })).credentials;

async function signUp(tab, username) {
  await tab.goto(`${account}/signup`);
  await tab.fill("#username", username);
  await tab.fill("#password", password);
  await Promise.all([tab.waitForURL(account), tab.click("button[type=submit]")]);
}

/** The form of a kind, once the script has shown it. */
const form = async (tab, kind) => {
  const found = tab.locator(`form[data-passkey=${kind}]`);
  await found.waitFor({ state: "visible" });
  return found;
};

async function addPasskey(tab, name) {
  await tab.goto(`${account}/passkeys`);
  const adding = await form(tab, "create");
  await adding.locator("#name").fill(name);
  await Promise.all([tab.waitForEvent("load"), adding.locator("button").click()]);
}

/** On the page that has nothing else; the sign-in page suggests passkeys at once. */
async function signIn(tab, query = "") {
  await tab.goto(`${account}/passkey${query}`);
  await (await form(tab, "get")).locator("button").click();
  await tab.waitForURL((url) => url.pathname !== "/account/passkey");
}

const names = (tab) => tab.locator("form.facts input[name=name]").evaluateAll((fields) => fields.map(({ value }) => value));
const forget = (context) => context.clearCookies();

for (const language of languages) {
  const name = `user${language}`;

  await person(
    `A passkey of a platform, in ${language}`,
    platform,
    async (visitor) => {
      const { tab, context } = visitor;

      await signUp(tab, name);
      await tab.click('a[href="/account/passkeys"]');
      await audit(tab, `passkeys without any in ${language}`);
      await addPasskey(tab, "My phone");
      is(at(tab), "/account/passkeys", `a new passkey leads back to the list in ${language}`);
      is(await names(tab), ["My phone"], `the list has the new passkey in ${language}`);
      await audit(tab, `passkeys with one in ${language}`);
      await tab.fill("form.facts input[name=name]", "My other phone");
      await Promise.all([tab.waitForEvent("load"), tab.click("button[name=rename]")]);
      is(await names(tab), ["My other phone"], `a passkey gets another name in ${language}`);
      const [credential] = await credentials(visitor);
      ok(credential.isResidentCredential, `the passkey of a platform is discoverable in ${language}`);
      is(credential.rpId, "localhost", `the passkey is that of the site in ${language}`);
      await forget(context);
      await signIn(tab);
      is(at(tab), "/account", `a passkey signs in without a name in ${language}`);
      ok((await tab.textContent("main")).includes(name), `the profile is that of the passkey's user in ${language}`);
      await forget(context);
      await signIn(tab, "?next=/account/sessions");
      is(at(tab), "/account/sessions", `next survives a passkey in ${language}`);
      await tab.goto(`${account}/passkeys`);
      const known = await form(tab, "create");
      await known.locator("button").click();
      await known.locator('[data-when="known"]').waitFor({ state: "visible" });
      ok(true, `an authenticator is not registered twice in ${language}`);
      await Promise.all([tab.waitForEvent("load"), tab.click("button[name=remove]")]);
      is(await names(tab), [], `a removed passkey is gone in ${language}`);
      await forget(context);
      await tab.goto(`${account}/passkey`);
      await (await form(tab, "get")).locator("button").click();
      await tab.locator("#form-error").waitFor();
      is(at(tab), "/account/passkey", `a removed passkey signs in nobody in ${language}`);
      await audit(tab, `the refusal of a passkey in ${language}`);
    },
    language,
  );
}

await person("The sign-in page", platform, async (visitor) => {
  const { tab, context, cdp, authenticator } = visitor;
  const simulate = (enabled) =>
    cdp.send("WebAuthn.setAutomaticPresenceSimulation", { authenticatorId: authenticator, enabled });

  await signUp(tab, "autofill");
  await addPasskey(tab, "My phone");
  await forget(context);
  await tab.goto(`${account}/login?next=/account/sessions`);
  await tab.waitForURL(`${account}/sessions`);
  is(at(tab), "/account/sessions", "a passkey among the suggestions signs in, and next survives");
  await forget(context);
  await simulate(false);
  await tab.goto(`${account}/login`);
  is(await tab.getAttribute("#username", "autocomplete"), "username webauthn", "the field of the name offers passkeys");
  const asking = await form(tab, "get");
  await audit(tab, "the sign-in page with passkeys");
  await simulate(true);
  await asking.locator("button").click();
  await tab.waitForURL(account);
  is(at(tab), "/account", "the button of the sign-in page signs in");
});

await person("A user who is not verified", { ...platform, isUserVerified: false }, async (visitor) => {
  const { tab, context, cdp, authenticator } = visitor;

  await cdp.send("WebAuthn.setUserVerified", { authenticatorId: authenticator, isUserVerified: true });
  await signUp(tab, "unverified");
  await addPasskey(tab, "My phone");
  await forget(context);
  await cdp.send("WebAuthn.setUserVerified", { authenticatorId: authenticator, isUserVerified: false });
  await tab.goto(`${account}/passkey`);
  const asking = await form(tab, "get");
  await asking.locator("button").click();
  await asking.locator('[data-when="failed"]').waitFor({ state: "visible" });
  is(at(tab), "/account/passkey", "a user whom the authenticator does not verify is not signed in");
  ok(!(await context.cookies()).some(({ name }) => name === "auth_session"), "without verification there is no session");
  await cdp.send("WebAuthn.setUserVerified", { authenticatorId: authenticator, isUserVerified: true });
  await asking.locator("button").click();
  await tab.waitForURL(account);
  is(at(tab), "/account", "the same page signs in once the user is verified");
});

await person("A security key without discoverable credentials", securityKey, async (visitor) => {
  const { tab } = visitor;

  await signUp(tab, "oldkey");
  await addPasskey(tab, "Key");
  is(await names(tab), ["Key"], "a security key without discoverable credentials can be added");
  ok(!(await credentials(visitor))[0].isResidentCredential, "its credential is not discoverable");
});

await person("A U2F key", { protocol: "u2f", transport: "usb", automaticPresenceSimulation: true }, async ({ tab }) => {
  await signUp(tab, "u2fkey");
  await addPasskey(tab, "Key");
  is(await names(tab), ["Key"], "a key that knows U2F alone can be added");
});

for (const [backupEligibility, backupState] of [
  [true, true],
  [true, false],
  [false, false],
]) {
  const flags = `${backupEligibility ? "eligible" : "not eligible"} and ${backupState ? "backed up" : "not backed up"}`;

  await person(
    `A passkey that is ${flags}`,
    { ...platform, defaultBackupEligibility: backupEligibility, defaultBackupState: backupState },
    async ({ tab, context }) => {
      await signUp(tab, `backup${Number(backupEligibility)}${Number(backupState)}`);
      await addPasskey(tab, "My phone");
      is(await tab.getByText("Synchronised").count(), Number(backupState), `the list shows whether it is backed up: ${flags}`);
      await forget(context);
      await signIn(tab);
      is(at(tab), "/account", `a passkey signs in that is ${flags}`);
    },
  );
}

await person("A copied authenticator", platform, async (visitor) => {
  const { tab, context, cdp, authenticator } = visitor;

  await signUp(tab, "copied");
  await addPasskey(tab, "My phone");
  await forget(context);
  await signIn(tab);
  const [credential] = await credentials(visitor);
  await cdp.send("WebAuthn.removeCredential", { authenticatorId: authenticator, credentialId: credential.credentialId });
  await cdp.send("WebAuthn.addCredential", { authenticatorId: authenticator, credential: { ...credential, signCount: 0 } });
  await forget(context);
  await signIn(tab);
  is(at(tab), "/account", "a counter that went back refuses nothing");
});

await person("The same answer twice", platform, async ({ tab, context }) => {
  await signUp(tab, "twice");
  await addPasskey(tab, "My phone");
  await forget(context);
  let posted;
  tab.on("request", (request) => (posted = request.url() === `${account}/passkey` && request.postData() ? request.postData() : posted));
  await signIn(tab);
  const again = await fetch(`${account}/passkey`, {
    method: "POST",
    redirect: "manual",
    headers: { "Content-Type": "application/x-www-form-urlencoded" },
    body: posted,
  });
  is(again.status, 400, "an answer that was accepted is refused when it is sent again");
  ok(!again.headers.get("set-cookie")?.includes("auth_session="), "the second sending gets no session");
});

await person("A second factor", securityKey, async (visitor) => {
  const { tab, context } = visitor;
  const secondFactor = `${factors}/account`;

  await tab.goto(`${secondFactor}/signup`);
  await tab.fill("#username", "secondfactor");
  await tab.fill("#password", password);
  await Promise.all([tab.waitForURL(secondFactor), tab.click("button[type=submit]")]);
  await tab.goto(`${secondFactor}/passkeys`);
  const adding = await form(tab, "create");
  await Promise.all([tab.waitForEvent("load"), adding.locator("button").click()]);
  await forget(context);
  await tab.goto(`${secondFactor}/login`);
  await tab.fill("#username", "secondfactor");
  await tab.fill("#password", password);
  await tab.click("form:not([data-passkey]) button");
  await tab.waitForURL(`${secondFactor}/factor`);
  is(await tab.textContent("h1"), "Use your passkey", "a user whose only second factor is a key is asked for it");
  ok(!(await context.cookies()).some(({ name }) => name === "auth_session"), "before the second factor there is no session");
  await audit(tab, "the page of a second factor with a passkey");
  await (await form(tab, "get")).locator("button").click();
  await tab.waitForURL(secondFactor);
  is(tab.url(), secondFactor, "password and key sign in");
  await tab.goto(`${secondFactor}/passkeys`);
  await Promise.all([tab.waitForEvent("load"), tab.click("button[name=remove]")]);
  is(await names(tab), [], "a session with two factors removes the key");
}, "en", factors);

await person("Nothing but passkeys", platform, async ({ tab, context }) => {
  const gated = `${only}/gated/a.html`;

  await tab.goto(`${only}/account/signup?next=/gated/a.html`);
  await tab.fill("#username", "nothingbut");
  await tab.fill("#password", password);
  await tab.click("form:not([data-passkey]) button[type=submit]");
  await tab.waitForURL(`${only}/account/passkeys?next=/gated/a.html`);
  ok((await tab.textContent("main")).includes("This site asks everyone for a passkey"), "a new user is led to the page of passkeys, which says why");
  await audit(tab, "the page of passkeys for a user who needs one");
  await tab.goto(`${only}/account/sessions`);
  is(tab.url(), `${only}/account/passkeys?next=/account/sessions`, "a user who needs a passkey reaches no other page of the account");
  await tab.goto(gated);
  await (await form(tab, "create")).locator("button").click();
  await tab.waitForURL(gated);
  is(await tab.textContent("body"), "the moonstone", "the first passkey opens the page that was asked for");
  await forget(context);
  await tab.goto(`${only}/account/passkey?next=/gated/a.html`);
  await (await form(tab, "get")).locator("button").click();
  await tab.waitForURL(gated);
  is(await tab.textContent("body"), "the moonstone", "the passkey signs in and opens that page");
}, "en", only);

await person("No authenticator", null, async ({ tab }) => {
  await tab.addInitScript(() => delete window.PublicKeyCredential);
  await tab.goto(`${account}/passkey`);
  await tab.locator("[data-without-passkeys]").waitFor({ state: "visible" });
  ok(await tab.locator("form[data-passkey]").isHidden(), "a browser without passkeys has no form for them");
  await tab.goto(`${account}/login`);
  ok(await tab.locator("form[data-passkey]").isHidden(), "the sign-in page of a browser without passkeys has no button");
  is(await errorOf(tab).catch(() => null), null, "the sign-in page of a browser without passkeys has no error");
});

await browser.close();
done();
