// SPDX-License-Identifier: Apache-2.0
// People whom another module (HTTP Basic) identifies, in every language of Chromium, and in Firefox: node adopt.mjs PORT
// adopt.t starts the server, with LuciaAdopt at /adopt; /stale.cgi ends the time of LuciaFreshness, and /lure.html has the link of
// an attacker, whose name and password are in it.

import { audit, errorOf } from "./audit.mjs";
import { launch } from "./chromium.mjs";
import { launchFirefox } from "./firefox.mjs";
import { arrive, click, go } from "./moves.mjs";
import { languages } from "./template.mjs";
import { PASSWORD as password } from "../interop/lib/fixtures.mjs";
import { diag, done, is, ok } from "../interop/lib/tap.mjs";

const [port] = process.argv.slice(2);
const origin = `http://localhost:${port}`;

const submit = 'form[method="post"] button[type="submit"]';
/** Without the name and the password that a link may have. */
const at = (tab) => new URL(tab.url()).pathname + new URL(tab.url()).search;

async function person(browser, title, username, walk, locale = "en") {
  diag(title);
  const credentials = username ? { httpCredentials: { username, password, origin } } : {};
  const context = await browser.newContext({ reducedMotion: "reduce", locale, ...credentials });
  context.setDefaultTimeout(30_000);
  try {
    await walk(await context.newPage(), context);
  } catch (error) {
    ok(false, `${title}: goes through to the end`, error.stack);
  }
  await context.close();
}

const sessions = async (context) => (await context.cookies(origin)).filter(({ name }) => name === "auth_session").length;

/** A link with a name and a password signs nobody in: the page asks. */
async function lured(browser, title) {
  await person(browser, `${title}: a link of another site`, null, async (tab, context) => {
    await go(tab, `http://127.0.0.1:${port}/lure.html`);
    is(await click(tab, "#link"), "New account", `${title}: the link of another site gets a page that asks`);
    is(await sessions(context), 0, `${title}: the link of another site makes no session`);
    await arrive(tab, () => tab.locator(submit).click());
    is(at(tab), "/private/", `${title}: the button signs in and leads on`);
    is(await sessions(context), 1, `${title}: the button makes the session`);
    await context.clearCookies();
    await go(tab, `http://127.0.0.1:${port}/lure.html`);
    is(await click(tab, "#link"), "Continue as mallory", `${title}: a known person is named before the session`);
    await go(tab, `${origin}/account/login`);
    is(await click(tab, 'a[href="/adopt"]'), "Continue as mallory", `${title}: the password that the link has left in the browser signs nobody in`);
    is(await sessions(context), 0, `${title}: the password that the link has left in the browser makes no session`);
  });
}

const chromium = await launch();
await person(chromium, "sign-up of the account that has the name", null, async (tab) => {
  await go(tab, `${origin}/account/signup`);
  await tab.fill("#username", "carol");
  await tab.fill("#password", password);
  await arrive(tab, () => tab.locator(submit).click());
  is(at(tab), "/account", "an account of this site has the name carol");
});
await lured(chromium, "Chromium");
await person(chromium, "sign-in and confirmation", "alice", async (tab, context) => {
  is(await go(tab, `${origin}/adopt?next=/private/`), "New account", "a URL that was typed gets a page that asks");
  await arrive(tab, () => tab.locator(submit).click());
  is(at(tab), "/private/", "the button signs in and leads on");
  is(await sessions(context), 1, "the button makes the session");
  await fetch(`${origin}/stale.cgi`);
  await go(tab, `${origin}/fresh/`);
  is(at(tab), "/account/confirm?next=/fresh/", "an old session is led to the confirmation");
  await audit(tab, "confirm");
  is(await tab.locator("#password").count(), 0, "a user without a password is not asked for one");
  is(await click(tab, "a.button"), "fresh", "the way through the other module confirms, and leads back");
});
for (const [i, locale] of languages.entries()) {
  await person(chromium, `a name that is taken, in ${locale}`, "carol", async (tab) => {
    await go(tab, `${origin}/account/login`);
    await click(tab, 'a[href="/adopt"]');
    is(at(tab), "/adopt", `${locale}: the sign-in page leads to the other module`);
    is(await tab.locator("html").getAttribute("lang"), locale, `${locale}: the page is in the language of the browser`);
    await arrive(tab, () => tab.locator(submit).click());
    await audit(tab, `adopt, ${locale}`);
    ok(await errorOf(tab, "username"), `${locale}: the page says that the name is taken`);
    is(await tab.evaluate(() => document.activeElement.id), "username", `${locale}: the name has the focus`);
    if (i < languages.length - 1) return;
    await tab.fill("#username", "caroline");
    await arrive(tab, () => tab.locator(submit).click());
    is(at(tab), "/account", `${locale}: a name of one's own makes the account`);
  }, locale);
}
await chromium.close();

const firefox = await launchFirefox();
await person(firefox, "Firefox: sign-in", "alice", async (tab) => {
  is(await go(tab, `${origin}/adopt?next=/private/`), "Continue as alice", "Firefox: a URL that was typed gets a page that asks");
  await arrive(tab, () => tab.locator(submit).click());
  is(at(tab), "/private/", "Firefox: the button signs in and leads on");
});
await firefox.close();

done();
