import { delimiter, join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { connectEngine, sessionFor } from "../../../core/engines/dockerApi/session";
import { BuiltImage } from "../../../components/builtImage";
import { Service } from "../../../components/service";
import { FakeSsh } from "../../fakeSsh";
import { useEngine } from "../fakeEngine";
import { IMAGE, type World, world } from "../mocks";
import { sentence } from "../refusal";

const engine = useEngine();
const ssh = new FakeSsh();
const path = process.env.PATH;
let w: World;
beforeAll(() => {
  process.env.PATH = `${ssh.bin}${delimiter}${path}`;
});
beforeEach(() => {
  ssh.leadTo(`unix://${engine.socket}`);
  engine
    .says("GET /version", { ApiVersion: "1.41" })
    .says("GET /containers/json?all=1", [])
    .says("GET /networks", [])
    .says("GET /volumes", { Volumes: null })
    .says("GET /images/json", []);
});
afterEach(() => sessionFor().client?.close());
afterAll(() => {
  process.env.PATH = path;
  ssh.close();
});

const begin = async (config: Record<string, string>) => {
  w = await world({ config: { "berth:owner": "me", ...config }, preview: true });
};

describe("an engine on another host", () => {
  test("is seen before anything is declared, and the checks of this machine are off", async () => {
    await begin({ "docker:host": "ssh://gpu1" });
    engine.says("GET /containers/json?all=1", [
      { Id: "c1", Names: ["/web"], Image: "x", Labels: {}, Ports: [{ PublicPort: 80, Type: "tcp" }] },
    ]);
    await connectEngine();
    expect(sentence(() => new Service("web", { image: "nginx" }))).toContain("a container named web is there already");
    expect(sentence(() => new Service("site", { image: "nginx", ports: ["80:80"] }))).toContain(
      "host port 80 is taken by the container web (x)",
    );
    new Service("db", { image: "nginx", volumes: ["/no/such/folder:/data"] });
    await w.done();
    expect(w.warnings).toEqual([]);
  });

  test("gives its name to addresses, and looks for host paths over there", async () => {
    await begin({ "docker:host": "ssh://ada@gpu1:2222" });
    await connectEngine();
    expect(sessionFor().hostname).toBe("gpu1");
    new Service("web", { image: "nginx", volumes: ["./html:/html", "/srv/data:/data", "named:/named", "..:/up"] });
    await w.done();
    expect(w.warnings).toEqual([
      `web: ${join(process.cwd(), "html")} lies in this checkout, but the engine looks for it on gpu1: copy it there, or put it into the image.`,
    ]);
  });

  test("builds by the connection that the provider's settings make, and not where the environment leads", async () => {
    const build = async (config: Record<string, string>) => {
      await begin(config);
      await connectEngine();
      new BuiltImage("app", { context: join(__dirname, "../../../stacks/flask") });
      await w.done();
      return (w.one(IMAGE).inputs.build as { useLegacyBuilder?: boolean }).useLegacyBuilder;
    };
    expect(await build({ "docker:host": "ssh://gpu1" })).toBe(true);
    expect(await build({ "docker:host": `unix://${engine.socket}` })).toBeUndefined();
  });

  test("of this machine does neither", async () => {
    await begin({ "docker:host": `unix://${engine.socket}` });
    await connectEngine();
    expect(sessionFor().hostname).toBe("localhost");
    new Service("web", { image: "nginx", volumes: ["./components:/html"] });
    await w.done();
    expect(w.warnings).toEqual([]);
  });

  test("without TLS is warned about, and one that does not answer is one sentence", async () => {
    await begin({ "docker:host": "tcp://gpu1.invalid:2375" });
    const error = await connectEngine().catch((caught: unknown) => caught);
    expect(pulumi.RunError.isInstance(error)).toBe(true);
    expect((error as Error).message).toMatch(
      /^No Docker engine answers at tcp:\/\/gpu1\.invalid:2375: .*\. Put that right, or name another engine with `pulumi config set docker:host`/,
    );
    expect(w.warnings).toEqual([expect.stringContaining("is reached without TLS: whoever reaches that port is root")]);
  });

  test.each([
    [
      { "docker:host": "tcp://gpu1" },
      "docker:host: tcp://gpu1 names no port; add it, most likely :2376 with TLS and :2375 without.",
    ],
    [
      { "docker:host": "tcp://gpu1:2376", "docker:certPath": "/no/certs" },
      "docker:certPath: there is no /no/certs/ca.pem; name the folder with ca.pem, cert.pem and key.pem, or unset DOCKER_CERT_PATH.",
    ],
  ])("settings that cannot be followed are one sentence: %j", async (config, message) => {
    await begin(config);
    const error = await connectEngine().catch((caught: unknown) => caught);
    expect(pulumi.RunError.isInstance(error)).toBe(true);
    expect((error as Error).message).toBe(message);
  });
});
