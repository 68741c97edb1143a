// Shortcuts for people who type all day. Every page does its work without this file.
"use strict";

const typing = (el) => el.matches("input:not([type=radio]):not([type=checkbox]), textarea, select");

// A refused page starts where the reader has to look.
document.querySelector("[data-focus]")?.focus();

// Chinese input methods type 。 and ．and full-width digits where a number is meant.
document.addEventListener("input", (event) => {
  const field = event.target;
  if (field.inputMode !== "decimal" || event.isComposing) return;
  const plain = field.value.replace(/[。．]/g, ".").replace(/[０-９]/g, (d) => String.fromCharCode(d.charCodeAt(0) - 0xfee0));
  if (plain !== field.value) field.value = plain;
});

// A guess at what was meant is put into its field; the doctor saves when the rest is right, too.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-take]");
  const field = button && document.getElementById(button.dataset.take);
  if (!field) return;
  event.preventDefault();
  field.value = button.value;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
  button.remove();
});

// Ten seconds to take back what was just done, from the line that says it is saved; the page itself offers it for longer.
for (const form of document.querySelectorAll("[data-undo]")) {
  const until = Date.now() + 10_000;
  const timer = setInterval(() => {
    const left = Math.ceil((until - Date.now()) / 1000);
    form.querySelector(".left").textContent = form.dataset.undo.replace("#", left);
    if (left > 0 || form.contains(document.activeElement)) return;
    clearInterval(timer);
    form.remove();
  }, 250);
}

// Esc on a page about one child leads where its first link does: to the list it was opened from. Drafts are kept.
function goBackToList() {
  const link = document.querySelector('[data-key="back"]');
  link?.click();
  return Boolean(link);
}

function everywhere(event) {
  if (event.key === "Escape") return goBackToList();
  if (lettersOff) return false;
  if (event.key === "/") document.querySelector('[data-key="/"]')?.focus();
  else if (event.key === "?") document.getElementById("keys")?.showModal();
  else return false;
  return true;
}

// 今日: one row is chosen; the keys press the links that stand in it.
function inList(list, event) {
  const rows = [...list.tBodies[0].rows];
  const at = rows.findIndex((row) => row.classList.contains("sel"));
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) {
    const next = rows[Math.min(Math.max(at + step, 0), rows.length - 1)];
    rows[at].classList.remove("sel");
    next.classList.add("sel");
    next.scrollIntoView({ block: "nearest" });
    return true;
  }
  if (event.key === "Enter" && event.target.closest("a, button, summary")) return false;
  if (event.key !== "Enter" && lettersOff) return false;
  const link = rows[at].querySelector(`[data-key="${event.key.toLowerCase()}"]`);
  link?.click();
  return Boolean(link);
}

const choices = (group) => [...group.querySelectorAll("input[type=radio]")];

// Letters and signs pressed alone can be turned off (WCAG 2.1.4): then nothing happens but what Tab, Enter and arrows do.
const lettersOff = document.documentElement.dataset.keys === "off";

const isSeen = (el) => (el.checkVisibility ? el.checkVisibility() : el.offsetParent); // not what is folded away

function goOn(form, from) {
  const fields = [...form.querySelectorAll("input:not([type=hidden]), select, textarea, button")].filter(isSeen);
  const next = fields.find((el) => from.compareDocumentPosition(el) & Node.DOCUMENT_POSITION_FOLLOWING && !from.contains(el));
  next?.focus();
  if (next && typing(next)) next.select?.(); // as Tab does: what is typed replaces what stood there
}

function choose(form, group, radio) {
  radio.checked = true;
  radio.dispatchEvent(new Event("change", { bubbles: true }));
  goOn(form, group);
}

// Y or N answers the row in focus, else the first one without an answer, and goes on to the next.
function answerSign(form, key) {
  const rows = [...form.querySelectorAll("[data-signs] tr")];
  const row = rows.find((r) => r.contains(document.activeElement)) || rows.find((r) => !r.querySelector(":checked"));
  if (!row) return false;
  const radios = choices(row);
  if (key === "n") choose(form, row, radios.find((radio) => radio.value === "0"));
  else if (row.hasAttribute("data-many")) radios[1].focus(); // which kind is for the doctor to say
  else choose(form, row, radios.find((radio) => radio.value === "1"));
  return true;
}

function withControl(form, event) {
  const which = { s: "save", Enter: "save-next" }[event.key];
  if (!which) return false;
  form.querySelector(`[data-key="${which}"]`).click();
  return true;
}

function withAlt(form, event) {
  const section = /^Digit[1-5]$/.test(event.code) && form.querySelector(`#s${event.code.slice(5)}`);
  if (section) {
    section.scrollIntoView();
    goOn(form, section.querySelector("h2"));
    return true;
  }
  if (event.code !== "KeyA") return false;
  choose(form, form.querySelector("#s3 fieldset"), form.querySelector("[name=exam][value=all_normal]"));
  return true;
}

// One digit picks the n-th choice of the group in focus and goes on.
function withDigit(form, event) {
  const group = event.target.closest("[data-digits]");
  const radio = group && choices(group)[Number(event.key) - 1];
  if (radio) choose(form, group, radio);
  return Boolean(radio) || Boolean(group && tick(form, group, Number(event.key)));
}

// Where several may be ticked, a digit ticks the n-th and stays; after the one that stands alone there is nothing more.
function tick(form, group, number) {
  const box = group.querySelectorAll("input[type=checkbox]")[number - 1];
  box?.click();
  if (box?.checked && box.value === group.dataset.alone) goOn(form, group);
  return box;
}

function inEntry(form, event) {
  if (event.ctrlKey || event.metaKey) return withControl(form, event);
  if (event.altKey) return withAlt(form, event);
  if (typing(event.target) || lettersOff) return false;
  if (/^[yn]$/i.test(event.key)) return answerSign(form, event.key.toLowerCase());
  return /^[1-9]$/.test(event.key) && withDigit(form, event);
}

// The steps on the left tick themselves when every question of a section has an answer.
function showProgress(form) {
  for (const link of form.querySelectorAll(".steps a")) {
    const section = form.querySelector(link.hash);
    const names = new Set([...section.querySelectorAll("input[type=radio]")].filter((el) => el.offsetParent).map((el) => el.name));
    const numbers = [...section.querySelectorAll(".num-in")];
    const answered = [...names].every((name) => form.querySelector(`[name="${name}"]:checked`)) && numbers.every((el) => el.value);
    link.classList.toggle("ok", answered);
    if (section.contains(document.activeElement)) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}

const list = document.querySelector("[data-list]");
const entry = document.querySelector("[data-entry]");

document.addEventListener("keydown", (event) => {
  if (event.isComposing || document.getElementById("keys")?.open) return;
  const bare = !event.ctrlKey && !event.altKey && !event.metaKey && !typing(event.target);
  const done = (entry && inEntry(entry, event)) || (bare && ((list && inList(list, event)) || everywhere(event)));
  if (done) event.preventDefault();
});

if (entry) {
  for (const name of ["change", "focusin", "input"]) entry.addEventListener(name, () => showProgress(entry));
  showProgress(entry);
  // The first field is ready to be typed into, unless the page has something to say or a place was asked for.
  if (!lettersOff && !location.hash && document.activeElement === document.body) goOn(entry, entry.querySelector("#s1 h2"));
}

// A page that is a sheet of paper, too: its button prints it, with what was folded open.
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}
addEventListener("beforeprint", () => document.querySelectorAll("details[data-printed]").forEach((el) => (el.open = true)));

// A page that is not there after a second is said to be on its way; what is on the screen stays to be read.
const slow = document.querySelector("[data-slow]");
const isPage = (el) => el.matches("form:not([method=dialog])") || (el.host === location.host && !el.hash && !/\.\w+$/.test(el.pathname));
let soon;
function sayNothing() {
  clearTimeout(soon);
  slow.textContent = "";
}
function sayWhenLate(event) {
  const what = event.type === "submit" ? event.target : event.target.closest("a[href]");
  if (!what || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey || !isPage(what)) return;
  sayNothing();
  soon = setTimeout(() => {
    slow.textContent = slow.dataset.slow;
    soon = setTimeout(sayNothing, 30000); // it was a file, and this page stays
  }, 1000);
}
for (const name of ["submit", "click"]) addEventListener(name, sayWhenLate);
addEventListener("pageshow", sayNothing);
