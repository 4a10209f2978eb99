// Narrow screens: one group of columns at a time, and a hint at what lies beyond the edge.
(function () {
  "use strict";

  // A button for each group of columns and one for all; `onChoose` gets a group's name or null.
  suite.GroupButtons = class {
    constructor(fieldset, columns, onChoose) {
      this.columns = columns;
      const groups = [null, ...new Set(columns.map((column) => column.group))];
      this.buttons = groups.map((group) => {
        const button = document.createElement("button");
        button.type = "button";
        button.textContent = group ?? "All";
        button.addEventListener("click", () => onChoose(group));
        return [group, button];
      });
      fieldset.append(...this.buttons.map(([, button]) => button));
      fieldset.hidden = false;
    }

    mark(isShown) {
      const shown = new Set(this.columns.filter(({ key }) => isShown(key)).map(({ group }) => group));
      const all = this.buttons.length - 1;
      for (const [group, button] of this.buttons) {
        button.ariaPressed = String(group ? shown.size === 1 && shown.has(group) : shown.size === all);
      }
    }
  };

  // Marks a scrolled region while more of it lies beyond its right edge.
  suite.hintMore = function (scroll) {
    const hidden = scroll.scrollWidth - scroll.clientWidth - scroll.scrollLeft;
    scroll.classList.toggle("more", hidden > 4);
  };
})();
