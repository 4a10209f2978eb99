(function () {
  "use strict";

  function valueOf(row, column, kind) {
    var text = row.cells[column].getAttribute("data-value");
    if (text === null) return null;
    return kind === "number" ? Number(text) : text;
  }

  function sort(table, headers, header, direction) {
    var column = headers.indexOf(header);
    var kind = header.getAttribute("data-sort");
    var sign = direction === "ascending" ? 1 : -1;
    var body = table.tBodies[0];
    var rows = Array.prototype.slice.call(body.rows);
    rows.sort(function (one, other) {
      var a = valueOf(one, column, kind);
      var b = valueOf(other, column, kind);
      // What is missing stays last whichever way the rest goes.
      if (a === null || b === null) return (a === null) - (b === null);
      return sign * (kind === "number" ? a - b : a.localeCompare(b));
    });
    rows.forEach(function (row) { body.appendChild(row); });
    headers.forEach(function (other) { other.removeAttribute("aria-sort"); });
    header.setAttribute("aria-sort", direction);
  }

  function makeSortable(table) {
    var headers = Array.prototype.slice.call(table.querySelectorAll("thead th[data-sort]"));
    headers.forEach(function (header) {
      var button = document.createElement("button");
      button.type = "button";
      while (header.firstChild) button.appendChild(header.firstChild);
      header.appendChild(button);
      button.addEventListener("click", function () {
        var first = header.getAttribute("data-first") || "ascending";
        var second = first === "ascending" ? "descending" : "ascending";
        sort(table, headers, header, header.getAttribute("aria-sort") === first ? second : first);
      });
    });
  }

  function makeSearchable(section, table) {
    var tools = section.querySelector(".tools");
    var field = tools.querySelector("input");
    var matches = tools.querySelector(".matches");
    var rows = Array.prototype.slice.call(table.tBodies[0].rows);
    field.addEventListener("input", function () {
      var words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
      var shown = rows.filter(function (row) {
        var text = row.cells[0].textContent.toLowerCase();
        row.hidden = !words.every(function (word) { return text.indexOf(word) >= 0; });
        return !row.hidden;
      });
      matches.textContent = words.length ? shown.length + " of " + rows.length + " models" : "";
    });
    tools.hidden = false;
  }

  document.querySelectorAll("section.board").forEach(function (section) {
    var table = section.querySelector("table.leaderboard");
    makeSortable(table);
    makeSearchable(section, table);
  });
})();
