(function () {
  "use strict";

  // Without the library, or in a browser that lacks what it needs, the pictures stay.
  if (!window.vegaEmbed || !window.IntersectionObserver || !window.ResizeObserver) return;

  var hint = document.createElement("div");
  hint.className = "hint";
  hint.hidden = true;
  document.body.appendChild(hint);

  // Names of models are text of other people: they are never read as markup.
  function tell(handler, event, item, value) {
    hint.hidden = !value;
    if (!value) return;
    var list = document.createElement("dl");
    Object.keys(value).forEach(function (title) {
      [["dt", title], ["dd", value[title]]].forEach(function (part) {
        var element = document.createElement(part[0]);
        element.textContent = part[1];
        list.appendChild(element);
      });
    });
    hint.replaceChildren(list);
    var box = hint.getBoundingClientRect();
    var left = Math.min(event.clientX + 14, window.innerWidth - box.width - 8);
    var below = event.clientY + 14;
    var fits = below + box.height < window.innerHeight;
    hint.style.left = Math.max(left, 4) + "px";
    hint.style.top = (fits ? below : Math.max(event.clientY - box.height - 10, 4)) + "px";
  }

  function enliven(figure) {
    var picture = figure.querySelector(".picture");
    var spec = JSON.parse(figure.querySelector("script").textContent);
    // The specification counts from axis to axis, the page from edge to edge.
    spec.autosize = { type: "fit", contains: "padding" };
    spec.width = picture.clientWidth;
    spec.height = picture.querySelector("svg").viewBox.baseVal.height;
    spec.config.font = getComputedStyle(document.body).fontFamily;
    var room = 0.42 * spec.width;
    spec.config.axisY.labelLimit = Math.min(spec.config.axisY.labelLimit, room);
    var stage = document.createElement("div");
    stage.setAttribute("aria-hidden", "true");
    var options = { mode: "vega-lite", renderer: "svg", actions: false, defaultStyle: false, tooltip: tell };
    vegaEmbed(stage, spec, options).then(function (made) {
      picture.replaceChildren(stage);
      picture.classList.add("live");
      figure.setAttribute("data-live", "");
      var width = spec.width;
      new ResizeObserver(function () {
        if (Math.abs(picture.clientWidth - width) < 2) return;
        width = picture.clientWidth;
        made.view.width(width).runAsync();
      }).observe(picture);
    });
  }

  // A page can have dozens of charts: each is made when it is about to be seen.
  var seen = new IntersectionObserver(function (entries) {
    entries.forEach(function (entry) {
      if (!entry.isIntersecting) return;
      seen.unobserve(entry.target);
      enliven(entry.target);
    });
  }, { rootMargin: "300px" });
  document.querySelectorAll(".charts figure").forEach(function (figure) { seen.observe(figure); });
  document.querySelectorAll(".with-script").forEach(function (text) { text.hidden = false; });
})();
