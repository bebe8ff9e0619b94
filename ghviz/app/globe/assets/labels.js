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

/** @param {Box} box @param {Box} bounds */
function within(box, bounds) {
  return box.left >= bounds.left && box.right <= bounds.right && box.top >= bounds.top && box.bottom <= bounds.bottom;
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
      (each) => within(each, bounds) && !busy.some((other) => overlap(each, other)),
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

const TAU = 2 * Math.PI;
const LINE = 14; // CSS pixels
const APART = 6;

/**
 * The box of a label outside a ring: beside it at the sides, centred over and under it, gliding in between.
 *
 * @param {{x: number, y: number, out: number}} ring @param {number} angle @param {number} width of the text @returns {Box}
 */
function beside({ x, y, out }, angle, width) {
  const c = Math.cos(angle);
  const s = Math.sin(angle);
  const left = x + out * c - width * Math.min(1, Math.max(0, 0.5 - c * 1.6));
  const top = y - (out + 4 * Math.abs(s)) * s - LINE / 2;
  return { left, top, right: left + width, bottom: top + LINE };
}

/**
 * Place labels around a ring, each at its angle; those that would run into each other move apart along the ring,
 * never past each other: pushed forward from the first, pushed back from the last, and half-way between the two.
 *
 * @template {{angle: number, width: number}} T
 * @param {T[]} wishes the ones that matter most first @param {{x: number, y: number, out: number}} ring
 * @param {Box} bounds what doesn't fit into them is left out @param {Box} corner kept free, in the upper left
 * @returns {{wish: T, angle: number, box: Box}[]}
 */
export function ringed(wishes, ring, bounds, corner) {
  const chain = unrolled(wishes);
  const at = (/** @type {number} */ i, /** @type {number} */ angle) => beside(ring, angle, chain[i].wish.width);
  /** @type {(i: number, angle: number, step: number, other?: Box) => number} the first free angle from here on */
  const free = (i, angle, step, other) => {
    const wide = (/** @type {Box} */ box) => ({ ...box, left: box.left - APART, right: box.right + APART });
    const taken = (/** @type {Box} */ box) => overlap(box, corner) || (other && overlap(wide(box), other));
    for (let tries = 0; tries < TAU * ring.out && taken(at(i, angle)); tries++) angle += step / ring.out;
    return angle;
  };
  const forward = chain.map(({ angle }) => angle);
  const back = [...forward];
  const n = chain.length;
  /** @param {number[]} angles @param {number} i */
  const push = (angles, i) => {
    const before = i ? angles[i - 1] : -Infinity;
    angles[i] = free(i, Math.max(angles[i], before), 1, i ? at(i - 1, before) : undefined);
  };
  for (let i = 0; i < n; i++) push(forward, i);
  for (let i = n - 1; i >= 0; i--) {
    const after = i < n - 1 ? back[i + 1] : Infinity;
    back[i] = free(i, Math.min(back[i], after), -1, i < n - 1 ? at(i + 1, after) : undefined);
  }
  const angles = forward.map((angle, i) => (angle + back[i]) / 2);
  for (let i = 0; i < n; i++) push(angles, i); // half-way may still be a pixel too near, or in the corner
  /** @type {{wish: T, angle: number, box: Box}[]} */
  const done = [];
  for (const wish of wishes) {
    const i = chain.findIndex((each) => each.wish === wish);
    const box = at(i, angles[i]);
    if (within(box, bounds) && ![corner, ...done.map((other) => other.box)].some((other) => overlap(box, other))) {
      done.push({ wish, angle: angles[i], box });
    }
  }
  return done;
}

/**
 * In the order of their angles, beginning behind the widest gap.
 * @template {{angle: number}} T @param {T[]} wishes @returns {{wish: T, angle: number}[]} angles rise
 */
function unrolled(wishes) {
  const sorted = wishes
    .map((wish) => ({ wish, angle: wish.angle - TAU * Math.floor(wish.angle / TAU) }))
    .sort((a, b) => a.angle - b.angle);
  const gaps = sorted.map(({ angle }, i) => angle - (i ? sorted[i - 1].angle : sorted[sorted.length - 1].angle - TAU));
  const first = gaps.indexOf(Math.max(...gaps));
  return [...sorted.slice(first), ...sorted.slice(0, Math.max(0, first)).map(({ wish, angle }) => ({ wish, angle: angle + TAU }))];
}

/** @param {string} name @param {number} length @returns {string} */
export function short(name, length = 14) {
  return name.length <= length ? name : name.slice(0, length - 1).trimEnd() + "…";
}
