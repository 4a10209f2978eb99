(function () {
  "use strict";

  var themes = ["system", "light", "dark"];
  var root = document.documentElement;

  // A browser may refuse storage, above all to pages opened from disk: the switch works without.
  function stored() {
    try { return localStorage.getItem("theme"); } catch (error) { return null; }
  }
  function store(theme) {
    try { localStorage.setItem("theme", theme); } catch (error) { /* see above */ }
  }
  function apply(theme) {
    if (theme === "system") root.removeAttribute("data-theme");
    else root.setAttribute("data-theme", theme);
  }

  var theme = stored();
  if (themes.indexOf(theme) < 0) theme = "system";
  apply(theme);

  document.addEventListener("DOMContentLoaded", function () {
    var button = document.querySelector("button.theme");
    function label() { button.textContent = "Theme: " + theme; }
    button.addEventListener("click", function () {
      theme = themes[(themes.indexOf(theme) + 1) % themes.length];
      apply(theme);
      store(theme);
      label();
    });
    label();
    button.hidden = false;
  });
})();
