(function () {
  "use strict";

  // Pages that are opened from disk may have no clipboard: the command can still be selected.
  if (!navigator.clipboard) return;
  document.querySelectorAll("pre.command").forEach(function (command) {
    var button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copy";
    button.addEventListener("click", function () {
      navigator.clipboard.writeText(command.textContent).then(function () {
        button.textContent = "Copied";
      });
    });
    command.before(button);
  });
})();
