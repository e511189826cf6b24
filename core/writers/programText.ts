import { literal, quoted, WIDTH } from "./literal";

const RESERVED = new Set(
  "break case catch class const continue debugger default delete do else enum export extends false finally for function if implements import in instanceof interface let new null package private protected public return static super switch this throw true try typeof var void while with yield await async undefined arguments eval program settings password credential readSettings name config program pulumi interpolate".split(
    " ",
  ),
);

/** `my-web_1` as a variable: `myWeb1`. */
export function camel(text: string): string {
  const words = text.split(/[^A-Za-z0-9]+/).filter(Boolean);
  const [first = "it", ...others] = words.map((word) => (/[a-z]/.test(word) ? word : word.toLowerCase()));
  const joined = [
    first[0]!.toLowerCase() + first.slice(1),
    ...others.map((word) => word[0]!.toUpperCase() + word.slice(1)),
  ].join("");
  return /^\d/.test(joined) ? `_${joined}` : joined;
}

/** Names of a program's variables, each once. */
export class Variables {
  private readonly taken = new Set<string>();

  /** @param otherwise what is added where the name is a word of JavaScript */
  of(text: string, otherwise = "Service"): string {
    const base = camel(text);
    let name = RESERVED.has(base) ? `${base}${otherwise}` : base;
    for (let count = 2; this.taken.has(name); count++) name = `${base}${count}`;
    this.taken.add(name);
    return name;
  }
}

/** The name of a program of this project; a stack is named after its program up to the first dash. */
export const programName = (project: string): string => camel(project);

/** The name of a program of stacks/ that is not there yet. */
export function freeProgramName(project: string, taken: (name: string) => boolean = () => false): string {
  const name = programName(project);
  let file = name;
  for (let count = 2; taken(file); count++) file = `${name}${count}`;
  return file;
}

const indented = (parts: string[]) =>
  parts.flatMap((text) => text.split("\n")).map((line) => (line ? `  ${line}` : ""));

/** Marks a row end that belongs to a text in backticks until everything stands in its place. */
const RAW = "\u0000";

/** A text of several rows in backticks; it is printed as it stands, wherever that is. */
export const backticked = (text: string): string => `\`${inBackticks(text).replaceAll("\n", RAW)}\``;

/** A text of one row between backticks. */
export const inBackticks = (text: string): string => text.replace(/[\\`]|\$\{/g, "\\$&");

/** The marks of texts in backticks become row ends again. */
export const finished = (text: string): string => text.replaceAll(RAW, "\n");

/** A secret setting of a program. */
export interface ProgramSetting {
  variable: string;
  /** What it is for, where settings are listed. */
  doc: string;
  /** A person chooses it, so that berth can make one. */
  chosen: boolean;
}

/** What a program is made of. */
export interface ProgramParts {
  /** `/** ... *\/` above it. */
  title: string;
  settings: ProgramSetting[];
  /** Components of berth, by the file in components/. */
  components: Record<string, string>;
  /** Further imports: what is imported, and from where. */
  imports?: [what: string, from: string][];
  body: string[];
  /** The engine that is looked at first, where it is not the project's. */
  engine?: string;
}

const importLine = ([what, from]: [string, string]) => `import { ${what} } from "${from}";`;

/** A program of stacks/. */
export function stackProgram(
  file: string,
  { title, settings, components, imports = [], body }: ProgramParts,
): string[] {
  const readers = settings.map(({ chosen }) => (chosen ? "password" : "credential"));
  const names = settings.map(({ variable }) => variable);
  const one = `const { ${names.join(", ")} } = readSettings(${quoted(file)}, settings);`;
  const several = ["const {", ...names.map((name) => `  ${name},`), `} = readSettings(${quoted(file)}, settings);`];
  const read = names.length === 0 ? [] : one.length <= WIDTH ? [one] : several;
  const all: [string, string][] = [
    ...imports,
    ...Object.keys(components)
      .sort()
      .map((component): [string, string] => [component, `../components/${components[component]}`]),
    ...(names.length
      ? [[[...new Set([...readers, "readSettings"])].sort().join(", "), "./lib/settings"] as [string, string]]
      : []),
  ];
  return [
    ...all.map(importLine),
    ...(all.length ? [""] : []),
    ...(names.length
      ? [
          "export const settings = {",
          ...settings.flatMap(({ variable, doc }, index) => {
            const line = `  ${variable}: ${readers[index]}(${quoted(doc)}),`;
            return line.length <= WIDTH + 2
              ? [line]
              : [`  ${variable}: ${readers[index]}(`, `    ${quoted(doc)},`, "  ),"];
          }),
          "};",
        ]
      : ["export const settings = {};"]),
    "",
    `/** ${title} */`,
    "export function program() {",
    ...indented([...read, ...body]),
    "}",
  ];
}

/** A program of somebody's own project, which imports the package. */
export function ownProgram({ title, settings, components, imports = [], body, engine }: ProgramParts): string[] {
  const names = settings.map(({ variable }) => variable);
  return [
    ...(names.length ? ['import * as pulumi from "@pulumi/pulumi";'] : []),
    ...imports.map(importLine),
    `import { ${[...Object.keys(components), "program"].sort().join(", ")} } from "pulumi-berth";`,
    "",
    ...(names.length ? ["const config = new pulumi.Config();"] : []),
    ...names.flatMap((variable) => {
      const row = `const ${variable} = config.requireSecret(${quoted(variable)});`;
      if (row.length <= WIDTH) return [row];
      return [`const ${variable} = config.requireSecret(`, `  ${quoted(variable)},`, ");"];
    }),
    ...(names.length ? [""] : []),
    `/** ${title} */`,
    "export = program(() => {",
    ...indented(body),
    engine === undefined ? "});" : `}, ${literal({ engine }, 0, 0)});`,
  ];
}
