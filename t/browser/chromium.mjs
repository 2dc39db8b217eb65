// SPDX-License-Identifier: Apache-2.0
// The browser that the scripts here share: Debian's chromium, kept from talking to anybody but the server under test.

import { createHash, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { chromium } from "playwright-core";

const quiet = [
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
];

/**
 * With hosts ("*.site.example", ...) that it finds at this machine, and a certificate that it takes as if an authority had
 * signed it (a file in PEM). Pages that people left are kept in memory for Back only when `keepsPages`.
 */
export function launch({ hosts = [], certificate, keepsPages = false } = {}) {
  const asRoot = process.getuid() === 0 ? ["--no-sandbox"] : [];
  const found = `--host-resolver-rules=${hosts.map((host) => `MAP ${host} 127.0.0.1`).join(", ")}`;
  const trusted = certificate ? [`--ignore-certificate-errors-spki-list=${fingerprint(certificate)}`] : [];
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [...quiet, ...asRoot, ...trusted, found],
    ignoreDefaultArgs: keepsPages ? ["--disable-back-forward-cache"] : [],
  });
}

const fingerprint = (file) =>
  createHash("sha256").update(new X509Certificate(readFileSync(file)).publicKey.export({ type: "spki", format: "der" })).digest("base64");

export const looks = [
  { name: "phone-light", viewport: { width: 320, height: 640 }, colorScheme: "light" },
  { name: "phone-dark", viewport: { width: 320, height: 640 }, colorScheme: "dark" },
  { name: "desk-light", viewport: { width: 1280, height: 800 }, colorScheme: "light" },
  { name: "desk-dark", viewport: { width: 1280, height: 800 }, colorScheme: "dark" },
];
