import type { ProvedBinding } from '../model/access-token.ts'
import { type CheckedRequirement, reject, type RequirementContext } from './requirement.ts'

export interface BoundRequirement {
  /**
   * The token must be bound to a key or a certificate, and the caller must prove that it has this key or certificate. `true`: any
   * binding. `'dpop'`: a key (RFC 9449). `'mtls'`: a client certificate (RFC 8705). Requires the option `dpop` or `mtls`.
   */
  readonly bound?: true | ProvedBinding
}

function isBound(value: unknown): value is NonNullable<BoundRequirement['bound']> {
  return value === true || value === 'dpop' || value === 'mtls'
}

export function readBound(
  bound: unknown,
  { problems, bindings }: RequirementContext,
): CheckedRequirement | undefined {
  if (bound === undefined) return undefined
  if (!isBound(bound)) {
    problems.add("bound must be true, 'dpop' or 'mtls'. If no binding is required, remove bound.")
    return undefined
  }
  const accepted = bound === true ? bindings : bindings.filter((kind) => kind === bound)
  if (accepted.length === 0) {
    const option = bound === true ? 'dpop or mtls' : bound
    problems.add(`bound requires the option ${option}: without it, bound tokens are refused.`)
  }
  return {
    check: ({ token }) =>
      accepted.some((kind) => token.bindings.includes(kind))
        ? undefined
        : reject('unbound_token', {
            check: 'bound',
            expected: accepted.map((kind) => DESCRIPTIONS[kind]).join(' or '),
            found:
              token.bindings.length === 0 ? 'an unbound token' : 'a token with a different binding',
          }),
  }
}

const DESCRIPTIONS = {
  dpop: 'a token that is bound to a key',
  mtls: 'a token that is bound to a certificate',
} as const
