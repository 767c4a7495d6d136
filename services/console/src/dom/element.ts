/** Small helpers to build DOM. Text is always set as text, never as markup. */

type Child = Node | string | null | false | undefined;
type Attributes = Record<string, string | number | boolean | null | undefined>;

/** Makes an element. `class`, `data-…`, `aria-…` and other attributes by name; null and false leave one out. */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) setAttribute(node, name, value);
  node.append(...children.filter((c): c is Node | string => c !== null && c !== false && c !== undefined));
  return node;
}

const SVG = "http://www.w3.org/2000/svg";

export function svg(tag: string, attributes: Attributes = {}, ...children: Child[]): SVGElement {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) setAttribute(node, name, value);
  node.append(...children.filter((c): c is Node | string => c !== null && c !== false && c !== undefined));
  return node;
}

export function setAttribute(node: Element, name: string, value: Attributes[string]): void {
  if (value === null || value === undefined || value === false) node.removeAttribute(name);
  else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value === true ? "" : String(value));
}

/** Sets text only when it differs, so that a screen reader and the layout are left in peace. */
export function setText(node: Element, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

/** A key cap, as on the keyboard. */
export function keyCap(label: string): HTMLElement {
  return el("kbd", { "aria-hidden": "true" }, label);
}
