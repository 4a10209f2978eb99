// Which rows of a table a reader wants to see.
(function () {
  "use strict";

  const COUNTS = { "": 1, k: 1e3, m: 1e6, g: 1e9, b: 1e9 };
  const SECONDS = {
    "": 1, s: 1, sec: 1, second: 1, seconds: 1,
    m: 60, min: 60, minute: 60, minutes: 60,
    h: 3600, hour: 3600, hours: 3600, d: 86400, day: 86400, days: 86400,
    k: 1e3, M: 1e6,
  };
  const NUMBER = /^(\d{1,3}(?:[ ,]\d{3})+(?:\.\d+)?|\d*\.?\d+(?:e[+-]?\d+)?)\s*([a-z]*)$/i;

  function quantity(text, units) {
    const trimmed = text.trim();
    if (!trimmed) return null;
    const [, number, unit] = NUMBER.exec(trimmed) || [];
    const factor = units[unit] ?? units[unit?.toLowerCase()];
    return number && factor ? Number(number.replace(/[ ,]/g, "")) * factor : NaN;
  }

  // A number of parameters ("1e6", "100k", "1M", "1,000") or of seconds ("90", "5 min", "2h"):
  // null for nothing, NaN for what can't be read.
  suite.count = (text) => quantity(text, COUNTS);
  suite.seconds = (text) => quantity(text, SECONDS);

  function isWithin(row, column, limit) {
    if (limit === null || Number.isNaN(limit)) return true;
    const value = row.cells[column].dataset.value;
    return value !== undefined && Number(value) <= limit;
  }

  // Shows the table's rows that pass all filters; returns how many do.
  suite.filterRows = function (table, { q, family, parameters, cpu }) {
    const place = (key) => table.headers.findIndex((header) => header.dataset.column === key);
    const wanted = suite.words(q);
    const limits = [
      [place("costs.parameters"), suite.count(parameters)],
      [place("costs.cpu"), suite.seconds(cpu)],
    ];
    return table.narrow((number) => {
      const row = table.rows[number];
      return table.hasWords(number, wanted) &&
        (!family.length || family.includes(row.dataset.family)) &&
        limits.every(([column, limit]) => isWithin(row, column, limit));
    });
  };
})();
