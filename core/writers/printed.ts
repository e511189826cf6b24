import type { Notice } from "../description/project";

/** A project as text, and what its reader has to know beside it. */
export interface Printed {
  text: string;
  notices: Notice[];
}

/** How a project is printed. */
export interface PrintOptions {
  /** Where relative paths in the project start. */
  folder: string;
  /** Paths inside it are printed relative to it. @default the folder */
  shownFrom?: string;
  /** Variables that are secret whatever their names, by service key. @default none */
  secretNames?: ReadonlyMap<string, ReadonlySet<string>>;
}

/** A note at a place of the project. */
export const note = (at: string, text: string): Notice => ({ level: "note", at, text });

/** A warning at a place of the project. */
export const warning = (at: string, text: string): Notice => ({ level: "warning", at, text });

/** Several names as one reads them: `a, b and c`. */
export const listed = (names: string[]): string =>
  names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;

/** The same in a row that has no room for many: `a, b, c and 5 more`. */
export function listedShort(names: string[]): string {
  const all = listed(names);
  return all.length <= 60 || names.length < 5 ? all : listed([...names.slice(0, 3), `${names.length - 3} more`]);
}
