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

  // The pair's figures, A less B whichever of the two is better.
  function figures() {
    var low = Math.min(places[0], places[1]), high = Math.max(places[0], places[1]);
    var before = low * contest.models.length - low * (low + 1) / 2;
    var pair = contest.pairs[before + high - low - 1];
    var turned = places[0] > places[1];
    return {
      difference: turned ? -pair[0] : pair[0],
      interval: turned ? [-pair[2], -pair[1]] : [pair[1], pair[2]],
      better: turned ? "B" : "A",
      p: pair[3],
      verdict: pair[4],
      note: pair[5],
      mcnemar: pair[6],
    };
  }

  function bitsOf(model, seed) {
    return rightBits.decode(model.right[model.seeds.indexOf(seed)]);
  }

  function name(cell, model) {
    cell.textContent = "";
    var shown = element(model.page ? "a" : "bdi", model.label);
    if (model.page) shown.href = model.page;
    cell.appendChild(shown);
  }

  function showFigures(found) {
    var models = places.map(function (place) { return contest.models[place]; });
    var words = data.words;
    var told = words.verdicts[found.verdict].replace("{better}", found.better)
      .replace("{pairs}", contest.pairCount);
    write("told", (data.titles[contest.dataset] || contest.dataset) + ": " + told);
    models.forEach(function (model, which) {
      name(slot("name-" + which), model);
      write("rank-" + which, model.rank);
      write("accuracy-" + which, model.accuracy);
      write("runs-" + which, model.seeds.length);
    });
    write("difference", signed(found.difference));
    write("interval", signed(found.interval[0]) + " to " + signed(found.interval[1]));
    write("p", pValue(found.p));
    write("note", words.notes[found.note]);
    slot("note").hidden = !words.notes[found.note];
    var few = models.filter(function (model) { return model.seeds.length === 1; });
    var known = few.filter(function (model) { return model.seedsKnown; });
    write("method", words.method + (known.length ? " " + words.fewSeeds : "") +
      (known.length < few.length ? " " + words.noSeeds : ""));
  }

  function showSeeds(found) {
    var seeds = contest.models[places[0]].seeds.filter(function (seed) {
      return contest.models[places[1]].seeds.indexOf(seed) >= 0;
    });
    slot("by-seed").hidden = !seeds.length;
    slot("no-seed").hidden = seeds.length > 0;
    var body = slot("seeds");
    body.textContent = "";
    seeds.forEach(function (seed, place) {
      var bits = places.map(function (of) { return bitsOf(contest.models[of], seed); });
      var counts = rightBits.count(bits[0], bits[1], contest.images);
      var row = element("tr");
      var head = element("th", String(seed));
      head.scope = "row";
      row.appendChild(head);
      ["both", "onlyFirst", "onlySecond", "neither"].forEach(function (kind) {
        row.appendChild(element("td", whole(counts[kind])));
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

  // With every seed of each, whether or not the other model has it.
  function showImages() {
    var dataset = data.datasets[contest.dataset];
    var bits = places.map(function (place) {
      return contest.models[place].right.map(rightBits.decode);
    });
    [0, 1].forEach(function (which) {
      var images = rightBits.alone(bits[which], bits[1 - which], contest.images);
      var letters = which ? ["B", "A"] : ["A", "B"];
      var seeds = bits[0].length + bits[1].length > 2 ? " with every seed" : "";
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
    var same = places[0] === places[1];
    result.querySelector(".figures").hidden = same;
    if (same) {
      write("told", "Choose two different models");
      return;
    }
    var found = figures();
    showFigures(found);
    showSeeds(found);
    showImages();
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
