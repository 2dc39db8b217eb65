// SPDX-License-Identifier: Apache-2.0
// The OpenID provider that mod_auth_openidc signs in with, for t/lib/LuciaTest/OpenId.pm: one client, which may come back to any
// port of this machine.
//
//   node provider.mjs --accounts '{"alice":{"password":"...","claims":{"sub":"1","email":"..."}}}' --client ID --secret SECRET
//
// The claim sub is the name unless it is given. The provider takes a free port of localhost; "listening URL" on standard output
// says which. It ends when its standard input closes, or on SIGTERM or SIGINT.
import { createServer } from "node:http";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { parseArgs } from "node:util";
import Provider from "oidc-provider";

const { values: options } = parseArgs({
  options: {
    accounts: { type: "string" },
    client: { type: "string" },
    secret: { type: "string" },
  },
});
const accounts = new Map(Object.entries(JSON.parse(options.accounts)));
const subject = (name) => accounts.get(name).claims?.sub ?? name;
const bySubject = new Map([...accounts].map(([name, { claims }]) => [subject(name), { ...claims, sub: subject(name) }]));

console.warn = () => {}; // It warns that sessions and keys end with the process, as they should here.

const INTERACTION = "/interaction/";
const FORM = `<!doctype html><html lang="en"><title>Provider</title><link rel="icon" href="data:,"><form method="post">
<label>Name <input name="name"></label> <label>Password <input name="password" type="password"></label> <button>Sign in</button></form>`;

const server = createServer();
server.listen(0, "127.0.0.1");
await once(server, "listening");
const url = `http://localhost:${server.address().port}`;

const provider = new Provider(url, {
  claims: { profile: ["name", "preferred_username", "groups"], email: ["email", "email_verified"] },
  clients: [{ client_id: options.client, client_secret: options.secret, redirect_uris: ["http://127.0.0.1/"] }],
  conformIdTokenClaims: false,
  cookies: { keys: [options.secret] },
  features: { devInteractions: { enabled: false } },
  findAccount: (ctx, id) => ({ accountId: id, claims: async () => bySubject.get(id) }),
  interactions: { url: (ctx, interaction) => INTERACTION + interaction.uid },
  // The user is not asked whether the client may know him.
  loadExistingGrant: async (ctx) => {
    const grant = new ctx.oidc.provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
    grant.addOIDCScope("openid profile email");
    await grant.save();
    return grant;
  },
  pkce: { required: () => false },
  scopes: ["openid", "profile", "email"],
});
const isHere = (uri) => ["127.0.0.1", "localhost"].includes(new URL(uri).hostname);
provider.Client.prototype.redirectUriAllowed = isHere;
provider.Client.prototype.postLogoutRedirectUriAllowed = isHere;

const interact = async (req, res) => {
  const form = new URLSearchParams(req.method === "POST" ? await text(req) : "");
  const name = form.get("name");
  if (accounts.has(name) && form.get("password") === accounts.get(name).password) {
    await provider.interactionFinished(req, res, { login: { accountId: subject(name) } });
    return;
  }
  res.writeHead(req.method === "POST" ? 401 : 200, { "content-type": "text/html" }).end(FORM);
};

const answer = provider.callback();
server.on("request", (req, res) => {
  const work = req.url.startsWith(INTERACTION) ? interact(req, res) : answer(req, res);
  Promise.resolve(work).catch((error) => res.writeHead(500).end(String(error)));
});

const stop = () => process.exit(0);
process.stdin.on("end", stop).resume();
process.on("SIGTERM", stop);
process.on("SIGINT", stop);
console.log(`listening ${url}`);
