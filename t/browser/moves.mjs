// SPDX-License-Identifier: Apache-2.0
// Ways from page to page that hold in any browser, also where a page comes back from memory as it was left.

/** For contexts in which nobody looks at the pages: nothing moves, and little is drawn. */
export const still = { reducedMotion: "reduce", viewport: { width: 320, height: 480 } };

export const heading = (tab) => tab.locator("h1").textContent();

/** Asks until something is so. */
export async function until(isTrue, what) {
  for (const end = Date.now() + 30_000; !(await isTrue()); await new Promise((resolve) => setTimeout(resolve, 50))) {
    if (Date.now() > end) throw new Error(`not in time: ${what}`);
  }
}

let departures = 0;

/** Does what leads to another page, and answers with that page's heading, once it is loaded. */
export async function arrive(tab, act) {
  departures += 1;
  await tab.evaluate((n) => (window.departure = n), departures);
  await act();
  const isElsewhere = (n) => window.departure !== n && document.readyState === "complete";
  await until(() => tab.evaluate(isElsewhere, departures).catch(() => false), `another page than ${tab.url()}`);
  return heading(tab);
}

/** The page's own click: what drives the browser waits for navigations that a page from memory never reports. */
export const click = (tab, selector) => arrive(tab, () => tab.locator(selector).evaluate((element) => element.click()));

/** As typed into the address bar. */
export async function go(tab, url) {
  await tab.goto(url);
  return heading(tab);
}

export const back = (tab, steps = 1) =>
  arrive(tab, () => tab.evaluate((n) => void setTimeout(() => history.go(-n)), steps));
