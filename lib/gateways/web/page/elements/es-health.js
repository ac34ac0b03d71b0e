import { get } from "../api.js";
import { copy } from "../clipboard.js";
import { EsElement } from "../element.js";
import { findingsOf, sumUp, worstFirst } from "../findings.js";
import { sentenceOf } from "../format.js";
import { html, nothing } from "../lit.js";
import { hashOf } from "../router.js";
import { store } from "../store.js";

/** @import { State } from "../store.js" */
/** @import { Finding } from "../../../../doctor/finding.ts" */

/** Before the first look, so that the page is there first, and between two looks while the page is seen, milliseconds. */
const FIRST = 1_500;
const EVERY = 5 * 60_000;

/** A look for all elements of the page. @type {Promise<void> | undefined} */
let look;
/** Why the last look failed, a sentence. @type {string | undefined} */
let failure;

/**
 * Findings of the doctor: above the page a strip with the worst of it, if it is bad; with `full` the view "Health", with
 * all of it.
 */
export class EsHealth extends EsElement {
  /** @override @type {readonly (keyof State)[]} */
  static keys = ["findings", "route", "connection"];

  /** The finding that was put away, until there is another one. */
  #hidden = "";
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  get #isFull() {
    return this.hasAttribute("full");
  }

  /** @override */
  opened() {
    if (this.#isFull) this.#look();
    else this.#timer = setTimeout(this.#tick, FIRST);
  }

  /** @override */
  closed() {
    clearTimeout(this.#timer);
  }

  /** @override */
  view() {
    const { findings, route } = store.get();
    if (this.#isFull) return this.#all(findings);
    const [worst] = worstFirst(findings ?? []);
    const isBad = worst?.status === "fault" || worst?.status === "warning";
    if (!isBad || route.view === "health" || keyOf(worst) === this.#hidden) return nothing;
    const more = (findings ?? []).filter(({ status }) => status === "fault" || status === "warning").length -
      1;
    return html`
      <section class="strip ${worst.status === "fault" ? "bad" : ""}" aria-label="Health">
        <p><strong class=${worst.status === "fault" ? "bad" : "caution"}>${worst.check}:</strong> ${worst
          .saw} ${worst.fix ?? ""} ${commandOf(worst)}</p>
        <a href=${hashOf("health")}>${more > 0 ? `${more} more` : "All findings"}</a>
        <button type="button" class="quiet small" @click=${() => this.#hide(worst)}>Hide</button>
      </section>
    `;
  }

  /** @param {readonly Finding[] | undefined} findings */
  #all(findings) {
    const isLooking = look !== undefined;
    return html`
      <div class="toolbar">
        <h1>Health</h1>
        <button type="button" ?disabled=${isLooking} @click=${() => this.#look()}>${isLooking
          ? "Looking …"
          : "Look again"}</button>
      </div>
      <p class="health-sum" role="status">${findings === undefined
        ? (failure === undefined ? "The doctor is looking …" : "")
        : sumUp(findings)}</p>
      ${failure === undefined ? nothing : html`<p class="notice bad" role="alert">${failure}</p>`}
      <ul class="findings">${worstFirst(findings ?? []).map(findingView)}</ul>
      <p class="small faint">The same as <code>earshot doctor</code>, which can also look at one peer:
        <code>earshot doctor NAME</code>.</p>
    `;
  }

  #tick = () => {
    if (document.visibilityState === "visible" && store.get().connection === "connected") this.#look();
    this.#timer = setTimeout(this.#tick, store.get().findings === undefined ? FIRST : EVERY);
  };

  async #look() {
    look ??= lookAround().finally(() => look = undefined);
    this.update();
    await look;
    this.update();
  }

  /** @param {Finding} finding */
  #hide(finding) {
    this.#hidden = keyOf(finding);
    this.update();
  }
}

async function lookAround() {
  try {
    store.set({ findings: findingsOf(await get("/api/health")) });
    failure = undefined;
  } catch (error) {
    failure = sentenceOf(error);
    // Without findings the strip would try every moment.
    if (store.get().connection === "connected") store.set({ findings: store.get().findings ?? [] });
  }
}

/** @param {Finding} finding */
function findingView({ check, status, saw, fix, commands = [] }) {
  return html`<li class="finding ${status}">
    <h2><span class="finding-status">${status}</span> ${check}</h2>
    <p>${saw}</p>
    ${fix === undefined ? nothing : html`<p class="finding-fix">${fix}</p>`}
    ${
    commands.map((command) =>
      html`<p class="finding-command"><code>${command}</code>
        <button type="button" class="quiet small" aria-label=${`Copy ${command}`} @click=${() =>
        copy(command)}>Copy</button></p>`
    )
  }
  </li>`;
}

/** @param {Finding} finding */
function commandOf({ commands: [first] = [] }) {
  return first === undefined ? nothing : html`<code>${first}</code>`;
}

/** @param {Finding} finding */
function keyOf({ check, saw }) {
  return `${check} ${saw}`;
}

customElements.define("es-health", EsHealth);
