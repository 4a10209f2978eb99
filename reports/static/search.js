// A search field above each table.
(function () {
  "use strict";

  document.querySelectorAll("section.board").forEach((section) => {
    const table = new suite.Table(section.querySelector("table.leaderboard"));
    const tools = section.querySelector(".tools");
    const field = tools.querySelector("input");
    field.addEventListener("input", () => {
      const wanted = suite.words(field.value);
      const shown = table.narrow((place) => table.hasWords(place, wanted));
      tools.querySelector(".matches").textContent =
        wanted.length ? `${shown} of ${table.rows.length} rows` : "";
    });
    tools.hidden = false;
  });
})();
