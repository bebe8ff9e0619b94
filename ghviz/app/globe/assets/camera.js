// @ts-check
/**
 * One camera for all viewports: a unit quaternion [w, x, y, z] and a zoom. Orthographic; x right, y up, z towards
 * the viewer; view = R(q) p.
 *
 * @typedef {[number, number, number, number]} Quaternion
 * @typedef {{rotation: Quaternion, zoom: number}} Camera
 */

export const ZOOM_MIN = 0.6;
export const ZOOM_MAX = 12;

/** @type {Quaternion} */
export const IDENTITY = [1, 0, 0, 0];

/** @param {number} value @param {number} low @param {number} high */
export function clamp(value, low, high) {
  return value < low ? low : value > high ? high : value;
}

/** @param {ArrayLike<number>} q @returns {Quaternion} */
export function normalized(q) {
  const norm = Math.hypot(q[0], q[1], q[2], q[3]);
  if (!(norm > 1e-9)) return [...IDENTITY];
  return [q[0] / norm, q[1] / norm, q[2] / norm, q[3] / norm];
}

/**
 * Hamilton product: first b, then a.
 * @param {Quaternion} a @param {Quaternion} b @returns {Quaternion}
 */
export function multiply(a, b) {
  return [
    a[0] * b[0] - a[1] * b[1] - a[2] * b[2] - a[3] * b[3],
    a[0] * b[1] + a[1] * b[0] + a[2] * b[3] - a[3] * b[2],
    a[0] * b[2] - a[1] * b[3] + a[2] * b[0] + a[3] * b[1],
    a[0] * b[3] + a[1] * b[2] - a[2] * b[1] + a[3] * b[0],
  ];
}

/** @param {[number, number, number]} axis unit @param {number} angle radians @returns {Quaternion} */
export function axisAngle(axis, angle) {
  const s = Math.sin(angle / 2);
  return [Math.cos(angle / 2), axis[0] * s, axis[1] * s, axis[2] * s];
}

/**
 * Rotation matrix, row by row.
 * @param {Quaternion} q @returns {Float64Array}
 */
export function matrix(q) {
  const [w, x, y, z] = q;
  return Float64Array.of(
    1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y),
    2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x),
    2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y),
  );
}

/**
 * Turn the sphere as a hand on it would: dx to the right, dy down, on a sphere of this radius (same unit).
 * @param {Quaternion} q @param {number} dx @param {number} dy @param {number} radius @returns {Quaternion}
 */
export function dragged(q, dx, dy, radius) {
  const length = Math.hypot(dx, dy);
  if (!length) return q;
  return normalized(multiply(axisAngle([dy / length, dx / length, 0], length / radius), q));
}

/**
 * Turn about the line of sight, counter-clockwise.
 * @param {Quaternion} q @param {number} angle @returns {Quaternion}
 */
export function spun(q, angle) {
  return normalized(multiply(axisAngle([0, 0, 1], angle), q));
}

/**
 * The part of a rotation that turns about the line of sight: all that a circle can show.
 * @param {Quaternion} q @returns {number} radians
 */
export function roll(q) {
  return 2 * Math.atan2(q[3], q[0]);
}

/** @param {Camera} camera @param {number} factor @returns {Camera} */
export function zoomed(camera, factor) {
  return { ...camera, zoom: clamp(camera.zoom * factor, ZOOM_MIN, ZOOM_MAX) };
}

/** @param {Quaternion} a @param {Quaternion} b @param {number} t @returns {Quaternion} on the shorter way */
export function slerp(a, b, t) {
  let dot = a[0] * b[0] + a[1] * b[1] + a[2] * b[2] + a[3] * b[3];
  const sign = dot < 0 ? -1 : 1;
  dot = Math.min(1, dot * sign);
  const angle = Math.acos(dot);
  const [p, r] = angle < 1e-4 ? [1 - t, t] : [Math.sin((1 - t) * angle) / Math.sin(angle), Math.sin(t * angle) / Math.sin(angle)];
  return normalized([0, 1, 2, 3].map((i) => p * a[i] + sign * r * b[i]));
}

/** @param {Camera} a @param {Camera} b closer than anyone can see */
export function sameCamera(a, b) {
  const dot = Math.abs(a.rotation.reduce((sum, part, i) => sum + part * b.rotation[i], 0));
  return dot > 1 - 1e-6 && Math.abs(a.zoom - b.zoom) < 1e-3;
}
