import { resolvePlain } from "../../../../core/readers/compose/yaml";
import { substitute, TemplateError } from "../../../../core/description/template";
import { load, notices, parse, refused, service } from "./compose";

const variables: Record<string, string> = { FOO: "first", BAR: "", BAZ: "third" };
const fill = (template: string) => substitute(template, (name) => variables[name]);

// compose-go's template/template_test.go, with its own variables.
test.each([
  ["ok ${FOO}", "ok first"],
  ["ok $FOO$BAZ", "ok firstthird"],
  ["$${foo}", "${foo}"],
  ["$$${FOO}", "$first"],
  ["ok ${missing:-def}", "ok def"],
  ["ok ${missing-def}", "ok def"],
  ["ok ${BAR:-def}", "ok def"],
  ["ok ${BAR-def}", "ok "],
  ["ok ${BAR:-/non:-alphanumeric}", "ok /non:-alphanumeric"],
  ["ok ${missing:-${FOO}}", "ok first"],
  ["ok ${missing:-x ${BAR:-${BAZ}} y} ${FOO}", "ok x third y first"],
  ["ok ${FOO:+set}", "ok set"],
  ["ok ${BAR:+set}", "ok "],
  ["ok ${BAR+set}", "ok set"],
  ["ok ${missing+set}", "ok "],
  ["ok ${FOO:?no}", "ok first"],
  ["ok ${BAR?no}", "ok "],
  ["${missing:-{}}", "{}"],
  ["cost $5, $ and $-", "cost $5, $ and $-"],
  ["${foo-a}", "a"],
])("%j becomes %j", (template, expected) => {
  expect(fill(template)).toBe(expected);
});

test.each(["${", "$}{ ${", "${}", "${ FOO}", "${FOO bar}", "${FOO", "${-a}", "${FOO!x}", "${missing:-\n}"])(
  "%j is no template",
  (template) => {
    expect(() => fill(template)).toThrow(TemplateError);
  },
);

test.each([
  ["${missing:?why ${FOO}}", "the required variable missing is missing a value: why first"],
  ["${BAR:?}", "the required variable BAR is missing a value"],
])("%j needs a value", (template, problem) => {
  expect(() => fill(template)).toThrow(problem);
});

test("a variable that is not set becomes empty and is said once", () => {
  const file = "services: {a: {image: 'x:1$NO', command: '${NO} ${YES-}'}, b: {image: 'y:2${NO}'}}";
  expect(parse(file).services.a).toMatchObject({ image: "x:1", command: " " });
  expect(notices(file)).toEqual(["warning services.a.image: the variable NO is not set, so it becomes empty"]);
});

const UNSET = "in the environment or in .env: what is not set is empty here.";
test.each<[service: string, path: string, problem: string, names: string]>([
  ["image: 'team/app:$TAG'", "image", "is not an image reference", "TAG"],
  ["image: x, container_name: '${NAME}'", "container_name", "does not match", "NAME"],
  ["image: x, volumes: ['${SOCKET}:/run/a.sock']", "volumes[0]", "has an empty part between colons", "SOCKET"],
  ["image: x, ports: ['${IN}${OUT}${IN}x:80']", "ports[0]", "is no port", "IN, OUT"],
  ["image: x, cpus: '${CPUS}'", "cpus", "is not a number", "CPUS"],
  ["image: x, mem_limit: '${SIZE}q'", "mem_limit", "is not a size", "SIZE"],
])("what is refused because a variable is not set names it: %s", (service, path, problem, names) => {
  const message = refused(`services: {a: {${service}}}`);
  expect(message).toContain(`services.a.${path}: `);
  expect(message).toContain(problem);
  expect(message).toContain(`; set ${names} ${UNSET}`);
});

test("keys and notes are left as they are, and numbers and booleans are made of text", () => {
  const file = `services:
  a: {image: x, init: "\${ON}", labels: {"$KEY": "\${N}"}, cpus: "\${N}", pids_limit: "\${P}"}`;
  expect(parse(file, { ON: "yes", N: "0.5", P: "7" }).services.a).toMatchObject({
    init: true,
    cpus: 0.5,
    pidsLimit: 7,
    labels: { $KEY: "0.5" },
  });
  expect(refused(file, { ON: "perhaps", N: "1", P: "7" })).toBe(
    'compose.yaml:2:23: services.a.init: "perhaps" is not true or false; use true or false.',
  );
  expect(refused(file, { ON: "on", N: "1", P: "7.5" })).toBe(
    'compose.yaml:2:84: services.a.pids_limit: "7.5" is not a whole number; use digits only.',
  );
});

test("the environment wins over .env, which may use both", () => {
  const files = {
    "compose.yaml": "services: {a: {image: 'i:$TAG-$B', environment: [C, GONE]}}",
    ".env": "TAG=file\nB=b$TAG\nC='$B'\n",
  };
  const project = load(files, {}, { TAG: "outer", GONE: undefined });
  expect(project.services.a).toMatchObject({ image: "i:outer-bouter", environment: { C: "$B" } });
  expect(project.environment).toMatchObject({ TAG: "outer", B: "bouter" });
});

test("environment files that are named take the place of .env", () => {
  const files = {
    "compose.yaml": "services: {a: {image: 'i:$TAG'}}",
    ".env": "TAG=1",
    "x/one.env": "TAG=2",
    "two.env": "TAG=3$TAG",
  };
  expect(load(files, { envFiles: ["x/one.env", "two.env"] }).services.a!.image).toBe("i:32");
  expect(load(files, {}, { COMPOSE_DISABLE_ENV_FILE: "true", TAG: "9" }).services.a!.image).toBe("i:9");
});

// docker compose config prints these values.
test.each<[string, unknown, string?]>([
  ["0644", 420],
  ["0o644", 420],
  ["0778", 778],
  ["0x10", 16],
  ["0b11", 3],
  ["1_000", 1000],
  ["1.50", 1.5],
  ["1e3", 1000],
  ["0.00001", 0.00001, "1e-05"],
  ["12345678901234567890", 12345678901234567000, "12345678901234567890"],
  ["1:30", "1:30"],
  ["yes", "yes"],
  ["off", "off"],
  ["True", true],
  ["~", null],
  ["", null],
  ["-5", -5],
  ["1.2.3", "1.2.3"],
  [".5", 0.5],
])("%j is %j", (text, value, ...[printed]) => {
  expect(resolvePlain(text)).toEqual(printed === undefined ? { value } : { value, text: printed });
});

test("numbers as text keep what Go prints", () => {
  expect(
    service("environment: {O: 0644, F: 1.50, G: 1e3, B: 12345678901234567890, T: true, Y: yes, N: }", "", {})
      .environment,
  ).toEqual({
    O: "420",
    F: "1.5",
    G: "1000",
    B: "12345678901234567890",
    T: "true",
    Y: "yes",
    N: null,
  }); // docker compose config says the same
});
