// SPDX-License-Identifier: Apache-2.0
// The OpenID provider that mod_auth_openidc signs in with when t/bench measures it: one user, one client, who may come back to
// any port of this machine.
//
//   node provider.mjs --name NAME --password PASSWORD --client ID --secret SECRET
//
// It takes a free port; "listening URL" on standard output says which. It ends when its standard input closes, or on SIGTERM
// or SIGINT.
import { createServer } from "node:http";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { parseArgs } from "node:util";
import Provider from "oidc-provider";

const { values: options } = parseArgs({
  options: {
    name: { type: "string" },
    password: { type: "string" },
    client: { type: "string" },
    secret: { type: "string" },
  },
});

console.warn = () => {}; // It warns that sessions and keys end with the process, as they should here.

const INTERACTION = "/interaction/";
const FORM = '<!doctype html><form method="post"><input name="name"><input name="password" type="password"></form>';

const server = createServer();
server.listen(0, "127.0.0.1");
await once(server, "listening");
const url = `http://127.0.0.1:${server.address().port}`;

const provider = new Provider(url, {
  clients: [{ client_id: options.client, client_secret: options.secret, redirect_uris: ["http://127.0.0.1/"] }],
  cookies: { keys: [options.secret] },
  features: { devInteractions: { enabled: false } },
  findAccount: (ctx, id) => ({ accountId: id, claims: async () => ({ sub: id }) }),
  interactions: { url: (ctx, interaction) => INTERACTION + interaction.uid },
  // The user is not asked whether the client may know him.
  loadExistingGrant: async (ctx) => {
    const grant = new ctx.oidc.provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
    grant.addOIDCScope("openid");
    await grant.save();
    return grant;
  },
  pkce: { required: () => false },
});
provider.Client.prototype.redirectUriAllowed = (uri) => new URL(uri).hostname === "127.0.0.1";

const interact = async (req, res) => {
  const form = new URLSearchParams(req.method === "POST" ? await text(req) : "");
  if (form.get("name") === options.name && form.get("password") === options.password) {
    await provider.interactionFinished(req, res, { login: { accountId: options.name } });
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
