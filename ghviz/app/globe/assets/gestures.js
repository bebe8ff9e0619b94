// @ts-check
/**
 * Hands on the canvas: drags, pinches, wheels and keys become calls of a few handlers.
 *
 * @typedef {object} Handlers
 * @property {(from: {x: number, y: number}, to: {x: number, y: number}) => void} drag CSS pixels in the canvas
 * @property {(factor: number) => void} zoom
 * @property {(angle: number) => void} twist counter-clockwise, radians
 * @property {() => void} end of a gesture
 * @property {(at: {x: number, y: number} | null) => void} hover
 * @property {(at: {x: number, y: number}) => void} double
 * @property {(key: string, shift: boolean) => boolean} key whether it was meant for us
 */

const WHEEL_REST_MS = 200;

/**
 * @param {HTMLElement} element focusable @param {Handlers} handlers @returns {() => void} takes the listeners away
 */
export function listen(element, handlers) {
  /** @type {Map<number, {x: number, y: number}>} */
  const fingers = new Map();
  const aborter = new AbortController();
  const options = { signal: aborter.signal };
  let wheelRest = 0;
  let moved = false;
  const at = (/** @type {MouseEvent} */ event) => {
    const box = element.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };

  element.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    fingers.set(event.pointerId, at(event));
    moved = false;
    element.setPointerCapture?.(event.pointerId);
    element.classList.add("held");
  }, options);

  element.addEventListener("pointermove", (event) => {
    const from = fingers.get(event.pointerId);
    const to = at(event);
    if (!from) return handlers.hover(event.pointerType === "touch" ? null : to);
    if (!moved && Math.hypot(to.x - from.x, to.y - from.y) < 3 && fingers.size === 1) return;
    if (!moved) handlers.hover(null);
    moved = true;
    const other = [...fingers].find(([id]) => id !== event.pointerId)?.[1];
    if (other) pinched(from, to, other, handlers);
    else handlers.drag(from, to);
    fingers.set(event.pointerId, to);
  }, options);

  const lifted = (/** @type {PointerEvent} */ event) => {
    if (!fingers.delete(event.pointerId)) return;
    if (!fingers.size) element.classList.remove("held");
    if (!moved && event.type === "pointerup") handlers.hover(at(event));
    else if (!fingers.size && moved) handlers.end();
  };
  element.addEventListener("pointerup", lifted, options);
  element.addEventListener("pointercancel", lifted, options);
  element.addEventListener("pointerleave", () => fingers.size || handlers.hover(null), options);
  element.addEventListener("dblclick", (event) => handlers.double(at(event)), options);

  element.addEventListener("wheel", (event) => {
    const root = /** @type {Document | ShadowRoot} */ (element.getRootNode());
    const ours = event.ctrlKey || event.metaKey || root.activeElement === element;
    if (!ours) return; // the page scrolls
    event.preventDefault();
    const lines = event.deltaMode === 1 ? 16 : 1;
    handlers.zoom(Math.exp(-Math.max(-60, Math.min(60, event.deltaY * lines)) * (event.ctrlKey ? 0.006 : 0.0022)));
    clearTimeout(wheelRest);
    wheelRest = window.setTimeout(handlers.end, WHEEL_REST_MS);
  }, { ...options, passive: false });

  element.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (!handlers.key(event.key, event.shiftKey)) return;
    event.preventDefault();
    event.stopPropagation();
  }, options);

  return () => {
    aborter.abort();
    clearTimeout(wheelRest);
  };
}

/**
 * @param {{x: number, y: number}} from @param {{x: number, y: number}} to @param {{x: number, y: number}} other
 * @param {Handlers} handlers
 */
function pinched(from, to, other, handlers) {
  const before = Math.hypot(from.x - other.x, from.y - other.y);
  const after = Math.hypot(to.x - other.x, to.y - other.y);
  if (before > 10 && after > 10) handlers.zoom(after / before);
  const turn = Math.atan2(from.y - other.y, from.x - other.x) - Math.atan2(to.y - other.y, to.x - other.x);
  handlers.twist(Math.atan2(Math.sin(turn), Math.cos(turn)));
}
