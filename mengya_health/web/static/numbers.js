// On the page of a check a number that can only be complete goes on to the next field by itself: as many digits after the
// point as its metric keeps, or so many before it that one more would be beyond what is taken at all. A point or Backspace
// pressed right afterwards belongs to the number before, and goes back to it. = takes over what is usually as last time.
"use strict";

const entryForm = lettersOff ? null : document.querySelector("[data-entry]");
const POINTS = [".", "。", "．"];
const PASSING = [...POINTS, "Shift", "Process", "Unidentified"]; // what may still belong to the number before
let left = null; // the number that was just gone on from

function isComplete(field) {
  const { most, places, waits } = field.dataset;
  if (!/^[0-9]+([.][0-9]+)?$/.test(field.value) || Number(field.value) > Number(most)) return false;
  const [whole, rest] = field.value.split(".");
  if (rest !== undefined) return rest.length === Number(places);
  return waits === undefined && (whole === "0" || Number(whole) * 10 > Number(most));
}

function goOnFrom(field) {
  left = field;
  goOn(entryForm, field);
}

function goBack(change) {
  const field = left;
  left = null;
  field.focus();
  field.value = change(field.value); // the caret stands behind it
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

// What was pressed in the place gone on to is meant for the number before.
function isForLeft(target) {
  return left && (!typing(target) || target.value === "");
}

if (entryForm) {
  entryForm.addEventListener("beforeinput", (event) => {
    const field = event.target;
    if (POINTS.includes(event.data) && isForLeft(field) && Number(left.dataset.places) && !left.value.includes(".")) {
      goBack((value) => `${value}.`);
    } else if (["=", "＝"].includes(event.data) && field.dataset.last && field.value === "") {
      field.value = field.dataset.last;
      field.dispatchEvent(new Event("input", { bubbles: true }));
      goOnFrom(field);
    } else return;
    event.preventDefault();
  });

  entryForm.addEventListener("keydown", (event) => {
    const isPoint = POINTS.includes(event.key) && !typing(event.target) && left && Number(left.dataset.places);
    if (event.key === "Backspace" && isForLeft(event.target)) goBack((value) => value.slice(0, -1));
    else if (isPoint && !left.value.includes(".")) goBack((value) => `${value}.`);
    else {
      if (!PASSING.includes(event.key)) left = null;
      return;
    }
    event.preventDefault();
  });

  entryForm.addEventListener("pointerdown", () => (left = null));

  // After app.js has made plain digits of what an input method wrote: that one listens at the document, before us.
  document.addEventListener("input", (event) => {
    const field = event.target;
    if (event.isComposing || !field.dataset.most || !event.inputType?.startsWith("insert")) return;
    if (entryForm.contains(field) && field.selectionStart === field.value.length && isComplete(field)) goOnFrom(field);
  });
}
