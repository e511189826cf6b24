import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileName, readFiles } from "../../../../core/engines/swarm/files";
import { refusal } from "../../refusal";

const folder = mkdtempSync(join(tmpdir(), "berth-files-"));
afterAll(() => rmSync(folder, { recursive: true }));
const path = (name: string, content: string | Buffer) => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};

describe("names", () => {
  const secret = (content: string, salt = "berth/dev") => fileName("web-password", content, "secrets", salt);

  test("follow the content", () => {
    expect(secret("one")).toBe(secret("one"));
    expect(secret("one")).not.toBe(secret("two"));
    expect(secret("one")).toMatch(/^web-password-[0-9a-f]{8}$/);
  });

  test("of one password differ from stack to stack, so that nobody sees that they are equal", () => {
    const digest = (name: string) => name.split("-").at(-1);
    expect(digest(secret("one", "berth/dev"))).not.toBe(digest(secret("one", "berth/prod")));
    expect(digest(fileName("api-password", "one", "secrets", "berth/dev"))).not.toBe(digest(secret("one")));
  });

  test("of configs", () => {
    expect(fileName("web-site", "a=1\n", "configs", "x")).toBe("web-site-fe3209d6d4f5");
  });

  test("are what Swarm takes", () => {
    const name = fileName(`web-${"x".repeat(80)} y`, "one", "secrets", "s");
    expect(name).toHaveLength(64);
    expect(fileName("web-a b/c", "one", "secrets", "s")).toMatch(/^web-a_b_c-/);
  });
});

describe("contents", () => {
  const file = (content: object) => [{ source: "s", target: "/run/secrets/s", mode: 0o444, ...content }];

  test("a file of the host is read now: nodes do not have it", () => {
    expect(readFiles(file({ file: path("a", "text") }), "secrets")[0]).toMatchObject({
      content: "text",
      file: undefined,
    });
  });

  test.each<[object, string]>([
    [{ file: join(folder, "missing") }, "secrets[0]: cannot read "],
    [{ content: "" }, "secrets[0]: is empty, which Swarm refuses; "],
    [{ content: "x".repeat(512_001) }, "secrets[0]: 512001 bytes are more than Swarm keeps (512000); "],
  ])("refused", (content, message) => {
    expect(refusal(() => readFiles(file(content), "secrets"))).toContain(message);
  });
});
