import { parseHostname, parseImage, parseName } from "../../../core/description/names";
import { refusal } from "../refusal";

const DIGEST = `sha256:${"0123456789abcdef".repeat(4)}`;

describe("names of containers, networks and volumes", () => {
  test.each(["ab", "web-server", "my_volume", "a.b", "1st", "nginx01", "juming-nginx", "x".repeat(200)])(
    "%s",
    (name) => {
      expect(parseName(name, "containerName")).toBe(name);
    },
  );

  test.each(["", "a", "-ab", "_ab", ".ab", "a b", "a/b", "a:b", "ä-b", "ab\n", "/ab"])("%j is refused", (name) => {
    expect(refusal(() => parseName(name, "containerName"))).toBe(
      `containerName: ${JSON.stringify(name)} is not a name that Docker takes; ` +
        "use two or more of letters, digits, '_', '.' and '-', beginning with a letter or digit.",
    );
  });
});

describe("host names", () => {
  test.each(["a", "centos-01", "web.example.org", "x_y", "1", "A1", `${"a".repeat(63)}.b`])("%s", (name) => {
    expect(parseHostname(name, "hostname")).toBe(name);
  });

  test.each(["", "-a", "a-", "a..b", ".a", "a.", "a b", "a/b", "a".repeat(64), `${"a.".repeat(127)}aa`])(
    "%j is refused",
    (name) => {
      const message = refusal(() => parseHostname(name, "hostname"));
      expect(message).toMatch(
        /^hostname: ".*(is|\.\.\. is) not a host name; use labels of letters, digits and '-' \(at most 63 each\), joined by dots\.$/,
      );
    },
  );
});

describe("image references", () => {
  test.each<[string, object]>([
    ["nginx", { registry: "", repository: "nginx" }],
    ["nginx:1.27", { registry: "", repository: "nginx", tag: "1.27" }],
    ["library/nginx", { registry: "", repository: "library/nginx" }],
    ["elasticsearch:7.6.2", { registry: "", repository: "elasticsearch", tag: "7.6.2" }],
    ["jenkinsci/blueocean", { registry: "", repository: "jenkinsci/blueocean" }],
    ["localhost/x", { registry: "localhost", repository: "x" }],
    ["localhost:5000/x", { registry: "localhost:5000", repository: "x" }],
    ["ghcr.io/team/app:v1", { registry: "ghcr.io", repository: "team/app", tag: "v1" }],
    ["host:5000/x", { registry: "host:5000", repository: "x" }],
    ["127.0.0.1:5000/x", { registry: "127.0.0.1:5000", repository: "x" }],
    ["[::1]:5000/x:t", { registry: "[::1]:5000", repository: "x", tag: "t" }],
    ["Registry.Example/x", { registry: "Registry.Example", repository: "x" }],
    [`nginx@${DIGEST}`, { registry: "", repository: "nginx", digest: DIGEST }],
    [
      `registry.example:5000/team/app:1.2@${DIGEST}`,
      { registry: "registry.example:5000", repository: "team/app", tag: "1.2", digest: DIGEST },
    ],
    [DIGEST, { registry: "", repository: "", digest: DIGEST }],
    ["a__b/c-d.e--f", { registry: "", repository: "a__b/c-d.e--f" }],
    ["paddlepaddle/paddle:3.0.0b1-gpu-cuda11.8-cudnn8.6-trt8.5", { repository: "paddlepaddle/paddle" }],
    ["x:Tag_1.2-3", { repository: "x", tag: "Tag_1.2-3" }],
  ])("%s", (text, expected) => {
    expect(parseImage(text, "image")).toMatchObject(expected);
  });

  test.each([
    ["", "the name is empty"],
    [":tag", "the name is empty"],
    ["Nginx", "the name must be in lower case"],
    ["team/App", "the name must be in lower case"],
    ["localhost/App", "the name must be in lower case"],
    ["nginx:", "a tag has up to 128 letters, digits, '_', '.' and '-'"],
    ["nginx:a b", "a tag has up to 128 letters, digits, '_', '.' and '-'"],
    ["nginx:a:b", "a tag has up to 128 letters, digits, '_', '.' and '-'"],
    ["nginx:-a", "a tag has up to 128 letters, digits, '_', '.' and '-'"],
    [`nginx:${"t".repeat(129)}`, "a tag has up to 128 letters, digits, '_', '.' and '-'"],
    ["nginx@sha256:abc", "the part after @ must be sha256: and 64 hexadecimal digits"],
    ["nginx@", "the part after @ must be sha256: and 64 hexadecimal digits"],
    [`nginx@${DIGEST}@${DIGEST}`, "the part after @ must be sha256: and 64 hexadecimal digits"],
    ["nginx@md5:0123", "the part after @ must be sha256: and 64 hexadecimal digits"],
    ["a//b", "the name has letters, digits, and single '.', '_' or '-' between them"],
    ["nginx/", "the name has letters, digits, and single '.', '_' or '-' between them"],
    ["/nginx", "the name has letters, digits, and single '.', '_' or '-' between them"],
    ["-nginx", "the name has letters, digits, and single '.', '_' or '-' between them"],
    ["a..b", "the name has letters, digits, and single '.', '_' or '-' between them"],
    ["a___b", "the name has letters, digits, and single '.', '_' or '-' between them"],
    ["ng inx", "the name has letters, digits, and single '.', '_' or '-' between them"],
    ["ghcr.io/", "the name is empty"],
    ["a".repeat(256), "the name has letters, digits, and single '.', '_' or '-' between them"],
  ])("%j is refused", (text, problem) => {
    const shown = text.length > 78 ? `${JSON.stringify(text).slice(0, 77)}...` : JSON.stringify(text);
    expect(refusal(() => parseImage(text, "image"))).toBe(
      `image: ${shown} is not an image reference: ${problem}; ` +
        'write it like "nginx:1.27" or "registry.example:5000/team/app@sha256:...".',
    );
  });
});
