/** Reads a setting that is a map, as the CLI hands it over: no entries without a value, undefined where it is no map. */
export function settingMap(text: string | undefined): [key: string, value: unknown][] | undefined {
  if (text === undefined || text === "") return [];
  try {
    const value: unknown = JSON.parse(text);
    if (value !== null && typeof value === "object" && !Array.isArray(value)) return Object.entries(value);
  } catch {
    // No JSON is no map either.
  }
  return undefined;
}
