// A table as it is shown, as text: Markdown, CSV and LaTeX.
(function () {
  "use strict";

  const ABSENT = "–";
  const line = (text) => text.replace(/\s+/g, " ").trim();

  // What a cell says; drawings say nothing that is not in a text beside them.
  function cellText(cell) {
    let text = "";
    for (const node of (cell.querySelector(".figure") ?? cell).childNodes) {
      const part = node instanceof SVGElement ? "" : line(node.textContent);
      if (!part) continue;
      if (node.className === "interval") text += ` (${part})`;
      else if (node.className === "failed") text += `, ${part}`;
      else if (node.nodeName === "ABBR") text += ` ${part}`;
      else text += part;
    }
    return text;
  }

  function nameCells(row) {
    const text = (selector) => line(row.cells[0].querySelector(selector)?.textContent ?? "");
    const notes = [...row.cells[0].querySelectorAll(".note")].map((note) => line(note.textContent));
    return [text(".title"), row.cells[0].dataset.label, text(".family"), notes.join("; ")];
  }

  // The shown rows and columns in their order: `names` are of text columns, `figures` of the rest.
  suite.shownContent = function (table, isShown) {
    const rows = [...table.element.tBodies[0].rows].filter((row) => !row.hidden);
    const places = table.headers.map((header, place) => place)
      .filter((place) => place && isShown(table.headers[place].dataset.column));
    const names = ["Model", "Label", "Family", "Notes"];
    const content = rows.map(nameCells);
    const isTold = names.map((name, place) => place < 2 || content.some((cells) => cells[place]));
    const told = (cells) => cells.filter((cell, place) => isTold[place]);
    const headers = places.map((place) => table.headers[place].dataset);
    return {
      caption: table.element.dataset.caption,
      names: told(names),
      figures: headers.map((data) => `${data.group}: ${data.name}`),
      isAccuracy: headers.map((data) => data.column.endsWith(".accuracy")),
      rows: rows.map((row, number) => ({
        names: told(content[number]),
        figures: places.map((place) => cellText(row.cells[place])),
      })),
    };
  };

  const ENTITIES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "&#124;" };
  const markdown = (text) =>
    text.replace(/[&<>|]/g, (sign) => ENTITIES[sign])
      .replace(/[\\`*[\]~$]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/g, "\\$&");

  suite.toMarkdown = function ({ caption, names, figures, rows }) {
    const row = (cells) => `| ${cells.join(" | ")} |`;
    const head = row([...names, ...figures].map(markdown));
    const rule = row([...names.map(() => ":--"), ...figures.map(() => "--:")]);
    const body = rows.map((cells) => row([...cells.names, ...cells.figures].map(markdown)));
    return `${markdown(caption)}\n\n${[head, rule, ...body].join("\n")}\n`;
  };

  // Spreadsheets run a text that begins like a formula.
  const field = (text) => {
    const safe = /^[=+\-@]/.test(text) ? `'${text}` : text;
    return /[",\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  const number = (text) =>
    text === ABSENT ? "" : text.replace(/\d{1,3}(?:,\d{3})+/g, (digits) => digits.replaceAll(",", ""));
  const ACCURACY = /^([\d.]+)(?: ± ([\d.]+))?(?: \(([\d.]+)–([\d.]+)\))?$/;

  // Mean, deviation and the interval's ends are fields of their own.
  suite.toCsv = function ({ names, figures, isAccuracy, rows }) {
    const split = (cells, each) => cells.flatMap((cell, place) => (isAccuracy[place] ? each(cell) : [cell]));
    const parts = ["", ", deviation", ", 95 % low", ", 95 % high"];
    const head = [...names, ...split(figures, (name) => parts.map((part) => name + part))];
    const body = rows.map((row) => [
      ...row.names,
      ...split(row.figures, (text) => {
        const found = ACCURACY.exec(text);
        return found ? found.slice(1).map((part) => part ?? "") : [text, "", "", ""];
      }).map(number),
    ]);
    return [head, ...body].map((cells) => `${cells.map(field).join(",")}\n`).join("");
  };

  const LATEX = {
    "\\": "\\textbackslash{}", "~": "\\textasciitilde{}", "^": "\\textasciicircum{}",
    "<": "\\textless{}", ">": "\\textgreater{}", "|": "\\textbar{}", '"': "\\textquotedbl{}",
    "±": "$\\pm$", "–": "--", "−": "$-$", "×": "$\\times$", "µ": "\\textmu{}", "†": "\\dag{}",
    "…": "\\dots{}",
  };
  // An opening bracket at the start of a row would be read as an argument of the "\\" before it.
  const latex = (text) =>
    text.replace(/[\\~^<>|"±–−×µ†…{}$&#_%]/g, (sign) => LATEX[sign] ?? `\\${sign}`)
      .replace(/^\[/, "{[}");

  suite.toLatex = function ({ caption, names, figures, rows }) {
    const row = (cells) => `${cells.map(latex).join(" & ")} \\\\`;
    return [
      `% ${caption}`,
      "% needs \\usepackage[T1]{fontenc} and \\usepackage{booktabs}",
      `\\begin{tabular}{${"l".repeat(names.length)}${"r".repeat(figures.length)}}`,
      "\\toprule",
      row([...names, ...figures]),
      "\\midrule",
      ...rows.map((cells) => row([...cells.names, ...cells.figures])),
      "\\bottomrule",
      "\\end{tabular}",
      "",
    ].join("\n");
  };
})();
