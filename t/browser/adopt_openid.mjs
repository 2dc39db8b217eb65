// SPDX-License-Identifier: Apache-2.0
// Sign-in through another module, in Chromium: node adopt_openid.mjs ORIGIN PROVIDER
// adopt_openid.t starts the servers, the provider with alice and bobby; /stale.cgi ends the time of LuciaFreshness.

import { audit, errorOf } from "./audit.mjs";
import { launch } from "./chromium.mjs";
import { arrive, click, go, heading } from "./moves.mjs";
import { watch } from "./watch.mjs";
import { PASSWORD as password } from "../interop/lib/fixtures.mjs";
import { diag, done, is, ok } from "../interop/lib/tap.mjs";

const [origin, provider] = process.argv.slice(2);
const browser = await launch();

/** A browser of its own; what it asks the provider for is no other site's. */
async function person(title, walk) {
  diag(title);
  const context = await browser.newContext({ reducedMotion: "reduce", locale: "en" });
  context.setDefaultTimeout(30_000);
  const forbidden = watch(context, origin);
  const tab = await context.newPage();
  try {
    await walk(tab, context);
  } catch (error) {
    ok(false, `${title}: goes through to the end`, error.stack);
  }
  is(forbidden.filter((line) => !line.startsWith(`request: ${provider}/`)), [], `${title}: no policy was broken, nothing was logged or fetched from elsewhere`);
  await context.close();
}

const at = (tab) => tab.url().slice(origin.length);

async function fillIn(tab, name) {
  ok(tab.url().startsWith(`${provider}/interaction/`), `${name} is at the provider`, tab.url());
  await tab.fill("input[name=name]", name);
  await tab.fill("input[name=password]", password);
  return arrive(tab, () => tab.keyboard.press("Enter"));
}

const cookieNames = async (context, path) => (await context.cookies(origin + path)).map(({ name }) => name).sort();

await person("A first and a second sign-in", async (tab, context) => {
  await tab.goto(`${origin}/vault/?a=b%26c`);
  is(await fillIn(tab, "alice"), "vault", "the provider leads to the gated page");
  is(at(tab), "/vault/?a=b%26c", "the address of the gated page is as it was");
  is(await cookieNames(context, "/vault/"), ["auth_session"], "the gated page gets the session cookie of the site, and no other");
  is(await cookieNames(context, "/company/"), ["auth_session", "mod_auth_openidc_session"], "the other module has its cookie where it is needed");

  await go(tab, `${origin}/account`);
  await click(tab, "form[action='/account/logout'] button");
  is([at(tab), await heading(tab)], ["/account/login", "Sign in"], "sign-out leads to the sign-in page");
  await audit(tab, "the sign-in page with a link to the other module");
  is(await cookieNames(context, "/vault/"), [], "sign-out takes the session cookie away");
  await click(tab, "a[href='/company/enter']");
  is(at(tab), "/account", "the link signs in again, since the other module knows the browser");
});

await person("An old session", async (tab) => {
  await tab.goto(`${origin}/vault/`);
  await fillIn(tab, "alice");
  await fetch(`${origin}/stale.cgi`);
  is(await go(tab, `${origin}/fresh/`), "Confirm that it is you", "an old session is led to the confirmation");
  is(await tab.locator("input[name=password]").count(), 0, "a user without a password is not asked for one");
  await audit(tab, "the confirmation of a user without a password");
  is(await click(tab, "a[href^='/company/enter']"), "fresh", "the confirmation leads through the other module to what asked for it");
});

await person("A name that is taken", async (tab) => {
  const form = { method: "POST", redirect: "manual", headers: { "Content-Type": "application/x-www-form-urlencoded" } };
  await fetch(`${origin}/account/signup`, { ...form, body: new URLSearchParams({ username: "bobby", password }) });
  await tab.goto(`${origin}/vault/`);
  is(await fillIn(tab, "bobby"), "New account", "a person whose name is taken is asked for another one");
  is(await errorOf(tab, "username"), { invalid: true, alerts: ["Username already taken"] }, "the page says that the name is taken");
  await audit(tab, "the page that asks for another name");
  await tab.fill("#username", "bobby-2");
  is(await arrive(tab, () => tab.keyboard.press("Enter")), "vault", "with another name the way back leads to the gated page");
});

await browser.close();
done();
