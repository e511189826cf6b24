import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onPath } from "../../cli/tools";
import { describeIf } from "../skips";
import {
  assertFree,
  cleanUp,
  docker,
  errorsOf,
  freePort,
  inside,
  inspect,
  missingLab,
  removeAll,
  Stack,
  until,
  works,
} from "./liveStack";

cleanUp();

const folder = mkdtempSync(join(tmpdir(), "berth-interactive-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const missingSsh = missingLab ?? (onPath("ssh") && onPath("ssh-keygen") ? undefined : "no ssh client on PATH");

describeIf(missingSsh, "SshGpuContainer", () => {
  const port = freePort(6000);
  const key = join(folder, "id");
  const stranger = join(folder, "stranger");
  const known = join(folder, "known_hosts");
  let stack: Stack;

  /** Logs in as a stranger to the engine would; nothing of the developer's own keys and settings counts. */
  function ssh(options: string[], command: string, user = "root", more: NodeJS.ProcessEnv = {}) {
    const own = ["-F", "none", "-o", "IdentitiesOnly=yes", "-o", "StrictHostKeyChecking=no", "-o", "ConnectTimeout=10"];
    const hosts = ["-o", `UserKnownHostsFile=${known}`, "-o", "GlobalKnownHostsFile=/dev/null"];
    const args = [...own, ...hosts, "-p", String(port), ...options, `${user}@127.0.0.1`, command];
    const { SSH_AUTH_SOCK: _, ...env } = process.env;
    const { status, stdout, stderr } = spawnSync("ssh", args, {
      env: { ...env, ...more },
      encoding: "utf8",
      timeout: 30_000,
    });
    return { status, stdout: stdout.trim(), stderr };
  }
  const withKey = ["-i", key, "-o", "BatchMode=yes"];
  const said = (command: string, options: string[] = []): string => {
    const { status, stdout, stderr } = ssh([...withKey, ...options], command);
    if (status !== 0) throw new Error(`ssh ended with ${status}: ${stderr}`);
    return stdout;
  };
  const args = () => ({
    image: "cuda-ssh:lab",
    gpus: [1],
    port,
    authorizedKeys: [`${key}.pub`],
    data: [`${join(folder, "data")}:/data`],
    workingDir: "/data",
    environment: { GREETING: `it's "quoted" $HOME \\n`, API_TOKEN: "of the tests" },
    sharedMemory: "64m",
  });

  beforeAll(async () => {
    removeAll();
    assertFree(["box"], ["box-ssh"]);
    for (const file of [key, stranger])
      execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "of the tests", "-f", file]);
    mkdirSync(join(folder, "data"));
    writeFileSync(join(folder, "data", "sample.txt"), "a sample\n");
    stack = await Stack.create("stack", { cases: { services: {}, sshGpuContainers: { box: args() } } });
    await stack.up();
  }, 180_000);
  afterAll(removeAll);

  test("a login with the key works, and finds the data read-only", () => {
    expect(said("id -un; cat /data/sample.txt")).toBe("root\na sample");
    expect(ssh(withKey, "touch /data/other").stderr).toContain("Read-only file system");
  });

  test("nothing else is a way in: not another key, no password, no empty one", () => {
    expect(ssh(["-i", stranger, "-o", "BatchMode=yes"], "true")).toMatchObject({ status: 255 });
    inside("box", "sh", "-c", "echo root:a-password | chpasswd");
    const asks = join(folder, "asks");
    writeFileSync(asks, "#!/bin/sh\necho a-password\n", { mode: 0o755 });
    const { status, stderr } = ssh(
      ["-o", "PubkeyAuthentication=no", "-o", "PreferredAuthentications=password,keyboard-interactive"],
      "true",
      "root",
      { SSH_ASKPASS: asks, SSH_ASKPASS_REQUIRE: "force", DISPLAY: ":0" },
    );
    expect(status).toBe(255);
    expect(stderr).toContain("Permission denied (publickey)");
    inside("box", "passwd", "-d", "root");
    expect(ssh(["-o", "PubkeyAuthentication=no", "-o", "BatchMode=yes"], "true").stderr).toContain("(publickey)");
    // The key goes on to work without any password.
    expect(said("echo in")).toBe("in");
    expect(ssh(withKey, "true", "nobody").status).toBe(255);
  });

  test("a session has the variables of the image, the NVIDIA runtime and the service", () => {
    const image = docker("exec", "box", "printenv", "PATH", "LD_LIBRARY_PATH", "CUDA_VERSION", "NVIDIA_REQUIRE_CUDA");
    expect(said("printenv PATH LD_LIBRARY_PATH CUDA_VERSION NVIDIA_REQUIRE_CUDA")).toBe(image);
    expect(image).toContain("/usr/local/cuda/bin");
    expect(said("printenv GREETING NVIDIA_VISIBLE_DEVICES")).toBe(`it's "quoted" $HOME \\n\n1`);
    expect(said("nvcc")).toBe("Cuda compilation tools, release 12.4");
    // Of the two of the lab it is the second.
    expect(said("nvidia-smi -L")).toMatch(/^GPU 0: .*GPU-8c3b6e71[^\n]*$/);
    expect(said("printenv HOME")).toBe("/root");
    // A login shell reads /etc/profile, which sets PATH.
    expect(said("bash -lc 'echo $PATH; pwd'")).toBe(`${image.split("\n")[0]}\n/data`);
  });

  test("variables are for the user alone", () => {
    expect(inside("box", "stat", "-c", "%a %U", "/run/berth-ssh/authorized_keys")).toBe("600 root");
    expect(stack.stateText()).not.toContain('of the tests"');
  });

  test("an unchanged program has nothing to do, asked of the engine too", async () => {
    expect(await stack.changes(["--refresh", "--expect-no-changes"])).toEqual([]);
  }, 60_000);

  test("the server's host keys outlive a replacement, and another user's key is let in by it", async () => {
    const before = inspect("box").Id;
    const keys = readFileSync(known, "utf8");
    stack.declare({
      services: {},
      sshGpuContainers: {
        box: { ...args(), authorizedKeys: [`${key}.pub`, readFileSync(`${stranger}.pub`, "utf8").trim()] },
      },
    });
    await stack.up();
    expect(inspect("box").Id).not.toBe(before);
    expect(ssh([...withKey, "-o", "StrictHostKeyChecking=yes"], "true")).toMatchObject({ status: 0, stderr: "" });
    expect(ssh(["-i", stranger, "-o", "StrictHostKeyChecking=yes"], "true").status).toBe(0);
    expect(readFileSync(known, "utf8")).toBe(keys);
  }, 120_000);

  test("the host keys outlive destroy", async () => {
    await stack.destroy();
    expect(works("volume", "inspect", "box-ssh")).toBe(true);
    await stack.up();
    expect(ssh([...withKey, "-o", "StrictHostKeyChecking=yes"], "true").status).toBe(0);
  }, 120_000);

  test("another user than root, whose account has no password, and a restart of the container", async () => {
    stack.declare({ services: {}, sshGpuContainers: { box: { ...args(), user: "anna" } } });
    await stack.up();
    docker("restart", "-t", "1", "box");
    await until("the server is back", () => ssh(withKey, "true", "anna").status === 0);
    expect(ssh(withKey, "id -un; printenv GREETING CUDA_VERSION", "anna").stdout).toBe(
      `anna\nit's "quoted" $HOME \\n\n12.4.1`,
    );
    expect(inside("box", "stat", "-c", "%a %U", "/run/berth-ssh/authorized_keys")).toBe("600 anna");
    expect(ssh(withKey, "true").status).toBe(255);
  }, 120_000);

  test("a user that the image lacks: one line says so", async () => {
    stack.declare({ services: {}, sshGpuContainers: { box: { ...args(), user: "bert" } } });
    const failed = await stack.tryUp();
    expect(failed.code).not.toBe(0);
    expect(errorsOf(failed)).toContain("berth: this image has no user bert: set user to one that it has");
  }, 120_000);

  test("an image without a server: one line says so; installServer builds one on top", async () => {
    const bare = { ...args(), image: "nvidia/cuda" };
    stack.declare({ services: {}, sshGpuContainers: { box: bare } });
    const failed = await stack.tryUp();
    expect(failed.code).not.toBe(0);
    expect(errorsOf(failed)).toContain("berth: this image has no SSH server: set installServer: true");
    stack.declare({ services: {}, sshGpuContainers: { box: { ...bare, installServer: { network: "host" } } } });
    await stack.up();
    expect(said("nvcc")).toBe("Cuda compilation tools, release 12.4");
    expect(ssh([...withKey, "-o", "StrictHostKeyChecking=yes"], "true").status).toBe(0);
    expect(await stack.changes(["--expect-no-changes"])).toEqual([]);
    const { Image } = inspect("box").Config;
    await stack.destroy();
    docker("rmi", String(Image));
  }, 300_000);
});

/** A browser, as far as a login needs one: it keeps cookies and follows nothing. */
class Browser {
  private readonly cookies = new Map<string, string>();

  constructor(private readonly base: string) {}

  /** Certificates are checked against `ca` alone. */
  async ask(path: string, { form, ca }: { form?: Record<string, string>; ca?: string } = {}) {
    const url = new URL(path, this.base);
    const body = form && new URLSearchParams(form).toString();
    const headers: Record<string, string> = {
      cookie: [...this.cookies].map((pair) => pair.join("=")).join("; "),
      ...(body === undefined ? {} : { "content-type": "application/x-www-form-urlencoded" }),
    };
    const { request } = url.protocol === "https:" ? await import("node:https") : await import("node:http");
    return new Promise<{ status: number; location: string; text: string }>((resolve, reject) => {
      const sent = request(
        url,
        { method: body === undefined ? "GET" : "POST", headers, ca, timeout: 20_000 },
        (answer) => {
          for (const line of answer.headers["set-cookie"] ?? []) {
            const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
            this.cookies.set(name, value);
          }
          let text = "";
          answer.setEncoding("utf8").on("data", (chunk: string) => {
            text += chunk;
          });
          answer.on("end", () =>
            resolve({ status: answer.statusCode!, location: answer.headers.location ?? "", text }),
          );
        },
      );
      sent.on("error", reject).on("timeout", () => sent.destroy(new Error("no answer")));
      sent.end(body);
    });
  }

  /** Fills in a login page. */
  async login(path: string, form: Record<string, string>, ca?: string) {
    await this.ask(path, { ca });
    return this.ask(path, { form: { ...form, _xsrf: this.cookies.get("_xsrf") ?? "" }, ca });
  }
}

/** Names that Jupyter's file browser shows. */
async function shown(browser: Browser, folder = "", ca?: string): Promise<string[]> {
  const { status, text } = await browser.ask(`/api/contents/${folder}`, { ca });
  if (status !== 200) throw new Error(`/api/contents ended with ${status}: ${text}`);
  return (JSON.parse(text) as { content: { name: string }[] }).content.map(({ name }) => name).sort();
}

const PASSWORD = "the right one, with ümlaut & signs";

describeIf(missingLab, "JupyterServer, of the stack jupyter", () => {
  const port = freePort(8888);
  const base = `http://127.0.0.1:${port}`;
  let stack: Stack;

  beforeAll(async () => {
    removeAll();
    assertFree(["lab"], ["lab-work"]);
    stack = await Stack.create("jupyter", {
      config: { "jupyter:image": "jupyter/base-notebook", "jupyter:port": port },
      secrets: { "jupyter:password": PASSWORD },
    });
    await stack.up();
  }, 300_000);
  afterAll(removeAll);

  test("the address is an output, without the password", async () => {
    expect(await stack.outputs()).toEqual({ address: `http://localhost:${port}`, containerName: "lab" });
  }, 30_000);

  test("without the password, and with a wrong one or a token, nothing is shown", async () => {
    const browser = new Browser(base);
    expect((await browser.ask("/api/contents/")).status).toBe(403);
    expect((await browser.ask("/api/contents/?token=")).status).toBe(403);
    expect((await browser.ask("/lab")).location).toMatch(/^\/login/);
    expect((await browser.login("/login", { password: "a wrong one" })).status).toBe(401);
    expect((await browser.login("/login", { password: "" })).status).toBe(401);
    expect((await browser.ask("/api/contents/")).status).toBe(403);
  }, 30_000);

  test("with it, JupyterLab shows the documented folder, /", async () => {
    const browser = new Browser(base);
    expect(await browser.login("/login", { password: PASSWORD })).toMatchObject({ status: 302 });
    expect(await shown(browser)).toEqual(expect.arrayContaining(["etc", "home", "usr"]));
    expect((await browser.ask("/lab")).text).toContain("<title>JupyterLab</title>");
  }, 30_000);

  test("the login page cannot set another password", async () => {
    const browser = new Browser(base);
    await browser.login("/login", { password: PASSWORD, new_password: "another" });
    expect((await new Browser(base).login("/login", { password: "another" })).status).toBe(401);
    expect((await new Browser(base).login("/login", { password: PASSWORD })).status).toBe(302);
  }, 30_000);

  test("the password is in clear nowhere: state, container, command line, log", () => {
    const { Config } = inspect("lab");
    const logs = spawnSync("docker", ["logs", "lab"], { encoding: "utf8" });
    for (const text of [stack.stateText(), JSON.stringify(Config), logs.stdout + logs.stderr, docker("top", "lab")])
      expect(text).not.toMatch(/the right one|sha512:/);
    expect(inside("lab", "sh", "-c", "grep -rl 'the right one' /etc/berth-jupyter /home/jovyan || true")).toBe("");
  });

  test("an unchanged program has nothing to do; another password takes effect", async () => {
    expect(await stack.changes(["--refresh", "--expect-no-changes"])).toEqual([]);
    inside("lab", "sh", "-c", "echo kept >/home/jovyan/work/notes.txt");
    await stack.secret("jupyter:password", "quite another");
    await stack.up();
    expect((await new Browser(base).login("/login", { password: PASSWORD })).status).toBe(401);
    const browser = new Browser(base);
    expect((await browser.login("/login", { password: "quite another" })).status).toBe(302);
    expect(await shown(browser, "home/jovyan/work")).toEqual(["notes.txt"]);
  }, 120_000);

  test("the Notebook over TLS, with a folder of the host and nothing above it", async () => {
    await stack.destroy();
    const certificate = join(folder, "lab.pem");
    const key = join(folder, "lab-key.pem");
    selfSigned(certificate, key);
    const work = join(folder, "notebooks");
    mkdirSync(work, { mode: 0o777 });
    writeFileSync(join(work, "first.ipynb"), "{}");
    stack.set({
      "jupyter:setup": "notebook",
      "jupyter:certificate": certificate,
      "jupyter:key": key,
      "jupyter:data": work,
      "jupyter:notebookDir": "/home/jovyan/work",
    });
    await stack.up();
    const ca = readFileSync(certificate, "utf8");
    const browser = new Browser(`https://localhost:${port}`);
    expect((await browser.ask("/api/contents/", { ca })).status).toBe(403);
    expect((await browser.login("/login", { password: "quite another" }, ca)).status).toBe(302);
    expect(await shown(browser, "", ca)).toEqual(["first.ipynb"]);
    expect((await browser.ask("/tree", { ca })).text).toContain("Jupyter Notebook");
    expect(stack.stateText()).not.toContain(readFileSync(key, "utf8").split("\n")[1]);
    expect(await stack.changes(["--expect-no-changes"])).toEqual([]);
    await stack.destroy();
  }, 180_000);
});

function selfSigned(certificate: string, key: string): void {
  const name = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
  const pair = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", certificate];
  execFileSync("openssl", ["req", "-x509", "-days", "30", ...pair, ...name], { stdio: "pipe" });
}

describeIf(missingLab, "JupyterServer with a token", () => {
  const port = freePort(8888);
  const token = "0123456789abcdef.of_the-tests";

  afterAll(removeAll);

  test("the token is the only way in", async () => {
    removeAll();
    assertFree(["api"], ["api-work"]);
    const stack = await Stack.create("stack", {
      cases: { services: {}, jupyterServers: { api: { image: "jupyter/base-notebook", token, port } } },
    });
    await stack.up();
    const browser = new Browser(`http://127.0.0.1:${port}`);
    expect((await browser.ask("/api/contents/")).status).toBe(403);
    expect((await browser.ask("/api/contents/?token=another")).status).toBe(403);
    expect((await browser.login("/login", { password: "" })).status).toBe(401);
    expect((await browser.ask(`/api/contents/?token=${token}`)).status).toBe(200);
    expect(stack.stateText()).not.toContain(token);
    expect(JSON.stringify(inspect("api"))).not.toContain(token);
    await stack.destroy();
  }, 180_000);
});

describeIf(missingLab, "JupyterHub, of the stack jupyter", () => {
  const port = freePort(443);
  const base = `https://localhost:${port}`;
  const certificate = join(folder, "hub.pem");
  const key = join(folder, "hub-key.pem");
  let ca: string;
  let stack: Stack;

  const enter = async (username: string, password: string) => {
    const browser = new Browser(base);
    return { browser, answer: await browser.login("/hub/login", { username, password }, ca) };
  };
  /** Whether a user is let in. */
  const enters = async (username: string, password: string): Promise<boolean> => {
    const { status, location } = (await enter(username, password)).answer;
    return status === 302 && !location.includes("login");
  };

  beforeAll(async () => {
    removeAll();
    assertFree(["hub"], ["hub-home", "hub-hub"]);
    selfSigned(certificate, key);
    ca = readFileSync(certificate, "utf8");
    stack = await Stack.create("jupyter", {
      config: {
        "jupyter:setup": "hub",
        "jupyter:image": "jupyterhub/jupyterhub",
        "jupyter:port": port,
        "jupyter:certificate": certificate,
        "jupyter:key": key,
      },
      secrets: { "jupyter:password": PASSWORD },
    });
    await stack.secretAt("jupyter:users.stu01", "of a student");
    await stack.up();
  }, 300_000);
  afterAll(removeAll);

  test("each user comes in with the password of their own, and nobody else does", async () => {
    expect(await enters("kevin", PASSWORD)).toBe(true);
    expect(await enters("stu01", "of a student")).toBe(true);
    expect(await enters("stu01", PASSWORD)).toBe(false);
    expect(await enters("kevin", "")).toBe(false);
    expect(await enters("root", PASSWORD)).toBe(false);
    expect(await enters("jovyan", "")).toBe(false);
  }, 60_000);

  test("only the admin administers", async () => {
    const admin = await enter("kevin", PASSWORD);
    expect((await admin.browser.ask("/hub/admin", { ca })).status).toBe(200);
    const student = await enter("stu01", "of a student");
    expect((await student.browser.ask("/hub/admin", { ca })).status).toBe(403);
  }, 60_000);

  test("a user's server starts, as this user and in the home", async () => {
    const { browser } = await enter("stu01", "of a student");
    // The page says "pending" until it runs; every further question follows one redirect.
    await browser.ask("/hub/spawn", { ca });
    const find =
      "for p in /proc/[0-9]*; do tr '\\0' ' ' <$p/cmdline | grep -q '[j]upyterhub-singleuser' && echo $p; done";
    const process = await until("the server of stu01 runs", () => inside("hub", "sh", "-c", `${find}; true`), 60);
    expect(inside("hub", "stat", "-c", "%U", process)).toBe("stu01");
    await until(
      "it answers behind the proxy",
      async () => (await browser.ask("/user/stu01/api", { ca })).status === 200,
      60,
    );
    expect((await browser.ask("/user/kevin/api", { ca })).status).not.toBe(200);
    expect(docker("exec", "-u", "stu01", "hub", "readlink", `${process}/cwd`)).toBe("/home/stu01");
    expect(inside("hub", "stat", "-c", "%a %U", "/home/stu01")).toBe("700 stu01");
  }, 120_000);

  test("passwords and the key are in clear nowhere, and their file is root's", () => {
    const { Config } = inspect("hub");
    const logs = spawnSync("docker", ["logs", "hub"], { encoding: "utf8" });
    const secret = readFileSync(key, "utf8").split("\n")[1]!;
    for (const text of [stack.stateText(), JSON.stringify(Config), logs.stdout + logs.stderr]) {
      expect(text).not.toMatch(/the right one|of a student|scrypt:[0-9a-f]/);
      expect(text).not.toContain(secret);
    }
    for (const file of ["users.json", "key.pem"])
      expect(inside("hub", "stat", "-c", "%a %U", `/etc/berth-hub/${file}`)).toBe("400 root");
  });

  test("an unchanged program has nothing to do", async () => {
    expect(await stack.changes(["--refresh", "--expect-no-changes"])).toEqual([]);
  }, 60_000);

  test("a user who is taken out is out at once; files and their owners stay", async () => {
    const uid = inside("hub", "id", "-u", "stu01");
    inside("hub", "su", "stu01", "-c", "echo kept >/home/stu01/notes.txt");
    const { browser } = await enter("kevin", PASSWORD);
    expect((await browser.ask("/hub/home", { ca })).status).toBe(200);
    stack.set({ "jupyter:users": undefined });
    await stack.secretAt("jupyter:users.anna", "of anna");
    await stack.up();
    expect(await enters("stu01", "of a student")).toBe(false);
    expect((await browser.ask("/hub/home", { ca })).status).toBe(302);
    expect(await enters("kevin", PASSWORD)).toBe(true);
    expect(await enters("anna", "of anna")).toBe(true);
    expect(inside("hub", "id", "-u", "anna")).not.toBe(uid);
    await stack.secretAt("jupyter:users.stu01", "is back");
    await stack.up();
    expect(inside("hub", "su", "stu01", "-c", "id -u; cat ~/notes.txt")).toBe(`${uid}\nkept`);
    await stack.destroy();
  }, 240_000);

  test("an image without a server for users: one line says so", async () => {
    stack.set({ "jupyter:image": "hub-alone:lab" });
    docker("build", "-q", "-t", "hub-alone:lab", withoutLab());
    const failed = await stack.tryUp();
    expect(failed.code).not.toBe(0);
    expect(errorsOf(failed)).toContain("berth: this image has JupyterHub, but no server for its users");
    await stack.destroy();
    docker("rmi", "hub-alone:lab");
  }, 180_000);
});

/** A build context. */
function withoutLab(): string {
  const context = join(folder, "hub-alone");
  mkdirSync(context);
  const remove = "/opt/conda/bin/pip uninstall -q -y jupyterlab notebook";
  writeFileSync(join(context, "Dockerfile"), `FROM jupyterhub/jupyterhub\nRUN ${remove}\n`);
  return context;
}
