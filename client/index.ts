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
