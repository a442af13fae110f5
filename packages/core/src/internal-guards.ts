/**
 * Parts of the core for `@bearward/mcp`, which builds guards of another kind. They are not in `internal.ts`, so that an import of
 * `@bearward/client` does not load the verification of tokens. This module is not public API. It can change in every release,
 * together with `@bearward/mcp`.
 *
 * @packageDocumentation
 */
export { type AdapterParts, getAdapterParts } from './adapter-parts.ts'
export { createHandler, type Decision } from './adapter-handler.ts'
export { getGuardParts, type GuardParts } from './guard-parts.ts'
export type { Stage, StagedGuard } from './request/staged-guard.ts'
export type { CheckedRequirements } from './authorization/requirements.ts'
export { mergeRequirements } from './authorization/merge-requirements.ts'
export { type ApiKeyOwner, ApiKeyOwnerError, toApiKeyToken } from './token/api-key-token.ts'
export { type Explanation, Rejection, type RejectionDetails } from './response/rejection.ts'
export type { McpReason } from './response/reasons.ts'
export { headerValues } from './model/header-values.ts'
export { callWithLimit } from './lib/call-with-limit.ts'
export { describeThrown } from './authorization-server/network-cause.ts'
export { toCors } from './request/cors.ts'
export { readCorsOptions } from './options/cors-options.ts'
export { REQUIREMENT_NAMES } from './authorization/read-requirements.ts'
export { Itself } from './lib/itself.ts'
export { ignoreRejection } from './lib/ignore-rejection.ts'
export { checkB64token } from './token/b64token.ts'
export { type AllowedOrigins, isAllowedOrigin, isOneOrigin, readOrigins } from './request/origin.ts'
