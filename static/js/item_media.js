// Files of an item: uploaded as they are chosen, moved and taken out in place.
// Without this script the same buttons send the form and the page comes back with it done.
const part = document.querySelector("[data-item-media]");
const form = part.closest("form");
const input = part.querySelector("input[type=file]");
const list = part.querySelector("[data-media-list]");
const errors = part.querySelector("[data-media-errors]");
const MEGABYTE = 1024 * 1024;
let going = 0;

part.querySelector("[data-media-send]").hidden = true;

const say = (pattern, values) => {
  const value = pattern.replace(/\{(\w+)\}/g, (_whole, name) => values[name]);
  document.dispatchEvent(new CustomEvent("announce", { detail: { value } }));
};

// -- Uploading ---------------------------------------------------------------------------

function refuse(name, sentence) {
  const line = part.querySelector("[data-media-refused]").content.firstElementChild.cloneNode(true);
  line.querySelector("span").textContent = `${name}: ${sentence}`;
  line.id = errors.childElementCount ? "" : "id_files-error";
  errors.append(line);
  input.setAttribute("aria-invalid", "true");
  input.setAttribute("aria-describedby", "id_files-error id_files-help");
}

function forgive() {
  errors.replaceChildren();
  input.removeAttribute("aria-invalid");
  input.setAttribute("aria-describedby", "id_files-help");
}

// What the server would refuse anyway is not sent first: the sentence comes at once.
function trouble(file) {
  if (!file.size) return part.dataset.empty;
  const most = Number(part.getAttribute(`data-most-${file.type.split("/")[0]}`) ?? 0);
  const largest = most || Number(part.dataset.mostVideo);
  return file.size > largest * MEGABYTE ? part.dataset.heavy.replace("{most}", largest) : "";
}

function send(file) {
  const row = part.querySelector("[data-media-going]").content.firstElementChild.cloneNode(true);
  row.querySelector("p").textContent = file.name;
  const bar = row.querySelector("progress");
  bar.setAttribute("aria-label", file.name);
  list.append(row);
  return new Promise((done) => {
    const request = new XMLHttpRequest();
    request.open("POST", part.dataset.upload);
    request.setRequestHeader("X-CSRFToken", document.querySelector("meta[name=csrf-token]").content);
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable && event.loaded < event.total) bar.value = event.loaded / event.total;
      else bar.removeAttribute("value"); // all is there: the server looks at it
    });
    request.addEventListener("loadend", () => {
      if (request.status === 200) arrive(row, file, request.responseText);
      else {
        row.remove();
        refuse(file.name, request.status === 422 ? request.responseText : part.dataset.lost);
      }
      done();
    });
    const body = new FormData();
    body.append("file", file);
    request.send(body);
  });
}

function arrive(row, file, markup) {
  row.insertAdjacentHTML("afterend", markup);
  row.remove();
  say(part.dataset.added, { name: file.name });
  tidy();
}

input.addEventListener("change", async () => {
  const files = [...input.files];
  input.value = "";
  forgive();
  for (const file of files) {
    const sentence = trouble(file);
    if (sentence) { refuse(file.name, sentence); continue; }
    going += 1;
    await send(file);
    going -= 1;
  }
  if (errors.childElementCount) input.focus();
});

form.addEventListener("submit", (event) => {
  if (!going) return;
  event.preventDefault();
  say(part.dataset.wait, {});
  document.dispatchEvent(new CustomEvent("toast", { detail: { text: part.dataset.wait, tone: "info" } }));
});

// -- Moving and taking out ---------------------------------------------------------------

list.addEventListener("click", (event) => {
  const button = event.target.closest("[name=media-do]");
  if (!button) return;
  event.preventDefault();
  const row = button.closest("[data-media-row]");
  const name = row.dataset.name;
  if (button.matches("[data-media-remove]")) return takeOut(row, name);
  if (button.matches("[data-media-up]")) row.previousElementSibling?.before(row);
  else row.nextElementSibling?.after(row);
  tidy();
  (button.disabled ? row.querySelector("[name=media-do]:not([disabled])") : button).focus();
  say(part.dataset.moved, { name, place: [...list.children].indexOf(row) + 1 });
});

function takeOut(row, name) {
  const next = row.nextElementSibling ?? row.previousElementSibling;
  row.remove();
  tidy();
  (next?.querySelector("[data-media-remove]") ?? input).focus();
  say(part.dataset.removed, { name });
}

// The first row has nothing above, the last nothing below; the preview shows the first.
function tidy() {
  const rows = [...list.querySelectorAll("[data-media-row]")];
  rows.forEach((row, number) => {
    row.querySelector("[data-media-up]").disabled = number === 0;
    row.querySelector("[data-media-down]").disabled = number === rows.length - 1;
  });
  const first = rows[0]?.querySelector("img")?.getAttribute("src") ?? "";
  form.dispatchEvent(new CustomEvent("item-media", { detail: { first } }));
}

tidy();
