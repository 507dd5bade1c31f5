// Dialogs and confirmation. Menus and definitions are popovers, which need no script.
const asked = document.getElementById("confirm-dialog");

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  const dialog = opener && document.getElementById(opener.dataset.dialog);
  if (dialog) {
    event.preventDefault();
    dialog.showModal();
    return;
  }
  const closer = event.target.closest("[data-close]");
  if (closer) closer.closest("dialog")?.close();
  if (event.target instanceof HTMLDialogElement && !event.target.dataset.keep) closeFromBackdrop(event);
});

function closeFromBackdrop(event) {
  const box = event.target.getBoundingClientRect();
  const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
  if (!inside) event.target.close();
}

function ask(question, yes) {
  asked.querySelector("p").textContent = question;
  asked.returnValue = "";
  asked.addEventListener("close", () => { if (asked.returnValue === "yes") yes(); }, { once: true });
  asked.showModal();
}

// <button data-confirm="Delete it?"> asks before its form is sent.
document.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (!button?.dataset.confirm || button.dataset.confirmed) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  ask(button.dataset.confirm, () => {
    button.dataset.confirmed = "yes";
    button.form.requestSubmit(button);
    delete button.dataset.confirmed;
  });
}, { capture: true });

// hx-confirm uses the same dialog instead of the browser's own.
document.addEventListener("htmx:confirm", (event) => {
  const { ctx, issueRequest, dropRequest } = event.detail;
  if (!ctx.confirm) return;
  event.preventDefault();
  ask(ctx.confirm, issueRequest);
  asked.addEventListener("close", () => { if (asked.returnValue !== "yes") dropRequest(); }, { once: true });
});

// A fragment swapped into <dialog data-open-on-swap> opens it.
document.addEventListener("htmx:after:swap", (event) => {
  const dialog = event.detail?.ctx?.target?.closest?.("dialog[data-open-on-swap]");
  if (dialog && !dialog.open) dialog.showModal();
});
