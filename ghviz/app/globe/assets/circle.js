// @ts-check
/**
 * The circle: a ring of territory, points stacked inward where they are dense, spokes to the class centres.
 *
 * @typedef {{x: number, y: number, radius: number, ring: number, rim: number, band: number, spoke: number}} Dial
 * @typedef {import("./theme.js").Theme} Theme
 */

import { ringed, short } from "./labels.js";

const TAU = 2 * Math.PI;
const BINS = 720;
const FEW = 10; // as many classes as this are all named, however little they own
const HEADER = { left: 0, top: 0, right: 190, bottom: 44 }; // where the side's title stands

/**
 * @param {{x: number, y: number, radius: number}} place outer edge of the ring @param {number} zoom
 * @returns {Dial}
 */
export function dial({ x, y, radius }, zoom) {
  const big = radius * zoom;
  const ring = Math.max(7, big * 0.078);
  const rim = big - ring - Math.max(3, big * 0.018);
  const band = rim * 0.3;
  // Zooming in keeps the top of the ring where it is: turning then brings any part of it there.
  return { x, y: y + Math.max(0, big - radius), radius: big, ring, rim, band, spoke: rim - band - 6 };
}

/**
 * How far inward each point lies: dense directions get a thick band that their points fill evenly.
 *
 * @param {Float32Array} angles @param {Float32Array} heights 0 to 1 for each point, evenly spread
 * @param {{rim: number, band: number, diameter: number}} look pixels
 * @param {Float32Array} out depth below the rim
 */
export function stacked(angles, heights, { rim, band, diameter }, out) {
  const density = new Float64Array(BINS);
  for (let i = 0; i < angles.length; i++) {
    const place = ((angles[i] / TAU + 2) % 1) * BINS;
    const left = Math.floor(place);
    density[left % BINS] += 1 - (place - left);
    density[(left + 1) % BINS] += place - left;
  }
  const smooth = blurred(blurred(density, 2), 3);
  const perPixel = BINS / (TAU * rim);
  for (let i = 0; i < BINS; i++) {
    const thickness = Math.max(0, smooth[i] * perPixel * diameter * diameter * 0.8);
    smooth[i] = band * (1 - Math.exp(-thickness / band));
  }
  for (let i = 0; i < angles.length; i++) {
    const place = ((angles[i] / TAU + 2) % 1) * BINS;
    const left = Math.floor(place);
    const t = place - left;
    out[i] = heights[i] * ((1 - t) * smooth[left % BINS] + t * smooth[(left + 1) % BINS]);
  }
}

/** @param {Float64Array} values on a circle @param {number} reach @returns {Float64Array} moving average */
function blurred(values, reach) {
  return values.map((_, i) => {
    let sum = 0;
    for (let k = -reach; k <= reach; k++) sum += values[(i + k + BINS) % BINS];
    return sum / (2 * reach + 1);
  });
}

/** @param {number} count @returns {Float32Array} van der Corput: any run of it is evenly spread over 0 to 1 */
export function heights(count) {
  return Float32Array.from({ length: count }, (_, i) => {
    let value = 0;
    let digit = 0.5;
    for (let rest = i; rest; rest >>= 1, digit /= 2) if (rest & 1) value += digit;
    return value;
  });
}

/**
 * @typedef {object} CircleScene
 * @property {Dial} dial
 * @property {{width: number, height: number}} bounds
 * @property {number} roll radians, counter-clockwise
 * @property {{start: number, end: number, owner: number}[]} arcs
 * @property {Float32Array} centers (L * 2)
 * @property {Float32Array | null} targets
 * @property {{name: string}[]} classes
 * @property {number} tailFrom
 * @property {Float32Array} emphasis
 * @property {{territory: boolean, centers: boolean, targets: boolean, labels: boolean}} show
 */

/** @param {CanvasRenderingContext2D} ctx @param {CircleScene} scene @param {Theme} theme */
export function drawCircle(ctx, scene, theme) {
  const { dial: d, show } = scene;
  ctx.lineWidth = 1;
  ctx.strokeStyle = theme.faint;
  for (const radius of show.centers ? [d.rim, d.spoke] : [d.rim]) {
    ctx.setLineDash(radius === d.spoke ? [2, 4] : []);
    ctx.beginPath();
    ctx.arc(d.x, d.y, radius, 0, TAU);
    ctx.stroke();
  }
  ctx.setLineDash([]);
  if (show.territory) drawRing(ctx, scene, theme);
  if (show.centers) drawSpokes(ctx, scene, theme);
  if (show.targets && scene.targets) drawTargets(ctx, scene, theme);
  if (show.labels) drawLabels(ctx, scene, theme);
}

/** @param {CanvasRenderingContext2D} ctx @param {CircleScene} scene @param {Theme} theme */
function drawRing(ctx, { dial: d, arcs, roll, emphasis, tailFrom }, theme) {
  const middle = d.radius - d.ring / 2;
  for (const { start, end, owner } of arcs) {
    ctx.beginPath();
    ctx.arc(d.x, d.y, middle, -(end + roll), -(start + roll));
    ctx.lineWidth = d.ring;
    ctx.strokeStyle = theme.shown(theme.classes[owner], emphasis[owner]);
    ctx.stroke();
  }
  ctx.strokeStyle = theme.background;
  arcs.forEach(({ start, end }, i) => {
    const before = arcs[(i + arcs.length - 1) % arcs.length];
    const least = d.radius * Math.min(end - start, before.end - before.start); // a gap must not swallow a sliver
    ctx.lineWidth = Math.min(1.5, least / 4);
    if (arcs.length > 1) radial(ctx, d, start + roll, d.radius - d.ring - 1, d.radius + 1);
  });
  ctx.lineWidth = 2.5;
  ctx.strokeStyle = theme.ink;
  for (const { start, end, owner } of arcs) {
    if (owner < tailFrom || !emphasis[owner]) continue;
    ctx.beginPath(); // the tail's share is the marked length of the ring
    ctx.arc(d.x, d.y, d.radius + 4.5, -(end + roll), -(start + roll));
    ctx.stroke();
  }
}

/** @param {CanvasRenderingContext2D} ctx @param {Dial} d @param {number} angle @param {number} from @param {number} to */
function radial(ctx, d, angle, from, to) {
  const c = Math.cos(angle);
  const s = -Math.sin(angle);
  ctx.beginPath();
  ctx.moveTo(d.x + from * c, d.y + from * s);
  ctx.lineTo(d.x + to * c, d.y + to * s);
  ctx.stroke();
}

/** @param {CanvasRenderingContext2D} ctx @param {CircleScene} scene @param {Theme} theme */
function drawSpokes(ctx, { dial: d, centers, roll, emphasis, tailFrom }, theme) {
  const crowd = (TAU * d.spoke) / emphasis.length;
  const wide = Math.max(0.8, Math.min(3.5, d.radius * 0.014, crowd / 5));
  const hub = Math.min(0.3 * d.spoke, (1.6 * wide * emphasis.length) / TAU); // where so many spokes would run together
  ctx.lineCap = "round";
  for (let c = 0; c < emphasis.length; c++) {
    const length = Math.hypot(centers[2 * c], centers[2 * c + 1]);
    if (!emphasis[c] || !(length >= 0)) continue;
    const angle = Math.atan2(centers[2 * c + 1], centers[2 * c]) + roll;
    const color = theme.shown(theme.classes[c], emphasis[c]);
    const tip = length * d.spoke;
    ctx.lineWidth = wide;
    ctx.strokeStyle = color;
    ctx.setLineDash(c < tailFrom ? [] : [wide * 1.6, wide * 2.2]);
    radial(ctx, d, angle, Math.min(hub < 5 ? 0 : hub, tip), tip);
    ctx.setLineDash([]);
    ctx.beginPath();
    ctx.arc(d.x + tip * Math.cos(angle), d.y - tip * Math.sin(angle), wide * 1.7, 0, TAU);
    ctx.fillStyle = c < tailFrom ? color : theme.background;
    ctx.fill();
    ctx.stroke();
  }
  ctx.lineCap = "butt";
  ctx.beginPath();
  ctx.arc(d.x, d.y, 2.6, 0, TAU);
  ctx.fillStyle = theme.ink;
  ctx.fill();
}

/** @param {CanvasRenderingContext2D} ctx @param {CircleScene} scene @param {Theme} theme */
function drawTargets(ctx, { dial: d, targets, roll }, theme) {
  if (!targets) return;
  for (let k = 0; k < targets.length; k += 2) {
    const angle = Math.atan2(targets[k + 1], targets[k]) + roll;
    const out = d.radius + 13;
    diamond(ctx, d.x + out * Math.cos(angle), d.y - out * Math.sin(angle), 4.2, theme);
  }
}

/** @param {CanvasRenderingContext2D} ctx @param {number} x @param {number} y @param {number} size @param {Theme} theme */
export function diamond(ctx, x, y, size, theme) {
  ctx.beginPath();
  ctx.moveTo(x, y - size);
  ctx.lineTo(x + size, y);
  ctx.lineTo(x, y + size);
  ctx.lineTo(x - size, y);
  ctx.closePath();
  ctx.fillStyle = theme.background;
  ctx.fill();
  ctx.lineWidth = 1.5;
  ctx.strokeStyle = theme.ink;
  ctx.stroke();
}

/** @param {CanvasRenderingContext2D} ctx @param {CircleScene} scene @param {Theme} theme */
function drawLabels(ctx, { dial: d, bounds, arcs, roll, classes, emphasis, show, targets, tailFrom }, theme) {
  const out = d.radius + (show.targets && targets ? 24 : 14);
  const font = (/** @type {number} */ owner) => `${owner < tailFrom ? 500 : 650} 12px ${theme.font}`;
  const room = bounds.width - 4 - (d.x + out); // at the very side of the ring
  const wishes = longest(arcs)
    .filter(({ owner, length }) => emphasis[owner] && (classes.length <= FEW || length * d.radius >= 13))
    .map(({ owner, middle }) => {
      ctx.font = font(owner);
      const text = fitted(ctx, short(classes[owner].name), room);
      return { owner, text, angle: middle + roll, width: ctx.measureText(text).width };
    })
    .filter(({ angle }) => inside(bounds, d.x + out * Math.cos(angle), d.y - out * Math.sin(angle)));
  ctx.textBaseline = "middle";
  ctx.textAlign = "left";
  const whole = { left: 0, top: 0, right: bounds.width, bottom: bounds.height };
  for (const { wish, angle, box } of ringed(wishes, { x: d.x, y: d.y, out }, whole, HEADER)) {
    const moved = Math.abs(Math.sin(angle - wish.angle)) * out > 5;
    if (moved) leader(ctx, d, wish.angle, angle, theme.shown(theme.classes[wish.owner], emphasis[wish.owner]));
    ctx.font = font(wish.owner);
    ctx.fillStyle = theme.shown(theme.ink, emphasis[wish.owner]);
    ctx.fillText(wish.text, box.left, (box.top + box.bottom) / 2);
  }
}

/** @param {CircleScene["arcs"]} arcs @returns {{owner: number, middle: number, length: number}[]} of each class, longest first */
function longest(arcs) {
  /** @type {Map<number, {owner: number, middle: number, length: number}>} */
  const found = new Map();
  for (const { start, end, owner } of arcs) {
    const length = end - start;
    if (length > (found.get(owner)?.length ?? 0)) found.set(owner, { owner, middle: (start + end) / 2, length });
  }
  return [...found.values()].sort((a, b) => b.length - a.length);
}

/** @param {{width: number, height: number}} bounds @param {number} x @param {number} y */
function inside(bounds, x, y) {
  return x >= 0 && x <= bounds.width && y >= 0 && y <= bounds.height;
}

/** @param {CanvasRenderingContext2D} ctx @param {string} text @param {number} room pixels @returns {string} */
function fitted(ctx, text, room) {
  let length = text.length;
  while (length > 2 && ctx.measureText(short(text, length)).width > room) length--;
  return short(text, length);
}

/**
 * From an arc to its label, where that had to move.
 * @param {CanvasRenderingContext2D} ctx @param {Dial} d @param {number} from @param {number} to angles @param {string} color
 */
function leader(ctx, d, from, to, color) {
  ctx.strokeStyle = color;
  ctx.lineWidth = 1.2;
  ctx.beginPath();
  ctx.moveTo(d.x + (d.radius + 1) * Math.cos(from), d.y - (d.radius + 1) * Math.sin(from));
  ctx.lineTo(d.x + (d.radius + 10) * Math.cos(to), d.y - (d.radius + 10) * Math.sin(to));
  ctx.stroke();
}
