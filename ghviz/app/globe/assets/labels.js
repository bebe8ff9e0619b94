// @ts-check
/**
 * Labels that don't run into each other.
 *
 * @typedef {{text: string, x: number, y: number, width: number, height: number, gap: number, data?: any}} Wish
 * @typedef {{left: number, top: number, right: number, bottom: number}} Box
 */

/** @param {Box} a @param {Box} b */
export function overlap(a, b) {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

/**
 * Place each label right, left, above or below its anchor, the first wishes first; what finds no room is left out.
 *
 * @param {Wish[]} wishes @param {Box} bounds @param {Box[]} [taken]
 * @returns {{wish: Wish, box: Box}[]}
 */
export function placed(wishes, bounds, taken = []) {
  const busy = [...taken];
  const done = [];
  for (const wish of wishes) {
    const box = candidates(wish).find(
      (each) =>
        each.left >= bounds.left && each.right <= bounds.right && each.top >= bounds.top &&
        each.bottom <= bounds.bottom && !busy.some((other) => overlap(each, other)),
    );
    if (!box) continue;
    busy.push(box);
    done.push({ wish, box });
  }
  return done;
}

/** @param {Wish} wish @returns {Box[]} */
function candidates({ x, y, width, height, gap }) {
  const box = (/** @type {number} */ left, /** @type {number} */ top) => ({ left, top, right: left + width, bottom: top + height });
  return [
    box(x + gap, y - height / 2),
    box(x - gap - width, y - height / 2),
    box(x - width / 2, y - gap - height),
    box(x - width / 2, y + gap),
    box(x + gap * 0.7, y + gap * 0.7),
    box(x - gap * 0.7 - width, y + gap * 0.7),
  ];
}

/** @param {string} name @param {number} length @returns {string} */
export function short(name, length = 14) {
  return name.length <= length ? name : name.slice(0, length - 1).trimEnd() + "…";
}
