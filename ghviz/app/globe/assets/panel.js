// @ts-check
/**
 * The elements around the canvas: headers, slider, tools, legend, tooltip. It shows what it is told and reports
 * what is clicked; it decides nothing.
 *
 * @typedef {import("./protocol.js").Scene} Scene
 * @typedef {import("./theme.js").Theme} Theme
 */

import { flipsOf, roomy } from "./flips.js";
import { isSolo } from "./legend.js";
import { STYLE } from "./style.js";
import { first, last, nearest } from "./timeline.js";

const PLAY = '<svg viewBox="0 0 16 16" aria-hidden="true"><path d="M4 2.2v11.6c0 .6.7 1 1.2.7l9-5.8c.5-.3.5-1 0-1.3l-9-5.9C4.700 1.200 4 1.600 4 2.200z"/></svg>';
const PAUSE = '<svg viewBox="0 0 16 16" aria-hidden="true"><rect x="3" y="2" width="3.600" height="12" rx="1"/><rect x="9.400" y="2" width="3.600" height="12" rx="1"/></svg>';
const HINT = "drag to turn both · Ctrl + scroll to zoom · double-click to see one class alone";
const MANY = 24;

/** @type {[import("./view.js").Show extends infer S ? keyof S : never, string, string][]} */
const TOGGLES = [
  ["territory", "Territory", "Paint each direction in the colour of the class that owns it (nearest sample)"],
  ["centers", "Centres", "Mean direction of each class"],
  ["targets", "GH vertices", "The vertices of GH's geometric uniform structure"],
  ["seeThrough", "See-through", "Show the far side too"],
];

/**
 * A step as the page around writes it.
 * @param {number} step @returns {string}
 */
function written(step) {
  return step.toLocaleString("en");
}

/**
 * @param {string} tag @param {string} [className] @param {string} [html] @returns {any}
 */
function element(tag, className = "", html = "") {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (html) made.innerHTML = html;
  return made;
}

export class Panel {
  /** @param {ParentNode & Node} parent */
  constructor(parent) {
    this.style = element("style");
    this.style.textContent = STYLE;
    this.root = element("div", "globe");
    this.stage = element("div", "stage");
    this.base = element("canvas", "base");
    this.over = element("canvas", "over");
    this.over.tabIndex = 0;
    this.over.setAttribute("role", "img");
    this.over.setAttribute("aria-describedby", "hint");
    this.hint = element("div", "hint fresh");
    this.hint.id = "hint";
    this.hint.textContent = HINT;
    this.tip = element("div", "tip");
    this.stage.append(this.base, this.over, this.hint, this.tip);
    this.bar = element("div", "bar");
    this.play = element("button", "play", PLAY);
    this.time = element("div", "time");
    this.ticks = element("div", "ticks");
    this.slider = element("input");
    Object.assign(this.slider, { type: "range", step: "any" });
    this.slider.setAttribute("aria-label", "Training step");
    this.time.append(this.ticks, this.slider);
    this.step = element("div", "step");
    this.live = element("button", "live", "<i></i>Live");
    this.tools = element("div", "tools");
    this.tools.setAttribute("role", "toolbar");
    this.bar.append(this.play, this.time, this.step, this.live, this.tools);
    this.bands = element("div", "bands");
    this.legend = element("div", "legend");
    this.problem = element("div", "problem");
    this.root.append(this.stage, this.bar, this.bands, this.legend, this.problem);
    parent.append(this.style, this.root);
    /** @type {any[]} */
    this.heads = [];
    /** @type {HTMLButtonElement[]} */
    this.items = [];
  }

  /**
   * @param {Scene} scene
   * @param {{legend: (action: "toggle" | "double" | "solo" | "hover" | "all" | "tail", index: number) => void, tool: (name: string) => void}} on
   */
  build(scene, on) {
    this.root.classList.toggle("many", scene.classes.length > MANY);
    for (const head of this.heads) head.remove();
    this.heads = scene.sides.map((side) => {
      const head = element("div", "head", "<b><i></i><u style='text-decoration:none'></u></b><span></span>");
      head.querySelector("u").textContent = side.title;
      this.stage.append(head);
      return head;
    });
    this.#buildTools(scene, on.tool);
    this.#buildLegend(scene, on.legend);
    this.#buildBands(scene);
    const what = scene.kind === "circle" ? "circle" : "sphere";
    const titles = scene.sides.map((side) => side.title).join(" and ");
    this.over.setAttribute("aria-label", `Embeddings on the ${what}: ${titles}. Space plays, arrow keys step through training, Shift and arrows turn.`);
  }

  /** @param {Scene} scene @param {(name: string) => void} tool */
  #buildTools(scene, tool) {
    this.tools.replaceChildren();
    const add = (/** @type {string} */ name, /** @type {string} */ text, /** @type {string} */ title, icon = false) => {
      const button = element("button", icon ? "icon" : "");
      Object.assign(button, { textContent: text, title, type: "button" });
      button.dataset.tool = name;
      if (icon) button.setAttribute("aria-label", title);
      button.addEventListener("click", () => tool(name));
      this.tools.append(button);
    };
    for (const [name, text, title] of TOGGLES) {
      const possible = {
        territory: scene.sides.some((side) => side.maps.length || side.rings.length),
        centers: scene.sides.some((side) => side.centers.length),
        targets: scene.sides.some((side) => side.targets),
        seeThrough: scene.kind === "sphere",
        labels: true,
      };
      if (possible[name]) add(name, text, title);
    }
    this.tools.append(element("hr"));
    add("out", "−", "Zoom out", true);
    add("in", "+", "Zoom in", true);
    add("home", "⟲", "Back to the first view", true);
  }

  /** @param {Scene} scene @param {(action: any, index: number) => void} on */
  #buildLegend(scene, on) {
    const key = element("div", "key");
    const all = element("button", "", "all");
    const tail = element("button", "", "tail half");
    all.title = "Show every class";
    tail.title = "Show the tail half alone: the least frequent classes, drawn with a dark outline";
    all.addEventListener("click", () => on("all", -1));
    tail.addEventListener("click", () => on("tail", -1));
    all.dataset.legend = "all";
    tail.dataset.legend = "tail";
    key.append(all, tail);
    const items = element("div", "items");
    this.items = scene.classes.map((each, i) => {
      const button = element("button", "", `<i class="dot${i < scene.tailFrom ? "" : " tail"}"></i><span></span><small></small>`);
      button.querySelector("span").textContent = each.name;
      button.querySelector("small").textContent = each.count.toLocaleString("en");
      button.title = `${each.name}: ${each.count.toLocaleString("en")} training samples${i < scene.tailFrom ? "" : ", tail half"}. Click hides, double-click shows it alone.`;
      button.dataset.class = String(i);
      button.addEventListener("click", (/** @type {MouseEvent} */ event) => {
        if (event.detail < 2) on(event.shiftKey ? "solo" : "toggle", i); // the second of two clicks is no click
      });
      button.addEventListener("dblclick", () => on("double", i));
      button.addEventListener("pointerenter", (/** @type {PointerEvent} */ e) => e.pointerType !== "touch" && on("hover", i));
      button.addEventListener("pointerleave", () => on("hover", -1));
      button.addEventListener("focus", () => button.matches(":focus-visible") && on("hover", i));
      button.addEventListener("blur", () => on("hover", -1));
      if (i === scene.tailFrom) items.append(element("span", "cut"));
      items.append(button);
      return button;
    });
    items.prepend(element("em", "", "head →"));
    items.append(element("em", "", "→ tail, outlined"));
    this.legend.replaceChildren(key, items);
  }

  /** What the colours say where they don't say the class. @param {Scene} scene */
  #buildBands({ bands }) {
    this.bands.style.display = bands ? "" : "none";
    this.bands.replaceChildren(
      ...(bands ? [Object.assign(element("b"), { textContent: bands.title })] : []),
      ...(bands?.items ?? []).map(({ name }) => {
        const item = element("span", "", '<i class="dot"></i><u></u>');
        item.querySelector("u").textContent = name;
        return item;
      }),
    );
  }

  /** @param {Scene} scene @param {Theme} theme */
  paint(scene, theme) {
    this.bands.querySelectorAll("span").forEach((/** @type {any} */ item, /** @type {number} */ i) =>
      item.style.setProperty("--c", theme.bands?.[i] ?? ""),
    );
    this.items.forEach((button, i) => button.style.setProperty("--c", theme.classes[i]));
    this.heads.forEach((head, i) => (head.querySelector("i").style.background = theme.sides[i]));
    theme.sides.forEach((color, i) => this.root.style.setProperty(`--side-${i}`, color));
  }

  /** @param {import("./view.js").Viewport[]} viewports */
  arrange(viewports) {
    this.heads.forEach((head, i) => {
      const v = viewports[i];
      if (!v) return;
      Object.assign(head.style, { left: `${v.left}px`, top: `${v.top}px`, maxWidth: `${v.width}px` });
    });
  }

  /** @param {import("./legend.js").Legend} legend @param {Scene} scene */
  showLegend(legend, scene) {
    this.items.forEach((button, i) => {
      button.setAttribute("aria-pressed", String(!legend.hidden.has(i)));
    });
    const tail = scene.classes.map((_, i) => i).filter((i) => i >= scene.tailFrom);
    const [all, half] = this.legend.querySelectorAll(".key button");
    all.setAttribute("aria-pressed", String(!legend.hidden.size));
    half.setAttribute("aria-pressed", String(isSolo(legend, tail, scene.classes.length)));
  }

  /** @param {import("./view.js").Show} show */
  showTools(show) {
    for (const button of this.tools.querySelectorAll("button")) {
      const name = button.dataset.tool;
      if (name in show) button.setAttribute("aria-pressed", String(/** @type {any} */ (show)[name]));
    }
  }

  /**
   * Marks under and over the slider: snapshots, flips of GH's switch, and other moments.
   * @param {Scene} scene @param {import("./timeline.js").Timeline} line @param {[number, string][]} moments
   */
  showTicks(scene, line, moments) {
    const [from, to] = [first(line), last(line)];
    const place = (/** @type {number} */ step) => `${to > from ? (100 * (step - from)) / (to - from) : 0}%`;
    Object.assign(this.slider, { min: from, max: to });
    const flips = flipsOf(scene.sides, from, to);
    const said = new Set(roomy(flips, from, to, this.ticks.clientWidth));
    this.ticks.replaceChildren(
      ...(line.steps.length <= 120 ? line.steps : []).map((step) => {
        const tick = element("i");
        tick.style.left = place(step);
        return tick;
      }),
      ...moments.map(([step, text]) => {
        const mark = element("b");
        mark.style.left = place(step);
        mark.title = `Step ${written(step)}: ${text}`;
        return mark;
      }),
      ...flips.map((each) => {
        const { step, side, text, left } = each;
        const flip = element("span", left ? "left" : "");
        flip.style.left = place(step);
        flip.style.setProperty("--flip", `var(--side-${side})`);
        flip.title = `${text} at step ${written(step)}`;
        if (said.has(each)) flip.append(Object.assign(element("em"), { textContent: text }));
        return flip;
      }),
    );
  }

  /** @param {Scene} scene @param {import("./timeline.js").Timeline} line @param {import("./model.js").SideModel[]} models */
  showTime(scene, line, models) {
    const [from, to] = [first(line), last(line)];
    const step = nearest(line.steps, line.position);
    this.slider.value = String(line.position);
    this.slider.style.setProperty("--done", `${to > from ? (100 * (line.position - from)) / (to - from) : 100}%`);
    this.slider.setAttribute("aria-valuetext", `step ${written(step)} of ${written(to)}`);
    this.step.innerHTML = `step <b>${written(step)}</b> / ${written(to)}`;
    const playing = line.mode === "playing";
    if (this.play.dataset.playing !== String(playing)) {
      this.play.dataset.playing = String(playing);
      this.play.innerHTML = playing ? PAUSE : PLAY;
      this.play.setAttribute("aria-label", playing ? "Pause" : "Play the training");
      this.play.title = playing ? "Pause (space)" : "Play the training (space)";
    }
    this.live.classList.toggle("on", line.live);
    this.live.setAttribute("aria-pressed", String(line.mode === "following"));
    this.live.title = line.mode === "following" ? "Following the newest snapshot" : "Go back to the newest snapshot and follow it";
    this.heads.forEach((head, i) => {
      const caption = scene.sides[i].captions[models[i].nearest] ?? "";
      const span = head.querySelector("span");
      if (span.textContent !== caption) span.textContent = caption;
    });
  }

  /**
   * @param {Scene} scene @param {Theme} theme @param {import("./view.js").Hit | null} hit @param {{x: number, y: number}} at
   */
  showTip(scene, theme, hit, at) {
    this.tip.classList.toggle("on", Boolean(hit));
    this.items.forEach((button, i) => button.classList.toggle("lit", hit?.owner === i));
    if (!hit) return;
    const { name, count } = scene.classes[hit.owner];
    const tail = hit.owner >= scene.tailFrom;
    this.tip.replaceChildren();
    const thumbnail = hit.point >= 0 ? drawnThumbnail(scene, hit.point) : null;
    if (thumbnail) this.tip.append(thumbnail);
    const words = element("div", "", `<b><i class="dot${tail ? " tail" : ""}"></i><span></span></b><small></small><small></small>`);
    words.querySelector(".dot").style.setProperty("--c", theme.classes[hit.owner]);
    words.querySelector("span").textContent = hit.point < 0 ? `territory of ${name}` : name;
    const [line, other] = words.querySelectorAll("small");
    line.textContent = `${count.toLocaleString("en")} samples${tail ? " · tail half" : ""}`;
    if (scene.bands && hit.point >= 0) {
      const placed = hit.value === null ? "not known here" : (hit.value / 100).toFixed(2);
      words.append(Object.assign(element("small"), { textContent: `${scene.bands.title.toLowerCase()} ${placed}` }));
    }
    const whole = scene.kind === "circle" ? "circle" : "sphere";
    if (hit.share === null) other.remove();
    else other.textContent = `owns ${(100 * hit.share).toPrecision(2)} % of the ${whole}`;
    this.tip.append(words);
    const box = this.tip.getBoundingClientRect();
    const stage = this.stage.getBoundingClientRect();
    const left = at.x + 16 + box.width > stage.width ? at.x - 16 - box.width : at.x + 16;
    const top = Math.min(Math.max(2, at.y - box.height / 2), stage.height - box.height - 2);
    Object.assign(this.tip.style, { left: `${Math.max(2, left)}px`, top: `${top}px` });
  }

  /** @param {string} sentence shown instead of the picture; empty: the picture */
  showProblem(sentence) {
    this.problem.textContent = sentence;
    this.root.classList.toggle("failed", Boolean(sentence));
  }
}

/** @param {Scene} scene @param {number} index @returns {HTMLCanvasElement | null} */
function drawnThumbnail({ thumbnails }, index) {
  if (!thumbnails || index >= thumbnails.count) return null;
  const { data, height, width, channels } = thumbnails;
  const canvas = element("canvas");
  Object.assign(canvas, { width, height });
  const image = new ImageData(width, height);
  const start = index * height * width * channels;
  for (let i = 0; i < height * width; i++) {
    for (let c = 0; c < 3; c++) image.data[4 * i + c] = data[start + i * channels + (channels === 3 ? c : 0)];
    image.data[4 * i + 3] = 255;
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}
