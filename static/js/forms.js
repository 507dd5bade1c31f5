// Small helps for forms. Every form works without them.

// htmx posts carry the token in a header, so that a bare hx-post button works too.
document.addEventListener("htmx:config:request", (event) => {
  const token = document.querySelector("meta[name=csrf-token]")?.content;
  if (token) event.detail.ctx.request.headers["X-CSRFToken"] = token;
});

// <textarea data-counter="3000">: characters left, shown beside the help text.
// A script with its own way of counting sets data-counted and writes the line itself.
function count(input) {
  const line = document.querySelector(`[data-counter-for="${CSS.escape(input.id)}"]`);
  if (!line || input.dataset.counted) return;
  const left = Number(input.dataset.counter) - [...input.value].length;
  line.hidden = false;
  line.textContent = left;
  line.classList.toggle("field__counter--over", left < 0);
}

// <form data-autosave="key">: what was typed survives a reload or a lost session.
const kept = (form) => `draft:${form.dataset.autosave}`;
const worth = (field) => field.name && !["hidden", "password", "file", "submit"].includes(field.type);

function keep(form) {
  const values = [...form.elements].filter(worth).map((field) => [field.name, field.type === "checkbox" ? field.checked : field.value]);
  try { sessionStorage.setItem(kept(form), JSON.stringify(values)); } catch { /* storage may be full or closed */ }
}

function restore(form) {
  let values = [];
  try { values = JSON.parse(sessionStorage.getItem(kept(form)) ?? "[]"); } catch { return; }
  for (const [name, value] of values) {
    const field = form.elements.namedItem(name);
    if (!(field instanceof HTMLElement) || field.value) continue;
    if (field.type === "checkbox") field.checked = value;
    else field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

function wake() {
  document.querySelectorAll("[data-counter]").forEach(count);
  document.querySelectorAll("form[data-autosave]:not([data-awake])").forEach((form) => {
    form.dataset.awake = "yes";
    restore(form);
  });
  document.querySelectorAll("[data-copy]").forEach((button) => { button.hidden = !navigator.clipboard; });
  const wanting = document.querySelectorAll("[data-focus]:not([data-awake])");
  wanting.forEach((element) => { element.dataset.awake = "yes"; });
  if (wanting.length === 1) wanting[0].focus();
}

document.addEventListener("input", (event) => {
  if (event.target.matches("[data-counter]")) count(event.target);
  const form = event.target.closest("form[data-autosave]");
  if (form) keep(form);
});

document.addEventListener("submit", (event) => {
  if (event.defaultPrevented) return;
  if (event.target.matches("form[data-autosave]")) sessionStorage.removeItem(kept(event.target));
  guardAgainstSecondPress(event);
});

// A second press of the same button while the page is leaving sends nothing.
function guardAgainstSecondPress(event) {
  const form = event.target;
  if (form.method !== "post" || form.matches("[hx-post]")) return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
  setTimeout(() => { delete form.dataset.sent; }, 4000);
}
addEventListener("pageshow", (event) => {
  if (event.persisted) document.querySelectorAll("form[data-sent]").forEach((form) => { delete form.dataset.sent; });
});

// <select data-submit>: sends its form on change; the form keeps a button for those without scripts.
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
});

// <button data-copy="#field">: copies the field's value or the element's text.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = document.querySelector(button.dataset.copy);
  await navigator.clipboard.writeText(source.value ?? source.textContent);
  const label = button.querySelector("[data-copy-label]") ?? button;
  const before = label.textContent;
  label.textContent = button.dataset.done;
  document.dispatchEvent(new CustomEvent("announce", { detail: { value: button.dataset.done } }));
  setTimeout(() => { label.textContent = before; }, 2000);
});

wake();
document.addEventListener("htmx:after:swap", wake);
