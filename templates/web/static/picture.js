/** The picture dialog: uploads, the focal point, and the cuts around it. */

import { find, list, nearest, on } from "./dom.js";

const dialog = find("#picture");
const getControls = () => find("#picture-form").elements;
const readFocus = () => (getControls().focus.value || "50 50").split(" ").map(Number);

/** @type {Record<string, number[]>} */
const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** Shows picture and cuts. */
function show() {
  const chosen = find("[name=picture]:checked");
  const focal = find("[data-focal]");
  focal.hidden = !chosen;
  if (!chosen) return;
  const { src, width, height } = chosen.dataset;
  const [x, y] = readFocus();
  const button = find("button", focal);
  button.ariaLabel = button.dataset.say.replace("X", x).replace("Y", y);
  dialog.style.setProperty("--x", `${x}%`);
  dialog.style.setProperty("--y", `${y}%`);
  find("img", focal).src = src;
  for (const cut of list("[data-shape]")) {
    const { shape, sharp, soft, small } = cut.dataset;
    const [across, down] = shape.split(" ");
    Object.assign(find("img", cut), { hidden: false, src });
    const made = Math.round(Math.min(2 * across, width, (height * across) / down));
    const said = made < across ? small : made < 2 * across ? soft : sharp;
    find("span", cut).textContent = said.replace("N", made).replace("M", 2 * across);
  }
}

/** @param {number[]} point */
function move(point) {
  getControls().focus.value = point.map((each) => Math.round(Math.max(0, Math.min(100, each)))).join(" ");
  show();
}

on("htmx:afterSettle", ({ target }) => {
  if (!dialog.contains(target)) return;
  const first = target.id === "candidates" && find("#candidates li:first-child :enabled");
  if (first) first.click();
  else show();
});
on("htmx:confirm", (event) => {
  const { files, form } = event.target;
  if (!files) return;
  const isTooLarge = files[0]?.size > form.dataset.most;
  find("[data-too-large]").hidden = !isTooLarge;
  if (isTooLarge) event.preventDefault();
});
on("htmx:afterRequest", ({ detail: { xhr }, target }) => {
  if (!dialog.contains(target) || xhr.status !== 200 || !xhr.getResponseHeader("X-Parts")) return;
  dialog.close();
  find(`[id="choose-${getControls().story.value}"]`)?.focus();
});
on("change", ({ target: { name, dataset } }) => {
  if (name !== "picture") return;
  const controls = getControls();
  controls.focus.value = dataset.focus;
  for (const each of ["alt", "caption", "credit"]) controls[`image_${each}`].value = dataset[each];
  show();
});
on("pointerdown pointermove", (event) => {
  const focal = nearest(event, "[data-focal]");
  if (!focal?.clientHeight || !event.buttons) return;
  event.preventDefault();
  focal.setPointerCapture(event.pointerId);
  const { left, top, width, height } = focal.getBoundingClientRect();
  move([(100 * (event.clientX - left)) / width, (100 * (event.clientY - top)) / height]);
});
on("keydown", (event) => {
  const by = KEYS[event.key];
  if (!by || !nearest(event, "[data-focal]")) return;
  event.preventDefault();
  const step = event.shiftKey ? 10 : 1;
  const [x, y] = readFocus();
  move([x + step * by[0], y + step * by[1]]);
});
on("dragover", (event) => dialog.open && event.preventDefault());
on("drop paste", (event) => {
  const { files } = event.clipboardData || event.dataTransfer;
  if (!dialog.open || !files.length) return;
  event.preventDefault();
  const { file } = getControls();
  file.files = files;
  file.dispatchEvent(new Event("change", { bubbles: true }));
});
