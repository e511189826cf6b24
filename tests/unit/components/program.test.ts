import { DockerRun, Nginx, program } from "../../../components";
import { CONTAINER, quiet, world } from "../mocks";

describe("program()", () => {
  test("makes what is declared, and hands the outputs on", async () => {
    const w = await world({ hooks: false });
    const outputs = await program(() => ({ web: new Nginx("web", { port: 8080 }).containerName }))();
    await w.done();
    expect(Object.keys(outputs)).toEqual(["web"]);
    expect(w.all(CONTAINER).map(({ name }) => name)).toEqual(["web"]);
  });

  test("makes nothing where an argument is wrong, though components stand before it", async () => {
    const w = await world({ hooks: false });
    const wrong = program(() => {
      new Nginx("good");
      new Nginx("bad", { port: 99_999 });
      return {};
    });
    await expect(wrong()).rejects.toThrow(/port/);
    await quiet();
    expect(w.resources).toEqual([]);
  });
});

describe("DockerRun", () => {
  test("makes the containers of its lines, with fields of code over them", async () => {
    const w = await world();
    new DockerRun("setup", {
      lines: ["docker run -d --name web -p 8080:80 nginx:1.27", "docker run -d --name cache redis:7"],
      services: { cache: { restart: "always" } },
    });
    await w.done();
    const made = Object.fromEntries(w.all(CONTAINER).map(({ inputs }) => [inputs.name, inputs.restart]));
    expect(made).toEqual({ web: "no", cache: "always" });
  });

  test("says of no line what is missing, and marks what is wrong in one", async () => {
    const w = await world();
    expect(() => new DockerRun("setup", { lines: [] })).toThrow('DockerRun "setup": lines: names no line');
    expect(() => new DockerRun("setup", { lines: ["docker run --bogus nginx"] })).toThrow(/--bogus/);
    await quiet();
    expect(w.resources).toEqual([]);
  });

  test("has the type that stacks of lines had before this class", async () => {
    const w = await world();
    new DockerRun("setup", { lines: ["docker run -d --name web nginx:1.27"] });
    await w.done();
    expect(w.one("berth:services:Project").name).toBe("setup");
  });
});
