import * as pulumi from "@pulumi/pulumi";
import { type HostConnection, invocationOf, type JumpHost } from "../../core/host/connection";
import { factsOf } from "../../core/host/looks";
import { optionalSecret, port, type readSettings, record, text } from "./settings";

/** Settings that say how a machine is reached. */
export const connectionSettings = {
  address: text(undefined, "Machine to set up: an address, a name or an alias of ~/.ssh/config; this one without it"),
  user: text(undefined, "User there: root, or one whose sudo asks for no password"),
  port: port(undefined, "Port of its SSH server"),
  identityFile: text(undefined, "File with the private key, where ssh's own settings and agents do not do"),
  privateKey: optionalSecret("The private key itself, for CI"),
  hostKey: text(undefined, "The machine's public key, in place of known_hosts: ssh-ed25519 AAAA..."),
  jump: record<JumpHost>("Host on the way: its host, user, port, hostKey"),
};

/** The connection that the settings of the stack `host` describe. */
export function connectionOf(
  given: Pick<ReturnType<typeof readSettings<typeof connectionSettings>>, keyof typeof connectionSettings>,
): HostConnection {
  const { address, user, port, identityFile, privateKey, hostKey, jump } = given;
  return { host: address, user, port, identityFile, privateKey, hostKey, jump };
}

/**
 * Begins to look at the machine while the program is still loading; both take their time. Whatever is wrong is said by
 * the program, which asks for the same look.
 */
export function lookAhead(): void {
  try {
    const config = new pulumi.Config("host");
    const given = Object.fromEntries(
      Object.entries(connectionSettings).map(([key, setting]) => [key, setting.read(config, key)]),
    ) as Parameters<typeof connectionOf>[0];
    const key = pulumi.runtime.getConfig("host:privateKey");
    factsOf(invocationOf(connectionOf(given)), key)?.catch(() => {});
  } catch {
    // Wrong settings.
  }
}
