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
 * @returns {any} which kind of element it is, the page says and not the script
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
 * Gives the focus to something that a person did not choose: itself, or what is around it when it is not to be seen.
 *
 * @param {HTMLElement} element
 */
export function focusOn(element) {
  const target = element.checkVisibility() ? element : element.closest('section:not([hidden]), main');
  if (!(target instanceof HTMLElement)) return;
  if (target.tabIndex < 0) target.tabIndex = -1;
  target.focus({ preventScroll: true });
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
