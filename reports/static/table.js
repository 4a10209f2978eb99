// What the scripts of a page share.
const suite = {};

// A table that the browser sorts and narrows. A cell is sorted by its `data-value`; a cell without
// one has nothing to be sorted by.
(function () {
  "use strict";

  const OTHER = { ascending: "descending", descending: "ascending" };
  const words = new Intl.Collator("en");

  // Text as it is searched: hyphens don't count, nor does the side of the Atlantic.
  const plain = (text) =>
    text.toLowerCase().replace(/[-\u2010\u2011\u2013]/g, " ").replaceAll("neighbor", "neighbour");

  suite.words = (text) => plain(text).split(/\s+/).filter(Boolean);

  function searched(cell) {
    const { label, source } = cell.dataset;
    return plain([cell.textContent, label, source].filter(Boolean).join(" "));
  }

  suite.Table = class {
    constructor(element) {
      this.element = element;
      this.headers = [...element.querySelectorAll("thead th[data-sort]")];
      this.rows = [...element.tBodies[0].rows];
      this.names = this.rows.map((row) => searched(row.cells[0]));
      this.sorted = this.headers.find((header) => header.ariaSort) || null;
      this.headers.forEach((header) => this.addButton(header));
      // Whoever has more to do than sort takes its place.
      this.onSort = (header, direction) => this.sort(header, direction);
    }

    addButton(header) {
      const button = document.createElement("button");
      button.type = "button";
      const label = [...header.childNodes].filter((node) => node.className !== "scale");
      button.append(...label);
      header.prepend(button);
      button.addEventListener("click", () => {
        const first = header.dataset.first || "ascending";
        this.onSort(header, header.ariaSort === first ? OTHER[first] : first);
      });
    }

    sort(header, direction) {
      if (header === this.sorted && header.ariaSort === direction) return;
      const column = this.headers.indexOf(header);
      const sign = direction === "ascending" ? 1 : -1;
      const isNumber = header.dataset.sort === "number";
      const keyed = this.rows.map((row) => [row.cells[column].dataset.value, row]);
      // Equal values keep the order that the page came with.
      keyed.sort(([a], [b]) => {
        // What is missing stays last whichever way the rest goes.
        if (a === undefined || b === undefined) return (a === undefined) - (b === undefined);
        return sign * (isNumber ? a - b : words.compare(a, b));
      });
      this.element.tBodies[0].append(...keyed.map(([, row]) => row));
      if (this.sorted) this.sorted.removeAttribute("aria-sort");
      header.ariaSort = direction;
      this.sorted = header;
    }

    // Shows the rows that `keep` accepts (their place in the page's order is its argument).
    narrow(keep) {
      let shown = 0;
      this.rows.forEach((row, place) => {
        row.hidden = !keep(place);
        if (!row.hidden) shown += 1;
      });
      // Stripes by place among the shown rows take a browser longer to work out.
      this.element.classList.toggle("narrowed", shown < this.rows.length);
      return shown;
    }

    hasWords(place, wanted) {
      return wanted.every((word) => this.names[place].includes(word));
    }
  };
})();
