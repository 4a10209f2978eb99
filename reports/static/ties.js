// A line between tie groups, while the table is sorted by the rank that they stand behind.
(function () {
  "use strict";

  suite.divideGroups = function (table) {
    const isRank = table.sorted?.dataset.column.endsWith(".rank");
    const column = table.headers.indexOf(table.sorted);
    let before = null;
    for (const row of table.element.tBodies[0].rows) {
      const letter = isRank ? row.cells[column].querySelector("abbr")?.textContent ?? "" : null;
      row.classList.toggle("starts", !row.hidden && before !== null && letter !== before);
      if (!row.hidden) before = letter;
    }
  };
})();
