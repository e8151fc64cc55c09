// Small improvements of pages that work without them: focus, time left, characters left, unsaved text.
// Nothing here is needed to read, fill in or send anything.

const language = document.documentElement.lang || "de";
const announce = (words) => { document.getElementById("status").textContent = words; };
const fill = (pattern, values) => pattern.replace(/\{(\w+)\}/g, (_, name) => values[name]);

// -- errors: the summary takes the focus, as the first thing to know on the page --------------------------------------------
document.querySelector("[data-focus]")?.focus();
document.body.addEventListener("htmx:afterSettle", (event) => event.detail.elt.querySelector?.("[data-focus]")?.focus());

// -- deadlines: kept current by the server's clock, since clocks of readers are wrong (J-51) ----------------------------------
const SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, DAY = 24 * HOUR;
const ANNOUNCED = [60 * MINUTE, 10 * MINUTE, MINUTE];
const answeredAgo = performance.now() - (performance.getEntriesByType("navigation")[0]?.responseEnd ?? 0);
const loadedAt = Date.now() - Math.max(answeredAgo, 0);
// German official texts group thousands with a narrow space, as the server writes them.
const number = (value) => new Intl.NumberFormat(language).formatToParts(value).map((part) => part.type === "group" && language === "de" ? "\u202f" : part.value).join("");
const unit = (value, name) => new Intl.NumberFormat(language, { style: "unit", unit: name, unitDisplay: "long" }).format(value);

/** Two largest units; minutes in the last day, seconds in the last ten minutes. */
function duration(left) {
  const days = Math.floor(left / DAY), hours = Math.floor((left % DAY) / HOUR), minutes = Math.floor((left % HOUR) / MINUTE);
  if (days) return [unit(days, "day"), hours && days < 30 ? unit(hours, "hour") : ""].filter(Boolean).join(", ");
  if (hours) return [unit(hours, "hour"), minutes ? unit(minutes, "minute") : ""].filter(Boolean).join(", ");
  if (left > 10 * MINUTE) return unit(minutes, "minute");
  const seconds = Math.floor((left % MINUTE) / SECOND);
  return [minutes ? unit(minutes, "minute") : "", unit(seconds, "second")].filter(Boolean).join(", ");
}

function watchDeadline(element) {
  const ends = Date.parse(element.dataset.deadline);
  const offset = Date.parse(element.dataset.now) - loadedAt;
  const words = element.querySelector("[data-deadline-left]");
  const timeLeft = () => ends - (Date.now() + offset);
  let before = timeLeft();
  const update = () => {
    if (!element.isConnected) return;
    const left = timeLeft();
    const text = left > 0 ? fill(element.dataset.left, { duration: duration(left) }) : element.dataset.over;
    if (words && words.textContent !== text) words.textContent = text;
    if (ANNOUNCED.some((mark) => before > mark && left <= mark)) announce(text);
    before = left;
    if (left > 0) setTimeout(update, left > DAY + HOUR ? 10 * MINUTE : left > 11 * MINUTE ? 15 * SECOND : SECOND);
  };
  update();
  showOwnZone(element, new Date(ends));
}

/** The reader's own time, only where their zone differs at that moment. */
function showOwnZone(element, moment) {
  const target = element.querySelector("[data-deadline-yours]");
  const shown = element.querySelector("time")?.textContent.match(/(\d{1,2}):(\d{2})/);
  if (!target || !shown || (Number(shown[1]) === moment.getHours() && Number(shown[2]) === moment.getMinutes())) return;
  const time = moment.toLocaleString(language, { weekday: "short", hour: "2-digit", minute: "2-digit", timeZoneName: "shortOffset" })
    .replace(/ GMT([+-]?)([\d:]*)$/, (_, sign, hours) => ` (UTC${sign.replace("-", "−")}${hours})`);
  target.textContent = fill(element.dataset.yours, { time });
  target.hidden = false;
}

// -- characters left ---------------------------------------------------------------------------------------------------------------
function watchCount(counter) {
  const input = document.getElementById(counter.dataset.countFor);
  if (!input) return;
  const max = Number(counter.dataset.max);
  const update = () => {
    // The server counts a line break as two characters, as it is sent.
    const left = max - input.value.replace(/\r?\n/g, "\r\n").length;
    counter.toggleAttribute("data-over", left < 0);
    counter.textContent = fill(left < 0 ? counter.dataset.overWords : counter.dataset.left, { count: number(Math.abs(left)), max: number(max) });
  };
  input.addEventListener("input", update);
  update();
}

// -- unsaved text: only forms that ask for it -------------------------------------------------------------------------------------
function warnUnsaved(form) {
  let isDirty = false;
  form.addEventListener("input", () => { isDirty = true; });
  form.addEventListener("submit", () => { isDirty = false; });
  addEventListener("beforeunload", (event) => { if (isDirty) event.preventDefault(); });
}

// -- files dropped anywhere on the frame of a form ------------------------------------------------------------------------------
function watchDrop(form) {
  const input = form.querySelector("input[type=file]");
  const mark = (isOver) => form.toggleAttribute("data-over", isOver);
  const holdsFiles = (event) => event.dataTransfer?.types.includes("Files");
  form.addEventListener("dragover", (event) => { if (holdsFiles(event)) { event.preventDefault(); mark(true); } });
  form.addEventListener("dragleave", (event) => { if (!form.contains(event.relatedTarget)) mark(false); });
  form.addEventListener("drop", (event) => {
    mark(false);
    if (!holdsFiles(event) || event.target === input) return;
    event.preventDefault();
    input.files = event.dataTransfer.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
}

function improve(root) {
  root.querySelectorAll("[data-deadline]").forEach(watchDeadline);
  root.querySelectorAll("[data-count-for]").forEach(watchCount);
  root.querySelectorAll("form[data-warn-unsaved]").forEach(warnUnsaved);
  root.querySelectorAll("form[data-drop-file]").forEach(watchDrop);
  root.querySelectorAll("[data-needs-script]").forEach((element) => { element.hidden = false; });
}
improve(document);
document.body.addEventListener("htmx:load", (event) => { if (event.detail.elt !== document.body) improve(event.detail.elt); });

// -- the folded menu closes like a menu ---------------------------------------------------------------------------------------------
document.querySelectorAll("details.menu").forEach((menu) => {
  document.addEventListener("click", (event) => { if (!menu.contains(event.target)) menu.open = false; });
  menu.addEventListener("keydown", (event) => { if (event.key === "Escape") { menu.open = false; menu.querySelector("summary").focus(); } });
});
