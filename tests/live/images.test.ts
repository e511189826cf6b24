import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeIf } from "../skips";
import { missingRegistry, PASSWORD, Registry, SecondEngine, USER } from "./registry";
import {
  cleanUp,
  docker,
  errorsOf,
  missingLab,
  type Result,
  type RunOptions,
  shell,
  Stack,
  until,
  works,
} from "./liveStack";

cleanUp();

const WRONG = "Passw0rd-that-is-wrong";
const APP = "berth-live/app:1";

let folder: string;
const at = (name: string) => join(folder, name);
const idOf = (name: string, run: (...args: string[]) => string = docker) =>
  run("image", "inspect", "--format", "{{.Id}}", name);

/** A build folder whose image is small, and another one for each text. */
function context(text: string): string {
  mkdirSync(at("context"), { recursive: true });
  writeFileSync(at("context/Dockerfile"), 'FROM busybox\nCOPY text /text\nCMD ["cat", "/text"]\n');
  writeFileSync(at("context/text"), text);
  return at("context");
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "berth-images-"));
  if (missingLab) return;
  docker("pull", "-q", "busybox");
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  if (missingLab) return;
  // By name: busybox, which was pushed under names of its own, has to stay.
  const names = docker("image", "ls", "--digests", "--format", "{{.Repository}}\t{{.Tag}}\t{{.Digest}}")
    .split("\n")
    .map((line) => line.split("\t"))
    .filter(([repository = ""]) => /(^|\/)berth-live\//.test(repository))
    .flatMap(([repository, tag, digest]) => [
      ...(tag === "<none>" ? [] : [`${repository}:${tag}`]),
      ...(digest === "<none>" ? [] : [`${repository}@${digest}`]),
    ]);
  for (const name of new Set(names)) if (works("image", "inspect", name)) docker("image", "rm", "-f", name);
});

describeIf(missingLab ?? missingRegistry, "D2: images in a registry", () => {
  const open = new Registry(5080);
  const locked = new Registry(5090);
  /** All that the CLI has said. */
  const said: string[] = [];
  const note = <R extends Result>(result: R): R => {
    said.push(result.output);
    return result;
  };

  beforeAll(async () => {
    await open.listen({ login: false });
    await locked.listen({ login: true });
  }, 60_000);
  afterAll(async () => {
    await open.stop();
    await locked.stop();
  });

  test("an image is pushed when it has changed, when the registry has lost it, and not otherwise", async () => {
    const stack = await Stack.create("images-open", {
      config: { "images:context": context("1"), "images:image": APP, "images:push": `${open.host}/berth-live/app:1` },
    });
    await stack.up();
    const first = await open.digest("berth-live/app", "1");
    expect(first).toMatch(/^sha256:/);
    expect(await stack.outputs()).toMatchObject({
      pushed: `${open.host}/berth-live/app:1`,
      digest: `${open.host}/berth-live/app@${first}`,
    });
    expect(await stack.changes()).toEqual([]);

    // With the image gone, a push would bring it back.
    expect((await open.ask("DELETE", "berth-live/app", first)).status).toBe(202);
    await stack.up();
    expect(await open.digest("berth-live/app", "1")).toBe("");
    await stack.up(["--refresh"]);
    expect(await open.digest("berth-live/app", "1")).toBe(first);

    context("2");
    expect((await stack.changes()).sort()).toEqual([
      `replace RegistryImage pushed`,
      `replace RemoteImage ${APP}`,
      `replace Tag pushed`,
    ]);
    await stack.up();
    const second = await open.digest("berth-live/app", "1");
    expect(second).toMatch(/^sha256:/);
    expect(second).not.toBe(first);
    expect((await stack.outputs()).digest).toBe(`${open.host}/berth-live/app@${second}`);

    // What was pushed is what runs: the pinned name is pulled from the registry alone.
    docker("image", "rm", "-f", APP, `${open.host}/berth-live/app:1`);
    docker("pull", "-q", `${open.host}/berth-live/app@${second}`);
    expect(docker("run", "--rm", `${open.host}/berth-live/app@${second}`)).toBe("2");

    await stack.destroy();
    expect(await open.digest("berth-live/app", "1")).toBe(second);
  }, 240_000);

  test("somebody else's push under the same name is said, and the digest stays this stack's", async () => {
    const target = `${open.host}/berth-live/other:1`;
    const stack = await Stack.create("images-drift", {
      config: { "images:image": "busybox", "images:push": target },
    });
    await stack.up();
    const ours = await open.digest("berth-live/other", "1");
    context("somebody else's");
    docker("build", "-q", "-t", target, at("context"));
    docker("push", "-q", target);
    const theirs = await open.digest("berth-live/other", "1");
    const { output } = await stack.up(["--refresh"]);
    expect(output).toContain(`${target} at ${open.host} is another image by now (${theirs})`);
    expect((await stack.outputs()).digest).toBe(`${open.host}/berth-live/other@${ours}`);
    await stack.destroy();
  }, 120_000);

  test("with a password, which is nowhere to be read", async () => {
    const stack = await Stack.create("images-locked", {
      config: {
        "images:context": context("locked"),
        "images:image": APP,
        "images:push": `${locked.host}/berth-live/app:1`,
        "images:username": USER,
      },
      secrets: { "images:password": WRONG },
    });
    const refused = note(await stack.tryUp());
    expect(refused.code).not.toBe(0);
    expect(errorsOf(refused)).toContain(`credentials: ${locked.host} refuses the user ${USER} (`);
    expect(errorsOf(refused)).toContain("check user and password.");

    await stack.secret("images:password", PASSWORD);
    note(await stack.preview(["--diff"]));
    note(await stack.up(["--diff"]));
    const digest = await locked.digest("berth-live/app", "1");
    expect(digest).toMatch(/^sha256:/);
    note(await stack.preview(["--diff", "--refresh"]));
    expect(await stack.changes(["--refresh"])).toEqual([]);

    // A new password that is wrong, for an image that is pushed already.
    await stack.secret("images:password", WRONG);
    note(await stack.preview(["--diff"]));
    const wrong = note(await stack.tryUp());
    expect(errorsOf(wrong)).toContain(`credentials: ${locked.host} refuses the user ${USER} (`);
    await stack.secret("images:password", PASSWORD);
    note(await stack.up());

    // No login at all, and no registry at all.
    stack.set({ "images:username": undefined, "images:password": undefined });
    expect(errorsOf(note(await stack.tryUp([], { env: { DOCKER_CONFIG: folder } })))).toContain(
      `credentials: ${locked.host} wants a login, and there is none (`,
    );
    stack.set({ "images:push": "127.0.0.1:9/berth-live/app:1" });
    expect(errorsOf(note(await stack.tryUp()))).toContain("name: the engine reaches no registry at 127.0.0.1:9 (");

    for (const password of [PASSWORD, WRONG])
      for (const text of [password, Buffer.from(`${USER}:${password}`).toString("base64")]) {
        expect(said.filter((output) => output.includes(text))).toEqual([]);
        expect(stack.stateText()).not.toContain(text);
      }
    expect(stack.stateText()).toContain(digest);
    await stack.destroy();
  }, 300_000);

  test.each(["the docker config file", "a credential helper"])(
    "with what %s has",
    async (kind) => {
      const config = at(kind === "a credential helper" ? "helper" : "file");
      mkdirSync(config, { recursive: true });
      const auth = Buffer.from(`${USER}:${PASSWORD}`).toString("base64");
      const file =
        kind === "a credential helper"
          ? { credHelpers: { [locked.host]: "berth-live" } }
          : { auths: { [locked.host]: { auth } } };
      writeFileSync(join(config, "config.json"), JSON.stringify(file));
      const answer = JSON.stringify({ ServerURL: locked.host, Username: USER, Secret: PASSWORD });
      const helper = join(config, "docker-credential-berth-live");
      writeFileSync(helper, `#!/bin/sh\nread host\necho "$1 $host" >>'${config}/asked'\necho '${answer}'\n`);
      chmodSync(helper, 0o755);
      const options: RunOptions = { env: { DOCKER_CONFIG: config, PATH: `${config}:${process.env.PATH}` } };

      const repository = kind === "a credential helper" ? "berth-live/helper" : "berth-live/file";
      const stack = await Stack.create("images-config", {
        config: { "images:image": "busybox", "images:push": `${locked.host}/${repository}:1` },
      });
      const { output } = await stack.up([], options);
      expect(await locked.digest(repository, "1")).toMatch(/^sha256:/);
      expect(await stack.changes(["--refresh"], options)).toEqual([]);
      expect(existsSync(join(config, "asked"))).toBe(kind === "a credential helper");
      for (const text of [PASSWORD, auth]) {
        expect(output).not.toContain(text);
        expect(stack.stateText()).not.toContain(text);
      }
      await stack.must(["destroy", "--yes", "--skip-preview", "--stack", "images-config"], options);
    },
    120_000,
  );
});

describeIf(missingLab, "D3: images in a file", () => {
  const second = new SecondEngine();
  beforeAll(() => second.listen(), 60_000);
  afterAll(() => second.stop());

  test("saved on one engine and loaded on another, once", async () => {
    const file = at("carried/app.tar.gz");
    const saves = await Stack.create("images-save", {
      config: {
        "images:context": context("1"),
        "images:image": APP,
        "images:save": file,
        "images:saveAlso": ["busybox"],
      },
    });
    const preview = await saves.preview();
    expect(preview.output).toContain(`saves images that it builds or loads before to ${file}.`);
    expect(existsSync(file)).toBe(false);
    await saves.up();
    shell("sha256sum -c app.tar.gz.sha256", at("carried"));
    shell("gzip -t app.tar.gz", at("carried"));
    const first = readFileSync(file);
    expect(await saves.changes()).toEqual([]);
    // The engine writes dates of now into an archive: one that was written anew would be another.
    await saves.up();
    expect(readFileSync(file).equals(first)).toBe(true);

    const loads = await Stack.create("images-load", {
      config: { "images:load": file, "docker:host": second.address },
    });
    expect((await loads.preview()).output).toContain(`\`up\` loads ${APP}, busybox:latest from ${file}.`);
    expect(second.docker("image", "ls", "-q")).toBe("");
    expect((await loads.up()).output).toContain(`Loaded ${APP}, busybox:latest from ${file}.`);
    const onSecond = (...args: string[]) => second.docker(...args);
    for (const name of [APP, "busybox:latest"]) expect(idOf(name, onSecond)).toBe(idOf(name));
    expect(await loads.changes()).toEqual([]);
    expect((await loads.up()).output).not.toContain("Loaded");
    expect(second.calls("POST /images/load")).toBe(1);

    // A changed image: saved anew, loaded anew.
    context("2");
    await saves.up();
    expect(readFileSync(file).equals(first)).toBe(false);
    expect((await loads.up()).output).toContain(`Loaded ${APP} from ${file}.`);
    expect(second.calls("POST /images/load")).toBe(2);
    expect(idOf(APP, onSecond)).toBe(idOf(APP));

    // One byte of it flipped, or its end cut off.
    second.docker("image", "rm", APP);
    const whole = readFileSync(file);
    const flipped = Buffer.from(whole);
    flipped[flipped.length >> 1]! ^= 1;
    for (const damaged of [flipped, whole.subarray(0, -1)]) {
      writeFileSync(file, damaged);
      const refused = await loads.tryUp();
      expect(refused.code).not.toBe(0);
      expect(errorsOf(refused)).toContain(`${file} is damaged: its SHA-256 is `);
      expect(second.docker("image", "ls", "-q", APP)).toBe("");
    }
    writeFileSync(file, whole);
    rmSync(`${file}.json`);
    await loads.up();
    expect(idOf(APP, onSecond)).toBe(idOf(APP));
    rmSync(file);
    expect(errorsOf(await loads.preview())).toContain(`file: there is no file ${file};`);
    await saves.up();
    expect(existsSync(file)).toBe(true);
    await loads.destroy();
    await saves.destroy();
    expect(existsSync(file)).toBe(true);
  }, 300_000);

  test("what docker itself saved, and docker loads what berth saved", async () => {
    mkdirSync(at("plain"));
    const file = at("plain/x.tar");
    docker("save", "-o", file, "busybox");
    const loads = await Stack.create("images-plain", {
      config: { "images:load": file, "docker:host": second.address },
    });
    expect(errorsOf(await loads.tryUp())).toContain(`sha256: nothing says what the checksum of ${file} should be;`);
    shell("sha256sum x.tar >x.tar.sha256", at("plain"));
    if (second.docker("image", "ls", "-q", "busybox")) second.docker("image", "rm", "-f", "busybox");
    await loads.up();
    expect(second.docker("run", "--rm", "--network", "none", "busybox", "echo", "it runs")).toBe("it runs");
    expect(await loads.changes()).toEqual([]);
    await loads.destroy();

    const saves = await Stack.create("images-docker", { config: { "images:image": "busybox", "images:save": file } });
    await saves.up();
    second.docker("image", "rm", "-f", "busybox");
    expect(second.docker("load", "-i", file)).toBe("Loaded image: busybox:latest");
    expect(idOf("busybox", (...args) => second.docker(...args))).toBe(idOf("busybox"));
    await saves.destroy();
  }, 120_000);

  test("a save that is killed leaves nothing under the file's name, and the next one takes it up", async () => {
    if (!works("image", "inspect", "nginx")) docker("pull", "-q", "nginx");
    const file = at("killed.tar.gz");
    const stack = await Stack.create("images-killed", { config: { "images:image": "nginx", "images:save": file } });
    let leader = 0;
    const up = stack.tryUp([], {
      onStart: (child) => {
        leader = child.pid!;
      },
    });
    await until("it is saving", () => existsSync(`${file}.part`));
    process.kill(-leader, "SIGKILL");
    await up;
    expect(existsSync(file)).toBe(false);
    expect(existsSync(`${file}.json`)).toBe(false);
    await stack.must(["cancel", "--yes", "--stack", "images-killed"]);
    await stack.up();
    shell(`gzip -t '${file}'`);
    expect(existsSync(`${file}.part`)).toBe(false);
    await stack.destroy();
  }, 120_000);
});
