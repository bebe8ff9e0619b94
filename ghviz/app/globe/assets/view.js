// @ts-check
/**
 * The picture: lays out the viewports, draws them, and says what lies under a point of the screen.
 *
 * @typedef {import("./protocol.js").Scene} Scene
 * @typedef {import("./camera.js").Camera} Camera
 * @typedef {import("./theme.js").Theme} Theme
 * @typedef {{territory: boolean, seeThrough: boolean, centers: boolean, targets: boolean, labels: boolean}} Show
 * @typedef {{left: number, top: number, width: number, height: number, x: number, y: number, radius: number}} Viewport
 * @typedef {{camera: Camera, position: number, emphasis: Float32Array, show: Show, moving: boolean}} Picture
 * @typedef {{side: number, point: number, owner: number, share: number | null, value: number | null}} Hit point and owner: -1 for none
 */

import { matrix, roll } from "./camera.js";
import { dial, drawCircle, heights, stacked } from "./circle.js";
import { HIDDEN, FADED, FULL } from "./legend.js";
import { SideModel, UNKNOWN } from "./model.js";
import { clear, createBall, createFrame, createStamp, depthOrder, paintBall, pick, project, stampDiscs } from "./raster.js";
import { drawSphere } from "./sphere.js";
import { ownerAt, texel } from "./territory.js";
import { rasterLook } from "./theme.js";

const MAX_RATIO = 2; // device pixels a CSS pixel; more costs time and shows nothing
const SLOW_MS = 24;
const GAP = 10; // CSS pixels between viewports
const STACK_BELOW = 640; // CSS pixels: narrower than this, the twins stand one above the other

/**
 * @param {number} width @param {number} height @param {number} count @param {"circle" | "sphere"} kind
 * @returns {Viewport[]} in CSS pixels
 */
export function layout(width, height, count, kind) {
  const columns = width < STACK_BELOW ? 1 : count;
  const rows = Math.ceil(count / columns);
  const w = (width - GAP * (columns - 1)) / columns;
  const h = (height - GAP * (rows - 1)) / rows;
  return Array.from({ length: count }, (_, i) => {
    const [sideMargin, edge] = kind === "circle" ? [54, 36] : [26, 24];
    const full = Math.min(w / 2 - sideMargin, h / 2 - edge);
    // The header stands in the upper left corner; where the round leaves no room for it there, it gets a strip.
    const corner = w / 2 - full + 0.29 * full;
    const strip = corner < 168 ? 42 : 0;
    const radius = Math.max(20, Math.min(w / 2 - sideMargin, (h - strip) / 2 - edge));
    return {
      left: (i % columns) * (w + GAP),
      top: Math.floor(i / columns) * (h + GAP),
      width: w,
      height: h,
      x: w / 2,
      y: strip + (h - strip) / 2,
      radius,
    };
  });
}

/** @param {number} count @param {number} radius of the round @returns {number} radius of a point's disc in CSS pixels */
export function discRadius(count, radius) {
  const room = Math.min(1.3, Math.max(0.72, Math.sqrt(radius / 200)));
  return Math.min(4.8, Math.max(1.3, 3.5 * room * (500 / count) ** 0.27));
}

export class View {
  /** @param {HTMLCanvasElement} base @param {HTMLCanvasElement} over */
  constructor(base, over) {
    this.base = base;
    this.over = over;
    this.ctx = /** @type {CanvasRenderingContext2D} */ (base.getContext("2d", { alpha: false }));
    this.overCtx = /** @type {CanvasRenderingContext2D} */ (over.getContext("2d"));
    this.scratch = document.createElement("canvas");
    this.scratchCtx = /** @type {CanvasRenderingContext2D} */ (this.scratch.getContext("2d", { alpha: false }));
    /** @type {Viewport[]} */
    this.viewports = [];
    /** @type {Pane[]} */
    this.panes = [];
    this.width = this.height = 0;
    this.ratio = 1;
    this.cost = 0; // milliseconds of a frame, moving average
    /** @type {{theme: Theme, emphasis: Float32Array, raster: ReturnType<typeof rasterLook>} | null} */
    this.look = null;
  }

  /** @param {Scene} scene */
  setScene(scene) {
    this.scene = scene;
    this.panes = scene.sides.map((side) => new Pane(new SideModel(side, scene.dimension, scene.classes.length)));
    this.look = null;
    if (this.width) this.resize(this.width, this.height);
  }

  /** @param {number} width @param {number} height CSS pixels */
  resize(width, height) {
    this.width = width;
    this.height = height;
    this.ratio = Math.min(MAX_RATIO, window.devicePixelRatio || 1);
    for (const canvas of [this.base, this.over]) {
      canvas.width = Math.round(width * this.ratio);
      canvas.height = Math.round(height * this.ratio);
    }
    if (this.scene) this.viewports = layout(width, height, this.panes.length, this.scene.kind);
  }

  /** @param {Picture} picture @param {Theme} theme @returns {number} milliseconds */
  draw(picture, theme) {
    if (!this.scene || !this.width) return 0;
    const start = performance.now();
    const scale = this.#scale(picture.moving);
    const look = this.#lookFor(theme, picture.emphasis, this.scene.tailFrom);
    this.ctx.setTransform(1, 0, 0, 1, 0, 0);
    this.ctx.fillStyle = theme.background;
    this.ctx.fillRect(0, 0, this.base.width, this.base.height);
    this.panes.forEach((pane, i) => {
      const viewport = this.viewports[i];
      pane.place(viewport, picture.camera.zoom, scale, this.scene?.kind ?? "sphere", theme.dark);
      pane.model.moveTo(picture.position);
      this.#drawPane(pane, viewport, picture, theme, look, scale);
    });
    const spent = performance.now() - start;
    this.cost = this.cost ? 0.8 * this.cost + 0.2 * spent : spent;
    return spent;
  }

  /** While playing: enlarge one map of the next snapshots ahead of time, so that no frame has to make them all. */
  prepare() {
    for (const { model } of this.panes) {
      const next = model.at.right + 1;
      if (next >= model.side.maps.length || model.charts.has(next)) continue;
      model.chart(next);
      return;
    }
  }

  /** @param {boolean} moving device pixels of the raster a CSS pixel: fewer while it moves and that is slow */
  #scale(moving) {
    if (!moving) this.coarse = false;
    else if (this.cost > SLOW_MS) this.coarse = true;
    return moving && this.coarse ? Math.max(0.75, Math.min(1, this.ratio * 0.6)) : this.ratio;
  }

  /** @param {Theme} theme @param {Float32Array} emphasis @param {number} tailFrom */
  #lookFor(theme, emphasis, tailFrom) {
    if (this.look?.theme !== theme || this.look.emphasis !== emphasis) {
      this.look = { theme, emphasis, raster: rasterLook(theme, emphasis, tailFrom) };
    }
    return this.look.raster;
  }

  /**
   * @param {Pane} pane @param {Viewport} viewport @param {Picture} picture @param {Theme} theme
   * @param {ReturnType<typeof rasterLook>} look @param {number} scale
   */
  #drawPane(pane, viewport, picture, theme, look, scale) {
    const scene = /** @type {Scene} */ (this.scene);
    const circle = scene.kind === "circle";
    if (circle) pane.rasterCircle(scene, picture, look, scale);
    else pane.rasterSphere(scene, picture, look);
    this.#blit(pane, viewport, scale);
    const { ctx, ratio } = this;
    ctx.save();
    ctx.setTransform(ratio, 0, 0, ratio, viewport.left * ratio, viewport.top * ratio);
    ctx.beginPath();
    ctx.rect(0, 0, viewport.width, viewport.height);
    ctx.clip();
    const shared = {
      classes: scene.classes, tailFrom: scene.tailFrom, emphasis: picture.emphasis, show: picture.show,
      targets: pane.model.side.targets,
    };
    const { camera } = picture;
    if (circle) {
      const { arcs, centers } = pane.model;
      const bounds = viewport;
      drawCircle(ctx, { ...shared, bounds, dial: dial(viewport, camera.zoom), roll: roll(camera.rotation), arcs, centers }, theme);
    } else {
      const place = { x: viewport.x, y: viewport.y, radius: viewport.radius * camera.zoom };
      drawSphere(ctx, { ...shared, place, bounds: viewport, matrix: matrix(camera.rotation), centers: pane.model.centers }, theme);
    }
    ctx.restore();
  }

  /** @param {Pane} pane @param {Viewport} viewport @param {number} scale */
  #blit(pane, viewport, scale) {
    const { ctx, ratio, scratch } = this;
    const left = Math.round(viewport.left * ratio);
    const top = Math.round(viewport.top * ratio);
    if (scale === ratio) {
      ctx.putImageData(pane.image, left, top);
      return;
    }
    const { width, height } = pane.frame;
    if (scratch.width !== width || scratch.height !== height) [scratch.width, scratch.height] = [width, height];
    this.scratchCtx.putImageData(pane.image, 0, 0);
    ctx.drawImage(scratch, left, top, Math.round(viewport.width * ratio), Math.round(viewport.height * ratio));
  }

  /** @param {number} x @param {number} y CSS pixels @returns {number} index of the viewport, or -1 */
  viewportAt(x, y) {
    return this.viewports.findIndex(
      (v) => x >= v.left && x < v.left + v.width && y >= v.top && y < v.top + v.height,
    );
  }

  /**
   * What lies under the pointer. @param {number} x @param {number} y @param {Picture} picture @returns {Hit | null}
   */
  hit(x, y, picture) {
    const side = this.viewportAt(x, y);
    if (side < 0 || !this.scene) return null;
    const pane = this.panes[side];
    const viewport = this.viewports[side];
    const local = { x: x - viewport.left, y: y - viewport.top };
    const labels = pane.model.side.labels;
    const point = pane.pick(local, (i) => picture.emphasis[labels[i]] > HIDDEN);
    const owner = point < 0 ? this.#ownerAt(pane, viewport, local, picture) : labels[point];
    if (owner < 0) return null;
    const value = point < 0 ? null : pane.model.valuesNow()?.[point] ?? null;
    return { side, point, owner, share: pane.model.shareNow()?.[owner] ?? null, value: value === UNKNOWN ? null : value };
  }

  /** @param {Pane} pane @param {Viewport} viewport @param {{x: number, y: number}} at @param {Picture} picture */
  #ownerAt(pane, viewport, at, { camera, show }) {
    const { side, arcs, nearest } = pane.model;
    if (!show.territory) return -1;
    if (this.scene?.kind === "circle") {
      const d = dial(viewport, camera.zoom);
      const distance = Math.hypot(at.x - d.x, at.y - d.y);
      if (!arcs.length || distance > d.radius + 4 || distance < d.rim - 2) return -1;
      return ownerAt(arcs, Math.atan2(d.y - at.y, at.x - d.x) - roll(camera.rotation));
    }
    const radius = viewport.radius * camera.zoom;
    const vx = (at.x - viewport.x) / radius;
    const vy = (viewport.y - at.y) / radius;
    if (!side.maps.length || vx * vx + vy * vy > 1) return -1;
    const vz = Math.sqrt(1 - vx * vx - vy * vy);
    const m = matrix(camera.rotation);
    const p = [0, 1, 2].map((i) => m[i] * vx + m[3 + i] * vy + m[6 + i] * vz);
    return side.maps[nearest][texel(p[0], p[1], p[2], side.mapSide)];
  }

  /** Rings around a hovered point, and around the same sample on the other side. @param {Hit | null} hit @param {Theme} theme */
  drawHover(hit, theme) {
    const { overCtx: ctx, ratio } = this;
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    ctx.clearRect(0, 0, this.over.width, this.over.height);
    if (!hit || hit.point < 0) return;
    this.panes.forEach((pane, i) => {
      const same = i === hit.side || pane.model.side.count === this.panes[hit.side].model.side.count;
      const at = same ? pane.pointAt(hit.point) : null;
      if (!at) return;
      const viewport = this.viewports[i];
      ctx.setTransform(ratio, 0, 0, ratio, viewport.left * ratio, viewport.top * ratio);
      ctx.beginPath();
      ctx.arc(at.x, at.y, 8, 0, 2 * Math.PI);
      ctx.setLineDash(at.behind ? [2, 3] : []);
      ctx.lineWidth = 4;
      ctx.strokeStyle = theme.background;
      ctx.stroke();
      ctx.lineWidth = 2;
      ctx.strokeStyle = theme.ink;
      ctx.stroke();
    });
    ctx.setLineDash([]);
  }
}

/** One viewport's raster and where its points fell. */
class Pane {
  /** @param {SideModel} model */
  constructor(model) {
    this.model = model;
    const n = model.side.count;
    this.xs = new Float32Array(n);
    this.ys = new Float32Array(n);
    this.zs = new Float32Array(n);
    this.order = new Uint32Array(n);
    this.heights = heights(n);
    this.frame = createFrame(1, 1);
    this.image = new ImageData(1, 1);
    this.setup = "";
    this.scale = 1;
    this.farVisible = false;
    /** @type {import("./raster.js").Stamp[]} */
    this.stamps = [];
    /** @type {import("./raster.js").Ball | null} */
    this.ball = null;
  }

  /** @param {Viewport} viewport @param {number} zoom @param {number} scale @param {string} kind @param {boolean} dark */
  place(viewport, zoom, scale, kind, dark) {
    const setup = [viewport.width, viewport.height, viewport.radius, viewport.y, zoom, scale, dark].join();
    if (setup === this.setup) return;
    this.setup = setup;
    this.scale = scale;
    const size = { width: Math.round(viewport.width * scale), height: Math.round(viewport.height * scale) };
    if (size.width !== this.frame.width || size.height !== this.frame.height) {
      this.frame = createFrame(size.width, size.height);
      this.image = new ImageData(/** @type {any} */ (this.frame.bytes), size.width, size.height);
    }
    this.spot = { x: viewport.x * scale, y: viewport.y * scale, radius: viewport.radius * zoom * scale };
    const look = dark ? { darkest: 0.72, shine: 0.07 } : { darkest: 0.82, shine: 0.06 };
    this.ball = kind === "sphere" ? createBall(size, this.spot, look) : null;
    this.dial = dial(viewport, zoom);
    this.disc = discRadius(this.model.side.count, viewport.radius) * Math.min(1.6, Math.sqrt(Math.max(1, zoom)));
    const outline = Math.min(0.85, 0.3 * this.disc);
    const head = createStamp(this.disc * scale, outline * scale);
    const tail = createStamp((this.disc + 0.25) * scale, outline * scale);
    this.head = head;
    this.tail = tail;
  }

  /** @param {Scene} scene */
  #stampsFor({ classes, tailFrom }) {
    return classes.map((_, c) => /** @type {any} */ (c < tailFrom ? this.head : this.tail));
  }

  /**
   * @param {{order: Uint32Array, begin: number, end: number}} range @param {Scene} scene @param {Float32Array} emphasis
   * @param {{fill: Uint32Array, line: Uint32Array, tints: {full: Uint32Array, faded: Uint32Array} | null}} coat
   */
  #stamp(range, scene, emphasis, { fill, line, tints }) {
    const { xs, ys } = this;
    const labels = this.model.side.labels;
    const discs = { ...range, xs, ys, labels, emphasis, fill, line, stamps: this.#stampsFor(scene) };
    if (tints && scene.bands) Object.assign(discs, { tints: this.model.tintsNow(scene.bands.items), fill: tints.full });
    const spotlight = emphasis.includes(FADED);
    if (spotlight) stampDiscs(this.frame, { ...discs, fill: tints ? tints.faded : fill, only: FADED });
    stampDiscs(this.frame, { ...discs, only: spotlight ? FULL : -1 });
  }

  /** @param {Scene} scene @param {Picture} picture @param {ReturnType<typeof rasterLook>} look */
  rasterSphere(scene, { camera, emphasis, show, moving }, look) {
    const { frame, model, order } = this;
    const m = matrix(camera.rotation);
    const ball = /** @type {import("./raster.js").Ball} */ (this.ball);
    const spot = /** @type {import("./raster.js").Ball} */ (this.spot);
    const bare = { plain: look.ball, before: null, after: null, t: 0, side: 0, opacity: 1, fine: false };
    clear(frame, look.background);
    project(model.positions, m, spot, this);
    const far = depthOrder(this.zs, model.byClass, order);
    this.farVisible = show.seeThrough;
    const painted = show.territory && model.side.maps.length > 0;
    if (show.seeThrough || !painted) paintBall(frame, ball, m, bare);
    if (show.seeThrough) this.#stamp({ order, begin: 0, end: far }, scene, emphasis, look.farCoat);
    if (painted) {
      const { left, right, t } = model.at;
      const before = model.texture(left, look.territory);
      const after = right === left ? before : model.texture(right, look.territory);
      const side = model.chart(left).side;
      const opacity = show.seeThrough ? 0.5 : 1;
      paintBall(frame, ball, m, { plain: look.ball, before, after, t, side, opacity, fine: !moving });
    }
    this.#stamp({ order, begin: far, end: order.length }, scene, emphasis, look.nearCoat);
  }

  /** @param {Scene} scene @param {Picture} picture @param {ReturnType<typeof rasterLook>} look @param {number} scale */
  rasterCircle(scene, { camera, emphasis }, look, scale) {
    const { frame, model, xs, ys, zs } = this;
    const d = /** @type {import("./circle.js").Dial} */ (this.dial);
    const n = model.side.count;
    const angles = new Float32Array(n);
    for (let i = 0; i < n; i++) angles[i] = Math.atan2(model.positions[2 * i + 1], model.positions[2 * i]);
    const disc = /** @type {number} */ (this.disc);
    stacked(angles, this.heights, { rim: d.rim, band: d.band, diameter: 2 * disc }, zs);
    const turn = roll(camera.rotation);
    for (let i = 0; i < n; i++) {
      const r = d.rim - disc - 2 - zs[i];
      xs[i] = scale * (d.x + r * Math.cos(angles[i] + turn));
      ys[i] = scale * (d.y - r * Math.sin(angles[i] + turn));
    }
    zs.fill(1);
    clear(frame, look.background);
    this.#stamp({ order: model.byClass, begin: 0, end: n }, scene, emphasis, look.nearCoat);
  }

  /** @param {{x: number, y: number}} at CSS pixels @param {(i: number) => boolean} visible */
  pick(at, visible) {
    const front = (/** @type {number} */ i) => visible(i) && this.zs[i] >= 0;
    const pointer = { x: at.x * this.scale, y: at.y * this.scale, tolerance: 7 * this.scale };
    return pick(this.xs, this.ys, front, pointer);
  }

  /** @param {number} i @returns {{x: number, y: number, behind: boolean} | null} CSS pixels */
  pointAt(i) {
    const behind = this.zs[i] < 0;
    return { x: this.xs[i] / this.scale, y: this.ys[i] / this.scale, behind };
  }
}
