// @ts-check
/**
 * Telling Python what is on the screen: after a gesture, at most every 500 ms, and only if it differs.
 *
 * @typedef {{camera: import("./camera.js").Camera, step: number, following: boolean}} Report following: bound for the
 *   newest snapshot, whichever that is by now, or there already
 */

import { sameCamera } from "./camera.js";

const PAUSE_MS = 500;

/** @param {Report} a @param {Report} b */
export function sameReport(a, b) {
  const sameTime = a.following === b.following && (a.following || a.step === b.step); // a follower's step is the newest
  return sameTime && sameCamera(a.camera, b.camera);
}

export class Reporter {
  /** @param {Report} known what Python assumes before anything is sent */
  constructor(known) {
    this.known = known;
    this.sentAt = -Infinity;
    this.timer = 0;
    /** @type {(report: Report) => void} */
    this.send = () => {};
  }

  /** @param {Report} report @param {number} [now] */
  offer(report, now = performance.now()) {
    clearTimeout(this.timer);
    if (sameReport(report, this.known)) return;
    const wait = this.sentAt + PAUSE_MS - now;
    if (wait > 0) {
      this.timer = /** @type {any} */ (setTimeout(() => this.offer(report), wait));
      return;
    }
    this.known = report;
    this.sentAt = now;
    this.send(report);
  }

  stop() {
    clearTimeout(this.timer);
  }
}
