import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { type ClusterChoice, clusterAccess, KubeconfigError } from "../../../../core/engines/kubernetes/kubeconfig";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "berth-kubeconfig-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const base64 = (text: string) => Buffer.from(text).toString("base64");

/** Writes a kubeconfig and gives its path. */
function file(config: object, name = "config"): string {
  const path = join(folder, name);
  writeFileSync(path, JSON.stringify(config));
  return path;
}
const LAB = {
  "current-context": "lab",
  contexts: [
    { name: "lab", context: { cluster: "lab", user: "me" } },
    { name: "work", context: { cluster: "work", user: "me" } },
  ],
  clusters: [
    { name: "lab", cluster: { server: "https://127.0.0.1:6443", "certificate-authority-data": base64("CA") } },
    { name: "work", cluster: { server: "https://work.example", "insecure-skip-tls-verify": true } },
  ],
  users: [{ name: "me", user: { "client-certificate-data": base64("C"), "client-key-data": base64("K") } }],
};
const access = (choice: ClusterChoice, env: NodeJS.ProcessEnv = {}) => clusterAccess(choice, env);

test("the current context, with its certificate", () => {
  expect(access({ kubeconfig: file(LAB) })).toEqual({
    context: "lab",
    server: "https://127.0.0.1:6443",
    ca: Buffer.from("CA"),
    serverName: undefined,
    insecure: false,
    cert: Buffer.from("C"),
    key: Buffer.from("K"),
    authorization: undefined,
    indirect: false,
  });
});

test("another context, or only another cluster", () => {
  const kubeconfig = file(LAB);
  expect(access({ kubeconfig, context: "work" })).toMatchObject({ server: "https://work.example", insecure: true });
  expect(access({ kubeconfig, cluster: "work" })).toMatchObject({ context: "lab", server: "https://work.example" });
});

test("text in place of a path, as the provider takes it", () => {
  expect(access({ kubeconfig: JSON.stringify(LAB) }).context).toBe("lab");
  expect(
    access({
      kubeconfig:
        "current-context: a\ncontexts: [{name: a, context: {cluster: a}}]\nclusters: [{name: a, cluster: {server: 'http://a'}}]\n",
    }).server,
  ).toBe("http://a");
});

test("several files in KUBECONFIG: the first that has a name wins, those that are missing are passed over", () => {
  const first = file({ contexts: [{ name: "lab", context: { cluster: "mine" } }] }, "first");
  const second = file(
    { ...LAB, clusters: [...LAB.clusters, { name: "mine", cluster: { server: "https://mine" } }] },
    "second",
  );
  const KUBECONFIG = [join(folder, "none"), first, second].join(delimiter);
  expect(access({}, { KUBECONFIG })).toMatchObject({ context: "lab", server: "https://mine" });
});

test("files beside the kubeconfig are read from its folder", () => {
  mkdirSync(join(folder, "pki"));
  writeFileSync(join(folder, "pki", "ca.crt"), "CA of a file");
  writeFileSync(join(folder, "pki", "token"), "a token\n");
  const kubeconfig = file({
    ...LAB,
    clusters: [{ name: "lab", cluster: { server: "https://a", "certificate-authority": "pki/ca.crt" } }],
    users: [{ name: "me", user: { tokenFile: "pki/token" } }],
  });
  expect(access({ kubeconfig })).toMatchObject({ ca: Buffer.from("CA of a file"), authorization: "Bearer a token" });
});

test.each([
  [{ token: "t" }, "Bearer t"],
  [{ username: "u", password: "p" }, `Basic ${base64("u:p")}`],
])("a login by %j", (user, authorization) => {
  expect(access({ kubeconfig: file({ ...LAB, users: [{ name: "me", user }] }) })).toMatchObject({
    authorization,
    indirect: false,
  });
});

test.each([
  { users: [{ name: "me", user: { "auth-provider": { name: "oidc" } } }] },
  { clusters: [{ name: "lab", cluster: { server: "https://a", "proxy-url": "socks5://p" } }] },
])("what needs another program or a proxy is left to the provider: %j", (part) => {
  expect(access({ kubeconfig: file({ ...LAB, ...part }) }).indirect).toBe(true);
});

describe("what is missing is said", () => {
  const problem = (choice: () => ClusterChoice, env: NodeJS.ProcessEnv = {}): string => {
    try {
      access(choice(), env);
    } catch (error) {
      expect(error).toBeInstanceOf(KubeconfigError);
      return (error as Error).message.replaceAll(folder, "/f");
    }
    throw new Error("not refused");
  };
  test.each<[string, () => ClusterChoice, string]>([
    ["no file", () => ({ kubeconfig: join(folder, "none") }), "there is no kubeconfig at /f/none"],
    ["no YAML", () => ({ kubeconfig: "a: [b\n" }), "kubernetes:kubeconfig is not YAML"],
    ["no mapping", () => ({ kubeconfig: "- a\n- b" }), "kubernetes:kubeconfig is not a kubeconfig"],
    [
      "no current context",
      () => ({ kubeconfig: file({ ...LAB, "current-context": "" }) }),
      "/f/config names no current context; it has lab, work",
    ],
    [
      "an unknown context",
      () => ({ kubeconfig: file(LAB), context: "prod" }),
      '"prod" is not a context of /f/config; it has lab, work',
    ],
    [
      "an unknown cluster",
      () => ({ kubeconfig: file({ ...LAB, clusters: [] }) }),
      'the cluster "lab" of the context "lab" is not in /f/config',
    ],
    [
      "a certificate that is gone",
      () => ({ kubeconfig: file({ ...LAB, users: [{ name: "me", user: { "client-certificate": "gone.crt" } }] }) }),
      "names the file /f/gone.crt, which is not there",
    ],
  ])("%s", (_, choice, message) => {
    expect(problem(choice)).toContain(message);
  });
});
