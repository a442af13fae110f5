/**
 * Parts of the core for `@bearward/client`, `@bearward/redis` and `@bearward/mcp`: discovery, calls to an authorization server,
 * client authentication and option tables. This module is not public API. It can change in every release, together with these
 * packages.
 *
 * @packageDocumentation
 */
export { runDetached } from './lib/run-detached.ts'
export { afterTime } from './lib/after-time.ts'
export { getLostAfter, joinOrRestart } from './lib/shared-work.ts'
export {
  isAcceptableAddress,
  isAcceptableEndpoint,
  toLoggedAddress,
} from './authorization-server/address.ts'
export {
  isErrorResponse,
  readErrorResponse,
  toErrorResponse,
} from './authorization-server/error-response.ts'
export type { ErrorResponse } from './authorization-server/error-response.ts'
export {
  boundedFetch,
  FetchError,
  JSON_MEDIA_TYPE,
  readResponseBody,
  readContent,
  readJson,
  send,
} from './authorization-server/bounded-fetch.ts'
export { defaultFetch } from './authorization-server/default-fetch.ts'
export type { BodyLimits, BoundedResponse } from './authorization-server/bounded-fetch.ts'
export type { Fetch, FetchBody, FetchInit, FetchResponse } from './model/fetch.ts'
export { authenticateClient, CredentialsError } from './authorization-server/authenticate-client.ts'
export type { ClientCredentials } from './authorization-server/authenticate-client.ts'
export type { ClientAuthentication } from './model/client-authentication.ts'
export { onAbort, withDeadline } from './authorization-server/deadline.ts'
export { createDiscoveredEndpoint } from './authorization-server/discovered-endpoint.ts'
export { MetadataError } from './authorization-server/metadata.ts'
export { secondsUntil } from './authorization-server/retry-after.ts'
export { TENANT_PLACEHOLDER } from './authorization-server/tenants.ts'
export { signJws } from './signature/sign-jws.ts'
export { checkKeyPair, generateKeyPair, toSigningKeyPair } from './signature/key-pair.ts'
export type { KeyPair, SigningKeyPair } from './signature/key-pair.ts'
export { canSign, type PrivateKey } from './signature/private-key.ts'
export { type Algorithm, isAlgorithm } from './signature/algorithms.ts'
export { hashText } from './lib/hash-text.ts'
export { createRandomText } from './lib/random-text.ts'
export type { MaybePromise } from './lib/maybe-promise.ts'
export { deepFreeze } from './lib/deep-freeze.ts'
export { getMoment, secondsBetween, systemClock } from './lib/clock.ts'
export type { Clock, ClockOption, Moment } from './lib/clock.ts'
export { clock } from './options/clock-option.ts'
export type { JsonObject } from './lib/json.ts'
export { ConfigurationError } from './errors.ts'
export { createPublisher } from './lib/publisher.ts'
export type { Publish } from './lib/publisher.ts'
export { LIMITS } from './limits.ts'
export { CLIENT_AUTHENTICATION, clientId } from './options/client-authentication-options.ts'
export { checkIssuerAddress } from './options/issuer-identifier.ts'
export { createOptionContext, nestContext } from './options/option-context.ts'
export type { OptionContext } from './options/option-context.ts'
export {
  address,
  choice,
  custom,
  flag,
  fn,
  hosts,
  isName,
  names,
  required,
  seconds,
  text,
  wholeNumber,
} from './options/option-rows.ts'
export { readObject, readRows, readTable, reportUnknownNames } from './options/option-table.ts'
export type { AnyOptionRow, OptionRow, OptionTable, OptionValues } from './options/option-table.ts'
export { Problems } from './configuration-problems.ts'
export { describeGiven, describeNotPlain, quoteName } from './lib/describe-given.ts'
export {
  copyOwnMembers,
  getMember,
  getOwn,
  ifOwn,
  isOwn,
  isPlainObject,
  isRecord,
} from './lib/objects.ts'
export { andThen } from './lib/maybe-promise.ts'
export { isThenable } from './lib/is-thenable.ts'
