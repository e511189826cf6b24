import type { Refusals } from "../../description/service";

const NO_LIMIT = "set memLimit, memReservation and cpus";

/** Fields that Kubernetes has no word for, with the reason that the user reads. */
export const REFUSED: Refusals = {
  volumesFrom: ["pods cannot borrow the volumes of other pods", "name the same volume in volumes of both services"],
  macAddress: ["the cluster's network gives each pod its address", "remove it"],
  domainname: ["the domain of a pod is that of its cluster", "remove it, or name the host in extraHosts"],
  devices: [
    "Kubernetes gives a device of a node only through a device plugin",
    "ask for GPUs with gpus, or set privileged: true and bind the device with volumes",
  ],
  deviceCgroupRules: ["Kubernetes gives a device of a node only through a device plugin", "set privileged: true"],
  logging: ["the nodes keep the logs of all pods in one way", "remove it; `kubectl logs` reads them"],
  ulimits: [
    "Kubernetes has no ulimits; containers get those of the node's container runtime",
    "set them in the runtime of the nodes, or with ulimit in the command",
  ],
  stopSignal: [
    "pods are stopped with the image's own STOPSIGNAL",
    "set STOPSIGNAL in the image, or trap SIGTERM in the command",
  ],
  memswapLimit: ["swap is a matter of the nodes, and pods have none by default", "remove it; memLimit is the limit"],
  memSwappiness: ["swap is a matter of the nodes, and pods have none by default", "remove it"],
  cpuShares: ["Kubernetes computes the weight of a pod from what it asks for", "set cpus"],
  cpuset: ["only the nodes' CPU manager binds pods to processors", "set cpus to a whole number"],
  cpusetMems: ["only the nodes' memory manager binds pods to memory nodes", "remove it"],
  cpuPeriod: ["the period is a setting of the nodes", "set cpus to cpuQuota divided by cpuPeriod"],
  cpuQuota: ["the quota is computed from cpus", "set cpus to cpuQuota divided by cpuPeriod"],
  cpuRtPeriod: ["Kubernetes knows no real-time scheduling", "remove it"],
  cpuRtRuntime: ["Kubernetes knows no real-time scheduling", "remove it"],
  kernelMemory: ["kernel memory limits are gone from container runtimes", "set memLimit"],
  blkioConfig: ["Kubernetes does not limit block devices", "choose a storage class with the throughput that fits"],
  cgroupParent: ["the nodes put each pod into a control group of its own", "remove it"],
  storageOpt: ["Kubernetes evicts a pod that fills its disk rather than to limit it", "put the data into a volume"],
  links: ["links are legacy", "remove it; services of one namespace find each other by containerName and by aliases"],
  uts: ["a pod has host names of its own", "set hostname, or networkMode: host, with which the pod has the node's"],
  isolation: ["isolation is for Windows containers only", "remove it"],
  pidsLimit: ["the limit of processes is a setting of the nodes (podPidsLimit)", NO_LIMIT],
  oomScoreAdj: ["Kubernetes computes the score from requests and limits", "set memLimit equal to memReservation"],
  oomKillDisable: ["Kubernetes does not switch the OOM killer off", NO_LIMIT],
};
