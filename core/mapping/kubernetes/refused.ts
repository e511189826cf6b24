import type { Refusals } from "../../description/service";
import { say } from "../../description/say";

const NO_LIMIT = say`set memLimit, memReservation and cpus`;

/** Fields that Kubernetes has no word for, with the reason that the user reads. */
export const REFUSED: Refusals = {
  volumesFrom: [
    say`pods cannot borrow the volumes of other pods`,
    say`name the same volume in volumes of both services`,
  ],
  macAddress: [say`the cluster's network gives each pod its address`, say`remove it`],
  domainname: [say`the domain of a pod is that of its cluster`, say`remove it, or name the host in extraHosts`],
  devices: [
    say`Kubernetes gives a device of a node only through a device plugin`,
    say`ask for GPUs with gpus, or set privileged: true and bind the device with volumes`,
  ],
  deviceCgroupRules: [say`Kubernetes gives a device of a node only through a device plugin`, say`set privileged: true`],
  logging: [say`the nodes keep the logs of all pods in one way`, say`remove it; \`kubectl logs\` reads them`],
  ulimits: [
    say`Kubernetes has no ulimits; containers get those of the node's container runtime`,
    say`set them in the runtime of the nodes, or with ulimit in the command`,
  ],
  stopSignal: [
    say`pods are stopped with the image's own STOPSIGNAL`,
    say`set STOPSIGNAL in the image, or trap SIGTERM in the command`,
  ],
  memswapLimit: [
    say`swap is a matter of the nodes, and pods have none by default`,
    say`remove it; memLimit is the limit`,
  ],
  memSwappiness: [say`swap is a matter of the nodes, and pods have none by default`, say`remove it`],
  cpuShares: [say`Kubernetes computes the weight of a pod from what it asks for`, say`set cpus`],
  cpuset: [say`only the nodes' CPU manager binds pods to processors`, say`set cpus to a whole number`],
  cpusetMems: [say`only the nodes' memory manager binds pods to memory nodes`, say`remove it`],
  cpuPeriod: [say`the period is a setting of the nodes`, say`set cpus to cpuQuota divided by cpuPeriod`],
  cpuQuota: [say`the quota is computed from cpus`, say`set cpus to cpuQuota divided by cpuPeriod`],
  cpuRtPeriod: [say`Kubernetes knows no real-time scheduling`, say`remove it`],
  cpuRtRuntime: [say`Kubernetes knows no real-time scheduling`, say`remove it`],
  kernelMemory: [say`kernel memory limits are gone from container runtimes`, say`set memLimit`],
  blkioConfig: [
    say`Kubernetes does not limit block devices`,
    say`choose a storage class with the throughput that fits`,
  ],
  cgroupParent: [say`the nodes put each pod into a control group of its own`, say`remove it`],
  storageOpt: [
    say`Kubernetes evicts a pod that fills its disk rather than to limit it`,
    say`put the data into a volume`,
  ],
  links: [
    say`links are legacy`,
    say`remove it; services of one namespace find each other by containerName and by aliases`,
  ],
  uts: [
    say`a pod has host names of its own`,
    say`set hostname, or networkMode: host, with which the pod has the node's`,
  ],
  isolation: [say`isolation is for Windows containers only`, say`remove it`],
  pidsLimit: [say`the limit of processes is a setting of the nodes (podPidsLimit)`, NO_LIMIT],
  oomScoreAdj: [say`Kubernetes computes the score from requests and limits`, say`set memLimit equal to memReservation`],
  oomKillDisable: [say`Kubernetes does not switch the OOM killer off`, NO_LIMIT],
};
