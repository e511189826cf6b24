import { Marked, type Token, type Tokens } from "marked";
import { escaped } from "../../core/writers/picture/svg";
import { anchorOf } from "./anchor";
import { marked as markedCode } from "./code";

/** A part of a page as the search knows it. */
export interface Part {
  /** Empty for what stands above the first heading. */
  anchor: string;
  heading: string;
  text: string;
}

export interface Heading {
  level: number;
  anchor: string;
  /** As HTML. */
  label: string;
}

export interface Rendered {
  html: string;
  title: string;
  headings: Heading[];
  parts: Part[];
}

/** What a page asks of the site around it. */
export interface Surroundings {
  /** Where a link of the page leads to in the site. */
  href(link: string): string;
  /** A picture as SVG that stands in the page. */
  picture(link: string): string;
  /** The same beside its name. */
  small(link: string): string;
  /** A diagram of mermaid as SVG. */
  diagram(text: string): string;
  words: { copy: string; picture: string };
}

/** The words of a token and all in it. */
export function plain(token: Token): string {
  if (token.type === "table") {
    const { header, rows } = token as Tokens.Table;
    return [header, ...rows].map((row) => row.map(({ tokens }) => tokens.map(plain).join("")).join(" ")).join("\n");
  }
  if (token.type === "list") return (token as Tokens.List).items.map(plain).join("\n");
  if (token.type === "html") return "";
  if ("tokens" in token && token.tokens) return token.tokens.map(plain).join("");
  return "text" in token ? (token.text as string) : "";
}

/** Chinese has no spaces, so a new row of the file is none either. */
const WIDE = "\\u3000-\\u303f\\u4e00-\\u9fff\\uff00-\\uffef";
const joined = (text: string) =>
  text.replace(new RegExp(`(?<=[${WIDE}])\\n(?=[${WIDE}])|(?<=[，。、；：！？）」])\\n`, "g"), "");

/** The heading without the markup of typedoc's first lines; the line that leads to the other language is left out. */
function body(tokens: Token[]): Token[] {
  const first = tokens.findIndex(({ type }) => type === "heading");
  return tokens
    .slice(first)
    .filter((token) => !(token.type === "paragraph" && /^(English \| \[|\[English\]\()/.test(token.raw)));
}

const LEVEL_OF_PARTS = 3;

/** The parts of a page, one for each heading down to the third level. */
function partsOf(tokens: Token[], anchors: Map<Token, string>): Part[] {
  const parts: Part[] = [];
  for (const token of tokens) {
    if (token.type === "heading" && (token as Tokens.Heading).depth <= LEVEL_OF_PARTS)
      parts.push({ anchor: parts.length ? anchors.get(token)! : "", heading: plain(token), text: "" });
    else parts.at(-1)!.text += `${plain(token)}\n`;
  }
  return parts.map(({ text, ...part }) => ({ ...part, text: text.replace(/\s+/g, " ").trim() }));
}

/** A link to a picture at the end of each row: such a table is a wall of pictures. */
const pictured = ({ rows }: Tokens.Table) => rows.every((row) => /\]\([^)]+\.svg\)$/.test(row.at(-1)!.text.trim()));

/** A page of Markdown as HTML. */
export function render(source: string, around: Surroundings): Rendered {
  const markdown = new Marked({ gfm: true });
  const tokens = body(markdown.lexer(source));
  const anchors = new Map<Token, string>();
  const headings: Heading[] = [];
  const seen = new Map<string, number>();
  for (const token of tokens) {
    if (token.type !== "heading") continue;
    const anchor = anchorOf((token as Tokens.Heading).text);
    const times = seen.get(anchor) ?? 0;
    seen.set(anchor, times + 1);
    anchors.set(token, times ? `${anchor}-${times}` : anchor);
  }

  markdown.use({
    renderer: {
      text(token) {
        return "tokens" in token && token.tokens ? this.parser.parseInline(token.tokens) : joined(escaped(token.text));
      },
      // <a id> of typedoc, and <br>. Everything else is most likely a placeholder, which GitHub leaves out in silence.
      html({ text }) {
        if (!/^(<a id="[\w-]+">|<\/a>|<br ?\/?>)$/.test(text.trim()))
          throw new Error(`${text.trim()} is read as HTML: put it between backquotes`);
        return text;
      },
      heading(token) {
        const label = this.parser.parseInline(token.tokens);
        const anchor = anchors.get(token) ?? "";
        headings.push({ level: token.depth, anchor, label: label.replace(/<\/?a\b[^>]*>/g, "") });
        const link =
          token.depth > 1 ? `<a class="anchor" href="#${anchor}" aria-hidden="true" tabindex="-1">#</a>` : "";
        return `<h${token.depth} id="${anchor}">${label}${link}</h${token.depth}>\n`;
      },
      link({ href, tokens: inside }) {
        const to = around.href(href);
        const outward = /^https?:/.test(to) ? ' class="outward" rel="noreferrer"' : "";
        return `<a href="${escaped(to)}"${outward}>${this.parser.parseInline(inside)}</a>`;
      },
      image({ href, text }) {
        return `<a class="picture" href="${escaped(around.href(href))}" aria-label="${escaped(`${around.words.picture} ${text}`)}">${around.picture(href)}</a>`;
      },
      code({ text, lang = "" }) {
        if (lang === "mermaid") return `<figure class="diagram">${around.diagram(text)}</figure>\n`;
        const copy = lang === "text" ? "" : `<button type="button" class="copy" hidden>${around.words.copy}</button>`;
        return `<div class="code ${lang}"><pre tabindex="0"><code>${markedCode(text, lang)}</code></pre>${copy}</div>\n`;
      },
      table(token) {
        const inline = (cell: Tokens.TableCell) => this.parser.parseInline(cell.tokens);
        if (token.rows.length > 1 && pictured(token)) {
          const cards = token.rows.map((row) => {
            const link = row.at(-1)!.tokens.find(({ type }) => type === "link") as Tokens.Link;
            return `<li><a href="${escaped(around.href(link.href))}"><span class="frame">${around.small(link.href)}</span><strong>${inline(row[0]!)}</strong> <span>${inline(row[1]!)}</span></a></li>`;
          });
          return `<ul class="setups">\n${cards.join("\n")}\n</ul>\n`;
        }
        const row = (cells: Tokens.TableCell[], tag: "th" | "td") =>
          `<tr>${cells.map((cell) => `<${tag}>${inline(cell)}</${tag}>`).join("")}</tr>`;
        return `<div class="table" tabindex="0"><table>\n<thead>${row(token.header, "th")}</thead>\n<tbody>\n${token.rows.map((cells) => row(cells, "td")).join("\n")}\n</tbody>\n</table></div>\n`;
      },
    },
  });
  const html = markdown.parser(tokens as Token[]);
  return { html, title: plain(tokens[0]!), headings, parts: partsOf(tokens, anchors) };
}
