// Passkeys: asks this device and sends its answer with the form. Without WebAuthn every page does its work by password or PIN.
"use strict";

const bytesOf = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const textOf = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const withBytes = (listed) => (listed || []).map((each) => ({ ...each, id: bytesOf(each.id) }));

const ASK = {
  create: (options) =>
    navigator.credentials.create({
      publicKey: {
        ...options,
        challenge: bytesOf(options.challenge),
        user: { ...options.user, id: bytesOf(options.user.id) },
        excludeCredentials: withBytes(options.excludeCredentials),
      },
    }),
  get: (options) =>
    navigator.credentials.get({
      publicKey: {
        ...options,
        challenge: bytesOf(options.challenge),
        allowCredentials: withBytes(options.allowCredentials),
      },
    }),
};

// The answer as JSON, in the form of RegistrationResponseJSON and AuthenticationResponseJSON.
function written(credential) {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[name]) response[name] = textOf(credential.response[name]);
  }
  if (credential.response.getTransports) response.transports = credential.response.getTransports();
  return JSON.stringify({ id: credential.id, rawId: textOf(credential.rawId), type: credential.type, response });
}

async function answerWithPasskey(button) {
  const form = button.form;
  const sent = new FormData(form);
  sent.set("passkey", "ask");
  const asked = await fetch(button.dataset.options, { method: "POST", body: new URLSearchParams(sent) });
  if (!asked.ok || asked.redirected) throw new Error("not asked");
  form.elements.passkey.value = written(await ASK[button.dataset.passkey](await asked.json()));
  form.submit();
}

for (const place of document.querySelectorAll("[data-passkey-place]")) {
  const [can, cannot] = [place.querySelector("[data-can]"), place.querySelector("[data-cannot]")];
  (window.PublicKeyCredential ? can : cannot).hidden = false;
  const button = place.querySelector("button");
  const failed = place.querySelector("[role=alert]");
  button.addEventListener("click", async () => {
    button.disabled = true;
    failed.hidden = true;
    try {
      await answerWithPasskey(button);
    } catch {
      failed.hidden = false;
      button.disabled = false;
    }
  });
}
