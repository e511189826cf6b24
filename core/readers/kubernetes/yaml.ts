import { say } from "../../description/say";
import { defineScalarTag, loadAll, mapTag, mergeTag, NOT_RESOLVED, Schema, seqTag, strTag } from "js-yaml";
import { isMap, isScalar, isSeq, LineCounter, parseAllDocuments } from "yaml";
import { resolvePlain } from "../compose/yaml";
import { ManifestError } from "./errors";

const YES = /^(?:y|Y|yes|Yes|YES|on|On|ON)$/;
const NO = /^(?:n|N|no|No|NO|off|Off|OFF)$/;

/** A plain scalar as kubectl reads it, by the rules of YAML 1.1 but for its times of the day: 0644 is octal, yes is true. */
function plain(text: string): unknown {
  if (YES.test(text)) return true;
  if (NO.test(text)) return false;
  const { value } = resolvePlain(text);
  return typeof value === "string" ? NOT_RESOLVED : value;
}

const PLAIN = defineScalarTag<unknown>("tag:yaml.org,2002:plain", {
  implicit: true,
  resolve: (text) => plain(text),
  identify: () => false,
  represent: String,
});
/** `!!int 5` and the like say what a plain scalar is by itself. */
const tagged = (name: string) =>
  defineScalarTag<unknown>(`tag:yaml.org,2002:${name}`, {
    resolve: (text) => plain(text),
    identify: () => false,
    represent: String,
  });
const SCHEMA = new Schema([strTag, seqTag, mapTag, mergeTag, PLAIN, ...["int", "bool", "float", "null"].map(tagged)]);

/** What Helm writes into its templates, and nobody else in front of a value. */
const HELM =
  /\{\{-?\s*(?:\.(?:Values|Release|Chart|Capabilities|Files|Template)\b|include\b|template\b|define\b|tpl\b|if\b|range\b|with\b|end\b|\/\*)/;
const ACTION = /^[ \t]*(?:-[ \t]+)?(?:[\w.-]+:[ \t]+)?\{\{/m;

/** More of it in one file is no manifest. */
const MAX_TEXT = 32 * 2 ** 20;

/** A text of manifests: its documents, and where something of them stands. */
export class Manifests {
  readonly documents: unknown[];
  private places?: { counter: LineCounter; roots: unknown[] };

  /** @throws ManifestError for what is no YAML, with the line */
  constructor(
    readonly file: string,
    private readonly text: string,
  ) {
    if (text.length > MAX_TEXT)
      throw new ManifestError(file, undefined, "", say`is larger than 32 MiB`, say`split it into several files`);
    try {
      this.documents = loadAll(text.replace(/^\uFEFF/, ""), { schema: SCHEMA, filename: file });
    } catch (error) {
      // A dashboard or a rule for alerts may have such braces inside of its text, and is YAML all the same.
      const braces = ACTION.exec(text);
      if (braces) throw this.template(braces.index);
      throw this.refusal(error as { reason?: string; message: string; mark?: { line: number; column: number } });
    }
  }

  private template(at: number): ManifestError {
    const line = this.text.slice(0, at).split("\n").length;
    const helm = HELM.test(this.text);
    return new ManifestError(
      this.file,
      line,
      "",
      helm ? say`is a template of Helm` : say`is a template: {{ }} stands for something else`,
      helm ? say`run \`helm template\` first, and give berth what it prints` : say`put the values in first`,
    );
  }

  private refusal({ reason, message, mark }: { reason?: string; message: string; mark?: { line: number } }) {
    const line = mark && mark.line + 1;
    const row = mark ? (this.text.split(/\r?\n/)[mark.line] ?? "") : "";
    const refuse = (problem: string, remedy: string) => new ManifestError(this.file, line, "", problem, remedy);
    if (/^[ ]*\t/.test(row))
      return refuse(say`a tab stands in front of it`, say`YAML takes spaces only: indent it with spaces`);
    if (/duplicated mapping key/.test(reason ?? "")) {
      const [, key = say`a key`] = /^[\s-]*([^:]+?)\s*:/.exec(row) ?? [];
      return refuse(say`${key} is there twice in one object`, say`keep one of them`);
    }
    return refuse(say`is no YAML: ${reason ?? message.split("\n")[0]}`, say`mend it there or in the row above`);
  }

  /**
   * The line of something in a document, from 1. Only what has to be said something of needs one, and the parser
   * that knows lines takes its time.
   */
  line(document: number, path: (string | number)[] = []): number | undefined {
    if (!this.places) {
      const counter = new LineCounter();
      const parsed = parseAllDocuments(this.text, { lineCounter: counter, logLevel: "silent", uniqueKeys: false });
      const roots = "empty" in parsed ? [] : parsed.map(({ contents }) => contents);
      this.places = { counter, roots };
    }
    const { counter, roots } = this.places;
    let node: unknown = roots[document];
    let at = offsetOf(node);
    for (const step of path) {
      if (isMap(node)) {
        const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
        if (!pair) break;
        at = offsetOf(pair.key) ?? at;
        node = pair.value;
      } else if (isSeq(node)) {
        node = node.items[Number(step)];
        at = offsetOf(node) ?? at;
      } else break;
    }
    return at === undefined ? undefined : counter.linePos(at).line;
  }
}

const offsetOf = (node: unknown): number | undefined => (node as { range?: [number] | null } | null)?.range?.[0];
