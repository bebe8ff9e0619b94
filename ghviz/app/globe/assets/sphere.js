// @ts-check
/**
 * What is drawn over a sphere's raster: rim, pins at the class centres with labels, GH's vertices.
 *
 * @typedef {import("./theme.js").Theme} Theme
 * @typedef {object} SphereScene
 * @property {{x: number, y: number, radius: number}} place
 * @property {{width: number, height: number}} bounds
 * @property {Float64Array} matrix
 * @property {Float32Array} centers (L * 3)
 * @property {Float32Array | null} targets
 * @property {{name: string}[]} classes
 * @property {number} tailFrom
 * @property {Float32Array} emphasis
 * @property {{seeThrough: boolean, centers: boolean, targets: boolean, labels: boolean}} show
 */

import { diamond } from "./circle.js";
import { placed, short } from "./labels.js";

const TAU = 2 * Math.PI;
const PIN = 0.09; // height over the surface

/** @param {CanvasRenderingContext2D} ctx @param {SphereScene} scene @param {Theme} theme */
export function drawSphere(ctx, scene, theme) {
  const { place, show } = scene;
  ctx.beginPath();
  ctx.arc(place.x, place.y, place.radius, 0, TAU);
  ctx.lineWidth = 1;
  ctx.strokeStyle = theme.rim;
  ctx.stroke();
  if (show.targets && scene.targets) drawTargets(ctx, scene, theme);
  if (show.centers && scene.centers.length) drawPins(ctx, scene, theme);
}

/** @param {CanvasRenderingContext2D} ctx @param {SphereScene} scene @param {Theme} theme */
function drawTargets(ctx, { place, matrix, targets, show }, theme) {
  if (!targets) return;
  for (let k = 0; k < targets.length; k += 3) {
    const v = turned(matrix, targets, k);
    if (v[2] < 0 && !show.seeThrough) continue;
    ctx.globalAlpha = v[2] < 0 ? 0.3 : 1;
    diamond(ctx, place.x + place.radius * v[0], place.y - place.radius * v[1], 5, theme);
  }
  ctx.globalAlpha = 1;
}

/** @param {Float64Array} m @param {ArrayLike<number>} p @param {number} at @returns {[number, number, number]} unit */
export function turned(m, p, at) {
  const [x, y, z] = [p[at], p[at + 1], p[at + 2]];
  const scale = 1 / (Math.hypot(x, y, z) || 1);
  return [
    scale * (m[0] * x + m[1] * y + m[2] * z),
    scale * (m[3] * x + m[4] * y + m[5] * z),
    scale * (m[6] * x + m[7] * y + m[8] * z),
  ];
}

/** @param {CanvasRenderingContext2D} ctx @param {SphereScene} scene @param {Theme} theme */
function drawPins(ctx, { place, bounds, matrix, centers, classes, tailFrom, emphasis, show }, theme) {
  const many = classes.length > 24;
  const size = many ? 3.2 : 5.6;
  const pins = classes
    .map((_, c) => ({ c, v: turned(matrix, centers, 3 * c) }))
    .filter(({ c, v }) => emphasis[c] && v[2] === v[2] && (v[2] > -0.02 || show.seeThrough))
    .sort((a, b) => a.v[2] - b.v[2]);
  for (const { c, v } of pins) {
    const foot = at(place, v, 1);
    const head = at(place, v, 1 + (many ? PIN / 2 : PIN));
    ctx.globalAlpha = v[2] < -0.02 ? 0.3 : 1;
    ctx.lineWidth = 1.8;
    ctx.strokeStyle = theme.ink;
    ctx.beginPath();
    ctx.moveTo(foot.x, foot.y);
    ctx.lineTo(head.x, head.y);
    ctx.stroke();
    ctx.beginPath();
    ctx.arc(head.x, head.y, size + 1.6, 0, TAU);
    ctx.fillStyle = c < tailFrom ? theme.background : theme.ink; // a dark outline means tail, as on the points
    ctx.fill();
    ctx.beginPath();
    ctx.arc(head.x, head.y, size, 0, TAU);
    ctx.fillStyle = theme.shown(theme.classes[c], emphasis[c]);
    ctx.fill();
  }
  ctx.globalAlpha = 1;
  if (show.labels) drawLabels(ctx, { pins, place, bounds, classes, tailFrom, emphasis, size, many }, theme);
}

/** @param {{x: number, y: number, radius: number}} place @param {number[]} v @param {number} height */
function at(place, v, height) {
  return { x: place.x + place.radius * height * v[0], y: place.y - place.radius * height * v[1] };
}

/** @param {CanvasRenderingContext2D} ctx @param {any} scene @param {Theme} theme */
function drawLabels(ctx, { pins, place, bounds, classes, tailFrom, emphasis, size, many }, theme) {
  const wishes = [];
  for (const { c, v } of [...pins].reverse()) {
    if (v[2] < -0.02 || (many && emphasis[c] < 1)) continue;
    const head = at(place, v, 1 + (many ? PIN / 2 : PIN));
    const text = short(classes[c].name);
    ctx.font = font(c, tailFrom, theme);
    wishes.push({ text, ...head, width: ctx.measureText(text).width + 4, height: 15, gap: size + 3, data: c });
  }
  const heads = pins
    .filter((/** @type {any} */ pin) => pin.v[2] > -0.02)
    .map((/** @type {any} */ pin) => at(place, pin.v, 1 + (many ? PIN / 2 : PIN)))
    .map((/** @type {any} */ p) => ({ left: p.x - size, top: p.y - size, right: p.x + size, bottom: p.y + size }));
  const whole = { left: 0, top: 0, right: bounds.width, bottom: bounds.height };
  ctx.textAlign = "left";
  ctx.textBaseline = "middle";
  ctx.lineJoin = "round";
  for (const { wish, box } of placed(wishes, whole, heads)) {
    ctx.font = font(wish.data, tailFrom, theme);
    ctx.lineWidth = 3.5;
    ctx.strokeStyle = theme.halo;
    ctx.strokeText(wish.text, box.left + 2, (box.top + box.bottom) / 2);
    ctx.fillStyle = theme.shown(theme.ink, emphasis[wish.data]);
    ctx.fillText(wish.text, box.left + 2, (box.top + box.bottom) / 2);
  }
}

/** @param {number} c @param {number} tailFrom @param {Theme} theme */
function font(c, tailFrom, theme) {
  return `${c < tailFrom ? 500 : 650} 12px ${theme.font}`;
}
