import { isThumbprint } from '../keys/thumbprint.ts'
import type { JsonObject } from '../lib/json.ts'
import { isRecord } from '../lib/objects.ts'
import { Rejection } from '../response/rejection.ts'

/**
 * The sender constraint of a token (RFC 7800). It depends on the token alone, so it is remembered with it.
 * Only a proof in a request shows that the sender meets it.
 */
export interface Binding {
  /** The key of a DPoP proof by its thumbprint (RFC 9449 section 6.1). */
  readonly jkt?: string
  /** The client certificate by its thumbprint (RFC 8705 section 3.1). */
  readonly x5t?: string
  /** The part that cannot be enforced: a member of `cnf`, or a value that is malformed. */
  readonly unsupported?: string
}

/** Any sender may present the token. */
export const UNBOUND: Binding = Object.freeze({})

/** Reads the binding of a token from its `cnf` claim. A `cnf` with anything unknown in it is `unsupported`. */
export function readBinding(claims: JsonObject): Binding {
  if (!Object.hasOwn(claims, 'cnf')) return UNBOUND
  const { cnf } = claims
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
 * Adds what another statement about the same token says of its binding. Two statements that differ cannot be
 * enforced together.
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

/** The part of an exchange that this step reads. */
export interface BindingExchange {
  readonly verified: { readonly binding: Binding }
}

/**
 * Step of the pipeline: rejects a token that is bound to a key of its sender (401). No proof of possession is
 * supported, and a bound token that is accepted as a plain bearer token is worth as much to a thief.
 */
export function checkBinding({ verified }: BindingExchange): Rejection | undefined {
  return rejectBound(verified.binding)
}

/** The rejection of a token with this binding, if it has one. */
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

/** Names a member, if it can be shown in a log: short and printable. */
function describeMember(member: string): string {
  return /^[\w#.-]{1,40}$/.test(member) ? `the cnf member ${member}` : 'an unknown cnf member'
}
