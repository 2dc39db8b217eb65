// SPDX-License-Identifier: Apache-2.0
// What real sites do to the pages, in a real browser against real servers: node real_sites.mjs URL PORT LINK
// real_sites.t starts the servers: one at URL with LuciaMount / and a gated /private/, and one at PORT where
// login.site.example signs people in for the gate of app.site.example. LINK lets irma set her first password at URL.

import { execFileSync } from "node:child_process";

import { launch } from "./chromium.mjs";
import { launchFirefox } from "./firefox.mjs";
import { until } from "./moves.mjs";
import { PASSWORD as password, WRONG } from "../interop/lib/fixtures.mjs";
import { diag, done, is, ok } from "../interop/lib/tap.mjs";

const origin = process.argv[2];
const { port } = new URL(origin);
const browser = await launch({ hosts: ["*.site.example"] });

/** One person with a browser of their own. */
async function visit(title, walk, visitor = browser, device = {}) {
  diag(title);
  const context = await visitor.newContext(device);
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

/** With answers that take a while, as on a real network. */
async function slowly(tab, walk) {
  const network = await tab.context().newCDPSession(tab);
  await network.send("Network.enable");
  await network.send("Network.emulateNetworkConditions", { offline: false, latency: 2000, downloadThroughput: -1, uploadThroughput: -1 });
  await walk();
  await network.detach();
}

await visit("a site with Referrer-Policy no-referrer on every page", async (tab) => {
  await tab.goto(`${origin}/signup`);
  let sent = await fillIn(tab, "norma");
  is([sent.origin, sent["sec-fetch-site"]], ["null", "same-origin"], "Chromium sends Origin null and says that it is this site");
  is(await heading(tab), "Profile", "sign-up works with Origin null");

  await tab.goto(`${origin}/private/`);
  sent = await send(tab);
  is([sent.origin, await heading(tab)], ["null", "Saved"], "a gated form works");

  await tab.goto(`${origin}/`);
  sent = await send(tab);
  is([sent.origin, await heading(tab)], ["null", "Sign in"], "sign-out works with Origin null");

  sent = await fillIn(tab, "norma");
  is([sent.origin, await heading(tab)], ["null", "Profile"], "sign-in works with Origin null");
});

await visit("a double click on Create account", async (tab, context) => {
  for (const [name, delay] of [["dora", 60], ["dorothy", 200]]) {
    let posts = 0;
    const count = (request) => (posts += request.method() === "POST" ? 1 : 0);
    await context.clearCookies();
    await tab.goto(`${origin}/signup`);
    await tab.fill("#username", name);
    await tab.fill("#password", password);
    await slowly(tab, async () => {
      tab.on("request", count);
      await tab.click("button", { clickCount: 2, delay, noWaitAfter: true });
      await tab.waitForSelector("h1:has-text('Profile')"); // waitForURL takes the dropped answer for the end
    });
    tab.off("request", count);
    is([posts, await heading(tab)], [2, "Profile"], `${delay} ms between its clicks: the form is sent twice, and one is signed in`);
    ok((await tab.locator("main").textContent()).includes(`Username: ${name}`), "the profile shows the account that was made");
  }
});

/** Clicks a button twice, and answers with the number of forms that were sent until a page with the heading is there. */
async function clickTwice(tab, name, title) {
  let posts = 0;
  const count = (request) => (posts += request.method() === "POST" ? 1 : 0);
  await slowly(tab, async () => {
    tab.on("request", count);
    await tab.getByRole("button", { name, exact: true }).click({ clickCount: 2, delay: 60, noWaitAfter: true });
    await tab.waitForSelector(`h1:has-text('${title}')`);
  });
  tab.off("request", count);
  return posts;
}

await visit("a double click on Turn on", async (tab, context) => {
  await tab.goto(`${origin}/signup`);
  await fillIn(tab, "tilda");
  await tab.goto(`${origin}/factors/totp`);
  const secret = await tab.locator("[name=secret]").inputValue();
  await tab.fill("#code", execFileSync("oathtool", ["--totp", "--base32", secret], { encoding: "utf8" }).trim());
  is(await clickTwice(tab, "Turn on", "Recovery codes"), 2, "S9.48: a double click on Turn on sends the form twice, and leads to recovery codes");
  const codes = await tab.locator("li code").allTextContents();
  is(codes.length, 10, "S9.48: after a double click on Turn on there are ten recovery codes");
  await tab.goto(`${origin}/factors`);
  is([await heading(tab), (await tab.locator("main").textContent()).includes("10")], ["Two-step sign-in", true], "S9.48: after a double click on Turn on the session goes on, and has ten codes");
  await context.clearCookies();
  await tab.goto(`${origin}/login`);
  await fillIn(tab, "tilda");
  await tab.locator("[name=code]").fill(codes[0]);
  await Promise.all([tab.waitForNavigation(), tab.locator("form:has([name=code]) button[type=submit]").first().click()]);
  is(await heading(tab), "Profile", "S9.48: a recovery code that is seen after a double click signs in");
});

await visit("a double click on the form of a link", async (tab) => {
  await tab.goto(process.argv[4]);
  await tab.fill("#password", password);
  const button = (await tab.locator("main form button").first().textContent()).trim();
  is(await clickTwice(tab, button, "Sign in"), 2, "S9.48: a double click on the form of a link sends it twice, and leads to sign-in");
  is(await tab.locator("[role=status]").textContent(), "Your new password is set. Sign in with it.", "S9.48: after a double click on the form of a link, sign-in says that the password is set");
  await fillIn(tab, "irma");
  is(await heading(tab), "Profile", "S9.48: the password of a double click on the form of a link signs in");
});

/** Signs up with an app, and answers with the recovery codes. */
async function signUpWithApp(tab, username) {
  await tab.goto(`${origin}/signup`);
  await fillIn(tab, username);
  await tab.goto(`${origin}/factors/totp`);
  const secret = await tab.locator("[name=secret]").inputValue();
  await tab.fill("#code", execFileSync("oathtool", ["--totp", "--base32", secret], { encoding: "utf8" }).trim());
  await send(tab, "button:has-text('Turn on')");
  return tab.locator("li code").allTextContents();
}

await visit("a double click on the button below the code", async (tab, context) => {
  const codes = await signUpWithApp(tab, "thekla");
  await context.clearCookies();
  await tab.goto(`${origin}/login`);
  await fillIn(tab, "thekla");
  await tab.locator("#code").pressSequentially(codes[0]);
  is(await clickTwice(tab, "Continue", "Profile"), 1, "S9.48: a double click below the code sends the form once, and signs in");
  await tab.goto(`${origin}/factors`);
  ok(/\b9\b/.test(await tab.locator("main").textContent()), "S9.48: the session of a double click below the code goes on, and one recovery code was spent");

  // Once more while the next page is on its way.
  await context.clearCookies();
  await tab.goto(`${origin}/login`);
  await fillIn(tab, "thekla");
  await tab.locator("#code").pressSequentially(codes[1]);
  let posts = 0;
  await slowly(tab, async () => {
    tab.on("request", (request) => (posts += request.method() === "POST" ? 1 : 0));
    const next = tab.waitForRequest((request) => request.method() === "GET");
    await tab.keyboard.press("Enter");
    await next;
    await tab.keyboard.press("Enter");
    await until(() => posts === 2, "a second form");
    await tab.waitForSelector("h1:has-text('Profile')");
  });
  is([posts, await heading(tab)], [2, "Profile"], "S9.48: a code that is sent again while the next page is on its way leads to that page");
});

await visit("a double click on Delete my account", async (tab) => {
  await tab.goto(`${origin}/signup`);
  await fillIn(tab, "vanessa");
  await tab.goto(`${origin}/delete`);
  await tab.fill("#username", "vanessa");
  is(await clickTwice(tab, "Delete my account", "Sign in"), 1, "S9.48: a double click on Delete my account sends the form once, and leads to sign-in");
  await fillIn(tab, "vanessa");
  is(await tab.locator("[role=alert]").textContent(), "Incorrect username or password", "S9.48: after a double click on Delete my account the account is gone");
});

/** Opens the page with the name typed; its forms are counted and held back, so that nothing depends on when an answer comes. */
async function openDelete(tab, username) {
  await tab.goto(`${origin}/signup`);
  await fillIn(tab, username);
  await tab.goto(`${origin}/delete`);
  await tab.locator("#username").pressSequentially(username);
  await tab.evaluate(() => {
    window.forms = 0;
    document.querySelector("form").addEventListener("submit", (event) => {
      event.preventDefault();
      window.forms += 1;
    });
  });
  return [tab.getByRole("button", { name: "Delete my account" }), () => tab.evaluate(() => window.forms)];
}

const firefox = await launchFirefox();
for (const [name, visitor] of Object.entries({ Chromium: browser, Firefox: firefox })) {
  await visit(`clicks on Delete my account in ${name}`, async (tab) => {
    const [button, forms] = await openDelete(tab, `ada${name.toLowerCase()}`);
    await button.click({ clickCount: 2, delay: 60 });
    is(await forms(), 1, `S9.48: in ${name} a double click on Delete my account sends the form once`);
    await button.click();
    is(await forms(), 2, `S9.48: in ${name} a click after the double click sends the form`);
    await button.focus();
    await tab.keyboard.press("Enter");
    is(await forms(), 3, `S9.48: in ${name} the Enter key sends the form`);
  }, visitor);
}
await firefox.close();

const phone = { hasTouch: true, isMobile: true };
await visit("taps on Delete my account", async (tab) => {
  const [button, forms] = await openDelete(tab, "adaphone");
  await tab.tap("#username");
  await button.tap();
  is(await forms(), 1, "S9.48: a tap on Delete my account right after one on the field sends the form");
}, browser, phone);

await visit("a neighbour's cookie of the same name", async (tab, context) => {
  const www = `http://www.site.example:${port}`;
  const names = async () => (await context.cookies(`${www}/`)).filter(({ name }) => name === "auth_session").map(({ domain }) => domain);
  const stray = "z".repeat(40);

  await tab.goto(`${www}/signup`);
  await fillIn(tab, "stella");
  is(await heading(tab), "Profile", "sign-up leads to the profile");
  await context.addCookies([
    { name: "auth_session", value: stray, domain: ".site.example", path: "/" },
    { name: "auth_session", value: "x", domain: "www.site.example", path: "/private" },
  ]);
  is((await names()).sort(), [".site.example", "www.site.example"], "a host beside this one sets a cookie for the whole domain");

  await tab.goto(`${www}/private/`);
  is(await heading(tab), "Sign in", "two cookies of one name lead to sign-in, since neither can be trusted");
  is(await names(), [], "sign-in clears both cookies of the name");
  await fillIn(tab, "stella");
  is([await heading(tab), await names()], ["Members", ["www.site.example"]], "the sign-in works");

  await context.addCookies([{ name: "auth_session", value: stray, domain: ".site.example", path: "/" }]);
  await context.addCookies([{ name: "auth_session", value: stray, domain: ".site.example", path: "/" }]);
  await tab.goto(`${www}/private/?again`);
  is(await heading(tab), "Sign in", "the neighbour's cookie of the same name leads to sign-in again");
  await context.addCookies([{ name: "auth_session", value: stray, domain: ".site.example", path: "/" }]);
  await fillIn(tab, "stella");
  await fillIn(tab, "stella");
  is([await heading(tab), await names()], ["Members", ["www.site.example"]], "a cookie set before the form is sent: the second sign-in works");
});

await visit("the way back", async (tab, context) => {
  await tab.goto(`${origin}/signup`);
  await fillIn(tab, "webster");
  await context.clearCookies();

  await tab.goto(`${origin}/private/?a=1%0A2#part`);
  is(await heading(tab), "Sign in", "the gate asks to sign in");
  await tab.fill("#username", "webster");
  await tab.fill("#password", WRONG);
  await send(tab);
  is(await heading(tab), "Sign in", "a wrong password");
  await fillIn(tab, "webster");
  is(at(tab), "/private/?a=1%0A2#part", "the right one leads back, with query and fragment");

  await context.clearCookies();
  await tab.goto(`${origin}/private/?b=2`);
  await tab.click("main a");
  await tab.waitForSelector("h1:has-text('Sign up')");
  await fillIn(tab, "merriam");
  is(at(tab), "/private/?b=2", "sign-up by the link leads back to the gated page");

  const second = await context.newPage();
  await second.goto(`${origin}/login?next=/private/%3Fc%3D3`);
  is(at(second), "/private/?c=3", "a second tab with the sign-in page goes where it wanted");
});

await visit("single sign-on over subdomains", async (tab) => {
  const [app, login] = ["app", "login"].map((host) => `http://${host}.site.example:${process.argv[3]}`);

  await tab.goto(`${app}/private/?a=b#part`);
  is(new URL(tab.url()).origin, login, "a gate leads to the host that signs people in");
  await tab.click("main a");
  await tab.waitForSelector("h1:has-text('Sign up')");
  await fillIn(tab, "oscar");
  is(tab.url(), `${app}/private/?a=b`, "sign-up leads back from one origin to the other");

  await tab.goto(`${app}/account`);
  await send(tab);
  is(tab.url(), `${login}/login`, "sign-out leads to sign-in on the other host");
  await tab.goto(`${login}/`);
  is(await heading(tab), "Sign in", "sign-out on one host signs out on the other");

  await tab.goto(`${app}/private/?c=d#part`);
  await fillIn(tab, "oscar");
  is(tab.url(), `${app}/private/?c=d#part`, "sign-in leads back, fragment and all");
  await tab.goto(`${login}/login?next=${encodeURIComponent(`${app}/private/?e=f`)}`);
  is(tab.url(), `${app}/private/?e=f`, "the sign-in page leads a signed-in user back");
});

await visit("a site with a Content-Security-Policy on every page", async (tab) => {
  const complaints = [];
  tab.on("console", (message) => ["error", "warning"].includes(message.type()) && complaints.push(message.text()));
  const look = () =>
    tab.evaluate(async () => {
      const icon = new Image();
      icon.src = document.querySelector("link[rel=icon]").href;
      await icon.decode();
      return [getComputedStyle(document.querySelector("button")).backgroundColor, icon.naturalWidth > 0, document.querySelectorAll("[autofocus]").length];
    });
  await tab.goto(`http://www.site.example:${port}/login`);
  const usual = await look();
  is(usual.slice(1), [true, 1], "elsewhere: an icon that can be drawn, one autofocus");
  await tab.goto(`http://strict.site.example:${port}/login`);
  const policy = await tab.evaluate(async () => (await fetch(location.href).catch(() => null))?.status ?? "forbidden");
  is(policy, "forbidden", "the page's own policy holds");
  complaints.length = 0;
  for (const path of ["/login", "/signup", "/private/"]) {
    await tab.goto(`http://strict.site.example:${port}${path}`);
    is(await look(), usual, `${path} looks as usual`);
  }
  is(complaints, [], "the browser has no complaint");
});

await visit("names as people paste and write them", async (tab) => {
  const long = "a name of far more than thirty-one characters";
  await tab.goto(`${origin}/signup`);
  await tab.fill("#password", long);
  await tab.locator("#password").evaluate((field) => (field.type = "text"));
  for (const key of ["Control+a", "Control+c"]) await tab.press("#password", key);
  await tab.press("#username", "Control+v");
  is(await tab.inputValue("#username"), long, "a long name that is pasted is not cut");
  await send(tab);
  is([await tab.inputValue("#username"), await tab.locator("[role=alert]").textContent()], [long, "Invalid username"], "a long name is refused whole");

  await fillIn(tab, "\u05d0\u05d1\u05d2\u05d3!");
  is(await heading(tab), "Profile", "a name that is written from right to left");
  const order = await tab.evaluate(() => {
    const text = document.querySelector("bdi").firstChild;
    const leftOf = (i) => {
      const range = document.createRange();
      range.setStart(text, i);
      range.setEnd(text, i + 1);
      return range.getBoundingClientRect().left;
    };
    return [...text.data].map((_, i) => i).sort((one, other) => leftOf(one) - leftOf(other));
  });
  is(order, [4, 3, 2, 1, 0], "ends at the left, with its exclamation mark");
});

await browser.close();
done();
