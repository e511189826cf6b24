import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { onPath } from "../../../../core/host/findExecutable";
import { toHtml } from "../../../../core/writers/picture/html";
import { describeIf } from "../../../skips";
import { fifty } from "./fifty";

const chromium = onPath("chromium") ?? onPath("google-chrome");

/** Runs in the page: what is wider than its box, and what a click shows. */
const LOOK = `
const box = (element) => element.getBoundingClientRect();
const inside = (inner, outer) =>
  inner.left >= outer.left && inner.right <= outer.right && inner.top >= outer.top - 1 && inner.bottom <= outer.bottom + 1;
const picture = document.querySelector("svg.berth");
const over = [];
let texts = 0;
for (const group of picture.querySelectorAll("g"))
  for (const text of group.querySelectorAll(":scope > text")) {
    const before = [...group.children].slice(0, [...group.children].indexOf(text)).reverse();
    const chip = before[0]?.matches("rect.chip") ? before[0] : before[1]?.matches("rect.chip") ? before[1] : undefined;
    const around = text.matches(".mark") ? before[0] : (chip ?? group.querySelector(":scope > rect:not(.chip):not(.behind)"));
    texts += 1;
    if (around && !inside(box(text), box(around))) over.push(text.textContent);
    if (!inside(box(text), box(picture))) over.push("outside of the picture: " + text.textContent);
  }
const shown = () => [...document.querySelectorAll("aside section:not([hidden])")].map((one) => one.textContent);
const before = shown();
picture.querySelector("#c1 rect").dispatchEvent(new MouseEvent("click", { bubbles: true }));
const clicked = shown();
picture.querySelector("#c2").focus();
const focused = shown();
document.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape" }));
const dark = getComputedStyle(document.body).backgroundColor;
const found = { texts, over, before, clicked, focused, after: shown(), dark };
document.body.replaceChildren(document.createElement("pre"));
document.querySelector("pre").textContent = JSON.stringify(found);
`;

describeIf(chromium ? undefined : "chromium is not there", "a page in a browser", () => {
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "berth-picture-"));
    const html = await toHtml(fifty());
    writeFileSync(join(folder, "page.html"), html);
    writeFileSync(
      join(folder, "look.html"),
      html.replace("</body>", () => `<script>{${LOOK}}</script></body>`),
    );
  }, 60_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const browse = (page: string, dark: boolean, ...flags: string[]) => {
    const scheme = dark ? ["--blink-settings=preferredColorScheme=0"] : [];
    const args = ["--headless", "--no-sandbox", "--disable-gpu", `--user-data-dir=${join(folder, "profile")}`];
    const url = pathToFileURL(join(folder, page)).href;
    const { stdout, status } = spawnSync(chromium!, [...args, ...scheme, ...flags, url], {
      encoding: "utf8",
      timeout: 90_000,
      maxBuffer: 1 << 27,
    });
    expect(status).toBe(0);
    return stdout;
  };
  const look = (dark: boolean) => {
    const [, json] = /<pre>(.*?)<\/pre>/s.exec(browse("look.html", dark, "--dump-dom"))!;
    return JSON.parse(json!.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&")) as {
      texts: number;
      over: string[];
      dark: string;
    } & Record<"before" | "clicked" | "focused" | "after", string[]>;
  };

  test("nothing is wider than its box, and a click or the focus shows the docker run line", () => {
    const { texts, over, before, clicked, focused, after, dark } = look(false);
    expect(texts).toBeGreaterThan(200);
    expect(over).toEqual([]);
    expect(before[0]).toContain("Click one");
    expect(clicked).toHaveLength(1);
    expect(clicked[0]).toMatch(/docker run -d \\\n {2}--name s0-with.*-e DB_PASSWORD.*Description/s);
    expect(focused[0]).toContain("--name s1 ");
    expect(after).toEqual(before);
    expect(dark).toBe("rgb(255, 255, 255)");
  }, 100_000);

  test("who likes it dark gets it dark", () => expect(look(true).dark).toBe("rgb(15, 20, 25)"), 100_000);

  test.each([false, true])(
    "a screenshot is made (dark: %s)",
    (dark) => {
      const file = join(folder, `${dark}.png`);
      browse("page.html", dark, `--screenshot=${file}`, "--window-size=1600,1000");
      expect(readFileSync(file).subarray(1, 4).toString()).toBe("PNG");
      expect(readFileSync(file).length).toBeGreaterThan(20_000);
    },
    100_000,
  );
});
