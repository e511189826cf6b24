import { isOurs, ownerLabels, ownerOf } from "../../../core/engines/owner";

const owner = { stack: "berth/nginx", owner: "me" };

test("an owner is told by stack and checkout", () => {
  const here = ownerOf("berth", "nginx", "/home/a/berth");
  expect(here).toEqual({ stack: "berth/nginx", owner: expect.stringMatching(/^[0-9a-f]{12}$/) });
  expect(ownerOf("berth", "nginx", "/home/a/berth")).toEqual(here);
  expect(ownerOf("berth", "nginx", "/home/b/berth").owner).not.toBe(here.owner);
  expect(ownerOf("berth", "mysql", "/home/a/berth")).toEqual({ stack: "berth/mysql", owner: here.owner });
  expect(ownerOf("berth", "nginx", "/home/a/berth", "chosen").owner).toBe("chosen");
});

test("labels of an object", () => {
  expect(ownerLabels(owner)).toEqual({ "berth.stack": "berth/nginx", "berth.owner": "me" });
  expect(ownerLabels(owner, "web")).toEqual({
    "berth.stack": "berth/nginx",
    "berth.owner": "me",
    "berth.service": "web",
  });
});

test.each<[Record<string, string> | null | undefined, boolean]>([
  [{ "berth.stack": "berth/nginx", "berth.owner": "me" }, true],
  [{ "berth.stack": "berth/nginx", "berth.owner": "me", more: "x" }, true],
  [{ "berth.stack": "berth/nginx", "berth.owner": "you" }, false],
  [{ "berth.stack": "berth/mysql", "berth.owner": "me" }, false],
  [{ "berth.stack": "berth/nginx" }, false],
  [{}, false],
  [null, false],
  [undefined, false],
])("%j is ours: %p", (labels, expected) => {
  expect(isOurs(labels, owner)).toBe(expected);
});
