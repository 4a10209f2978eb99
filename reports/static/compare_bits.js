// Which images are right, a bit an image, the first image in the highest bit of the first byte.
window.rightBits = (function () {
  "use strict";

  var ones = new Uint8Array(256);
  for (var byte = 1; byte < 256; byte++) ones[byte] = ones[byte >> 1] + (byte & 1);

  function decode(text) {
    var packed = atob(text);
    var bits = new Uint8Array(packed.length);
    for (var i = 0; i < packed.length; i++) bits[i] = packed.charCodeAt(i);
    return bits;
  }

  // How many of the images both, only the first, only the second and neither got right.
  function count(first, second, images) {
    var both = 0, onlyFirst = 0, onlySecond = 0;
    for (var i = 0; i < first.length; i++) {
      both += ones[first[i] & second[i]];
      onlyFirst += ones[first[i] & ~second[i]];
      onlySecond += ones[~first[i] & second[i]];
    }
    return {
      both: both,
      onlyFirst: onlyFirst,
      onlySecond: onlySecond,
      neither: images - both - onlyFirst - onlySecond,
    };
  }

  // Places of the images that are right with all seeds of one model and wrong with all of another.
  function alone(right, wrong, images) {
    var places = [];
    for (var i = 0; i * 8 < images; i++) {
      var found = 255;
      right.forEach(function (bits) { found &= bits[i]; });
      wrong.forEach(function (bits) { found &= ~bits[i]; });
      for (var bit = 0; found && bit < 8; bit++) {
        if (found & (128 >> bit)) places.push(i * 8 + bit);
      }
    }
    return places;
  }

  return { decode: decode, count: count, alone: alone };
})();
