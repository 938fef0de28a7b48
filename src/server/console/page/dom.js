/**
 * An element. Text becomes text nodes and nothing else: what sources and receivers say is never markup.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {{ [attribute: string]: string | boolean | null | ((event: Event) => unknown) }} [attributes] a function listens
 *   to the event of that name
 * @param {(Node | string | null)[]} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name, value);
    else if (typeof value === 'boolean') element.toggleAttribute(name, value);
    else if (value !== null) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/**
 * @param {string} id
 * @returns {any}
 */
export function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return found;
}

/**
 * Writes only what differs, so that nothing is laid out again for nothing, and no screen reader repeats itself.
 *
 * @param {Element} element
 * @param {string} text
 */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Brings a list to what it should show. Elements stay where they can: what has the focus or is unfolded keeps it.
 *
 * @template T
 * @param {Element} list
 * @param {readonly T[]} items
 * @param {(item: T) => string} keyOf
 * @param {(item: T) => Element} create
 * @param {(element: Element, item: T) => void} [update]
 */
export function keyed(list, items, keyOf, create, update) {
  const there = new Map([...list.children].map((child) => [child.getAttribute('data-key'), child]));
  const wanted = new Set(items.map(keyOf));
  for (const [key, child] of there) if (key === null || !wanted.has(key)) child.remove();
  const focused = document.activeElement;
  let place = list.firstElementChild;
  for (const item of items) {
    const key = keyOf(item);
    let child = there.get(key);
    if (child) update?.(child, item);
    else {
      child = create(item);
      child.setAttribute('data-key', key);
    }
    if (child === place) place = place.nextElementSibling;
    else list.insertBefore(child, place);
  }
  // What moves loses the focus.
  if (focused instanceof HTMLElement && focused !== document.activeElement && list.contains(focused))
    focused.focus();
}

/**
 * Many reasons to do something, and it is done once, soon.
 *
 * @param {() => Promise<unknown>} work
 * @param {number} gap milliseconds between the end of one and the next
 */
export function coalesced(work, gap) {
  let due = false;
  let running = false;
  async function run() {
    if (running) return;
    running = true;
    while (due) {
      due = false;
      await work().catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, gap));
    }
    running = false;
  }
  return () => {
    due = true;
    void run();
  };
}
