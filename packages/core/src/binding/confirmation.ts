import { isThumbprint } from '../keys/thumbprint.ts'
import type { JsonObject } from '../lib/json.ts'
import { isOwn, isRecord } from '../lib/objects.ts'
import { Rejection } from '../response/rejection.ts'

/**
 * The sender constraint of a token (RFC 7800). It depends on the token only, so it is cached with the token. The proof
 * that the caller meets it belongs to a request, and is never cached.
 */
export interface Binding {
  /** Thumbprint of the key of the DPoP proof (RFC 9449 section 6.1). */
  readonly jkt?: string
  /** Thumbprint of the client certificate (RFC 8705 section 3.1). */
  readonly x5t?: string
  /** Description of the part that cannot be enforced: an unknown member of `cnf`, or a malformed value. */
  readonly unsupported?: string
}

/** The binding of a token without `cnf`: any caller may use the token. */
export const UNBOUND: Binding = Object.freeze({})

/** Reads the binding of a token from its `cnf` claim. A `cnf` with an unknown or malformed member is `unsupported`. */
export function readBinding(claims: JsonObject): Binding {
  if (!isOwn(claims, 'cnf')) return UNBOUND
  const cnf = claims['cnf']
  if (!isRecord(cnf) || Object.keys(cnf).length === 0) return { unsupported: 'a malformed cnf' }
  let binding: Binding = UNBOUND
  for (const [member, value] of Object.entries(cnf)) {
    if (member === 'jkt' && isThumbprint(value)) binding = { ...binding, jkt: value }
    else if (member === 'x5t#S256' && isThumbprint(value)) binding = { ...binding, x5t: value }
    else return { unsupported: describeMember(member) }
  }
  return binding
}

/**
 * Merges two bindings of one token: from the token and from its introspection response. Returns an `unsupported` binding if
 * they differ, because they cannot be enforced together.
 */
export function mergeBindings(first: Binding, second: Binding): Binding {
  if (second === UNBOUND) return first
  if (first === UNBOUND) return second
  const differs = (a: string | undefined, b: string | undefined) =>
    a !== undefined && b !== undefined && a !== b
  if (differs(first.jkt, second.jkt) || differs(first.x5t, second.x5t)) {
    return { unsupported: 'two different bindings' }
  }
  return { ...first, ...second }
}

/** The part of an exchange that `checkBinding` reads. */
export interface BindingExchange {
  readonly verified: { readonly binding: Binding }
}

/**
 * Step of the pipeline: rejects a token that is bound to a key of its sender (401). Proof of possession is not supported,
 * and accepting a bound token as a bearer token would let an attacker use a stolen token.
 */
export function checkBinding({ verified }: BindingExchange): Rejection | undefined {
  return rejectBound(verified.binding)
}

/** Returns a rejection if the token is bound. */
export function rejectBound(binding: Binding): Rejection | undefined {
  if (binding === UNBOUND) return undefined
  return new Rejection('unsupported_binding', {
    check: 'cnf',
    expected: 'an unbound token',
    found: describeBinding(binding),
  })
}

function describeBinding({ jkt, x5t, unsupported }: Binding): string {
  if (unsupported !== undefined) return unsupported
  const kinds = [
    ...(jkt === undefined ? [] : ['a DPoP key (jkt)']),
    ...(x5t === undefined ? [] : ['a client certificate (x5t#S256)']),
  ]
  return `a token bound to ${kinds.join(' and ')}`
}

/** Describes a member of `cnf`. Shows its name only if it is short and printable, because it appears in logs. */
function describeMember(member: string): string {
  return /^[\w#.-]{1,40}$/.test(member) ? `the cnf member ${member}` : 'an unknown cnf member'
}
