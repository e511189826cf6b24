export type {
  EngineInfo,
  Inspected,
  InspectedContainer,
  InspectedImage,
  InspectedNetwork,
  InspectedVolume,
} from "./inspect";
export { COMPOSE_PROJECT } from "./compose";
export { readRunning } from "./project";
export { type InspectedConfig, type InspectedService, readSwarm, STACK_NAMESPACE } from "./swarm";
