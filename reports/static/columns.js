// Which columns of the tables are shown, and the panel where a reader chooses them.
(function () {
  "use strict";

  function rules(boardNumber, table, isShown) {
    const selectors = { hidden: [], edge: [] };
    let group = null;
    table.headers.forEach((header, place) => {
      const cell =
        `section.board:nth-of-type(${boardNumber}) .leaderboard tbody > tr > :nth-child(${place + 1})`;
      const head =
        `section.board:nth-of-type(${boardNumber}) .leaderboard thead tr + tr > :nth-child(${place})`;
      if (header.dataset.column === "model") return;
      if (!isShown(header.dataset.column)) selectors.hidden.push(cell, head);
      else if (header.dataset.group !== group) {
        // The line between groups stays where the group's first column is not shown.
        group = header.dataset.group;
        selectors.edge.push(cell, head);
      }
    });
    const rule = (list, style) => (list.length ? `${list.join(", ")} { ${style} }\n` : "");
    return rule(selectors.hidden, "display: none;") +
      rule(selectors.edge, "border-left: 1px solid var(--line);");
  }

  // A head over several columns spans those that are shown.
  function span(table, isShown) {
    const groups = [...table.element.querySelectorAll("thead th.group")];
    const columns = [...table.element.querySelectorAll("colgroup")].slice(1);
    let place = 1;
    groups.forEach((group, number) => {
      const own = table.headers.slice(place, place + Number(group.dataset.all));
      place += own.length;
      const shown = own.filter((header) => isShown(header.dataset.column)).length;
      for (const element of [group, columns[number]]) element.hidden = shown === 0;
      group.colSpan = shown || 1;
      columns[number].span = shown || 1;
    });
  }

  const style = document.getElementById("columns");
  const atFirst = style.textContent;

  suite.showColumns = function (tables, isShown, isAtFirst) {
    const wanted = isAtFirst
      ? atFirst
      : tables.map((table, place) => rules(place + 1, table, isShown)).join("");
    tables.forEach((table) => span(table, isShown));
    // The same rules once more would have the browser style all cells anew.
    if (style.textContent !== wanted) style.textContent = wanted;
  };

  // All columns that can be chosen: key, name, group and whether they are shown at first.
  suite.allColumns = function (tables) {
    const columns = new Map();
    for (const header of tables.flatMap((table) => table.headers)) {
      const { column: key, name, group, unshown } = header.dataset;
      if (key !== "model") columns.set(key, { key, name, group, atFirst: unshown === undefined });
    }
    return [...columns.values()];
  };

  function box(column, onChange) {
    const label = document.createElement("label");
    const input = document.createElement("input");
    input.type = "checkbox";
    input.autocomplete = "off";
    input.value = column.key;
    input.addEventListener("change", onChange);
    label.append(input, ` ${column.name}`);
    return label;
  }

  suite.fillColumnPanel = function (panel, columns, onChange, onReset) {
    for (const group of new Set(columns.map((column) => column.group))) {
      const fieldset = document.createElement("fieldset");
      const legend = document.createElement("legend");
      legend.textContent = group;
      const own = columns.filter((column) => column.group === group);
      fieldset.append(legend, ...own.map((column) => box(column, onChange)));
      panel.append(fieldset);
    }
    const reset = document.createElement("button");
    reset.type = "button";
    reset.textContent = "Default columns";
    reset.addEventListener("click", onReset);
    panel.append(reset);
  };
})();
