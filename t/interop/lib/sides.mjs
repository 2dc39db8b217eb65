// SPDX-License-Identifier: Apache-2.0
// The two servers that are compared: where each is, its database, and its browsers' cookies.
import { createHash } from "node:crypto";
import { send } from "./http.mjs";
import { observe } from "./observe.mjs";

const SAFE_METHODS = ["GET", "HEAD", "OPTIONS", "TRACE"];

const sha256 = (text) => createHash("sha256").update(text).digest("hex");

export class Side {
  /** @param {string} name "lucia" or "ours"; @param {string} url its origin; @param database its openDatabase(...) */
  constructor(name, url, database) {
    this.name = name;
    this.url = url;
    this.database = database;
    this.jars = new Map();
  }

  /** A browser: the token it holds now (null: none) and every token that it was ever given. */
  jar(name) {
    if (!this.jars.has(name)) this.jars.set(name, { current: null, tokens: [] });
    return this.jars.get(name);
  }

  #cookieHeaders({ jar, cookie }) {
    if (cookie) return [cookie(this.jars)].flat();
    const token = jar && this.jar(jar).current;
    return token ? [`auth_session=${token}`] : [];
  }

  #originHeader({ request, origin }) {
    if (origin === null) return [];
    if (origin) return [["Origin", origin(this.url)]];
    return SAFE_METHODS.includes(request.method) ? [] : [["Origin", this.url]];
  }

  /** Sends the step's request and keeps the cookie that comes back. */
  async visit(step) {
    const { request } = step;
    const headers = [
      ...request.headers,
      ...this.#originHeader(step),
      ...this.#cookieHeaders(step).map((value) => ["Cookie", value]),
    ];
    const seen = observe(await send(this.url, { ...request, headers }));
    if (step.jar) this.#keep(this.jar(step.jar), seen.cookie);
    return seen;
  }

  #keep(jar, { state, value }) {
    if (state === "cleared") jar.current = null;
    if (state !== "set") return;
    jar.current = value;
    jar.tokens.push(value);
  }

  /** Moves the two moments of a jar's session, stored plain or hashed, to so many milliseconds from now; the rows changed. */
  age(jarName, { active, idle }) {
    const token = this.jar(jarName).current;
    return this.database.run("UPDATE user_session SET active_expires = ?, idle_expires = ? WHERE id IN (?, ?)", [
      Date.now() + active,
      Date.now() + idle,
      token,
      sha256(token),
    ]);
  }

  /** One column of the first row that a statement finds; {users} is the table of users. */
  async value(sql, args = [], column = "value") {
    return (await this.database.rows(sql.replaceAll("{users}", this.database.tables.user), args))[0]?.[column] ?? null;
  }
}
