/** How it stands with something: `note` is worth knowing and needs nothing. */
export type Standing = "ok" | "note" | "warning" | "missing";

/** One line of `berth doctor`. */
export interface Finding {
  what: string;
  standing: Standing;
  text: string;
  /** Commands that cure it, or one sentence where no command does. */
  cure?: string[];
}

/** Milliseconds that one look may take. */
export const PATIENCE = 2_000;

export const ok = (what: string, text: string): Finding => ({ what, standing: "ok", text });
export const note = (what: string, text: string, ...cure: string[]): Finding => ({
  what,
  standing: "note",
  text,
  ...(cure.length && { cure }),
});
export const warning = (what: string, text: string, ...cure: string[]): Finding => ({
  what,
  standing: "warning",
  text,
  ...(cure.length && { cure }),
});
export const missing = (what: string, text: string, ...cure: string[]): Finding => ({
  what,
  standing: "missing",
  text,
  ...(cure.length && { cure }),
});

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

/** A size as people read it: `12.3 GiB`. */
export function sizeText(bytes: number): string {
  let size = bytes;
  let unit = 0;
  while (size >= 1024 && unit < UNITS.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return `${unit === 0 || size >= 100 ? Math.round(size) : size.toFixed(1)} ${UNITS[unit]}`;
}
