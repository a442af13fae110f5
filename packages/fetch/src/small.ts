/**
 * OAuth 2.0 access-token verification for web-standard `Request` and `Response`, with a small bundle. It verifies JWTs of the
 * issuers in the options. For other features, import their parts, and list them in the option `use`.
 *
 * @module @bearward/fetch/small
 */
export { auth, createBearward } from './small/bearward.ts'
export { toResponse } from './responses.ts'
export type { Bearward } from './bearward-type.ts'
export type {
  FetchGuard,
  FetchRequirements,
  Handler,
  Passed,
  ProtectedHandler,
  RequestContext,
} from './types.ts'
export type { Part } from '@bearward/core/adapter'
export {
  advice,
  dpop,
  dynamicIssuers,
  introspection,
  mtls,
  providers,
  signedMetadata,
} from '@bearward/core/adapter'
