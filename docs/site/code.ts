import { extname } from "node:path";
import hljs from "highlight.js/lib/core";
import bash from "highlight.js/lib/languages/bash";
import dockerfile from "highlight.js/lib/languages/dockerfile";
import go from "highlight.js/lib/languages/go";
import javascript from "highlight.js/lib/languages/javascript";
import json from "highlight.js/lib/languages/json";
import python from "highlight.js/lib/languages/python";
import typescript from "highlight.js/lib/languages/typescript";
import yaml from "highlight.js/lib/languages/yaml";
import { escaped } from "../../core/writers/picture/svg";

const LANGUAGES = { bash, dockerfile, go, javascript, json, python, typescript, yaml };
for (const [name, language] of Object.entries(LANGUAGES)) hljs.registerLanguage(name, language);

/** What one types: the program, its flags, quotes and comments. A script in Bash has more, and is told apart by its name. */
hljs.registerLanguage("sh", () => ({
  contains: [
    { scope: "comment", begin: /(?<=^|\s)#/, end: /$/ },
    {
      scope: "string",
      variants: [
        { begin: /"/, end: /"/, contains: [{ begin: /\\./ }] },
        { begin: /'/, end: /'/ },
      ],
    },
    { scope: "variable", begin: /\$(\w+|\{[^}]*\}|\()/ },
    { scope: "built_in", begin: /^[ \t]*(?!-)[\w./-]+(?=\s|$)|(?<=(&&|\|\||\||;) )[\w./-]+/m },
    { scope: "attr", begin: /(?<=\s)--?[A-Za-z][\w-]*/ },
  ],
}));

const BY_ENDING: Record<string, keyof typeof LANGUAGES> = {
  ".ts": "typescript",
  ".js": "javascript",
  ".cjs": "javascript",
  ".json": "json",
  ".yaml": "yaml",
  ".yml": "yaml",
  ".py": "python",
  ".go": "go",
  ".sh": "bash",
};

/** Code with its words marked; what has no such words is text. */
export const marked = (text: string, language: string): string =>
  hljs.getLanguage(language) ? hljs.highlight(text, { language }).value : escaped(text);

/** A whole file, by its name or its first line. */
export function markedFile(name: string, text: string): string {
  const language = BY_ENDING[extname(name)] ?? (/^#!.*sh$/m.test(text.split("\n", 1)[0]!) ? "bash" : "");
  return marked(text, language);
}
