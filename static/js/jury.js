// Small improvements of the jury's pages, which work without them: running total, sum of weights, keyboard scoring.
// Nothing here saves anything; the server counts again and decides.

const language = document.documentElement.lang || "de";
const fill = (pattern, values) => pattern.replace(/\{(\w+)\}/g, (_, name) => values[name]);
const points = (value, digits) => new Intl.NumberFormat(language, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);

// -- the running total of one assessment: Σ weight · share of the scale / Σ weight of the criteria answered ---------------------
const scoring = document.querySelector("[data-scoring]");

function readCriterion(section) {
  const { weight, low, high } = section.dataset;
  const picked = section.querySelector("input[type=radio]:checked");
  const mark = picked && /^\d+$/.test(picked.value) ? Number(picked.value) : null;
  return { section, picked, mark, weight: Number(weight), low: Number(low), high: Number(high) };
}

function showCriterion({ section, picked, mark }) {
  const state = section.querySelector("[data-criterion-state]");
  state.dataset.state = picked ? "done" : "open";
  const words = !picked ? state.dataset.open : mark === null ? state.dataset.none : fill(state.dataset.level, { mark });
  if (state.textContent !== words) state.textContent = words;
  const clear = section.querySelector("[data-clear]");
  if (clear) clear.hidden = !picked;
  const dot = scoring.querySelector(`.rubric-head a[href="#${section.id}"] .state`);
  if (dot) dot.dataset.state = state.dataset.state;
}

function showTotal() {
  const criteria = [...scoring.querySelectorAll("[data-criterion]")].map(readCriterion);
  criteria.forEach(showCriterion);
  const marked = criteria.filter(({ mark }) => mark !== null);
  const weights = marked.reduce((sum, { weight }) => sum + weight, 0);
  const total = marked.reduce((sum, { mark, weight, low, high }) => sum + 100 * weight * (mark - low) / (high - low), 0) / weights;
  const shown = document.querySelector("[data-total]");
  shown.textContent = weights ? points(total, Number(shown.dataset.digits)) : "–";
  const done = criteria.filter(({ picked }) => picked).length;
  document.querySelector("[data-answered]").textContent = done < criteria.length ? fill(scoring.dataset.answeredWords, { done, of: criteria.length }) : "";
}

// -- where "next" leads: the button says it as soon as something else is chosen -----------------------------------------------------
const onward = document.querySelector("[data-onward-words]");
document.querySelector("[data-onward]")?.addEventListener("change", (event) => {
  const pseudonym = event.target.value === "next" ? onward.dataset.onwardNext : event.target.value === "open" ? onward.dataset.onwardOpen : undefined;
  onward.textContent = pseudonym ? onward.dataset.onwardWords : onward.dataset.onwardList;
  if (!pseudonym) return;
  const name = document.createElement("span");
  name.className = "wide-only";
  name.textContent = `: ${pseudonym}`;
  onward.append(name);
});

// -- keys: only inside a criterion, never in a text field (WCAG 2.1.4) -----------------------------------------------------------
function focusCriterion(section) {
  if (!section) return;
  const target = section.querySelector("input[type=radio]:checked") ?? section.querySelector("input[type=radio]");
  section.scrollIntoView({ block: "nearest" });
  target?.focus();
}

const keysOff = document.querySelector("[data-keys-off]");
const stored = (storage, key) => { try { return storage.getItem(key); } catch { return null; } };
const store = (storage, key, value) => { try { value ? storage.setItem(key, value) : storage.removeItem(key); } catch { /* nothing is remembered */ } };

/** Turn the page; whoever came by a key goes on with keys. */
function turn(where) {
  const button = document.querySelector(`.save-actions [value="${where}"]`);
  if (!button) return;
  store(sessionStorage, "scoring-keys", "1");
  // The answer is a redirection, which takes the fragment along.
  scoring.action = `${scoring.action.split("#")[0]}#${scoring.id}`;
  button.click();
}

function onKey(event) {
  if (keysOff?.checked) return;
  if (event.ctrlKey || event.altKey || event.metaKey || event.target.matches("textarea, input:not([type=radio]), select")) return;
  const section = event.target.closest("[data-criterion]");
  if (!section) return;
  const all = [...scoring.querySelectorAll("[data-criterion]")];
  if (/^\d$/.test(event.key)) {
    const radio = section.querySelector(`input[type=radio][value="${event.key}"]`);
    if (!radio) return;
    radio.click();
    radio.focus();
  } else if (event.key === "j" || event.key === "k") {
    focusCriterion(all[all.indexOf(section) + (event.key === "j" ? 1 : -1)]);
  } else if (event.key === "c") {
    section.querySelector("textarea")?.focus();
  } else if (event.key === "n" || event.key === "p") {
    turn(event.key === "n" ? "next" : "back");
  } else if (event.key === "?") {
    const help = scoring.querySelector("[data-keys-help]");
    help.open = true;
    help.querySelector("summary").focus();
  } else {
    return;
  }
  event.preventDefault();
}

if (scoring) {
  scoring.addEventListener("change", showTotal);
  scoring.addEventListener("keydown", onKey);
  if (keysOff) {
    keysOff.checked = stored(localStorage, "scoring-keys-off") === "1";
    keysOff.addEventListener("change", () => store(localStorage, "scoring-keys-off", keysOff.checked ? "1" : ""));
  }
  if (stored(sessionStorage, "scoring-keys")) {
    store(sessionStorage, "scoring-keys", "");
    // Once the address has its effect: on a tablet the criteria are the second of two tabs.
    addEventListener("load", () => setTimeout(() => {
      const all = [...scoring.querySelectorAll("[data-criterion]")];
      focusCriterion(all.find((section) => !section.querySelector("input[type=radio]:checked")) ?? all[0]);
    }));
  }
}

// -- the sum of the weights in the rubric editor -----------------------------------------------------------------------------------
const sum = document.querySelector("[data-weight-sum]");
if (sum) {
  document.addEventListener("input", (event) => {
    if (!event.target.matches("input[data-weight]")) return;
    // In whole hundredths: 33.3 + 33.3 + 33.4 is exactly 100.
    const typed = [...document.querySelectorAll("input[data-weight]")].map((input) => Math.round(Number(input.value.trim().replace(",", ".")) * 100));
    const total = typed.reduce((a, b) => a + b, 0);
    sum.classList.toggle("is-full", total === 10000);
    sum.querySelector("output").textContent = Number.isNaN(total) ? sum.dataset.invalid : fill(sum.dataset.full, { sum: points(total / 100, total % 100 ? 2 : 0) });
  });
}
