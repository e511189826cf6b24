/** `pulumi-berth/swarm`: a Swarm and its services. */
export { Swarm, type SwarmArgs } from "../swarm";
export { SwarmService, type SwarmServiceArgs } from "../swarmService";
export { OverlayNetwork, type OverlayNetworkArgs } from "../overlayNetwork";
