// @ts-check
/**
 * A side between its snapshots: where its points, centres and borders are at any time.
 *
 * @typedef {import("./protocol.js").Side} Side
 * @typedef {import("./territory.js").Chart} Chart
 */

import { between } from "./timeline.js";
import { arcs, arcShares, enlarged, mapShares, painted, ringOf } from "./territory.js";

const UNIT = 32767;
const CHARTS_KEPT = 12;
export const UNKNOWN = 255; // per cent
const RING_POINTS = 3000; // more points than this and the ring jumps from snapshot to snapshot instead of gliding

export class SideModel {
  /** @param {Side} side @param {number} dimension @param {number} numClasses */
  constructor(side, dimension, numClasses) {
    this.side = side;
    this.dimension = dimension;
    this.numClasses = numClasses;
    this.positions = new Float32Array(side.count * dimension);
    this.byClass = Uint32Array.from({ length: side.count }, (_, i) => i).sort(
      (a, b) => side.labels[a] - side.labels[b] || a - b,
    ); // head first: the rare classes end on top
    this.at = { left: -1, right: -1, t: 0 };
    this.arcs = /** @type {ReturnType<typeof arcs>} */ ([]);
    /** @type {Float32Array} */
    this.centers = new Float32Array(0);
    /** @type {Map<number, Chart>} */
    this.charts = new Map();
    /** @type {Map<number, {look: object, texture: Uint32Array}>} */
    this.textures = new Map();
    /** @type {Map<number, Float64Array>} */
    this.shares = new Map();
    this.tints = new Uint8Array(side.count);
    /** @type {ArrayLike<number> | null | undefined} */
    this.tinted = undefined;
  }

  /** Index of the snapshot that captions and shares speak of. */
  get nearest() {
    return this.at.t < 0.5 ? this.at.left : this.at.right;
  }

  /** @param {number} position in optimisation steps @returns {boolean} whether anything moved */
  moveTo(position) {
    const at = between(this.side.steps, position);
    if (at.left === this.at.left && at.right === this.at.right && at.t === this.at.t) return false;
    this.at = at;
    const { coordinates, centers } = this.side;
    slerpAll(coordinates[at.left], coordinates[at.right], at.t, this.dimension, this.positions);
    if (centers.length) this.centers = lerped(centers[at.left], centers[at.right], at.t);
    if (this.dimension === 2) this.arcs = this.#arcs();
    return true;
  }

  #arcs() {
    const { rings, labels, count } = this.side;
    if (!rings.length) return [];
    if (this.at.t === 0 || count > RING_POINTS) return arcs(rings[this.nearest]);
    const angles = Float32Array.from({ length: count }, (_, i) =>
      Math.atan2(this.positions[2 * i + 1], this.positions[2 * i]),
    );
    return arcs(ringOf(angles, labels));
  }

  /** @returns {Float64Array | null} share of the circle or sphere that each class owns at the nearest snapshot */
  shareNow() {
    const { maps, mapSide, rings } = this.side;
    const i = this.nearest;
    if (!maps.length && !rings.length) return null;
    let shares = this.shares.get(i);
    if (!shares) {
      shares = maps.length ? mapShares(maps[i], mapSide, this.numClasses) : arcShares(arcs(rings[i]), this.numClasses);
      this.shares.set(i, shares);
    }
    return shares;
  }

  /** @returns {Uint8Array | null} per cent of each point at the nearest snapshot, if known there and at the other */
  valuesNow() {
    const { values } = this.side;
    return (values[this.at.left] && values[this.at.right] && values[this.nearest]) ?? null;
  }

  /**
   * @param {{from: number}[]} bands from high to low
   * @returns {Uint8Array} the band of each point; one past the last where its value is not known
   */
  tintsNow(bands) {
    const values = this.valuesNow();
    if (values === this.tinted) return this.tints;
    this.tinted = values;
    for (let i = 0; i < this.tints.length; i++) {
      const value = values ? values[i] : UNKNOWN;
      const band = value === UNKNOWN ? -1 : bands.findIndex(({ from }) => value >= from);
      this.tints[i] = band < 0 ? bands.length : band;
    }
    return this.tints;
  }

  /** @param {number} index of a snapshot @returns {Chart} */
  chart(index) {
    let chart = this.charts.get(index);
    if (!chart) {
      chart = enlarged(this.side.maps[index], this.side.mapSide);
      this.charts.set(index, chart);
      forgetOldest(this.charts);
    }
    return chart;
  }

  /**
   * @param {number} index of a snapshot
   * @param {{fill: Uint32Array, line: number, strength: number}} look the same object while colours don't change
   * @returns {Uint32Array}
   */
  texture(index, look) {
    const known = this.textures.get(index);
    if (known?.look === look) return known.texture;
    const texture = painted(this.chart(index), look.fill, look.line, look.strength, known?.texture);
    this.textures.delete(index);
    this.textures.set(index, { look, texture });
    forgetOldest(this.textures);
    return texture;
  }
}

/** @param {Map<number, any>} map */
function forgetOldest(map) {
  if (map.size > CHARTS_KEPT) map.delete(/** @type {number} */ (map.keys().next().value));
}

/** @param {Float32Array} a @param {Float32Array} b @param {number} t */
function lerped(a, b, t) {
  return t === 0 ? a : a.map((value, i) => value + (b[i] - value) * t);
}

/**
 * Every point on its great circle from one snapshot to the next.
 *
 * Near points go on the chord and are pushed out to the sphere: up to 18 degrees apart that is the great circle at a
 * speed that differs by less than 1 %, and costs a fraction.
 *
 * @param {Int16Array} from @param {Int16Array} to @param {number} t 0 to 1 @param {number} dimension 2 or 3
 * @param {Float32Array} out
 */
export function slerpAll(from, to, t, dimension, out) {
  if (t === 0) {
    for (let i = 0; i < out.length; i++) out[i] = from[i] / UNIT;
    return;
  }
  const flat = dimension === 2;
  for (let i = 0; i < out.length; i += dimension) {
    const ax = from[i] / UNIT, ay = from[i + 1] / UNIT, az = flat ? 0 : from[i + 2] / UNIT;
    const bx = to[i] / UNIT, by = to[i + 1] / UNIT, bz = flat ? 0 : to[i + 2] / UNIT;
    const dot = ax * bx + ay * by + az * bz;
    let p = 1 - t;
    let q = t;
    if (dot < 0.95) {
      const angle = Math.acos(Math.max(-0.99999, dot));
      p = Math.sin((1 - t) * angle);
      q = Math.sin(t * angle);
    }
    const x = p * ax + q * bx, y = p * ay + q * by, z = p * az + q * bz;
    const scale = 1 / (Math.sqrt(x * x + y * y + z * z) || 1);
    out[i] = x * scale;
    out[i + 1] = y * scale;
    if (!flat) out[i + 2] = z * scale;
  }
}
