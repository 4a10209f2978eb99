// Gives a reader a text: on the clipboard, or where there is none, selected in a dialog.
(function () {
  "use strict";

  function offer(text) {
    const dialog = document.createElement("dialog");
    dialog.setAttribute("aria-label", "Copy this text");
    const hint = document.createElement("p");
    hint.textContent = "The browser lets this page write nothing to the clipboard: copy the text from here.";
    const area = document.createElement("textarea");
    area.readOnly = true;
    area.rows = 16;
    area.setAttribute("aria-label", "The table as text");
    area.value = text;
    const close = document.createElement("button");
    close.type = "button";
    close.textContent = "Close";
    close.addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => dialog.remove());
    dialog.append(hint, area, close);
    document.body.append(dialog);
    dialog.showModal();
    area.select();
    area.scrollTop = 0;
  }

  // Tells whether the text is on the clipboard.
  suite.copy = async function (text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch (error) {
      offer(text);
      return false;
    }
  };
})();
