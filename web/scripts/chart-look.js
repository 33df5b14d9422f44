// What the drawings have in common to the eye. Colours are read from the page
// each time, so that a change of theme is one redraw.
import { count, percent } from "./numbers.js";

export function colors() {
  const css = getComputedStyle(document.documentElement);
  return (name) => css.getPropertyValue(name).trim();
}

export function font() {
  return getComputedStyle(document.body).fontFamily;
}

export function isStill() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

export function tooltipLook(color) {
  return {
    backgroundColor: color("--color-base-100"),
    borderColor: color("--color-base-300"),
    borderWidth: 1,
    padding: [10, 12],
    textStyle: { color: color("--color-base-content"), fontFamily: font() },
    transitionDuration: 0,
    confine: true,
  };
}

const swatches = {
  passing: "bg-fill-passing",
  forwarded: "bg-fill-forwarded",
  fix: "bg-fill-fix",
  unknown: "bg-fill-unknown",
};

// Nodes rather than HTML text, which would carry style attributes.
export function tip(heading) {
  const box = element("div", "min-w-52 text-[13px] leading-5");
  box.append(element("div", "mb-1 max-w-64 font-semibold whitespace-normal wrap-anywhere", heading));
  return box;
}

// A line with its number, and its share of all where that says something; key
// is the class whose colour stands before it.
export function tipLine(word, n, all, key) {
  const row = element("div", "flex items-center gap-2 tabular-nums");
  if (key) row.append(element("span", `size-2.5 rounded-xs ${swatches[key]}`));
  row.append(element("span", "grow", word), element("span", "pl-4", count(n)));
  row.append(element("span", "w-16 text-right text-muted", all ? percent(n, all) : "–"));
  return row;
}

export function tipSum(word, n) {
  const row = element("div", "mt-1 flex gap-2 border-t border-base-300 pt-1 tabular-nums");
  row.append(element("span", "grow", word), element("span", "font-semibold", count(n)), element("span", "w-16"));
  return row;
}

export function tipNote(text) {
  return element("div", "mt-1 max-w-56 whitespace-normal text-muted", text);
}

function element(name, className, text) {
  const node = document.createElement(name);
  node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}
