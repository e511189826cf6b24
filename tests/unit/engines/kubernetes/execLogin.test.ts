import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { withLogin } from "../../../../core/engines/kubernetes/execLogin";
import { clusterAccess, KubeconfigError } from "../../../../core/engines/kubernetes/kubeconfig";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "berth-login-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A kubeconfig whose user logs in with a script beside it. */
function access(script: string, exec: object = {}) {
  writeFileSync(join(folder, "login"), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, "login"), 0o755);
  const config = {
    "current-context": "cloud",
    contexts: [{ name: "cloud", context: { cluster: "cloud", user: "me" } }],
    clusters: [{ name: "cloud", cluster: { server: "https://cloud.example" } }],
    users: [
      { name: "me", user: { exec: { apiVersion: "client.authentication.k8s.io/v1", command: "./login", ...exec } } },
    ],
  };
  writeFileSync(join(folder, "config"), JSON.stringify(config));
  return clusterAccess({ kubeconfig: join(folder, "config") }, {});
}
const problem = async (run: Promise<unknown>): Promise<string> => {
  const error = await run.then(
    () => undefined,
    (reason: Error) => reason,
  );
  expect(error).toBeInstanceOf(KubeconfigError);
  return error!.message;
};

test("the program's token is the login; it gets arguments, variables and what is asked for", async () => {
  const script = `printf '{"kind":"ExecCredential","status":{"token":"%s"}}' "$1-$REGION-$(echo "$KUBERNETES_EXEC_INFO" | grep -o 'cloud.example')"`;
  const login = await withLogin(access(script, { args: ["get"], env: [{ name: "REGION", value: "eu" }] }));
  expect(login).toMatchObject({ authorization: "Bearer get-eu-cloud.example", indirect: false });
  expect(login.exec).toBeUndefined();
});

test("or its certificate", async () => {
  const login = await withLogin(access(`echo '{"status":{"clientCertificateData":"C","clientKeyData":"K"}}'`));
  expect(login).toMatchObject({ cert: Buffer.from("C"), key: Buffer.from("K") });
  expect(login.authorization).toBeUndefined();
});

test.each([
  ["echo one >&2; echo 'session expired' >&2; exit 3", "the login program ./login failed (session expired)"],
  ["echo hello", "the login program ./login gave no credential"],
  [`echo '{"status":{}}'`, "the login program ./login gave neither a token nor a certificate"],
])("%s", async (script, message) => {
  expect(await problem(withLogin(access(script)))).toBe(message);
});

test("a program that is not there is said", async () => {
  expect(await problem(withLogin(access("", { command: "no-such-login" })))).toContain(
    "the login program no-such-login failed (spawn no-such-login ENOENT)",
  );
});

test("a login without a program asks nobody", async () => {
  const plain = { ...access(""), exec: undefined, authorization: "Bearer t" };
  expect(await withLogin(plain)).toBe(plain);
});
