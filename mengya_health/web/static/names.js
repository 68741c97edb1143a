// 遮名: hides the children's names of a page that stands open, by the switch or after five minutes without a key in any tab.
// The pages that follow come from the server without names, until the switch is pressed again.
"use strict";

const UNTOUCHED_MS = 5 * 60 * 1000;
const LOOK_EVERY_MS = 2000;
const namesForm = document.querySelector("[data-names]");
const kept = new Map(); // what this page hid, to be shown again without losing what is typed on it

const areHidden = () => document.cookie.split("; ").includes("names=hidden");

function keepChoice(choice) {
  document.cookie = `names=${choice}; path=/; samesite=lax${location.protocol === "https:" ? "; secure" : ""}`;
}

function label(text, choice) {
  const button = namesForm.querySelector("button");
  button.querySelector("span").textContent = text;
  button.value = choice;
}

function hideNames() {
  for (const el of document.querySelectorAll("[data-name], .leaf")) {
    kept.set(el, el.textContent);
    el.textContent = el.matches(".leaf") ? "*" : `${[...el.textContent][0] ?? ""}*`;
  }
  namesForm.dataset.names = "hidden";
  label(namesForm.dataset.show, "shown");
}

function showNames() {
  if (!kept.size) return location.reload(); // the page came without names
  for (const [el, text] of kept) el.textContent = text;
  kept.clear();
  namesForm.dataset.names = "shown";
  label(namesForm.dataset.hide, "hidden");
}

function touched() {
  localStorage.setItem("touched", Date.now()); // of all tabs: typing in one keeps the others as they are
}

function watch() {
  namesForm.addEventListener("submit", (event) => {
    event.preventDefault();
    const hide = namesForm.dataset.names === "shown";
    keepChoice(hide ? "hidden" : "shown");
    if (hide) hideNames();
    else showNames();
  });

  for (const name of ["keydown", "pointerdown"]) addEventListener(name, touched);
  touched();
  setInterval(() => {
    if (namesForm.dataset.names === "hidden") return;
    if (Date.now() - Number(localStorage.getItem("touched")) >= UNTOUCHED_MS) keepChoice("hidden");
    if (areHidden()) hideNames();
  }, LOOK_EVERY_MS);
}

if (namesForm) watch(); // a page of another frame has no switch
