import { say } from "./say";

/** Why a template cannot be filled in; the caller knows where it stands. */
export class TemplateError extends Error {
  constructor(
    readonly problem: string,
    readonly remedy: string,
  ) {
    super(problem);
    this.name = "TemplateError";
  }
}

/** Value of a variable, or undefined where it is not set. */
export type Lookup = (name: string) => string | undefined;

const NAME = /[_a-z][_a-z0-9]*/iy;
const OPERATOR = /:?[-+?]/y;
/** Defaults inside defaults; deeper ones are no configuration any more. */
const DEPTH = 50;

function matchAt(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

/**
 * Where the braces that open at `open` close. The character after an inner `{` is passed over and a line break ends
 * the search, both as Compose has it; without a match the last brace of the line closes.
 */
function closingBrace(text: string, open: number): number {
  let depth = 0;
  let last = -1;
  for (let at = open; at < text.length && text[at] !== "\n"; at++) {
    if (text[at] === "}") {
      last = at;
      if (--depth === 0) return at;
    } else if (text[at] === "{") {
      depth++;
      if (text[at + 1] === "}") last = at + 1;
      if (text[at + 1] !== "\n") at++;
    }
  }
  return last;
}

/**
 * Fills in `$NAME`, `${NAME}`, `${NAME:-default}`, `${NAME-default}`, `${NAME:?problem}`, `${NAME?problem}`,
 * `${NAME:+text}` and `${NAME+text}` as Compose does; `$$` is a dollar sign, and any other `$` stands for itself.
 * The part after the operator is a template too.
 *
 * @param onUnset told of each variable that is not set and has no default; it becomes empty
 * @throws TemplateError where a brace does not close, a name is none, or a required variable has no value
 * @example
 * substitute("${TAG:-latest}", () => undefined) // "latest"
 */
export function substitute(
  template: string,
  lookup: Lookup,
  onUnset: (name: string) => void = () => {},
  depth = 0,
): string {
  if (!template.includes("$")) return template;
  if (depth > DEPTH)
    throw new TemplateError(say`holds more than ${DEPTH} defaults inside one another`, say`write it out`);
  const plain = (name: string) => {
    const value = lookup(name);
    if (value === undefined) onUnset(name);
    return value ?? "";
  };
  let result = "";
  let at = 0;
  for (let dollar = template.indexOf("$"); dollar >= 0; dollar = template.indexOf("$", at)) {
    result += template.slice(at, dollar);
    const name = matchAt(NAME, template, dollar + 1);
    if (name) {
      result += plain(name);
      at = dollar + 1 + name.length;
    } else if (template[dollar + 1] === "$") {
      result += "$";
      at = dollar + 2;
    } else if (template[dollar + 1] === "{") {
      const close = closingBrace(template, dollar + 1);
      const inner = template.slice(dollar + 2, Math.max(close, dollar + 2));
      const braced = matchAt(NAME, inner, 0) ?? "";
      const operator = matchAt(OPERATOR, inner, braced.length) ?? "";
      if (close < 0 || braced === "" || (operator === "" && braced !== inner)) throw invalid(template);
      const word = inner.slice(braced.length + operator.length);
      const fill = () => substitute(word, lookup, onUnset, depth + 1);
      result += operator ? choose(braced, operator, lookup(braced), fill) : plain(braced);
      at = close + 1;
    } else {
      result += "$";
      at = dollar + 1;
    }
  }
  return result + template.slice(at);
}

function invalid(template: string): TemplateError {
  const shown = template.length > 80 ? `${template.slice(0, 77)}...` : template;
  return new TemplateError(
    say`${JSON.stringify(shown)} is not a valid interpolation`,
    say`close \${NAME}, or write $$ where a dollar sign is meant`,
  );
}

function choose(name: string, operator: string, value: string | undefined, fill: () => string): string {
  const given = operator.startsWith(":") ? value !== undefined && value !== "" : value !== undefined;
  if (operator.endsWith("-")) return given ? value! : fill();
  if (operator.endsWith("+")) return given ? fill() : (value ?? "");
  if (given) return value!;
  const reason = fill();
  throw new TemplateError(
    say`the required variable ${name} is missing a value${reason ? `: ${reason}` : ""}`,
    say`set it in the environment or in .env`,
  );
}
