"use strict";
// Filters the matrix by outcome and by words; without script, everything is shown.
(function () {
  const controls = document.getElementById("controls");
  if (!controls) return;
  controls.hidden = false;
  const rows = Array.from(document.querySelectorAll("#matrix tbody tr"));
  const words = document.getElementById("words");
  const shown = document.getElementById("shown");
  const boxes = Array.from(controls.querySelectorAll("input[type=checkbox]"));
  function apply() {
    const wanted = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
    const text = words.value.trim().toLowerCase();
    let count = 0;
    for (const row of rows) {
      const show = wanted.has(row.dataset.worst) && row.textContent.toLowerCase().includes(text);
      row.hidden = !show;
      count += show ? 1 : 0;
    }
    shown.textContent = count + " of " + rows.length + " clauses";
  }
  boxes.forEach((box) => box.addEventListener("change", apply));
  words.addEventListener("input", apply);
  apply();
})();
