import { createHash } from "node:crypto";
import * as http from "node:http";
import type { AddressInfo } from "node:net";

const digestOf = (text: string | Buffer) => `sha256:${createHash("sha256").update(text).digest("hex")}`;

/** A registry on a port of this machine, with the images that it is given, that writes down what it is asked. */
export class FakeRegistry {
  calls: string[] = [];
  /** Tags by repository, with what stands for the content. */
  private readonly images = new Map<string, Map<string, string>>();
  private readonly blobs = new Map<string, Buffer>();
  /** User and password, where it wants a login. */
  login?: { username: string; password: string; by: "basic" | "token"; identitytoken?: string };
  /** Tags on one page. */
  page = 1000;
  /** Tells no digest in its headers. */
  shy = false;
  silent = false;
  private readonly server = http.createServer((request, response) => this.answer(request, response));

  async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    return this;
  }

  get host(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Gives it an image; the same content has the same digest. Returns the digest. */
  has(repository: string, tag: string, content = "content"): string {
    const layer = Buffer.alloc(300_000, content);
    const config = Buffer.from(JSON.stringify({ config: content }));
    for (const blob of [layer, config]) this.blobs.set(digestOf(blob), blob);
    const manifest = JSON.stringify({
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      config: { digest: digestOf(config) },
      layers: [{ digest: digestOf(layer), size: layer.length }],
    });
    const tags = this.images.get(repository) ?? new Map<string, string>();
    this.images.set(repository, tags.set(tag, manifest));
    return digestOf(manifest);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private answer(request: http.IncomingMessage, response: http.ServerResponse): unknown {
    const url = new URL(request.url!, `http://${this.host}`);
    this.calls.push(`${request.method} ${url.pathname}${url.search}`);
    if (this.silent) return;
    const send = (status: number, body: string | Buffer = "", headers: http.OutgoingHttpHeaders = {}) => {
      response.writeHead(status, headers);
      response.end(request.method === "HEAD" ? undefined : body);
    };
    const { authorization = "" } = request.headers;
    if (url.pathname === "/token") {
      let sent = "";
      request.on("data", (chunk) => (sent += chunk));
      request.on("end", () => {
        const { username, password, identitytoken } = this.login!;
        const basic = `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
        const known = authorization === basic || (identitytoken && sent.includes(`refresh_token=${identitytoken}`));
        if (known) return send(200, JSON.stringify({ token: "sesame" }));
        return send(401, "{}");
      });
      return;
    }
    if (this.login && authorization !== this.expected()) {
      const realm = `Bearer realm="http://${this.host}/token",service="fake"`;
      return send(401, "{}", { "WWW-Authenticate": this.login.by === "basic" ? 'Basic realm="fake"' : realm });
    }
    if (url.pathname === "/v2/") return send(200, "{}");
    const [, repository = "", kind, reference = ""] =
      /^\/v2\/(.+)\/(manifests|blobs|tags)\/([^/]+)$/.exec(url.pathname) ?? [];
    const tags = this.images.get(repository);
    if (kind === "blobs" && this.blobs.has(reference)) {
      const [, end] = /bytes=0-(\d+)/.exec(request.headers.range ?? "") ?? [];
      const blob = this.blobs.get(reference)!;
      return end === undefined ? send(200, blob) : send(206, blob.subarray(0, Number(end) + 1));
    }
    if (!tags) return send(404, "{}");
    if (kind === "tags") {
      const names = [...tags.keys()].sort();
      const from = Number(url.searchParams.get("last") ?? 0);
      const next = from + this.page;
      const link = next < names.length ? { Link: `</v2/${repository}/tags/list?n=1000&last=${next}>; rel="next"` } : {};
      return send(200, JSON.stringify({ tags: names.slice(from, next) }), link);
    }
    const manifest = tags.get(reference) ?? [...tags.values()].find((text) => digestOf(text) === reference);
    if (manifest === undefined) return send(404, "{}");
    return send(200, manifest, this.shy ? {} : { "Docker-Content-Digest": digestOf(manifest) });
  }

  private expected(): string {
    const { username, password, by } = this.login!;
    return by === "token" ? "Bearer sesame" : `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
  }
}

/** Registries for the tests of one file, which are closed at its end. */
export function registries(): () => Promise<FakeRegistry> {
  const made: FakeRegistry[] = [];
  afterAll(() => Promise.all(made.map((registry) => registry.close())));
  return async () => {
    const registry = await new FakeRegistry().listen();
    made.push(registry);
    return registry;
  };
}
