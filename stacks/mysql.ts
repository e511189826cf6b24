import { Mysql, type MysqlArgs } from "../components/mysql";
import { say } from "../core/description/say";
import { choice, password, port, readSettings, text } from "./lib/settings";

type Setup = Omit<MysqlArgs, "rootPassword"> & { containerName: string; data: string; allowEmpty?: boolean };

const SETUPS = {
  // docker run -d -p 3306:3306 -v /home/mysql/conf:/etc/mysql/conf.d -v /home/mysql/data:/var/lib/mysql
  //   -e MYSQL_ROOT_PASSWORD=123456 --name mysql01 mysql:5.7
  // The password is asked for: the note has it in clear.
  A9: { containerName: "mysql01", version: "5.7", config: "/home/mysql/conf", data: "/home/mysql/data" },
  // docker run -d -v mysql:/var/lib/mysql -p 3306:3306 --name mysql1 -e MYSQL_ROOT_PASSWORD=root mysql
  A10: { containerName: "mysql1", version: "latest", data: "mysql" },
  // docker run ... -e MYSQL_ALLOW_EMPTY_PASSWORD=true mysql
  "A10-empty": { containerName: "mysql1", version: "latest", data: "mysql", allowEmpty: true },
} satisfies Record<string, Setup>;

export const settings = {
  setup: choice(Object.keys(SETUPS) as (keyof typeof SETUPS)[], "A9", say`Which documented line to run`),
  rootPassword: password(say`Password of root; not used by A10-empty`),
  version: text(undefined, say`Tag of the image; the documented one by default`),
  containerName: text(undefined, say`Name of the container; the documented one by default`),
  port: port(3306, say`Host port`),
  data: text(undefined, say`Volume name or host folder for the data; the documented one by default`),
  config: text(undefined, say`Host folder with *.cnf files; the documented one by default`),
};

/** A MySQL server. Documented setups A9 and A10. */
export function program() {
  const { allowEmpty, ...documented }: Setup =
    SETUPS[readSettings("mysql", { ...settings, rootPassword: text(undefined, "") }).setup];
  // Asked for only where a password is used at all.
  const rootPassword = allowEmpty ? ({ allowEmpty: true } as const) : readSettings("mysql", settings).rootPassword;
  const given = readSettings("mysql", { ...settings, rootPassword: text(undefined, "") });
  const server = new Mysql("mysql", {
    ...documented,
    rootPassword,
    version: given.version ?? documented.version,
    containerName: given.containerName ?? documented.containerName,
    port: given.port,
    data: given.data ?? documented.data,
    config: given.config ?? documented.config,
  });
  return { port: server.port, containerName: server.containerName, login: server.login };
}
