import type { JsonObject } from '../lib/json.ts'
import { toJsonObject } from '../lib/to-json-object.ts'
import { describeNotPlain } from '../lib/describe-given.ts'
import { copyOwnMembers, isPlainObject } from '../lib/objects.ts'
import type { AccessToken } from '../model/access-token.ts'
import { evidence } from '../subject/evidence.ts'
import type { Subject } from '../subject/subject.ts'
import { includesText } from '../lib/includes-text.ts'

/** The owner of an API key, as the application describes it. */
export interface ApiKeyOwner {
  /**
   * The subject. `id` identifies the owner in your application. The owners of all API keys share one namespace.
   *
   * @default the subject kind is `unknown`
   */
  readonly subject?: { readonly kind: 'machine' | 'user'; readonly id: string }
  /**
   * The scopes that the key has.
   *
   * @default none
   */
  readonly scopes?: readonly string[]
  /**
   * The client that uses the key. The requirement `clients` never accepts an API key.
   *
   * @default none
   */
  readonly clientId?: string
  /**
   * Seconds since the epoch. The key is refused from this time on.
   *
   * @default the key does not expire
   */
  readonly expiresAt?: number
  /**
   * More data for `claims` in requirements, and for `check`. The values must be JSON values: at most 32 levels
   * and 2000 values. Members named `__proto__` are removed.
   *
   * @default none
   */
  readonly claims?: Readonly<Record<string, unknown>>
}

/** The `issuer` of all tokens for API keys. It is not an address, so no authorization server has this name. */
export const API_KEY_ISSUER = 'api-key'

const NAMES = Object.keys({
  subject: 0,
  scopes: 0,
  clientId: 0,
  expiresAt: 0,
  claims: 0,
} satisfies Record<keyof Required<ApiKeyOwner>, 0>)

const UNKNOWN = evidence('none', [], [], 'no_evidence')
const CONFIGURED = evidence('configured', ['api_key'], [])
const NONE: readonly never[] = Object.freeze([])

/**
 * Creates the access token that handlers see for a request with an API key. `given` comes from a function of the application.
 *
 * @throws {TypeError} if `given` is not an `ApiKeyOwner`. The message of the error completes the text "found ..." of an event.
 * If `claims` cannot be cloned, the error of `structuredClone` is thrown.
 */
export function toApiKeyToken(given: unknown): AccessToken {
  if (!isPlainObject(given)) throw wrong(`an object, not ${describeNotPlain(given)}`)
  const own = copyOwnMembers(given)
  const unknown = Object.keys(own).find((name) => !NAMES.includes(name))
  if (unknown !== undefined) throw wrong(`an object with only these members: ${NAMES.join(', ')}`)
  const { clientId, scopes = [], expiresAt, claims = {} } = own
  if (clientId !== undefined && !isText(clientId)) throw wrong('an object with a text as clientId')
  if (!Array.isArray(scopes) || !Array.from(scopes).every(isText))
    throw wrong('an object with an array of texts as scopes')
  if (expiresAt !== undefined && !isSeconds(expiresAt))
    throw wrong('an object with a number of seconds (not milliseconds) as expiresAt')
  if (!isPlainObject(claims)) throw wrong('an object with an object as claims')
  const names: readonly string[] = Object.freeze([...(scopes as string[])])
  return Object.freeze({
    issuer: API_KEY_ISSUER,
    audience: NONE,
    subject: toSubject(own['subject'], clientId),
    clientId,
    scopes: names,
    expiresAt: expiresAt as number | undefined,
    issuedAt: undefined,
    notBefore: undefined,
    claims: copyClaims(claims),
    verifiedBy: 'api_key',
    bindings: NONE,
    hasScope: Object.freeze((name: string) => includesText(names, name)),
  })
}

function copyClaims(given: object): JsonObject {
  const claims = toJsonObject(structuredClone(given))
  if (claims === undefined)
    throw wrong('an object with JSON values as claims, within the limits for tokens')
  return claims
}

function toSubject(given: unknown, clientId: string | undefined): Subject {
  const client = clientId !== undefined && { clientId }
  if (given === undefined) return Object.freeze({ kind: 'unknown', ...client, evidence: UNKNOWN })
  const { kind, id } = copyOwnMembers(isPlainObject(given) ? given : {})
  if ((kind !== 'machine' && kind !== 'user') || !isText(id))
    throw wrong("an object with { kind: 'machine' or 'user', id: text } as subject")
  return Object.freeze({ kind, id, ...client, evidence: CONFIGURED })
}

/** Returns whether a value can be a time in seconds since the epoch. A current time in milliseconds is too large. */
function isSeconds(value: unknown): boolean {
  return typeof value === 'number' && Math.abs(value) < 100_000_000_000
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

/** Error of `toApiKeyToken`. Its message contains no text from the application, so that the message can be logged. */
export class ApiKeyOwnerError extends TypeError {
  override readonly name = 'ApiKeyOwnerError'
}

function wrong(expected: string): ApiKeyOwnerError {
  return new ApiKeyOwnerError(`a wrong result: it must be ${expected}`)
}
