// Keeps what is typed as a draft on the server: every five seconds, and when a field is left. Without this file a form
// is saved by its button as ever. Passwords, PINs and files never leave the page this way.
"use strict";

const EVERY_MS = 5000;
const NEVER = "input[type=password], input[type=file]";
const FOR_GOOD = { 403: "other", 409: "newer" }; // what trying again would not change

function watchDraft(said) {
  const form = said.closest("form");
  form.autocomplete = "off"; // back on a saved form, the browser must not fill in again what is in the record by now
  let changed = false;
  let over = false; // nothing more is kept of this page
  let asking = null;
  let field = said.dataset.field;

  function typed() {
    const sent = new FormData(form);
    for (const secret of form.querySelectorAll(NEVER)) sent.delete(secret.name);
    sent.set("draft_step", "keep");
    sent.set("draft_seen", said.dataset.version);
    sent.set("draft_field", field);
    return sent;
  }

  function say(text, isTrouble) {
    if (said.textContent === text) return;
    said.classList.toggle("draft-trouble", isTrouble);
    if (isTrouble) said.setAttribute("role", "alert");
    else said.removeAttribute("role"); // "kept" twelve times a minute is nothing to be read out
    said.textContent = text;
  }

  function offerSignIn() {
    const link = document.createElement("a");
    link.href = "/sign-in";
    link.target = "_blank";
    link.rel = "noopener";
    link.textContent = said.dataset.signIn;
    said.append(" ", link);
  }

  async function hear(answer) {
    if (answer.ok) {
      const kept = await answer.json();
      said.dataset.version = kept.version;
      say(kept.said, false);
    } else if (answer.status === 401) {
      changed = true; // kept as soon as they have signed in, in whichever tab
      if (said.dataset.out === said.firstChild?.textContent) return;
      say(said.dataset.out, true);
      offerSignIn();
    } else if (answer.status >= 500 || answer.status === 429) {
      changed = true;
      say(said.dataset.offline, true);
    } else {
      over = true;
      say(said.dataset[FOR_GOOD[answer.status] ?? "refused"], true);
    }
  }

  async function keep() {
    if (!changed || over || asking) return;
    changed = false;
    asking = new AbortController();
    try {
      // keepalive: a draft that is on its way goes on when the page is left
      const sent = { method: "POST", body: typed(), signal: asking.signal, keepalive: true };
      await hear(await fetch(form.getAttribute("action"), sent));
    } catch {
      changed = true;
      if (!over) say(said.dataset.offline, true);
    }
    asking = null;
  }

  function note(event) {
    if (event.target.matches(NEVER)) return;
    changed = true;
    field = event.target.name || field;
  }

  form.addEventListener("input", note);
  form.addEventListener("change", note);
  form.addEventListener("focusout", keep);
  document.addEventListener("visibilitychange", keep);
  addEventListener("online", keep);
  setInterval(keep, EVERY_MS);
  form.addEventListener("submit", () => {
    over = true;
    asking?.abort();
    if (form.dataset.queue === undefined) say(said.dataset.sending, false); // else queue.js says where it is
  });
  form.addEventListener("unsent", () => {
    over = false;
    changed = true;
  });

  // A draft is gone on with where it was left, unless the page has something to say first.
  const last = !document.querySelector("[data-focus]") && field && form.elements[field];
  const place = last && "length" in last && !last.matches ? [...last].find((each) => each.checked) ?? last[0] : last;
  place?.focus?.();
}

for (const said of document.querySelectorAll("[data-draft]")) watchDraft(said);

// A page that the browser kept whole was left by sending its form: what it shows may be signed and done by now.
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});
