import type { HTTPGetAction, LifecycleHandler, Probe as ProbeManifest } from "kubernetes-types/core/v1";
import { say } from "../../../description/say";
import { portName, portNumber } from "../../../mapping/kubernetes/checks";
import { ArgumentError, checkFields, show } from "../../../description/errors";
import { parseInteger } from "../../../description/quantities";
import { objectOf, plain } from "./values";
import type { Exec, HandlerDescription, HttpGet, Probe, ProbeDescription } from "./types";

const SECONDS = 2 ** 31 - 1;

/** Lowest value of each number of a probe. */
const NUMBERS = {
  initialDelaySeconds: 0,
  periodSeconds: 1,
  timeoutSeconds: 1,
  successThreshold: 1,
  failureThreshold: 1,
  terminationGracePeriodSeconds: 1,
} as const;

/** The only one of these that is given. */
function onlyOne<T extends object, K extends keyof T & string>(value: T, kinds: readonly K[], argument: string): K {
  const given = kinds.filter((kind) => value[kind] !== undefined);
  if (given.length !== 1)
    throw new ArgumentError(
      argument,
      given.length === 0 ? say`says nothing to do` : say`names ${given.join(" and ")}`,
      say`give one of ${kinds.join(", ")}`,
    );
  return given[0]!;
}

function port(value: number | string, argument: string): number | string {
  return typeof value === "number" ? portNumber(value, argument) : portName(value, argument);
}

/** The default port is that of the container; a container without one has to say it. */
function knownPort(value: number | string | undefined, standard: number | undefined, argument: string) {
  const known = value ?? standard;
  if (known === undefined) throw new ArgumentError(argument, say`is missing`, say`say which port it asks`);
  return port(known, argument);
}

function httpGet(given: HttpGet, argument: string, containerPort?: number): HTTPGetAction {
  const value = typeof given === "string" ? { path: given } : objectOf(given, argument, say`a request`);
  checkFields(value, ["path", "port", "host", "scheme", "httpHeaders"], argument, say`a request over HTTP`);
  const { path = "/", host, scheme, httpHeaders } = value;
  if (typeof path !== "string" || !path.startsWith("/"))
    throw new ArgumentError(`${argument}.path`, say`${show(path)} is not a path`, say`begin it with "/"`);
  if (scheme !== undefined && !["HTTP", "HTTPS"].includes(scheme))
    throw new ArgumentError(`${argument}.scheme`, say`${show(scheme)} is not a scheme`, say`use HTTP or HTTPS`);
  return { path, port: knownPort(value.port, containerPort, `${argument}.port`), host, scheme, httpHeaders };
}

function exec(given: Exec, argument: string): { command: string[] } {
  const command = Array.isArray(given) ? given : objectOf(given, argument, "a command").command;
  if (!Array.isArray(command) || command.length === 0 || command.some((word) => typeof word !== "string"))
    throw new ArgumentError(
      argument,
      say`${show(given)} is not a command`,
      say`give its words as a list: ["ls", "-l"]`,
    );
  return { command };
}

/**
 * A probe as the API server takes it.
 *
 * @param argument `readinessProbe`, `livenessProbe` or `startupProbe`, with the way to it
 * @param containerPort the port that it asks where it names none
 */
export function probe(given: Probe, argument: string, containerPort?: number): ProbeManifest {
  plain(given, argument);
  const value: ProbeDescription = typeof given === "string" ? { httpGet: given } : objectOf(given, argument, "a probe");
  const numbers = Object.keys(NUMBERS) as (keyof typeof NUMBERS)[];
  const kinds = ["httpGet", "tcpSocket", "grpc", "exec"] as const;
  checkFields(value, [...kinds, ...numbers], argument, "a probe");
  const kind = onlyOne(value, kinds, argument);
  const manifest: ProbeManifest = {};
  if (kind === "httpGet") manifest.httpGet = httpGet(value.httpGet!, `${argument}.httpGet`, containerPort);
  if (kind === "exec") manifest.exec = exec(value.exec!, `${argument}.exec`);
  if (kind === "tcpSocket") {
    const socket = typeof value.tcpSocket === "object" ? value.tcpSocket : { port: value.tcpSocket! };
    manifest.tcpSocket = { ...socket, port: port(socket.port, `${argument}.tcpSocket`) };
  }
  if (kind === "grpc") {
    const service = typeof value.grpc === "object" ? value.grpc : { port: value.grpc! };
    manifest.grpc = { ...service, port: portNumber(service.port, `${argument}.grpc`) };
  }
  for (const key of numbers) {
    const number = value[key];
    if (number === undefined) continue;
    if (typeof number !== "number")
      throw new ArgumentError(`${argument}.${key}`, say`${show(number)} is not a number`, say`give a number`);
    manifest[key] = parseInteger(number, `${argument}.${key}`, NUMBERS[key], SECONDS);
  }
  const isReadiness = argument.endsWith("readinessProbe");
  if (!isReadiness && (value.successThreshold ?? 1) !== 1)
    throw new ArgumentError(`${argument}.successThreshold`, say`can only be 1 here`, say`remove it`);
  if (isReadiness && value.terminationGracePeriodSeconds !== undefined)
    throw new ArgumentError(
      `${argument}.terminationGracePeriodSeconds`,
      say`has no meaning for readiness, which ends no container`,
      say`remove it`,
    );
  return manifest;
}

/** What happens after a start or before an end, as the API server takes it. */
export function handler(given: HandlerDescription, argument: string, containerPort?: number): LifecycleHandler {
  plain(given, argument);
  const value = objectOf(given, argument, "a handler");
  const kinds = ["exec", "httpGet", "sleep"] as const;
  checkFields(value, [...kinds], argument, "a handler");
  switch (onlyOne(value, kinds, argument)) {
    case "exec":
      return { exec: exec(value.exec!, `${argument}.exec`) };
    case "httpGet":
      return { httpGet: httpGet(value.httpGet!, `${argument}.httpGet`, containerPort) };
    case "sleep": {
      const seconds = typeof value.sleep === "object" ? value.sleep.seconds : value.sleep!;
      if (typeof seconds !== "number")
        throw new ArgumentError(
          `${argument}.sleep`,
          say`${show(seconds)} is not a number of seconds`,
          say`give a number`,
        );
      return { sleep: { seconds: parseInteger(seconds, `${argument}.sleep`, 1, SECONDS) } };
    }
  }
}
