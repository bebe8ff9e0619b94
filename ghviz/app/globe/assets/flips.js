// @ts-check
/**
 * What is written at the flips of GH's switch, and at which of them there is room for it.
 *
 * @typedef {{step: number, weight: number, side: number, text: string, left: boolean}} Flip
 */

const LETTER = 6.2; // pixels of a letter at 10.5 px
const GAP = 5; // pixels between the line and its text
const END = 0.8; // part of the slider from which on texts stand to the left of their line

/**
 * @param {{switches: [number, number][]}[]} sides @param {number} from @param {number} to
 * @returns {Flip[]} those between the two steps, side by side
 */
export function flipsOf(sides, from, to) {
  return sides.flatMap(({ switches }, side) =>
    switches
      .map(([step, weight], i) => ({
        step,
        weight,
        side,
        text: said(weight, i > 0 ? switches[i - 1][1] : null),
        left: step > from + END * (to - from),
      }))
      .filter(({ step }) => step >= from && step <= to),
  );
}

/** @param {number} weight @param {number | null} before @returns {string} what a flip to this weight does */
function said(weight, before) {
  if (!(weight > 0)) return "GH off";
  return weight === 1 && !before ? "GH on" : `GH × ${+weight.toPrecision(2)}`;
}

/**
 * @param {Flip[]} flips @param {number} from @param {number} to @param {number} width of the slider in pixels
 * @returns {Flip[]} those whose texts fit beside each other; the newest are kept
 */
export function roomy(flips, from, to, width) {
  /** @type {[number, number][]} */
  const taken = [];
  return [...flips]
    .sort((a, b) => b.step - a.step)
    .filter(({ step, text, left }) => {
      const at = to > from ? (width * (step - from)) / (to - from) : 0;
      const long = GAP + LETTER * text.length;
      const [low, high] = left ? [at - long, at] : [at, at + long];
      if (width > 0 && taken.some(([a, b]) => low < b && a < high)) return false;
      taken.push([low, high]);
      return true;
    });
}
