import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import * as http from "node:http";
import * as net from "node:net";
import type { Duplex } from "node:stream";
import * as tls from "node:tls";
import { say } from "../../../description/say";
import type { EngineAddress } from "../connection/address";
import { CommandSocket } from "../connection/commandSocket";
import { sshFailure, sshTunnel } from "../connection/sshCommand";
import { proxyFor, withoutPassword } from "./proxies";

/** Opens a plain connection to the host and port of a URL. */
export type Way = (url: URL, signal: AbortSignal) => Promise<Duplex>;

export const portOf = ({ port, protocol }: URL): number => Number(port) || (protocol === "https:" ? 443 : 80);

/** The host of a URL as sockets want it. */
const bare = ({ hostname }: URL) => hostname.replace(/^\[(.*)\]$/, "$1");

/** From this machine, through the proxies that its environment names. */
export const fromHere =
  (env: NodeJS.ProcessEnv = process.env): Way =>
  (url, signal) => {
    const proxy = proxyFor(url, env);
    return proxy ? throughProxy(proxy, url, signal) : connected(net.connect(portOf(url), bare(url)), "connect", signal);
  };

/**
 * From an engine's host, by the `ssh` of this machine, which forwards the connection: names are looked up over there, and
 * nothing has to be installed.
 */
export const fromHostOf =
  ({ host, sshOpts }: EngineAddress): Way =>
  (url) => {
    const args = sshTunnel(host, `${url.hostname}:${portOf(url)}`, sshOpts);
    const child = spawn("ssh", args, { stdio: "pipe", detached: true, env: process.env });
    const socket = new CommandSocket(child, (messages, code) => new Error(forwardFailure(messages, code)));
    return Promise.resolve(socket);
  };

function forwardFailure(messages: string, code: number | null): string {
  const refused = /administratively prohibited/i.test(messages);
  if (refused) return say`its SSH server forwards no connections (AllowTcpForwarding)`;
  const failed = /open failed: (?:connect failed: )?([^\r\n]+)/.exec(messages)?.[1];
  return failed ?? sshFailure(messages, code);
}

function connected<S extends net.Socket>(socket: S, event: string, signal: AbortSignal): Promise<S> {
  return new Promise((resolve, reject) => {
    const abort = () => socket.destroy(signal.reason as Error);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    socket.once("error", reject);
    socket.once(event, () => {
      // From now on it belongs to requests, each with a limit of its own.
      signal.removeEventListener("abort", abort);
      socket.off("error", reject);
      resolve(socket);
    });
  });
}

function throughProxy(proxy: URL, url: URL, signal: AbortSignal): Promise<Duplex> {
  const name = withoutPassword(proxy.href).replace(/\/$/, "");
  if (!/^https?:$/.test(proxy.protocol))
    return Promise.reject(new Error(say`berth does not go through the proxy ${name}: it knows http:// and https://`));
  const target = `${url.hostname}:${portOf(url)}`;
  const user = decodeURIComponent(proxy.username);
  const basic = Buffer.from(`${user}:${decodeURIComponent(proxy.password)}`).toString("base64");
  return new Promise((resolve, reject) => {
    const request = http.request({
      method: "CONNECT",
      path: target,
      signal,
      headers: { Host: target, ...(user && { "Proxy-Authorization": `Basic ${basic}` }) },
      createConnection: (_options, done) => {
        const socket = net.connect(portOf(proxy), bare(proxy));
        if (proxy.protocol === "http:") return socket;
        connected(tls.connect({ socket, ...trust(bare(proxy)) }), "secureConnect", signal).then(
          (secure) => done(null, secure),
          (error: Error) => done(error, socket),
        );
        return undefined;
      },
    });
    request.on("connect", ({ statusCode = 0 }, socket) => {
      if (statusCode === 200) return resolve(socket);
      socket.destroy();
      reject(new Error(say`the proxy ${name} answers ${statusCode}`));
    });
    request.on("error", ({ message }) => reject(new Error(say`the proxy ${name} does not answer (${message})`)));
    request.end();
  });
}

/** Where systems keep the authorities that they trust; the engine and the CLI read them, too. */
const BUNDLES = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/ssl/cert.pem",
];
let authorities: string[] | undefined;

/** Options of TLS: what the system trusts counts, and Node's own list where the system has none. */
export function trust(hostname: string, more: string[] = []): tls.ConnectionOptions {
  if (authorities === undefined) {
    const file = [process.env.SSL_CERT_FILE ?? "", ...BUNDLES].find((path) => path !== "" && existsSync(path));
    const extra = process.env.NODE_EXTRA_CA_CERTS;
    authorities = [
      ...(file ? [readFileSync(file, "utf8")] : tls.rootCertificates),
      ...(extra && existsSync(extra) ? [readFileSync(extra, "utf8")] : []),
    ];
  }
  return { ca: [...authorities, ...more], servername: net.isIP(hostname) ? "" : hostname };
}

interface Target extends http.RequestOptions {
  target?: URL;
  insecure?: boolean;
  more?: string[];
  deadline?: AbortSignal;
}

/** Keeps the connections to the hosts of one registry. */
export class WayAgent extends http.Agent {
  constructor(private readonly way: Way) {
    super({ keepAlive: true, maxSockets: 4, timeout: 30_000 });
  }

  override createConnection(
    options: Target,
    done?: (error: Error | null, stream: Duplex) => void,
  ): Duplex | null | undefined {
    this.open(options).then(
      (socket) => done?.(null, socket),
      (error: Error) => done?.(error, undefined as never),
    );
    return undefined;
  }

  private async open({ target, insecure, more, deadline }: Target): Promise<Duplex> {
    const url = target!;
    const signal = deadline!;
    const plain = await this.way(url, signal);
    if (url.protocol === "http:") return plain;
    const options = { ...trust(bare(url), more), ...(insecure && { rejectUnauthorized: false }) };
    try {
      return await connected(tls.connect({ socket: plain as net.Socket, ...options }), "secureConnect", signal);
    } catch (error) {
      plain.destroy();
      throw error;
    }
  }
}
