// SPDX-License-Identifier: Apache-2.0
// People's ways through the pages, in a real browser against a real server: node flow.mjs URL
// pages.t starts the server, with LuciaMount / and a gated /private/ that holds note.html, a form that goes to
// /private/save.cgi, and saved.html, where that leads, and boole/, which is for that user alone; sign-up at /closed/signup is off.

import { launch } from "./chromium.mjs";
import { audit, errorOf, focusedId } from "./audit.mjs";
import { watch } from "./watch.mjs";
import { PASSWORD as password, WRONG } from "../interop/lib/fixtures.mjs";
import { diag, done, is, ok } from "../interop/lib/tap.mjs";

const { origin } = new URL(process.argv[2]);
const hostileName = '"><svg onload=alert(1)>';

const browser = await launch();

/** One visitor with a browser of their own; whatever went wrong in it is told at the end. */
async function visit(title, walk) {
  diag(title);
  const context = await browser.newContext({ reducedMotion: "reduce" });
  context.setDefaultTimeout(30_000);
  const forbidden = watch(context, origin);
  const tab = await context.newPage();
  try {
    await walk(tab, context);
  } catch (error) {
    ok(false, `${title}: goes through to the end`, error.stack);
  }
  is(forbidden, [], `${title}: no script ran, no policy was broken, nothing was logged or fetched from elsewhere`);
  await context.close();
}

const at = (tab) => tab.url().slice(origin.length);
const open = (tab, path) => tab.goto(origin + path);
const heading = (tab) => tab.locator("h1").textContent();
const facts = (tab) => tab.locator("main p").allTextContents();
const value = (tab, id) => tab.locator(`#${id}`).inputValue();
const sessionCookie = async (context) => (await context.cookies()).find(({ name }) => name === "auth_session");

/** Whether a page is there, wholly, that is not the one that was marked. */
const hasArrived = (tab) => tab.evaluate(() => !window.isLeft && document.readyState === "complete").catch(() => false);

/** Does what leads to another page and answers with that page's response, once it is loaded. */
async function follow(tab, act) {
  await tab.evaluate(() => (window.isLeft = true));
  const isArrival = (response) => response.request().isNavigationRequest() && ![301, 302, 303].includes(response.status());
  const [response] = await Promise.all([tab.waitForResponse(isArrival), act()]);
  for (const end = Date.now() + 30_000; !(await hasArrived(tab)); await tab.waitForTimeout(20)) {
    if (Date.now() > end) throw new Error(`${tab.url()} does not load`);
  }
  return response;
}

const passwordField = (tab) => tab.locator("#password").evaluate((field) => [field.type, field.autocomplete]);

/** Whether what is copied from the username arrives in the password. */
async function pasted(tab, text) {
  await tab.fill("#username", text);
  await tab.focus("#username");
  for (const key of ["Control+a", "Control+c", "Tab", "Control+v"]) await tab.keyboard.press(key);
  return value(tab, "password");
}

/** Posts the form as typed, without the browser's own checks. */
async function submit(tab, fields) {
  for (const [id, text] of Object.entries(fields)) await tab.fill(`#${id}`, text);
  await tab.evaluate(() => (document.querySelector("form").noValidate = true));
  return follow(tab, () => tab.click("button"));
}

async function signUp(tab, username) {
  await open(tab, "/signup");
  await submit(tab, { username, password });
}

/** What Tab stops at, from the top of the page on; every stop must be seen. */
async function tabStops(tab) {
  await tab.evaluate(() => {
    const top = document.createElement("i");
    top.tabIndex = -1;
    document.body.prepend(top);
    top.focus();
    top.remove();
  });
  const stops = [];
  for (;;) {
    await tab.keyboard.press("Tab");
    const stop = await tab.evaluate(() => {
      const element = document.activeElement;
      if (element === document.body) return null;
      const outlined = getComputedStyle(element).outlineStyle !== "none";
      return `${element.id || element.textContent.trim()}${outlined ? "" : " (not outlined)"}`;
    });
    if (stop === null || stop === stops[0] || stops.length > 20) return stops;
    stops.push(stop);
  }
}

await visit("signing up", async (tab, context) => {
  const response = await open(tab, "/");
  is(at(tab), "/login", "a visitor of the profile is led to sign-in");
  const policy = response.headers()["content-security-policy"] ?? "";
  ok(/default-src 'none'/.test(policy) && !/script-src/.test(policy), "sign-in allows no script", policy);
  is(await focusedId(tab), "username", "sign-in: the cursor starts in the username");
  is(await tabStops(tab), ["username", "password", "Sign in", "Create an account"], "sign-in: Tab order");
  is(await passwordField(tab), ["password", "current-password"], "S9.9: sign-in asks for the current password");
  is(await pasted(tab, password), password, "S9.9: a password can be pasted");
  await audit(tab, "sign-in");

  await follow(tab, () => tab.click("text=Create an account"));
  is([at(tab), await heading(tab)], ["/signup", "Sign up"], "sign-in leads to sign-up");
  is(await focusedId(tab), "username", "sign-up: the cursor starts in the username");
  is(await tabStops(tab), ["username", "password", "Create account", "Sign in"], "sign-up: Tab order");
  is(await passwordField(tab), ["password", "new-password"], "S9.9: sign-up asks for a new password");
  is(await pasted(tab, password), password, "S9.9: a password can be pasted");
  await audit(tab, "sign-up");
  await tab.reload();

  // Typed, because a browser checks lengths only in what people type.
  await tab.locator("#username").pressSequentially("ada");
  await tab.locator("#password").pressSequentially(password);
  await tab.keyboard.press("Enter");
  is(await tab.locator(":invalid").nth(1).getAttribute("id"), "username", "the browser itself finds a name too short");
  is((await sessionCookie(context)) ?? null, null, "a name that the browser finds too short is not sent");

  let answer = await submit(tab, { username: "ada", password });
  is([answer.status(), at(tab)], [400, "/signup"], "the server refuses a name that is too short with 400");
  is(await errorOf(tab, "username"), { invalid: true, alerts: ["Invalid username"] }, "the message is tied to the username");
  is([await value(tab, "username"), await value(tab, "password")], ["ada", ""], "the name is kept, the password is not");
  is(await focusedId(tab), "username", "the cursor is in the username");
  ok(!(await answer.text()).includes(password), "the password is not in the page");
  await audit(tab, "sign-up with a wrong username");

  answer = await submit(tab, { username: "ada lovelace", password: "12345" });
  is(answer.status(), 400, "a password too short is refused");
  is(await errorOf(tab, "password"), { invalid: true, alerts: ["Invalid password"] }, "the message is tied to the password");
  is([await value(tab, "username"), await value(tab, "password")], ["ada lovelace", ""], "the name is kept again");
  is(await focusedId(tab), "password", "the cursor is in the password");
  await audit(tab, "sign-up with a wrong password");

  // With the keyboard alone from here on.
  await tab.keyboard.type(password);
  await follow(tab, () => tab.keyboard.press("Enter"));
  is([at(tab), await heading(tab)], ["/", "Profile"], "sign-up ends at the profile");
  const [id, name] = await facts(tab);
  ok(/^User id: [a-z0-9]{15}$/.test(id), "the profile shows the id", id);
  is(name, "Username: ada lovelace", "the profile shows the name");
  is(await tab.evaluate(() => document.cookie), "", "no script could read the cookie");
  await audit(tab, "profile");

  await open(tab, "/login");
  is(at(tab), "/", "sign-in leads a signed-in visitor home");
  is(await tabStops(tab), ["Change password", "Where you are signed in", "Sign out"], "profile: Tab order");
  await follow(tab, () => tab.click("text=Change password"));
  is([at(tab), await heading(tab)], ["/password", "Change password"], "the profile leads to the password page");
  is(await focusedId(tab), "current", "password page: the cursor starts in the current password");
  is(await tab.getByLabel("Sign out my other devices").isChecked(), true, "password page: the box is ticked");
  await audit(tab, "password page");
  answer = await submit(tab, { current: "not this one", password: `${password} 2` });
  is([answer.status(), at(tab)], [400, "/password"], "a wrong current password is refused with 400");
  is(await errorOf(tab, "current"), { invalid: true, alerts: ["Incorrect password"] }, "the message is tied to the current password");
  await audit(tab, "password page with a wrong password");
  const before = (await sessionCookie(context)).value;
  await submit(tab, { current: password, password });
  is([at(tab), await heading(tab)], ["/", "Profile"], "a change of the password ends at the profile");
  ok((await sessionCookie(context)).value !== before, "a change of the password gives the session another id");
  await tab.focus("button");
  await follow(tab, () => tab.keyboard.press("Enter"));
  is([at(tab), await heading(tab)], ["/login", "Sign in"], "signing out leads to sign-in");
  is((await sessionCookie(context)) ?? null, null, "signing out takes the cookie away");

  await open(tab, "/signup");
  await submit(tab, { username: "ADA Lovelace", password });
  is(
    await errorOf(tab, "username"),
    { invalid: true, alerts: ["Username already taken"] },
    "a name taken, whatever its case: the message is tied to the username",
  );
  is(await value(tab, "username"), "ADA Lovelace", "the name is kept as it was typed");
  await audit(tab, "sign-up with a name taken");
});

await visit("the gate", async (tab, context) => {
  await signUp(tab, "grace");
  await context.clearCookies();

  await open(tab, "/private/note.html?draft=1&page=2");
  is(new URL(tab.url()).pathname, "/login", "a visitor of a gated page is led to sign-in");
  is(await tab.locator("[name=next]").inputValue(), "/private/note.html?draft=1&page=2", "the sign-in form remembers the gated page");

  const answer = await submit(tab, { username: "grace", password: WRONG });
  is(answer.status(), 400, "a wrong password is refused");
  is(await errorOf(tab, "password"), { invalid: false, alerts: ["Incorrect username or password"] }, "the wrong password is answered with a message");
  is(await focusedId(tab), "password", "the cursor is in the password");
  is([await value(tab, "username"), await value(tab, "password")], ["grace", ""], "the name is kept, the password is not");
  await audit(tab, "sign-in refused");

  await tab.keyboard.type(password);
  await follow(tab, () => tab.keyboard.press("Enter"));
  is([at(tab), await heading(tab)], ["/private/note.html?draft=1&page=2", "Note"], "after it the gated page is there");
});

await visit("a session that ends while a form is filled in", async (tab, context) => {
  await signUp(tab, "hopper");
  await open(tab, "/private/note.html");
  await tab.fill("textarea", "written for an hour");
  await context.clearCookies();

  const answer = await follow(tab, () => tab.click("button"));
  is([answer.status(), at(tab)], [401, "/private/save.cgi"], "the form is refused");
  is(await heading(tab), "Your session has ended", "the page says that the session has ended");
  await audit(tab, "session ended");
  const link = tab.locator("main a");
  is(
    await link.evaluate((a) => [a.target, a.rel]),
    ["_blank", "noopener"],
    "the page offers sign-in in a new tab, which cannot reach back",
  );

  const opened = context.waitForEvent("page");
  await link.focus();
  await tab.keyboard.press("Enter");
  const signIn = await opened;
  await signIn.waitForLoadState();
  is(await heading(signIn), "Sign in", "the new tab is sign-in");
  await submit(signIn, { username: "hopper", password });
  is(await heading(signIn), "You are signed in", "after it the new tab says to go back");
  ok((await signIn.locator("main").textContent()).includes("Close this tab"), "to the tab with the form");
  await audit(signIn, "signed in beside a form");

  await tab.goBack();
  is(await tab.locator("textarea").inputValue(), "written for an hour", "going back keeps what was typed");
  await follow(tab, () => tab.click("button"));
  is(await heading(tab), "Saved", "the form that was kept can be sent");
});

await visit("signing out by a link, and twice", async (tab, context) => {
  await signUp(tab, "turing");
  const second = await context.newPage();
  await open(second, "/");
  is((await open(tab, "/logout")).status(), 200, "a link to sign-out leads to a page");
  is(await heading(tab), "Sign out", "a link to sign-out asks first");
  ok((await sessionCookie(context)) !== undefined, "a link to sign-out changes nothing by itself");
  await audit(tab, "sign-out");
  await follow(tab, () => tab.click("button"));
  is([at(tab), await heading(tab)], ["/login", "Sign in"], "its button signs out");
  is((await sessionCookie(context)) ?? null, null, "the button of the sign-out page takes the cookie away");

  const answer = await follow(second, () => second.click("button"));
  is([answer.status(), await heading(second)], [401, "You are signed out"], "a second sign-out is told kindly");
  await audit(second, "signed out twice");
  is((await open(tab, "/logout")).url(), `${origin}/login`, "a visitor of sign-out is led to sign-in");
});

await visit("a page for somebody else", async (tab) => {
  await signUp(tab, "boole");
  await open(tab, "/logout");
  await follow(tab, () => tab.click("button"));
  await signUp(tab, "george");
  const answer = await open(tab, "/private/boole/note.html?a=1#part");
  is([answer.status(), await heading(tab)], [403, "Not for this account"], "a user whom the place does not admit");
  is(await tab.locator("bdi").textContent(), "george", "is told who is signed in");
  is(await tabStops(tab), ["Sign in as another user", "Go to the start page"], "forbidden: Tab order");
  await audit(tab, "forbidden");
  await follow(tab, () => tab.click("button"));
  is(await heading(tab), "Sign in", "a refused user can sign in as another user");
  await submit(tab, { username: "boole", password });
  is(new URL(tab.url()).pathname, "/private/boole/note.html", "the other user comes to the refused page");
});

await visit("a double click on Sign in", async (tab) => {
  await signUp(tab, "noether");
  const hits = await tab.evaluate(() => {
    const button = document.querySelector("button");
    const { x, y, width, height } = button.getBoundingClientRect();
    const isHit = () => document.elementFromPoint(x + width / 2, y + height / 2) === button;
    const [settling] = button.getAnimations();
    const at = (time) => {
      settling.currentTime = time;
      return isHit();
    };
    settling.pause();
    return { length: settling.effect.getComputedTiming().duration, early: at(0), stillEarly: at(900), late: at(1000) };
  });
  is(hits, { length: 1000, early: false, stillEarly: false, late: true }, "its second click does not hit Sign out on the page that follows");
  await follow(tab, () => tab.click("button"));
  is(await heading(tab), "Sign in", "a click later does sign out");
});

await visit("S9.22: a hostile name", async (tab) => {
  const shown = async (where) => {
    is(await tab.locator("svg").count(), 0, `${where}: no element comes of it`);
    await audit(tab, where);
  };
  await open(tab, "/signup");
  await submit(tab, { username: hostileName, password: "12345" });
  is(await value(tab, "username"), hostileName, "sign-up gives it back as it was typed");
  await shown("sign-up with a hostile name");

  await submit(tab, { username: hostileName, password });
  is((await facts(tab))[1], `Username: ${hostileName}`, "the profile shows it as text");
  await shown("profile with a hostile name");

  await follow(tab, () => tab.click("button"));
  await submit(tab, { username: hostileName, password: WRONG });
  is(await value(tab, "username"), hostileName, "sign-in gives it back as it was typed");
  await shown("sign-in with a hostile name");

  await open(tab, `/login?next=${encodeURIComponent(`/${hostileName}`)}`);
  await shown("sign-in with a hostile next");
});

await visit("an error", async (tab) => {
  const answer = await open(tab, "/closed/signup");
  is(answer.status(), 403, "sign-up is closed there");
  ok((await tab.locator("main").textContent()).includes("Sign-up is closed"), "the page says so");
  await audit(tab, "error page");
  await follow(tab, () => tab.click("main a"));
  is(await heading(tab), "Sign in", "the closed sign-up leads back to sign-in");
});

await browser.close();
done();
