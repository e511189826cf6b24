/** Annotations of an object on a cluster that a component of the stack `berth/test` of the owner `me` has made. */
export const marks = (component: string, name: string): Record<string, string> => ({
  "berth.stack": "berth/test",
  "berth.owner": "me",
  "berth.component": `urn:pulumi:test::berth::berth:services:${component}::${name}`,
  "pulumi.com/patchFieldManager": "berth",
});
