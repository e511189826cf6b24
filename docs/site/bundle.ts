import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { transform } from "sucrase";

const MINISEARCH = require.resolve("minisearch");

/** The scripts of the page and what they import, in one file that a browser takes from the disk as well. */
export function bundle(entry: string): string {
  const modules = new Map<string, string>();
  const add = (file: string): string => {
    if (modules.has(file)) return file;
    modules.set(file, "");
    const text = readFileSync(file, "utf8");
    const code = file.endsWith(".ts")
      ? transform(text, { transforms: ["typescript", "imports"], disableESTransforms: true }).code
      : text;
    const named = code.replace(/\brequire\((["'])([^"']+)\1\)/g, (_, _quote, name: string) => {
      const found = name === "minisearch" ? MINISEARCH : `${resolve(dirname(file), name)}.ts`;
      return `require(${JSON.stringify(key(add(found)))})`;
    });
    modules.set(file, named);
    return file;
  };
  const key = (file: string) => file.slice(join(__dirname, "../..").length + 1);
  add(entry);
  const bodies = [...modules].map(
    ([file, code]) => `${JSON.stringify(key(file))}(module,exports,require){\n${code}\n}`,
  );
  return `// With MiniSearch, Copyright 2022 Luca Ongaro, MIT License
"use strict";(()=>{
const all={${bodies.join(",\n")}};
const loaded={};
const load=(name)=>{if(!loaded[name]){const module=loaded[name]={exports:{}};all[name](module,module.exports,load)}return loaded[name].exports};
load(${JSON.stringify(key(entry))});
})();
`;
}
