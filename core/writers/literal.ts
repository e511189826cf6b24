/** TypeScript that is printed as it stands: `mynet.networkName`. */
export class Code {
  constructor(readonly text: string) {}
}

// What is printed stands in a function, two spaces from the left.
export const WIDTH = 118;
const NAME = /^[A-Za-z_$][\w$]*$/;

/** Text in quotes: double ones where they need no more escapes. */
export function quoted(text: string): string {
  const plain = JSON.stringify(text);
  if (!text.includes('"') || text.includes("'")) return plain;
  return `'${plain.slice(1, -1).replace(/\\"/g, '"')}'`;
}

const keyText = (key: string) => (NAME.test(key) ? key : quoted(key));

function inline(value: unknown): string {
  if (value instanceof Code) return value.text;
  if (typeof value === "string") return quoted(value);
  if (Array.isArray(value)) return `[${value.map(inline).join(", ")}]`;
  if (value === null || typeof value !== "object") return String(value);
  const entries = Object.entries(value).map(([key, item]) => {
    const text = inline(item);
    return text === key ? key : `${keyText(key)}: ${text}`;
  });
  return entries.length ? `{ ${entries.join(", ")} }` : "{}";
}

/** The formatter writes a list of objects one below the other. */
const isTable = (value: unknown): boolean =>
  Array.isArray(value) &&
  value.length > 1 &&
  value.every(
    (item) => item !== null && typeof item === "object" && !(item instanceof Code) && Object.keys(item).length > 1,
  );

/** A text that is longer than a row, as several that are joined; it is cut behind blanks only. */
function folded(item: unknown, text: string, indent: number): string {
  if (typeof item !== "string" || indent + text.length + 1 <= WIDTH) return text;
  const rows: string[] = [];
  for (const word of item.split(/(?<= )/)) {
    const last = rows.at(-1);
    if (last !== undefined && indent + quoted(last + word).length + 2 <= WIDTH) rows[rows.length - 1] = last + word;
    else rows.push(word);
  }
  return rows.map(quoted).join(` +\n${" ".repeat(indent)}`);
}

/**
 * Writes a value as a TypeScript literal the way the formatter would leave it.
 *
 * @param indent spaces before the line that the literal begins on
 * @param used columns of that line that are taken, before and behind the literal
 */
export function literal(value: unknown, indent: number, used: number): string {
  const short = inline(value);
  const scalar = value === null || typeof value !== "object" || value instanceof Code;
  if (scalar || (used + short.length <= WIDTH && !isTable(value))) return short;
  const pad = " ".repeat(indent + 2);
  const lines = Array.isArray(value)
    ? value.map((item) => `${pad}${folded(item, literal(item, indent + 2, indent + 3), indent + 2)},`)
    : Object.entries(value).map(([key, item]) => {
        const name = keyText(key);
        if (item instanceof Code && item.text === key) return `${pad}${key},`;
        const text = literal(item, indent + 2, indent + name.length + 5);
        const long =
          (typeof item === "string" || item instanceof Code) && indent + name.length + 5 + text.length > WIDTH;
        return `${pad}${name}:${long ? `\n${pad}  ${folded(item, text, indent + 4)}` : ` ${text}`},`;
      });
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  return `${open}\n${lines.join("\n")}\n${" ".repeat(indent)}${close}`;
}
