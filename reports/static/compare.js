(function () {
  "use strict";

  var data = JSON.parse(document.getElementById("pairs").textContent);
  if (!data.contests.length) return;
  var form = document.querySelector("form.chooser");
  var result = document.getElementById("result");
  var fields = form.elements;
  var contest, places;

  function slot(name) { return result.querySelector("[data-slot='" + name + "']"); }
  function write(name, text) { slot(name).textContent = text; }
  function element(name, text) {
    var made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    return made;
  }
  function unique(values) {
    return values.filter(function (value, place) { return values.indexOf(value) === place; });
  }

  // Numbers as the rest of the site writes them.
  function signed(hundredths) {
    return (hundredths < 0 ? "\u2212" : "+") + (Math.abs(hundredths) / 100).toFixed(2);
  }
  function pValue(p) { return p < 1e-4 ? "p < 0.0001" : "p = " + p.toFixed(4); }
  function whole(number) { return number.toLocaleString("en-US"); }
  function counted(number, noun) { return whole(number) + " " + noun + (number === 1 ? "" : "s"); }

  function fill(select, options, chosen) {
    select.textContent = "";
    options.forEach(function (option) {
      var made = element("option", option.text);
      made.value = option.value;
      select.appendChild(made);
    });
    var known = options.some(function (option) { return option.value === chosen; });
    select.value = known ? chosen : options[0].value;
  }

  // Sets the fields to what is asked for, as far as there is such a thing.
  function choose(asked) {
    fill(fields.table, unique(data.contests.map(function (one) { return one.table; }))
      .map(function (table) {
        var first = data.contests.find(function (one) { return one.table === table; });
        return { value: table, text: first.heading };
      }), asked.table);
    var ofTable = data.contests.filter(function (one) { return one.table === fields.table.value; });
    fill(fields.dataset, ofTable.map(function (one) {
      return { value: one.dataset, text: data.titles[one.dataset] || one.dataset };
    }), asked.dataset);
    contest = ofTable.find(function (one) { return one.dataset === fields.dataset.value; });
    var models = contest.models.map(function (model, place) {
      return { value: model.entry, text: place + 1 + ". " + model.label };
    });
    fill(fields.a, models, asked.a);
    // Of the two models that are best by default, the second stands against any first.
    var other = fields.a.value === models[1].value ? models[0].value : models[1].value;
    fill(fields.b, models, models.some(function (m) { return m.value === asked.b; })
      ? asked.b : other);
    places = [fields.a.selectedIndex, fields.b.selectedIndex];
  }

  // The pair's figures, A less B whichever of the two is better; null without a common seed.
  function figures() {
    var low = Math.min(places[0], places[1]), high = Math.max(places[0], places[1]);
    var before = low * contest.models.length - low * (low + 1) / 2;
    var pair = contest.pairs[before + high - low - 1];
    if (!pair) return null;
    var turned = places[0] > places[1];
    return {
      difference: turned ? -pair[0] : pair[0],
      interval: turned ? [-pair[2], -pair[1]] : [pair[1], pair[2]],
      p: pair[3],
      mcnemar: pair[4],
    };
  }

  function bySeed(seeds) {
    return seeds.map(function (seed) {
      var bits = places.map(function (place) {
        var model = contest.models[place];
        return rightBits.decode(model.right[model.seeds.indexOf(seed)]);
      });
      return { seed: seed, bits: bits, counts: rightBits.count(bits[0], bits[1], contest.images) };
    });
  }

  function name(cell, model) {
    cell.textContent = "";
    var shown = element(model.page ? "a" : "bdi", model.label);
    if (model.page) shown.href = model.page;
    cell.appendChild(shown);
  }

  function showFigures(runs, found) {
    var told = found.p >= 0.05 ? "A and B can't be told apart"
      : (found.difference > 0 ? "A" : "B") + " is better";
    write("told", told + " on " + (data.titles[contest.dataset] || contest.dataset));
    ["onlyFirst", "onlySecond"].forEach(function (kind, which) {
      name(slot("name-" + which), contest.models[places[which]]);
      var right = 0;
      runs.forEach(function (run) { right += run.counts.both + run.counts[kind]; });
      write("accuracy-" + which, (100 * right / (contest.images * runs.length)).toFixed(2));
    });
    write("difference", signed(found.difference));
    write("interval", signed(found.interval[0]) + " to " + signed(found.interval[1]));
    write("p", pValue(found.p));
    write("method", runs.length > 1
      ? "Means of the " + runs.length + " seeds that both have; interval and p-value by a paired " +
        "bootstrap over seeds and test images."
      : "One seed that both have: interval and p-value are over test images alone, and other " +
        "seeds may differ.");
    var body = slot("seeds");
    body.textContent = "";
    runs.forEach(function (run, place) {
      var row = element("tr");
      var head = element("th", String(run.seed));
      head.scope = "row";
      row.appendChild(head);
      ["both", "onlyFirst", "onlySecond", "neither"].forEach(function (kind) {
        row.appendChild(element("td", whole(run.counts[kind])));
      });
      row.appendChild(element("td", pValue(found.mcnemar[place])));
      body.appendChild(row);
    });
  }

  function tile(image, dataset) {
    var figure = element("figure");
    var label = dataset.classes[Number(dataset.labels[image])];
    var picture = element("div");
    picture.className = "picture";
    picture.setAttribute("role", "img");
    picture.setAttribute("aria-label", "Test image " + image + ", " + label);
    picture.style.backgroundImage = "url(\"" + dataset.sheet + "\")";
    picture.style.setProperty("--columns", dataset.columns);
    picture.style.setProperty("--column", image % dataset.columns);
    picture.style.setProperty("--row", Math.floor(image / dataset.columns));
    figure.appendChild(picture);
    var caption = element("figcaption", label);
    caption.appendChild(element("span", String(image)));
    figure.appendChild(caption);
    return figure;
  }

  function showImages(runs) {
    var dataset = data.datasets[contest.dataset];
    var bits = [0, 1].map(function (which) {
      return runs.map(function (run) { return run.bits[which]; });
    });
    [0, 1].forEach(function (which) {
      var images = rightBits.alone(bits[which], bits[1 - which], contest.images);
      var letters = which ? ["B", "A"] : ["A", "B"];
      var seeds = runs.length > 1 ? " with every seed" : "";
      var text = counted(images.length, "test image") + " that " + letters[0] + " gets right" +
        seeds + " and " + letters[1] + " wrong" + seeds;
      if (images.length > data.most) text += "; the first " + data.most;
      write("alone-" + which, text + (images.length ? ":" : "."));
      var tiles = slot("tiles-" + which);
      tiles.textContent = "";
      images.slice(0, data.most).forEach(function (image) {
        if (dataset) tiles.appendChild(tile(image, dataset));
      });
    });
  }

  function show() {
    var models = places.map(function (place) { return contest.models[place]; });
    var seeds = models[0].seeds.filter(function (seed) {
      return models[1].seeds.indexOf(seed) >= 0;
    });
    var found = places[0] === places[1] ? null : figures();
    result.querySelector(".figures").hidden = !found;
    if (!found) {
      write("told", places[0] === places[1] ? "Choose two different models"
        : "These models have no seed in common, and can't be compared");
      return;
    }
    var runs = bySeed(seeds);
    showFigures(runs, found);
    showImages(runs);
  }

  function asked() {
    var text = new URLSearchParams(location.hash.slice(1));
    return {
      table: text.get("table"), dataset: text.get("dataset"), a: text.get("a"), b: text.get("b"),
    };
  }
  function chosen() {
    return {
      table: fields.table.value, dataset: fields.dataset.value,
      a: fields.a.value, b: fields.b.value,
    };
  }
  function update(state) {
    choose(state);
    history.replaceState(null, "", "#" + new URLSearchParams(chosen()).toString());
    show();
  }

  form.addEventListener("change", function () { update(chosen()); });
  form.addEventListener("submit", function (event) { event.preventDefault(); });
  form.querySelector(".swap").addEventListener("click", function () {
    var state = chosen();
    update({ table: state.table, dataset: state.dataset, a: state.b, b: state.a });
  });
  window.addEventListener("hashchange", function () {
    update(asked());
    form.scrollIntoView();
  });

  form.hidden = false;
  result.hidden = false;
  if (location.hash) update(asked());
  else { choose({}); show(); }
})();
