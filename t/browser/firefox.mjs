// SPDX-License-Identifier: Apache-2.0
// The other browser: Debian's firefox-esr as it is, which speaks WebDriver BiDi, kept from talking to anybody but the server under test.

import { firefox } from "playwright-core";

const nowhere = "http://127.0.0.1:9";
const quiet = {
  "app.normandy.enabled": false,
  "app.update.disabledForTesting": true,
  "browser.region.network.url": "",
  "browser.safebrowsing.malware.enabled": false,
  "browser.safebrowsing.phishing.enabled": false,
  "browser.search.update": false,
  "datareporting.policy.dataSubmissionEnabled": false,
  "extensions.getAddons.cache.enabled": false,
  "extensions.update.enabled": false,
  "media.gmp-manager.updateEnabled": false,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "services.settings.server": nowhere,
  "toolkit.telemetry.enabled": false,
  "ui.prefersReducedMotion": 1,
};

/** With hosts ("www.site.example", ...) that it finds at this machine; without scripts, timers of the tests do not run either. */
export function launchFirefox({ hosts = [], scripts = true } = {}) {
  return firefox.launch({
    channel: "moz-firefox",
    executablePath: process.env.FIREFOX ?? "/usr/bin/firefox-esr",
    firefoxUserPrefs: { ...quiet, "network.dns.localDomains": hosts.join(","), "javascript.enabled": scripts },
  });
}
