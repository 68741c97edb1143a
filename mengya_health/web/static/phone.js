// The family's pages: read aloud, hand on, and switches that lose nothing. Every page does its work without this file.
"use strict";

// --- 读给我听: by a voice that the device itself brings. It never begins by itself. -----------------------------------

const languageOf = (code) => code.slice(0, 2).toLowerCase();

// Only voices of the device: others would send what is read to whoever makes the browser.
function voiceFor(lang) {
  const voices = window.speechSynthesis?.getVoices() ?? [];
  return voices.find((voice) => voice.localService && languageOf(voice.lang) === languageOf(lang));
}

const LINES = "h1, h2, h3, p, li, dt, dd, legend, label, td, th, summary";
const NOT_READ = "button, nav, script, svg, table, .tool, .tiny, [hidden], .vh";

// What stands on the page, line by line, in the order in which it is read.
function linesOf(main) {
  const lines = [];
  const walker = document.createTreeWalker(main, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const holder = walker.currentNode.parentElement;
    const words = walker.currentNode.data.replace(/\s+/g, " ").replace(/→/g, "，");
    if (!words.trim() || holder.closest(NOT_READ) || !holder.getClientRects().length) continue;
    const line = holder.closest(LINES) ?? holder;
    const lang = holder.closest("[lang]").lang;
    const last = lines[lines.length - 1];
    if (last?.line === line && last.lang === lang) last.words += words;
    else lines.push({ line, lang, words });
  }
  return lines;
}

function showReading(button, isOn) {
  button.setAttribute("aria-pressed", String(isOn));
  button.querySelector("span").textContent = isOn ? button.dataset.stop : button.dataset.read;
}

function stopReading() {
  window.speechSynthesis?.cancel();
  for (const button of document.querySelectorAll("[data-read]")) showReading(button, false);
}

function read(button) {
  const spoken = [];
  for (const { lang, words } of linesOf(document.getElementById("main"))) {
    const voice = voiceFor(lang);
    if (!voice) continue; // a voice of another language would only make noise of it
    const said = new SpeechSynthesisUtterance(words.trim());
    Object.assign(said, { voice, lang: voice.lang, rate: 0.9 });
    spoken.push(said);
  }
  if (!spoken.length) return;
  spoken[spoken.length - 1].onend = stopReading;
  showReading(button, true);
  for (const said of spoken) speechSynthesis.speak(said);
}

function offerVoice() {
  const isThere = Boolean(voiceFor(document.documentElement.lang));
  for (const button of document.querySelectorAll("[data-read]")) button.hidden = !isThere;
}

if (window.speechSynthesis) {
  speechSynthesis.addEventListener?.("voiceschanged", offerVoice); // some devices name their voices a moment later
  addEventListener("pagehide", stopReading);
  offerVoice();
}

// --- Handing a link on ------------------------------------------------------------------------------------------------

async function handOn(button) {
  const url = button.dataset.share;
  try {
    if (navigator.share) return await navigator.share({ url });
    await navigator.clipboard.writeText(url);
    const said = document.querySelector("[data-shared]");
    said.textContent = said.dataset.shared;
  } catch {
    getSelection().selectAllChildren(document.getElementById("address")); // to be copied by hand
  }
}

function offerSharing() {
  for (const button of document.querySelectorAll("[data-share]")) button.hidden = false;
}

offerSharing();

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-read], [data-share]");
  if (button?.matches("[data-share]")) handOn(button);
  else if (button) button.getAttribute("aria-pressed") === "true" ? stopReading() : read(button);
});

// --- Language and text size: what was filled in stays. It is kept on the page alone; drafts keep themselves. -----------

const FIELDS = "main input:not([type=hidden], [type=password], [type=file]), main select, main textarea";

const valueOf = (field) => (field.matches("[type=radio], [type=checkbox]") ? field.checked : field.value);
const startOf = (field) => {
  if (field.matches("[type=radio], [type=checkbox]")) return field.defaultChecked;
  return field.matches("select") ? [...field.options].find((each) => each.defaultSelected)?.value ?? field.options[0].value : field.defaultValue;
};

function fillIn(changed) {
  const fields = [...document.querySelectorAll(FIELDS)];
  for (const old of changed) {
    const isSame = (each) => each.name === old.name && (!old.matches("[type=radio], [type=checkbox]") || each.value === old.value);
    const field = fields.find(isSame);
    if (!field) continue;
    if (field.matches("[type=radio], [type=checkbox]")) field.checked = old.checked;
    else field.value = old.value;
  }
}

async function switchHere(form, button, changed) {
  const sent = new URLSearchParams(new FormData(form));
  sent.set(button.name, button.value);
  const answer = await fetch(form.action, { method: "POST", body: sent });
  if (!answer.ok) throw new Error("refused");
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  stopReading();
  document.title = fresh.title;
  document.documentElement.lang = fresh.documentElement.lang;
  document.documentElement.className = fresh.documentElement.className;
  document.body.replaceWith(document.adoptNode(fresh.body));
  fillIn(changed);
  offerVoice();
  offerSharing();
  document.querySelector(`[data-display] [name="${button.name}"]`)?.focus();
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-display]") || document.querySelector("[data-draft]")) return;
  const changed = [...document.querySelectorAll(FIELDS)].filter((field) => field.name && valueOf(field) !== startOf(field));
  if (!changed.length) return;
  event.preventDefault();
  switchHere(form, event.submitter, changed).catch(() => {
    delete form.dataset.display; // the plain way, as without this file
    form.requestSubmit(event.submitter);
  });
});

// --- Coming in and going back -------------------------------------------------------------------------------------------

// A phone that was registered opens at once what somebody was on their way to.
document.querySelector("form[data-at-once]")?.requestSubmit();

// A page that the browser kept whole was left by sending its form: what it shows may be signed and done by now.
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});
