// Tabs of which one is chosen: by click, or by the arrow keys, Home and End.
(function () {
  "use strict";

  suite.Tabs = class {
    constructor(list, onChoose) {
      this.tabs = [...list.querySelectorAll("[role=tab]")];
      list.hidden = false;
      this.tabs.forEach((tab, place) => {
        tab.addEventListener("click", () => onChoose(place));
        tab.addEventListener("keydown", (event) => {
          const last = this.tabs.length - 1;
          const next = {
            ArrowLeft: place ? place - 1 : last,
            ArrowRight: place < last ? place + 1 : 0,
            Home: 0,
            End: last,
          }[event.key];
          if (next === undefined) return;
          event.preventDefault();
          onChoose(next);
          this.tabs[next].focus();
        });
      });
    }

    mark(chosen) {
      this.tabs.forEach((tab, place) => {
        tab.ariaSelected = String(place === chosen);
        tab.tabIndex = place === chosen ? 0 : -1;
      });
    }
  };
})();
