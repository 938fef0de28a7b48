/** What is known of an element before it is read: which of the elements inside it are lists. */
export interface Shape {
  readonly list: boolean;
  readonly inner: ReadonlyMap<string, Shape>;
}

interface Growing extends Shape {
  list: boolean;
  readonly inner: Map<string, Growing>;
}

/** @param lists paths of elements, from the root element on, that are lists whatever their number */
export function shapeOf(lists: readonly (readonly string[])[]): Shape {
  const root: Growing = { list: false, inner: new Map() };
  for (const path of lists) {
    let shape = root;
    for (const name of path) {
      const next = shape.inner.get(name) ?? { list: false, inner: new Map() };
      shape.inner.set(name, next);
      shape = next;
    }
    shape.list = true;
  }
  return root;
}
