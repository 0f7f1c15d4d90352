/** The board: one story open for editing, and one poll that brings what changed. */

import "./drag.js";
import { find, list, on, tell } from "./dom.js";
import { board, sendAll, settleFields } from "./fields.js";
import { applyParts } from "./parts.js";
import { ask, askPart, isSignedOut, signIn } from "./session.js";

const [EVERY, EVERY_HIDDEN, PRESENCE_EVERY] = [2_000, 30_000, 8_000]; // milliseconds between two questions
const CHANGES_STORY = "[data-edit], [data-done]"; // opens or closes the form of a story
const { changes, presence } = board.dataset;

let timer = 0;
let line = Promise.resolve(); // one question at a time
let isAsked = false; // another waits in the line
let isStale = false; // a part was in use, and left as it was

/** The key of the story whose form is open. */
const getEditing = () => find("[data-editing]")?.dataset.editing || "";

const getMark = () => find("#mark").dataset;

/** What the pool shows of the edition. */
const describePicks = () => list("[data-pick]").map((each) => each.id) + getMark().editable;

schedule();
tellPresence();
setInterval(() => document.hidden || tellPresence(), PRESENCE_EVERY);
on("visibilitychange desk:signed-in", () => {
  tellPresence();
  refresh();
});
on("desk:saved", () => {
  getMark().version = ""; // another one, which the next answer tells
  tell("preview");
});
on("shown", () => refresh()); // before, the parts would take the desk's time from the mail
on("focusout pointerup", () => setTimeout(catchUp, 300));
/** Tells colleagues which story is edited here, or that nobody looks at this page. */
function tellPresence() {
  const part = getEditing() && `story:${getEditing()}`;
  if (presence && !isSignedOut()) ask(presence, document.hidden ? { gone: "1" } : { part });
}

/** Asks for what was left as it was. */
function catchUp() {
  if (!isStale) return;
  isStale = false;
  refresh(true);
  tell("pool");
}

function schedule() {
  clearTimeout(timer);
  timer = setTimeout(refresh, document.hidden ? EVERY_HIDDEN : EVERY);
}

/** Asks for what changed, and shows it. */
function refresh(isAll = false) {
  if (isAsked && !isAll) return line;
  isAsked = true;
  return (line = line.then(() => askForChanges(isAll)).then(schedule));
}

async function askForChanges(isAll = false) {
  isAsked = false;
  if (isSignedOut()) return;
  const [asked, editing] = [performance.now(), getEditing()];
  const mark = isAll ? "" : getMark().mark;
  // Where something is lost without an answer, its field says so.
  const { status, body } = await askPart(`${changes}?mark=${mark}`, editing);
  if (status === 401) signIn();
  else if (status === 200 && editing === getEditing()) take(body, asked); // else another form was opened or closed
}

/** Shows parts that came. @param {string} html @param {number} asked @param {string} [closing] the key of a story */
function take(html, asked, closing) {
  const { version, editable } = getMark();
  const picks = describePicks();
  isStale = applyParts(html, asked, `story-${closing}`) || isStale;
  const now = getMark();
  if (now.version !== version) tell("preview");
  if (describePicks() !== picks) tell("pool");
  if ("editable" in now && editable === undefined) sendAll();
}

// What closes the form of a story, or drops it, waits until the last words there are saved.
on("htmx:confirm", async (event) => {
  const { elt, issueRequest } = event.detail;
  if (event.defaultPrevented || !(find("[data-drop]", elt) || elt.matches(CHANGES_STORY))) return;
  event.preventDefault();
  await settleFields();
  issueRequest();
});

on("htmx:configRequest", ({ detail }) => {
  detail.asked = performance.now();
  detail.headers["X-Editing"] = detail.elt.matches("[data-done]") ? "" : getEditing();
});

on("htmx:beforeSwap", ({ detail }) => {
  const { elt, asked } = detail.requestConfig;
  const editing = getEditing();
  const changesStory = elt.matches(CHANGES_STORY);
  if (!detail.xhr.getResponseHeader("X-Parts") || detail.xhr.status >= 400) return;
  detail.shouldSwap = false;
  if (elt.closest("[data-reset]")) elt.closest("form")?.reset(); // what was typed there is stored now
  take(detail.xhr.responseText, asked, changesStory ? editing : "");
  if (!changesStory) return;
  find(getEditing() ? "#p-headline" : `[id="edit-${editing}"]`)?.focus({ preventScroll: !getEditing() });
  tellPresence();
});
