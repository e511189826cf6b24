/** `pulumi-berth/kubernetes`: what is made of Kubernetes' own objects. */
export { WebApp, type WebAppArgs } from "../webApp";
export { PodWithLifecycle, type PodWithLifecycleArgs } from "../podWithLifecycle";
export { Namespace, type NamespaceArgs } from "../namespace";
