import { BridgeNetwork } from "../components/bridgeNetwork";
import { Mysql } from "../components/mysql";
import { Tomcat } from "../components/tomcat";
import { say } from "../core/description/say";
import { password, port, readSettings, text } from "./lib/settings";

export const settings = {
  version: text("8", say`Tag of the Tomcat image`),
  port: port(8080, say`Host port of Tomcat`),
  mysqlVersion: text("5.7", say`Tag of the MySQL image`),
  rootPassword: password(say`Password of MySQL's root`),
};

/**
 * Tomcat and MySQL that find each other by name. Documented setup A17, which uses `--link`: that is legacy
 * and the provider cannot make it. A network of their own with the alias does what is meant.
 */
export function program() {
  const { version, port: hostPort, mysqlVersion, rootPassword } = readSettings("tomcat", settings);
  const network = new BridgeNetwork("tomcat-mysql");
  const database = new Mysql("tomcat-db", {
    version: mysqlVersion,
    rootPassword,
    port: "none",
    service: { networks: [{ name: network.networkName, aliases: ["mysql"] }] },
  });
  const server = new Tomcat("tomcat01", {
    version,
    port: hostPort,
    dependsOn: [database],
    service: { networks: [network.networkName] },
  });
  return { url: server.siteUrl, database: database.containerName };
}
