// A crosshair: the nearest stop of the chart under the pointer, in words. The charts are complete without it.
const tip = document.getElementById("tip");
for (const svg of document.querySelectorAll("svg[data-stops]")) {
  const stops = JSON.parse(svg.dataset.stops), [, , top, low] = svg.dataset.plot.split(" ").map(Number);
  const cross = svg.appendChild(document.createElementNS(svg.namespaceURI, "path"));
  cross.setAttribute("class", "cross");
  const hide = () => { tip.hidden = true; cross.removeAttribute("d"); };
  svg.addEventListener("pointerleave", hide);
  svg.addEventListener("pointermove", (event) => {
    if (!stops.length) return;
    const box = svg.getBoundingClientRect(), x = (event.clientX - box.left) / box.width * svg.viewBox.baseVal.width;
    const near = stops.reduce((a, b) => Math.abs(b[0] - x) < Math.abs(a[0] - x) ? b : a);
    cross.setAttribute("d", `M${near[0]} ${top}V${low}`);
    tip.textContent = near[1];
    tip.hidden = false;
    tip.style.left = Math.max(4, Math.min(event.clientX + 14, innerWidth - tip.offsetWidth - 8)) + "px";
    tip.style.top = Math.max(4, event.clientY - tip.offsetHeight - 14) + "px";
  });
}
