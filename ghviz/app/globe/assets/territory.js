// @ts-check
/**
 * Territory: which class owns each direction. Spheres come as small octahedral maps (the mapping of
 * `ghviz.projections.territory`), enlarged here so that borders are smooth; circles as arcs.
 */

const TAU = 2 * Math.PI;

/** @param {number} x @param {number} y @param {number} z @param {number} side @returns {number} row * side + column */
export function texel(x, y, z, side) {
  const scale = 1 / (Math.abs(x) + Math.abs(y) + Math.abs(z));
  let u = x * scale;
  let v = y * scale;
  if (z < 0) {
    const a = Math.abs(u);
    u = (1 - Math.abs(v)) * (u < 0 ? -1 : 1);
    v = (1 - a) * (v < 0 ? -1 : 1);
  }
  const column = Math.min(side - 1, ((u + 1) * 0.5 * side) | 0);
  const row = Math.min(side - 1, ((v + 1) * 0.5 * side) | 0);
  return row * side + column;
}

/**
 * A map with one more texel on each edge, taken from where the sphere goes on: crossing an edge of the octahedral
 * square lands on the same edge, mirrored about its middle.
 *
 * @param {ArrayLike<number>} map @param {number} side @returns {Uint16Array} (side + 2)^2
 */
export function padded(map, side) {
  const wide = side + 2;
  const out = new Uint16Array(wide * wide);
  for (let row = -1; row <= side; row++) {
    for (let column = -1; column <= side; column++) {
      let r = row;
      let c = column;
      if (c < 0 || c >= side) {
        c = c < 0 ? 0 : side - 1;
        r = side - 1 - r;
      }
      if (r < 0 || r >= side) {
        r = r < 0 ? 0 : side - 1;
        c = side - 1 - c;
      }
      out[(row + 1) * wide + column + 1] = map[r * side + c];
    }
  }
  return out;
}

/**
 * @typedef {object} Chart an enlarged map
 * @property {number} side
 * @property {Uint16Array} owner class of each texel
 * @property {Uint16Array} other the class beyond the nearest border
 * @property {Uint8Array} blend share of the other class, 0 to 128: smooths the border
 * @property {Uint8Array} border how much of a border line it is, 0 to 255
 */

const GROW = 8;

/** Quadratic B-spline weights of the three texels around a place, for GROW places in the middle one. */
const WEIGHTS = Array.from({ length: GROW }, (_, i) => {
  const x = (i + 0.5) / GROW - 0.5;
  return [0.5 * (0.5 - x) ** 2, 0.75 - x * x, 0.5 * (0.5 + x) ** 2];
});
const LINE = 0.1; // half width of a border line, in difference of the two owners' weights

/**
 * Enlarge a map eightfold; where classes meet, each small texel belongs to the class with most weight around it.
 *
 * @param {ArrayLike<number>} map @param {number} side @returns {Chart}
 */
export function enlarged(map, side) {
  const wide = side + 2;
  const big = side * GROW;
  const around = padded(map, side);
  /** @type {Chart} */
  const chart = {
    side: big,
    owner: new Uint16Array(big * big),
    other: new Uint16Array(big * big),
    blend: new Uint8Array(big * big),
    border: new Uint8Array(big * big),
  };
  const nine = new Uint16Array(9);
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      let mixed = false;
      for (let k = 0; k < 9; k++) {
        nine[k] = around[(row + ((k / 3) | 0)) * wide + column + (k % 3)];
        mixed ||= nine[k] !== nine[0];
      }
      if (mixed) enlargeMixed(chart, nine, row * GROW, column * GROW);
      else fillBlock(chart, nine[0], row * GROW, column * GROW);
    }
  }
  return chart;
}

/** @param {Chart} chart @param {number} owner @param {number} top @param {number} left */
function fillBlock(chart, owner, top, left) {
  for (let i = 0; i < GROW; i++) {
    const start = (top + i) * chart.side + left;
    chart.owner.fill(owner, start, start + GROW);
    chart.other.fill(owner, start, start + GROW);
  }
}

const kinds = new Uint16Array(9);
const slot = new Uint8Array(9);
const weight = new Float64Array(9);

/** @param {Chart} chart @param {Uint16Array} nine @param {number} top @param {number} left */
function enlargeMixed(chart, nine, top, left) {
  let count = 0;
  for (let k = 0; k < 9; k++) {
    let s = 0;
    while (s < count && kinds[s] !== nine[k]) s++;
    if (s === count) kinds[count++] = nine[k];
    slot[k] = s;
  }
  for (let i = 0; i < GROW; i++) {
    for (let j = 0; j < GROW; j++) {
      weight.fill(0, 0, count);
      for (let k = 0; k < 9; k++) weight[slot[k]] += WEIGHTS[i][(k / 3) | 0] * WEIGHTS[j][k % 3];
      let a = 0;
      let b = -1;
      for (let s = 1; s < count; s++) {
        if (weight[s] > weight[a]) {
          b = a;
          a = s;
        } else if (b < 0 || weight[s] > weight[b]) b = s;
      }
      const margin = weight[a] - weight[b];
      const at = (top + i) * chart.side + left + j;
      chart.owner[at] = kinds[a];
      chart.other[at] = kinds[b];
      chart.blend[at] = margin < LINE ? 128 * (1 - margin / LINE) : 0;
      chart.border[at] = 255 * Math.min(1, Math.max(0, 1.6 - margin / LINE));
    }
  }
}

/**
 * Paint a chart: 0xBBGGRR of each texel.
 *
 * @param {Chart} chart
 * @param {Uint32Array} fill colour of each class
 * @param {number} line colour of borders
 * @param {number} strength of borders, 0 to 1
 * @param {Uint32Array} [out]
 */
export function painted(chart, fill, line, strength, out = new Uint32Array(chart.owner.length)) {
  const { owner, other, blend, border } = chart;
  const amount = Math.round(strength * 256);
  for (let i = 0; i < out.length; i++) {
    let color = fill[owner[i]];
    if (border[i]) {
      if (blend[i]) color = mixed(color, fill[other[i]], blend[i]);
      color = mixed(color, line, (border[i] * amount) >> 8);
    }
    out[i] = color;
  }
  return out;
}

/** @param {number} a @param {number} b both 0xBBGGRR @param {number} amount 0 (a) to 256 (b) */
export function mixed(a, b, amount) {
  const red = a & 0xff;
  const green = (a >> 8) & 0xff;
  const blue = (a >> 16) & 0xff;
  return (
    (red + (((((b & 0xff) - red) * amount) | 0) >> 8)) |
    ((green + ((((((b >> 8) & 0xff) - green) * amount) | 0) >> 8)) << 8) |
    ((blue + ((((((b >> 16) & 0xff) - blue) * amount) | 0) >> 8)) << 16)
  );
}

/**
 * Share of the sphere that each class owns on a map: octahedral texels differ in size, by a factor up to 5.2.
 *
 * @param {ArrayLike<number>} map @param {number} side @param {number} numClasses @returns {Float64Array}
 */
export function mapShares(map, side, numClasses) {
  const shares = new Float64Array(numClasses);
  let whole = 0;
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      const u = Math.abs(((column + 0.5) / side) * 2 - 1);
      const v = Math.abs(((row + 0.5) / side) * 2 - 1);
      const w = 1 - u - v;
      const [x, y] = w < 0 ? [1 - v, 1 - u] : [u, v];
      const area = (x * x + y * y + w * w) ** -1.5; // of a patch of the octahedron, seen from the middle
      shares[map[row * side + column]] += area;
      whole += area;
    }
  }
  return shares.map((share) => share / whole);
}

/**
 * Arcs of a ring.
 * @param {{starts: ArrayLike<number>, classes: ArrayLike<number>}} ring
 * @returns {{start: number, end: number, owner: number}[]} end > start, counter-clockwise
 */
export function arcs(ring) {
  const m = ring.starts.length;
  return Array.from({ length: m }, (_, i) => ({
    start: ring.starts[i],
    end: i + 1 < m ? ring.starts[i + 1] : ring.starts[0] + TAU,
    owner: ring.classes[i],
  }));
}

/** @param {{start: number, end: number, owner: number}[]} list @param {number} numClasses @returns {Float64Array} */
export function arcShares(list, numClasses) {
  const shares = new Float64Array(numClasses);
  for (const { start, end, owner } of list) shares[owner] += (end - start) / TAU;
  return shares;
}

/**
 * The exact ring of points on a circle: borders half-way between neighbours.
 * @param {Float32Array} angles @param {ArrayLike<number>} labels
 */
export function ringOf(angles, labels) {
  const order = Uint32Array.from(angles, (_, i) => i).sort((a, b) => angles[a] - angles[b]);
  const starts = [];
  const classes = [];
  const n = order.length;
  for (let i = 0; i < n; i++) {
    const here = order[i];
    const before = order[(i + n - 1) % n];
    if (labels[here] === labels[before]) continue;
    starts.push((angles[here] + angles[before] - (i ? 0 : TAU)) / 2);
    classes.push(labels[here]);
  }
  return starts.length ? { starts, classes } : { starts: [0], classes: [labels[0]] };
}

/** @param {{start: number, end: number, owner: number}[]} list @param {number} angle @returns {number} class */
export function ownerAt(list, angle) {
  for (const { start, end, owner } of list) {
    const offset = (((angle - start) % TAU) + TAU) % TAU;
    if (offset < end - start) return owner;
  }
  return list[0].owner;
}
