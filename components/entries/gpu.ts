/** `pulumi-berth/gpu`: containers with GPUs. */
export { GpuContainer, type GpuContainerArgs } from "../gpuContainer";
export { TrainingContainer, type TrainingContainerArgs } from "../trainingContainer";
export { SshGpuContainer, type SshGpuContainerArgs } from "../sshGpuContainer";
export { GpuCheck, type GpuCheckArgs, type GpuDevice } from "../gpuCheck";
export { type GpuPerson, GpuWorkspace, type GpuWorkspaceArgs } from "../gpuWorkspace";
export { JupyterServer, type JupyterServerArgs } from "../jupyterServer";
export { JupyterHub, type JupyterHubArgs } from "../jupyterHub";
