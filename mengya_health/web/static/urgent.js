// Says at once what cannot wait. Without this file the first press of 保存 says it, before anything is stored.
"use strict";

const PAUSE_MS = 400; // until a number is typed to its end

function watch(form) {
  const place = form.querySelector("[data-urgent-here]");
  const names = new Set(form.dataset.urgentFields.split(" "));
  let waiting = 0;
  let asked = 0;
  let shown = "";

  async function ask() {
    const mine = ++asked;
    const sent = new FormData(form);
    sent.delete("idem_key"); // nothing is stored, so the key stays for the real sending
    try {
      const answer = await fetch(form.dataset.urgent, { method: "POST", body: sent });
      if (answer.ok && mine === asked) show(await answer.text());
    } catch {
      // No network: what cannot wait is said when the form is sent.
    }
  }

  // The server shows what is answered already, so the whole banner may be put in anew.
  function show(html) {
    if (html === shown) return;
    shown = html;
    place.innerHTML = html;
  }

  form.addEventListener("input", (event) => {
    if (!names.has(event.target.name)) return;
    clearTimeout(waiting);
    waiting = setTimeout(ask, event.target.type === "radio" ? 0 : PAUSE_MS);
  });
  form.addEventListener("change", (event) => {
    if (!names.has(event.target.name) || event.target.type !== "radio") return;
    clearTimeout(waiting);
    waiting = setTimeout(ask, 0);
  });
}

for (const form of document.querySelectorAll("form[data-urgent]")) watch(form);
