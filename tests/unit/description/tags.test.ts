import { newerTags, tellsVersion } from "../../../core/description/tags";

test.each<[string, string, object]>([
  [
    "1.27",
    "1.25 1.26 1.27 1.27.3 1.27.5 1.27.10 1.28 1.29 1.29.1 latest 2.0 2.1 2.1.1",
    {
      patch: "1.27.10",
      minor: "1.29",
      major: "2.1",
    },
  ],
  ["1.27.3", "1.27.3 1.27.5 1.28 1.29.1 2.1 2.1.1", { patch: "1.27.5", minor: "1.29.1", major: "2.1.1" }],
  [
    "1.27-alpine",
    "1.27 1.28 1.27-alpine 1.28-alpine 1.28-alpine3.20 1.29-alpine-slim 2-alpine",
    {
      minor: "1.28-alpine",
    },
  ],
  ["5.7", "5.6 5.7 5.7.44 8.0 8.4 9.1 9 latest", { patch: "5.7.44", major: "9.1" }],
  ["8", "5 8 8.4 9 10 11-rc1", { major: "10" }],
  ["v2.3.0", "2.9.9 v2.3.0 v2.3.1 v3.0.0-beta v3.0.0", { patch: "v2.3.1", major: "v3.0.0" }],
  ["22.04", "20.04 22.04 22.10 24.04 20240101 20241231.1", { minor: "22.10", major: "24.04" }],
  ["20240101", "20231231 20240101 20240301 3 4", { major: "20240301" }],
  ["3.0.0-rc1", "3.0.0-rc1 3.0.0-rc2 3.0.0 3.1.0", {}],
  ["latest", "latest 1 2", {}],
  ["16", "16 17 17.1 18-alpine", { major: "17" }],
  ["1.9", "1.10 1.9 1.08", { minor: "1.10" }],
])("the tags newer than %s among %s", (tag, tags, expected) => {
  const found = newerTags(tag, tags.split(" "));
  expect(JSON.parse(JSON.stringify(found))).toEqual(expected);
});

test("a tag tells a version, or not", () => {
  expect(["1.27", "v3", "8.0-oracle", "22.04"].filter(tellsVersion)).toHaveLength(4);
  expect(["latest", "alpine", "stable", "lts-jdk17", "123456789012345678"].filter(tellsVersion)).toEqual([]);
});
