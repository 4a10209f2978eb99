// The front page: one table at a time, with everything that a reader can choose about it.
(function () {
  "use strict";

  const sections = [...document.querySelectorAll("section.board")];
  const tables = sections.map((section) => new suite.Table(section.querySelector("table.leaderboard")));
  const names = sections.map((section) => section.querySelector("h2").id);
  const tools = document.querySelector(".tools");
  const field = (name) => tools.querySelector(`input[name=${name}]`);
  const families = [...tools.querySelectorAll("input[name=family]")];
  const status = tools.querySelector(".matches");
  const clear = tools.querySelector(".clear");
  const panel = tools.querySelector(".panel.columns");
  const controls = tools.querySelector("details.controls");
  const columns = suite.allColumns(tables);
  const TEXTS = ["q", "parameters", "cpu"];
  const LIMITS = { parameters: [suite.count, "1e6, 100k or 1M"], cpu: [suite.seconds, "90, 5 min or 2 h"] };
  const START_SORT = tables.map((table) => table.sorted);

  let state = suite.START;

  const place = () => Math.max(0, names.indexOf(state.table));
  const isShown = (key) => {
    const column = columns.find((known) => known.key === key);
    return column.atFirst ? !state.hide.includes(key) : state.show.includes(key);
  };

  function change(choice, isTyping) {
    state = { ...state, ...choice };
    apply();
    suite.remember(state, isTyping);
  }

  function apply() {
    const chosen = place();
    sections.forEach((section, number) => { section.hidden = number !== chosen; });
    if (tabs) tabs.mark(chosen);
    const scroll = sections[chosen].querySelector(".scroll");
    if (scroll.previousElementSibling !== tools) scroll.before(tools);
    suite.showColumns(tables, isShown, !state.show.length && !state.hide.length);
    sort(tables[chosen], START_SORT[chosen]);
    for (const name of TEXTS) if (field(name).value !== state[name]) field(name).value = state[name];
    families.forEach((box) => { box.checked = state.family.includes(box.value); });
    panel.querySelectorAll("input").forEach((box) => { box.checked = isShown(box.value); });
    groups.mark(isShown);
    tell(suite.filterRows(tables[chosen], state), tables[chosen].rows.length);
    suite.divideGroups(tables[chosen]);
  }

  function sort(table, atFirst) {
    const key = state.sort.replace(/^-/, "");
    const header = table.headers.find((known) => known.dataset.column === key);
    if (header) table.sort(header, state.sort.startsWith("-") ? "descending" : "ascending");
    else if (atFirst) table.sort(atFirst, "ascending");
  }

  function tell(shown, all) {
    const isFiltered = TEXTS.some((name) => state[name].trim()) || state.family.length > 0;
    const wrong = Object.keys(LIMITS).filter((name) => Number.isNaN(LIMITS[name][0](state[name])));
    for (const name of Object.keys(LIMITS)) {
      field(name).ariaInvalid = wrong.includes(name) ? "true" : null;
    }
    const models = all === 1 ? "1 model" : `${all} models`;
    const hints = wrong.map((name) => `; “${state[name]}” is no number, such as ${LIMITS[name][1]}`);
    status.textContent = (isFiltered ? `${shown} of ${models}` : models) + hints.join("");
    clear.hidden = !isFiltered;
  }

  function listen() {
    tables.forEach((table, number) => {
      table.onSort = (header, direction) => {
        const isStart = header === START_SORT[number] && direction === "ascending";
        const sign = direction === "descending" ? "-" : "";
        change({ sort: isStart ? "" : sign + header.dataset.column });
      };
    });
    for (const name of TEXTS) {
      field(name).addEventListener("input", (event) => change({ [name]: event.target.value }, true));
    }
    families.forEach((box) => box.addEventListener("change", () => {
      change({ family: families.filter((other) => other.checked).map((other) => other.value) });
    }));
    clear.addEventListener("click", () => {
      change({ q: "", family: [], parameters: "", cpu: "" });
      field("q").focus();
    });
    suite.fillColumnPanel(panel, columns, choose, () => change({ show: [], hide: [] }));
    tools.querySelectorAll(".copying button").forEach((button) => {
      button.addEventListener("click", () => copy(button));
    });
    addEventListener("hashchange", follow);
  }

  function choose() {
    const checked = [...panel.querySelectorAll("input:checked")].map((box) => box.value);
    const keys = (list) => list.map((column) => column.key);
    change({
      show: keys(columns.filter((known) => !known.atFirst && checked.includes(known.key))),
      hide: keys(columns.filter((known) => known.atFirst && !checked.includes(known.key))),
    });
  }

  // Of a group its columns that are shown at first and those that were chosen; null for all groups.
  function chooseGroup(group) {
    const others = columns.filter((known) => group && known.atFirst && known.group !== group);
    const isOwn = (key) => !group || columns.some((known) => known.key === key && known.group === group);
    change({ show: state.show.filter(isOwn), hide: others.map((known) => known.key) });
  }

  async function copy(button) {
    const content = suite.shownContent(tables[place()], isShown);
    const write = { markdown: suite.toMarkdown, csv: suite.toCsv, latex: suite.toLatex }[button.value];
    if (await suite.copy(write(content))) {
      status.textContent = `Copied ${content.rows.length} rows as ${button.textContent}`;
    }
  }

  // An anchor chooses the table that it lies in and leaves the rest.
  function follow() {
    const found = suite.fromFragment(suite.fragment());
    const target = found ? null : suite.anchored(suite.fragment());
    const board = target?.closest("section.board");
    const known = families.map((box) => box.value);
    if (found) state = { ...found, family: found.family.filter((family) => known.includes(family)) };
    else if (board) state = { ...state, table: names[sections.indexOf(board)] };
    else return false;
    if (place() === 0) state = { ...state, table: "" };
    apply();
    if (target) target.scrollIntoView();
    return true;
  }

  // What a narrow screen folds away stays open on a wide one.
  function unfold() {
    const wide = matchMedia("(min-width: 60rem)");
    const isUsed = () => ["family", "parameters", "cpu"].some((name) => state[name].length);
    const set = () => { controls.open = wide.matches || isUsed(); };
    wide.addEventListener("change", set);
    set();
  }

  function closeMenus() {
    tools.querySelectorAll("details.menu").forEach((menu) => {
      document.addEventListener("click", (event) => {
        if (!menu.contains(event.target)) menu.open = false;
      });
      menu.addEventListener("keydown", (event) => {
        if (event.key !== "Escape" || !menu.open) return;
        menu.open = false;
        menu.querySelector("summary").focus();
      });
    });
  }

  // Heads stay in sight where the table needs no scrolling of its own.
  function stickHeads() {
    const observer = new ResizeObserver((entries) => {
      for (const { target } of entries) {
        const scroll = target.closest(".scroll");
        scroll.classList.toggle("fits", scroll.firstElementChild.offsetWidth <= scroll.clientWidth);
        suite.hintMore(scroll);
      }
    });
    document.querySelectorAll(".board .scroll:has(> .leaderboard)").forEach((scroll) => {
      observer.observe(scroll);
      observer.observe(scroll.firstElementChild);
      scroll.addEventListener("scroll", () => suite.hintMore(scroll), { passive: true });
    });
  }

  const groups = new suite.GroupButtons(tools.querySelector(".groups"), columns, chooseGroup);
  const list = document.querySelector(".tabs");
  const tabs = list && new suite.Tabs(list, (number) => change({ table: number ? names[number] : "" }));
  if (tabs) {
    sections.forEach((section) => section.setAttribute("role", "tabpanel"));
    document.querySelector(".jump").hidden = true;
  }
  listen();
  if (!follow()) apply();
  unfold();
  closeMenus();
  stickHeads();
  tools.hidden = false;
})();
