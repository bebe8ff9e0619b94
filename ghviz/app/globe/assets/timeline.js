// @ts-check
/**
 * The time slider as a state machine: paused, playing, or following, that is, going to the newest snapshot and
 * resting there. Time is measured in optimisation steps; the position may lie between two snapshots.
 *
 * Following outlives the run: whatever comes last, the last snapshot or the news that the run has ended, a follower
 * arrives at the end. `away`: the visitor's hand moved it while the run was live, so that a resumed run leaves it there.
 *
 * @typedef {"paused" | "playing" | "following"} Mode
 * @typedef {{mode: Mode, position: number, steps: number[], live: boolean, away: boolean}} Timeline
 * @typedef {"play" | "pause" | "toggle" | "first" | "last" | "previous" | "next" | "follow" | "settle"} Command
 */

const PLAY_SECONDS = { perSnapshot: 0.17, least: 2.5, most: 8 };
const FOLLOW_SECONDS = 0.25; // time constant of the glide to a new snapshot

/** @param {number[][]} lists @returns {number[]} rising, each once */
export function union(...lists) {
  return [...new Set(lists.flat())].sort((a, b) => a - b);
}

/** @param {number[]} steps @param {number} position @returns {number} index of the last step <= position, or 0 */
export function indexBefore(steps, position) {
  let low = 0;
  let high = steps.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (steps[middle] <= position) low = middle;
    else high = middle - 1;
  }
  return low;
}

/**
 * The two snapshots around a position and how far it is from the first to the second.
 * @param {number[]} steps @param {number} position @returns {{left: number, right: number, t: number}}
 */
export function between(steps, position) {
  const left = indexBefore(steps, position);
  const right = Math.min(left + 1, steps.length - 1);
  const gap = steps[right] - steps[left];
  const t = gap > 0 ? Math.min(1, Math.max(0, (position - steps[left]) / gap)) : 0;
  return { left, right: t > 0 ? right : left, t };
}

/** @param {number[]} steps @param {number} position @returns {number} the step nearest to the position */
export function nearest(steps, position) {
  const { left, right, t } = between(steps, position);
  return steps[t < 0.5 ? left : right];
}

/** @param {Timeline} line */
export const first = (line) => line.steps[0];

/** @param {Timeline} line */
export const last = (line) => line.steps[line.steps.length - 1];

/** @param {Timeline} line whether the picture changes by itself */
export function moving(line) {
  return line.mode === "playing" || (line.mode === "following" && line.position !== last(line));
}

/**
 * @param {Timeline} line @param {Command} command @returns {Timeline}
 */
export function commanded(line, command) {
  const here = nearest(line.steps, line.position);
  const at = line.steps.indexOf(here);
  switch (command) {
    case "play":
      if (line.steps.length < 2) return line;
      return { ...line, mode: "playing", position: line.position >= last(line) ? first(line) : line.position };
    case "pause":
      return stopped(line, here);
    case "toggle":
      return commanded(line, line.mode === "playing" ? "pause" : "play");
    case "first":
      return stopped(line, first(line));
    case "last":
      return { ...line, mode: "following", away: false, position: last(line) };
    case "previous":
      return stopped(line, line.steps[Math.max(0, at - 1)]);
    case "next":
      return stopped(line, line.steps[Math.min(line.steps.length - 1, at + 1)]);
    case "follow":
      return { ...line, mode: "following", away: false };
    case "settle":
      return line.mode === "paused" ? { ...line, position: here } : line;
  }
}

/** @param {Timeline} line @param {number} position @returns {Timeline} where the visitor put it */
function stopped(line, position) {
  return { ...line, mode: "paused", away: line.away || line.live, position };
}

/** @param {Timeline} line @param {number} position @returns {Timeline} the visitor's hand on the slider */
export function sought(line, position) {
  return stopped(line, Math.min(last(line), Math.max(first(line), position)));
}

/**
 * Time passes.
 * @param {Timeline} line @param {number} seconds @returns {Timeline}
 */
export function advanced(line, seconds) {
  const end = last(line);
  if (line.mode === "following") {
    const rest = (end - line.position) * Math.exp(-seconds / FOLLOW_SECONDS);
    const closeEnough = 0.004 * Math.max(1, end - first(line));
    return { ...line, position: Math.abs(rest) < closeEnough ? end : end - rest };
  }
  if (line.mode !== "playing") return line;
  const { perSnapshot, least, most } = PLAY_SECONDS;
  const whole = Math.min(most, Math.max(least, perSnapshot * line.steps.length));
  const position = line.position + ((end - first(line)) * seconds) / whole;
  return position >= end ? commanded(line, "last") : { ...line, position };
}

/**
 * New data: a follower goes on to the newest, anybody else stays; a run that goes on again is followed again.
 * @param {Timeline} line @param {number[]} steps @param {boolean} live @returns {Timeline}
 */
export function renewed(line, steps, live) {
  const position = Math.min(steps[steps.length - 1], Math.max(steps[0], line.position));
  const resumed = live && !line.live && line.mode === "paused" && !line.away;
  return { ...line, mode: resumed ? "following" : line.mode, steps, live, position };
}
