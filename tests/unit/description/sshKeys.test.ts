import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parsePublicKey, readPublicKeys } from "../../../core/description/sshKeys";
import { refusal } from "../refusal";

// Made with ssh-keygen.
const ED25519 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAII3rR+McBsi68BWJHq2q4E3ne1HT9q2uSof5oClgCMaM";
const ECDSA =
  "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBAWZCueEuLawKJ+V6dYpWTIsCn25Mul0KCEc9ogNWrwJlUfcQPG6PRoHy3fqpcpQndWIKJJifhup1XfUD0nOlQw=";
const RSA =
  "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQCWXNpU4JJ9R2UnFaYT3rSHb8sO+buXhUU33V3ww8gZ0Uvl8inC6ijxcRiRKWSPbYGyBe4CUY9Qevwn4maTI5x0gJXAo0lGgQkXN75jeqnPaglYwJVujZk4EKCKdr8ZEjkhu+oj/fCrHqlhhL2ZE3Hxah+4kYfAMQHyQOKwg5GF1/eQyrrvbalngmdT/KUEDPhw5uGNiQJXLS0r8XZYmMKRojoH4pgudHPYHT6fcwK41m127qH917EuCj16kwP2PPHJBzNvDFRfsHqM0SdNlsul7FE6Ewqwfv4YbdiPtzvuNJYPHYf4y5xdlQIA/wSdOa5OppLLgg6KQML/GF08j7ox";
const encoded = (line: string) => line.split(" ")[1]!;

describe("a public key", () => {
  test.each([
    [ED25519, ED25519],
    [ECDSA, ECDSA],
    [RSA, RSA],
    [`  ${ED25519}\tanna@laptop  of 2024\n`, `${ED25519} anna@laptop of 2024`],
  ])("%.30s is taken", (given, expected) => {
    expect(parsePublicKey(given, "k")).toBe(expected);
  });

  test.each<[string, unknown, string]>([
    ["nothing", "", 'k: "" is not a public key; '],
    ["no text", 7, "k: 7 is not a public key; "],
    ["another kind", ED25519.replace("ssh-ed25519", "ssh-dss"), 'k: "ssh-dss" is not a kind of public key; '],
    ["options before it", `no-pty ${ED25519}`, 'k: "no-pty" is not a kind of public key; '],
    ["the kind alone", "ssh-ed25519", "k: is not a whole key of the kind ssh-ed25519; "],
    ["one that was cut off", ED25519.slice(0, -8), "k: is not a whole key of the kind ssh-ed25519; "],
    ["one that was cut off between two fields", cut(RSA), "k: is not a whole key of the kind ssh-rsa; "],
    ["another kind's bytes", `ssh-rsa ${encoded(ED25519)}`, "k: is not a whole key of the kind ssh-rsa; "],
    ["what is no base64", "ssh-ed25519 AAAA!", "k: is not a whole key of the kind ssh-ed25519; "],
    ["two lines", `${ED25519}\n${RSA}`, "k: holds more than one line; "],
    ["a private key", PRIVATE("OPENSSH "), "k: is a private key, which must not leave its owner's machine; "],
    ["an old private key", PRIVATE("RSA "), "k: is a private key, which must not leave its owner's machine; "],
    ["PuTTY's private key", "PuTTY-User-Key-File-3: ssh-ed25519\n", "k: is a private key, "],
  ])("%s is refused", (_, given, message) => {
    const said = refusal(() => parsePublicKey(given as string, "k"));
    expect(said).toContain(message);
    expect(said).not.toContain("abcdef");
  });
});

function PRIVATE(kind: string): string {
  return `-----BEGIN ${kind}PRIVATE KEY-----\nabcdef\n-----END ${kind}PRIVATE KEY-----\n`;
}

/** Without its last field, so that what is left comes out even. */
function cut(line: string): string {
  const blob = Buffer.from(encoded(line), "base64");
  const kind = 4 + blob.readUInt32BE(0);
  return `ssh-rsa ${blob.subarray(0, kind + 4 + blob.readUInt32BE(kind)).toString("base64")}`;
}

describe("a file", () => {
  const folder = mkdtempSync(join(tmpdir(), "berth-keys-"));
  const file = (name: string, content: string) => {
    writeFileSync(join(folder, name), content);
    return `./${name}`;
  };
  const read = (path: string) => readPublicKeys(path, "k", folder);
  afterAll(() => rmSync(folder, { recursive: true }));

  test("may hold several keys and comments", () => {
    expect(read(file("all.pub", `# of the team\n${ED25519} anna\r\n\n${RSA}\n`))).toEqual([`${ED25519} anna`, RSA]);
  });

  test("is found without ./ as well", () => {
    file("plain.pub", ED25519);
    expect(read("plain.pub")).toEqual([ED25519]);
  });

  test("is not looked for where the text is a key", () => {
    expect(read(`${ED25519} id.pub`)).toEqual([`${ED25519} id.pub`]);
  });

  test("of another name may be a private one, and is not even opened", () => {
    expect(refusal(() => read(file("id_ed25519", PRIVATE("OPENSSH "))))).toBe(
      "k: ./id_ed25519 is not the file of a public key, and may be that of a private one; use ./id_ed25519.pub, or the key itself.",
    );
  });

  test("with a private key in it is refused whatever its name", () => {
    expect(refusal(() => read(file("wrong.pub", PRIVATE("OPENSSH "))))).toContain("k: is a private key, ");
  });

  test("that is missing, or empty, is refused", () => {
    expect(refusal(() => read("./no.pub"))).toContain(`k: cannot read ${join(folder, "no.pub")} (ENOENT); `);
    expect(refusal(() => read(file("empty.pub", "# nobody\n")))).toContain("empty.pub holds no key; ");
  });
});
