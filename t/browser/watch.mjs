// SPDX-License-Identifier: Apache-2.0
// Collects what a page must never do: log an error, break its Content-Security-Policy, throw, open a dialog, or ask
// another site for something.

// Chromium logs every page that comes with a 4xx or 5xx status; the tests look at the status itself.
const isStatusOfPage = (message, tab) =>
  message.text().startsWith("Failed to load resource: the server responded with a status of") &&
  message.location().url === tab.url();

export function watch(context, origin) {
  const seen = [];
  context.on("console", (message) => {
    if (["error", "warning"].includes(message.type()) && !isStatusOfPage(message, message.page())) {
      seen.push(`console: ${message.text()}`);
    }
  });
  context.on("weberror", (error) => seen.push(`exception: ${error.error().message}`));
  context.on("dialog", (dialog) => {
    seen.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  context.on("request", (request) => {
    const { origin: asked, protocol } = new URL(request.url());
    if (asked !== origin && protocol !== "data:") seen.push(`request: ${request.url()}`);
  });
  return seen;
}
