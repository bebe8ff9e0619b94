// @ts-check
/**
 * Reading the blob that `scene.py` writes; its layout is described there.
 *
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
 * @typedef {object} Scene
 * @property {string} id
 * @property {string} hash
 * @property {"circle" | "sphere"} kind
 * @property {number} dimension
 * @property {ClassStyle[]} classes
 * @property {number} tailFrom first class of the tail half
 * @property {Side[]} sides
 * @property {{data: Uint8Array, count: number, height: number, width: number, channels: number} | null} thumbnails
 * @typedef {object} Options
 * @property {number} height
 * @property {boolean} live
 * @property {{rotation: number[], zoom: number}} camera
 * @property {number} step
 * @property {boolean} autoplay
 */

const DTYPES = {
  int16: Int16Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  float32: Float32Array,
};
const HEADER = 24;
const OPTIONS_HEADER = 8;

/** @param {Uint8Array} bytes @param {number} at @param {number} length */
function text(bytes, at, length) {
  return new TextDecoder().decode(bytes.subarray(at, at + length));
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
  const hash = Array.from(scene.subarray(16, 24), (byte) => byte.toString(16).padStart(2, "0")).join("");
  return { options, scene, hash };
}

/**
 * @param {Uint8Array} bytes a scene
 * @returns {Scene}
 */
export function decode(bytes) {
  if (bytes.length < HEADER || text(bytes, 0, 4) !== "GHVZ") throw new Error("not a scene");
  if (bytes.byteOffset % 8) bytes = bytes.slice(); // typed arrays need aligned memory
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const version = view.getUint16(4, true);
  if (version !== 1) throw new Error(`scene of version ${version}; this page reads version 1: reload it`);
  const length = view.getUint32(8, true);
  const header = JSON.parse(text(bytes, HEADER, length));
  const start = bytes.byteOffset + HEADER + length;
  /** @param {{offset: number, dtype: keyof typeof DTYPES, shape: number[]}} place */
  const array = (place) => {
    const size = place.shape.reduce((product, part) => product * part, 1);
    return new DTYPES[place.dtype](/** @type {ArrayBuffer} */ (bytes.buffer), start + place.offset, size);
  };
  const dimension = header.kind === "circle" ? 2 : 3;
  const hash = Array.from(bytes.subarray(16, 24), (byte) => byte.toString(16).padStart(2, "0")).join("");
  return {
    id: header.id,
    hash,
    kind: header.kind,
    dimension,
    classes: header.classes,
    tailFrom: header.tail_from,
    sides: header.sides.map((/** @type {any} */ side) => decodeSide(side, array)),
    thumbnails: header.thumbnails && decodeThumbnails(header.thumbnails, array),
  };
}

/** @param {any} side @param {(place: any) => any} array @returns {Side} */
function decodeSide(side, array) {
  const territory = side.territory ?? {};
  return {
    name: side.name,
    title: side.title,
    light: side.light,
    dark: side.dark,
    steps: side.steps,
    captions: side.captions,
    switches: side.switches,
    count: side.coordinates.shape[1],
    coordinates: split(side.coordinates, array),
    labels: array(side.labels),
    maps: territory.maps ? split(territory.maps, array) : [],
    mapSide: territory.maps ? territory.maps.shape[1] : 0,
    rings: territory.ends ? decodeRings(territory, array) : [],
    centers: side.centers ? split(side.centers, array) : [],
    targets: side.targets && array(side.targets),
  };
}

/** @param {any} place @param {(place: any) => any} array an array a snapshot, all in one memory */
function split(place, array) {
  const all = array(place);
  const size = all.length / place.shape[0];
  return Array.from({ length: place.shape[0] }, (_, i) => all.subarray(i * size, (i + 1) * size));
}

/** @param {any} territory @param {(place: any) => any} array @returns {Ring[]} */
function decodeRings(territory, array) {
  const ends = array(territory.ends);
  const starts = array(territory.starts);
  const classes = array(territory.classes);
  return Array.from(ends, (/** @type {number} */ end, i) => {
    const begin = i ? ends[i - 1] : 0;
    return { starts: starts.subarray(begin, end), classes: classes.subarray(begin, end) };
  });
}

/** @param {any} place @param {(place: any) => any} array */
function decodeThumbnails(place, array) {
  const [count, height, width, channels = 1] = place.shape;
  return { data: array(place), count, height, width, channels };
}
