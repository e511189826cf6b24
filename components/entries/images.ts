/** `pulumi-berth/images`: images that are built, pushed, saved and loaded. */
export { BuiltImage, type BuiltImageArgs } from "../builtImage";
export { type Credentials, PushedImage, type PushedImageArgs } from "../pushedImage";
export {
  type ArchivedImage,
  ImageArchive,
  type ImageArchiveArgs,
  LoadedImages,
  type LoadedImagesArgs,
} from "../imageArchive";
