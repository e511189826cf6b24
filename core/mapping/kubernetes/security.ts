import type { PodSecurityContext, SecurityContext, SELinuxOptions } from "kubernetes-types/core/v1";
import { ArgumentError, show } from "../../description/errors";
import { say } from "../../description/say";
import type { ServiceSpec } from "../../description/service";
import { compactOrNothing } from "./values";

/** A user or group as a number; `root` is 0 in every image. */
function id(value: string, argument: string): number {
  if (value === "root") return 0;
  if (/^\d{1,10}$/.test(value) && Number(value) < 2 ** 31) return Number(value);
  throw new ArgumentError(
    argument,
    say`${show(value)} is not a number, and Kubernetes does not look into the image for names`,
    say`give the number that the image's /etc/passwd or /etc/group has for it`,
  );
}

type Option = Pick<
  SecurityContext,
  "allowPrivilegeEscalation" | "seccompProfile" | "appArmorProfile" | "seLinuxOptions"
>;

const SE_LINUX = ["user", "role", "type", "level"] as const;

function securityOption(option: string, argument: string, labels: SELinuxOptions): Option {
  const [name = "", value = ""] = option.split(/[=:](.*)/s);
  switch (name) {
    case "no-new-privileges":
      return value === "" || value === "true" ? { allowPrivilegeEscalation: false } : {};
    case "seccomp":
      if (value === "unconfined") return { seccompProfile: { type: "Unconfined" } };
      throw new ArgumentError(
        argument,
        say`a seccomp profile of Kubernetes is a file on the nodes`,
        say`put it there and name it with kubernetes: { transformPod }`,
      );
    case "apparmor":
      if (value === "unconfined") return { appArmorProfile: { type: "Unconfined" } };
      if (value === "docker-default") return { appArmorProfile: { type: "RuntimeDefault" } };
      return { appArmorProfile: { type: "Localhost", localhostProfile: value } };
    case "label": {
      const [field = "", text = ""] = value.split(/:(.*)/s);
      if (SE_LINUX.includes(field as "user") && text)
        return { seLinuxOptions: Object.assign(labels, { [field]: text }) };
      break;
    }
  }
  throw new ArgumentError(
    argument,
    say`${show(option)} has no counterpart in Kubernetes`,
    say`use no-new-privileges, seccomp=unconfined, apparmor=..., label=type:... or remove it`,
  );
}

/** What a container may do. */
export function containerSecurity(spec: ServiceSpec): SecurityContext | undefined {
  const { user, capAdd, capDrop, privileged, readOnly, securityOpt = [] } = spec;
  const [uid, gid] = user?.split(":") ?? [];
  const labels: SELinuxOptions = {};
  const options: Option = Object.assign(
    {},
    ...securityOpt.map((option, index) => securityOption(option, `securityOpt[${index}]`, labels)),
  );
  if (
    options.allowPrivilegeEscalation === false &&
    (privileged || capAdd?.some((cap) => /^(ALL|SYS_ADMIN)$/.test(cap)))
  )
    throw new ArgumentError(
      "securityOpt",
      say`Kubernetes refuses no-new-privileges together with privileged or SYS_ADMIN`,
      say`keep one of them`,
    );
  return compactOrNothing<SecurityContext>({
    runAsUser: uid === undefined ? undefined : id(uid, "user"),
    runAsGroup: gid === undefined ? undefined : id(gid, "user"),
    privileged: privileged || undefined,
    readOnlyRootFilesystem: readOnly || undefined,
    capabilities: compactOrNothing({ add: capAdd, drop: capDrop }),
    ...options,
  });
}

/** What holds for all containers of a pod. */
export function podSecurity({ groupAdd, sysctls, networkMode }: ServiceSpec): PodSecurityContext | undefined {
  const ofHost = Object.keys(sysctls ?? {}).find((name) => networkMode === "host" && name.startsWith("net."));
  if (ofHost !== undefined)
    throw new ArgumentError(`sysctls.${ofHost}`, say`would change the node's own network`, say`set it on the nodes`);
  return compactOrNothing<PodSecurityContext>({
    supplementalGroups: groupAdd?.map((group, index) => id(group, `groupAdd[${index}]`)),
    sysctls: Object.entries(sysctls ?? {}).map(([name, value]) => ({ name, value })),
  });
}
