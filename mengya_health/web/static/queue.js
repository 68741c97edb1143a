// The waiting queue of the class pages: what the network does not take is sealed (AES-GCM), kept in IndexedDB and sent
// by itself. The key comes from the server for this account and stays in memory. An entry keeps the idem_key of its
// form: stored once, however often it comes. Without this file or WebCrypto the browser sends the form as ever.
"use strict";

(() => {
  const box = document.querySelector("[data-waiting]");
  if (!box || !window.isSecureContext || !crypto.subtle || !window.indexedDB || !AbortSignal.timeout) return;

  const words = box.dataset;
  const owner = words.waiting;
  const PATIENCE_MS = 15000;
  const MOST_MS = 60000;
  const MENDING = "mengya-mending"; // in sessionStorage: the id of a refused entry whose form is open in this tab
  const mine = { key: null, token: "", form: null, entry: "", isOut: false };
  let pauseMs = 1000;
  let timer = 0;
  let isSending = false;

  const make = (tag, given) => Object.assign(document.createElement(tag), given);

  // The store holds ids and sealed text.
  function onShelf(mode, act) {
    return new Promise((done, fail) => {
      const asked = indexedDB.open("mengya-waiting", 1);
      asked.onupgradeneeded = () => asked.result.createObjectStore("entry", { keyPath: "id" });
      asked.onerror = fail;
      asked.onsuccess = () => {
        const work = asked.result.transaction("entry", mode);
        const wanted = act(work.objectStore("entry"));
        work.oncomplete = () => done(wanted.result);
        work.onabort = fail;
        asked.result.close(); // once the work is done: an open one would hold up the clearing at sign-out
      };
    });
  }

  const forget = (id) => onShelf("readwrite", (shelf) => shelf.delete(id));
  // Bound to its row and account, so that no row stands in for another.
  const seal = (id, iv) => ({ name: "AES-GCM", iv, additionalData: new TextEncoder().encode(`${owner} ${id}`) });

  async function keep(entry) {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const text = new TextEncoder().encode(JSON.stringify(entry));
    const sealed = await crypto.subtle.encrypt(seal(entry.id, iv), mine.key, text);
    await onShelf("readwrite", (shelf) => shelf.put({ id: entry.id, owner, iv, sealed }));
  }

  async function entries() {
    const rows = mine.key ? await onShelf("readonly", (shelf) => shelf.getAll()).catch(() => []) : [];
    const opened = rows.filter((row) => row.owner === owner).map(async ({ id, iv, sealed }) =>
      JSON.parse(new TextDecoder().decode(await crypto.subtle.decrypt(seal(id, iv), mine.key, sealed))));
    const read = (await Promise.allSettled(opened)).filter((each) => each.value).map((each) => each.value);
    return read.sort((one, other) => one.at - other.at);
  }

  const ask = (path, how) => fetch(path, { ...how, signal: AbortSignal.timeout(PATIENCE_MS) });

  // Whether the one whose page this is is signed in; throws where there is no network.
  async function isOurs() {
    const answer = await ask("/class/waiting", { redirect: "manual" });
    if (answer.status >= 500) throw answer;
    const told = answer.ok ? await answer.json() : {};
    mine.isOut = told.owner !== owner;
    if (mine.isOut) return false;
    mine.token = told.csrf_token;
    const bytes = Uint8Array.from(atob(told.key), (each) => each.charCodeAt(0));
    mine.key ??= await crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]);
    return true;
  }

  function send({ action, fields }) {
    const body = new URLSearchParams(fields);
    if (mine.token) body.set("csrf_token", mine.token);
    return ask(action, { method: "POST", body, headers: { "Mengya-Queue": owner } });
  }

  const comesLater = ({ status }) => status >= 500 || status === 429;

  async function wordsOf(answer) {
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const alarm = page.querySelector(".govuk-error-summary, [role=alert] div[lang]") ?? page.querySelector("main");
    return [...alarm.querySelectorAll("h1, h2, li, p")].map((each) => each.textContent.trim()).join(" ").slice(0, 200);
  }

  async function sendOne(entry) {
    const answer = await send(entry);
    if (comesLater(answer) || answer.status === 401 || (answer.status === 403 && !(await isOurs()))) return false;
    const isOfThisPage = entry.id === mine.entry;
    if (answer.ok) {
      const { to } = await answer.json();
      await forget(entry.id);
      if (isOfThisPage) location.assign(to);
    } else {
      await keep({ ...entry, refused: await wordsOf(answer) });
      if (isOfThisPage) mend(entry);
    }
    return true;
  }

  async function sendAll() {
    if (isSending) return;
    isSending = true;
    clearTimeout(timer);
    let isDone = false;
    try {
      isDone = Boolean(mine.key) || (await isOurs());
      const waiting = (await entries()).filter((each) => !each.refused);
      if (isDone && waiting.length) isDone = await isOurs();
      for (const entry of waiting) isDone = isDone && (await sendOne(entry));
    } catch {
      isDone = false;
    }
    isSending = false;
    await show();
    pauseMs = isDone ? 1000 : Math.min(2 * pauseMs, MOST_MS);
    if (!isDone) timer = setTimeout(sendAll, pauseMs);
  }

  // What is seen
  const said = make("p", { className: "notice", role: "status", tabIndex: -1 });

  function button(textContent, act, className = "btn btn-s") {
    const made = make("button", { type: "button", textContent, className });
    made.addEventListener("click", () => act(made));
    return made;
  }

  function say(textContent, ...more) {
    const bar = document.querySelector(".push-bar, .stick");
    if (!said.isConnected) bar ? bar.prepend(said) : box.after(said);
    said.replaceChildren(make("span", { className: "grow", textContent }), ...more);
  }

  function line(entry) {
    const row = make("li");
    const at = new Date(entry.at).toTimeString().slice(0, 5);
    const what = make("span", { className: "grow", textContent: `${entry.label} · ${at}` });
    if (entry.refused) what.append(make("br"), entry.refused);
    row.append(what);
    if (entry.refused) row.append(button(words.mend, () => mend(entry)));
    row.append(button(words.drop, (pressed) => drop(entry, pressed), "btn btn-s btn-q"));
    return row;
  }

  async function show() {
    const waiting = await entries();
    box.hidden = !waiting.length;
    box.querySelector("[data-n]").textContent = words.count.replace("{n}", waiting.length);
    box.querySelector("ul").replaceChildren(...waiting.map(line));
    if (box.hidden || !mine.isOut) return;
    const next = new URLSearchParams({ next: location.pathname + location.search });
    say(words.out, make("a", { href: `/sign-in?${next}`, textContent: words.signIn }));
  }

  async function drop(entry, pressed) {
    if (pressed.textContent !== words.sure) pressed.textContent = words.sure;
    else await forget(entry.id).then(show);
  }

  // The server's own page says what is wrong, with everything typed in it: the form is sent the ordinary way.
  function sendPlainly(form, fields) {
    for (const [name, value] of fields) form.append(make("input", { type: "hidden", name, value }));
    form.submit();
  }

  function mend(entry) {
    if (!navigator.onLine) return say(words.closed);
    const form = make("form", { method: "post", action: entry.action });
    sessionStorage.setItem(MENDING, entry.id);
    document.body.append(form);
    sendPlainly(form, entry.fields.map(([name, value]) => [name, name === "csrf_token" ? mine.token : value]));
  }

  async function submit(form, submitter) {
    if (form.inert) return;
    form.inert = true; // pressed twice, it is sent once
    const pressed = submitter?.name ? [[submitter.name, submitter.value]] : [];
    const entry = { id: form.elements.idem_key.value, action: form.getAttribute("action"), label: form.dataset.queue };
    Object.assign(entry, { fields: [...new FormData(form), ...pressed], at: Date.now() });
    const slow = setTimeout(say, 1000, words.sending);
    try {
      const answer = await send(entry);
      const to = answer.ok && (await answer.json()).to;
      if (!to && !comesLater(answer)) return sendPlainly(form, pressed); // nothing is stored
      if (to && mine.form === form) await forget(mine.entry).catch(() => {});
      if (to) return location.assign(to);
    } catch {
      // No network, or the answer was lost on its way: the same key is sent again.
    } finally {
      clearTimeout(slow);
    }
    await putAside(form, submitter, entry);
  }

  async function putAside(form, submitter, entry) {
    try {
      if (submitter?.dataset.leads !== undefined) throw submitter; // to a page, which only the server has
      await keep(entry);
      if (mine.form === form && mine.entry !== entry.id) await forget(mine.entry);
      Object.assign(mine, { form, entry: entry.id });
      say(words.kept);
      timer = setTimeout(sendAll, pauseMs);
    } catch {
      form.inert = false;
      form.dispatchEvent(new Event("unsent"));
      say(words.failed, button(words.again, () => submit(form, submitter), "linklike"));
    }
    said.focus(); // what had the focus may be inert
    await show();
  }

  async function leave(form) {
    const { length } = await entries();
    const go = () => onShelf("readwrite", (shelf) => shelf.clear()).catch(() => {}).then(() => form.submit());
    if (!length) return go();
    say(words.leave.replace("{n}", length), button(words.leaveAnyway, go, "linklike"));
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.queue !== undefined) submit(form, event.submitter);
    else if (!navigator.onLine) say(words.closed);
    else if (form.getAttribute("action") === "/sign-out") leave(form);
    else return;
    event.preventDefault();
  });
  document.addEventListener("click", (event) => {
    if (navigator.onLine || !event.target.closest('a[href^="/"]')) return;
    event.preventDefault(); // the browser's own page would take this one's place
    say(words.closed);
  });
  box.querySelector("[data-all]").addEventListener("click", sendAll);
  addEventListener("online", sendAll);
  addEventListener("pageshow", (event) => event.persisted && location.reload());
  document.addEventListener("visibilitychange", () => document.hidden || sendAll());

  async function begin() {
    const id = sessionStorage.getItem(MENDING);
    sessionStorage.removeItem(MENDING);
    await sendAll();
    const entry = (await entries()).find((each) => each.id === id);
    const form = [...document.querySelectorAll("[data-queue]")].find((each) => each.getAttribute("action") === entry?.action);
    if (form) Object.assign(mine, { form, entry: id }); // saved from here, the refused one is done with
  }
  begin();
})();
