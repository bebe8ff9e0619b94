// @ts-check
/**
 * Entry for Streamlit: called with every change of data or theme, so one globe lives per parent element.
 */

import { Globe } from "./host.js";

/** @type {WeakMap<object, Globe>} */
const globes = new WeakMap();

/**
 * @param {{data: Uint8Array, parentElement: any, setStateValue: (name: string, value: any) => void}} component
 * @returns {() => void}
 */
export default function mount({ data, parentElement, setStateValue }) {
  let globe = globes.get(parentElement);
  if (!globe) {
    globe = new Globe(parentElement);
    globes.set(parentElement, globe);
  }
  let something = true; // to show: a picture, or what is wrong
  try {
    globe.update(
      data,
      (report) => setStateValue("view", report),
      (need) => setStateValue("need", need),
    );
    globe.panel.showProblem("");
    something = globe.scene !== null;
  } catch (error) {
    console.error(error);
    globe.panel.showProblem(`The picture can't be drawn: ${error instanceof Error ? error.message : error}.`);
  }
  globe.panel.root.style.display = something ? "" : "none";
  const waiting = parentElement.querySelector(".waiting"); // waiting.html is on the page before any script
  if (waiting) waiting.style.display = something ? "none" : "";
  // A late clean-up of an earlier call must not take away a living globe: only one whose element has gone.
  return () => {
    setTimeout(() => {
      const host = parentElement.host ?? parentElement;
      if (host.isConnected) return;
      globes.get(parentElement)?.destroy();
      globes.delete(parentElement);
    }, 0);
  };
}
