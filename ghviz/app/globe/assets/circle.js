// @ts-check
/**
 * The circle: a ring of territory, points stacked inward where they are dense, spokes to the class centres.
 *
 * @typedef {{x: number, y: number, radius: number, ring: number, rim: number, band: number, spoke: number}} Dial
 * @typedef {import("./theme.js").Theme} Theme
 */

import { overlap, short } from "./labels.js";

const TAU = 2 * Math.PI;
const BINS = 720;

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
function drawLabels(ctx, { dial: d, arcs, roll, classes, emphasis, show, targets, tailFrom }, theme) {
  const out = d.radius + (show.targets && targets ? 22 : 12);
  /** @type {Map<number, {middle: number, width: number}>} */
  const widest = new Map(); // one label a class, at its longest arc
  for (const { start, end, owner } of arcs) {
    const width = end - start;
    if (width > (widest.get(owner)?.width ?? 0)) widest.set(owner, { middle: (start + end) / 2 + roll, width });
  }
  ctx.textBaseline = "middle";
  ctx.textAlign = "left";
  /** @type {import("./labels.js").Box[]} */
  const busy = [{ left: 0, top: 0, right: 168, bottom: 42 }]; // the header's corner
  for (const [owner, { middle, width }] of [...widest].sort((a, b) => b[1].width - a[1].width)) {
    if (!emphasis[owner] || width * d.radius < 13) continue;
    ctx.font = `${owner < tailFrom ? 500 : 650} 12px ${theme.font}`;
    const text = short(classes[owner].name);
    const long = ctx.measureText(text).width;
    const c = Math.cos(middle);
    const s = Math.sin(middle);
    const left = d.x + out * c - long * Math.min(1, Math.max(0, 0.5 - c * 1.6));
    const top = d.y - (out + 4 * Math.abs(s)) * s - 7;
    const box = { left, top, right: left + long, bottom: top + 14 };
    if (busy.some((other) => overlap(box, other))) continue;
    busy.push(box);
    ctx.fillStyle = theme.shown(theme.ink, emphasis[owner]);
    ctx.fillText(text, left, top + 7);
  }
}
