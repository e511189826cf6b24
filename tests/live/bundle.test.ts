import { spawnSync } from "node:child_process";
import {
  closeSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onPath } from "../../core/host/findExecutable";
import { describeIf } from "../skips";
import { docker, freePort, httpStatus, missingLab, ROOT, shell, until, works } from "./liveStack";

const STACK = "nginx-bundlelive";
const IMAGE = "berth-live/bundle:1";
const CONTAINER = "berth-bundlelive";
/** Put together here, so that the sources, which are in the bundle, do not hold them. */
const [PASSPHRASE, SECRET] = ["passphrase", "password"].map((word) => ["live", word, "in", "clear"].join("-")) as [
  string,
  string,
];

/** All that the other machine has; no Node.js, no Pulumi, no docker client, no git. */
const PROGRAMS = "sh tar gzip grep sha256sum uname dirname mkdir rm readlink cat env ls".split(" ");

function findMissing(): string | undefined {
  if (missingLab) return missingLab;
  if (process.getuid?.() !== 0) return "not root, who makes network namespaces";
  const lacking = ["unshare", "ip", "mount", "git", ...PROGRAMS].find((name) => !onPath(name));
  if (lacking) return `no ${lacking} on PATH`;
  return existsSync(join(ROOT, ".git")) ? undefined : "not a checkout of git";
}
const missing = findMissing();

let folder: string;
let port: number;
const at = (name: string) => join(folder, name);
const BUNDLE = "berth.tar";

interface Ended {
  code: number | null;
  output: string;
}
const ended = ({ status, stdout, stderr }: ReturnType<typeof spawnSync>): Ended => ({
  code: status,
  output: `${String(stdout)}${String(stderr)}`,
});

/** A line in a network namespace that has a loopback and no route, with an empty HOME and almost nothing on PATH. */
function offline(line: string, env: Record<string, string> = {}): Ended {
  const settings = {
    PATH: at("path"),
    HOME: at("home"),
    NO_COLOR: "1",
    DOCKER_HOST: process.env.DOCKER_HOST!,
    PULUMI_CONFIG_PASSPHRASE: PASSPHRASE,
    ...env,
  };
  const words = Object.entries(settings).map(([key, value]) => `${key}=${value}`);
  const script = `set -eu; ip link set lo up; [ -z "$(ip route; ip -6 route show table main)" ]; exec env -i "$@"`;
  return ended(
    spawnSync("unshare", ["--net", "sh", "-c", script, "sh", ...words, "sh", "-ec", line], {
      cwd: at("there"),
      encoding: "utf8",
      timeout: 300_000,
    }),
  );
}
function offlineWorks(line: string, env?: Record<string, string>): string {
  const { code, output } = offline(line, env);
  if (code !== 0) throw new Error(`${line} ended with ${code}:\n${output}`);
  return output;
}

function makeFolders(): void {
  folder = mkdtempSync(join(tmpdir(), "berth-bundle-"));
  for (const name of ["there", "home", "path", "backend"]) mkdirSync(at(name));
  for (const name of PROGRAMS) symlinkSync(onPath(name)!, at(`path/${name}`));
}

/** A checkout of its own, so that nobody changes it meanwhile. What is not committed yet is part of what is tested. */
function makeCheckout(change = () => {}): void {
  mkdirSync(at("checkout"));
  shell(`git ls-files -z --cached --others --exclude-standard |
    tar -c --null --verbatim-files-from --ignore-failed-read -T - 2>/dev/null | tar -x -C '${at("checkout")}'`);
  symlinkSync(join(ROOT, "node_modules"), at("checkout/node_modules"));
  change();
  shell(
    `git init -q; echo node_modules >>.git/info/exclude; git add .
    git -c user.name=berth -c user.email=berth@localhost commit -q -m tests`,
    at("checkout"),
  );
}

/** The command of that checkout. */
function berth(args: string[], cwd = folder): Ended {
  return ended(
    spawnSync(process.execPath, [at("checkout/cli/berth.js"), ...args], {
      cwd,
      encoding: "utf8",
      timeout: 300_000,
    }),
  );
}

/** Whether some bytes stand in a file of any size. */
const contains = (file: string, text: string) => spawnSync("grep", ["-qaF", text, file]).status === 0;

describeIf(missing, "a bundle", () => {
  /** What was said when it was unpacked. */
  let unpacked: string;

  beforeAll(() => {
    makeFolders();
    docker("pull", "-q", "nginx");
    docker("tag", "nginx", IMAGE);
    port = freePort(18_666);
    makeCheckout();
    writeFileSync(
      at(`checkout/Pulumi.${STACK}.yaml`),
      `config:\n  nginx:image: ${IMAGE}\n  nginx:containerName: ${CONTAINER}\n  nginx:port: "${port}"\n`,
    );
    const pulumi = (args: string[], input = "") => {
      const { code, output } = ended(
        spawnSync("pulumi", ["--non-interactive", "--cwd", at("checkout"), ...args], {
          input,
          encoding: "utf8",
          env: {
            ...process.env,
            PULUMI_BACKEND_URL: `file://${at("backend")}`,
            PULUMI_CONFIG_PASSPHRASE: PASSPHRASE,
            PULUMI_SKIP_UPDATE_CHECK: "true",
          },
        }),
      );
      if (code !== 0) throw new Error(`pulumi ${args.join(" ")} ended with ${code}:\n${output}`);
    };
    pulumi(["stack", "init", "--stack", STACK]);
    pulumi(["config", "set", "--stack", STACK, "--secret", "other:password"], SECRET);

    const { code, output } = berth(["bundle", STACK, "--out", BUNDLE]);
    if (code !== 0) throw new Error(`berth bundle ended with ${code}:\n${output}`);
    expect(output).toContain("the passphrase is not in the bundle");
    docker("image", "rm", IMAGE);
    unpacked = offlineWorks(`tar xf ../${BUNDLE}; sh berth-bundle/unbundle`);
  }, 300_000);

  afterAll(() => {
    if (works("container", "inspect", CONTAINER)) docker("rm", "-f", CONTAINER);
    if (works("image", "inspect", IMAGE)) docker("image", "rm", IMAGE);
    spawnSync("umount", ["-q", at("small")]);
    rmSync(folder, { recursive: true, force: true });
  });

  test("brings a stack to a machine without network, Node.js and Pulumi", async () => {
    expect(unpacked).toContain(`Loaded ${IMAGE}.`);
    expect(unpacked).toContain(`./berth/berth up ${STACK}`);
    expect(readdirSync(at("there")).sort()).toEqual(["berth", "berth-bundle"]);

    offlineWorks(`berth/berth up ${STACK} --yes --skip-preview`);
    await until("nginx answers", async () => (await httpStatus(`http://localhost:${port}/`)) === 200);

    offlineWorks(`berth/berth preview ${STACK} --expect-no-changes`);
    offlineWorks(`. berth/env; cd berth/project; pulumi preview --stack ${STACK} --expect-no-changes`);

    // A second time it does nothing, and the state is as it was.
    expect(offlineWorks("berth/berth unbundle berth-bundle")).toContain("holds this bundle already");
    offlineWorks(`berth/berth preview ${STACK} --expect-no-changes`);

    offlineWorks(`berth/berth destroy ${STACK} --yes`);
    expect(works("container", "inspect", CONTAINER)).toBe(false);
    expect(readdirSync(at("home"))).toEqual([]);
  }, 300_000);

  test("needs its passphrase, which it does not hold", () => {
    const wrong = offline(`berth/berth preview ${STACK}`, { PULUMI_CONFIG_PASSPHRASE: "wrong" });
    expect(wrong.code).not.toBe(0);
    expect(wrong.output).toContain("incorrect passphrase");
    const project = at("there/berth/project");
    expect(contains(join(project, `Pulumi.${STACK}.yaml`), "secure:")).toBe(true);
    for (const text of [SECRET, PASSPHRASE])
      expect(spawnSync("grep", ["-rqaF", text, project, at("there/berth/bin")]).status).toBe(1);
  });

  test("brings its images later where no engine answers", () => {
    docker("image", "rm", IMAGE);
    const nowhere = { DOCKER_HOST: "unix:///nonexistent.sock" };
    const line = `berth/berth unbundle ../${BUNDLE} --to berth`;
    expect(offlineWorks(line, nowhere)).toMatch(
      /note: no Docker engine answers at unix:\/\/\/nonexistent\.sock .*; when it runs: \.\/berth\/berth unbundle .*berth\.tar --to \.\/berth --images/,
    );
    expect(works("image", "inspect", IMAGE)).toBe(false);
    expect(offlineWorks(`${line} --images`)).toContain(`Loaded ${IMAGE}.`);
    expect(offlineWorks(`${line} --images`)).toContain(`On the engine already: ${IMAGE}.`);
  }, 120_000);

  test("that is damaged in the middle is refused and leaves nothing behind", () => {
    const damaged = at("damaged.tar");
    copyFileSync(at(BUNDLE), damaged);
    const handle = openSync(damaged, "r+");
    const byte = Buffer.alloc(1);
    readSync(handle, byte, 0, 1, 100_000_000);
    writeSync(handle, Buffer.from([byte[0]! ^ 1]), 0, 1, 100_000_000);
    closeSync(handle);
    const before = readdirSync(at("there"));
    for (const line of [
      "berth/berth unbundle ../damaged.tar --to elsewhere",
      "mkdir copy; tar xf ../damaged.tar -C copy; sh copy/berth-bundle/unbundle --to elsewhere",
    ]) {
      const { code, output } = offline(line);
      expect(code).toBe(1);
      expect(output).toMatch(/^error: .* damaged.*; copy it again/m);
      rmSync(at("there/copy"), { recursive: true, force: true });
      expect(readdirSync(at("there"))).toEqual(before);
    }
  }, 120_000);

  test.each([
    ["seen beforehand", "size=64m", /^error: .* has \d+ MB left and the bundle needs \d+ MB; make room/m],
    // Room enough for the bytes, and not for the files.
    ["found in the middle", "size=4g,nr_inodes=300", /^error: the disk is full: .* is not complete; make room/m],
  ])(
    "on a full disk, %s, leaves nothing behind",
    (_, options, says) => {
      mkdirSync(at("small"), { recursive: true });
      shell(`mount -t tmpfs -o ${options} berth-live '${at("small")}'`);
      try {
        const { code, output } = offline(`berth/berth unbundle ../${BUNDLE} --to ../small/berth`);
        expect(output).toMatch(says);
        expect(code).toBe(1);
        expect(readdirSync(at("small"))).toEqual([]);
      } finally {
        shell(`umount '${at("small")}'`);
      }
    },
    120_000,
  );

  test("that does not fit on the disk is not written, and what was there stays", () => {
    mkdirSync(at("small"), { recursive: true });
    shell(`mount -t tmpfs -o size=20m berth-live '${at("small")}'`);
    try {
      const { code, output } = berth(["bundle", STACK, "--out", at("small/berth.tar")]);
      expect(output).toMatch(
        /^error: the disk is full: .*berth\.tar was not written; make room, or name another file/m,
      );
      expect(code).toBe(1);
      expect(readdirSync(at("small"))).toEqual([]);
    } finally {
      shell(`umount '${at("small")}'`);
    }
  }, 120_000);

  test("of an unchanged checkout has the same bytes", () => {
    expect(berth(["bundle", STACK, "--out", "again.tar"]).code).toBe(0);
    expect(spawnSync("cmp", [at(BUNDLE), at("again.tar")]).status).toBe(0);
  }, 120_000);
});

describeIf(missing, "a bundle of a stack that builds its image", () => {
  const NAME = "berth-bundlebuild";
  const BUILT_STACK = "compose-bundlelive";
  const BUILT = `${NAME}-web`;
  const [WEB, REDIS] = [`${NAME}-web-1`, `${NAME}-redis-1`] as const;
  let url: string;
  const idOf = (kind: "container" | "image", name: string) => docker(kind, "inspect", "-f", "{{.Id}}", name).trim();
  const imageOf = (container: string) => docker("container", "inspect", "-f", "{{.Image}}", container).trim();
  // A container that has just begun refuses, or hangs up.
  const page = () =>
    fetch(url)
      .then((response) => response.text())
      .catch(() => "");
  const answers = (text: string) => until(`the page says ${text}`, async () => (await page()).includes(text));
  const edit = (file: string, from: string, to: string) => {
    const before = readFileSync(at(file), "utf8");
    expect(before).toContain(from);
    writeFileSync(at(file), before.replace(from, to));
  };
  const bundle = (out: string) => {
    // Relative files of the settings start where the project is.
    const { code, output } = berth(["bundle", BUILT_STACK, "--out", at(out)], at("checkout"));
    if (code !== 0) throw new Error(`berth bundle ended with ${code}:\n${output}`);
    return output;
  };
  const removeAll = () => {
    for (const name of [WEB, REDIS]) if (works("container", "inspect", name)) docker("rm", "-fv", name);
    if (works("network", "inspect", `${NAME}_default`)) docker("network", "rm", `${NAME}_default`);
    if (works("image", "inspect", BUILT)) docker("image", "rm", "-f", BUILT);
  };

  beforeAll(() => {
    removeAll();
    makeFolders();
    port = freePort(15_055);
    url = `http://127.0.0.1:${port}/`;
    docker("pull", "-q", "redis");
    makeCheckout(() => {
      cpSync(join(ROOT, "stacks/flask"), at("checkout/shop"), { recursive: true });
      writeFileSync(
        at("checkout/shop/docker-compose.yml"),
        `name: ${NAME}
services:
  web:
    build: .
    ports: ["${port}:5000"]
    volumes: [".:/code"]
  redis:
    image: redis
`,
      );
    });
    // What git ignores and a build sends is the image's, and so the bundle's.
    mkdirSync(at("checkout/shop/target"));
    writeFileSync(at("checkout/shop/target/.env.app"), "made here");
    writeFileSync(at("checkout/shop/.dockerignore"), "**/__pycache__\n");
    writeFileSync(
      at(`checkout/Pulumi.${BUILT_STACK}.yaml`),
      "config:\n  berth:program: compose\n  berth:files:\n    - shop/docker-compose.yml\n",
    );
  }, 120_000);

  afterAll(() => {
    removeAll();
    rmSync(folder, { recursive: true, force: true });
  });

  let built: string;

  test("builds it here", () => {
    const said = bundle("built.tar");
    expect(said).toMatch(/^Building berth-bundlebuild-web:latest\.\n {2}Step 1\//m);
    expect(said).toContain(
      "note: a build sends what git does not know, and so it is in the bundle: shop/target/.env.app.",
    );
    built = idOf("image", BUILT);
    docker("image", "rm", "-f", BUILT);
  }, 300_000);

  test("starts it there, and nothing is built", async () => {
    expect(offlineWorks("tar xf ../built.tar; sh berth-bundle/unbundle")).toMatch(/^Loaded .*bundlebuild-web:latest/m);
    const said = offlineWorks(`berth/berth up ${BUILT_STACK} --yes --skip-preview`);
    expect(said).not.toContain("is built here");
    await answers("Hello World");
    expect(idOf("image", BUILT)).toBe(built);
    expect(imageOf(WEB)).toBe(built);
    offlineWorks(`berth/berth preview ${BUILT_STACK} --expect-no-changes`);
    offlineWorks(`berth/berth preview ${BUILT_STACK} --refresh --expect-no-changes`);
  }, 300_000);

  test("that follows with changed code replaces only its container", async () => {
    const redis = idOf("container", REDIS);
    edit("checkout/shop/app.py", "Hello World", "Hello bundle");
    bundle("changed.tar");
    // What runs under that name here keeps it.
    expect(idOf("image", BUILT)).toBe(built);
    expect(offlineWorks("rm -r berth-bundle; tar xf ../changed.tar; sh berth-bundle/unbundle")).toContain(
      `note: ${BUILT}:latest was another image before`,
    );
    offlineWorks(`berth/berth up ${BUILT_STACK} --yes --skip-preview`);
    await answers("Hello bundle");
    const changed = imageOf(WEB);
    expect(changed).not.toBe(built);
    expect(idOf("image", BUILT)).toBe(changed);
    expect(idOf("container", REDIS)).toBe(redis);
    offlineWorks(`berth/berth preview ${BUILT_STACK} --expect-no-changes`);
    built = changed;
  }, 300_000);

  test("whose code is changed there is built there", async () => {
    edit("there/berth/project/shop/app.py", "Hello bundle", "Hello there");
    const said = offlineWorks(`berth/berth up ${BUILT_STACK} --yes --skip-preview`);
    expect(said).toContain(`${BUILT} is built here`);
    await answers("Hello there");
    expect(imageOf(WEB)).not.toBe(built);
    offlineWorks(`berth/berth preview ${BUILT_STACK} --expect-no-changes`);
  }, 300_000);

  test("and comes back with its own code, when it has been loaded again", async () => {
    edit("there/berth/project/shop/app.py", "Hello there", "Hello bundle");
    const { code, output } = offline(`berth/berth preview ${BUILT_STACK}`);
    expect(code).not.toBe(0);
    expect(output).toContain(
      `services.web.build: ${BUILT} came in a file, and another image has that name on the engine; load it again (\`berth images load\`, or \`berth unbundle FILE --images\`)`,
    );
    offlineWorks("berth/berth unbundle berth-bundle --images");
    offlineWorks(`berth/berth up ${BUILT_STACK} --yes --skip-preview`);
    await answers("Hello bundle");
    expect(imageOf(WEB)).toBe(built);
    offlineWorks(`berth/berth preview ${BUILT_STACK} --expect-no-changes`);
  }, 300_000);

  test("says why a build there cannot work", () => {
    edit("there/berth/project/shop/Dockerfile", "FROM python:3.7-alpine", "FROM localhost:9/berth-nowhere:1");
    const { code, output } = offline(`berth/berth up ${BUILT_STACK} --yes --skip-preview`);
    expect(code).not.toBe(0);
    expect(output).toContain("That takes localhost:9/berth-nowhere:1, which this engine has not and has to pull.");
    expect(output).toMatch(/error: .*berth-nowhere.*connection refused/);
    edit("there/berth/project/shop/Dockerfile", "FROM localhost:9/berth-nowhere:1", "FROM python:3.7-alpine");
  }, 120_000);

  test("takes all of it away again", () => {
    offlineWorks(`berth/berth destroy ${BUILT_STACK} --yes`);
    for (const name of [WEB, REDIS]) expect(works("container", "inspect", name)).toBe(false);
  }, 120_000);
});
