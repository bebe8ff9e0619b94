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
 * A map with a margin taken from where the sphere goes on: crossing an edge of the octahedral square lands on the
 * same edge, mirrored about its middle.
 *
 * @param {ArrayLike<number>} map @param {number} side @param {number} margin texels on each edge
 * @returns {Uint16Array} (side + 2 margin)^2
 */
export function padded(map, side, margin) {
  const wide = side + 2 * margin;
  const out = new Uint16Array(wide * wide);
  for (let row = -margin; row < side + margin; row++) {
    for (let column = -margin; column < side + margin; column++) {
      let r = row;
      let c = column;
      if (c < 0 || c >= side) {
        c = c < 0 ? -1 - c : 2 * side - 1 - c;
        r = side - 1 - r;
      }
      if (r < 0 || r >= side) {
        r = r < 0 ? -1 - r : 2 * side - 1 - r;
        c = side - 1 - c;
      }
      out[(row + margin) * wide + column + margin] = map[r * side + c];
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
const TAPS = 5;
const REACH = 2;
const LINE = 0.85; // half width of a border line, small texels

/** Quartic B-spline: smooth enough that the map's stairs become the straight borders that they stand for. */
const WEIGHTS = Array.from({ length: GROW }, (_, i) =>
  Float64Array.from({ length: TAPS }, (_, k) => quartic((i + 0.5) / GROW - 0.5 - (k - REACH))),
);

/** @param {number} x */
function quartic(x) {
  const a = Math.abs(x);
  if (a < 0.5) return 115 / 192 - (5 / 8) * a ** 2 + a ** 4 / 4;
  if (a < 1.5) return (55 + 20 * a - 120 * a ** 2 + 80 * a ** 3 - 16 * a ** 4) / 96;
  return a < 2.5 ? (2.5 - a) ** 4 / 24 : 0;
}

/**
 * Enlarge a map eightfold; where classes meet, each small texel belongs to the class with most weight around it.
 *
 * @param {ArrayLike<number>} map @param {number} side @returns {Chart}
 */
export function enlarged(map, side) {
  const wide = side + 2 * REACH;
  const big = side * GROW;
  const around = padded(map, side, REACH);
  /** @type {Chart} */
  const chart = {
    side: big,
    owner: new Uint16Array(big * big),
    other: new Uint16Array(big * big),
    blend: new Uint8Array(big * big),
    border: new Uint8Array(big * big),
  };
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      const owner = map[row * side + column];
      if (gather(around, wide, row, column)) enlargeMixed(chart, row * GROW, column * GROW);
      else fillBlock(chart, owner, row * GROW, column * GROW);
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

// Of the neighbourhood being enlarged: which classes are in it, where, and their weights in the small texels.
const kinds = new Uint16Array(TAPS * TAPS);
const slots = new Uint8Array(TAPS * TAPS);
const rows = new Float64Array(GROW * TAPS);
const weights = new Float64Array(GROW * GROW * TAPS * TAPS);
let numKinds = 0;

/**
 * @param {Uint16Array} around @param {number} wide @param {number} row @param {number} column
 * @returns {boolean} whether more than one class is near
 */
function gather(around, wide, row, column) {
  numKinds = 0;
  for (let i = 0; i < TAPS; i++) {
    const start = (row + i) * wide + column;
    for (let j = 0; j < TAPS; j++) {
      const kind = around[start + j];
      let s = 0;
      while (s < numKinds && kinds[s] !== kind) s++;
      if (s === numKinds) kinds[numKinds++] = kind;
      slots[i * TAPS + j] = s;
    }
  }
  return numKinds > 1;
}

/** Weight of one class in each small texel: along the rows, then down the columns. @param {number} s */
function spread(s) {
  for (let i = 0; i < TAPS; i++) {
    for (let x = 0; x < GROW; x++) {
      let sum = 0;
      for (let j = 0; j < TAPS; j++) if (slots[i * TAPS + j] === s) sum += WEIGHTS[x][j];
      rows[i * GROW + x] = sum;
    }
  }
  const start = s * GROW * GROW;
  for (let y = 0; y < GROW; y++) {
    for (let x = 0; x < GROW; x++) {
      let sum = 0;
      for (let i = 0; i < TAPS; i++) sum += WEIGHTS[y][i] * rows[i * GROW + x];
      weights[start + y * GROW + x] = sum;
    }
  }
}

/** @param {Chart} chart @param {number} top @param {number} left */
function enlargeMixed(chart, top, left) {
  for (let s = 0; s < numKinds; s++) spread(s);
  for (let small = 0; small < GROW * GROW; small++) {
    let a = 0;
    let b = -1;
    for (let s = 1; s < numKinds; s++) {
      const weight = weights[s * GROW * GROW + small];
      if (weight > weights[a * GROW * GROW + small]) {
        b = a;
        a = s;
      } else if (b < 0 || weight > weights[b * GROW * GROW + small]) b = s;
    }
    const distance = borderDistance(a * GROW * GROW, b * GROW * GROW, small);
    const at = (top + (small >> 3)) * chart.side + left + (small & 7);
    chart.owner[at] = kinds[a];
    chart.other[at] = kinds[b];
    chart.blend[at] = distance < 1 ? 128 * (1 - distance) : 0;
    chart.border[at] = 255 * Math.min(1, Math.max(0, LINE + 0.5 - distance));
  }
}

/**
 * How far it is to the border between two classes, in small texels: the lead of the one over the other, by its slope.
 * @param {number} a where the weights of the one start @param {number} b and of the other @param {number} small
 */
function borderDistance(a, b, small) {
  const x = small & 7;
  const left = x > 0 ? small - 1 : small;
  const right = x < 7 ? small + 1 : small;
  const up = small > 7 ? small - 8 : small;
  const down = small < 56 ? small + 8 : small;
  const lead = (/** @type {number} */ i) => weights[a + i] - weights[b + i];
  const across = (lead(right) - lead(left)) / (right - left);
  const along = (lead(down) - lead(up)) / ((down - up) / 8);
  return lead(small) / (Math.sqrt(across * across + along * along) + 0.004);
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
