// @ts-check
/**
 * Colours of the canvas, from the page's own tokens, so that light, dark and custom themes all fit.
 *
 * @typedef {object} Theme
 * @property {boolean} dark
 * @property {string} background
 * @property {string} ink text
 * @property {string} muted
 * @property {string} faint guide lines
 * @property {string} rim outline of a sphere
 * @property {string} halo behind labels
 * @property {string} font
 * @property {string[]} classes
 * @property {string[]} sides
 * @property {string[] | null} bands colours of points by a value, from high to low; null: by class
 * @property {(color: string, emphasis: number) => string} shown a colour, paler where it is not in the light
 */

import { FULL } from "./legend.js";

/** @param {string} color hex or rgb() @returns {[number, number, number]} */
export function channels(color) {
  const text = color.trim();
  if (text.startsWith("#")) {
    const digits = text.length < 7 ? [...text.slice(1, 4)].map((d) => d + d) : text.slice(1, 7).match(/../g) ?? [];
    return /** @type {any} */ (digits.map((pair) => parseInt(pair, 16)));
  }
  const numbers = (text.match(/[\d.]+/g) ?? []).slice(0, 3).map(Number);
  return numbers.length === 3 ? /** @type {any} */ (numbers) : [255, 255, 255];
}

/** @param {string} a @param {string} b @param {number} amount 0 (a) to 1 (b) @returns {string} hex */
export function blend(a, b, amount) {
  const [from, to] = [channels(a), channels(b)];
  return "#" + from.map((part, i) => Math.round(part + (to[i] - part) * amount).toString(16).padStart(2, "0")).join("");
}

/** @param {string} color @returns {number} 0xBBGGRR, as images hold it */
export function packed(color) {
  const [r, g, b] = channels(color);
  return r | (g << 8) | (b << 16);
}

/** @param {string} color */
function luminance(color) {
  const [r, g, b] = channels(color);
  return (0.299 * r + 0.587 * g + 0.114 * b) / 255;
}

/**
 * @param {Element} element where the tokens are looked up @param {import("./protocol.js").Scene} scene
 * @returns {Theme}
 */
export function readTheme(element, scene) {
  const style = getComputedStyle(element);
  const token = (/** @type {string} */ name, /** @type {string} */ otherwise) => style.getPropertyValue(name).trim() || otherwise;
  const background = blend(token("--st-background-color", "#ffffff"), "#000000", 0);
  const dark = luminance(background) < 0.5;
  const ink = blend(token("--st-text-color", dark ? "#fafafa" : "#1a1d24"), background, 0);
  return {
    dark,
    background,
    ink,
    muted: blend(ink, background, 0.4),
    faint: blend(ink, background, 0.82),
    rim: blend(ink, background, dark ? 0.62 : 0.72),
    halo: background,
    font: token("--st-font", "system-ui, sans-serif"),
    classes: scene.classes.map((each) => (dark ? each.dark : each.light)),
    sides: scene.sides.map((side) => (dark ? side.dark : side.light)),
    bands: scene.bands && scene.bands.items.map((band) => (dark ? band.dark : band.light)),
    shown: (color, emphasis) => (emphasis >= FULL ? color : blend(color, background, 0.72)),
  };
}

/**
 * What the raster needs, one colour a class. A new object for each change of theme or emphasis: caches compare it.
 *
 * @param {Theme} theme @param {Float32Array} emphasis @param {number} tailFrom
 */
export function rasterLook(theme, emphasis, tailFrom) {
  const ball = blend(theme.background, theme.ink, theme.dark ? 0.13 : 0.045);
  const strength = (theme.dark ? 0.46 : 0.42) * (theme.bands ? 0.3 : 1); // two colourings at once: one must be quiet
  const tints = theme.bands && [...theme.bands, blend(theme.ink, ball, 0.6)]; // the last: not known
  const mixed = (/** @type {string[]} */ all, /** @type {number} */ amount) =>
    Uint32Array.from(all, (color) => packed(blend(color, ball, amount)));
  const tinted = (/** @type {number} */ full, /** @type {number} */ faint) =>
    tints && { full: mixed(tints, full), faded: mixed(tints, faint) };
  const perClass = (/** @type {(color: string, c: number) => string} */ f) =>
    Uint32Array.from(theme.classes, (color, c) => packed(f(color, c)));
  const faded = (/** @type {number} */ c) => emphasis[c] < FULL;
  return {
    ball: packed(ball),
    background: packed(theme.background),
    territory: {
      fill: perClass((color, c) =>
        !emphasis[c] ? blend(ball, theme.ink, 0.05) : blend(ball, color, faded(c) ? strength * 0.3 : strength),
      ),
      line: packed(theme.background),
      strength: 0.9,
    },
    nearCoat: {
      fill: perClass((color, c) => (faded(c) ? blend(color, ball, 0.75) : color)),
      line: perClass((color, c) => {
        const line = c < tailFrom ? theme.background : blend(theme.ink, color, 0.15);
        return blend(line, ball, faded(c) ? 0.7 : 0);
      }),
      tints: tinted(0, 0.75),
    },
    farCoat: {
      fill: perClass((color, c) => blend(color, ball, faded(c) ? 0.9 : 0.62)),
      line: perClass(() => ball),
      tints: tinted(0.62, 0.9),
    },
  };
}
