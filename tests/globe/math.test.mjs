// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import * as camera from "../../ghviz/app/globe/assets/camera.js";
import { flipsOf, roomy } from "../../ghviz/app/globe/assets/flips.js";
import * as legend from "../../ghviz/app/globe/assets/legend.js";
import { overlap, placed, ringed, short } from "../../ghviz/app/globe/assets/labels.js";
import { Reporter } from "../../ghviz/app/globe/assets/report.js";
import * as time from "../../ghviz/app/globe/assets/timeline.js";

const near = (a, b, tolerance = 1e-9) => assert.ok(Math.abs(a - b) < tolerance, `${a} is not ${b}`);
const apply = (m, p) => [0, 3, 6].map((row) => m[row] * p[0] + m[row + 1] * p[1] + m[row + 2] * p[2]);

test("a quarter turn about y takes z to x", () => {
  const m = camera.matrix(camera.axisAngle([0, 1, 0], Math.PI / 2));
  apply(m, [0, 0, 1]).forEach((part, i) => near(part, [1, 0, 0][i]));
});

test("matrix of a product is the product of the matrices", () => {
  const a = camera.normalized([0.3, -0.5, 0.2, 0.7]);
  const b = camera.normalized([0.9, 0.1, -0.6, 0.2]);
  const p = [0.2, -0.4, 0.8];
  const both = apply(camera.matrix(camera.multiply(a, b)), p);
  apply(camera.matrix(a), apply(camera.matrix(b), p)).forEach((part, i) => near(part, both[i]));
});

test("dragging takes the point under the hand along", () => {
  const right = apply(camera.matrix(camera.dragged([1, 0, 0, 0], 5, 0, 100)), [0, 0, 1]);
  assert.ok(right[0] > 0);
  near(right[0], Math.sin(0.05), 1e-6);
  const down = apply(camera.matrix(camera.dragged([1, 0, 0, 0], 0, 5, 100)), [0, 0, 1]);
  assert.ok(down[1] < 0); // y is up, the hand goes down
});

test("spun turns counter-clockwise, and roll reads it back", () => {
  const q = camera.spun([1, 0, 0, 0], 0.4);
  const x = apply(camera.matrix(q), [1, 0, 0]);
  near(x[0], Math.cos(0.4));
  near(x[1], Math.sin(0.4));
  near(camera.roll(q), 0.4);
});

test("slerp goes the shorter way and ends where it should", () => {
  const a = camera.axisAngle([0, 0, 1], 0.2);
  const b = camera.axisAngle([0, 0, 1], 1.2).map((part) => -part);
  near(camera.roll(camera.slerp(a, b, 0.5)), 0.7, 1e-6);
  assert.ok(camera.sameCamera({ rotation: camera.slerp(a, b, 1), zoom: 1 }, { rotation: b, zoom: 1 }));
});

test("zoom stays in its bounds", () => {
  assert.equal(camera.zoomed({ rotation: camera.IDENTITY, zoom: 1 }, 1000).zoom, camera.ZOOM_MAX);
  assert.equal(camera.zoomed({ rotation: camera.IDENTITY, zoom: 1 }, 0).zoom, camera.ZOOM_MIN);
});

test("toggle, solo, solo again, and never nothing at all", () => {
  const off = legend.toggled(legend.EVERYTHING, 1, 3);
  assert.deepEqual([...legend.emphasis(off, 3)], [1, 0, 1]);
  assert.deepEqual([...legend.emphasis(legend.toggled(off, 1, 3), 3)], [1, 1, 1]);
  const alone = legend.soloed(off, [1], 3);
  assert.deepEqual([...legend.emphasis(alone, 3)], [0, 1, 0]);
  assert.deepEqual([...legend.emphasis(legend.soloed(alone, [1], 3), 3)], [1, 1, 1]);
  assert.deepEqual([...legend.emphasis(legend.toggled(alone, 1, 3), 3)], [1, 1, 1]);
});

test("hovering fades the others, but a hidden class has no spotlight", () => {
  const hover = legend.hovered(legend.EVERYTHING, 2);
  assert.deepEqual([...legend.emphasis(hover, 3)], [legend.FADED, legend.FADED, legend.FULL]);
  assert.deepEqual([...legend.emphasis({ hidden: new Set([2]), hovered: 2 }, 3)], [1, 1, 0]);
  assert.equal(legend.hovered(hover, 2), hover);
});

const line = (changes = {}) => ({ mode: "paused", position: 10, steps: [0, 10, 20, 40], live: false, away: false, ...changes });

test("the two snapshots around a position", () => {
  assert.deepEqual(time.between([0, 10, 20], 12.5), { left: 1, right: 2, t: 0.25 });
  assert.deepEqual(time.between([0, 10, 20], 10), { left: 1, right: 1, t: 0 });
  assert.deepEqual(time.between([0, 10, 20], 99), { left: 2, right: 2, t: 0 });
  assert.deepEqual(time.between([5], 2), { left: 0, right: 0, t: 0 });
  assert.equal(time.nearest([0, 10, 40], 26), 40);
});

test("sides with other steps share one slider", () => {
  assert.deepEqual(time.union([0, 20], [0, 10, 30]), [0, 10, 20, 30]);
});

test("playing ends at the last step and rests there; playing again starts over", () => {
  let now = time.commanded(line({ position: 0 }), "play");
  assert.equal(now.mode, "playing");
  for (let i = 0; i < 400 && time.moving(now); i++) now = time.advanced(now, 1 / 60);
  assert.deepEqual([time.moving(now), now.position], [false, 40]);
  assert.equal(time.commanded(now, "toggle").position, 0);
});

test("arrow keys go from snapshot to snapshot", () => {
  assert.equal(time.commanded(line({ position: 12 }), "next").position, 20);
  assert.equal(time.commanded(line({ position: 0 }), "previous").position, 0);
  assert.equal(time.commanded(line(), "last").position, 40);
  assert.equal(time.commanded(line({ position: 33 }), "settle").position, 40);
});

test("a follower glides to new data; who scrubbed away stays; live brings back", () => {
  let now = line({ mode: "following", position: 40, live: true });
  now = time.renewed(now, [0, 10, 20, 40, 60], true);
  assert.ok(time.moving(now));
  const early = time.advanced(now, 0.05).position;
  assert.ok(early > 40 && early < 60);
  for (let i = 0; i < 300 && time.moving(now); i++) now = time.advanced(now, 1 / 60);
  assert.equal(now.position, 60);
  const away = time.renewed(time.sought(now, 12), [0, 10, 20, 40, 60, 80], true);
  assert.deepEqual([away.mode, away.position], ["paused", 12]);
  assert.equal(time.commanded(away, "follow").mode, "following");
});

/** @param {any} now @param {[number[], boolean][]} updates what arrives, a few frames apart */
function after(now, ...updates) {
  for (const [steps, live] of updates) {
    now = time.renewed(now, steps, live);
    for (let i = 0; i < 3; i++) now = time.moving(now) ? time.advanced(now, 1 / 60) : now;
  }
  for (let i = 0; i < 600 && time.moving(now); i++) now = time.advanced(now, 1 / 60);
  assert.ok(!time.moving(now));
  return now.position;
}

test("a follower arrives at the end of the run, whatever comes first", () => {
  const now = line({ mode: "following", position: 10, steps: [0, 10], live: true });
  const old = [0, 10];
  const all = [0, 10, 20, 40];
  assert.equal(after(now, [all, false]), 40);
  assert.equal(after(now, [all, true], [all, false]), 40);
  assert.equal(after(now, [old, false], [all, false]), 40);
  assert.equal(after(now, [[0, 10, 20], false], [all, false]), 40);
  assert.equal(after(time.commanded(now, "play"), [old, false], [all, false]), 40);
  assert.equal(after(time.commanded(time.sought(now, 0), "last"), [old, false], [all, false]), 40);
});

test("whoever scrubbed away stays there when the run ends, and when it goes on", () => {
  const now = line({ mode: "following", position: 20, steps: [0, 10, 20], live: true });
  for (const away of [time.sought(now, 10), time.commanded(now, "previous"), time.commanded(time.commanded(time.commanded(now, "first"), "next"), "pause")]) {
    assert.equal(after(away, [[0, 10, 20], false], [[0, 10, 20, 40], false]), 10);
    assert.equal(after(away, [[0, 10, 20], false], [[0, 10, 20], true], [[0, 10, 20, 40], true]), 10);
  }
});

test("a resumed run is followed again by all who did not scrub while it was live", () => {
  const ended = time.renewed(line({ mode: "following", position: 20, steps: [0, 10, 20], live: true }), [0, 10, 20], false);
  const longer = [0, 10, 20, 40];
  assert.equal(after(ended, [[0, 10, 20], true], [longer, true]), 40);
  assert.equal(after(time.commanded(ended, "first"), [[0, 10, 20], true], [longer, true]), 40);
  assert.equal(after(time.commanded(ended, "first"), [longer, false]), 0); // it only looks back: nothing resumed
  assert.equal(after(line({ steps: [0, 10, 20] }), [longer, true]), 40); // opened while it rested
});

test("labels keep apart and inside", () => {
  const wish = (x, y) => ({ text: "a", x, y, width: 30, height: 10, gap: 4 });
  const done = placed([wish(50, 50), wish(52, 50), wish(51, 52)], { left: 0, top: 0, right: 100, bottom: 100 });
  assert.equal(done.length, 3);
  for (const a of done) for (const b of done) assert.ok(a === b || !overlap(a.box, b.box));
  assert.equal(placed([wish(5, 5)], { left: 0, top: 0, right: 20, bottom: 20 }).length, 0);
  assert.equal(short("abcdefghijklmnopq", 6), "abcde…");
});

const RINGS = [
  { ring: { x: 179, y: 182, out: 128 }, bounds: { left: 0, top: 0, right: 358, bottom: 322 } }, // 390 pixels wide
  { ring: { x: 322, y: 217, out: 205 }, bounds: { left: 0, top: 0, right: 644, bottom: 435 } },
];
const CORNER = { left: 0, top: 0, right: 190, bottom: 44 };

test("ten names around a ring all find a place, apart, inside, off the corner and off the ring", () => {
  for (const { ring, bounds } of RINGS) {
    for (const width of [8, 45]) {
      for (let turn = 0; turn < 6.3; turn += 0.1) {
        for (const spread of [0, 0.01, 0.1, 0.6]) {
          const wishes = Array.from({ length: 10 }, (_, i) => ({ angle: turn + spread * i, width }));
          const done = ringed(wishes, ring, bounds, CORNER);
          const where = `turn ${turn}, spread ${spread}, width ${width}`;
          assert.equal(done.length, 10, where);
          for (const { box } of done) {
            assert.ok(!overlap(box, CORNER), where);
            assert.ok(box.left >= bounds.left && box.right <= bounds.right && box.top >= bounds.top && box.bottom <= bounds.bottom, where);
            const [dx, dy] = [Math.max(box.left - ring.x, 0, ring.x - box.right), Math.max(box.top - ring.y, 0, ring.y - box.bottom)];
            assert.ok(Math.hypot(dx, dy) > ring.out - 12, where);
          }
          for (const a of done) for (const b of done) assert.ok(a === b || !overlap(a.box, b.box), where);
        }
      }
    }
  }
});

test("a name that has room stays at its angle, and what does not fit is left out", () => {
  const { ring, bounds } = RINGS[1];
  const done = ringed([0, 1, 2.6, -1.5].map((angle) => ({ angle, width: 30 })), ring, bounds, CORNER);
  assert.equal(done.length, 4);
  for (const { angle, wish } of done) near(Math.cos(angle - wish.angle), 1);
  assert.equal(ringed([{ angle: 0, width: 200 }], ring, bounds, CORNER).length, 0);
});

test("a report goes out once, late if it must, and only if it differs", async () => {
  const first = { camera: { rotation: [1, 0, 0, 0], zoom: 1 }, step: 3, following: false };
  const sent = [];
  const start = performance.now();
  const reporter = new Reporter(first);
  reporter.send = (report) => sent.push(report.step);
  reporter.offer(first, start);
  assert.deepEqual(sent, []);
  reporter.offer({ ...first, step: 4 }, start);
  reporter.offer({ ...first, step: 5 }, start + 480);
  reporter.offer({ ...first, step: 6 }, start + 490);
  assert.deepEqual(sent, [4]);
  await new Promise((done) => setTimeout(done, 620));
  assert.deepEqual(sent, [4, 6]);
  reporter.offer({ ...first, step: 6 }, start + 9000);
  assert.deepEqual(sent, [4, 6]);
  reporter.offer({ ...first, step: 6, following: true }, start + 18000);
  reporter.offer({ ...first, step: 9, following: true }, start + 27000); // still the newest: no news
  assert.deepEqual(sent, [4, 6, 6]);
});

test("a flip says what it does: off, on again, or another weight", () => {
  const flips = flipsOf([{ switches: [] }, { switches: [[5, 0], [9, 1], [12, 2.5], [20, 1], [90, 0]] }], 0, 50);
  assert.deepEqual(flips.map(({ text }) => text), ["GH off", "GH on", "GH × 2.5", "GH × 1"]);
  assert.deepEqual(flips.map(({ side }) => side), [1, 1, 1, 1]);
  assert.deepEqual(flipsOf([{ switches: [[39, 0], [41, 0]] }], 0, 50).map(({ left }) => left), [false, true]);
});

test("texts of flips that would cover each other give way to the newest", () => {
  const flips = flipsOf([{ switches: [[10, 0], [12, 2], [60, 0]] }], 0, 100);
  const shown = (/** @type {number} */ width) => roomy(flips, 0, 100, width).map(({ step }) => step);
  assert.deepEqual(shown(300), [60, 12]);
  assert.deepEqual(shown(4000), [60, 12, 10]);
  assert.deepEqual(shown(0), [60, 12, 10]); // not laid out yet
});
