import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describeIf } from "../skips";
import { cleanUp, missingCli, Project, until } from "./harness";

cleanUp();

describeIf(missingCli, "errors that are not the settings'", () => {
  test.concurrent.each([
    { where: "in the program", code: 'throw new Error("thrown here");' },
    { where: "in an apply", code: 'web.containerName.apply(() => { throw new Error("thrown here"); });' },
  ])(
    "$where show file and line",
    async ({ code }) => {
      const project = await Project.create({ stack: "nginx" });
      const file = join(project.folder, "stacks/nginx.ts");
      const lines = readFileSync(file, "utf8").split("\n");
      const at = lines.findIndex((line) => line.includes("return { url: web.siteUrl"));
      lines.splice(at, 0, code);
      writeFileSync(file, lines.join("\n"));
      const result = await project.pulumi(["preview", "--stack", "nginx"]);
      expect(result.code).not.toBe(0);
      expect(result.output).toContain("thrown here");
      expect(result.output).toMatch(new RegExp(`stacks/nginx\\.ts:${at + 1}:\\d+`));
    },
    300_000,
  );
});

describeIf(missingCli, "no engine", () => {
  let project: Project;
  /** Seconds of a preview with an engine: this machine may be busy. */
  let usual: number;
  beforeAll(async () => {
    project = await Project.create({ stack: "nginx" });
    usual = (await project.preview()).seconds;
  }, 60_000);

  test.each([
    { where: "a missing socket", host: "unix:///nowhere/docker.sock" },
    { where: "a port where nobody listens", host: "tcp://127.0.0.1:1" },
  ])(
    "at $where is said at once",
    async ({ host }) => {
      const { code, output, seconds } = await project.tryUp({ env: { DOCKER_HOST: host } });
      expect(code).not.toBe(0);
      expect(output).toContain(`No Docker engine answers at ${host}`);
      expect(output).not.toMatch(/^\s+at .*:\d+:\d+/m);
      expect(project.store.takeJournal()).toEqual([]);
      expect(seconds).toBeLessThan(Math.max(5, 2 * usual));
    },
    60_000,
  );

  test("is said where something accepts but never answers", async () => {
    const silent = createServer((socket) => socket.resume());
    const path = join(project.store.folder, "silent.sock");
    await new Promise<void>((resolve) => silent.listen(path, resolve));
    try {
      const { code, output, seconds } = await project.tryUp({ env: { DOCKER_HOST: `unix://${path}` } });
      expect(code).not.toBe(0);
      expect(output).toContain(`No Docker engine answers at unix://${path} (no answer within 5 s)`);
      expect(seconds).toBeLessThan(5 + Math.max(5, 2 * usual));
    } finally {
      await new Promise((resolve) => silent.close(resolve));
    }
  }, 60_000);
});

describeIf(missingCli, "an engine that goes in the middle", () => {
  test.concurrent("is one sentence, and the next `up` goes on", async () => {
    const project = await Project.create({ stack: "nginx", over: "unix", config: { "nginx:port": "free" } });
    project.store.hold("containers", true);
    const up = project.tryUp();
    await until("the container is made", () => project.containers().includes("nginx01"));
    await project.engine.close();
    project.store.hold("containers", false);
    const { code, output } = await up;
    expect(code).not.toBe(0);
    expect(output).toMatch(
      /error: the engine at unix:.*docker\.sock does not answer any more \(connect E\w+ .*\); start it and run `up` again, which goes on from there/,
    );
    expect(output).not.toMatch(/^\s+at .*:\d+:\d+/m);
    await project.engine.listen("unix");
    await project.up();
    expect(await project.changes("--expect-no-changes")).toEqual([]);
  }, 300_000);
});

describeIf(missingCli, "an image that cannot be fetched", () => {
  test.concurrent("is one sentence: what was asked, what answered, what helps", async () => {
    const project = await Project.create({ stack: "nginx", config: { "nginx:image": "nginx:1.27" } });
    project.engine.unfetchable.set(
      "nginx:1.27",
      'Get "https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io: no such host',
    );
    const { code, output } = await project.tryUp();
    expect(code).not.toBe(0);
    const sentence =
      'image: nginx:1.27 cannot be fetched from registry-1.docker.io (Get "https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io: no such host); give the engine a mirror or a proxy ("registry-mirrors" or "proxies" in its daemon.json), or bring the image with `docker load`.';
    // While it goes on, the CLI shows every error as it comes.
    const [, diagnostics] = output.split("Diagnostics:");
    expect(diagnostics!.match(/error: .*/g)!.sort()).toEqual([
      `error: before hook "berth-fetch-image" failed: ${sentence}`,
      "error: update failed",
    ]);
    expect(project.store.takeJournal()).toEqual([]);

    // The way is there again.
    project.engine.unfetchable.clear();
    await project.up();
    expect(await project.changes("--expect-no-changes")).toEqual([]);
  }, 300_000);

  test.concurrent("because somebody has removed it meanwhile is said as well", async () => {
    const project = await Project.create({ stack: "nginx" });
    await project.up();
    project.store.remove("images", project.store.image("nginx")!);
    project.engine.unfetchable.set("nginx:latest", "toomanyrequests: You have reached your pull rate limit");
    project.configure({ "nginx:port": "8123" });
    const { code, output } = await project.tryUp();
    expect(code).not.toBe(0);
    expect(output).toContain(
      'image: nginx:latest cannot be fetched from registry-1.docker.io (toomanyrequests: You have reached your pull rate limit); wait, log in with `docker login`, or give the engine a mirror or a proxy ("registry-mirrors" or "proxies" in its daemon.json).',
    );
  }, 300_000);
});
