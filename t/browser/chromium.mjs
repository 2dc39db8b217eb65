// SPDX-License-Identifier: Apache-2.0
// The browser that the scripts here share: Debian's chromium, kept from talking to anybody but the server under test.

import { chromium } from "playwright-core";

const quiet = [
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
];

/** With hosts ("*.site.example", ...) that it finds at this machine. */
export function launch({ hosts = [] } = {}) {
  const asRoot = process.getuid() === 0 ? ["--no-sandbox"] : [];
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [...quiet, ...asRoot, `--host-resolver-rules=${hosts.map((host) => `MAP ${host} 127.0.0.1`).join(", ")}`],
  });
}

export const looks = [
  { name: "phone-light", viewport: { width: 320, height: 640 }, colorScheme: "light" },
  { name: "phone-dark", viewport: { width: 320, height: 640 }, colorScheme: "dark" },
  { name: "desk-light", viewport: { width: 1280, height: 800 }, colorScheme: "light" },
  { name: "desk-dark", viewport: { width: 1280, height: 800 }, colorScheme: "dark" },
];
