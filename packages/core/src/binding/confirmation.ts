import { isThumbprint } from '../keys/thumbprint.ts'
import { Rejection } from '../response/rejection.ts'
import type { JsonObject } from '../lib/json.ts'
import { copyOwnMembers, isOwn, isRecord } from '../lib/objects.ts'

/**
 * The binding of a token (`cnf`, RFC 7800). It depends only on the token, so it is cached with the token. The proof that the caller
 * has the key or the certificate comes with each request, and is never cached.
 */
export interface Binding {
  /** Thumbprint of the key of the DPoP proof (RFC 9449 section 6.1). */
  readonly jkt?: string
  /** Thumbprint of the client certificate (RFC 8705 section 3.1). */
  readonly x5t?: string
  /** Description of a part that cannot be checked: an unknown member of `cnf`, a malformed value, or two different bindings. */
  readonly unsupported?: string
}

/** The binding of a token without `cnf`: any caller may use the token. */
export const UNBOUND: Binding = Object.freeze(toBinding({}))

/** Reads the binding of a token from its `cnf` claim. A `cnf` with an unknown or malformed member is `unsupported`. */
export function readBinding(claims: JsonObject): Binding {
  if (!isOwn(claims, 'cnf')) return UNBOUND
  const cnf = claims['cnf']
  if (!isRecord(cnf) || Object.keys(cnf).length === 0)
    return toBinding({ unsupported: 'a malformed cnf' })
  let binding: Binding = UNBOUND
  for (const [member, value] of Object.entries(cnf)) {
    if (member === 'jkt' && isThumbprint(value)) binding = toBinding({ ...binding, jkt: value })
    else if (member === 'x5t#S256' && isThumbprint(value))
      binding = toBinding({ ...binding, x5t: value })
    else return toBinding({ unsupported: describeMember(member) })
  }
  return binding
}

/** Returns a binding without a prototype, so that it never has a member of `Object.prototype`. */
function toBinding(members: Binding): Binding {
  return copyOwnMembers(members)
}

/**
 * Merges two bindings of one token: one from the token itself, and one from its introspection response. Returns an `unsupported`
 * binding if they have different thumbprints of the same kind, because no caller can prove both.
 */
export function mergeBindings(first: Binding, second: Binding): Binding {
  if (second === UNBOUND) return first
  if (first === UNBOUND) return second
  const differs = (a: string | undefined, b: string | undefined) =>
    a !== undefined && b !== undefined && a !== b
  if (differs(first.jkt, second.jkt) || differs(first.x5t, second.x5t)) {
    return toBinding({ unsupported: 'two different bindings' })
  }
  return toBinding({ ...first, ...second })
}

/** The kinds of bindings that this API checks. A member is `undefined` if this API does not check its kind. */
export interface CheckedBindings {
  readonly dpop: object | undefined
  readonly mtls: object | undefined
}

/** Returns a rejection if the token is bound in a way that this API does not check. Such a token may be stolen. */
export function checkSupported(
  { jkt, x5t, unsupported }: Binding,
  { dpop, mtls }: CheckedBindings,
): Rejection | undefined {
  const unchecked = [
    ...(jkt !== undefined && dpop === undefined ? [BY_KEY] : []),
    ...(x5t !== undefined && mtls === undefined ? [BY_CERTIFICATE] : []),
  ]
  if (unsupported === undefined && unchecked.length === 0) return undefined
  const found = unsupported ?? `a token bound to ${unchecked.join(' and ')}`
  return new Rejection('unsupported_binding', {
    check: 'cnf',
    expected: (dpop ?? mtls) ? 'a binding that this API checks' : 'an unbound token',
    found,
  })
}

/** Returns the rejection of a bound token that was passed to `verify` without a request. */
export function rejectWithoutRequest({ jkt, x5t }: Binding): Rejection {
  const kinds = [
    ...(jkt === undefined ? [] : [BY_KEY]),
    ...(x5t === undefined ? [] : [BY_CERTIFICATE]),
  ]
  return new Rejection('unsupported_binding', {
    check: 'cnf',
    expected: 'an unbound token, or a request',
    found: `a token bound to ${kinds.join(' and ')}`,
  })
}

const BY_KEY = 'a DPoP key (jkt)'
const BY_CERTIFICATE = 'a client certificate (x5t#S256)'
/** Describes a member of `cnf`, for logs. Contains the name of the member only if the name is short and printable. */
function describeMember(member: string): string {
  return /^[\w#.-]{1,40}$/.test(member) ? `the cnf member ${member}` : 'an unknown cnf member'
}
