// @ts-check
/**
 * The raster: a shaded, painted ball and antialiased discs, written pixel by pixel into an image. No WebGL, so
 * that it is as quick without a graphics card and the same to the last pixel everywhere. Colours are 0xBBGGRR.
 */

import { texel } from "./territory.js";

const OPAQUE = 0xff000000;

/** @typedef {{width: number, height: number, bytes: Uint8ClampedArray, pixels: Uint32Array}} Frame */

/** @param {number} width @param {number} height @returns {Frame} */
export function createFrame(width, height) {
  const bytes = new Uint8ClampedArray(width * height * 4);
  return { width, height, bytes, pixels: new Uint32Array(bytes.buffer) };
}

/** @param {Frame} frame @param {number} color */
export function clear(frame, color) {
  frame.pixels.fill((OPAQUE | color) >>> 0);
}

/**
 * Everything about a ball's pixels that neither camera nor time changes.
 *
 * @typedef {object} Ball
 * @property {number} width
 * @property {number} height
 * @property {number} x centre, pixels
 * @property {number} y
 * @property {number} radius
 * @property {Int32Array} from first pixel of each row
 * @property {Int32Array} to one past the last
 * @property {Float32Array} depth z of each pixel, 0 to 1
 * @property {Uint8Array} shade brightness, of 255
 * @property {Uint8Array} shine added light
 * @property {Uint8Array} cover how much of the pixel the ball covers, of 255
 */

/** Towards the light: upper left, before the ball. */
const LIGHT = [-0.42, 0.58, 0.698];
const HALF = normalize([LIGHT[0], LIGHT[1], LIGHT[2] + 1]);

/** @param {number[]} v */
function normalize(v) {
  const norm = Math.hypot(...v);
  return v.map((part) => part / norm);
}

/**
 * @param {{width: number, height: number}} size @param {{x: number, y: number, radius: number}} place
 * @param {{darkest: number, shine: number}} look @returns {Ball}
 */
export function createBall({ width, height }, { x, y, radius }, look) {
  const n = width * height;
  /** @type {Ball} */
  const ball = {
    width, height, x, y, radius,
    from: new Int32Array(height), to: new Int32Array(height),
    depth: new Float32Array(n), shade: new Uint8Array(n), shine: new Uint8Array(n), cover: new Uint8Array(n),
  };
  const reach = radius + 0.5;
  for (let row = 0; row < height; row++) {
    const dy = row + 0.5 - y;
    const half = Math.sqrt(Math.max(0, reach * reach - dy * dy));
    ball.from[row] = Math.max(0, Math.floor(x - half));
    ball.to[row] = half > 0 ? Math.min(width, Math.ceil(x + half)) : ball.from[row];
    for (let column = ball.from[row]; column < ball.to[row]; column++) {
      lightPixel(ball, row * width + column, (column + 0.5 - x) / radius, -dy / radius, look);
    }
  }
  return ball;
}

/**
 * @param {Ball} ball @param {number} at @param {number} vx @param {number} vy
 * @param {{darkest: number, shine: number}} look
 */
function lightPixel(ball, at, vx, vy, { darkest, shine }) {
  const square = vx * vx + vy * vy;
  const z = Math.sqrt(Math.max(0, 1 - square));
  const facing = Math.max(0, 0.35 + 0.65 * (LIGHT[0] * vx + LIGHT[1] * vy + LIGHT[2] * z)); // wrapped Lambert
  const rim = (1 - z) ** 3;
  const glint = Math.max(0, HALF[0] * vx + HALF[1] * vy + HALF[2] * z) ** 20;
  ball.depth[at] = z;
  ball.shade[at] = 255 * Math.min(1, (darkest + (1 - darkest) * facing) * (1 - 0.14 * rim));
  ball.shine[at] = 255 * shine * glint;
  ball.cover[at] = 255 * Math.min(1, Math.max(0, ball.radius + 0.5 - Math.sqrt(square) * ball.radius));
}

/**
 * @typedef {object} Surface what is painted on a ball
 * @property {number} plain colour where there is no texture
 * @property {Uint32Array | null} before octahedral texture of the snapshot before
 * @property {Uint32Array | null} after and of the one after; may be the same
 * @property {number} t 0 to 1 between them
 * @property {number} side texels along the textures' edges
 * @property {number} opacity 0 to 1
 * @property {boolean} fine between texels too: slower, for pictures at rest
 */

/**
 * Paint the near half of a ball.
 * @param {Frame} frame @param {Ball} ball @param {Float64Array} m view rotation, row by row @param {Surface} surface
 */
export function paintBall(frame, ball, m, surface) {
  const { pixels, width } = frame;
  const { depth, shade, shine, cover, radius } = ball;
  const { before, after, side, plain, fine } = surface;
  const t = Math.round(surface.t * 256);
  const alpha = Math.round(surface.opacity * 256);
  for (let row = 0; row < frame.height; row++) {
    const vy = (ball.y - row - 0.5) / radius;
    const bx = m[3] * vy;
    const by = m[4] * vy;
    const bz = m[5] * vy;
    const end = row * width + ball.to[row];
    let vx = (ball.from[row] + 0.5 - ball.x) / radius;
    for (let at = row * width + ball.from[row]; at < end; at++, vx += 1 / radius) {
      let color = plain;
      if (before !== null && after !== null) {
        const z = depth[at];
        const px = m[0] * vx + bx + m[6] * z, py = m[1] * vx + by + m[7] * z, pz = m[2] * vx + bz + m[8] * z;
        if (fine) color = fineColor(before, after, t, px, py, pz, side);
        else {
          const here = texel(px, py, pz, side);
          color = before[here];
          if (after[here] !== color) color = mix(color, after[here], t);
        }
      }
      const s = shade[at];
      const light = shine[at];
      let r = (((color & 0xff) * s) >> 8) + light;
      let g = ((((color >> 8) & 0xff) * s) >> 8) + light;
      let b = ((((color >> 16) & 0xff) * s) >> 8) + light;
      if (r > 255) r = 255;
      if (g > 255) g = 255;
      if (b > 255) b = 255;
      const a = cover[at] === 255 ? alpha : (cover[at] * alpha) >> 8;
      const lit = r | (g << 8) | (b << 16);
      pixels[at] = (OPAQUE | (a >= 256 ? lit : mix(pixels[at] & 0xffffff, lit, a))) >>> 0;
    }
  }
}

/**
 * Colour between the four texels around a direction. At the edges of the square it stays with the edge's texels.
 * @param {Uint32Array} before @param {Uint32Array} after @param {number} t
 * @param {number} x @param {number} y @param {number} z @param {number} side
 */
function fineColor(before, after, t, x, y, z, side) {
  const scale = 1 / (Math.abs(x) + Math.abs(y) + Math.abs(z));
  let u = x * scale;
  let v = y * scale;
  if (z < 0) {
    const a = Math.abs(u);
    u = (1 - Math.abs(v)) * (u < 0 ? -1 : 1);
    v = (1 - a) * (v < 0 ? -1 : 1);
  }
  const column = Math.min(side - 1.001, Math.max(0, (u + 1) * 0.5 * side - 0.5));
  const row = Math.min(side - 1.001, Math.max(0, (v + 1) * 0.5 * side - 0.5));
  const at = (row | 0) * side + (column | 0);
  const color = four(before, at, side, column % 1, row % 1);
  return before === after ? color : mix(color, four(after, at, side, column % 1, row % 1), t);
}

/** @param {Uint32Array} texture @param {number} at @param {number} side @param {number} dx @param {number} dy */
function four(texture, at, side, dx, dy) {
  const a = texture[at], b = texture[at + 1], c = texture[at + side], d = texture[at + side + 1];
  if (a === b && a === c && a === d) return a;
  const right = Math.round(dx * 256);
  return mix(mix(a, b, right), mix(c, d, right), Math.round(dy * 256));
}

/** @param {number} a @param {number} b @param {number} amount 0 (a) to 256 (b); both channels of a word at once */
function mix(a, b, amount) {
  const rb = (((a & 0xff00ff) * (256 - amount) + (b & 0xff00ff) * amount) / 256) & 0xff00ff;
  const g = (((a & 0x00ff00) * (256 - amount) + (b & 0x00ff00) * amount) / 256) & 0x00ff00;
  return rb | g;
}

// --- discs ---

const SUB = 4; // positions within a pixel, each way

/**
 * A disc with an outline at SUB x SUB places within a pixel.
 * @typedef {{reach: number, dx: Int8Array[], dy: Int8Array[], fill: Uint16Array[], line: Uint16Array[]}} Stamp
 */

/** @param {number} radius of the filled disc, pixels @param {number} outline width, pixels @returns {Stamp} */
export function createStamp(radius, outline) {
  /** @type {Stamp} */
  const stamp = { reach: Math.ceil(radius + outline + 1), dx: [], dy: [], fill: [], line: [] };
  for (let sub = 0; sub < SUB * SUB; sub++) {
    const cx = ((sub % SUB) + 0.5) / SUB;
    const cy = (Math.floor(sub / SUB) + 0.5) / SUB;
    const dx = [], dy = [], fill = [], line = [];
    for (let y = -stamp.reach; y <= stamp.reach; y++) {
      for (let x = -stamp.reach; x <= stamp.reach; x++) {
        const distance = Math.hypot(x + 0.5 - cx, y + 0.5 - cy);
        const inner = Math.min(1, Math.max(0, radius + 0.5 - distance));
        const outer = Math.min(1, Math.max(0, radius + outline + 0.5 - distance));
        if (outer < 1 / 64) continue;
        dx.push(x);
        dy.push(y);
        fill.push(Math.round(256 * inner));
        line.push(Math.round(256 * outer) - Math.round(256 * inner));
      }
    }
    stamp.dx.push(Int8Array.from(dx));
    stamp.dy.push(Int8Array.from(dy));
    stamp.fill.push(Uint16Array.from(fill));
    stamp.line.push(Uint16Array.from(line));
  }
  return stamp;
}

/**
 * @typedef {object} Discs
 * @property {ArrayLike<number>} order which points, first to last
 * @property {number} begin
 * @property {number} end
 * @property {Float32Array} xs pixels
 * @property {Float32Array} ys
 * @property {ArrayLike<number>} labels
 * @property {Float32Array} emphasis of each class; 0: not drawn
 * @property {number} only draw only classes of this emphasis; -1: all
 * @property {Uint32Array} fill colour of each class, or of each tint
 * @property {ArrayLike<number>} [tints] which colour each point has; without them it has its class's
 * @property {Uint32Array} line
 * @property {Stamp[]} stamps of each class
 */

/** @param {Frame} frame @param {Discs} discs @returns {number} how many were drawn */
export function stampDiscs(frame, discs) {
  const { order, xs, ys, labels, emphasis, only, fill, line, stamps } = discs;
  const tints = discs.tints ?? labels;
  const { width, height, pixels } = frame;
  let drawn = 0;
  for (let k = discs.begin; k < discs.end; k++) {
    const i = order[k];
    const label = labels[i];
    if (!emphasis[label] || (only >= 0 && emphasis[label] !== only)) continue;
    const stamp = stamps[label];
    const x = Math.floor(xs[i]);
    const y = Math.floor(ys[i]);
    const reach = stamp.reach;
    if (x < -reach || y < -reach || x >= width + reach || y >= height + reach) continue;
    const sub = (((ys[i] - y) * SUB) | 0) * SUB + (((xs[i] - x) * SUB) | 0);
    const inside = x >= reach && y >= reach && x < width - reach && y < height - reach;
    stampOne(pixels, width, height, x, y, stamp, sub, fill[tints[i]], line[label], inside);
    drawn++;
  }
  return drawn;
}

/**
 * @param {Uint32Array} pixels @param {number} width @param {number} height @param {number} x @param {number} y
 * @param {Stamp} stamp @param {number} sub @param {number} fill @param {number} line @param {boolean} inside
 */
function stampOne(pixels, width, height, x, y, stamp, sub, fill, line, inside) {
  const dx = stamp.dx[sub], dy = stamp.dy[sub], amounts = stamp.fill[sub], edges = stamp.line[sub];
  const fr = fill & 0xff, fg = (fill >> 8) & 0xff, fb = (fill >> 16) & 0xff;
  const lr = line & 0xff, lg = (line >> 8) & 0xff, lb = (line >> 16) & 0xff;
  for (let p = 0; p < dx.length; p++) {
    const px = x + dx[p];
    const py = y + dy[p];
    if (!inside && (px < 0 || py < 0 || px >= width || py >= height)) continue;
    const at = py * width + px;
    const f = amounts[p];
    const l = edges[p];
    const keep = 256 - f - l;
    const under = pixels[at];
    const r = ((under & 0xff) * keep + fr * f + lr * l) >> 8;
    const g = (((under >> 8) & 0xff) * keep + fg * f + lg * l) >> 8;
    const b = (((under >> 16) & 0xff) * keep + fb * f + lb * l) >> 8;
    pixels[at] = (OPAQUE | (b << 16) | (g << 8) | r) >>> 0;
  }
}

/**
 * Orthographic picture of points on the unit sphere.
 * @param {Float32Array} points (n * 3) @param {Float64Array} m @param {{x: number, y: number, radius: number}} place
 * @param {{xs: Float32Array, ys: Float32Array, zs: Float32Array}} out
 */
export function project(points, m, { x, y, radius }, { xs, ys, zs }) {
  for (let i = 0, j = 0; i < xs.length; i++, j += 3) {
    const px = points[j], py = points[j + 1], pz = points[j + 2];
    xs[i] = x + radius * (m[0] * px + m[1] * py + m[2] * pz);
    ys[i] = y - radius * (m[3] * px + m[4] * py + m[5] * pz);
    zs[i] = m[6] * px + m[7] * py + m[8] * pz;
  }
}

const BINS = 64;
const counts = new Uint32Array(BINS + 1);

/**
 * Points from far to near, in bins; inside a bin they keep the given order.
 * @param {Float32Array} zs -1 to 1 @param {Uint32Array} within order to keep @param {Uint32Array} out
 * @returns {number} how many of the first lie on the far side
 */
export function depthOrder(zs, within, out) {
  counts.fill(0);
  const bin = (/** @type {number} */ z) => Math.min(BINS - 1, Math.max(0, ((z + 1) * (BINS / 2)) | 0));
  for (let i = 0; i < zs.length; i++) counts[bin(zs[i]) + 1]++;
  for (let b = 0; b < BINS; b++) counts[b + 1] += counts[b];
  const far = counts[BINS / 2];
  for (let k = 0; k < within.length; k++) out[counts[bin(zs[within[k]])]++] = within[k];
  return far;
}

/**
 * The point under the pointer: the last drawn within its radius, else the nearest within the tolerance.
 * @param {Float32Array} xs @param {Float32Array} ys @param {(i: number) => boolean} visible
 * @param {{x: number, y: number, tolerance: number}} pointer @returns {number} index or -1
 */
export function pick(xs, ys, visible, { x, y, tolerance }) {
  let best = -1;
  let least = tolerance * tolerance;
  for (let i = 0; i < xs.length; i++) {
    const dx = xs[i] - x;
    const dy = ys[i] - y;
    const square = dx * dx + dy * dy;
    if (square <= least && visible(i)) {
      best = i;
      least = square;
    }
  }
  return best;
}
