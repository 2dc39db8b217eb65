// SPDX-License-Identifier: Apache-2.0
// One HTTP request with every header as it is given: no redirects followed, no cookies kept, a connection each.
import http from "node:http";

const TIMEOUT_MS = 60_000;

/**
 * @param {string} base "http://127.0.0.1:8080"
 * @param {{method?: string, path: string, headers?: [string, string][], body?: string|Buffer}} request
 * @returns {Promise<{status: number, headers: object, setCookies: string[], body: string}>}
 */
export const send = (base, { method = "GET", path, headers = [], body }) =>
  new Promise((resolve, reject) => {
    const { hostname, port, host } = new URL(base);
    const flat = [["Host", host], ["Connection", "close"], ...headers];
    if (body !== undefined) flat.push(["Content-Length", String(Buffer.byteLength(body))]);
    const request = http.request(
      { hostname, port, method, path, headers: flat.flat(), agent: false, setDefaultHeaders: false },
      (response) => {
        const chunks = [];
        response.on("data", (chunk) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () =>
          resolve({
            status: response.statusCode,
            headers: response.headers,
            setCookies: response.headers["set-cookie"] ?? [],
            body: Buffer.concat(chunks).toString("utf8"),
          }),
        );
      },
    );
    request.setTimeout(TIMEOUT_MS, () => request.destroy(new Error(`no answer from ${base}${path}`)));
    request.on("error", reject);
    request.end(body);
  });
