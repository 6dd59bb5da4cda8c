// Which key does what for this person: the table of teams/keys.py, with their own choices in it.
const root = document.documentElement;
const map = JSON.parse(root.dataset.keymap ?? "{}");

export const enabled = () => root.dataset.keys === "on";

/** The action of a key press. A keyboard of another script has the same keys in the same places. */
export function actionOf(event) {
  const key = event.key.toLowerCase();
  if (key in map) return map[key];
  return /^[^\x00-\x7f]$/.test(key) && /^Key[A-Z]$/.test(event.code) ? map[event.code.at(-1).toLowerCase()] : undefined;
}

/** The key as a button prints it; "" for none. */
export function keyOf(action) {
  const key = Object.keys(map).find((each) => map[each] === action);
  return enabled() && key ? key.toUpperCase() : "";
}
