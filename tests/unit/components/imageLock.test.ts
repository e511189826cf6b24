import { ComposeProject } from "../../../components/composeProject";
import { Nginx } from "../../../components/nginx";
import { Service } from "../../../components/service";
import { WebApp } from "../../../components/webApp";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { readLock } from "../../../core/engines/imageLock";
import { CONTAINER, IMAGE, world } from "../mocks";
import { refusal, sentence } from "../refusal";

const digest = (digit: string) => `sha256:${digit.repeat(64)}`;
const locked = (lock: object, more: Record<string, string> = {}) =>
  world({ config: { "berth:images": JSON.stringify(lock), ...more } });

describe("berth:images", () => {
  test("fixes an image on Docker, by whatever component and however its name is written", async () => {
    const w = await locked({ "nginx:1.27": digest("1"), "redis:latest": digest("2") });
    new Nginx("web", { version: "1.27" });
    new Service("cache", { image: "redis" });
    new Service("late", { image: pulumi.output("nginx:1.27") });
    new Service("free", { image: "nginx:1.28" });
    await w.done();
    const images = Object.fromEntries(w.all(CONTAINER).map(({ name, inputs }) => [name, inputs.image]));
    expect(images).toEqual({
      web: `nginx:1.27@${digest("1")}`,
      cache: `redis:latest@${digest("2")}`,
      late: `nginx:1.27@${digest("1")}`,
      free: "nginx:1.28",
    });
    expect(w.all(IMAGE).map(({ name }) => name)).toContain(`nginx:1.27@${digest("1")}`);
    expect(w.all(IMAGE).map(({ name }) => name)).not.toContain("nginx:1.27");
  });

  test("fixes the images of a compose file, and fetches each once", async () => {
    const folder = mkdtempSync(join(tmpdir(), "berth-lock-"));
    try {
      writeFileSync(
        join(folder, "compose.yaml"),
        "services:\n  a:\n    image: nginx:1.27\n  b:\n    image: nginx:1.27\n",
      );
      const w = await locked({ "nginx:1.27": digest("1") });
      new ComposeProject("shop", { files: [join(folder, "compose.yaml")] });
      await w.done();
      expect(w.all(CONTAINER).map(({ inputs }) => inputs.image)).toEqual(Array(2).fill(`nginx:1.27@${digest("1")}`));
      expect(w.all(IMAGE).map(({ name }) => name)).toEqual([`nginx:1.27@${digest("1")}`]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test.each(["swarm", "kubernetes"])("fixes an image on %s", async (engine) => {
    const w = await locked({ "nginx:1.27": digest("1") }, { "berth:engine": engine });
    new Service("web", { image: "nginx:1.27", ports: ["8080:80"] });
    await w.done();
    expect(JSON.stringify(w.resources.map(({ inputs }) => inputs))).toContain(`"nginx:1.27@${digest("1")}"`);
    const objects = w.resources.filter(({ custom }) => custom).map(({ inputs }) => inputs);
    expect(JSON.stringify(objects)).not.toMatch(/"nginx:1\.27"/);
  });

  test("fixes the images of objects for a cluster", async () => {
    const w = await locked({ "nginx:1.27": digest("1"), "busybox:latest": digest("2") });
    new WebApp("web", { image: "nginx:1.27", sidecars: [{ name: "wait", image: "busybox" }] });
    await w.done();
    const objects = JSON.stringify(w.resources.filter(({ custom }) => custom).map(({ inputs }) => inputs));
    expect(objects).toContain(`"nginx:1.27@${digest("1")}"`);
    expect(objects).toContain(`"busybox:latest@${digest("2")}"`);
  });

  test("is nothing where it is not set", async () => {
    const w = await world();
    new Service("web", { image: "nginx:1.27" });
    await w.done();
    expect(w.one(CONTAINER).inputs.image).toBe("nginx:1.27");
  });

  test("that is wrong stops the program before anything is made", async () => {
    const w = await locked({ "nginx:1.27": "1.27" });
    expect(sentence(() => new Service("web", { image: "nginx:1.27" }))).toBe(
      'Service "web": berth:images["nginx:1.27"]: "1.27" is no digest; use sha256: and 64 hexadecimal digits.',
    );
    expect(w.resources).toEqual([]);
  });

  test.each([
    ["nginx", "is no map of images and their digests"],
    ["[]", "is no map"],
    [JSON.stringify({ [`nginx@${digest("1")}`]: digest("1") }), "names a digest already"],
    [JSON.stringify({ "Nginx:1": digest("1") }), "the name must be in lower case"],
    [JSON.stringify({ "nginx:1": "sha256:12" }), "is no digest"],
  ])("refuses %s", (text, problem) => {
    expect(refusal(() => readLock(text))).toContain(problem);
  });
});
