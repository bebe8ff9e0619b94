// @ts-check
/**
 * The globe itself: holds the state, hears hands and data, and asks for a frame when something changed. Knows
 * nothing of Streamlit, so that a page of its own can use it: `new Globe(parent)`, `update(bytes, send)`.
 */

import { clamp, dragged, normalized, slerp, spun, zoomed } from "./camera.js";
import { dial } from "./circle.js";
import { listen } from "./gestures.js";
import { EVERYTHING, emphasis, hovered, kept, soloed, toggled } from "./legend.js";
import { Panel } from "./panel.js";
import { decode, open } from "./protocol.js";
import { Reporter } from "./report.js";
import { readTheme } from "./theme.js";
import { advanced, commanded, last, moving, nearest, renewed, sought, union } from "./timeline.js";
import { View } from "./view.js";

const AROUND = 150; // pixels taken by slider and legend on a wide screen, until they have been measured
const NARROW_STAGE = 322; // height of one viewport on a narrow screen
const GESTURE_REST_MS = 160; // a frame is sharp again this long after the last movement
const ASK_AGAIN_MS = 4000;
const KEY_TURN = Math.PI / 24;

export class Globe {
  /** @param {ParentNode & Node} parent a shadow root or an element */
  constructor(parent) {
    this.parent = parent;
    this.panel = new Panel(parent);
    this.view = new View(this.panel.base, this.panel.over);
    /** @type {import("./protocol.js").Scene | null} */
    this.scene = null;
    /** @type {ReadonlyMap<string, import("./protocol.js").Part>} */
    this.parts = new Map();
    this.asking = 0;
    this.sought = 0; // id of the last jump that Python asked for
    this.moments = "";
    /** @type {import("./protocol.js").Options | null} */
    this.options = null;
    /** @type {import("./camera.js").Camera} */
    this.camera = { rotation: [1, 0, 0, 0], zoom: 1 };
    /** @type {import("./timeline.js").Timeline} */
    this.line = { mode: "paused", position: 0, steps: [0], live: false, away: false };
    this.legend = EVERYTHING;
    this.beforeClick = EVERYTHING;
    /** @type {Float32Array} */
    this.emphasis = new Float32Array(0);
    this.show = { territory: true, seeThrough: false, centers: true, targets: false, labels: true };
    this.calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.frame = 0;
    this.frames = 0;
    this.clock = 0;
    this.busyUntil = 0;
    /** @type {import("./view.js").Hit | null} */
    this.hit = null;
    this.reporter = new Reporter({ camera: this.camera, step: 0, following: false });
    this.#wire();
  }

  #wire() {
    const { panel } = this;
    this.stopListening = listen(panel.over, {
      drag: (from, to) => this.#drag(from, to),
      zoom: (factor) => this.#turn(zoomed(this.camera, factor)),
      twist: (angle) => this.#turn({ ...this.camera, rotation: spun(this.camera.rotation, angle) }),
      end: () => this.#gestureEnded(),
      hover: (at) => this.#hover(at),
      double: (at) => this.#double(at),
      key: (key, shift) => this.#key(key, shift),
    });
    this.observer = new ResizeObserver(() => this.#fit());
    this.observer.observe(panel.root);
    panel.play.addEventListener("click", () => this.#command("toggle", true));
    panel.live.addEventListener("click", () => this.#command("follow", true));
    panel.slider.addEventListener("input", () => {
      this.line = sought(this.line, Number(panel.slider.value));
      this.#disturb();
    });
    panel.slider.addEventListener("change", () => this.#command("settle", true));
    panel.slider.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      if (!event.shiftKey && this.#key(event.key, false)) {
        event.preventDefault();
        event.stopPropagation();
      }
    });
  }

  /**
   * New data or a new theme. Same scene: costs nothing but a frame.
   * @param {Uint8Array} bytes @param {(report: import("./report.js").Report) => void} send
   * @param {(need: string) => void} [ask] for the whole scene, where the bytes build on one that never came
   */
  update(bytes, send, ask = () => {}) {
    this.reporter.send = send;
    const { options, scene: blob, hash } = open(bytes);
    const before = this.scene;
    const { mode } = this.line;
    this.options = options;
    const found = hash === before?.hash ? null : decode(blob, this.parts);
    clearTimeout(this.asking);
    if (found) {
      this.parts = found.parts;
      this.#load(found.scene);
    } else {
      if (hash !== before?.hash) this.#ask(hash, ask);
      if (options.live !== this.line.live) this.line = renewed(this.line, this.line.steps, options.live);
    }
    if (before && before.id === this.scene?.id && mode !== this.line.mode) this.#report(); // follows again: Python can't know
    this.#mark();
    this.#jump();
    this.#retheme();
    this.#fit();
  }

  /** Show on the slider what happened when. */
  #mark() {
    const moments = this.options?.moments ?? [];
    const key = JSON.stringify(moments);
    if (!this.scene || key === this.moments) return;
    this.moments = key;
    this.panel.showTicks(this.scene, this.line, moments);
  }

  /** Go where Python wants to be, once. */
  #jump() {
    const seek = this.options?.seek;
    if (!seek || !this.scene || seek.id === this.sought) return;
    this.sought = seek.id;
    this.line = commanded(sought(this.line, seek.step), "settle");
    this.#report();
  }

  /** Until it comes: an answer can get lost, and a state value counts only if it differs. @param {string} hash @param {(need: string) => void} ask */
  #ask(hash, ask) {
    ask(`${hash} ${Date.now()}`);
    this.asking = /** @type {any} */ (setTimeout(() => this.#ask(hash, ask), ASK_AGAIN_MS));
  }

  /** @param {import("./protocol.js").Scene} scene */
  #load(scene) {
    const before = this.scene;
    const options = /** @type {import("./protocol.js").Options} */ (this.options);
    const steps = union(...scene.sides.map((side) => side.steps));
    this.scene = scene;
    this.view.setScene(scene);
    const numClasses = scene.classes.length;
    this.legend = before?.id === scene.id ? kept(this.legend, numClasses) : EVERYTHING;
    if (before?.id === scene.id) this.line = renewed(this.line, steps, options.live);
    else this.#begin(steps, options);
    this.panel.build(scene, {
      legend: (action, index) => this.#legendAction(action, index),
      tool: (name) => this.#tool(name),
    });
    this.panel.arrange(this.view.viewports);
    this.panel.showTicks(scene, this.line, options.moments ?? []);
    this.#setLegend(this.legend);
    this.panel.showTools(this.show);
  }

  /** @param {number[]} steps @param {import("./protocol.js").Options} options */
  #begin(steps, options) {
    this.camera = { rotation: normalized(options.camera.rotation), zoom: options.camera.zoom };
    const end = steps[steps.length - 1];
    const rest = options.step === null || options.live ? end : clamp(options.step, steps[0], end);
    const following = options.step === null || options.live;
    const plays = options.autoplay && following && !options.live && !this.calm && steps.length > 1;
    const mode = plays ? "playing" : following ? "following" : "paused";
    this.line = { mode, position: plays ? steps[0] : rest, steps, live: options.live, away: false };
    this.reporter.known = { camera: this.camera, step: nearest(steps, rest), following };
  }

  #retheme() {
    if (!this.scene) return;
    this.theme = readTheme(this.panel.root, this.scene);
    this.panel.paint(this.scene, this.theme);
    this.#request();
  }

  /** Size of the stage from the room that there is. */
  #fit() {
    if (!this.scene || !this.options) return;
    const width = this.panel.root.clientWidth;
    if (!width) return;
    const count = this.scene.sides.length;
    const below = this.panel.bar.offsetHeight + this.panel.bands.offsetHeight + this.panel.legend.offsetHeight + 12 || AROUND;
    const height = width < 640 ? Math.min(width + 16, NARROW_STAGE) * count : Math.max(220, this.options.height - below);
    if (width === this.view.width && height === this.view.height && this.view.ratio === Math.min(2, devicePixelRatio)) {
      return this.#request();
    }
    this.panel.stage.style.height = `${height}px`;
    this.view.resize(width, height);
    this.panel.arrange(this.view.viewports);
    this.panel.showTicks(this.scene, this.line, this.options.moments ?? []); // other texts have room now
    this.#request();
  }

  // --- frames ---

  #request() {
    if (!this.frame) this.frame = requestAnimationFrame((now) => this.#tick(now));
  }

  /** Something moves under the visitor's hand: draw quickly now, sharply soon. */
  #disturb() {
    this.busyUntil = performance.now() + GESTURE_REST_MS;
    this.#request();
  }

  /** @param {number} now */
  #tick(now) {
    this.frame = 0;
    if (!this.scene || !this.theme) return;
    const seconds = this.clock ? Math.min(0.1, (now - this.clock) / 1000) : 0;
    if (moving(this.line)) this.line = advanced(this.line, seconds);
    const again = moving(this.line);
    this.clock = again ? now : 0;
    const busy = performance.now() < this.busyUntil;
    const spent = this.view.draw(this.#picture(again || busy), this.theme);
    this.panel.showTime(this.scene, this.line, this.view.panes.map((pane) => pane.model));
    if (again && this.show.territory) this.view.prepare();
    if (again || busy) this.#request();
    this.#announce(spent);
  }

  /** @param {boolean} inMotion @returns {import("./view.js").Picture} */
  #picture(inMotion) {
    const position = this.calm ? nearest(this.line.steps, this.line.position) : this.line.position;
    return { camera: this.camera, position, emphasis: this.emphasis, show: this.show, moving: inMotion };
  }

  /** Tell tests and embedding pages that a frame is on the screen. @param {number} spent milliseconds */
  #announce(spent) {
    this.frames++;
    const { root } = this.panel;
    const step = nearest(this.line.steps, this.line.position);
    const mode = moving(this.line) || this.line.live ? this.line.mode : "paused";
    Object.assign(root.dataset, { frame: this.frames, step, mode, zoom: this.camera.zoom.toFixed(3) });
    root.dataset.rotation = this.camera.rotation.map((part) => part.toFixed(4)).join(" ");
    const detail = { frame: this.frames, ms: spent, step, mode };
    root.dispatchEvent(new CustomEvent("ghviz-frame", { detail, bubbles: true, composed: true }));
  }

  // --- hands ---

  /** @param {{x: number, y: number}} from @param {{x: number, y: number}} to */
  #drag(from, to) {
    const index = Math.max(0, this.view.viewportAt(from.x, from.y));
    const viewport = this.view.viewports[index];
    if (!viewport || !this.scene) return;
    const { rotation, zoom } = this.camera;
    if (this.scene.kind === "sphere") {
      const turned = dragged(rotation, to.x - from.x, to.y - from.y, viewport.radius * zoom);
      return this.#turn({ ...this.camera, rotation: turned });
    }
    const d = dial(viewport, zoom);
    const angle = (/** @type {{x: number, y: number}} */ p) => Math.atan2(viewport.top + d.y - p.y, p.x - viewport.left - d.x);
    const turn = angle(to) - angle(from);
    this.#turn({ ...this.camera, rotation: spun(rotation, Math.atan2(Math.sin(turn), Math.cos(turn))) });
  }

  /** @param {import("./camera.js").Camera} camera */
  #turn(camera) {
    this.camera = camera;
    this.panel.hint.classList.remove("fresh");
    this.#hover(null);
    this.#disturb();
  }

  #gestureEnded() {
    this.#disturb();
    this.#report();
  }

  #report() {
    const following = this.line.mode !== "paused"; // playing ends at the newest too
    const step = following ? last(this.line) : nearest(this.line.steps, this.line.position);
    this.reporter.offer({ camera: this.camera, step, following });
  }

  /** @param {import("./timeline.js").Command} command @param {boolean} tell Python */
  #command(command, tell) {
    this.line = commanded(this.line, command);
    this.#request();
    if (tell) this.#report();
  }

  /** @param {string} key @param {boolean} shift @returns {boolean} */
  #key(key, shift) {
    const turns = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const way = turns[/** @type {keyof typeof turns} */ (key)];
    if (shift && way) return this.#keyTurn(way[0], way[1]);
    /** @type {Record<string, import("./timeline.js").Command>} */
    const commands = { " ": "toggle", ArrowLeft: "previous", ArrowRight: "next", Home: "first", End: "last", l: "follow" };
    if (commands[key]) this.#command(commands[key], true);
    else if (key === "+" || key === "=") this.#tool("in");
    else if (key === "-") this.#tool("out");
    else if (key === "0") this.#tool("home");
    else if (key === "t") this.#tool("territory");
    else if (key === "v") this.#tool("targets");
    else if (key === "Escape" && this.legend.hidden.size) this.#legendAction("all", -1);
    else return false;
    return true;
  }

  /** @param {number} dx @param {number} dy */
  #keyTurn(dx, dy) {
    const { rotation } = this.camera;
    const circle = this.scene?.kind === "circle";
    const turned = circle ? spun(rotation, -dx * KEY_TURN) : dragged(rotation, dx * KEY_TURN, dy * KEY_TURN, 1);
    this.#turn({ ...this.camera, rotation: turned });
    this.#report();
    return true;
  }

  /** @param {string} name */
  #tool(name) {
    if (name in this.show) {
      const key = /** @type {keyof typeof this.show} */ (name);
      this.show = { ...this.show, [key]: !this.show[key] };
      this.panel.showTools(this.show);
      return this.#request();
    }
    if (name === "home" && this.options) return this.#flyHome(this.options.camera);
    this.#turn(zoomed(this.camera, name === "in" ? 1.25 : 0.8));
    this.#report();
  }

  /** @param {{rotation: number[], zoom: number}} home */
  #flyHome(home) {
    const from = this.camera;
    const to = { rotation: normalized(home.rotation), zoom: home.zoom };
    const start = performance.now();
    const fly = () => {
      const t = this.calm ? 1 : Math.min(1, (performance.now() - start) / 350);
      const eased = t * t * (3 - 2 * t);
      const zoom = from.zoom * (to.zoom / from.zoom) ** eased;
      this.#turn({ rotation: slerp(from.rotation, to.rotation, eased), zoom });
      if (t < 1) requestAnimationFrame(fly);
      else this.#report();
    };
    fly();
  }

  /** @param {{x: number, y: number} | null} at */
  #hover(at) {
    if (!this.scene || !this.theme) return;
    const hit = at && this.view.hit(at.x, at.y, this.#picture(false));
    if (!hit && !this.hit) return;
    this.hit = hit;
    this.view.drawHover(hit, this.theme);
    this.panel.showTip(this.scene, this.theme, hit, at ?? { x: 0, y: 0 });
  }

  /** @param {{x: number, y: number}} at double-click on the picture: that class alone, or everything again */
  #double(at) {
    const hit = this.view.hit(at.x, at.y, this.#picture(false));
    if (hit) this.#legendAction("solo", hit.owner);
    else if (this.legend.hidden.size) this.#legendAction("all", -1);
  }

  /** @param {"toggle" | "double" | "solo" | "hover" | "all" | "tail"} action @param {number} index */
  #legendAction(action, index) {
    if (!this.scene) return;
    const n = this.scene.classes.length;
    const tail = Array.from({ length: n - this.scene.tailFrom }, (_, i) => this.scene ? this.scene.tailFrom + i : 0);
    if (action === "toggle") this.beforeClick = this.legend;
    const next = {
      double: () => soloed({ ...this.beforeClick, hovered: this.legend.hovered }, [index], n), // as if its first click had not been
      toggle: () => toggled(this.legend, index, n),
      solo: () => soloed(this.legend, [index], n),
      hover: () => hovered(this.legend, index),
      all: () => EVERYTHING,
      tail: () => soloed(this.legend, tail, n),
    }[action]();
    this.#setLegend(next);
  }

  /** @param {import("./legend.js").Legend} legend */
  #setLegend(legend) {
    if (!this.scene) return;
    this.legend = legend;
    this.emphasis = emphasis(legend, this.scene.classes.length);
    this.panel.showLegend(legend, this.scene);
    this.#request();
  }

  destroy() {
    cancelAnimationFrame(this.frame);
    clearTimeout(this.asking);
    this.reporter.stop();
    this.observer?.disconnect();
    this.stopListening?.();
    this.panel.root.remove();
    this.panel.style.remove();
  }
}
