/** The dialog of a picture: what is dropped and pasted, the focal point, and the cuts around it. @module */

/** @type {any} */
const dialog = document.getElementById("picture");
/** @param {string} name @param {ParentNode} [root] @returns {any} */
const find = (name, root = dialog) => root.querySelector(name);
/** @param {string} name @param {(event: any) => void} listen */
const on = (name, listen) => dialog.addEventListener(name, listen);
const readFocus = () => (find("[name=focus]").value || "50 50").split(" ").map(Number);

/** @type {Record<string, number[]>} */
const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** Shows the picture and its cuts. */
function show() {
  const chosen = find("[name=picture]:checked");
  const focal = find("[data-focal]");
  focal.hidden = !chosen;
  if (!chosen) return;
  const { src, width, height } = chosen.dataset;
  const [x, y] = readFocus();
  const button = find("button", focal);
  Object.assign(button.style, { left: `${x}%`, top: `${y}%` });
  button.setAttribute("aria-label", button.dataset.say.replace("X", x).replace("Y", y));
  find("img", focal).src = src;
  for (const cut of dialog.querySelectorAll("[data-shape]")) {
    const { shape, sharp, soft, small } = cut.dataset;
    const [across, down] = shape.split(" ");
    Object.assign(find("img", cut), { hidden: false, src }).style.objectPosition = `${x}% ${y}%`;
    const made = Math.round(Math.min(2 * across, width, (height * across) / down));
    const said = made < across ? small : made < 2 * across ? soft : sharp;
    find("span", cut).textContent = said.replace("N", made).replace("M", 2 * across);
  }
}

/** @param {number} x @param {number} y */
function move(x, y) {
  find("[name=focus]").value = [x, y].map((each) => Math.round(Math.max(0, Math.min(100, each)))).join(" ");
  show();
}

/** @param {any} event */
function takeFile(event) {
  const data = event.clipboardData || event.dataTransfer;
  if (!dialog.open || !data?.files.length) return;
  event.preventDefault();
  const input = find("[type=file]");
  input.files = data.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

on("htmx:afterSettle", ({ target }) => {
  if (!dialog.open) dialog.showModal();
  const first = target.id === "candidates" && find("#candidates [name=picture]:enabled");
  if (first) first.click();
  else show();
});
on("htmx:confirm", (event) => {
  const input = find("[type=file]");
  const isTooLarge = event.target === input && input.files[0]?.size > find("form").dataset.most;
  find("[data-too-large]").hidden = !isTooLarge;
  if (isTooLarge) event.preventDefault();
});
on("htmx:afterRequest", ({ detail: { xhr } }) => {
  if (xhr.status === 200 && xhr.getResponseHeader("X-Parts")) dialog.close();
});
on("change", ({ target: { name, dataset } }) => {
  if (name !== "picture") return;
  find("[name=focus]").value = dataset.focus;
  for (const each of ["alt", "caption", "credit"]) find(`[name=image_${each}]`).value = dataset[each];
  show();
});
on("click", (event) => {
  if (!event.target.closest("[data-cancel]")) return;
  event.preventDefault();
  dialog.close();
});
for (const name of ["pointerdown", "pointermove"]) {
  on(name, (event) => {
    const focal = event.target.closest("[data-focal]");
    if (!focal || !event.buttons) return;
    event.preventDefault();
    focal.setPointerCapture(event.pointerId);
    const box = focal.getBoundingClientRect();
    move((100 * (event.clientX - box.left)) / box.width, (100 * (event.clientY - box.top)) / box.height);
  });
}
on("keydown", (event) => {
  const by = KEYS[event.key];
  if (!by || !event.target.closest("[data-focal]")) return;
  event.preventDefault();
  const [x, y] = readFocus();
  const step = event.shiftKey ? 10 : 1;
  move(x + step * by[0], y + step * by[1]);
});
on("dragover", (event) => event.preventDefault());
on("drop", takeFile);
document.addEventListener("paste", takeFile);
