import * as pulumi from "@pulumi/pulumi";
import { say } from "../../core/description/say";
import { type HostConnection, invocationOf, type JumpHost } from "../../core/host/connection";
import { factsOf } from "../../core/host/looks";
import { optionalSecret, port, type readSettings, record, text } from "./settings";

/** Settings that say how a machine is reached. */
export const connectionSettings = {
  address: text(
    undefined,
    say`Machine to set up: an address, a name or an alias of ~/.ssh/config; without it this one`,
  ),
  user: text(undefined, say`User there: root, or one whose sudo asks for no password`),
  port: port(undefined, say`Port of its SSH server`),
  identityFile: text(undefined, say`File with the private key, where ssh's own settings and agents are not enough`),
  privateKey: optionalSecret(say`The private key itself, for CI`),
  hostKey: text(undefined, say`The machine's public key, in place of known_hosts: ssh-ed25519 AAAA...`),
  jump: record<JumpHost>(say`Host on the way: its host, user, port, hostKey`),
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
