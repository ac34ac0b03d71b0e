// Asks before something is done.

import { html, render } from "./lit.js";

/**
 * Asks the user in a dialog. Returns true if the user agrees.
 *
 * @param {object} question
 * @param {unknown} question.title text or template
 * @param {unknown} question.text text or template: what will happen
 * @param {string} question.action name of the button
 * @param {boolean} [question.isDangerous]
 * @returns {Promise<boolean>}
 */
export function askUser({ title, text, action, isDangerous = false }) {
  const dialog = document.createElement("dialog");
  dialog.setAttribute("aria-labelledby", "ask-user-title");
  const end = (/** @type {string} */ answer) => () => dialog.close(answer);
  render(
    html`
      <h2 id="ask-user-title">${title}</h2>
      <p>${text}</p>
      <div class="toolbar">
        <button type="button" @click=${end("")}>Cancel</button>
        <button type="button" class=${isDangerous ? "danger" : "primary"} @click=${end(
          "yes",
        )}>${action}</button>
      </div>
    `,
    dialog,
  );
  document.body.append(dialog);
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
    dialog.showModal();
  });
}
