// @ts-check
/**
 * Reading the bytes that `parts.py` and `scene.py` write; their layout is described there.
 *
 * @typedef {Record<string, {array: any, shape: number[]}>} Part arrays by name
 * @typedef {{name: string, count: number, light: string, dark: string}} ClassStyle
 * @typedef {{starts: Float32Array, classes: Uint16Array}} Ring
 * @typedef {object} Side
 * @property {string} name
 * @property {string} title
 * @property {string} light identity colour on a light page
 * @property {string} dark
 * @property {number[]} steps
 * @property {string[]} captions
 * @property {[number, number][]} switches
 * @property {number} count number of points
 * @property {Int16Array[]} coordinates one array (count * dimension) a snapshot
 * @property {Uint16Array} labels
 * @property {(Uint8Array | Uint16Array)[]} maps octahedral maps, or none
 * @property {number} mapSide
 * @property {Ring[]} rings
 * @property {Float32Array[]} centers
 * @property {Float32Array | null} targets
 * @property {(Uint8Array | null)[]} values of each point in per cent, one array a snapshot; 255 and null: not known
 * @typedef {{name: string, from: number, light: string, dark: string}} Band values from this per cent on
 * @typedef {object} Scene
 * @property {string} id
 * @property {string} hash
 * @property {"circle" | "sphere"} kind
 * @property {number} dimension
 * @property {ClassStyle[]} classes
 * @property {number} tailFrom first class of the tail half
 * @property {Side[]} sides
 * @property {{title: string, items: Band[]} | null} bands colours of the points, from high to low; null: by class
 * @property {{data: Uint8Array, count: number, height: number, width: number, channels: number} | null} thumbnails
 * @typedef {object} Options
 * @property {number} height
 * @property {boolean} live
 * @property {{rotation: number[], zoom: number}} camera
 * @property {number | null} step
 * @property {boolean} autoplay
 * @property {{step: number, id: number} | null} [seek] where to go, once for each id
 * @property {[number, string][]} [moments] steps at which something happened, and what
 */

const DTYPES = {
  int16: Int16Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  float32: Float32Array,
};
const HEADER = 24;
const PART = 16;
const OPTIONS_HEADER = 8;

/** @param {Uint8Array} bytes @param {number} at @param {number} length */
function text(bytes, at, length) {
  return new TextDecoder().decode(bytes.subarray(at, at + length));
}

/** @param {Uint8Array} bytes @param {number} at eight bytes of hash */
function hex(bytes, at) {
  return Array.from(bytes.subarray(at, at + 8), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * Options and the scene's content hash, without touching the arrays: cheap, so that a rerun with the same scene
 * costs nothing.
 *
 * @param {Uint8Array} bytes
 * @returns {{options: Options, scene: Uint8Array, hash: string}}
 */
export function open(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < OPTIONS_HEADER || text(bytes, 0, 4) !== "GHVO") throw new Error("not a globe's data");
  const length = view.getUint32(4, true);
  const options = JSON.parse(text(bytes, OPTIONS_HEADER, length));
  const scene = bytes.subarray(OPTIONS_HEADER + length);
  return { options, scene, hash: hex(scene, 16) };
}

/**
 * A scene from its bytes, and from the parts that an earlier scene left here.
 *
 * @param {Uint8Array} bytes @param {ReadonlyMap<string, Part>} [held]
 * @returns {{scene: Scene, parts: Map<string, Part>} | null} with the parts to be held for the next one; null: some
 *   part is neither here nor there, so that the whole scene must be asked for
 */
export function decode(bytes, held = new Map()) {
  if (bytes.length < HEADER || text(bytes, 0, 4) !== "GHVZ") throw new Error("not a scene");
  if (bytes.byteOffset % 8) bytes = bytes.slice(); // typed arrays need aligned memory
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const version = view.getUint16(4, true);
  if (version !== 2) throw new Error(`scene of version ${version}; this page reads version 2: reload it`);
  const length = view.getUint32(8, true);
  const header = JSON.parse(text(bytes, HEADER, length));
  const fresh = readParts(bytes, view, HEADER + length);
  /** @type {Map<string, Part>} */
  const parts = new Map();
  for (const name of names(header)) {
    const part = fresh.get(name) ?? held.get(name);
    if (!part) return null;
    parts.set(name, part);
  }
  const get = (/** @type {string} */ name) => /** @type {Part} */ (parts.get(name));
  const scene = {
    id: header.id,
    hash: hex(bytes, 16),
    kind: header.kind,
    dimension: header.kind === "circle" ? 2 : 3,
    classes: header.classes,
    tailFrom: header.tail_from,
    bands: header.bands ?? null,
    sides: header.sides.map((/** @type {any} */ side) => decodeSide(side, get)),
    thumbnails: header.thumbnails && decodeThumbnails(get(header.thumbnails).thumbnails),
  };
  return { scene, parts };
}

/** @param {any} header @returns {string[]} all parts that a scene is made of */
function names({ sides, thumbnails }) {
  const all = sides.flatMap((/** @type {any} */ side) => [...side.snapshots, side.labels, side.targets, ...(side.values ?? [])]);
  return [...all, thumbnails].filter(Boolean);
}

/** @param {Uint8Array} bytes @param {DataView} view @param {number} at @returns {Map<string, Part>} */
function readParts(bytes, view, at) {
  const parts = new Map();
  while (at < bytes.length) {
    const [length, described] = [view.getUint32(at + 8, true), view.getUint32(at + 12, true)];
    const start = bytes.byteOffset + at + PART + described;
    /** @type {[string, {offset: number, dtype: keyof typeof DTYPES, shape: number[]}][]} */
    const places = Object.entries(JSON.parse(text(bytes, at + PART, described)));
    const arrays = places.map(([name, { offset, dtype, shape }]) => {
      const size = shape.reduce((product, part) => product * part, 1);
      const array = new DTYPES[dtype](/** @type {ArrayBuffer} */ (bytes.buffer), start + offset, size);
      return [name, { array, shape }];
    });
    parts.set(hex(bytes, at), Object.fromEntries(arrays));
    at += PART + length;
  }
  return parts;
}

/** @param {any} side @param {(name: string) => Part} get @returns {Side} */
function decodeSide(side, get) {
  /** @type {Part[]} */
  const snapshots = side.snapshots.map(get);
  const all = (/** @type {string} */ name) => snapshots.flatMap((part) => (part[name] ? [part[name].array] : []));
  const owners = all("owners");
  return {
    name: side.name,
    title: side.title,
    light: side.light,
    dark: side.dark,
    steps: side.steps,
    captions: side.captions,
    switches: side.switches,
    count: snapshots[0].coordinates.shape[0],
    coordinates: all("coordinates"),
    labels: get(side.labels).labels.array,
    maps: all("map"),
    mapSide: snapshots[0].map?.shape[0] ?? 0,
    rings: all("starts").map((starts, i) => ({ starts, classes: owners[i] })),
    centers: all("centers"),
    targets: side.targets && get(side.targets).targets.array,
    values: (side.values ?? []).map((/** @type {string | null} */ name) => name && get(name).values.array),
  };
}

/** @param {{array: Uint8Array, shape: number[]}} part */
function decodeThumbnails({ array, shape }) {
  const [count, height, width, channels = 1] = shape;
  return { data: array, count, height, width, channels };
}
