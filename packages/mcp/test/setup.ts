import {
  createResourceServer,
  type Requirements,
  type ResourceServer,
  type ResourceServerOptions,
} from '@bearward/core'
import {
  type CheckedRequirements,
  getGuardParts,
  type GuardParts,
  Rejection,
} from '@bearward/core/internal-guards'
import { createTestIssuer, ISSUER } from '../../../test/support/issuer.ts'

/** The option `resource` of all servers here. */
export const RESOURCE = 'https://notes.example.com/mcp'

/** The issuer of all servers here. Its tokens are for `RESOURCE`. */
export const issuer = createTestIssuer({ audience: RESOURCE })

/** Options of a server. A member that is `undefined` is left out. */
export type Changes = { readonly [Name in keyof ResourceServerOptions]?: unknown }

/** Creates a resource server with these changes of its options. */
export function createServer(changes: Changes = {}): ResourceServer {
  const all = {
    issuer: ISSUER,
    jwks: issuer.jwks,
    resource: RESOURCE,
    machineSubject: 'client_id',
    logger: false,
    ...changes,
  }
  const set = Object.entries(all).filter(([, value]) => value !== undefined)
  return createResourceServer(Object.fromEntries(set) as unknown as ResourceServerOptions)
}

/** Creates a resource server with these changes of its options, and returns its parts. */
export function createGuardParts(changes?: Changes): GuardParts {
  return getGuardParts(createServer(changes))!
}

const parts = createGuardParts()

/** Reads requirements. Each call returns a new object. */
export function read(requirements: Requirements): CheckedRequirements {
  return parts.readRequirements(requirements, { isAdditional: true })
}

/** Returns the scope that a 403 for these requirements names. */
export function scopeOf({ challenge }: CheckedRequirements): string | undefined {
  return challenge.scope
}

/** Describes a result: the reason of a rejection, and the value that was found. Returns any other result unchanged. */
export function summarize<T>(result: T | Rejection): T | string {
  if (!(result instanceof Rejection)) return result
  return `${result.reason}: ${result.explanation.found}`
}
