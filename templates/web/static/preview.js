/** The preview: the true mail, loaded beside the one that is shown. */

import { find, list, nearest, on, tell } from "./dom.js";
import { board } from "./fields.js";
import { askPart } from "./session.js";

const section = find("[data-preview]");
const said = section.dataset;
const box = find("#frames");
const status = find("#preview-status");
const memory = `desk:preview:${board.dataset.user}`;
let subscriber = "";
let isLoading = false;
let isWanted = false;
let timer = 0;

const getView = () => find("[name=view]:checked");

/** An address with what is asked for. @param {string} path */
const address = (path) => `${path}?${new URLSearchParams({ view: getView().value, subscriber })}`;

/** Fits the column. @param {any} frame */
function fit({ style, width }) {
  style.width = `${width}px`;
  style.setProperty("--scale", Math.min(1, box.clientWidth / width));
}

/** The version that a frame shows; nothing for an error. @param {any} frame */
const getVersion = ({ contentDocument }) => contentDocument?.documentElement?.dataset.mail;

/** Whether the latest version is shown, in the view that is asked for. */
function isShown() {
  const shown = find("iframe");
  return getVersion(shown) === find("#mark").dataset.version && shown.getAttribute("src") === address(said.preview);
}

/** Loads the mail; while one is loading, once more. */
function update() {
  clearTimeout(timer);
  isWanted = isLoading;
  if (isLoading) return;
  isLoading = true;
  const shown = find("iframe");
  const next = shown.cloneNode();
  next.width = getView().dataset.width;
  next.ariaHidden = "true";
  next.onload = () => take(shown, next);
  next.src = address(said.preview);
  box.append(next);
  fit(next);
}

/** @param {any} shown @param {any} next */
function take(shown, next) {
  isLoading = false;
  if (!getVersion(next)) {
    next.remove();
    status.textContent = said.saidFailed;
    timer = setTimeout(update, 3_000);
    return;
  }
  next.contentWindow.scrollTo(0, getVersion(shown) ? shown.contentWindow.scrollY : 0);
  next.ariaHidden = null;
  shown.remove();
  said.view = getView().value;
  status.textContent = said.saidUpdated.replace("TIME", find(".bar__now").innerText);
  showInbox();
  tell("shown");
  if (isWanted && !isShown()) update();
}

/** The inbox row with its merge fields filled in, where it has any. */
async function showInbox() {
  const place = find("#inbox-as");
  if (!subscriber && !find("#inbox").textContent.includes("{{")) return place.replaceChildren();
  const { status, body } = await askPart(address(said.inbox));
  if (status === 200) place.innerHTML = body;
}

on("click", (event) => {
  const button = nearest(event, "[data-subscriber]");
  if (!button) return;
  ({ subscriber } = button.dataset); // "": everybody
  find("#viewed-as").hidden = !subscriber;
  find("#viewed-as b").textContent = button.dataset.name;
  find("#recipients").replaceChildren();
  find("#view-as").value = "";
  find("#view-as").focus();
  update();
});
on("submit", (event) => {
  if (!event.target.matches("[data-views]")) return;
  event.preventDefault();
  find("#recipients [data-subscriber]")?.click(); // Enter takes the first that was found
});
on("change", ({ target }) => {
  if (target.name !== "view") return;
  localStorage.setItem(memory, target.value);
  update();
});
on("preview", () => isShown() || update());
new ResizeObserver(() => list("iframe", box).forEach(fit)).observe(box);
(find(`[name=view][value="${localStorage.getItem(memory)}"]`) || find("[name=view]")).checked = true;
update();
