import type { AccessToken, ProvedBinding } from '../model/access-token.ts'
import type { Binding } from './confirmation.ts'

/** Maps a token without bindings to its copy with bindings. The copies are cached, because copying takes time. */
const copies = new WeakMap<AccessToken, AccessToken>()

/**
 * Returns a copy of the token with the bindings that the caller of the request has proved. The given token is not changed. Returns
 * the same copy for the same arguments, so all guards of a request give the same token to handlers.
 */
export function withBindings(token: AccessToken, binding: Binding): AccessToken {
  const bindings = getBindings(binding)
  const known = copies.get(token)
  if (known !== undefined && known.bindings === bindings) return known
  const copy = Object.freeze({ ...token, bindings })
  copies.set(token, copy)
  return copy
}

const NONE: readonly ProvedBinding[] = Object.freeze([])
const BY_KEY: readonly ProvedBinding[] = Object.freeze(['dpop'] as const)
const BY_CERTIFICATE: readonly ProvedBinding[] = Object.freeze(['mtls'] as const)
const BY_BOTH: readonly ProvedBinding[] = Object.freeze(['dpop', 'mtls'] as const)

function getBindings({ jkt, x5t }: Binding): readonly ProvedBinding[] {
  if (jkt === undefined) return x5t === undefined ? NONE : BY_CERTIFICATE
  return x5t === undefined ? BY_KEY : BY_BOTH
}
