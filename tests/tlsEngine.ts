import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { createServer, type Server } from "node:tls";

/** Why certificates cannot be made here. */
export const missingOpenssl = (process.env.PATH ?? "").split(delimiter).some((it) => existsSync(join(it, "openssl")))
  ? undefined
  : "no openssl on PATH";

/** An authority of a test's own. */
export class Authority {
  readonly folder = mkdtempSync(join(tmpdir(), "berth-tls-"));

  constructor() {
    this.openssl(
      "req",
      "-x509",
      "-newkey",
      "rsa:2048",
      "-nodes",
      "-days",
      "2",
      "-subj",
      "/CN=berth tests",
      "-keyout",
      "ca-key.pem",
      "-out",
      "ca.pem",
    );
  }

  /** Makes a folder with ca.pem, cert.pem and key.pem. */
  issue(name: string, { altName = "DNS:client", days = 2 } = {}): string {
    const folder = join(this.folder, name);
    mkdirSync(folder);
    writeFileSync(join(folder, "ext"), `subjectAltName=${altName}\n`);
    this.openssl(
      "req",
      "-newkey",
      "rsa:2048",
      "-nodes",
      "-subj",
      `/CN=${name}`,
      "-keyout",
      `${name}/key.pem`,
      "-out",
      `${name}/request`,
    );
    this.openssl(
      "x509",
      "-req",
      "-in",
      `${name}/request`,
      "-CA",
      "ca.pem",
      "-CAkey",
      "ca-key.pem",
      "-CAcreateserial",
      "-days",
      String(days),
      "-extfile",
      `${name}/ext`,
      "-out",
      `${name}/cert.pem`,
    );
    writeFileSync(join(folder, "ca.pem"), readFileSync(join(this.folder, "ca.pem")));
    return folder;
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  private openssl(...args: string[]): void {
    execFileSync("openssl", args, { cwd: this.folder, stdio: "pipe" });
  }
}

/** TLS in front of an engine that has none, as a dockerd with --tlsverify speaks it. */
export class TlsFront {
  /** How many connections there were. */
  connections = 0;
  private readonly server: Server;
  private readonly open = new Set<Socket>();

  /**
   * @param certificates folder with those of the server
   * @param target `unix://...` or `tcp://...`
   */
  constructor(certificates: string, target: string) {
    const [ca, cert, key] = ["ca.pem", "cert.pem", "key.pem"].map((name) => readFileSync(join(certificates, name)));
    const url = new URL(target);
    this.server = createServer({ ca, cert, key, requestCert: true, rejectUnauthorized: true }, (socket) => {
      this.connections += 1;
      const engine =
        url.protocol === "unix:" ? connect(target.slice("unix://".length)) : connect(Number(url.port), url.hostname);
      for (const [one, other] of [
        [socket, engine],
        [engine, socket],
      ] as const) {
        this.open.add(one);
        one.on("error", () => other.destroy()).on("close", () => this.open.delete(one));
        one.pipe(other);
      }
    });
  }

  /** Returns its port, on 127.0.0.1. */
  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    return (this.server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    for (const socket of this.open) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
