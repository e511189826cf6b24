import * as pulumi from "@pulumi/pulumi";

/** Runs the program without the Pulumi CLI and without an engine, and returns what it declares. */
async function declared(): Promise<pulumi.runtime.MockResourceArgs[]> {
  const resources: pulumi.runtime.MockResourceArgs[] = [];
  const mocks: pulumi.runtime.Mocks = {
    newResource: (resource) => {
      resources.push(resource);
      return { id: `${resource.name}-id`, state: resource.inputs };
    },
    call: ({ inputs }) => inputs,
  };
  await pulumi.runtime.setMocks(mocks, "${PROJECT}", "test");
  await pulumi.runtime.runInPulumiStack(require("./index"));
  await pulumi.runtime.disconnect();
  return resources;
}

test("makes the containers", async () => {
  const containers = (await declared()).filter(({ type }) => type === "docker:index/container:Container");
  const names = containers.map(({ inputs }) => inputs.name);
  expect(names.sort()).toEqual(["web"]);
});
