// Solves the challenge of a busy form (ALTCHA). Without it the mail waits.
/** @type {HTMLFormElement | null} */
const form = document.querySelector("form[data-challenge]");

/** @param {any} challenge */
async function solve({ algorithm, challenge, salt, signature, maxNumber }) {
  const encoder = new TextEncoder();
  for (let number = 0; number <= maxNumber; number += 1) {
    const hash = await crypto.subtle.digest("SHA-256", encoder.encode(salt + number));
    const hex = Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join("");
    if (hex === challenge) return btoa(JSON.stringify({ algorithm, challenge, number, salt, signature }));
  }
  return "";
}

if (form && globalThis.crypto?.subtle) {
  const { challenge, wait } = /** @type {any} */ (form.elements);
  const button = form.querySelector("button");
  button?.toggleAttribute("disabled", true);
  solve(JSON.parse(form.dataset.challenge || "")).then((solution) => {
    challenge.value = solution;
    wait.value = solution ? "" : "1";
    button?.toggleAttribute("disabled", false);
  });
}
