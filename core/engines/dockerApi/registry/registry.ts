import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import * as http from "node:http";
import { join } from "node:path";
import type { ImageReference } from "../../../description/names";
import { say, withoutStop } from "../../../description/say";
import { isLoopback } from "../connection/address";
import { HUB_HOST, type RegistryLogin } from "../images/pushCredentials";
import { fromHere, type Way, WayAgent } from "./way";

/** What stands between a question and its answer. */
export type Trouble = "unreachable" | "denied" | "missing" | "limited" | "strange";

/** Why a registry has not answered a question. */
export class RegistryError extends Error {
  constructor(
    readonly trouble: Trouble,
    message: string,
  ) {
    super(message);
  }
}

export interface RegistryOptions {
  /** @default from this machine */
  way?: Way;
  /** What `docker login` has left. @default nobody */
  login?: () => Promise<RegistryLogin | undefined>;
  /** Plain HTTP, and certificates that nobody knows, do as well. @default on this machine */
  insecure?: boolean;
  /** Milliseconds that one question may take. @default 5000 */
  patience?: number;
}

export interface Manifest {
  mediaType?: string;
  manifests?: { digest: string; platform?: { os: string; architecture: string } }[];
  config?: { digest: string };
  layers?: { digest: string; size: number }[];
}

interface Question {
  method: string;
  url: URL;
  headers: http.OutgoingHttpHeaders;
  /** How much of the answer's body is read. */
  bytes: number;
  signal: AbortSignal;
  content?: string;
}

interface Answer {
  status: number;
  headers: http.IncomingHttpHeaders;
  body: Buffer;
  /** Where it came from, after redirects. */
  url: URL;
}

const MANIFESTS = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");

/** Bytes of an answer that are read. */
const LIMIT = 16 * 1024 * 1024;

/** Pages of tags that are asked for. */
const PAGES = 50;

/** Words of Node, OpenSSL and ssh, and what they mean here. */
const MEANINGS: [RegExp, string][] = [
  [
    /ENOTFOUND|EAI_AGAIN|Temporary failure in name|Name or service not known|Could not resolve/i,
    say`there is no such host`,
  ],
  [/ECONNREFUSED|refused/i, say`nobody listens there`],
  [/ENETUNREACH|EHOSTUNREACH|unreachable|No route/i, say`the network does not lead there`],
  [/ECONNRESET|socket hang up|EPIPE/i, say`the connection is broken off`],
  [/aborted due to timeout|TimeoutError|timed out|ETIMEDOUT/i, say`no answer in time`],
  [/SELF_SIGNED|UNABLE_TO_|unable to (get|verify)|self-signed/i, say`its certificate is signed by nobody known here`],
  [/ALTNAME|altnames/i, say`its certificate is for another name`],
  [/CERT_HAS_EXPIRED|certificate has expired/i, say`its certificate has expired: check the clock`],
  [/CERT_NOT_YET_VALID|not yet valid/i, say`its certificate is not valid yet: check the clock`],
  [/wrong version number|packet length too long|EPROTO/i, say`it speaks no TLS`],
];

/** An error of a connection in a few words. */
export function reasonOf(error: unknown): string {
  const { code = "", message, name, cause } = error as NodeJS.ErrnoException;
  const all = `${code} ${name} ${message} ${(cause as Error | undefined)?.message ?? ""}`;
  return MEANINGS.find(([words]) => words.test(all))?.[1] ?? (withoutStop(message) || code);
}

/** Certificates of an authority of one's own, where the engine of this machine looks for them. */
function ownAuthorities(host: string): string[] {
  const folder = join("/etc/docker/certs.d", host);
  try {
    if (!existsSync(folder)) return [];
    const files = readdirSync(folder).filter((file) => file.endsWith(".crt"));
    return files.map((file) => readFileSync(join(folder, file), "utf8"));
  } catch {
    // Not for this user.
    return [];
  }
}

/** A repository as registries call it: `nginx` is `library/nginx` on Docker Hub. */
export function remoteRepository({ registry, repository }: Pick<ImageReference, "registry" | "repository">): string {
  const hub = registry === "" || registry === "docker.io" || registry === "index.docker.io";
  return hub && !repository.includes("/") ? `library/${repository}` : repository;
}

/** Fields of `WWW-Authenticate: Bearer realm="...",service="..."`. */
const fieldsOf = (challenge: string) =>
  Object.fromEntries([...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value])) as Record<
    string,
    string | undefined
  >;

/**
 * A registry, as far as it has to be read: it is asked by the Distribution API and nothing is changed there. Every
 * question has its time limit.
 */
export class Registry {
  private readonly agent: WayAgent;
  private readonly tokens = new Map<string, Promise<string>>();
  private readonly insecure: boolean;
  private readonly patience: number;
  private base?: URL;

  /** @param host as names of images have it; empty for Docker Hub; with http:// or https:// that and nothing else */
  constructor(
    readonly host: string,
    private readonly options: RegistryOptions = {},
  ) {
    const name = this.name.replace(/^https?:\/\//, "").replace(/:\d+$/, "");
    this.insecure = options.insecure ?? isLoopback(name);
    this.patience = options.patience ?? 5_000;
    this.agent = new WayAgent(options.way ?? fromHere());
    if (/^https?:\/\//.test(this.name)) this.base = new URL(this.name);
  }

  /** The host that is asked. */
  get name(): string {
    return ["", "docker.io", "index.docker.io"].includes(this.host) ? HUB_HOST : this.host;
  }

  /** Whether one of its answers came without TLS. */
  get plain(): boolean {
    return this.base?.protocol === "http:";
  }

  close(): void {
    this.agent.destroy();
  }

  /** Whether a registry answers there, whatever it wants to know of who asks; with the time on its clock. */
  async ping(): Promise<{ date?: Date }> {
    const { status, headers } = await this.ask("GET", "/v2/");
    if (status !== 200 && status !== 401 && status !== 403 && status !== 429) throw this.strange("/v2/", status);
    return { date: headers.date === undefined ? undefined : new Date(headers.date) };
  }

  /** The digest that a tag stands for. */
  async digest(repository: string, reference: string): Promise<string> {
    const path = `/v2/${repository}/manifests/${reference}`;
    const { headers } = await this.need("HEAD", path, repository, { Accept: MANIFESTS });
    const told = headers["docker-content-digest"];
    if (typeof told === "string" && /^sha256:[0-9a-f]{64}$/.test(told)) return told;
    return (await this.manifest(repository, reference)).digest;
  }

  /** A manifest with the digest of what has come. */
  async manifest(repository: string, reference: string): Promise<{ digest: string; manifest: Manifest }> {
    const path = `/v2/${repository}/manifests/${reference}`;
    const { body } = await this.need("GET", path, repository, { Accept: MANIFESTS });
    const digest = `sha256:${createHash("sha256").update(body).digest("hex")}`;
    if (reference.startsWith("sha256:") && reference !== digest)
      throw new RegistryError("strange", say`it has sent something else for ${reference}`);
    return { digest, manifest: parsed(body) as Manifest };
  }

  /** All tags of a repository. */
  async tags(repository: string): Promise<string[]> {
    const tags: string[] = [];
    let path: string | undefined = `/v2/${repository}/tags/list?n=1000`;
    for (let page = 0; path !== undefined && page < PAGES; page += 1) {
      const { headers, body }: Answer = await this.need("GET", path, repository);
      const found = (parsed(body) as { tags?: string[] | null }).tags ?? [];
      tags.push(...found);
      const next: string | undefined = /<([^>]+)>;\s*rel="?next"?/.exec(String(headers.link ?? ""))?.[1];
      const url: URL | undefined = next === undefined ? undefined : new URL(next, this.base);
      path = url && `${url.pathname}${url.search}`;
    }
    return tags;
  }

  /** The first bytes of a layer, however many of them come. */
  async part(repository: string, digest: string, bytes: number): Promise<Buffer> {
    const headers = { Range: `bytes=0-${bytes - 1}` };
    return (await this.need("GET", `/v2/${repository}/blobs/${digest}`, repository, headers, bytes)).body;
  }

  /** A request that has to succeed. */
  private async need(
    method: string,
    path: string,
    repository: string,
    headers: http.OutgoingHttpHeaders = {},
    bytes = LIMIT,
  ): Promise<Answer> {
    const signal = AbortSignal.timeout(this.patience);
    const scope = `repository:${repository}:pull`;
    const known = this.tokens.get(scope);
    let answer = await this.ask(
      method,
      path,
      { ...headers, ...(known && { Authorization: await known }) },
      bytes,
      signal,
    );
    if (answer.status === 401 && !known) {
      const authorization = this.authorization(String(answer.headers["www-authenticate"] ?? ""), scope, signal);
      this.tokens.set(scope, authorization);
      authorization.catch(() => this.tokens.delete(scope));
      answer = await this.ask(method, path, { ...headers, Authorization: await authorization }, bytes, signal);
    }
    const { status } = answer;
    if (status < 300) return answer;
    if (status === 401 || status === 403) throw this.denied(status);
    if (status === 404) throw new RegistryError("missing", say`${this.name} has no such image`);
    if (status === 429) throw new RegistryError("limited", say`${this.name} answers no more for now (429)`);
    throw this.strange(path, status);
  }

  private denied(status: number): RegistryError {
    return new RegistryError("denied", say`${this.name} does not let you read it (${status})`);
  }

  private strange(path: string, status: number): RegistryError {
    return new RegistryError("strange", say`${this.name} answers ${status} to ${path.split("?")[0]}`);
  }

  /** A credential helper may wait for somebody who is not there. */
  private login(signal: AbortSignal): Promise<RegistryLogin | undefined> {
    return new Promise((resolve, reject) => {
      const late = () =>
        reject(
          new RegistryError("denied", say`the login for ${this.name} does not come: its credential helper is silent`),
        );
      signal.addEventListener("abort", late, { once: true });
      Promise.resolve(this.options.login?.()).then(resolve, reject);
    });
  }

  /** What a registry wants to have in the header Authorization, by its own words. */
  private async authorization(challenge: string, scope: string, signal: AbortSignal): Promise<string> {
    const login = await this.login(signal);
    const basic =
      login && "username" in login
        ? `Basic ${Buffer.from(`${login.username}:${login.password}`).toString("base64")}`
        : undefined;
    if (/^basic\b/i.test(challenge)) {
      if (basic === undefined) throw this.denied(401);
      return basic;
    }
    const { realm, service = "" } = fieldsOf(challenge);
    if (!/^bearer\b/i.test(challenge) || realm === undefined) throw this.denied(401);
    const url = new URL(realm, this.base);
    if (url.protocol !== "https:" && !this.plain)
      throw new RegistryError("strange", say`${this.name} wants a login without TLS at ${url.host}`);
    let answer: Answer;
    if (login && "identitytoken" in login) {
      const form = new URLSearchParams({ grant_type: "refresh_token", service, scope, client_id: "berth" });
      form.set("refresh_token", login.identitytoken);
      const headers = { "Content-Type": "application/x-www-form-urlencoded" };
      answer = await this.send({ method: "POST", url, headers, bytes: LIMIT, signal, content: `${form}` });
    } else {
      url.searchParams.set("service", service);
      url.searchParams.set("scope", scope);
      const headers = basic === undefined ? {} : { Authorization: basic };
      answer = await this.send({ method: "GET", url, headers, bytes: LIMIT, signal });
    }
    if (answer.status === 429) throw new RegistryError("limited", say`${url.host} answers no more for now (429)`);
    if (answer.status >= 300) throw this.denied(answer.status);
    const { token, access_token } = parsed(answer.body) as { token?: string; access_token?: string };
    if (!token && !access_token) throw this.denied(answer.status);
    return `Bearer ${token || access_token}`;
  }

  /** One question, by the scheme that the registry has: TLS, and where that need not be, plain HTTP. */
  private async ask(
    method: string,
    path: string,
    headers: http.OutgoingHttpHeaders = {},
    bytes = LIMIT,
    signal: AbortSignal = AbortSignal.timeout(this.patience),
  ): Promise<Answer> {
    const bases = this.base
      ? [this.base]
      : [`https://${this.name}`, ...(this.insecure ? [`http://${this.name}`] : [])].map((text) => new URL(text));
    for (const [index, base] of bases.entries()) {
      try {
        const answer = await this.send({ method, url: new URL(path, base), headers, bytes, signal });
        this.base = base;
        return answer;
      } catch (error) {
        const last = index === bases.length - 1;
        if (last || signal.aborted) throw this.unreachable(error);
      }
    }
    throw new Error("unreachable");
  }

  private unreachable(error: unknown): Error {
    if (error instanceof RegistryError) return error;
    return new RegistryError("unreachable", say`${this.name} does not answer (${reasonOf(error)})`);
  }

  /** Sends it, and follows where it is sent on to; a login goes to its own host only. */
  private async send(question: Question): Promise<Answer> {
    let { url, headers } = question;
    for (let hops = 0; ; hops += 1) {
      const answer = await this.once({ ...question, url, headers });
      const { location } = answer.headers;
      if (![301, 302, 303, 307, 308].includes(answer.status) || location === undefined || hops === 5) return answer;
      const next = new URL(location, url);
      if (url.protocol === "https:" && next.protocol !== "https:")
        throw new RegistryError("strange", say`${url.host} sends on to ${next.host} without TLS`);
      if (next.host !== url.host) {
        const { Authorization: _own, ...rest } = headers;
        headers = rest;
      }
      url = next;
    }
  }

  private once({ method, url, headers, bytes, signal, content }: Question): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const fail = (error: Error) => reject(signal.aborted ? (signal.reason as Error) : error);
      if (signal.aborted) return fail(new Error("aborted"));
      const options = {
        method,
        agent: this.agent,
        host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
        port: url.port || (url.protocol === "https:" ? 443 : 80),
        path: `${url.pathname}${url.search}`,
        headers: { ...headers, Host: url.host, "User-Agent": "berth" },
        signal,
        // Of the agent's own; it gets all options.
        target: url,
        deadline: signal,
        insecure: this.insecure,
        more: ownAuthorities(url.host),
      };
      const request = http.request(options, (response) => {
        const chunks: Buffer[] = [];
        let length = 0;
        const done = () => {
          const body = Buffer.concat(chunks).subarray(0, bytes);
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body, url });
        };
        response.on("data", (chunk: Buffer) => {
          chunks.push(chunk);
          length += chunk.length;
          if (length < bytes) return;
          done();
          response.destroy();
        });
        response.on("end", done);
        response.on("error", fail);
      });
      request.on("error", fail);
      request.end(content);
    });
  }
}

function parsed(body: Buffer): unknown {
  try {
    const value = JSON.parse(body.toString("utf8")) as unknown;
    if (value !== null && typeof value === "object") return value;
  } catch {
    // Said below.
  }
  throw new RegistryError("strange", say`it answers with something that is no JSON`);
}
