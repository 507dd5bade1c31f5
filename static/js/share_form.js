// What a network asks with a post: questions appear, answers are barred, as the others stand.
// The server judges all of it again at the press.
const conditionOf = (element, name) => JSON.parse(element.dataset[name] || "[]");
const holds = (condition, values) => condition.every(([name, value]) => (values[name] ?? "") === value);

function answerOf(field) {
  const control = field.querySelector("input, select");
  return control.type === "checkbox" ? (control.checked ? "on" : "") : control.value;
}

function settle(form) {
  const values = {};
  for (const field of form.querySelectorAll("[data-field]")) {
    field.hidden = !holds(conditionOf(field, "shownWith"), values);
    values[field.dataset.field] = field.hidden ? "" : answerOf(field);
  }
  for (const barred of form.querySelectorAll("[data-bar]")) {
    // What is chosen already can always be taken back.
    const isChosen = barred.checked || barred.selected;
    barred.disabled = !isChosen && holds(conditionOf(barred, "bar"), values);
  }
  const consent = document.getElementById(`consent-${form.dataset.shareForm}`);
  const isTicked = document.getElementById(`target-${form.dataset.shareForm}`)?.checked ?? false;
  for (const line of [...form.querySelectorAll("p[data-shown-with]"), ...(consent?.querySelectorAll("p") ?? [])]) {
    line.hidden = !holds(conditionOf(line, "shownWith"), values);
  }
  if (consent) consent.hidden = !isTicked;
  let isMissing = Boolean(form.querySelector("[data-stop]"));
  for (const field of form.querySelectorAll("[data-wants]")) {
    const wants = values[field.dataset.field] && !field.dataset.wants.split(" ").some((name) => values[name]);
    const line = field.querySelector("[data-missing]");
    if (line) line.hidden = !wants;
    isMissing ||= Boolean(wants);
  }
  return isTicked && isMissing;
}

// Nothing can be pressed while a network would not take it.
function settleAll(composer) {
  const isHeld = [...composer.querySelectorAll("[data-share-form]")].map(settle).some(Boolean);
  for (const button of composer.querySelectorAll("button[name=share]:not([hidden])")) {
    if (isHeld && !button.disabled) button.dataset.held = "";
    if (isHeld) button.disabled = true;
    else if ("held" in button.dataset) { button.disabled = false; delete button.dataset.held; }
  }
}

const all = () => document.querySelectorAll("[data-composer]").forEach(settleAll);
document.addEventListener("change", (event) => {
  const composer = event.target.closest?.("[data-composer]");
  if (composer) settleAll(composer);
});
document.addEventListener("htmx:after:swap", all);
all();
