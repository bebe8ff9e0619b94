// @ts-check
/**
 * Which classes are shown and which stand out: pure functions of a small state.
 *
 * @typedef {{hidden: ReadonlySet<number>, hovered: number}} Legend hovered: -1 for none
 */

export const FULL = 1;
export const FADED = 0.5;
export const HIDDEN = 0;

/** @type {Legend} */
export const EVERYTHING = { hidden: new Set(), hovered: -1 };

/** @param {Legend} legend @param {number} index @returns {Legend} the last visible class can't be hidden */
export function toggled(legend, index, numClasses = Infinity) {
  const hidden = new Set(legend.hidden);
  if (!hidden.delete(index)) hidden.add(index);
  return { ...legend, hidden: hidden.size >= numClasses ? new Set() : hidden };
}

/**
 * Show only these classes, or everything if they are already alone.
 * @param {Legend} legend @param {number[]} indices @param {number} numClasses @returns {Legend}
 */
export function soloed(legend, indices, numClasses) {
  if (isSolo(legend, indices, numClasses)) return { ...legend, hidden: new Set() };
  const hidden = new Set(Array.from({ length: numClasses }, (_, i) => i));
  for (const index of indices) hidden.delete(index);
  return { ...legend, hidden };
}

/** @param {Legend} legend @param {number[]} indices @param {number} numClasses */
export function isSolo(legend, indices, numClasses) {
  return legend.hidden.size === numClasses - indices.length && indices.every((index) => !legend.hidden.has(index));
}

/** @param {Legend} legend @param {number} index @returns {Legend} */
export function hovered(legend, index) {
  return legend.hovered === index ? legend : { ...legend, hovered: index };
}

/**
 * How strongly each class is drawn: FULL, FADED (another one is hovered) or HIDDEN.
 * @param {Legend} legend @param {number} numClasses @returns {Float32Array}
 */
export function emphasis(legend, numClasses) {
  const spotlight = legend.hovered >= 0 && !legend.hidden.has(legend.hovered) ? legend.hovered : -1;
  return Float32Array.from({ length: numClasses }, (_, i) =>
    legend.hidden.has(i) ? HIDDEN : spotlight < 0 || spotlight === i ? FULL : FADED,
  );
}

/** @param {Legend} legend @param {number} numClasses @returns {Legend} the same wishes for other data */
export function kept(legend, numClasses) {
  return { hidden: new Set([...legend.hidden].filter((i) => i < numClasses)), hovered: -1 };
}
