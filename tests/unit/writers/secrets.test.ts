import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { declaredServices } from "../../../components/service";
import type { ProjectDescription } from "../../../core/description/project";
import { parseCompose } from "../../../core/readers/compose";
import { parseDockerLines } from "../../../core/readers/dockerRun";
import { toCompose } from "../../../core/writers/compose";
import { toKubernetes } from "../../../core/writers/kubernetes";
import { toRun } from "../../../core/writers/run";
import { type Program, toTypescript } from "../../../core/writers/typescript";
import { value, world } from "../mocks";
import { compilerErrors, loadPrinted } from "./printedPrograms";

const context = (environment: Record<string, string> = {}) => ({ folder: "/srv", environment });
const compose = (text: string, environment = {}) =>
  parseCompose(text, { name: "compose.yaml", projectName: "shop" }, context(environment));
const lines = (...texts: string[]) => parseDockerLines(texts, "shop", { ...context(), home: "/root" });
const options = { folder: "/srv" };

const SHOP = compose(`
services:
  db:
    image: postgres:16
    environment: { POSTGRES_PASSWORD: hunter2222, POSTGRES_USER: shop }
    healthcheck: { test: [CMD, pg_isready, -d, "postgres://shop:hunter2222@127.0.0.1/shop"] }
  app:
    image: shop:1
    command: [serve, --token, tok-en-of-app-1, --db, "postgres://shop:hunter2222@db/shop"]
    environment:
      DATABASE_URL: postgres://shop:hunter2222@db/shop?pool=5
      REDIS_URL: redis://:hunter3333@redis/0
      JDBC: jdbc:mysql://other/x?user=a&password=Qwertz9876
      MAIL: smtp://robot:mail-pw-17@mail.example
    labels: { seen: "hunter2222 is in here" }
  redis:
    image: redis:7
    command: redis-server --requirepass hunter3333 --maxmemory 64mb
    healthcheck: { test: "redis-cli -a hunter3333 ping" }
`);
const VALUES = {
  postgresPassword: "hunter2222",
  appToken: "tok-en-of-app-1",
  redisRequirepass: "hunter3333",
  appPassword: "Qwertz9876",
  mailPassword: "mail-pw-17",
};

const PRINTED: [form: string, print: (project: ProjectDescription) => string][] = [
  ["typescript", (project) => toTypescript(project, options).text],
  ["compose", (project) => toCompose(project, options).text],
  ["run", (project) => toRun(project, options).lines.join("\n")],
  ["kubernetes", (project) => toKubernetes(project, options).text],
];

test.each(PRINTED)("%s: no value of a secret is printed, wherever it stands", (_, print) => {
  const text = print(SHOP);
  for (const secret of Object.values(VALUES)) expect(text).not.toContain(secret);
  expect(text).not.toContain("\uE000");
});

test.each(PRINTED)("%s: nor in what is said of it", (_, print) => {
  const said = [toTypescript, toCompose, toKubernetes].flatMap((to) => to(SHOP, options).notices);
  const texts = [...said, ...toRun(SHOP, options).notices].map(({ text }) => text).join("\n");
  for (const secret of Object.values(VALUES)) expect(texts).not.toContain(secret);
  expect(print).toBeDefined();
});

/** What a program declares with these values of its settings. */
async function declared({ text }: Program, file: string, values: Record<string, string>) {
  const config = Object.fromEntries(Object.entries(values).map(([name, secret]) => [`${file}:${name}`, secret]));
  const here = await world({ config, secretConfig: Object.keys(config) });
  loadPrinted(text).program();
  const specs = await Promise.all(declaredServices().map((service) => value(service.description)));
  await here.done();
  return new Map(specs.map((spec) => [spec.containerName!, spec]));
}

test("a program makes each text of its settings, and asks for what was described", async () => {
  const program = toTypescript(SHOP, options);
  expect(program.secrets.sort()).toEqual(Object.keys(VALUES).sort());
  expect(compilerErrors([program.text])).toEqual([]);
  const specs = await declared(program, "shop", VALUES);
  const app = specs.get("app")!;
  const { services } = SHOP;
  expect(app.environment).toEqual(services.app!.environment);
  expect(app.command).toEqual(services.app!.command);
  expect(app.labels).toEqual({ seen: "hunter2222 is in here" });
  expect(specs.get("db")!.healthcheck!.test).toEqual(services.db!.healthcheck!.test);
  expect(specs.get("redis")!.command).toEqual(["redis-server", "--requirepass", "hunter3333", "--maxmemory", "64mb"]);
  expect(specs.get("redis")!.healthcheck!.test).toEqual(["CMD-SHELL", "redis-cli -a hunter3333 ping"]);
}, 120_000);

test("a compose file is read back as it was, with its variables set", () => {
  const { text } = toCompose(SHOP, options);
  const environment = {
    POSTGRES_PASSWORD: "hunter2222",
    APP_TOKEN: "tok-en-of-app-1",
    REDIS_REQUIREPASS: "hunter3333",
    APP_PASSWORD: "Qwertz9876",
    MAIL_PASSWORD: "mail-pw-17",
  };
  const again = compose(text, environment);
  for (const key of ["db", "app", "redis"]) {
    expect(again.services[key]!.environment).toEqual(SHOP.services[key]!.environment);
    expect(again.services[key]!.labels).toEqual(SHOP.services[key]!.labels);
    expect(again.services[key]!.healthcheck).toEqual(SHOP.services[key]!.healthcheck);
  }
  expect(again.services.app!.command).toEqual(SHOP.services.app!.command);
});

test("lines name the variables that the shell has to have", () => {
  const { lines: printed, notices } = toRun(SHOP, options);
  expect(printed.find((line) => line.includes("--name app"))).toContain(
    `-e "DATABASE_URL=postgres://shop:$POSTGRES_PASSWORD@db/shop?pool=5"`,
  );
  expect(printed.find((line) => line.includes("--name redis"))).toContain(
    `redis-server --requirepass "$REDIS_REQUIREPASS" --maxmemory 64mb`,
  );
  expect(notices.map(({ text }) => text)).toContainEqual(
    expect.stringContaining("export REDIS_REQUIREPASS in the shell first"),
  );
});

test("a kubelet and a shell put secrets into commands and checks", () => {
  const { text, notices } = toKubernetes(SHOP, options);
  expect(text).toContain("- $(REDIS_REQUIREPASS)");
  expect(text).toContain("redis-cli -a $REDIS_REQUIREPASS ping");
  expect(text).toContain('pg_isready -d "postgres://shop:$POSTGRES_PASSWORD@127.0.0.1/shop"');
  expect(notices.map((notice) => notice.text).join("\n")).toContain(
    '--from-literal=DATABASE_URL="postgres://shop:$POSTGRES_PASSWORD@db/shop?pool=5"',
  );
});

test("names that only look like secrets are no settings", () => {
  const project = lines(
    "docker run -d --name app -e PASSWORD_MIN_LENGTH=8 -e OAUTH_TOKEN_URL=https://x.example/t app:1",
  );
  expect(toTypescript(project, options).secrets).toEqual([]);
  expect(toKubernetes(project, options).text).toContain('name: PASSWORD_MIN_LENGTH\n              value: "8"');
});

const settings = (text: string) => toTypescript(compose(text), options).secrets;

describe("passwords that are alike", () => {
  test("of two users of one database stay two, and who logs in gets the right one", () => {
    const program = toTypescript(
      compose(`
services:
  web:
    image: wordpress:6
    environment: { WORDPRESS_DB_USER: wp, WORDPRESS_DB_PASSWORD: changeme }
  db:
    image: mysql:8
    environment: { MYSQL_ROOT_PASSWORD: changeme, MYSQL_USER: wp, MYSQL_PASSWORD: changeme }
  admin:
    image: phpmyadmin:5
    environment: { PMA_USER: root, PMA_PASSWORD: changeme }
`),
      options,
    );
    expect(program.secrets).toHaveLength(2);
    const [, user] = /WORDPRESS_DB_PASSWORD: (\w+)/.exec(program.text)!;
    const [, root] = /MYSQL_ROOT_PASSWORD: (\w+)/.exec(program.text)!;
    expect(program.text).toMatch(new RegExp(`PMA_PASSWORD: ${root}\\b`));
    expect(user).not.toBe(root);
  });

  test("of different services stay apart, by the names that a client has for them", () => {
    expect(
      settings(`
services:
  app: { image: "app:1", environment: { REDIS_PASSWORD: changeme, DB_PASSWORD: changeme, SESSION_SECRET: changeme } }
  redis: { image: "redis:7", environment: { REDIS_PASSWORD: changeme } }
  db: { image: "postgres:16", environment: { POSTGRES_PASSWORD: changeme } }
`),
    ).toEqual(["redisPassword", "dbPassword", "sessionSecret"]);
  });

  test("in one service, one of them within an address: each is declared and used", () => {
    const { text, secrets } = toTypescript(
      compose(`
services:
  mail:
    image: mail:1
    environment:
      Connections__Default: Host=db;Username=mailuser;Password=ChangeThisPassword
      Auth__Username: admin
      Auth__Password: ChangeThisPassword
`),
      options,
    );
    expect(secrets).toHaveLength(2);
    expect(text).toContain("Password=${mailPassword}`");
    expect(text).toContain("Auth__Password: authPassword");
    expect(compilerErrors([text])).toEqual([]);
  });

  test("are one where nothing tells them apart, and where nobody makes up the same one twice", () => {
    const one = (secret: string) => `
services:
  app: { image: "app:1", environment: { BACKEND_PASSWORD: ${secret}, API_TOKEN: ${secret} } }
  back: { image: "back:1", environment: { ADMIN_PASSWORD: ${secret} } }
`;
    expect(settings(one("k3vFz8qLw0Rt7YxB2mNd"))).toHaveLength(1);
    expect(settings(one("changeme"))).toHaveLength(2);
  });
});

test("a text that is a name elsewhere is a secret only where a password stands", () => {
  const { text } = toTypescript(
    compose(`
services:
  postgres:
    image: postgres:16
    environment: { POSTGRES_USER: postgres, POSTGRES_PASSWORD: postgres, POSTGRES_DB: postgres }
  app: { image: "app:1", environment: { URL: "postgres://postgres:postgres@postgres/postgres" } }
`),
    options,
  );
  expect(text).toContain("URL: interpolate`postgres://postgres:${postgresPassword}@postgres/postgres`");
  expect(text).toContain('POSTGRES_USER: "postgres"');
});

test.each(PRINTED)("%s: a flag that is called like the password behind it stays what it is", (_, print) => {
  const text = print(
    lines("docker run --name auth app hash --password 'password' --admin-password=password -- password"),
  );
  expect(text).toContain("--password");
  expect(text).toContain("--admin-password=");
  expect(text).not.toMatch(/--["']?\$|=password|"password"/);
});

test("the key of a service may have dots", () => {
  const { notices, text } = toTypescript(lines("docker run --name app_1.2 -e DB_PASSWORD=hunter2222 app:1"), options);
  expect(notices.map((notice) => `${notice.at}: ${notice.text}`).join("\n")).toContain(
    "services.app_1.2: DB_PASSWORD is a secret",
  );
  expect(text).toContain('password("DB_PASSWORD of app_1.2")');
});

test("berth makes up no password that an environment file has too", () => {
  const folder = mkdtempSync(join(tmpdir(), "berth-secrets-"));
  writeFileSync(join(folder, "db.env"), "APP_URL=postgres://x:hunter2222@db/x\n");
  const text = `
services:
  db: { image: "postgres:16", env_file: db.env, environment: { POSTGRES_PASSWORD: hunter2222 } }
`;
  const project = parseCompose(text, { name: "compose.yaml", projectName: "shop" }, { folder, environment: {} });
  const { text: program, notices } = toTypescript(project, { folder });
  rmSync(folder, { recursive: true });
  expect(program).toContain('postgresPassword: credential("POSTGRES_PASSWORD of db")');
  expect(notices.map((notice) => notice.text).join("\n")).toContain(
    "db.env has it too, and both have to stay the same",
  );
});
