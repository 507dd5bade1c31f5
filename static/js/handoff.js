// Posting by hand: the text on the clipboard as the network opens, or in the phone's own sheet.

function wake() {
  if (navigator.clipboard) {
    document.querySelectorAll("[data-copy-first]").forEach((link) => {
      link.querySelector("[data-with-script]").hidden = false;
      link.querySelector("[data-without-script]").hidden = true;
    });
  }
  const touch = matchMedia("(pointer: coarse)").matches;
  document.querySelectorAll("[data-share-text]").forEach((button) => { button.hidden = !(touch && navigator.share); });
}

// The link opens all the same: copying takes no time, and may fail.
document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-copy-first]");
  if (!link || !navigator.clipboard) return;
  const done = link.closest("[data-handoff]").querySelector("[data-copy]");
  navigator.clipboard.writeText(document.querySelector(link.dataset.copyFirst).value).then(
    () => document.dispatchEvent(new CustomEvent("announce", { detail: { value: done.dataset.done } })),
    () => {},
  );
});

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-share-text]");
  if (!button) return;
  const text = document.querySelector(button.dataset.shareText).value;
  const files = await filesOf(button.closest("[data-handoff]"));
  const whole = { text, files };
  try { await navigator.share(files.length && navigator.canShare?.(whole) ? whole : { text }); } catch { /* the person closed the sheet */ }
});

// Files of ours alone; what cannot be fetched is left to its own link.
async function filesOf(place) {
  const links = [...place.querySelectorAll("[data-share-file]")];
  const found = await Promise.all(links.map(async (link) => {
    try {
      const answer = await fetch(new URL(link.href).pathname, { credentials: "omit" });
      const blob = await answer.blob();
      return answer.ok ? new File([blob], link.textContent.trim(), { type: blob.type }) : null;
    } catch { return null; }
  }));
  return found.filter(Boolean);
}

wake();
document.addEventListener("htmx:after:swap", wake);
