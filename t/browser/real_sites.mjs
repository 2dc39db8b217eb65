// SPDX-License-Identifier: Apache-2.0
// What real sites do to the pages, in a real browser against real servers: node real_sites.mjs URL
// real_sites.t starts the server, with LuciaMount / and a gated /private/.

import { launch } from "./chromium.mjs";
import { diag, done, is, ok } from "../interop/lib/tap.mjs";

const origin = process.argv[2];
const password = "correct horse battery staple";
const browser = await launch();

/** One person with a browser of their own. */
async function visit(title, walk) {
  diag(title);
  const context = await browser.newContext();
  context.setDefaultTimeout(30_000);
  try {
    await walk(await context.newPage(), context);
  } catch (error) {
    ok(false, `${title}: goes through to the end`, error.stack);
  }
  await context.close();
}

const heading = (tab) => tab.locator("h1").textContent();
const at = (tab) => tab.url().slice(origin.length);

/** Clicks what sends the form, and answers with the request that it made. */
async function send(tab, button = "button") {
  const [request] = await Promise.all([
    tab.waitForRequest((request) => request.method() === "POST"),
    tab.waitForNavigation(),
    tab.click(button),
  ]);
  return request.allHeaders();
}

async function fillIn(tab, username) {
  await tab.fill("#username", username);
  await tab.fill("#password", password);
  return send(tab);
}

await visit("a site with Referrer-Policy no-referrer on every page", async (tab) => {
  await tab.goto(`${origin}/signup`);
  let sent = await fillIn(tab, "norma");
  is([sent.origin, sent["sec-fetch-site"]], ["null", "same-origin"], "Chromium sends Origin null and says that it is this site");
  is(await heading(tab), "Profile", "sign-up works");

  await tab.goto(`${origin}/private/`);
  sent = await send(tab);
  is([sent.origin, await heading(tab)], ["null", "Saved"], "a gated form works");

  await tab.goto(`${origin}/`);
  sent = await send(tab);
  is([sent.origin, await heading(tab)], ["null", "Sign in"], "sign-out works");

  sent = await fillIn(tab, "norma");
  is([sent.origin, await heading(tab)], ["null", "Profile"], "sign-in works");
});

await browser.close();
done();
