// What a reader chose, as the address's fragment: what is as the page came is not in it.
(function () {
  "use strict";

  // sort: a column's key, with a "-" before it if the highest value comes first; show and hide:
  // keys of columns that are shown or hidden other than at first.
  suite.START = Object.freeze({
    table: "", sort: "", q: "", family: [], parameters: "", cpu: "", show: [], hide: [],
  });
  const LISTS = ["family", "show", "hide"];

  suite.toFragment = function (state) {
    const pairs = [];
    for (const name of Object.keys(suite.START)) {
      for (const value of [state[name]].flat()) if (value) pairs.push([name, value]);
    }
    return new URLSearchParams(pairs).toString();
  };

  // The state of a fragment; null if it is an anchor of the page, or something else.
  suite.fromFragment = function (fragment) {
    if (fragment && !fragment.includes("=")) return null;
    const found = new URLSearchParams(fragment);
    const state = {};
    for (const name of Object.keys(suite.START)) {
      state[name] = LISTS.includes(name) ? found.getAll(name) : found.get(name) ?? "";
    }
    return state;
  };

  // The element that a fragment leads to.
  suite.anchored = function (fragment) {
    try {
      return document.getElementById(decodeURIComponent(fragment));
    } catch (error) {
      return null; // a "%" that encodes nothing
    }
  };

  suite.fragment = () => location.hash.slice(1);

  // Typing replaces the entry in the browser's history, any other choice makes a new one.
  suite.remember = function (state, isTyping) {
    const fragment = suite.toFragment(state);
    if (fragment === suite.fragment()) return;
    const address = location.pathname + location.search + (fragment && `#${fragment}`);
    try {
      if (isTyping) history.replaceState(null, "", address);
      else history.pushState(null, "", address);
    } catch (error) {
      // Some browsers let no page on disk change its address but for the fragment.
      location.hash = fragment;
    }
  };
})();
