export { branchOf, shownMessages } from './branch.ts';
export {
  type Client,
  type ClientOptions,
  createClient,
  type Document,
  documentOf,
  type RequestOptions,
} from './client.ts';
export { ColloquyError } from './errors.ts';
export * from './generated.ts';
export { nodesOf, type Page } from './paging.ts';
export { confirmSignIn, register, type Session, type SignedIn, signIn } from './sign-in.ts';
export { followMessages, type SubscribeOptions, subscribe } from './subscribe.ts';
export { type UploadBody, type UploadedFile, type UploadOptions, upload } from './upload.ts';
