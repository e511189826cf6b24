import { execFile } from "node:child_process";
import { isAbsolute, resolve } from "node:path";
import { type ClusterAccess, KubeconfigError } from "./kubeconfig";
import { say } from "../../description/say";

/** Longest wait for the program; some ask a server far away. */
const TIMEOUT = 30_000;

interface Credential {
  kind?: string;
  status?: { token?: string; clientCertificateData?: string; clientKeyData?: string };
}

/**
 * Logs in with the program that the kubeconfig names (`users[].user.exec`: clouds have one each), as kubectl does.
 *
 * @throws KubeconfigError with the program's last line
 */
export async function withLogin(access: ClusterAccess): Promise<ClusterAccess> {
  const { exec } = access;
  if (!exec) return access;
  const { command, args, env, apiVersion, folder } = exec;
  const program = command.includes("/") && !isAbsolute(command) ? resolve(folder, command) : command;
  const info = { apiVersion, kind: "ExecCredential", spec: { interactive: false, cluster: { server: access.server } } };
  const answer = await new Promise<string>((done, fail) => {
    const options = {
      env: { ...process.env, ...env, KUBERNETES_EXEC_INFO: JSON.stringify(info) },
      timeout: TIMEOUT,
      maxBuffer: 2 ** 20,
    };
    const child = execFile(program, args, options, (error, stdout, stderr) => {
      const [last] = stderr.trim().split("\n").slice(-1);
      if (error)
        fail(new KubeconfigError(say`the login program ${command} failed (${last || error.message.split("\n")[0]})`));
      else done(stdout);
    });
    child.stdin?.end();
  });
  let credential: Credential;
  try {
    credential = JSON.parse(answer) as Credential;
  } catch {
    throw new KubeconfigError(say`the login program ${command} gave no credential`);
  }
  const { token, clientCertificateData, clientKeyData } = credential.status ?? {};
  if (!token && !(clientCertificateData && clientKeyData))
    throw new KubeconfigError(say`the login program ${command} gave neither a token nor a certificate`);
  const pem = (text: string | undefined) => (text === undefined ? undefined : Buffer.from(text));
  return {
    ...access,
    exec: undefined,
    cert: pem(clientCertificateData) ?? access.cert,
    key: pem(clientKeyData) ?? access.key,
    authorization: token ? `Bearer ${token}` : access.authorization,
  };
}
