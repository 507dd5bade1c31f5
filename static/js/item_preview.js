// The card beside the item's form, as typed. Without this script it shows what was saved.
const preview = document.querySelector("[data-item-preview]");
const form = document.querySelector("form[enctype]");
const shown = (name) => preview.querySelector(`[data-show="${name}"]`);

function showWords(name) {
  const target = shown(name);
  const words = form.elements[name].value.trim();
  target.textContent = words || (target.dataset.empty ?? "");
  const line = target.closest(".item__why") ?? target;
  line.hidden = !target.textContent;
}

function showTopics() {
  const chosen = [...form.querySelectorAll("[name=topics]:checked")].map((box) => box.value);
  const typed = form.elements.new_topics.value.split(",").map((name) => name.trim()).filter(Boolean);
  const pattern = preview.querySelector("[data-topic]").content.firstElementChild;
  shown("topics").replaceChildren(...[...chosen, ...typed].map((name) => {
    const badge = pattern.cloneNode();
    badge.textContent = name;
    return badge;
  }));
}

const picture = shown("picture");
const stored = picture.dataset.card;
let first = ""; // of the item's own files: item_media.js tells

function showPicture() {
  if (first) return putPicture(first);
  const file = form.elements.picture.files[0];
  const removed = form.elements.remove_picture?.checked;
  if (file) {
    const reader = new FileReader();
    reader.onload = () => putPicture(reader.result);
    reader.readAsDataURL(file);
  } else {
    putPicture(removed ? null : stored);
  }
}

function putPicture(source) {
  if (source) picture.src = source;
  picture.hidden = !source;
  preview.querySelector("[data-when-no=picture]").hidden = Boolean(source);
}

const WORDS = ["title", "summary", "why", "source_name", "source_url"];
form.addEventListener("input", (event) => {
  if (WORDS.includes(event.target.name)) showWords(event.target.name);
  else if (["topics", "new_topics"].includes(event.target.name)) showTopics();
  else if (["picture", "remove_picture"].includes(event.target.name)) showPicture();
});
form.addEventListener("item-media", (event) => {
  first = event.detail.first;
  showPicture();
});
