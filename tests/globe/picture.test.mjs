// @ts-check
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { matrix, axisAngle } from "../../ghviz/app/globe/assets/camera.js";
import { dial, heights, stacked } from "../../ghviz/app/globe/assets/circle.js";
import { SideModel, slerpAll } from "../../ghviz/app/globe/assets/model.js";
import { decode, open } from "../../ghviz/app/globe/assets/protocol.js";
import * as raster from "../../ghviz/app/globe/assets/raster.js";
import * as territory from "../../ghviz/app/globe/assets/territory.js";

const near = (a, b, tolerance = 1e-9) => assert.ok(Math.abs(a - b) < tolerance, `${a} is not ${b}`);
const scenes = process.env.GHVIZ_SCENES;
const read = (name) => new Uint8Array(readFileSync(`${scenes}/${name}.bin`));

/** @param {any[]} given bytes, and parts held */
function whole(...given) {
  const found = decode(...given);
  assert.ok(found);
  return found;
}

test("Python's scene comes out whole", { skip: !scenes }, () => {
  for (const kind of ["circle", "sphere"]) {
    const bytes = read(kind);
    const shifted = new Uint8Array(bytes.length + 3); // as inside a larger message: not aligned
    shifted.set(bytes, 3);
    const { options, scene: blob, hash } = open(shifted.subarray(3));
    const { scene, parts } = whole(blob);
    assert.equal(parts.size, 3 + 3); // snapshots (both sides hold the same points), labels, targets, thumbnails
    assert.equal(options.height, 500);
    assert.equal(scene.hash, hash);
    assert.equal(scene.kind, kind);
    assert.equal(scene.tailFrom, 2);
    assert.equal(scene.sides[0].coordinates.length, 3);
    assert.equal(scene.sides[0].count, 48);
    assert.deepEqual([...scene.sides[0].labels.subarray(10, 14)], [0, 0, 1, 1]);
    assert.equal(scene.sides[1].captions[2], "caption 20");
    assert.equal(scene.thumbnails.channels, 1);
    near(Math.hypot(...scene.sides[0].coordinates[1].subarray(0, scene.dimension)) / 32767, 1, 1e-4);
  }
});

test("a scene that grew is put together from what is here and what is new", { skip: !scenes }, () => {
  for (const kind of ["circle", "sphere"]) {
    const before = whole(open(read(kind)).scene);
    const news = open(read(`${kind}-news`)).scene;
    const { scene, parts } = whole(news, before.parts);
    assert.deepEqual(scene.sides[0].steps, [0, 10, 20, 30]);
    assert.equal(scene.sides[0].coordinates[1], before.scene.sides[0].coordinates[1]);
    assert.equal(scene.sides[0].coordinates.length, 4);
    assert.equal(scene.sides[0].labels, before.scene.sides[0].labels);
    assert.equal(parts.size, before.parts.size + 1);
    assert.equal(decode(news), null); // without the first one it can't be drawn
    before.parts.delete([...before.parts.keys()][1]);
    assert.equal(decode(news, before.parts), null);
    assert.equal(whole(open(read(kind)).scene, parts).parts.size, parts.size - 1); // what no scene needs is let go
  }
});

test("every point lies in the territory of its own class", { skip: !scenes }, () => {
  const { sides } = whole(open(read("sphere")).scene).scene;
  const model = new SideModel(sides[0], 3, 4);
  model.moveTo(10);
  let own = 0;
  for (let i = 0; i < 48; i++) {
    const [x, y, z] = model.positions.subarray(3 * i, 3 * i + 3);
    own += Number(sides[0].maps[1][territory.texel(x, y, z, 64)] === sides[0].labels[i]);
  }
  assert.ok(own >= 46, `${own} of 48`);
});

test("the ring between snapshots is the ring that Python computes at them", { skip: !scenes }, () => {
  const { sides } = whole(open(read("circle")).scene).scene;
  const model = new SideModel(sides[0], 2, 4);
  model.moveTo(10);
  const angles = Float32Array.from({ length: 48 }, (_, i) => Math.atan2(model.positions[2 * i + 1], model.positions[2 * i]));
  const mine = territory.arcShares(territory.arcs(territory.ringOf(angles, sides[0].labels)), 4);
  territory.arcShares(model.arcs, 4).forEach((share, c) => near(share, mine[c], 1e-3));
});

test("corners of the octahedral map", () => {
  assert.equal(territory.texel(0, 0, 1, 4), 2 * 4 + 2);
  assert.equal(territory.texel(-1, -1, 0.1, 64), 16 * 64 + 16);
  assert.equal(territory.texel(0, 0, -1, 4), 3 * 4 + 3);
});

test("a map goes on beyond its edges where the sphere does", () => {
  const side = 8;
  const map = Uint16Array.from({ length: side * side }, (_, i) => i);
  const wide = territory.padded(map, side, 1);
  assert.equal(wide[1 * (side + 2) + 0], map[(side - 1) * side + 0]); // left of the first row: the last row
  assert.equal(wide[0 * (side + 2) + 3], map[0 * side + (side - 1 - 2)]);
  assert.equal(wide[4 * (side + 2) + 4], map[3 * side + 3]);
});

test("shares of a map are areas on the sphere", () => {
  const side = 64;
  const map = new Uint8Array(side * side);
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      const u = Math.abs(((column + 0.5) / side) * 2 - 1);
      const v = Math.abs(((row + 0.5) / side) * 2 - 1);
      map[row * side + column] = u + v < 1 ? 0 : 1; // upper and lower half
    }
  }
  near(territory.mapShares(map, side, 2)[0], 0.5, 0.015); // texels on the equator count as lower
  const corner = Uint8Array.from({ length: side * side }, (_, i) => Number(i === 0)); // the smallest texel
  near(territory.mapShares(corner, side, 2)[1] * side ** 2, Math.hypot(1 / 64, 1 / 64, 62 / 64) ** -3 / Math.PI, 1e-3);
});

test("an enlarged map keeps its classes and has a border where they meet", () => {
  const side = 16;
  const map = Uint8Array.from({ length: side * side }, (_, i) => (i % side < 8 ? 3 : 5));
  const chart = territory.enlarged(map, side);
  const row = 64 * chart.side;
  assert.equal(chart.owner[row + 20], 3);
  assert.equal(chart.owner[row + 100], 5);
  assert.equal(chart.border[row + 20], 0);
  assert.ok(chart.border[row + 64] > 200 && chart.border[row + 63] > 200);
  assert.equal(chart.border[row + 67], 0);
  const fill = Uint32Array.from([0, 0, 0, 0x0000ff, 0, 0xff0000]);
  const colors = territory.painted(chart, fill, 0xffffff, 1);
  assert.equal(colors[row + 20], 0x0000ff);
  assert.equal(colors[row + 100], 0xff0000);
  assert.ok((colors[row + 64] & 0x00ff00) > 0x8000);
});

test("ring: borders lie half-way, neighbours of one class are one arc", () => {
  const angles = Float32Array.from([0, Math.PI / 2, Math.PI]);
  const arcs = territory.arcs(territory.ringOf(angles, [0, 1, 0]));
  assert.equal(arcs.length, 2);
  near(arcs[0].start, Math.PI / 4, 1e-6);
  near(arcs[0].end, (3 * Math.PI) / 4, 1e-6);
  assert.equal(territory.ownerAt(arcs, Math.PI / 2), 1);
  assert.equal(territory.ownerAt(arcs, -1), 0);
  near(territory.arcShares(arcs, 2)[1], 0.25, 1e-6);
  assert.equal(territory.arcs(territory.ringOf(angles, [7, 7, 7]))[0].owner, 7);
});

test("points travel on great circles", () => {
  const out = new Float32Array(6);
  const from = Int16Array.from([32767, 0, 0, 0, 0, 32767]);
  const to = Int16Array.from([0, 32767, 0, 3000, 0, 32629]);
  slerpAll(from, to, 0.25, 3, out);
  near(Math.atan2(out[1], out[0]), Math.PI / 8, 1e-4);
  near(Math.hypot(out[3], out[4], out[5]), 1, 1e-6);
  slerpAll(Int16Array.from([32767, 0]), Int16Array.from([-32767, 0]), 0.5, 2, out.subarray(0, 2));
  assert.ok(Number.isFinite(out[0]) && Number.isFinite(out[1]));
});

test("the ball shows the class that faces the viewer, and turns with the camera", () => {
  const side = 64;
  const upper = new Uint32Array(side * side).fill(0x0000ff); // red, blue below
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      if (Math.abs((column + 0.5) / 32 - 1) + Math.abs((row + 0.5) / 32 - 1) > 1) upper[row * side + column] = 0xff0000;
    }
  }
  const frame = raster.createFrame(101, 101);
  const ball = raster.createBall(frame, { x: 50, y: 50, radius: 40 }, { darkest: 0.8, shine: 0 });
  const surface = { plain: 0, before: upper, after: upper, t: 0, side, opacity: 1, fine: false };
  const at = (x, y) => [...frame.bytes.subarray(4 * (y * 101 + x), 4 * (y * 101 + x) + 3)];
  for (const fine of [false, true]) {
    raster.clear(frame, 0xffffff);
    raster.paintBall(frame, ball, matrix([1, 0, 0, 0]), { ...surface, fine });
    assert.ok(at(50, 50)[0] > 190 && at(50, 50)[2] === 0);
    assert.deepEqual(at(2, 2), [255, 255, 255]);
    raster.clear(frame, 0xffffff);
    raster.paintBall(frame, ball, matrix(axisAngle([1, 0, 0], Math.PI / 2)), { ...surface, fine });
    assert.ok(at(50, 30)[2] > 150 && at(50, 30)[0] === 0); // z went down: the lower half is on top
    assert.ok(at(50, 70)[0] > 150 && at(50, 70)[2] === 0);
    raster.clear(frame, 0xffffff);
    raster.paintBall(frame, ball, matrix(axisAngle([0, 1, 0], Math.PI / 3)), { ...surface, fine });
    assert.ok(at(60, 50)[0] > 150 && at(60, 50)[2] === 0); // z went right: the lower half begins at -R / 2
    assert.ok(at(35, 50)[0] > 150 && at(35, 50)[2] === 0);
    assert.ok(at(24, 50)[2] > 100 && at(24, 50)[0] === 0);
  }
});

test("turning by a quarter brings the left side to the front", () => {
  const side = 64;
  const left = Uint32Array.from({ length: side * side }, (_, i) => (i % side < 32 ? 0x0000ff : 0xff0000)); // x < 0: red
  const frame = raster.createFrame(101, 101);
  const ball = raster.createBall(frame, { x: 50, y: 50, radius: 40 }, { darkest: 0.8, shine: 0 });
  const surface = { plain: 0, before: left, after: left, t: 0, side, opacity: 1, fine: false };
  raster.paintBall(frame, ball, matrix(axisAngle([0, 1, 0], Math.PI / 2)), surface);
  assert.ok(frame.bytes[4 * (50 * 101 + 50)] > 150);
  raster.paintBall(frame, ball, matrix(axisAngle([0, 1, 0], -Math.PI / 2)), surface);
  assert.equal(frame.bytes[4 * (50 * 101 + 50)], 0);
});

test("discs land where they belong, clipped at the edges", () => {
  const frame = raster.createFrame(20, 10);
  raster.clear(frame, 0);
  const stamp = raster.createStamp(2, 0.8);
  const discs = {
    order: Uint32Array.from([0, 1]), begin: 0, end: 2, xs: Float32Array.from([6.5, 19.9]), ys: Float32Array.from([5.5, 0]),
    labels: [0, 1], emphasis: Float32Array.from([1, 1]), only: -1, fill: Uint32Array.from([0x0000ff, 0x00ff00]),
    line: Uint32Array.from([0xffffff, 0xffffff]), stamps: [stamp, stamp],
  };
  assert.equal(raster.stampDiscs(frame, discs), 2);
  const at = (x, y) => [...frame.bytes.subarray(4 * (y * 20 + x), 4 * (y * 20 + x) + 3)];
  assert.ok(at(6, 5)[0] > 250 && at(6, 5)[1] === 0);
  assert.deepEqual(at(12, 5), [0, 0, 0]);
  assert.ok(at(19, 0)[1] > 200);
  assert.deepEqual(at(0, 1), [0, 0, 0]); // nothing wraps to the next row
  assert.equal(raster.stampDiscs(frame, { ...discs, emphasis: Float32Array.from([1, 0]) }), 1);
  raster.stampDiscs(frame, { ...discs, tints: [2, 0], fill: Uint32Array.from([0, 0, 0xff0000]) });
  assert.ok(at(6, 5)[2] > 250 && at(6, 5)[0] === 0); // a tint of its own, whatever its class
});

test("near points come last, and keep their order within a bin", () => {
  const zs = Float32Array.from([0.9, -0.9, 0.1, 0.101, -0.2]);
  const out = new Uint32Array(5);
  const far = raster.depthOrder(zs, Uint32Array.from([3, 2, 0, 1, 4]), out);
  assert.equal(far, 2);
  assert.deepEqual([...out], [1, 4, 3, 2, 0]);
});

test("projection and picking agree", () => {
  const out = { xs: new Float32Array(2), ys: new Float32Array(2), zs: new Float32Array(2) };
  raster.project(Float32Array.from([0, 0, 1, 0, 1, 0]), matrix([1, 0, 0, 0]), { x: 100, y: 100, radius: 50 }, out);
  assert.deepEqual([...out.xs, ...out.ys, ...out.zs], [100, 100, 100, 50, 1, 0]);
  const visible = () => true;
  assert.equal(raster.pick(out.xs, out.ys, visible, { x: 103, y: 52, tolerance: 7 }), 1);
  assert.equal(raster.pick(out.xs, out.ys, visible, { x: 103, y: 70, tolerance: 7 }), -1);
  assert.equal(raster.pick(out.xs, out.ys, (i) => i === 0, { x: 100, y: 50, tolerance: 7 }), -1);
});

test("points stack inward where they are dense, never beyond the band", () => {
  const n = 400;
  const angles = Float32Array.from({ length: n }, (_, i) => (i < 390 ? 1 + 0.0005 * i : 4 + 0.1 * i));
  const depth = new Float32Array(n);
  stacked(angles, heights(n), { rim: 150, band: 40, diameter: 6 }, depth);
  assert.ok(Math.max(...depth.subarray(0, 390)) > 25);
  assert.ok(Math.max(...depth) <= 40);
  assert.ok(Math.max(...depth.subarray(390)) < 4);
});

test("zooming into the dial keeps its top", () => {
  const place = { x: 0, y: 100, radius: 80 };
  const big = dial(place, 3);
  near(big.y - big.radius, 20);
  assert.ok(dial(place, 1).spoke > 0);
});
