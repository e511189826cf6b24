import { existsSync, readFileSync, statSync } from "node:fs";
import { join, posix } from "node:path";
import { PARTS_STYLE, variables } from "../../core/writers/picture/svg";
import { bundle } from "./bundle";
import type { Section } from "./browser/search";
import { diagram } from "./diagram";
import { framed, logo, type MenuEntry, relative } from "./frame";
import { deadLinks } from "./links";
import { render } from "./markdown";
import { type Group, menu, ROOT, type SitePage, sitePages } from "./pages";
import { sourceHtml, sourceOutput, withContents } from "./sources";
import { type Language, WORDS } from "./words";

const textOf = (file: string) => readFileSync(join(ROOT, file), "utf8");

/** Who looks for a word wants the page about it, and not each place where it is listed: those are an answer last. */
const weightOf = ({ file, other }: SitePage) => (/^docs\/api\/|^CHANGELOG/.test(file) ? 0.2 : other ? 1 : 0.5);

/** A picture as a part of a page: its style is that of the site, which knows when somebody wants it dark. */
const inPage = (svg: string) =>
  svg
    .replace(/<style>.*?<\/style>\n?/s, "")
    .replace(/ (id|xmlns)="[^"]*"/g, "")
    .trim();

/** A picture where its name stands beside it: without its title, and with less around it. */
function bare(svg: string): string {
  const [top, margin] = [62, 14];
  return inPage(svg)
    .replace(/<text class="title".*?<\/text>\n/, "")
    .replace(/viewBox="(\S+) (\S+) (\S+) (\S+)" width="\S+" height="\S+"/, (_, ...numbers: string[]) => {
      const [x, y, width, height] = numbers.slice(0, 4).map(Number) as [number, number, number, number];
      const size = [width - 2 * margin, height - top - margin] as const;
      return `viewBox="${x + margin} ${y + top} ${size.join(" ")}" width="${size[0]}" height="${size[1]}"`;
    });
}

const PICTURE = /^docs\/pictures\/.*\.svg$/;

const START: Record<Language, string> = { en: "index.html", zh: "zh-CN/index.html" };

/** What one sees first: the picture beside the first sentences of README.md. */
const FIRST = "docs/pictures/flask.svg";
const hero = (html: string, picture: string) => {
  const end = html.indexOf("</p>") + "</p>".length;
  return `<div class="hero">${html.slice(0, end)}<div class="frame">${picture}</div></div>${html.slice(end)}`;
};

class Site {
  readonly files = new Map<string, string>();
  readonly sections: Section[] = [];
  private readonly pages = sitePages();
  private readonly menus: Record<Language, Group[]> = { en: menu(this.pages, "en"), zh: menu(this.pages, "zh") };
  /** Files and folders of the project that pages lead to. */
  private readonly sources = new Set<string>();

  async make(): Promise<void> {
    for (const page of this.pages.values()) await this.page(page);
    for (const path of withContents(this.sources)) this.source(path);
    this.files.set("assets/style.css", style());
    this.files.set("assets/logo.svg", logo(LOGO_STYLE));
    this.files.set("assets/page.js", bundle(join(__dirname, "browser/page.ts")));
    this.files.set("assets/sections.js", `window.berthSections=${JSON.stringify(this.sections)};\n`);
  }

  /** Where something of the project stands in the site. */
  private place(path: string): string {
    const page = this.pages.get(path);
    if (page) return page.output;
    if (PICTURE.test(path)) {
      const output = path.replace("docs/", "");
      this.files.set(output, textOf(path));
      return output;
    }
    if (!existsSync(join(ROOT, path))) throw new Error(`there is no ${path}`);
    // The page about a folder is the page of the folder.
    if (statSync(join(ROOT, path)).isDirectory() && this.pages.has(`${path}/README.md`))
      return this.place(`${path}/README.md`);
    this.sources.add(path);
    return sourceOutput(path);
  }

  private async page(page: SitePage): Promise<void> {
    const { file, output, language, other } = page;
    const words = WORDS[language];
    const target = (link: string) => posix.normalize(posix.join(posix.dirname(file), decodeURIComponent(link)));
    const around = {
      href: (link: string) => {
        if (/^(https?:|#)/.test(link)) return link;
        const [path, anchor] = link.split("#") as [string, string | undefined];
        const place = this.place(target(path));
        return relative(output, anchor === undefined ? place : `${place}#${anchor}`);
      },
      picture: (link: string) => inPage(textOf(target(link))),
      small: (link: string) => bare(textOf(target(link))),
      words,
    };
    const source = textOf(file);
    const diagrams = new Map<string, string>();
    for (const [, text] of source.matchAll(/^```mermaid\n(.*?)\n```$/gms)) diagrams.set(text!, await diagram(text!));
    const { html, title, headings, parts } = render(source, { ...around, diagram: (text) => diagrams.get(text)! });
    const start = output === START[language];
    const named = file.startsWith("docs/api/") ? this.labelOf(file, language) : title;
    const languages: Language[] = language === "zh" ? ["zh"] : other ? ["en"] : ["en", "zh"];
    for (const { anchor, heading, text } of parts)
      this.sections.push({
        url: anchor ? `${output}#${anchor}` : output,
        page: named,
        heading: anchor ? heading : named,
        text,
        languages,
        weight: weightOf(page),
      });
    this.write(output, {
      language,
      title: named,
      description: parts[0]!.text.slice(0, 200),
      html: start
        ? hero(html, bare(textOf(FIRST)))
        : named === title
          ? html
          : html.replace(`>${title}</h1>`, `>${named}</h1>`),
      headings,
      kind: start ? "start" : "page",
      file,
      ...(other && { other: this.pages.get(other)!.output }),
    });
  }

  private source(path: string): void {
    const output = sourceOutput(path);
    const html = sourceHtml(path, (to) => relative(output, this.place(to)));
    this.write(output, {
      language: "en",
      title: path,
      description: path,
      html,
      headings: [],
      kind: "source",
      file: path,
    });
  }

  private labelOf(file: string, language: Language): string {
    return this.menus[language].flatMap(({ entries }) => entries).find((entry) => entry.file === file)!.label;
  }

  private write(
    output: string,
    {
      file,
      other,
      ...content
    }: Pick<Parameters<typeof framed>[0], "language" | "title" | "description" | "html" | "headings" | "kind"> & {
      file: string;
      other?: string;
    },
  ): void {
    const { language } = content;
    const groups = this.menus[language].map(({ label, entries }) => ({
      label,
      entries: entries.map((entry): MenuEntry => {
        const english = language === "zh" && this.pages.get(entry.file)?.language !== "zh";
        const href = relative(output, this.place(entry.file));
        return { href, label: entry.label, current: entry.file === file, english };
      }),
    }));
    const row = groups.flatMap(({ entries }) => entries);
    const at = row.findIndex(({ current }) => current);
    const home = { href: relative(output, START[language]), current: output === START[language] };
    this.files.set(
      output,
      framed({
        ...content,
        output,
        menu: groups,
        home,
        other: { href: relative(output, other ?? START[language === "en" ? "zh" : "en"]), missing: !other },
        ...(at > 0 && { previous: row[at - 1] }),
        ...((at >= 0 || home.current) && row[at + 1] && { next: row[at + 1] }),
      }),
    );
  }
}

const LOGO_STYLE =
  ".a{fill:#1f6feb}.b{fill:#0f7b6c}.c{fill:#7b3fc4}path{fill:none;stroke:#1f6feb;stroke-width:2;stroke-linecap:round}";

/** The colours are those of the pictures; who has chosen light or dark gets it against the machine's. */
const style = () => `:root{${variables(0)};color-scheme:light}
@media (prefers-color-scheme:dark){:root:not([data-theme=light]){${variables(1)};color-scheme:dark}}
:root[data-theme=dark]{${variables(1)};color-scheme:dark}
${PARTS_STYLE}
${readFileSync(join(__dirname, "style.css"), "utf8")}`;

/** All files of the site by their paths in it, and what its search knows. */
export async function buildSite(): Promise<{ files: Map<string, string>; sections: Section[] }> {
  const site = new Site();
  await site.make();
  const { files, sections } = site;
  const dead = deadLinks(files);
  if (dead.length) throw new Error(`links that lead nowhere:\n${dead.join("\n")}`);
  return { files, sections };
}
