/** Whether a path is that of a folder or of something in it. */
export const isWithin = (folder: string, path: string): boolean =>
  `${path}/`.startsWith(`${folder.replace(/\/$/, "")}/`);
