// @ts-check
/** The component's style sheet; colours come from the page's tokens. In a module, so that it is there with the first frame. */
export const STYLE = `
:host { display: block; }
.globe { --ink: var(--st-text-color, #1a1d24); --paper: var(--st-background-color, #fff);
  --soft: color-mix(in srgb, var(--ink) 62%, var(--paper)); --line: color-mix(in srgb, var(--ink) 16%, var(--paper));
  --wash: color-mix(in srgb, var(--ink) 6%, var(--paper)); --accent: var(--st-primary-color, #d9480f);
  position: relative; display: flex; flex-direction: column; gap: 6px; color: var(--ink);
  font: 13px/1.35 var(--st-font, system-ui, sans-serif); font-variant-numeric: tabular-nums;
  -webkit-tap-highlight-color: transparent; }
.globe *, .globe *::before { box-sizing: border-box; }
.stage { position: relative; width: 100%; overflow: hidden; border-radius: 10px; }
.stage canvas { position: absolute; inset: 0; width: 100%; height: 100%; display: block; }
.stage canvas.over { touch-action: pan-y; cursor: grab; outline: none; border-radius: 10px; user-select: none; -webkit-user-select: none; }
.stage canvas.over.held { cursor: grabbing; }
.stage canvas.over:focus-visible { box-shadow: inset 0 0 0 2px var(--accent); }
.head { position: absolute; pointer-events: none; padding: 3px 10px 3px 6px; border-radius: 8px; background: color-mix(in srgb, var(--paper) 80%, transparent); }
.head b { display: flex; align-items: center; gap: 7px; font-size: 15.5px; font-weight: 650; letter-spacing: -0.01em; }
.head b i { width: 4px; height: 15px; border-radius: 2px; flex: none; }
.head span { display: block; color: var(--soft); padding-left: 11px; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.hint { position: absolute; left: 0; right: 0; bottom: 1px; text-align: center; font-size: 11.5px; color: var(--soft);
  pointer-events: none; opacity: 0; transition: opacity .25s; }
.stage:hover .hint.fresh, .stage:focus-within .hint.fresh { opacity: .95; }
.tip { position: absolute; z-index: 3; pointer-events: none; display: none; gap: 9px; align-items: center; max-width: 240px;
  padding: 7px 10px; border-radius: 8px; background: var(--paper); border: 1px solid var(--line);
  box-shadow: 0 4px 18px rgb(0 0 0 / .18); font-size: 12.5px; }
.tip.on { display: flex; }
.tip canvas { position: static; width: 56px; height: 56px; border-radius: 4px; image-rendering: pixelated; flex: none; }
.tip b { display: flex; align-items: center; gap: 6px; font-weight: 650; }
.tip small { display: block; color: var(--soft); font-size: 11.5px; white-space: nowrap; }
.bar { display: flex; align-items: center; gap: 10px; flex-wrap: wrap; }
button { font: inherit; color: inherit; background: none; border: 0; cursor: pointer; }
button:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.time input:focus { outline: none; }
.time input:focus-visible::-webkit-slider-thumb { box-shadow: 0 0 0 3px var(--accent); }
.time input:focus-visible::-moz-range-thumb { box-shadow: 0 0 0 3px var(--accent); }
.play { width: 34px; height: 34px; border-radius: 50%; background: var(--ink); color: var(--paper); display: grid; place-items: center; padding: 0; flex: none; }
.play:hover { background: color-mix(in srgb, var(--ink) 85%, var(--paper)); }
.play svg { width: 16px; height: 16px; fill: currentColor; }
.time { position: relative; flex: 1 1 220px; min-width: 150px; height: 34px; }
.time input { position: absolute; inset: 0; width: 100%; margin: 0; appearance: none; -webkit-appearance: none; background: none; cursor: pointer; touch-action: pan-y; border-radius: 6px; }
.time input::-webkit-slider-runnable-track { height: 4px; border-radius: 2px;
  background: linear-gradient(var(--ink), var(--ink)) 0 / var(--done, 0%) 100% no-repeat, var(--line); }
.time input::-moz-range-track { height: 4px; border-radius: 2px; background: var(--line); }
.time input::-moz-range-progress { height: 4px; border-radius: 2px; background: var(--ink); }
.time input::-webkit-slider-thumb { -webkit-appearance: none; width: 16px; height: 16px; margin-top: -6px; border-radius: 50%;
  background: var(--paper); border: 2.5px solid var(--ink); }
.time input::-moz-range-thumb { width: 11px; height: 11px; border-radius: 50%; background: var(--paper); border: 2.5px solid var(--ink); }
.ticks { position: absolute; left: 8px; right: 8px; top: 0; bottom: 0; pointer-events: none; }
.ticks i { position: absolute; top: 24px; width: 1px; height: 4px; background: var(--ink); opacity: .28; }
.ticks span { position: absolute; top: 5px; bottom: 14px; width: 2px; margin-left: -1px; background: var(--flip, var(--accent)); border-radius: 1px; pointer-events: auto; }
.ticks span em { position: absolute; bottom: 9px; left: 5px; font: 600 10.5px/1 var(--st-font, system-ui, sans-serif); color: var(--flip, var(--accent)); white-space: nowrap; }
.ticks span.left em { left: auto; right: 5px; }
.ticks b { position: absolute; top: 3px; width: 7px; height: 7px; margin-left: -3.5px; rotate: 45deg; background: var(--paper); border: 1.5px solid var(--soft); border-radius: 1px; pointer-events: auto; }
.step { min-width: 104px; color: var(--soft); white-space: nowrap; }
.step b { color: var(--ink); font-weight: 650; }
.live { display: none; align-items: center; gap: 6px; padding: 4px 10px; border-radius: 99px; border: 1px solid var(--line); font-weight: 600; font-size: 12px; }
.live.on { display: inline-flex; }
.live i { width: 8px; height: 8px; border-radius: 50%; background: var(--soft); }
.live[aria-pressed=true] i { background: #e5484d; box-shadow: 0 0 0 3px rgb(229 72 77 / .22); }
.tools { display: flex; gap: 2px; flex-wrap: wrap; align-items: center; }
.tools button { padding: 4px 9px; border-radius: 7px; color: var(--soft); font-size: 12.5px; white-space: nowrap; }
.tools button:hover { background: var(--wash); color: var(--ink); }
.tools button[aria-pressed=true] { background: var(--wash); color: var(--ink); box-shadow: inset 0 0 0 1px var(--line); }
.tools button.icon { width: 28px; padding: 4px 0; text-align: center; font-weight: 600; }
.tools hr { width: 1px; height: 16px; border: 0; background: var(--line); margin: 0 4px; }
.legend { display: flex; gap: 6px 10px; align-items: flex-start; }
.legend .key { display: flex; gap: 4px; align-items: center; white-space: nowrap; flex: none; }
.legend .key button { padding: 2px 7px; border-radius: 6px; font-size: 12px; color: var(--soft); }
.legend .key { border: 1px solid var(--line); border-radius: 8px; padding: 1px; gap: 1px; }
.legend .key button:hover, .legend .key button[aria-pressed=true] { background: var(--wash); color: var(--ink); }
.items { display: flex; flex-wrap: wrap; gap: 2px 2px; flex: 1; max-height: 88px; overflow-y: auto; scrollbar-width: thin; }
.items button { display: inline-flex; align-items: center; gap: 6px; padding: 3px 8px 3px 6px; border-radius: 7px; font-size: 12.5px; white-space: nowrap; user-select: none; -webkit-user-select: none; }
.items button:hover, .items button.lit { background: var(--wash); }
.items button small { color: var(--soft); font-size: 11.5px; }
.items button[aria-pressed=false] { opacity: .38; }
.items em { font-style: normal; color: var(--soft); font-size: 11.5px; padding: 4px 6px; }
.items .cut { align-self: stretch; width: 0; border-left: 1px dashed var(--soft); margin: 3px 5px; opacity: .6; }
.dot { width: 11px; height: 11px; border-radius: 50%; background: var(--c); flex: none; }
.dot.tail { box-shadow: 0 0 0 1.6px var(--ink); }
.many .items button { padding: 1px 5px 1px 4px; font-size: 11.5px; gap: 4px; }
.many .dot { width: 8px; height: 8px; }
.bands { display: flex; flex-wrap: wrap; gap: 2px 14px; align-items: center; font-size: 12.5px; color: var(--soft); }
.bands b { color: var(--ink); font-weight: 650; }
.bands span { display: inline-flex; align-items: center; gap: 6px; white-space: nowrap; }
.bands u { text-decoration: none; }
.problem { display: none; }
.failed > * { display: none; }
.failed > .problem { display: block; padding: 24px; text-align: center; color: var(--soft); }
@media (max-width: 640px) { .legend { flex-direction: column; } .items { max-height: 112px; } .step { min-width: 0; } .tools { gap: 1px; } .tools hr { display: none; } .tools button { padding: 4px 6px; font-size: 12px; } .tools button.icon { width: 25px; } .time { flex-basis: 180px; } }
@media (prefers-reduced-motion: reduce) { .hint { transition: none; } }
`;
