/** An object without the fields that are undefined or empty lists: a manifest says nothing twice. */
export function compact<T extends object>(value: T): T {
  const said = Object.entries(value).filter(
    ([, item]) => item !== undefined && !(Array.isArray(item) && item.length === 0),
  );
  return Object.fromEntries(said) as T;
}

/** The same, and undefined where nothing is left. */
export function compactOrNothing<T extends object>(value: T): T | undefined {
  const result = compact(value);
  return Object.keys(result).length ? result : undefined;
}

/** Kubernetes expands `$(NAME)` and `$$` in commands and plain variables, which containers elsewhere get as they stand. */
export const verbatim = (text: string): string => text.replace(/\$(?=[$(])/g, "$$$$");

/** A number in the kilo of sizes, as short as it can be: 536870912 is `512Mi`. */
export function bytesAsQuantity(bytes: number): string {
  const units = ["", "Ki", "Mi", "Gi", "Ti", "Pi"];
  let [value, unit] = [bytes, 0];
  while (value !== 0 && value % 1024 === 0 && unit < units.length - 1) [value, unit] = [value / 1024, unit + 1];
  return `${value}${units[unit]}`;
}
