// SPDX-License-Identifier: Apache-2.0
// Passkeys: the only script of these pages. It asks the browser for what a form needs, puts the answer into its hidden
// fields, and submits it like any other form. What to ask for is in the form's data- attributes. Without it, or in a
// browser without passkeys, these forms stay hidden.
"use strict";

(() => {
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer)))
      .replace(/\+/g, "-")
      .replace(/\//g, "_")
      .replace(/=+$/, "");
  const credentials = (ids) =>
    (ids ? ids.split(" ") : []).map((id) => ({ type: "public-key", id: bytes(id) }));

  /** What navigator.credentials.create is asked for. */
  const creation = ({ dataset: asked }) => ({
    challenge: bytes(asked.challenge),
    rp: { id: asked.party, name: asked.site || asked.party },
    user: { id: bytes(asked.userHandle), name: asked.username, displayName: asked.username },
    pubKeyCredParams: asked.algorithms.split(" ").map((alg) => ({ type: "public-key", alg: Number(alg) })),
    excludeCredentials: credentials(asked.exclude),
    authenticatorSelection: {
      residentKey: asked.resident,
      requireResidentKey: asked.resident === "required",
      userVerification: asked.verification,
    },
    attestation: "none",
    timeout: Number(asked.timeout),
  });

  /** What navigator.credentials.get is asked for. */
  const request = ({ dataset: asked }) => ({
    challenge: bytes(asked.challenge),
    rpId: asked.party,
    allowCredentials: credentials(asked.allow),
    userVerification: asked.verification,
    timeout: Number(asked.timeout),
  });

  const fill = (form, { rawId, response }) => {
    const values = {
      id: rawId,
      client_data: response.clientDataJSON,
      authenticator_data: response.getAuthenticatorData ? response.getAuthenticatorData() : response.authenticatorData,
      signature: response.signature,
      user_handle: response.userHandle,
    };
    for (const [name, value] of Object.entries(values)) {
      if (form.elements[name] && value) form.elements[name].value = text(value);
    }
    form.submit();
  };

  /** Shows the message for what went wrong; those of the other reasons stay hidden. */
  const complain = (form, reason) => {
    for (const message of form.querySelectorAll("[data-when]")) message.hidden = message.dataset.when !== reason;
  };

  let autofill = null; // ends the request that waits for a choice in the field of the name

  const ask = async (form) => {
    if (autofill) autofill.abort();
    complain(form, "");
    try {
      fill(
        form,
        form.dataset.passkey === "create"
          ? await navigator.credentials.create({ publicKey: creation(form) })
          : await navigator.credentials.get({ publicKey: request(form) }),
      );
    } catch (error) {
      complain(form, error.name === "InvalidStateError" ? "known" : "failed");
    }
  };

  /** Passkeys among the suggestions for the field of the name, where the browser has them. */
  const suggest = async (form) => {
    const available = PublicKeyCredential.isConditionalMediationAvailable;
    if (form.dataset.autofill !== "on" || !available || !(await available.call(PublicKeyCredential))) return;
    autofill = new AbortController();
    try {
      fill(
        form,
        await navigator.credentials.get({ publicKey: request(form), mediation: "conditional", signal: autofill.signal }),
      );
    } catch (error) {
      if (error.name !== "AbortError" && error.name !== "NotAllowedError") complain(form, "failed");
    }
  };

  if (!window.PublicKeyCredential || !navigator.credentials) {
    for (const hint of document.querySelectorAll("[data-without-passkeys]")) hint.hidden = false;
    return;
  }
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      ask(form);
    });
    suggest(form);
  }
})();
