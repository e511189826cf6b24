import * as pulumi from "@pulumi/pulumi";
import { Service } from "../../components/services/service";
import { Mysql } from "../../components/services/mysql";
import { world, names } from "./mocks";

test("probe", async () => {
  const w = await world();
  new Service("web", { image: "nginx", ports: ["8080:80"], environment: { A: "1", DB_PASSWORD: "x" }, volumes: ["data:/data", "/anon"] });
  new Mysql("db", { rootPassword: pulumi.secret("s3") });
  await w.done();
  process.stdout.write("");
  require("node:fs").writeFileSync("/tmp/probe.json", JSON.stringify([w, [...w.hooks.keys()]], null, 1));
});
test("late", async () => {
  const w = await world();
  new Service("web", { image: "nginx", ports: pulumi.output(["80800:80"]) });
  await w.done();
  expect(w.lateErrors()).toEqual([]);
});
