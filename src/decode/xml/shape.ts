/** Which elements inside an element are lists, known before it is read. */
export interface Shape {
  readonly list: boolean;
  readonly inner: ReadonlyMap<string, Shape>;
}

interface Growing extends Shape {
  list: boolean;
  readonly inner: Map<string, Growing>;
}

/** @param lists paths, from the root element on, of elements that are lists even if there is only one */
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
