// The scoring form of the take-along kit, opened from a folder without a connection: writes what is filled in to a file, which the
// page of the kit takes back. Nothing leaves the device.

const form = document.querySelector("form");
let isChanged = false;

form.addEventListener("input", () => { isChanged = true; });
addEventListener("beforeunload", (event) => { if (isChanged) event.preventDefault(); });

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const sheets = {};
  form.querySelectorAll("section[data-submission]").forEach((section) => {
    const values = {};
    section.querySelectorAll("[data-field]").forEach((field) => { values[field.dataset.field] = field.value; });
    sheets[section.dataset.submission] = { version: Number(section.dataset.version), values };
  });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([JSON.stringify({ kit: 1, sheets }, null, 1)], { type: "application/json" }));
  link.download = "bewertung.json";
  link.click();
  URL.revokeObjectURL(link.href);
  isChanged = false;
});
