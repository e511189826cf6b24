import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { onPath } from "../../../core/host/findExecutable";
import { excerpt, Search, type Section, termsOf, termsOfQuery } from "../../../docs/site/browser/search";
import { diagram } from "../../../docs/site/diagram";
import { deadLinks } from "../../../docs/site/links";
import { menu, sitePages } from "../../../docs/site/pages";
import type { Language } from "../../../docs/site/words";
import { PROGRAMS } from "../../../stacks";
import { describeIf } from "../../skips";
import { CHINESE, ENGLISH, OTHERS, ROOT } from "./markdown";

const folder = mkdtempSync(join(tmpdir(), "berth-site-"));
const files = new Map<string, string>();
let sections: Section[];

beforeAll(() => {
  const { status, stderr } = spawnSync(
    process.execPath,
    ["-r", join(ROOT, "core/loadTypescript"), join(ROOT, "docs/site/make.ts"), join(folder, "site")],
    { encoding: "utf8" },
  );
  expect(stderr).toBe("");
  expect(status).toBe(0);
  for (const entry of readdirSync(join(folder, "site"), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    files.set(path.slice(join(folder, "site").length + 1), readFileSync(path, "utf8"));
  }
  sections = JSON.parse(files.get("assets/sections.js")!.replace(/^window\.berthSections=|;\n$/g, "")) as Section[];
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const pages = sitePages();
const htmlOf = (file: string) => files.get(pages.get(file)!.output)!;
const made: Partial<Record<Language, Search>> = {};
const searchIn = (language: Language) => {
  made[language] ??= new Search(sections.filter(({ languages }) => languages.includes(language)));
  return made[language];
};

test("every page is there, once, and can be found", () => {
  for (const file of [...ENGLISH, ...CHINESE, ...OTHERS, "CHANGELOG.md", "docs/api/index.md"]) {
    expect([file, htmlOf(file)]).toEqual([file, expect.stringContaining("<article>")]);
    expect(sections.some(({ url }) => url.split("#")[0] === pages.get(file)!.output)).toBe(true);
  }
  expect(new Set([...pages.values()].map(({ output }) => output)).size).toBe(pages.size);
});

test("the menu has every page, and a page without a place is refused", () => {
  for (const language of ["en", "zh"] as const) {
    const entries = menu(pages, language).flatMap(({ entries }) => entries.map(({ file }) => file));
    expect(new Set(entries).size).toBe(entries.length);
  }
  const more = new Map(pages).set("docs/new.md", { file: "docs/new.md", output: "new.html", language: "en" });
  expect(() => menu(more, "en")).toThrow("docs/new.md has no place in the menu");
});

test("links lead somewhere, and one that does not is found", () => {
  expect(deadLinks(files)).toEqual([]);
  const page =
    '<h2 id="here">x</h2><a href="#here"></a><a href="b.html#top"></a><a class="x" href="c.html"></a><a href="#there"></a>';
  expect(
    deadLinks(
      new Map([
        ["a.html", page],
        ["b.html", '<h1 id="top">'],
      ]),
    ),
  ).toEqual(["a.html: c.html", "a.html: #there"]);
});

test("each page leads to the same in the other language", () => {
  for (const { file, other, output } of pages.values()) {
    const [, link] = /<a class="language" href="([^"]+)"/.exec(files.get(output)!)!;
    const target = join(output, "..", link!);
    const expected = other ? pages.get(other)!.output : "zh-CN/index.html";
    expect([file, target]).toEqual([file, expected]);
  }
});

test("nothing is asked for elsewhere, and the pages need no server", () => {
  const foreign =
    /<(?:script|link|img|iframe|source|video|audio|object|embed)\b[^>]*\b(?:src|href|data)="(?:[a-z]+:|\/)/i;
  for (const [path, text] of files) {
    if (path.endsWith(".html")) {
      expect([path, foreign.exec(text)?.[0]]).toEqual([path, undefined]);
      expect([path, /<[^>]*type="module"|<base\b|<meta http-equiv/.exec(text)?.[0]]).toEqual([path, undefined]);
    } else if (path.endsWith(".css")) expect(text).not.toMatch(/url\(|@import/);
    else if (path === "assets/page.js")
      expect(text.replace(/^\s*(\*|\/\/).*$/gm, "")).not.toMatch(
        /(?<![.\w])fetch\((?!key)|XMLHttpRequest|\bimport\(|WebSocket|sendBeacon|https?:/,
      );
  }
});

test("pictures stand in the pages, so that light and dark are those of the page", () => {
  const pictures = [...htmlOf("docs/pictures.md").matchAll(/<svg class="berth"/g)];
  expect(pictures).toHaveLength(Object.keys(PROGRAMS).length);
  // Each setup on the first page, and the one above all.
  expect([...htmlOf("README.md").matchAll(/<svg class="berth"/g)]).toHaveLength(Object.keys(PROGRAMS).length + 1);
  expect(htmlOf("docs/architecture.md")).toMatch(/<figure class="diagram"><svg.*>cli\/<.*>readers\/</s);
  for (const text of files.values()) expect(text).not.toContain("<img");
});

test("a diagram is drawn, and what cannot be drawn is refused", async () => {
  const drawn = await diagram('flowchart LR\n  a["<b>A</b><br>first"] --> b --> a\n  subgraph c ["C"]\n    d\n  end');
  expect(drawn.match(/<text/g)).toHaveLength(5);
  expect(drawn.match(/class="h wait"/g)).toHaveLength(2);
  await expect(diagram("flowchart TD\n  a -.-> b")).rejects.toThrow("cannot draw: a -.-> b");
  await expect(diagram("sequenceDiagram")).rejects.toThrow("not: sequenceDiagram");
});

describe("the search", () => {
  test.each([
    ["en", "volume", "networks-and-volumes.html"],
    ["en", "gpu", "gpu-servers.html"],
    ["en", "compose", "compose.html"],
    ["en", "secrets", "secrets.html"],
    ["en", "from-run", "cli.html"],
    ["en", "kubernets", "kubernetes.html"],
    ["en", "back up a database", "backup.html"],
    ["en", "How do I publish a port?", "networks-and-volumes.html"],
    ["en", "BridgeNetwork", "api/index.html"],
    ["en", "elkjs", "decisions.html"],
    ["zh", "数据卷", "zh-CN/networks-and-volumes.html"],
    ["zh", "volume", "zh-CN/networks-and-volumes.html"],
    ["zh", "镜像加速", "zh-CN/slow-networks.html"],
    ["zh", "备份", "zh-CN/backup.html"],
    ["zh", "网络", "zh-CN/networks-and-volumes.html"],
    ["zh", "密码", "zh-CN/secrets.html"],
    ["zh", "GPU服务器", "zh-CN/gpu-servers.html"],
  ] as const)("in %s, %s is found", (language, query, page) => {
    const found = searchIn(language).find(query);
    const pages = found.map(({ url }) => url.split("#")[0]);
    expect(pages.slice(0, query.includes(" ") ? 3 : 1)).toContain(page);
  });

  test("who reads Chinese is not led to an English page that is there in Chinese", () => {
    const found = searchIn("zh")
      .find("docker", 1000)
      .map(({ url }) => url);
    expect(found.filter((url) => !url.startsWith("zh-CN/")).map((url) => url.split("#")[0])).not.toContain(
      "compose.html",
    );
    expect(found).toContain("zh-CN/docker-run.html");
  });

  test("nothing is found for what is nowhere", () => expect(searchIn("en").find("xylophone")).toEqual([]));

  test("words are cut as people look for them", () => {
    expect(termsOf("自定义网络 from-run")).toEqual([
      ..."自定义网络",
      ...["自定", "定义", "义网", "网络"],
      ...["from-run", "from", "run", "fromrun"],
    ]);
    expect(termsOf("BridgeNetwork")).toEqual(["bridgenetwork", "bridge", "network", "bridgenetwork"]);
    expect(termsOfQuery("docker命令")).toEqual(["docker", "命令"]);
    expect(termsOfQuery("卷 ＧＰＵ")).toEqual(["卷", "gpu"]);
    expect(termsOfQuery("How do I publish a port?")).toEqual(["publish", "port"]);
    expect(termsOfQuery("to")).toEqual(["to"]);
  });

  test("an excerpt shows what was found", () => {
    const text = `${"before ".repeat(40)}a volume ${"behind ".repeat(40)}`;
    const runs = excerpt(text, ["volume"]);
    expect(runs.filter(({ found }) => found).map(({ text }) => text)).toEqual(["volume"]);
    expect(runs.map(({ text }) => text).join("")).toMatch(/^… before.*a volume behind.* …$/);
    expect(excerpt("具名数据卷", ["数据", "据卷"])).toEqual([
      { text: "具名", found: false },
      { text: "数据卷", found: true },
    ]);
    expect(excerpt("short", [])).toEqual([{ text: "short", found: false }]);
  });
});

const chromium = onPath("chromium") ?? onPath("google-chrome");

describeIf(chromium ? undefined : "chromium is not there", "the site in a browser", () => {
  /** Opens a page from the disk, as somebody who has never been there: a page keeps whether it is light or dark. */
  const browse = (page: string, ...flags: string[]) => {
    const [path, query = ""] = page.split("?") as [string, string | undefined];
    const url = `${pathToFileURL(join(folder, "site", path)).href}${query && `?${query}`}`;
    const args = [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      `--user-data-dir=${mkdtempSync(join(folder, "profile-"))}`,
      "--enable-logging=stderr",
    ];
    const { stdout, stderr, status } = spawnSync(chromium!, [...args, ...flags, url], {
      encoding: "utf8",
      timeout: 90_000,
      maxBuffer: 1 << 27,
    });
    expect([status, stderr.match(/CONSOLE.*/g)]).toEqual([0, null]);
    return stdout;
  };

  test.each([
    ["index.html?search=volume", "networks-and-volumes.html"],
    ["zh-CN/index.html?search=数据卷", "../zh-CN/networks-and-volumes.html"],
  ])(
    "%s answers without a server",
    (page, link) => {
      const dom = browse(encodeURI(page), "--virtual-time-budget=20000", "--dump-dom");
      const [, first] = /<dialog class="search"[^>]* open="">.*?<li><a href="([^"]+)"/s.exec(dom) ?? [];
      expect(first?.split("#")[0]).toBe(link);
    },
    100_000,
  );

  /** Runs a script in a page that can show others in a frame as wide as a phone, and takes what it returns. */
  const inFrames = (script: string): unknown => {
    const show = `async (page) => {
      const frame = document.createElement("iframe");
      frame.width = 390;
      frame.height = 800;
      frame.src = page;
      document.body.replaceChildren(frame);
      await new Promise((done) => frame.addEventListener("load", done));
      return frame.contentDocument;
    }`;
    const run = `(async (show) => {${script}})(${show}).then((found) => (document.body.textContent = JSON.stringify(found)))`;
    writeFileSync(join(folder, "site/frames.html"), `<body><script>${run}</script></body>`);
    const dom = browse("frames.html", "--allow-file-access-from-files", "--virtual-time-budget=60000", "--dump-dom");
    return JSON.parse(/<body>(.*)<\/body>/s.exec(dom)![1]!);
  };

  test("no page is wider than a phone", () => {
    const all = [...pages.values()].map(({ output }) => output);
    const wide = inFrames(`
      const wide = [];
      for (const page of ${JSON.stringify(all)}) {
        const { scrollWidth } = (await show(page)).documentElement;
        if (scrollWidth > 390) wide.push(page + " " + scrollWidth);
      }
      return wide;`);
    expect(wide).toEqual([]);
  }, 100_000);

  test("the buttons open the menu, change light and dark, and open the search", () => {
    const found = inFrames(`
      const page = await show("gpu-servers.html");
      const style = (selector) => page.defaultView.getComputedStyle(page.querySelector(selector));
      const click = (selector) => page.querySelector(selector).click();
      const menu = [style("nav.pages").display];
      click("#menu");
      menu.push(style("nav.pages").display);
      click("#menu");
      const colours = [style("body").backgroundColor];
      click("#theme");
      colours.push(style("body").backgroundColor);
      click("#theme");
      colours.push(style("body").backgroundColor);
      click("#search");
      const input = page.querySelector("dialog.search input");
      input.value = "workspace";
      input.dispatchEvent(new Event("input"));
      while (!page.querySelector("dialog.search a")) await new Promise((done) => setTimeout(done, 50));
      return { menu, colours, found: page.querySelector("dialog.search a").getAttribute("href") };`);
    expect(found).toEqual({
      menu: ["none", "block"],
      colours: ["rgb(255, 255, 255)", "rgb(15, 20, 25)", "rgb(255, 255, 255)"],
      found: expect.stringMatching(/\.html/),
    });
  }, 100_000);

  test.each([
    ["index.html", "1400,1000", false],
    ["index.html", "1400,1000", true],
    ["zh-CN/index.html", "1400,1000", false],
    ["docker-run.html", "1400,1000", true],
    ["pictures.html", "1400,1000", false],
    ["architecture.html", "1400,1400", false],
    ["index.html?search=volume", "1400,1000", false],
    ["zh-CN/kubernetes.html", "500,900", false],
  ])(
    "a screenshot of %s is made (%s, dark: %s)",
    (page, size, dark) => {
      const kept = process.env.BERTH_SCREENSHOTS ?? folder;
      const file = join(kept, `${page.replace(/\W+/g, "-")}-${size}-${dark}.png`);
      browse(
        page,
        ...(dark ? ["--blink-settings=preferredColorScheme=0"] : []),
        "--virtual-time-budget=20000",
        `--screenshot=${file}`,
        `--window-size=${size}`,
        "--hide-scrollbars",
      );
      expect(readFileSync(file).subarray(1, 4).toString()).toBe("PNG");
      expect(readFileSync(file).length).toBeGreaterThan(20_000);
    },
    100_000,
  );
});
